"""The command as a whole: help, errors, exit codes, what is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_running import run

from llmeval.cli import main, parsing
from llmeval.cli.screen import harmless, table, to_json
from llmeval.errors import RecordError

HEAVY = ("numpy", "scipy", "aiohttp", "jinja2", "msgspec", "yaml", "jsonschema", "pytest")


def command(*words: str, **given: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "llmeval", *words], capture_output=True, check=False, **given
    )


def test_help_lists_every_command_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "--help")
    assert done.code == 0
    for name, (_, about) in parsing.COMMANDS.items():
        assert name in done.out and about.split(",")[0] in done.out
    assert "example:" in done.out and "exit codes" in done.out


@pytest.mark.parametrize("name", parsing.COMMANDS)
def test_each_command_has_help_and_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, name, "--help")
    assert done.code == 0 and done.err == ""
    assert f"example:\n  llmeval {name}" in done.out


@pytest.mark.parametrize(
    "words",
    [
        *((name,) for name in parsing.COMMANDS if name != "cases"),
        *(("cases", action) for action in ("import", "check", "formats")),
    ],
    ids=" ".join,
)
def test_each_command_can_print_json(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *words, "--help")
    assert done.code == 0 and done.err == "" and "--json" in done.out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "--version")
    assert done.code == 0 and done.out.startswith("llmeval ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name a command"),
        (["gat"], "Did you mean 'gate'?"),
        (["gate", "x", "--gate"], "Did you mean '--gates'?"),
        (["gate"], "RUN"),
        (["score", "toxicity", "x", "--jobs", "0"], "above 0"),
        (["score", "toxicity", "x", "--jobs", "many"], "--jobs"),
        (["prompts", "chek", "a", "--against", "b"], "chek"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_2(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run(capsys, *words)
    assert done.code == 2 and done.out == ""
    assert done.err.startswith("llmeval: error: ") and done.err.count("\n") == 1
    assert told in done.err


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (RecordError("torn"), 4, "error: torn"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "out"), 4, "out: No space left on device"),
    ],
)
def test_what_a_command_raises_becomes_a_line_and_a_code(
    raised: BaseException,
    code: int,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> int:
        raise raised

    monkeypatch.setattr("llmeval.cli.init.run", fail)
    done = run(capsys, "init")
    assert (done.code, done.out) == (code, "") and told in done.err
    assert "Traceback" not in done.err


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    rows = tmp_path / "a.jsonl"
    rows.write_text('{"response": "hello"}\n' * 20_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "llmeval", "score", "toxicity", str(rows)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0 and errors == b""


def test_broken_pipe_without_a_descriptor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr("llmeval.cli.init.run", fail)
    kept: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "dup2", lambda *fds: kept.append(fds))
    assert main(["init"]) == 0
    assert len(kept) < 2


def test_help_loads_nothing_heavy_and_is_fast() -> None:
    code = (
        "import sys; from llmeval.cli import main; main(['--help']); "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == "[]"
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        assert command("--help").returncode == 0
        times.append(time.perf_counter() - begun)
    # The target is 0.15 s on an idle machine; a busy one gets some room.
    assert min(times) < 0.3


def test_a_terminal_that_knows_only_ascii_is_no_error() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = command("score", "ümlaut", "x", env=environment)
    assert done.returncode == 2
    assert b"\\xfcmlaut" in done.stderr and b"Traceback" not in done.stderr


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    assert harmless("a\x1b[2Jb\u202ec\td") == "a[U+001B][2Jb[U+202E]c    d"
    assert harmless("plain  text") == "plain  text"


def test_tables_align_and_json_survives_surrogates() -> None:
    assert table([("a", "1"), ("bb", "22")], right=(1,)) == ["a    1", "bb  22"]
    assert table([]) == []
    assert to_json({"a": "\ud800", "b": "ü"}) == b'{"a":"\\ud800","b":"\\u00fc"}'
    assert to_json({"b": "ü", "x": float("nan")}) == '{"b":"ü","x":null}'.encode()


def test_pytests_own_arguments_keep_their_order() -> None:
    words = ["suites/a", "-k", "x or y", "--samples=2", "--json", "-q", "--model=demo", "b"]
    arguments = parsing.parse(["plan", *words])
    assert arguments.rest == ["suites/a", "-k", "x or y", "--samples=2", "-q", "b"]
    assert arguments.json and arguments.model == ["demo"]
