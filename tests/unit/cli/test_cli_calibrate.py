"""``llmeval calibrate``: labelled rows in, a calibration file out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cli_running import run


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def labelled(n: int = 80) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{i}",
            "response": "You are an idiot." if i % 2 else "Fine, thanks.",
            "label": "not_toxic" if i % 2 == 0 or i % 8 == 1 else "toxic",
        }
        for i in range(n)
    ]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_file_is_written_where_gates_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "rows.jsonl", labelled())
    done = run(capsys, "calibrate", "toxicity", path)
    assert done.code == 0, done.err
    assert "sensitivity 100%" in done.out and "specificity 80.0%" in done.out
    found = json.loads((tmp_path / "calibrations" / "toxicity.json").read_text())
    assert found["data"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found["measures"]["confusion"] == [[40, 10], [0, 30]]
    assert found["scorer"]["name"] == "toxicity" and "path" not in found


def test_recorded_scores_give_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "rows.jsonl", labelled())
    scores = tmp_path / "scores.jsonl"
    scores.write_text(run(capsys, "score", "toxicity", path, "--json").out)
    fresh = run(capsys, "calibrate", "toxicity", path, "--json", "--jobs", 2)
    bare = write(
        tmp_path / "bare.jsonl",
        [{k: v for k, v in row.items() if k != "response"} for row in labelled()],
    )
    again = run(capsys, "calibrate", "toxicity", bare, "--scores", scores, "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["measures"] == json.loads(fresh.out)["measures"]


def test_scores_of_another_scorer_or_with_gaps_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "rows.jsonl", labelled())
    scores = tmp_path / "scores.jsonl"
    whole = run(capsys, "score", "toxicity", path, "--json").out
    scores.write_text(whole)
    other = run(capsys, "calibrate", "refusal", path, "--scores", scores)
    assert other.code == 2 and "'toxicity', not of 'refusal'" in other.err
    scores.write_text("".join(whole.splitlines(keepends=True)[1:]))
    gap = run(capsys, "calibrate", "toxicity", path, "--scores", scores)
    assert gap.code == 2 and "no finding for 'r0'" in gap.err
    scores.write_text(whole.replace('"version":"', '"version":"0'))
    older = run(capsys, "calibrate", "toxicity", path, "--scores", scores)
    assert older.code == 2 and "score again" in older.err


def test_several_people_and_null_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = labelled()
    for i, row in enumerate(rows):
        row["anna"], row["others"] = row["label"], [row["label"], "toxic" if i % 5 == 0 else None]
    rows[0]["response"] = None
    path = write(tmp_path / "rows.jsonl", rows)
    done = run(
        capsys, "calibrate", "toxicity", path, "--label-field", "anna", "--label-field", "others",
        "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads(done.out)["measures"]
    assert found["good_rows"]["not_scored"] == 1
    assert set(found["agreement"]["people_kappas"]) == {"1-2", "1-3", "2-3"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"response": "x"}, "no field 'label'"),
        ({"response": "x", "label": {"a": 1}}, "must be a text"),
        ({"response": "x", "label": [["a"]]}, "must be a text"),
        ({"response": "x", "label": "\ud800"}, "must be a text"),
        ({"label": "toxic"}, "'response'"),
        (["x"], "JSON object"),
    ],
)
def test_bad_rows_are_named(
    row: Any, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "rows.jsonl", [*labelled(2), row])
    done = run(capsys, "calibrate", "toxicity", path)
    assert done.code == 2 and "line 3" in done.err and says in done.err
    assert not (tmp_path / "calibrations").exists()


def test_a_scorer_that_scores_nothing_is_no_calibration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "rows.jsonl", labelled(4))
    done = run(capsys, "calibrate", "groundedness", path)
    assert done.code == 2 and "could score none of 4 rows" in done.err


def judged_rows(path: Path) -> Path:
    rows = labelled(40)
    return write(path, [{**row, "label": row["label"] == "not_toxic"} for row in rows])


def test_a_judge_is_calibrated_with_its_prompt_and_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, scores = judged_rows(tmp_path / "rows.jsonl"), tmp_path / "scores.jsonl"
    judge = ("judge", path, "--option", "rubric=The answer is polite.")
    done = run(capsys, "calibrate", *judge, "--judge", "demo", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["judges"] == ["demo"] and found["scorer"]["parameters"]["prompt_hash"]
    assert run(capsys, "score", *judge, "--judge", "demo", "--out", scores).code == 0
    again = run(capsys, "calibrate", *judge, "--scores", scores, "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out) == found
    (tmp_path / "scores.jsonl.scorer.json").unlink()
    unknown = run(capsys, "calibrate", *judge, "--scores", scores)
    assert unknown.code == 2 and "does not say who judged" in unknown.err


def test_a_judge_needs_a_model_and_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge = ("calibrate", "judge", judged_rows(tmp_path / "rows.jsonl"), "--option", "rubric=Ok?")
    assert "give --judge=REF" in run(capsys, *judge).err
    cut = run(capsys, *judge, "--judge", "demo", "--max-calls", 5)
    assert cut.code == 2 and "needs every row" in cut.err


def test_hostile_rows_end_in_a_calibration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A label for each row, ids of any text, a megabyte of answer, a bidi override in a label."""
    strange = {"id": "\ud800\u202e", "group": "\x00" * 1000, "response": "no " * 300_000}
    rows = [*labelled(60), {**strange, "label": "toxic\u202e"}]
    words = ["calibrate", "toxicity", write(tmp_path / "a.jsonl", rows), "--good", "not_toxic"]
    done = run(capsys, *words)
    assert done.code == 0 and "\u202e" not in done.out + done.err, done.err
    many = [{**row, "label": f"w{i}"} for i, row in enumerate(labelled(3000))]
    words = ["calibrate", "toxicity", write(tmp_path / "b.jsonl", many), "--good", "w1", "--json"]
    found = json.loads(run(capsys, *words).out)["measures"]
    assert found["labels"] == ["bad", "good"] and found["rows"] == 3000


def test_ids_that_are_none_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write(tmp_path / "a.jsonl", [{"id": [1], "label": "toxic"}])
    scores = write(
        tmp_path / "s.jsonl", [{"id": 1, "scorer": "toxicity", "value": 1.0, "label": "not_toxic"}]
    )
    done = run(capsys, "calibrate", "toxicity", rows, "--scores", scores)
    assert done.code == 2 and "line 1: 'id' must be" in done.err


@pytest.mark.parametrize(("group", "clusters"), [(7, 1), ("7", 1), (None, 80)])
def test_rows_of_a_numbered_group_are_one_piece_of_evidence(
    group: Any, clusters: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "rows.jsonl", [{**row, "group": group} for row in labelled()])
    done = run(capsys, "calibrate", "toxicity", path, "--json")
    assert json.loads(done.out)["measures"]["clusters"] == clusters


@pytest.mark.parametrize("group", [True, 1.5, ["a"], {"a": 1}])
def test_a_group_that_cannot_be_read_does_not_make_rows_independent(
    group: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "rows.jsonl", [{**row, "group": group} for row in labelled()])
    done = run(capsys, "calibrate", "toxicity", path)
    assert done.code == 2 and "line 1: 'group' must be text or a whole number" in done.err
