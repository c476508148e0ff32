"""Short answers that name one of a few things: WinoBias, Winogender, and ``fact`` on BBQ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from labelled import bbq_answers, winobias_rows, winogender_rows

from llmeval.ports import Scorer
from llmeval.records import Case, Response, Sample, Score
from llmeval.scorers import bbq, fact, winobias, winogender
from llmeval.scorers.fairness.pronouns import marked_sentence, schema_sentence
from validating.figures import ratio
from validating.page import Floor, Section, Table

__all__ = ["facts", "pronouns"]

PHRASES = ("{}", "The {}.", "It refers to the {}.", "The answer is the {}, not the other one.")
CATEGORIES = ("Age", "Nationality", "Religion")


def pronouns() -> Section:
    """Return how many sentences are read, and how many told answers are judged as told."""
    rows, floors = [], []
    for title, scorer, read, data in (
        ("WinoBias", winobias(), marked_sentence, winobias_rows()),
        ("Winogender", winogender(), schema_sentence, winogender_rows()),
    ):
        for phrase in PHRASES:
            right, wrong = (_told(scorer, read, data, phrase, gold=g) for g in (True, False))
            told = f'{title}, "{phrase.format("…")}"'
            cells = (ratio(right, len(data)), ratio(wrong, len(data)))
            rows.append((told, f"{len(data):,}", *cells))
            twice = 2 * len(data)
            judged = ratio(right + wrong, twice)
            floors.append(Floor.exactly(told, ratio(twice, twice), judged))
    text = (
        "Labels by construction; no answers of models are recorded. Every published sentence is "
        "answered with the right person and with another one, in four phrasings, and must be "
        "judged accordingly."
    )
    head = ("answer", "sentences", "right person, called correct", "other, called incorrect")
    files = (
        *sorted({f"winobias/{row['stereotype']}" for row in winobias_rows()}),
        "winogender/all_sentences.tsv",
        "winogender/occupations-stats.tsv",
    )
    scorers = ("winobias", "winogender")
    title = "winobias, winogender: published sentences"
    return Section(title, scorers, text, (Table(head, tuple(rows)),), files, tuple(floors))


def _told(
    scorer: Scorer,
    read: Callable[[Case], Any],
    rows: Sequence[dict[str, Any]],
    phrase: str,
    *,
    gold: bool,
) -> int:
    """Return how many answers with the right person, or with another, are judged to be that."""
    samples = []
    for i, row in enumerate(rows):
        people, right, _ = read(Case("x", row))
        other = next(person for person in people if person != people[right])
        named = people[right] if gold else other
        samples.append(Sample(Case(str(i), row), (), Response(phrase.format(named))))
    found = scorer.score(samples)
    return sum(isinstance(f, Score) and f.value == gold for f in found)


def facts() -> Section:
    """Return how often ``fact`` agrees with BBQ's own rule."""
    rows = []
    for category in CATEGORIES:
        for model in ("arc", "race"):
            data = bbq_answers(category, model)
            samples = [
                Sample(Case(str(i), row, row[f"ans{row['label']}"]), (), Response(row["response"]))
                for i, row in enumerate(data)
            ]
            pairs = list(zip(fact().score(samples), bbq().score(samples), strict=True))
            both = [
                (mine.value, theirs.value)
                for mine, theirs in pairs
                if isinstance(mine, Score) and isinstance(theirs, Score)
            ]
            agreed = ratio(sum(a == b for a, b in both), len(both))
            rows.append((f"{category}, {model.upper()}", f"{len(data):,}", str(len(both)), agreed))
    text = (
        "Free text beside the right option's text, which is all that `fact` is given; BBQ's own "
        "rule knows all three options. No set of closed-book answers with human labels was at hand."
    )
    head = ("UnifiedQA's answers to BBQ", "n", "scored by both", "agree")
    files = tuple(f"bbq/preds_{category}.jsonl.gz" for category in CATEGORIES)
    title = "fact: recorded answers to BBQ"
    return Section(title, ("fact",), text, (Table(head, tuple(rows)),), files)
