"""``llmeval score``: rows in, findings out, nothing lost on the way."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cli_running import Ran, run
from hypothesis import given
from hypothesis import strategies as st

from llmeval.cli import score
from llmeval.cli.scored import Row, Tally, read_rows
from llmeval.errors import UsageError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity


def rows_of(done: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.out.splitlines()]


def write(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_rows_come_out_in_order_with_their_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"id": f"r{i}", "response": "Fine." if i % 3 else "You are an idiot."} for i in range(150)
    ]
    done = run(capsys, "score", "toxicity", write(tmp_path / "a.jsonl", *rows))
    found = rows_of(done)
    assert done.code == 0 and [row["id"] for row in found] == [row["id"] for row in rows]
    assert [row["label"] for row in found[:3]] == ["toxic", "not_toxic", "not_toxic"]
    assert set(found[0]) == {"id", "scorer", "value", "label", "explanation", "evidence"}
    assert "150 rows" in done.err and "66.7%" in done.err and "interval" in done.err


def test_processes_find_the_same_in_the_same_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": i, "response": "idiot " * (i % 7)} for i in range(400)]
    path = write(tmp_path / "a.jsonl", *rows)
    alone = run(capsys, "score", "toxicity", path)
    assert run(capsys, "score", "toxicity", path, "--jobs", 2) == alone
    with path.open("a") as file:
        file.write("{\n")
    broken = run(capsys, "score", "toxicity", path, "--jobs", 2)
    assert broken.code == 2 and broken.out == alone.out and "line 401" in broken.err


def test_json_ends_with_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {"id": 1, "response": "{}", "schema": {"type": "object"}},
        {"id": 2, "response": "[]", "schema": {"type": "object"}},
        {"id": 3, "response": None, "schema": {}},
        {"id": 4, "response": "{}"},
    )
    *found, last = rows_of(run(capsys, "score", "json_schema", path, "--json"))
    assert [row.get("label") for row in found] == ["valid", "invalid", None, None]
    assert [row.get("not_scored") for row in found[2:]] == ["no_response", "missing_input"]
    summary = last["summary"]
    assert (summary["rows"], summary["scored"]) == (4, 2)
    assert summary["not_scored"] == {"missing_input": 1, "no_response": 1}
    assert summary["labels"] == {"valid": 1, "invalid": 1}
    rate = summary["pass_rate"]
    assert rate["value"] == 0.25 and rate["n"] == 4 and rate["low"] < 0.25 < rate["high"]
    assert summary["mean"]["value"] == 0.5 and summary["mean"]["n"] == 2


def test_safety_ratings_of_a_row_reach_their_scorer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    high = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH"}
    rows = [
        {"response": "An answer.", "safety": [high, "odd"]},
        {"response": "An answer.", "safety": "HIGH"},
        {"response": "An answer."},
    ]
    done = run(capsys, "score", "vertex_safety", write(tmp_path / "a.jsonl", *rows))
    found = rows_of(done)
    assert (done.code, found[0]["label"], found[0]["value"]) == (0, "harassment", 0)
    assert [row["not_scored"] for row in found[1:]] == ["no_ratings"] * 2


def test_repeated_ids_and_groups_are_one_piece_of_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": i % 5, "response": "Fine."} for i in range(20)]
    rows += [{"id": f"x{i}", "group": "pair", "response": "Fine."} for i in range(4)]
    path = write(tmp_path / "a.jsonl", *rows)
    last = rows_of(run(capsys, "score", "toxicity", path, "--json"))[-1]
    assert last["summary"]["pass_rate"]["clusters"] == 6


def test_expected_reference_prompt_and_context_reach_the_scorer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path / "a.jsonl",
        {"response": "Paris", "expected": "Paris"},
        {"response": "Paris", "reference": "Paris"},
        {"response": "Rome", "reference": "Paris", "prompt": "Where?", "finish_reason": "length"},
    )
    found = rows_of(run(capsys, "score", "equals", path))
    assert [row["value"] for row in found] == [1.0, 1.0, 0.0]
    assert [row["id"] for row in found] == [1, 2, 3]
    row = next(read_rows([b'{"response":"a","prompt":"q","context":"c"}'], "x", "s", keep=False))
    assert isinstance(row.sample, Sample)
    assert row.sample.prompt[0].content == "q"
    assert row.sample.case.inputs == {"prompt": "q", "context": "c"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "invalid JSON at column"),
        (b"[1]", "not a list"),
        (b"null", "not null"),
        (b"12", "not a number"),
        (b'{"id": 1}', "'response', the answer to score, is missing"),
        (b'{"response": 3}', "must be text, not a number"),
        (b'{"response": {"a": 1}}', "not an object"),
        (b'{"id": true, "response": ""}', "not true or false"),
        (b'{"id": [], "response": ""}', "'id' must be text"),
        (b'{"response": "\xff"}', "not UTF-8 at byte 15"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_a_bad_line_is_named_and_what_came_before_is_kept(
    line: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "ok", "response": "Fine."}\n\n' + line + b"\n")
    done = run(capsys, "score", "toxicity", path)
    assert done.code == 2 and [row["id"] for row in rows_of(done)] == ["ok"]
    assert f"{path}: line 3: " in done.err and told in done.err
    kept = run(capsys, "score", "toxicity", path, "--skip-bad", "--json")
    assert kept.code == 0
    assert rows_of(kept)[1]["not_scored"] == "bad_line" and rows_of(kept)[1]["id"] == 3
    assert rows_of(kept)[-1]["summary"]["rows"] == 2


def test_hostile_rows_pass_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id":"\\ud800","response":"\\udfff \\u001b[2J"}\n'
        b'{"id":"raw","response":"\xed\xa0\x80"}\n'
        b'{"id":"big","response":"' + b"idiot " * 200_000 + b'"}\n'
    )
    for scorer in ("toxicity", "refusal", "similar"):
        done = run(capsys, "score", scorer, path)
        assert done.code == 0
        assert [row["id"] for row in rows_of(done)] == ["\ud800", "raw", "big"]
        assert "\x1b" not in done.out + done.err


def test_stdin(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "llmeval", "score", "refusal", "-"],
        input=b'{"id": 1, "response": "I cannot help with that."}\n[]\n',
        capture_output=True,
        check=False,
    )
    assert json.loads(done.stdout)["label"] == "full_refusal"
    assert done.returncode == 2 and b"stdin: line 2" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["toxicty", "a"], "Did you mean 'toxicity'?"),
        (["judge", "empty.jsonl"], "judge needs a judge: give --judge=REF"),
        (["judge", "empty.jsonl", "--judge", "demo", "--jobs", "2"], "judges have --concurrency"),
        (["toxicity", "empty.jsonl", "--judge", "demo"], "toxicity asks no judge"),
        (["toxicity", "nowhere.jsonl"], "nowhere.jsonl cannot be read"),
        (["toxicity", "."], "cannot be read"),
        (["toxicity", "empty.jsonl"], "holds no rows"),
        (["regex", "empty.jsonl"], "needs --option pattern="),
        (["regex", "empty.jsonl", "--option", "pattern=("], "does not compile"),
        (["toxicity", "a", "--option", "threshhold=1"], "Did you mean 'threshold'?"),
        (["toxicity", "a", "--option", "threshold"], "threshold=…"),
        (["toxicity", "a", "--option", "threshold=7"], "from 0 to 1"),
        (["refusal", "a", "--option", "want=[1]"], "want"),
        (["json_schema", "a", "--option", "schema=3"], "cannot be made"),
    ],
)
def test_what_cannot_be_scored_is_a_usage_error(
    words: list[str],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").write_text("\n \n")
    done = run(capsys, "score", *words)
    assert done.code == 2 and told in done.err and done.out == ""


def test_options_are_json_or_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.jsonl", {"response": "A1"})
    words = [
        "score",
        "regex",
        path,
        "--option",
        r"pattern=^[a-z]\d$",
        "--option",
        "ignore_case=true",
    ]
    assert rows_of(run(capsys, *words))[0]["value"] == 1.0


class Crashing:
    identity = ScorerIdentity("crashing")

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        raise RuntimeError("no such luck")


def test_a_scorer_that_crashes_has_scored_nothing() -> None:
    rows = list(read_rows([b'{"response":"a"}', b'{"response":null}'], "x", "s", keep=False))
    found = [finding for _, finding in score.score_rows(Crashing(), rows)]
    assert [f.not_scored for f in found if isinstance(f, NotScored)] == [
        "scorer_error",
        "no_response",
    ]


def test_a_summary_of_nothing_scored_has_no_mean() -> None:
    tally = Tally()
    tally.add(Row(1, NotScored("s", "bad_line", "")), NotScored("s", "bad_line", ""))
    summary = tally.summary()
    assert summary["mean"] is None and summary["pass_rate"].value == 0.0


def test_memory_does_not_grow_with_the_input() -> None:
    def lines() -> Any:
        for i in range(20_000):
            yield json.dumps({"id": i, "response": "x" * 500}).encode()

    tracemalloc.start()
    tally = Tally()
    for row in read_rows(lines(), "x", "s", keep=False):
        tally.add(row, Score("s", 1.0, "good"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@given(st.lists(st.one_of(st.binary(max_size=40), st.just(b'{"response": ""}'))))
def test_any_bytes_are_rows_or_usage_errors(lines: list[bytes]) -> None:
    content = b"\n".join(lines)
    kept = list(read_rows(io.BytesIO(content), "x", "s", keep=True))
    try:
        strict = list(read_rows(io.BytesIO(content), "x", "s", keep=False))
    except UsageError as error:
        assert "x: line " in str(error)
        assert any(
            isinstance(r.sample, NotScored) and r.sample.not_scored == "bad_line" for r in kept
        )
    else:
        assert strict == kept


def test_rows_of_one_group_are_one_cluster_scored_or_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"response": None if i % 2 else "Fine.", "group": 7} for i in range(20)]
    done = run(capsys, "score", "toxicity", write(tmp_path / "a.jsonl", *rows))
    assert "(1 independent" in done.err
    done = run(capsys, "score", "toxicity", write(tmp_path / "a.jsonl", {**rows[0], "group": [7]}))
    assert done.code == 2 and "'group' must be text or a whole number, not a list" in done.err


@pytest.mark.parametrize(
    ("closed", "code", "says"),
    [("<&-", 2, "stdin is closed"), (">&-", 4, "stdout is closed"), ("2>&-", 4, "")],
)
def test_a_closed_stream_is_an_error_and_no_traceback(closed: str, code: int, says: str) -> None:
    command = f'echo \'{{"response": "x"}}\' | "$0" -m llmeval score toxicity - {closed}'
    done = subprocess.run(["sh", "-c", command, sys.executable], capture_output=True, text=True)
    assert done.returncode == code and says in done.stderr
    assert "Traceback" not in done.stderr and "value" not in done.stdout


def test_an_option_that_is_text_may_look_like_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.jsonl", {"response": "Room 5"}, {"response": "Room 6"})
    for option in ("pattern=5", 'pattern="5"'):
        done = run(capsys, "score", "regex", path, "--option", option)
        assert [row["value"] for row in rows_of(done)] == [1.0, 0.0]


def test_an_option_of_a_wrong_type_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.jsonl", {"response": "x", "safety": []})
    for scorer, option in (
        ("citations", "known=5"),
        ("vertex_safety", "thresholds=5"),
        ("judge", "structured=2"),
        ("judge", 'rubric=" "'),
    ):
        done = run(capsys, "score", scorer, path, "--option", option, "--json")
        assert (done.code, done.out) == (2, "") and f"{scorer}" in done.err
