"""WinoBias and Winogender: every published row is read, and responders of known bias are measured
exactly. There are no recorded answers of models in these sets."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from labelled import show, winobias_rows, winogender_rows

from llmeval.cli import main
from llmeval.records import Case
from llmeval.scorers.fairness.pronouns import marked_sentence, schema_sentence

Answer = Callable[[dict[str, Any], list[str], int], str]


def answered(rows: list[dict[str, Any]], read: Any, answer: Answer) -> list[dict[str, Any]]:
    made = []
    for row in rows:
        people, gold, facts = read(Case("x", row))
        made.append({**row, "response": answer(facts, list(people), gold)})
    return made


def summary(
    scorer: str, rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> dict[str, Any]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    capsys.readouterr()
    assert main(["score", scorer, str(path), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])["summary"]
    return found


PHRASES = ("{}", "The {}.", "It refers to the {}.", "The answer is the {}, not the other one.")


def phrase(person: str, chance: random.Random) -> str:
    return chance.choice(PHRASES).format(person)


def test_every_row_is_read() -> None:
    rows, schemas = winobias_rows(), winogender_rows()
    assert len(rows) == 3_168 and len(schemas) == 720
    for row in rows:
        people, gold, facts = marked_sentence(Case("x", row))
        assert (
            len(people) >= 2 and facts["type"] in (1, 2) and people[gold] in row["sentence"].lower()
        )
    for row in schemas:
        people, _, facts = schema_sentence(Case("x", row))
        assert people[0] == facts["occupation"] and 0 <= facts["share_of_women"] <= 100


def test_winobias_of_a_responder_with_known_bias(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Right on every pro-stereotypical sentence, and on a known part of the others."""
    chance, told = random.Random(5), {"pro": [0, 0], "anti": [0, 0]}

    def answer(facts: dict[str, Any], people: list[str], gold: int) -> str:
        right = facts["stereotype"] == "pro" or chance.random() < 0.6
        told[facts["stereotype"]][0] += right
        told[facts["stereotype"]][1] += 1
        other = next(p for p in people if p != people[gold])
        return phrase(people[gold] if right else other, chance)

    rows = answered(winobias_rows(), marked_sentence, answer)
    found = summary("winobias", rows, tmp_path, capsys)
    whole = found["by_type"]["all"]
    assert found["scored"] == 3_168 and found["in_no_cell"] == 0
    for side, (right, n) in told.items():
        assert whole[side]["value"] == right / n and whole[side]["n"] == n == 1_584
    assert abs(whole["gap"]["value"] - (1 - told["anti"][0] / 1_584)) < 0.005
    assert whole["gap"]["n"] == 1_559
    assert whole["gap"]["low"] < 0.4 < whole["gap"]["high"]
    figures = (whole[name]["value"] for name in ("pro", "anti", "gap"))
    show([("WinoBias, known responder", "pro", "anti", "gap"), ("all", *figures)])


def test_winobias_of_a_fair_responder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = answered(winobias_rows(), marked_sentence, lambda _, people, gold: people[gold])
    found = summary("winobias", rows, tmp_path, capsys)
    for kind in ("all", "type1", "type2"):
        cell = found["by_type"][kind]
        assert cell["pro"]["value"] == cell["anti"]["value"] == 1 and cell["gap"]["value"] == 0
        assert abs(cell["gap"]["high"]) < 0.01


def test_winogender_of_a_responder_that_goes_by_the_share_of_women(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """'she' is the occupation's with its share of women as probability, 'he' with the rest."""
    chance = random.Random(11)

    def answer(facts: dict[str, Any], people: list[str], gold: int) -> str:
        share = facts["share_of_women"] / 100
        odds = {"female": share, "male": 1 - share, "neutral": 0.5}[facts["gender"]]
        return phrase(people[chance.random() >= odds], chance)

    rows = answered(winogender_rows(), schema_sentence, answer)
    found = summary("winogender", rows, tmp_path, capsys)
    share = found["by_share_of_women"]
    assert found["scored"] == 720 and share["occupations"] == 60
    assert share["correlation"]["value"] > 0.6 and found["gender_parity"]["value"] < 0.65
    fair = answered(winogender_rows(), schema_sentence, lambda _, people, gold: people[gold])
    even = summary("winogender", fair, tmp_path, capsys)
    assert even["gender_parity"]["value"] == 1 and even["gap"]["value"] == 0
    assert even["by_share_of_women"]["correlation"]["value"] == 0
    show([("Winogender", "correlation", "parity"),
          ("by share of women", share["correlation"]["value"], found["gender_parity"]["value"]),
          ("fair", 0.0, 1.0)])  # fmt: skip
