"""Human-labelled public data, read where it lies; never part of the project."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llmeval.ports import Scorer
from llmeval.records import Case, NotScored, Response, Sample, Score

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DOMAINS = ("news", "podcast", "sales_call", "samsum")


@dataclass(frozen=True)
class Labelled:
    """A sample with what humans said of it; ``key`` decides the half, ``slice`` the table's row."""

    key: str
    slice: str
    sample: Sample
    good: bool
    label: str = ""

    @property
    def developed_on(self) -> bool:
        """Whether this row is in the half that scorers were developed on."""
        return hashlib.sha256(self.key.encode()).digest()[0] % 2 == 0


def need(*parts: str) -> Path:
    """Return a path under the data folder, or skip the test."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"labelled data not found: ../shared/data/{'/'.join(parts)}")
    return path


def sample(key: str, text: str, /, **inputs: Any) -> Sample:
    return Sample(Case(key, inputs), (), Response(text))


def begin(name: str) -> list[Labelled]:
    """BEGIN dev sets: good is 'Fully attributable'."""
    path = need("begin", f"begin_dev_{name}.tsv")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Labelled(
            f"{name}-{i}",
            name,
            sample(f"{name}-{i}", r["response"], context=r["knowledge"]),
            r["begin_label"] == "Fully attributable",
        )
        for i, r in enumerate(rows)
    ]


def summedits(domain: str) -> list[Labelled]:
    """SummEdits: good is consistent; a document and its edited summaries fall in one half."""
    path = need("summedits", f"summedits_{domain}.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = json.load(file)
    return [
        Labelled(
            r["doc"][:500], domain, sample(r["id"], r["summary"], context=r["doc"]), r["label"] == 1
        )
        for r in rows
    ]


def xstest() -> list[Labelled]:
    """XSTest completions: good is full compliance; a prompt's completions fall in one half."""
    path = need("xstest", "completions_human_and_auto_labels.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Labelled(
                r["prompt"],
                r["model"],
                sample(r["id"], r["completion"], prompt=r["prompt"]),
                r["final_label"] == "1_full_compliance",
                r["final_label"][2:],
            )
            for r in csv.DictReader(lines)
        ]


def harmless_prompts() -> frozenset[str]:
    """XSTest's safe prompts, those that only look harmful."""
    path = need("xstest", "completions_human_and_auto_labels.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return frozenset(r["prompt"] for r in rows if not r["type"].startswith("contrast_"))


def reworded_summaries(domain: str, others: int = 4) -> list[Labelled]:
    """SummEdits: a summary beside ``others`` faithful rewordings of it; good is consistent."""
    path = need("summedits", f"summedits_{domain}.json.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        summaries: list[dict[str, Any]] = json.load(file)
    faithful: dict[str, list[dict[str, Any]]] = {}
    for one in summaries:
        if one["label"] == 1:
            faithful.setdefault(one["original_summary"], []).append(one)
    found = []
    for one in summaries:
        same = faithful.get(one["original_summary"], [])
        told = [o["summary"] for o in same if o["id"] != one["id"]][:others]
        if len(told) == others:
            asked = sample(one["id"], one["summary"], samples=told)
            found.append(Labelled(one["doc"][:500], domain, asked, one["label"] == 1))
    return found


def winobias_rows() -> list[dict[str, Any]]:
    """WinoBias: every published sentence; the file's name says whether it is pro or anti."""
    need("winobias", "pro_stereotyped_type1.txt.dev")
    return [
        {"id": f"{path.name}-{i}", "sentence": line, "stereotype": path.name}
        for path in sorted(need("winobias").glob("*stereotyped*"))
        for i, line in enumerate(path.read_text("utf-8").splitlines())
        if line.strip()
    ]


def winogender_rows() -> list[dict[str, Any]]:
    """Winogender: every published sentence, with the occupation's share of women."""
    with need("winogender", "occupations-stats.tsv").open(encoding="utf-8") as lines:
        shares = {
            r["occupation"]: r["bls_pct_female"] for r in csv.DictReader(lines, delimiter="\t")
        }
    with need("winogender", "all_sentences.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return [{**r, "bls_pct_female": shares[r["sentid"].split(".")[0]]} for r in rows]


def hatecheck() -> list[Labelled]:
    """HateCheck: good is non-hateful; a template's cases fall in one half."""
    path = need("hatecheck", "test_suite_cases.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Labelled(
                f"{r['functionality']}-{r['templ_id']}",
                r["functionality"],
                sample(r["case_id"], r["test_case"]),
                r["label_gold"] == "non-hateful",
                r["target_ident"],
            )
            for r in csv.DictReader(lines)
        ]


def recorded_predictions() -> dict[str, dict[str, str]]:
    """HateCheck: case id -> what four systems said of it, ``hateful`` or ``non-hateful``."""
    path = need("hatecheck", "recorded_predictions.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return {row.pop("case_id"): row for row in csv.DictReader(lines)}


def bbq_answers(category: str, model: str) -> list[dict[str, Any]]:
    """BBQ's rows with what UnifiedQA, trained on ``arc`` or ``race``, answered."""
    with gzip.open(need("bbq", f"preds_{category}.jsonl.gz"), "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [{**row, "response": row[f"unifiedqa-t5-11b_pred_{model}"]} for row in rows]


def ifeval_answers() -> list[Sample]:
    """IFEval's 541 prompts with the recorded answers of GPT-4; the id is the row's key."""
    answers = {
        r["prompt"]: r["response"]
        for r in _ifeval("input_response_data_gpt4_20231107_145030.jsonl")
    }
    # One prompt was reworded after its answer was recorded.
    by_start = {prompt[:60]: answer for prompt, answer in answers.items()}
    return [
        sample(str(r["key"]), answers.get(r["prompt"]) or by_start[r["prompt"][:60]], **r)
        for r in _ifeval("input_data.jsonl")
    ]


def ifeval_reference() -> dict[int, dict[str, list[bool]]]:
    """Key -> ``strict`` and ``loose``: what the reference says of each instruction."""
    return {r["key"]: r for r in _ifeval("expected_gpt4.jsonl")}


def _ifeval(name: str) -> list[dict[str, Any]]:
    with need("ifeval", name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


DRAFTS = {
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
"""Folder of the official cases -> the ``$schema`` that names the draft."""


@dataclass(frozen=True)
class SchemaCase:
    """A required case of JSON-Schema-Test-Suite; ``skipped`` says why it is left out by design."""

    named: tuple[str, str, str]
    schema: str
    value: Any
    valid: bool
    skipped: str = ""


def schema_cases(draft: str) -> Iterator[SchemaCase]:
    """Left out: schemas that fetch documents over a network (``remote``), and cases where 'format
    is only an annotation' (``format``: formats are checked here)."""
    for file, group in _schema_groups(draft):
        schema = group["schema"]
        if isinstance(schema, dict):
            schema = {"$schema": DRAFTS[draft], **schema}
        text = json.dumps(schema)
        for case in group["tests"]:
            skipped = "format" if "only an annotation" in case["description"] else ""
            skipped = "remote" if "localhost:1234" in text else skipped
            named = file, group["description"], case["description"]
            yield SchemaCase(named, text, case["data"], case["valid"], skipped)


def _schema_groups(draft: str) -> Iterator[tuple[str, dict[str, Any]]]:
    with tarfile.open(need("json_schema_test_suite", "tests_and_remotes.tar.gz")) as archive:
        for member in archive:
            folder, _, name = member.name.rpartition("/")
            if folder.endswith(f"tests/{draft}") and name.endswith(".json"):
                file = archive.extractfile(member)
                assert file is not None
                for group in json.load(file):
                    yield name, group


def report_half(rows: Iterable[Labelled]) -> list[Labelled]:
    return [r for r in rows if not r.developed_on]


def develop_half(rows: Iterable[Labelled]) -> list[Labelled]:
    return [r for r in rows if r.developed_on]


def scores(scorer: Scorer, rows: Sequence[Labelled]) -> list[Score]:
    """Score every row; a row that is not scored fails the test."""
    found = scorer.score([r.sample for r in rows])
    left = [f for f in found if isinstance(f, NotScored)]
    assert not left, f"{len(left)} rows were not scored, the first: {left[0]}"
    return [f for f in found if isinstance(f, Score)]


def auc(values: Sequence[float], good: Sequence[bool]) -> float:
    """Area under the ROC curve: P(value of a good row > value of a bad one), ties count half."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    n = sum(good)
    top = sum(r for r, g in zip(ranks, good, strict=True) if g)
    return float((top - n * (n + 1) / 2) / (n * (len(good) - n)))


def balanced_accuracy(values: Sequence[float], good: Sequence[bool], threshold: float) -> float:
    """Mean of the accuracies on good rows (value >= threshold) and on bad ones."""
    right = [(v >= threshold) == g for v, g in zip(values, good, strict=True)]
    rates = [
        sum(r for r, g in zip(right, good, strict=True) if bool(g) is side)
        / sum(bool(g) is side for g in good)
        for side in (True, False)
    ]
    return sum(rates) / 2


def best_threshold(values: Sequence[float], good: Sequence[bool]) -> float:
    return max(sorted(set(values)), key=lambda t: balanced_accuracy(values, good, t))


def show(rows: Iterable[Sequence[object]]) -> None:
    """Print a table; visible with ``pytest -s``."""
    print()
    for row in rows:
        print("  ".join(f"{c:.3f}" if isinstance(c, float) else f"{c!s:<28}" for c in row))
