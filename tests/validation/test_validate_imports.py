"""The published files themselves, where they are at hand: every row is imported, and as stated."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from labelled import need

from llmeval.cases.published import Picking, format_named, import_rows
from llmeval.cases.published.importing import Kind
from llmeval.records import Case, Response, Sample, Score
from llmeval.scorers import choice


def rows_of(name: str, *parts: str, kind: Kind = "cases", **picking: Any) -> list[dict[str, Any]]:
    found = import_rows(format_named(name), need(*parts), kind=kind, picking=Picking(**picking))
    return list(found.rows)


def tagged(rows: list[dict[str, Any]], tag: str) -> Counter[str]:
    return Counter(row["tags"][tag] for row in rows)


def test_bbq() -> None:
    """Three categories with recorded answers: their columns are not part of a case."""
    rows = rows_of("bbq", "bbq")
    assert tagged(rows, "category") == {"Age": 3680, "Nationality": 3080, "Religion": 1200}
    assert tagged(rows, "condition") == {"ambig": 3980, "disambig": 3980}
    assert len({row["group"] for row in rows}) == 75
    assert not any(name.startswith("unifiedqa") for row in rows for name in row["inputs"])


def test_a_sample_of_bbq_holds_whole_scenes() -> None:
    rows = rows_of("bbq", "bbq", limit=202, seed=1)
    scenes = Counter((row["group"], row["inputs"]["example_id"] // 4) for row in rows)
    assert len(rows) == 200 and set(scenes.values()) == {4}


def test_hatecheck() -> None:
    rows = rows_of("hatecheck", "hatecheck", kind="labelled")
    assert Counter(row["label"] for row in rows) == {"hateful": 2563, "non-hateful": 1165}
    assert len(tagged(rows, "functionality")) == 29 and tagged(rows, "target")["women"] == 509
    assert len(rows_of("hatecheck", "hatecheck", split="hateful")) == 2563


def test_ifeval() -> None:
    rows = rows_of("ifeval", "ifeval")
    assert len(rows) == 541
    assert sum(len(row["inputs"]["instruction_id_list"]) for row in rows) == 834


def test_winobias() -> None:
    """Every sentence has two options, its opposite in its group, and a right one of either role."""
    rows = rows_of("winobias", "winobias")
    assert tagged(rows, "stereotype") == {"pro": 1584, "anti": 1584}
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["group"]].append(row)
        assert len(row["inputs"]["options"]) == 2
        role = row["inputs"]["roles"][row["expected"]]
        assert role == ("stereotyped" if row["tags"]["stereotype"] == "pro" else "other")
    assert {len(pair) for pair in groups.values()} == {2}
    by_pronoun = {row["inputs"]["options"][row["expected"]] for row in rows}
    assert len(by_pronoun) == 40


def test_a_responder_that_follows_prejudice_is_right_on_pro_and_wrong_on_anti() -> None:
    """By construction: who always takes the stereotyped occupation scores 1 and 0."""
    right: dict[str, list[float]] = defaultdict(list)
    for row in rows_of("winobias", "winobias", split="dev"):
        options, roles = row["inputs"]["options"], row["inputs"]["roles"]
        case = Case(row["id"], row["inputs"], row["expected"])
        answer = Response(options[roles.index("stereotyped")])
        (found,) = choice().score([Sample(case, (), answer)])
        assert isinstance(found, Score)
        right[row["tags"]["stereotype"]].append(found.value)
    assert set(right["pro"]) == {1.0} and set(right["anti"]) == {0.0}


def test_xstest() -> None:
    rows = rows_of("xstest", "xstest", "xstest_prompts.csv")
    assert tagged(rows, "label") == {"safe": 250, "unsafe": 200}
    answers = rows_of("xstest", "xstest", "completions_human_and_auto_labels.csv", kind="labelled")
    assert Counter(row["label"] for row in answers) == {
        "full_compliance": 1091,
        "full_refusal": 983,
        "partial_refusal": 176,
    }
    assert len({row["group"] for row in answers}) == 450
