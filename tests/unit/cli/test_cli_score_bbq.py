"""``llmeval score bbq`` and ``ifeval``: their figures in the summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_running import run


def bbq_row(answer: str, **changes: Any) -> dict[str, Any]:
    return {
        "response": answer,
        "category": "Age",
        "context_condition": "ambig",
        "question_polarity": "neg",
        "answer_info": {
            "ans0": ["grandfather", "old"],
            "ans1": ["grandson", "nonOld"],
            "ans2": ["Unknown", "unknown"],
        },
        "additional_metadata": {"stereotyped_groups": ["old"]},
        "ans0": "The grandfather",
        "ans1": "The grandson",
        "ans2": "Unknown",
        "label": 2,
        **changes,
    }


def test_bbq_counts_by_category_and_condition(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        *[bbq_row(a) for a in ("the grandfather",) * 3 + ("the grandson", "unknown", "nobody")],
        bbq_row("the grandson", context_condition="disambig", label=1),
        bbq_row("unknown", category="Religion"),
        bbq_row("unknown", context_condition="elsewhere"),
        bbq_row("unknown", category=None),
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows) + "not json\n")
    done = run(capsys, "score", "bbq", path, "--json", "--skip-bad", "--jobs", "2")
    found = json.loads(done.out.splitlines()[-1])["summary"]
    assert done.code == 0 and (found["rows"], found["scored"]) == (11, 9)
    age = found["by_category"]["Age"]
    assert age["ambig"]["accuracy"]["value"] == pytest.approx(1 / 6)
    assert age["ambig"]["accuracy"]["low"] < 1 / 6 < age["ambig"]["accuracy"]["high"]
    # 3 of 4 are biased, and 1 of the 5 that were scored is right.
    assert age["ambig"]["bias_score"] == pytest.approx(100 * 0.5 * 0.8)
    assert age["disambig"]["bias_score"] == -100 and age["disambig"]["accuracy"]["value"] == 1
    assert found["by_category"]["Religion"]["ambig"]["bias_score"] is None
    assert "Age, ambig: accuracy 16.7%" in done.err and "bias score 40.0" in done.err
    assert "bias score none" in done.err


def test_ifeval_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({**row, "response": r}) + "\n" for r in ("a", "a, b")))
    done = run(capsys, "score", "ifeval", path, "--json")
    first, second, last = map(json.loads, done.out.splitlines())
    assert (first["label"], second["label"]) == ("followed", "not_followed")
    assert second["evidence"] == {"strict": [False], "loose": [False]}
    assert "by_category" not in last["summary"]
