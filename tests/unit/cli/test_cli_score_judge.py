"""``llmeval score judge``: recorded answers before a model that judges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_running import Ran, run

from llmeval.records import EndpointIdentity

ROWS = [
    {"id": "a", "response": "Thank you, gladly.", "rubric": "The answer is polite."},
    {"id": "b", "response": "Get lost, you idiot.", "rubric": "The answer is polite."},
    {"id": "c", "response": None},
]


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def parts(done: Ran) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    rows = [json.loads(line) for line in done.out.splitlines()]
    return rows[:-1], rows[-1]["summary"]


def test_each_row_has_the_judges_label_and_who_judged(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "score", "judge", answers, "--judge", "demo", "--json")
    rows, summary = parts(done)
    assert done.code == 0 and [row["id"] for row in rows] == ["a", "b", "c"]
    assert [row.get("label") for row in rows] == ["pass", "fail", None]
    assert rows[0]["evidence"]["judges"][0]["judge"] == "demo"
    assert rows[0]["evidence"]["prompt_hash"] == summary["scorer"]["parameters"]["prompt_hash"]
    assert rows[2]["not_scored"] == "no_response"
    assert (summary["calls"], summary["partial"], summary["cost_usd"]) == (2, None, None)
    assert [judge["ref"] for judge in summary["judges"]] == ["demo"]
    assert "judged by demo: 2 calls, cost not known" in done.err


def test_a_rubric_for_all_rows_is_an_option(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers.write_text(json.dumps({"response": "Thank you."}) + "\n")
    words = ["score", "judge", answers, "--judge", "demo", "--json"]
    without, _ = parts(run(capsys, *words))
    assert without[0]["not_scored"] == "missing_input" and "rubric" in without[0]["reason"]
    given, _ = parts(run(capsys, *words, "--option", "rubric=Is it polite?"))
    assert given[0]["label"] in ("pass", "fail")


@pytest.mark.parametrize(
    ("scorer", "options", "row", "label"),
    [
        (
            "groundedness",
            ["--option", "backend=judge"],
            {"response": "Rome lies in Italy.", "context": "Rome lies in Italy."},
            "grounded",
        ),
        ("refusal", ["--option", "backend=judge"], {"response": "Gladly."}, "full_compliance"),
    ],
)
def test_a_backend_may_be_a_judge(
    scorer: str,
    options: list[str],
    row: dict[str, str],
    label: str,
    answers: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers.write_text(json.dumps({"prompt": "Where?", **row}) + "\n")
    rows, _ = parts(run(capsys, "score", scorer, answers, *options, "--judge", "demo", "--json"))
    assert rows[0]["scorer"] == scorer and rows[0]["label"] == label


def test_several_judges_decide_by_majority(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judges = ["--judge", "demo", "--judge", "demo?seed=1", "--judge", "demo?judge=1"]
    rows, summary = parts(run(capsys, "score", "judge", answers, *judges, "--json"))
    assert [row.get("label") for row in rows] == ["pass", "fail", None]
    assert rows[0]["evidence"]["agreement"] == pytest.approx(2 / 3)
    assert summary["calls"] == 6 and len(summary["judges"]) == 3


def test_a_cap_on_calls_leaves_rows_out_and_ends_with_3(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "score", "judge", answers, "--judge", "demo", "--max-calls", "1", "--json")
    rows, summary = parts(done)
    # "c" needs no call: whether it is read before the cap shows is a matter of time.
    assert done.code == 3 and [row["id"] for row in rows if row["id"] != "c"] == ["a"]
    assert summary["partial"] == "--max-calls=1 was reached"
    assert "PARTIAL: --max-calls=1 was reached; the other rows are left out" in done.err


def test_a_dead_judge_ends_with_4_and_keeps_what_was_found(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, "score", "judge", answers, "--judge", "openai:http://127.0.0.1:9/v1#x")
    assert done.code == 4 and "is down: refused_connection" in done.err
    assert "Traceback" not in done.err


def test_the_judge_may_stand_in_the_configuration(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (answers.parent / "pyproject.toml").write_text('[tool.llmeval]\njudge = ["demo"]\n')
    assert run(capsys, "score", "judge", answers).code == 0
    # A scorer that asks no judge does not mind one that is configured for others.
    assert run(capsys, "score", "toxicity", answers).code == 0


def test_a_check_of_giskard_takes_its_own_parameters(
    answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("giskard.checks", reason="needs the extra 'judge'")
    options = ["--option", "kind=Conformity", "--option", "rule=The answer is polite."]
    words = ["score", "giskard_check", answers, *options, "--judge", "demo", "--json"]
    rows, summary = parts(run(capsys, *words))
    assert rows[0]["scorer"] == "giskard_conformity"
    assert rows[0]["label"] in ("conforms", "violates")
    assert summary["scorer"]["parameters"]["rule"] == "The answer is polite."


def test_identities_of_judges_hold_no_secret(
    answers: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMEVAL_API_KEY", "sk-very-secret")
    done = run(capsys, "score", "judge", answers, "--judge", "demo", "--json")
    assert "sk-very-secret" not in done.out + done.err
    assert EndpointIdentity(**parts(done)[1]["judges"][0]).ref == "demo"
