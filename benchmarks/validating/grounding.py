"""Groundedness on BEGIN and SummEdits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from labelled import (
    DOMAINS,
    Labelled,
    balanced_accuracy,
    begin,
    best_threshold,
    develop_half,
    report_half,
    scores,
    summedits,
)

from llmeval.records import PASS_MARK
from llmeval.scorers import groundedness
from llmeval.scorers.text import fold, words
from validating.figures import Interval, jackknife, shown, with_auc, with_balanced_accuracy
from validating.page import Floor, Section, Table

__all__ = ["section"]

BEGIN = {"wow": "Wizard of Wikipedia", "cmu": "CMU-DoG", "tc": "TopicalChat"}
PUBLISHED = (
    "DAE 0.552, SummaCConv 0.571, QAFactEval 0.655, ChatGPT 0.712, GPT-4 0.821, humans 0.909"
)


def section() -> Section:
    begin_table, wow = _begin()
    summedits_table, mean = _summedits()
    files = [f"begin/begin_dev_{name}.tsv" for name in BEGIN]
    files += [f"summedits/summedits_{domain}.json.gz" for domain in DOMAINS]
    floors = (
        Floor.at_least("groundedness, BEGIN (WoW dev), AUC, all", 0.94, wow[0]),
        Floor.at_least("groundedness, BEGIN (WoW dev), AUC, report half", 0.94, wow[1]),
        Floor.at_least(
            "groundedness, SummEdits, mean balanced accuracy of four domains, report half",
            0.571,
            mean,
            aim=0.61,
        ),
    )
    text = (
        "The embedded scorer, without weights. BEGIN: answers of dialogue systems, good is 'fully "
        "attributable'; *overlap* is the share of the answer's words that the context holds, an "
        "easy "
        "baseline there. SummEdits: summaries with small edits, good is 'consistent'; one "
        "threshold a "
        f"domain is chosen on the development half. Published means over ten domains: {PUBLISHED}."
    )
    title = "groundedness: BEGIN, SummEdits"
    return Section(
        title, ("groundedness",), text, (begin_table, summedits_table), tuple(files), floors
    )


def _begin() -> tuple[Table, tuple[Interval, Interval]]:
    rows: list[tuple[str, ...]] = []
    found: dict[str, tuple[Interval, Interval]] = {}
    for name, title in BEGIN.items():
        everything = begin(name)
        report = report_half(everything)
        whole, half = _auc(everything), _auc(report)
        good, clusters = [r.good for r in report], _contexts(report)
        overlap = with_auc([_overlap(r) for r in report], good, clusters)
        at_mark = with_balanced_accuracy(_values(report), good, PASS_MARK, clusters)
        found[name] = whole, half
        n = f"{len(everything)} / {len(report)}"
        rows.append((title, n, *map(shown, (whole, half, overlap, at_mark))))
    head = ("BEGIN", "n, all / report", "AUC, all", "AUC, report", "overlap's AUC, report")
    return Table((*head, "balanced accuracy at 0.5, report"), tuple(rows)), found["wow"]


def _summedits() -> tuple[Table, Interval]:
    rows = []
    kept: list[tuple[str, Sequence[float], Sequence[bool], float, Sequence[Hashable]]] = []
    for domain in DOMAINS:
        develop, report = develop_half(summedits(domain)), report_half(summedits(domain))
        threshold = best_threshold(_values(develop), [r.good for r in develop])
        values, good, clusters = _values(report), [r.good for r in report], _contexts(report)
        kept.append((domain, values, good, threshold, clusters))
        figures = (
            with_auc(values, good, clusters),
            with_balanced_accuracy(values, good, threshold, clusters),
            with_balanced_accuracy(values, good, PASS_MARK, clusters),
        )
        named = f"{domain.replace('_', ' ')}, {len(set(clusters))} documents"
        rows.append((named, str(len(report)), *map(shown, figures), f"{threshold:.3f}"))
    mean, fixed = (_mean([(*k[1:3], m or k[3], k[4]) for k in kept]) for m in (None, PASS_MARK))
    rows.append(("**mean**", "", "", shown(mean), shown(fixed), ""))
    head = ("SummEdits, report half", "n", "AUC", "balanced accuracy, chosen threshold", "at 0.5")
    return Table((*head, "threshold"), tuple(rows)), mean


Domain = tuple[Sequence[float], Sequence[bool], float, Sequence[Hashable]]


def _mean(domains: Sequence[Domain]) -> Interval:
    """Return the mean over domains; the clusters are all documents."""
    values = [v for domain in domains for v in domain[0]]
    good = [g for domain in domains for g in domain[1]]
    of = [d for d, domain in enumerate(domains) for _ in domain[0]]
    clusters = [(d, c) for d, domain in enumerate(domains) for c in domain[3]]

    def mean(at: Sequence[int]) -> float:
        parts: list[list[int]] = [[] for _ in domains]
        for i in at:
            parts[of[i]].append(i)
        found = [
            balanced_accuracy([values[i] for i in part], [good[i] for i in part], domain[2])
            for part, domain in zip(parts, domains, strict=True)
        ]
        return sum(found) / len(found)

    return jackknife(mean, clusters)


def _auc(rows: Sequence[Labelled]) -> Interval:
    return with_auc(_values(rows), [r.good for r in rows], _contexts(rows))


def _values(rows: Sequence[Labelled]) -> list[float]:
    return [s.value for s in scores(groundedness(), rows)]


def _contexts(rows: Sequence[Labelled]) -> list[str]:
    return [str(r.sample.case.inputs["context"]) for r in rows]


def _overlap(row: Labelled) -> float:
    said = words(fold(row.sample.response.text))
    there = set(words(fold(str(row.sample.case.inputs["context"]))))
    return sum(word in there for word in said) / max(len(said), 1)
