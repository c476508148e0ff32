"""One real call to an endpoint on Vertex AI, and who answered: models, format, time, price."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmeval.cli.checkups import Finding, problem_of
from llmeval.endpoints.vertex.accounts import ANYBODY, Account
from llmeval.endpoints.vertex.advice import advice
from llmeval.endpoints.vertex.diagnosis import DECLARE, fix_for, place_of
from llmeval.errors import LlmevalError
from llmeval.records import FAILURE_KINDS, CallFailure, Message, Request, Response

if TYPE_CHECKING:
    from llmeval.ports import Endpoint
    from llmeval.records import Attempt, EndpointIdentity, Price

__all__ = ["ASK", "Answered", "answer", "deployed", "price"]

ASK: Final = "Answer with one word: ready."

_MOST_TOKENS: Final = 512
"""What is asked for at most: models that think need more than the word takes."""

_MISUNDERSTOOD: Final = frozenset({"bad_request", "malformed_body", "empty", "server_error"})
"""How a call may fail that speaks another format than the container."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found, the call last but one; ``failure`` is how the call ended, if it failed."""

    findings: list[Finding]
    failure: CallFailure | None = None


async def answer(
    endpoint: Endpoint,
    prices: Mapping[str, Price],
    timeout: float,  # noqa: ASYNC109 - seconds that opening and the call may take, each
    account: Account = ANYBODY,
    root: str = "",
) -> Answered:
    """Open an endpoint, ask once, and close it. ``account`` is who calls, ``root`` the address."""
    try:
        async with asyncio.timeout(timeout):
            await endpoint.open()
        request = Request((Message("user", ASK),), {"max_tokens": _MOST_TOKENS})
        attempt = await endpoint.send(request, timeout)
    except LlmevalError as error:
        return Answered([problem_of("deployment", error)])
    except TimeoutError:
        text = f"it could not be looked up within {timeout:g} s"
        return Answered([Finding("deployment", "problem", text, "try a longer --timeout")])
    finally:
        await endpoint.close()
    identity, outcome = endpoint.identity, attempt.outcome
    found = [*deployed(identity), _format(identity, getattr(endpoint, "target", None), outcome)]
    if isinstance(outcome, CallFailure):
        return Answered([*found, _failed(outcome, identity, account, root)], outcome)
    return Answered([*found, _answered(attempt, outcome), price(identity, outcome, prices)])


def deployed(identity: EndpointIdentity) -> list[Finding]:
    """Say what serves at an endpoint: a line for each deployed model, none for a publisher's."""
    name = "deployed model"
    lines = []
    if identity.simulated:
        lines.append(Finding("emulator", "note", "what answers is no real model"))
    for each in identity.details.get("deployed_models", ()):
        version = f" version {each['version']}" if each.get("version") else ""
        container = f", container {each['container']}" if each.get("container") else ""
        share = f", {each['traffic']} % of the traffic" if each.get("traffic") is not None else ""
        called = each.get("display_name") or each.get("model") or "unnamed"
        lines.append(Finding(name, "ok", f"{each['id']}: {called}{version}{share}{container}"))
    return lines


def price(identity: EndpointIdentity, outcome: Response, prices: Mapping[str, Price]) -> Finding:
    """Say what the call cost, and on which price that rests."""
    from llmeval.prices import model_price
    from llmeval.run.budget import cost_of

    known = model_price(identity, prices)
    if known is None:
        text = "unknown: costs are unknown, and --budget is refused"
        if not identity.details.get("publisher") and not identity.details.get("base_model"):
            text = "unknown: machines of your own are billed by the hour, not by token"
        fix = f'[tool.llmeval.prices] "{identity.name}" = {{input = …, output = …}}'
        return Finding("price", "note", text, fix)
    cost = cost_of(outcome.usage, known.price)
    source = f"list price of {known.as_of}" if known.source == "shipped" else "your own table"
    this = f"; this call: {cost:.6f}" if cost is not None else ""
    text = f"{known.price.input:g} in, {known.price.output:g} out, in US dollars for a million "
    return Finding("price", "ok", f"{text}tokens ({source}){this}")


def _format(identity: EndpointIdentity, target: Any, outcome: Response | CallFailure) -> Finding:
    """Say how it is asked and why so. A guess is only in question where the call fails."""
    name, kind = "request format", identity.details.get("format")
    models = identity.details.get("deployed_models", ())
    guessed = False
    if (identity.details.get("declared") or {}).get("format"):
        why = "as declared in [tool.llmeval.endpoints]"
    elif identity.details.get("publisher"):
        why = f"that of {identity.details['publisher']}'s models"
    elif kind == "predict":
        why, guessed = "a guess: no container that llmeval knows serves it", True
    else:
        known = any(each.get("container") for each in models)
        why = "by the container" if known else "as for tuned Gemini: it has no container"
    text = f"{kind}, {why}" + (f": {target.url.with_user(None)}" if target is not None else "")
    if guessed and isinstance(outcome, CallFailure) and outcome.kind in _MISUNDERSTOOD:
        return Finding(name, "note", text, DECLARE)
    return Finding(name, "ok", text)


def _answered(attempt: Attempt, outcome: Response) -> Finding:
    said = " ".join(outcome.text.split())[:60]
    usage = outcome.usage
    tokens = ", tokens not reported"
    if usage.input_tokens is not None or usage.output_tokens is not None:
        tokens = f", {_shown(usage.input_tokens)} tokens in, {_shown(usage.output_tokens)} out"
        tokens += f" after {usage.thinking_tokens} of thinking" if usage.thinking_tokens else ""
    who = [f"deployed model {outcome.deployed_model}"] if outcome.deployed_model else []
    who += [outcome.model_version] if outcome.model_version else []
    by = f", by {', '.join(who)}" if who else ""
    return Finding("answer", "ok", f"in {attempt.latency:.2f} s: {said!r}{tokens}{by}")


def _failed(
    outcome: CallFailure, identity: EndpointIdentity, account: Account, root: str
) -> Finding:
    place = place_of(identity)
    said = outcome.message.removesuffix(f". {advice(outcome, place, root, account)}")
    text = f"{outcome.kind}: {FAILURE_KINDS.get(outcome.kind, outcome.kind)} ({said})"
    return Finding("answer", "problem", text, fix_for(outcome, place, root, account))


def _shown(count: int | None) -> str:
    return "?" if count is None else str(count)
