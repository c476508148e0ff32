"""One call to an endpoint, and what its failure means in plain words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from llmeval.cli.checkups import Finding
from llmeval.cli.options import api_key
from llmeval.errors import LlmevalError
from llmeval.records import FAILURE_KINDS, CallFailure, Message, Request

if TYPE_CHECKING:
    from llmeval.endpoints import EndpointOptions
    from llmeval.ports import Endpoint
    from llmeval.records import Attempt

__all__ = ["FIXES", "ask_once"]

FIXES: Final = {
    "unauthorized": "set LLMEVAL_API_KEY (or OPENAI_API_KEY) to a key that is valid there",
    "forbidden": "the key is known but may not use this model: ask its owner for the permission",
    "not_found": "check the path of the URL (it often ends in /v1) and the model's name after #",
    "dns": "check the host's spelling, and whether this machine needs a VPN or proxy",
    "refused_connection": "start the server, or correct host and port",
    "tls": "check http against https, and whether the certificate is valid for this host",
    "timeout": "the server took too long: is it loading the model? Try a longer --timeout",
    "quota": "wait or raise the quota; a run itself waits as Retry-After says",
    "reset": "the connection broke: look into the server's log",
    "stream_cut": "the answer broke off: look into the server's log",
    "server_error": "the server itself fails: look into its log",
    "malformed_body": "what answers is not chat/completions: check the path (often /v1)",
    "bad_request": "the server rejects the request: its message says why",
    "empty": "the model said nothing: try another prompt or more max_tokens",
    "endpoint_error": "the function raised: run it by itself to see where",
}
"""Kind of failure -> what to do."""

_ASK: Final = "Answer with one word: ready."


def ask_once(reference: str, options: EndpointOptions, timeout: float) -> Finding:
    """Resolve a reference, make one call within ``timeout`` seconds, and say what came of it."""
    from llmeval.endpoints import resolve

    name = "endpoint"
    try:
        endpoint = resolve(reference, options=options)
        attempt = asyncio.run(_asked(endpoint, timeout))
    except LlmevalError as error:
        return Finding(name, "problem", str(error), "correct --model or start what it names")
    except TimeoutError:
        return _failed(CallFailure("timeout", f"no connection within {timeout:g} s"))
    if isinstance(attempt.outcome, CallFailure):
        return _failed(attempt.outcome)
    said = " ".join(attempt.outcome.text.split())[:60]
    text = f"{endpoint.identity.name} answered in {attempt.latency:.2f} s: {said!r}"
    return Finding(name, "ok", text)


async def _asked(endpoint: Endpoint, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port's own
    try:
        async with asyncio.timeout(timeout):
            await endpoint.open()
        request = Request((Message("user", _ASK),), {"max_tokens": 16})
        return await endpoint.send(request, timeout)
    finally:
        await endpoint.close()


def _failed(failure: CallFailure) -> Finding:
    meaning = FAILURE_KINDS.get(failure.kind, failure.kind)
    fix = FIXES.get(failure.kind, "look into the server's log")
    if failure.kind == "unauthorized" and api_key() is not None:
        fix = "the key in the environment is not accepted: is it expired, or another service's?"
    return Finding("endpoint", "problem", f"{failure.kind}: {meaning} ({failure.message})", fix)
