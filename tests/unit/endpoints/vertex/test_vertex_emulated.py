"""``vertex-emulator``: a server of one's own, from its start to its end."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from llmeval.config import EndpointSettings
from llmeval.endpoints import EndpointOptions, resolve
from llmeval.endpoints.vertex.emulated import EmulatedEndpoint
from llmeval.errors import EndpointDown, LlmevalError
from llmeval.records import Attempt, CallFailure, Message, Request, Response

ASK = Request((Message("user", "What is the capital of France?"),))


def emulated(reference: str, **options: Any) -> EmulatedEndpoint:
    found = resolve(reference, options=EndpointOptions(**options))
    assert isinstance(found, EmulatedEndpoint)
    return found


def asked(reference: str, *requests: Request, **options: Any) -> tuple[EmulatedEndpoint, Any]:
    """Return the endpoint and its attempts, or the error that kept it from opening."""

    async def whole() -> tuple[EmulatedEndpoint, Any]:
        endpoint = emulated(reference, **options)
        found: Any
        try:
            await endpoint.open()
            await endpoint.open()
            found = [await endpoint.send(request, 10.0) for request in requests or (ASK,)]
            assert endpoint._process is not None
            pid = endpoint._process.pid
            await endpoint.close()
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
        except LlmevalError as error:
            found = error
            assert endpoint._process is None
        await endpoint.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return endpoint, found

    return asyncio.run(whole())


def test_a_gemini_model_is_served_by_default() -> None:
    stream = Request(ASK.messages, stream=True)
    endpoint, attempts = asked("vertex-emulator", ASK, stream)
    for attempt in attempts:
        assert isinstance(attempt.outcome, Response), attempt
        assert attempt.outcome.model_version
        assert attempt.outcome.usage.input_tokens
    assert attempts[1].ttft is not None
    identity = endpoint.identity
    assert (identity.ref, identity.simulated, identity.cacheable) == (
        "vertex-emulator",
        True,
        False,
    )
    assert identity.name == "gemini-2.5-flash"
    assert "api_endpoint" not in identity.details, "its port is another one each time"


def test_an_endpoint_of_the_emulated_world() -> None:
    endpoint, attempts = asked("vertex-emulator?delay=0.2#1002?location=europe-west4")
    assert isinstance(attempts[0].outcome, Response)
    assert attempts[0].latency >= 0.2
    assert endpoint.identity.details["format"] == "chat"
    assert endpoint.identity.details["location"] == "europe-west4"
    assert attempts[0].outcome.deployed_model


def test_faults_are_named_in_the_reference() -> None:
    _, attempts = asked("vertex-emulator?blocked_output=1&behind=fixed")
    outcome = attempts[0].outcome
    assert isinstance(outcome, CallFailure)
    assert outcome.kind == "blocked_output"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("vertex-emulator?delay=0#1005?location=us-central1", "vertex-emulator#1005"),
        ("vertex-emulator?delay=0#1005", "vertex-emulator?delay=0#1005"),
        ("vertex-emulator#1005", "1005"),
        ("vertex-emulator#1005", "custom"),
        ("vertex-emulator?delay=0", "vertex-emulator"),
        ("vertex-emulator", "gemini-2.5-flash"),
    ],
)
def test_what_is_declared_holds_for_the_reference_as_it_was_given(
    reference: str, name: str
) -> None:
    declared = EndpointSettings(settings={"max_tokens": 3})
    endpoint, attempts = asked(reference, endpoints={name: declared})
    assert endpoint.identity.details["declared"]["settings"] == {"max_tokens": 3}
    assert isinstance(attempts[0].outcome, Response)


def test_what_is_declared_for_the_emulated_gemini_is_not_for_other_endpoints() -> None:
    declared = EndpointSettings(settings={"max_tokens": 3})
    endpoint, _ = asked("vertex-emulator#1002", endpoints={"vertex-emulator": declared})
    assert "declared" not in endpoint.identity.details


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("vertex-emulator?qota_429=0.1", "qota_429"),
        ("vertex-emulator?delay=soon", "delay"),
        ("vertex-emulator?behind=nothing-known", "nothing-known"),
        ("vertex-emulator#9999", "9999"),
    ],
)
def test_a_server_that_does_not_start_says_why(reference: str, said: str) -> None:
    _, error = asked(reference)
    assert isinstance(error, LlmevalError), error
    assert said in str(error)
    assert str(error).isprintable() or "\n" in str(error)


def test_a_server_that_dies_is_a_matter_of_the_call() -> None:
    async def whole() -> Attempt:
        endpoint = emulated("vertex-emulator")
        await endpoint.open()
        assert endpoint._process is not None
        endpoint._process.kill()
        await endpoint._process.wait()
        attempt = await endpoint.send(ASK, 5.0)
        await endpoint.close()
        return attempt

    outcome = asyncio.run(whole()).outcome
    assert isinstance(outcome, CallFailure)
    assert outcome.kind in ("refused_connection", "reset")


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from llmeval.endpoints.vertex import emulated as module

    monkeypatch.setattr(module, "_START_SECONDS", 0.01)
    _, error = asked("vertex-emulator")
    assert isinstance(error, EndpointDown)
    assert "did not start in 0.01 s" in str(error)


def test_asking_without_opening_is_a_defect() -> None:
    endpoint = emulated("vertex-emulator#1002")
    assert endpoint.identity.simulated
    for ask in (lambda: asyncio.run(endpoint.send(ASK, 1.0)), endpoint.batch):
        with pytest.raises(RuntimeError):
            ask()
    asyncio.run(endpoint.close())
