"""Which request a line of a batch's output answers. Pure functions.

A job writes its lines in an order of its own, and gives back each request as it understood it: keys
in another order, ``null`` where nothing was said, ``0`` for ``0.0``. So requests are compared in a
canonical form, and where the settings came back changed, by their contents alone.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

from llmeval.endpoints.text import decode_json, printable
from llmeval.errors import InfrastructureError
from llmeval.store.codec import content_hash

__all__ = ["canonical", "line_error", "pair"]

_KEY = re.compile(r"_([a-z0-9])")
_ECHO = ("request", "instance")
_UNKNOWN = "UNKNOWN"


def pair(
    bodies: Iterable[Any], lines: Iterable[dict[str, Any]]
) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield (index of a body, the line that answers it), and at the end (index, ``None``) for every
    body that no line answers.

    Each line answers one body: equal bodies are interchangeable. A line whose settings came back
    changed, and whose contents several different bodies share, waits until all others are paired.
    Raises ``InfrastructureError`` for a line that answers no body that is left.
    """
    open_bodies = _Open(bodies)
    waiting: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(lines, 1):
        index = open_bodies.take(_echo(line, number))
        if index is None:
            waiting.append((number, line))
        else:
            yield index, line
    for number, line in waiting:
        index = open_bodies.take_alike(_echo(line, number))
        if index is None:
            raise _answers_nothing(number, line)
        yield index, line
    for index in open_bodies.left():
        yield index, None


def line_error(line: dict[str, Any]) -> dict[str, Any] | None:
    """Return the error that a line of output holds, or ``None`` where it holds an answer.

    The error is ``{"code", "message", "status"}`` as far as the service says. Its code is an HTTP
    status in a Gemini model's line, a ``google.rpc.Code`` in a custom model's.
    """
    own = line.get("error")
    if isinstance(own, dict):
        return own
    status = line.get("status")
    if not isinstance(status, str) or not status.strip():
        return None
    _, _, body = status.partition(": ")
    try:
        told = decode_json(body.encode("utf-8", "replace"))
    except ValueError:
        told = None
    error = told.get("error") if isinstance(told, dict) else None
    if isinstance(error, dict):
        return error
    return {"message": printable(status, limit=1000), "status": _UNKNOWN}


def canonical(value: Any, key: str = "") -> Any:
    """Return a request without what the service adds, leaves out or writes in another way."""
    if isinstance(value, dict):
        items = ((_camel(str(k)), v) for k, v in value.items())
        kept = {k: canonical(v, k) for k, v in items}
        if key == "systemInstruction":
            kept.pop("role", None)
        return {k: v for k, v in kept.items() if v is not None and v not in ("", [], {})}
    if isinstance(value, list):
        return [_turn(canonical(v), key) for v in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _turn(value: Any, key: str) -> Any:
    """A turn without a role is the user's."""
    if key == "contents" and isinstance(value, dict):
        return {"role": "user", **value}
    return value


class _Open:
    """The bodies that have no answer yet, by their canonical form and by their contents."""

    def __init__(self, bodies: Iterable[Any]) -> None:
        self._known: set[str] = set()
        self._exact: defaultdict[str, deque[int]] = defaultdict(deque)
        self._alike: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for index, body in enumerate(bodies):
            exact, alike = _hashes(body)
            self._known.add(exact)
            self._exact[exact].append(index)
            self._alike[alike][exact] = None

    def take(self, echo: Any) -> int | None:
        """Return the next body that equals ``echo``, or the only kind whose contents do."""
        exact, alike = _hashes(echo)
        if exact in self._known:
            return self._next(exact)
        kinds = list(self._alike.get(alike, ()))
        return self._next(kinds[0]) if len(kinds) == 1 else None

    def take_alike(self, echo: Any) -> int | None:
        """Return the next body whose contents are those of ``echo``."""
        exact, alike = _hashes(echo)
        kinds = [] if exact in self._known else list(self._alike.get(alike, ()))
        return next((i for kind in kinds if (i := self._next(kind)) is not None), None)

    def left(self) -> list[int]:
        """Return the bodies that nothing answered, in order."""
        return sorted(index for waiting in self._exact.values() for index in waiting)

    def _next(self, exact: str) -> int | None:
        waiting = self._exact[exact]
        return waiting.popleft() if waiting else None


def _hashes(body: Any) -> tuple[str, str]:
    """Return the hash of a body, and that of its contents (of all of it, where it has none)."""
    plain = canonical(body)
    if not isinstance(plain, dict) or "contents" not in plain:
        return content_hash(plain), content_hash(plain)
    said = {"contents": plain["contents"], "systemInstruction": plain.get("systemInstruction")}
    return content_hash(plain), content_hash(said)


def _echo(line: dict[str, Any], number: int) -> Any:
    for key in _ECHO:
        if key in line:
            return line[key]
    shown = printable(json.dumps(line), limit=200)
    raise InfrastructureError(
        f"line {number} of the batch's output holds no request that it answers: {shown}"
    )


def _answers_nothing(number: int, line: dict[str, Any]) -> InfrastructureError:
    shown = printable(json.dumps(_echo(line, number)), limit=200)
    return InfrastructureError(
        f"line {number} of the batch's output answers no request of this run that is left: {shown}."
        f" Is it the output of another job? Submit the batch again"
    )


def _camel(key: str) -> str:
    return _KEY.sub(lambda found: found[1].upper(), key)
