"""IFEval: the recorded GPT-4 answers are judged as the reference judges them."""

from __future__ import annotations

import json
import time
from typing import Any

from labelled import need

from llmeval.records import Case, Response, Sample, Score
from llmeval.scorers import ifeval

LITERAL = (1122, 1129)
"""The reference puts a random letter in the place of '#' and '!' there; here they are counted."""


def rows_of(name: str) -> list[dict[str, Any]]:
    with need("ifeval", name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def samples() -> list[Sample]:
    answers = {
        r["prompt"]: r["response"]
        for r in rows_of("input_response_data_gpt4_20231107_145030.jsonl")
    }
    # One prompt was reworded after its answer was recorded.
    by_start = {prompt[:60]: answer for prompt, answer in answers.items()}
    return [
        Sample(
            Case(str(r["key"]), r),
            (),
            Response(answers.get(r["prompt"]) or by_start[r["prompt"][:60]]),
        )
        for r in rows_of("input_data.jsonl")
    ]


def test_every_outcome_equals_the_reference() -> None:
    expected = {r["key"]: r for r in rows_of("expected_gpt4.jsonl")}
    given = samples()
    start = time.process_time()
    found = ifeval().score(given)
    seconds = time.process_time() - start
    assert len(found) == 541 and seconds < 5
    kept: dict[str, list[list[bool]]] = {"strict": [], "loose": []}
    for sample, score in zip(given, found, strict=True):
        assert isinstance(score, Score) and score.evidence is not None, score
        key = int(sample.case.id)
        for mode, outcomes in kept.items():
            outcomes.append(score.evidence[mode])
            assert key in LITERAL or score.evidence[mode] == expected[key][mode], (key, mode)
        assert (score.value == 1) == (score.label == "followed") == all(score.evidence["strict"])
    counts = {m: (sum(map(all, o)), sum(map(sum, o)), sum(map(len, o))) for m, o in kept.items()}
    assert counts == {"strict": (417, 698, 834), "loose": (431, 714, 834)}
