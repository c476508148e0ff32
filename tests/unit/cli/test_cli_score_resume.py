"""``llmeval score --out FILE --resume``: what is there is not scored again, nor written twice."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_running import run

from llmeval.cli.score_progress import Progress, progress_line


def answers(path: Path, n: int = 300) -> Path:
    rows = [
        {"id": f"r{i}", "response": "idiot " * (i % 3), "group": f"g{i // 2}"} for i in range(n)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("cut", [0, 1, 5000, 20_001, -1])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_resumed_file_is_byte_equal(
    cut: int, jobs: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = answers(tmp_path / "a.jsonl"), tmp_path / "scores.jsonl"
    whole = run(capsys, "score", "toxicity", path, "--json")
    lines = whole.out.splitlines(keepends=True)
    first = run(capsys, "score", "toxicity", path, "--json", "--out", out)
    assert first.code == 0 and first.out == lines[-1] and first.err == whole.err
    wanted = out.read_bytes()
    assert wanted.decode() == "".join(lines[:-1])
    out.write_bytes(wanted[:cut] if cut else b"")
    again = run(
        capsys, "score", "toxicity", path, "--json", "--out", out, "--resume", "--jobs", jobs
    )
    assert again == first and out.read_bytes() == wanted


def test_rows_that_are_there_are_not_scored_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmeval.cli import score

    path, out = answers(tmp_path / "a.jsonl", 100), tmp_path / "scores.jsonl"
    run(capsys, "score", "toxicity", path, "--out", out)
    kept = out.read_bytes().splitlines(keepends=True)[:70]
    out.write_bytes(b"".join(kept) + b'{"id":"r70","sco')
    scored: list[str | int] = []
    plain = score.score_rows

    def noted(scorer, rows):
        scored.extend(row.id for row in rows)
        return plain(scorer, rows)

    monkeypatch.setattr(score, "score_rows", noted)
    assert run(capsys, "score", "toxicity", path, "--out", out, "--resume").code == 0
    assert scored == [f"r{i}" for i in range(70, 100)]


def test_another_scorers_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = answers(tmp_path / "a.jsonl", 10), tmp_path / "scores.jsonl"
    regex = ("score", "regex", path, "--out", out, "--option")
    assert run(capsys, *regex, "pattern=idiot").code == 0
    held = out.read_bytes()
    for words in (
        (*regex, "pattern=fool", "--resume"),
        ("score", "toxicity", path, "--out", out, "--resume"),
    ):
        done = run(capsys, *words)
        assert done.code == 2 and "was written by" in done.err and "idiot" in done.err, done.err
    plain = run(capsys, *regex, "pattern=idiot")
    assert plain.code == 2 and "--resume" in plain.err
    (tmp_path / "scores.jsonl.scorer.json").unlink()
    lost = run(capsys, *regex, "pattern=idiot", "--resume")
    assert lost.code == 2 and "nobody knows which scorer" in lost.err
    assert out.read_bytes() == held


def test_another_input_and_a_damaged_line_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = answers(tmp_path / "a.jsonl", 20), tmp_path / "scores.jsonl"
    words = ("score", "toxicity", path, "--out", out, "--resume")
    run(capsys, "score", "toxicity", path, "--out", out)
    lines = out.read_text().splitlines(keepends=True)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    other = run(capsys, *words)
    assert other.code == 2 and "line 1 is of the row 'r0'" in other.err and "'r1'" in other.err
    answers(path, 19)
    short = run(capsys, *words)
    assert short.code == 2 and "the input ends there" in short.err
    answers(path, 20)
    for damage in ('{"id":\n', "[]\n", '{"id":"r7","scorer":"toxicity","value":"x"}\n'):
        out.write_text("".join([*lines[:7], damage, *lines[8:]]))
        done = run(capsys, *words)
        assert done.code == 4 and "line 8 is damaged" in done.err
    assert run(capsys, "score", "toxicity", path, "--resume").code == 2


def test_kill_9_loses_nothing_that_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = answers(tmp_path / "a.jsonl", 20_000), tmp_path / "scores.jsonl"
    words = ["score", "toxicity", str(path), "--out", str(out)]
    child = subprocess.Popen([sys.executable, "-m", "llmeval", *words], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (out.exists() and out.stat().st_size > 100_000):
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    held = out.read_bytes()
    assert len(held) > 100_000
    resumed = run(capsys, *words, "--resume")
    assert resumed.code == 0 and "20,000 rows" in resumed.err
    assert out.read_bytes().startswith(held[: held.rfind(b"\n") + 1])
    ids = [json.loads(line)["id"] for line in out.read_bytes().splitlines()]
    assert ids == [f"r{i}" for i in range(20_000)] and len(held) < out.stat().st_size


def test_calibrate_knows_the_scorer_of_an_out_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "a.jsonl", tmp_path / "scores.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": i, "response": "no" * (i % 2), "label": i % 2}) + "\n"
            for i in range(20)
        )
    )
    run(capsys, "score", "regex", path, "--out", out, "--option", "pattern=no")
    words = ("calibrate", "regex", path, "--scores", out, "--out", tmp_path / "c.json")
    assert run(capsys, *words, "--option", "pattern=no").code == 0
    other = run(capsys, *words, "--option", "pattern=yes")
    assert other.code == 2 and "was scored with" in other.err


def test_progress_tells_speed_share_and_time_left() -> None:
    assert progress_line(3000, 2.0, 0.25) == "3,000 rows, 1,500 rows/s, 25%, 0:06 left"
    assert progress_line(10, 0.0, None) == "10 rows, 0 rows/s"
    assert progress_line(1, 100.0, 0.01).endswith("1%, 2:45:00 left")


def test_progress_counts_what_was_there_already_out() -> None:
    clock = iter([0.0, 10.0, 10.2, 12.0])
    screen = io.StringIO()
    progress = Progress(400, screen, lambda: next(clock))
    lines = progress.reading([b"x" * 100] * 4)
    next(lines), next(lines)
    progress.skipped()
    next(lines)
    progress.add(1)
    assert screen.getvalue() == "\r\x1b[K1 rows, 5 rows/s, 50%, 0:00 left"
    progress.add(1)
    progress.clear()
    assert screen.getvalue().count("rows/s") == 2 and screen.getvalue().endswith("\r\x1b[K")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_terminal_sees_progress_and_a_pipe_does_not(tmp_path: Path) -> None:
    path, out = answers(tmp_path / "a.jsonl", 30_000), tmp_path / "scores.jsonl"
    master, slave = os.openpty()
    words = [sys.executable, "-m", "llmeval", "score", "toxicity", str(path), "--out", str(out)]
    child = subprocess.Popen(words, stderr=slave, stdout=subprocess.DEVNULL)
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(master)
    assert child.wait() == 0
    assert b"rows/s" in seen and b"% " not in seen.split(b"\r")[0] and b"left" in seen
    piped = subprocess.run([*words[:-2]], capture_output=True, check=True)
    assert b"rows/s" not in piped.stderr


def test_judges_that_were_cut_short_are_asked_for_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, out = answers(tmp_path / "a.jsonl", 12), tmp_path / "scores.jsonl"
    words = ("score", "judge", path, "--option", "rubric=Polite?", "--out", out, "--judge")
    cut = run(capsys, *words, "demo", "--max-calls", 5)
    assert cut.code == 3 and 0 < len(out.read_bytes().splitlines()) <= 5
    other = run(capsys, *words, "demo-flawed", "--resume")
    assert other.code == 2 and '"judges":["demo"]' in other.err
    done = run(capsys, *words, "demo", "--resume")
    assert done.code == 0, done.err
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == [
        f"r{i}" for i in range(12)
    ]


@pytest.mark.parametrize("value", ["7.0", "-0.1"])
def test_a_value_that_no_scorer_gives_is_named_with_its_line(
    value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = answers(tmp_path / "a.jsonl", 3), tmp_path / "o.jsonl"
    assert run(capsys, "score", "toxicity", source, "--out", out).code == 0
    lines = out.read_text().splitlines(keepends=True)
    lines[1] = re.sub(r'"value":[0-9.]+', f'"value":{value}', lines[1])
    out.write_text("".join(lines))
    done = run(capsys, "score", "toxicity", source, "--out", out, "--resume")
    assert done.code == 4 and "line 2" in done.err and "does not lie in 0 … 1" in done.err
