"""``llmeval doctor`` says what is wrong and what to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from cli_running import run

from llmeval.cli import checkups, one_call
from llmeval.cli.checkups import Finding
from llmeval.emulator import Faults, running_server
from llmeval.endpoints.demo import DemoEndpoint
from llmeval.records import FAILURE_KINDS

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LLMEVAL_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def found(name: str, root: Path) -> Finding:
    return next(each for each in checkups.here(root) if each.name == name)


def test_a_healthy_directory(here: Path, capsys: Capture) -> None:
    assert run(capsys, "init", ".").code == 0
    done = run(capsys, "doctor")
    assert done.code == 0 and done.out.splitlines()[-1] == "Nothing is in the way."
    assert "18 gates" in done.out and "22 templates" in done.out
    told = run(capsys, "doctor", "--json").json
    assert told["ok"] is True
    assert {each["state"] for each in told["findings"]} <= {"ok", "note"}
    assert [p.name for p in here.iterdir() if p.name in ("reports", ".llmeval")] == []


def test_an_empty_directory_is_told_to_init(here: Path) -> None:
    assert found("gates", here).fix == found("prompts", here).fix == "llmeval init"
    (here / "prompts").mkdir()
    assert found("prompts", here).state == "note"


def test_broken_files_are_problems(here: Path, capsys: Capture) -> None:
    (here / "gates.toml").write_text("[[gate]]\nid = 3\n")
    (here / "prompts").mkdir()
    (here / "prompts" / "a.j2").write_text("{% user %}")
    assert found("gates", here).state == found("prompts", here).state == "problem"
    assert "a.j2:1" in found("prompts", here).text
    done = run(capsys, "doctor")
    assert done.code == 4 and "2 problems." in done.out and "PROBLEM  gates" in done.out
    (here / "pyproject.toml").write_text("[tool.llmeval]\nconcurency = 3\n")
    assert "Did you mean 'concurrency'?" in found("configuration", here).text


def test_a_folder_that_cannot_be_written(here: Path) -> None:
    (here / "reports").write_text("a file in the way")
    assert found("run directory", here).state == "problem"
    assert found("cache", here).state == "ok"


def test_extras_are_named_with_their_command(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "locust":
            return "2.46.1"
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(checkups.metadata, "version", version)
    assert found("extra load", here).text == "locust 2.46.1"
    assert found("extra giskard", here).fix == "pip install 'llmeval-gate[giskard]'"


def test_an_unregistered_plugin_is_a_problem(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkups.metadata, "entry_points", lambda **_: ())
    assert found("pytest plugin", here).state == "problem"


@pytest.mark.parametrize(
    ("version", "state"), [((3, 11, 9), "problem"), ((3, 12, 1), "note"), ((3, 12, 2), "ok")]
)
def test_python_versions(version: tuple[int, int, int], state: str) -> None:
    assert checkups._python(version).state == state


def test_a_model_that_answers(capsys: Capture) -> None:
    done = run(capsys, "doctor", "--model=demo?ttft=0.01")
    assert done.code == 0 and "demo answered in " in done.out


def test_a_reference_that_names_nothing(capsys: Capture) -> None:
    done = run(capsys, "doctor", "--model=dmo")
    assert done.code == 4 and "Did you mean 'demo'?" in done.out


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    with running_server(["demo?ttft=0.01"], faults=Faults(api_key="secret-key-1")) as url:
        yield url


def test_keys_come_from_the_environment_and_never_show(
    guarded: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = f"--model=openai:{guarded}#demo?ttft=0.01"
    missing = run(capsys, "doctor", reference)
    assert (
        missing.code == 4 and "unauthorized" in missing.out and "set LLMEVAL_API_KEY" in missing.out
    )
    monkeypatch.setenv("OPENAI_API_KEY", "another-key-2")
    wrong = run(capsys, "doctor", reference)
    assert wrong.code == 4 and "is not accepted" in wrong.out and "another-key-2" not in wrong.out
    monkeypatch.setenv("LLMEVAL_API_KEY", "secret-key-1")
    right = run(capsys, "doctor", reference)
    assert right.code == 0 and "secret-key-1" not in right.out


@pytest.mark.parametrize(
    ("faults", "kind"),
    [(Faults(server_500=1.0), "server_error"), (Faults(garbage=1.0), "malformed_body")],
)
def test_failures_are_told_in_plain_words(faults: Faults, kind: str, capsys: Capture) -> None:
    with running_server(["fixed"], faults=faults) as url:
        done = run(capsys, "doctor", f"--model=openai:{url}#fixed")
        lost = run(capsys, "doctor", f"--model=openai:{url}#other")
    assert done.code == 4 and f"{kind}: {FAILURE_KINDS[kind]}" in done.out
    assert one_call.FIXES[kind] in done.out
    assert lost.code == 4


def test_nobody_listens(capsys: Capture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = run(capsys, "doctor", f"--model=openai:http://127.0.0.1:{port}/v1#x", "--timeout=5")
    assert done.code == 4 and "refused_connection" in done.out and "start the server" in done.out


def test_an_endpoint_that_never_opens(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(self: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(DemoEndpoint, "open", never)
    done = run(capsys, "doctor", "--model=demo", "--timeout=0.1")
    assert done.code == 4 and "no connection within 0.1 s" in done.out


def test_every_fix_belongs_to_a_kind() -> None:
    assert set(one_call.FIXES) <= set(FAILURE_KINDS)
    unknown = one_call._failed(one_call.CallFailure("blocked_output", "withheld"))
    assert unknown.fix == "look into the server's log"
