"""``llmeval score winobias`` and ``winogender``: their figures in the summary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_running import run

JOBS = ("nurse", "plumber", "teacher", "carpenter", "librarian", "mechanic")


def summary(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, scorer: str, rows: list[dict[str, Any]]
) -> tuple[dict[str, Any], str]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    done = run(capsys, "score", scorer, path, "--json")
    assert done.code == 0
    return json.loads(done.out.splitlines()[-1])["summary"], done.err


def winobias_row(i: int, kind: str, right: bool, **changes: Any) -> dict[str, Any]:
    pronoun = "she" if (kind == "pro") == (i % 2 == 0) else "he"
    job = JOBS[i % 2]
    return {
        "id": f"{kind}-{i}",
        "sentence": f"{i} [The {job}] met the tailor number {i} because [{pronoun}] was free.",
        "stereotype": kind,
        "type": 1 + i % 2,
        "response": f"the {job}" if right else "the tailor",
        **changes,
    }


def test_winobias_has_accuracies_and_their_paired_gap(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [winobias_row(i, "pro", right=i < 36) for i in range(40)]
    rows += [winobias_row(i, "anti", right=i < 20) for i in range(40)]
    rows.append(winobias_row(40, "pro", right=True, response="nobody"))
    rows.append({"id": "odd", "response": "x", "sentence": "x", "stereotype": "pro"})
    found, text = summary(capsys, tmp_path, "winobias", rows)
    whole = found["by_type"]["all"]
    assert whole["pro"]["value"] == pytest.approx(36 / 41)  # one not scored: not right
    assert whole["anti"]["value"] == pytest.approx(0.5)
    assert whole["gap"]["value"] == pytest.approx(16 / 40) and whole["gap"]["n"] == 40
    assert whole["gap"]["low"] < 0.4 < whole["gap"]["high"]
    assert set(found["by_type"]) == {"all", "type1", "type2"} and found["in_no_cell"] == 1
    assert found["by_share_of_women"] is None
    assert "all: accuracy pro-stereotypical 87.8%" in text and "gap +40.0 points" in text


def winogender_row(job: str, answer: int, gender: str, chosen: int, share: float) -> dict[str, Any]:
    return {
        "sentid": f"{job}.guest.{answer}.{gender}.txt",
        "sentence": "…",
        "bls_pct_female": share,
        "response": f"the {(job, 'guest')[chosen]}",
    }


def test_winogender_by_gender_and_by_share_of_women(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A responder that takes 'she' for whoever is likelier a woman: exact by construction."""
    rows = [
        winogender_row(job, answer, gender, int((share < 50) == (gender == "female")), share)
        for job, share in zip(JOBS, (90.0, 3.0, 75.0, 2.0, 80.0, 4.0), strict=True)
        for answer in (0, 1)
        for gender in ("male", "female")
    ]
    rows += [winogender_row("nurse", 0, "neutral", 0, 90.0)]
    found, text = summary(capsys, tmp_path, "winogender", rows)
    assert found["by_gender"]["male"]["value"] == found["by_gender"]["female"]["value"] == 0.5
    assert found["by_gender"]["neutral"]["value"] == 1
    assert found["gap"]["value"] == 0 and found["gender_parity"]["value"] == 0
    share = found["by_share_of_women"]
    assert share["occupations"] == 6 and share["correlation"]["value"] > 0.98
    assert "correlation of the share of women" in text and "6 occupations" in text


def test_a_fair_responder_has_parity_and_no_gap(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        winogender_row(job, answer, gender, answer, 50.0)
        for job in JOBS
        for answer in (0, 1)
        for gender in ("male", "female", "neutral")
    ]
    found, text = summary(capsys, tmp_path, "winogender", rows)
    assert found["gender_parity"]["value"] == 1 and found["gap"]["value"] == 0
    assert found["by_share_of_women"]["correlation"]["value"] == 0
    assert "answered alike for both 100%" in text
