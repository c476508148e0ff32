"""``python:`` endpoints: every kind of function, every way to go wrong."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from llmeval.endpoints import EndpointOptions, resolve
from llmeval.endpoints.python import PythonEndpoint
from llmeval.endpoints.text import prompt_text
from llmeval.errors import ModelReferenceError
from llmeval.records import Attempt, CallFailure, Message, Request, Response, Usage

ASK = (Message("system", "be brief"), Message("user", "hi"))


def call(function: Any, timeout: float = 2.0, times: int = 1, **settings: Any) -> list[Attempt]:
    async def run() -> list[Attempt]:
        endpoint = PythonEndpoint("python:m:f", function, 4)
        await endpoint.open()
        request = Request(ASK, settings)
        try:
            return await asyncio.gather(*(endpoint.send(request, timeout) for _ in range(times)))
        finally:
            await endpoint.close()
            await endpoint.close()

    return asyncio.run(run())


def text(function: Any, **settings: Any) -> str:
    (attempt,) = call(function, **settings)
    assert isinstance(attempt.outcome, Response), attempt
    return attempt.outcome.text


def failure(function: Any, **more: Any) -> CallFailure:
    (attempt,) = call(function, **more)
    assert isinstance(attempt.outcome, CallFailure), attempt
    return attempt.outcome


def says_prompt(prompt: str) -> str:
    return repr(prompt)


def says_messages(messages):  # type: ignore[no-untyped-def]
    return repr(messages)


def says_annotated(turns: list[dict[str, str]]) -> str:
    return repr(turns)


async def says_async(prompt: str, **settings: Any) -> str:
    await asyncio.sleep(0)
    return f"{prompt!r} {settings}"


class Callable_:
    async def __call__(self, prompt: str) -> str:
        return prompt.upper()


def as_list() -> str:
    return repr([{"role": m.role, "content": m.content} for m in ASK])


def test_what_the_function_is_given() -> None:
    assert text(says_prompt) == repr("be brief\n\nhi")
    assert text(says_messages) == as_list()
    assert text(says_annotated) == as_list()
    assert text(says_async, top_p=1) == repr("be brief\n\nhi") + " {'top_p': 1}"
    assert text(Callable_()) == "BE BRIEF\n\nHI"
    assert text(partial(lambda prompt, tone: tone, tone="mild")) == "mild"
    assert text(lambda p: says_async(p)).startswith("'be brief")
    assert text(str.upper) == "BE BRIEF\n\nHI"


def test_settings_go_where_they_are_named() -> None:
    def warm(prompt: str, temperature: float = 0.0) -> str:
        return str(temperature)

    assert text(warm, temperature=0.7, top_p=1) == "0.7"
    assert text(warm) == "0.0"


def test_a_dialogue_as_one_prompt() -> None:
    turns = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    assert prompt_text(turns) == "User: a\n\nAssistant: b\n\nUser: c"


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ("yes", Response("yes")),
        ("a\ud800", Response("a\ufffd")),
        (Response("x\ud800", usage=Usage(1, 2)), Response("x\ufffd", usage=Usage(1, 2))),
        ({"choices": [{"message": {"content": "d"}, "finish_reason": "stop"}]}, Response("d")),
        (CallFailure("quota", "later"), CallFailure("quota", "later")),
    ],
)
def test_what_it_may_return(result: Any, outcome: Any) -> None:
    assert call(lambda prompt: result)[0].outcome == outcome


def test_a_client_librarys_object_may_be_returned() -> None:
    class Completion:
        def model_dump(self) -> dict[str, Any]:
            return {"choices": [{"message": {"content": "d"}, "finish_reason": "length"}]}

    assert call(lambda prompt: Completion())[0].outcome == Response("d", "length")


@pytest.mark.parametrize(
    ("result", "kind"),
    [("", "empty"), (Response(""), "empty"), (None, "endpoint_error"), (3, "endpoint_error"),
     ({}, "malformed_body"), (iter([1]), "endpoint_error")],
)  # fmt: skip
def test_what_it_may_not_return(result: Any, kind: str) -> None:
    assert failure(lambda prompt: result).kind == kind


def test_an_empty_response_still_tells_who_gave_it_and_what_it_cost() -> None:
    rated = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]
    empty = Response("", usage=Usage(9, 0), safety=rated, model_version="v", deployed_model="8")
    found = failure(lambda prompt: empty)
    assert (found.kind, found.usage, found.safety) == ("empty", Usage(9, 0), rated)
    assert (found.model_version, found.deployed_model) == ("v", "8")


@pytest.mark.parametrize("sync", [True, False])
def test_generators_stream(sync: bool) -> None:
    def pieces(prompt: str):  # type: ignore[no-untyped-def]
        yield ""
        time.sleep(0.1)
        yield "a"
        time.sleep(0.1)
        yield "b"

    async def apieces(prompt: str):  # type: ignore[no-untyped-def]
        yield ""
        await asyncio.sleep(0.1)
        yield "a"
        await asyncio.sleep(0.1)
        yield "b"

    (attempt,) = call(pieces if sync else apieces)
    assert attempt.outcome == Response("ab")
    assert attempt.ttft == pytest.approx(0.1, abs=0.06)
    assert attempt.latency == pytest.approx(0.2, abs=0.08)


def test_an_async_function_may_return_a_generator() -> None:
    async def answer(prompt: str) -> Any:
        return iter(["a", "b"])

    assert text(answer) == "ab"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (ValueError("boom\x1b[31m"), "endpoint_error", "ValueError: boom"),
        (SystemExit(3), "endpoint_error", "SystemExit: 3"),
        (StopIteration(), "endpoint_error", "StopIteration"),
        (asyncio.CancelledError(), "endpoint_error", "CancelledError"),
        (RecursionError("deep"), "endpoint_error", "RecursionError"),
        (Unprintable(), "endpoint_error", "cannot be printed"),
        (TimeoutError("slow"), "timeout", "slow"),
        (TimeoutError(), "timeout", "gave up"),
    ],
)
def test_what_it_raises_is_an_outcome(error: BaseException, kind: str, said: str) -> None:
    def raises(prompt: str) -> str:
        raise error

    async def araises(prompt: str) -> str:
        raise error

    for function in (raises, araises):
        if isinstance(error, StopIteration) and function is araises:
            continue
        got = failure(function)
        assert got.kind == kind
        assert said in got.message
        assert got.message.isprintable()
        assert kind == "timeout" or "test_endpoint_python.py:" in got.message


def test_a_failure_before_anything_is_awaited() -> None:
    def eager(prompt: str) -> str:
        raise ZeroDivisionError

    got = failure(inspect.markcoroutinefunction(eager))
    assert "ZeroDivisionError" in got.message


def test_the_deadline_holds_for_all() -> None:
    go_on = threading.Event()
    after: list[str] = []

    def hangs(prompt: str) -> str:
        go_on.wait(5)
        return "late"

    def drips(prompt: str):  # type: ignore[no-untyped-def]
        yield "a"
        go_on.wait(5)
        yield "b"
        after.append("went on")
        yield "c"

    async def ahangs(prompt: str) -> str:
        await asyncio.sleep(5)
        return "late"

    for function in (hangs, drips, ahangs):
        (attempt,) = call(function, timeout=0.1)
        assert isinstance(attempt.outcome, CallFailure)
        assert attempt.outcome == CallFailure("timeout", "no answer within 0.1 s")
        assert attempt.latency == pytest.approx(0.1, abs=0.08)
    go_on.set()
    time.sleep(0.05)
    assert len(after) <= 1


def test_blocking_functions_run_side_by_side_up_to_the_limit() -> None:
    at_work, most, lock = 0, 0, threading.Lock()

    def works(prompt: str) -> str:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.05)
        with lock:
            at_work -= 1
        return "done"

    attempts = call(works, times=12)
    assert all(a.outcome == Response("done") for a in attempts)
    assert most == 4
    assert max(a.latency for a in attempts) < 0.12, "queueing is not charged"


def test_threads_end_with_the_endpoint() -> None:
    call(says_prompt, times=4)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and any(
        t.name == "llmeval-call" for t in threading.enumerate()
    ):
        time.sleep(0.01)
    assert all(t.name != "llmeval-call" for t in threading.enumerate())


def test_a_hanging_function_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    (tmp_path / "stuck.py").write_text("import time\ndef ask(prompt):\n    time.sleep(60)\n")
    code = (
        "import asyncio\n"
        "from llmeval.endpoints import EndpointOptions, resolve\n"
        "from llmeval.records import Message, Request\n"
        "async def main():\n"
        "    e = resolve('python:stuck:ask', options=EndpointOptions())\n"
        "    await e.open()\n"
        "    print((await e.send(Request((Message('user', 'x'),)), 0.1)).outcome.kind)\n"
        "    await e.close()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=20,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "timeout"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    return tmp_path


def test_a_module_in_the_working_directory(here: Path) -> None:
    (here / "my_llm_module.py").write_text(
        "class Model:\n    def ask(self, prompt): return 'x'\nmodel = Model()\nN = 3\n"
        "def need(a, b): ...\ndef none(): ...\ndef only(*, prompt): ...\n"
    )
    endpoint = resolve("python:my_llm_module:model.ask", options=EndpointOptions())
    assert endpoint.identity.ref == "python:my_llm_module:model.ask"
    assert not endpoint.identity.cacheable
    for path, said in {
        "modle": "Did you mean 'model'?",
        "model.aks": "Did you mean 'ask'?",
        "N": "is a int, not a function",
        "Model": "is a class",
        "need": "it takes (a, b)",
        "none": "f(prompt)",
        "only": "f(prompt)",
    }.items():
        with pytest.raises(ModelReferenceError) as caught:
            resolve(f"python:my_llm_module:{path}", options=EndpointOptions())
        assert said in str(caught.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_thing", "No module named 'no_such_thing' (my_broken.py:1)"),
        ("x = 1\n1 / 0", "ZeroDivisionError: division by zero (my_broken.py:2)"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("def (", "SyntaxError"),
    ],
)
def test_an_import_that_fails_says_why(here: Path, source: str, said: str) -> None:
    (here / "my_broken.py").write_text(source)
    with pytest.raises(ModelReferenceError) as caught:
        resolve("python:my_broken:f", options=EndpointOptions())
    assert said in str(caught.value)
    sys.modules.pop("my_broken", None)


@pytest.mark.parametrize("name", ["", "m", "m:", ":f", "m:1", "..m:f", "m f:g"])
def test_malformed_references(name: str) -> None:
    with pytest.raises(ModelReferenceError):
        resolve(f"python:{name}", options=EndpointOptions())


def test_a_missing_module(here: Path) -> None:
    with pytest.raises(ModelReferenceError, match="working directory"):
        resolve("python:no_such_module_here:f", options=EndpointOptions())


def test_sending_without_opening_is_a_defect() -> None:
    with pytest.raises(RuntimeError):
        asyncio.run(PythonEndpoint("python:m:f", says_prompt, 1).send(Request(ASK), 1))
