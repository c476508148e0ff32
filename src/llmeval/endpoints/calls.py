"""One call of a user's function: what it returned or yielded, what it raised, how long it took."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from llmeval.endpoints.dialects.chat import response_of
from llmeval.endpoints.dialects.dialect import MalformedAnswer, settle
from llmeval.endpoints.text import clean, printable
from llmeval.records import Attempt, CallFailure, Response

__all__ = ["Call", "failure_of", "outcome_of"]


class Call:
    """Runs ``function`` once. Set ``abandoned`` to stop a generator at its next piece."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._begun: float | None = None
        self.ttft: float | None = None
        self.abandoned = threading.Event()

    def elapsed(self) -> float:
        """Return seconds since the function began, 0 if it has not."""
        return 0.0 if self._begun is None else time.perf_counter() - self._begun

    def in_thread(self) -> Attempt | Any:
        """Call a blocking function. What can only go on on the loop is returned as it is."""
        self._begun = time.perf_counter()
        try:
            result = self._function()
            if inspect.isawaitable(result) or isinstance(result, AsyncIterator):
                return result
            if isinstance(result, Iterator):
                result = self._joined(result)
            return self._attempt(outcome_of(result))
        except BaseException as error:  # noqa: BLE001 - a user's function may raise anything
            return self._attempt(failure_of(error))

    async def on_loop(self) -> Attempt:
        """Call an async function."""
        self._begun = time.perf_counter()
        try:
            result = self._function()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function
            return self._attempt(failure_of(error))
        return await self.finish(result)

    async def finish(self, result: Any) -> Attempt:
        """Await or drain what the function returned; our own cancellation passes through."""
        task = asyncio.current_task()
        try:
            if inspect.isawaitable(result):
                result = await result
            if isinstance(result, AsyncIterator):
                result = await self._ajoined(result)
            elif isinstance(result, Iterator):
                result = self._joined(result)
            return self._attempt(outcome_of(result))
        except asyncio.CancelledError as error:
            if task is not None and task.cancelling():
                raise
            return self._attempt(failure_of(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function
            return self._attempt(failure_of(error))

    def _joined(self, pieces: Iterator[Any]) -> str:
        text = []
        for piece in pieces:
            if self.abandoned.is_set():
                break
            text.append(self._piece(piece))
        return "".join(text)

    async def _ajoined(self, pieces: AsyncIterator[Any]) -> str:
        try:
            return "".join([self._piece(piece) async for piece in pieces])
        finally:
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()

    def _piece(self, piece: Any) -> str:
        if not isinstance(piece, str):
            raise TypeError(f"the function yielded {type(piece).__name__}; yield strings")
        if piece and self.ttft is None:
            self.ttft = self.elapsed()
        return piece

    def _attempt(self, outcome: Response | CallFailure) -> Attempt:
        return Attempt(outcome, latency=self.elapsed(), ttft=self.ttft)


def outcome_of(result: Any) -> Response | CallFailure:
    """Return what a function's return value means."""
    if isinstance(result, str):
        return settle(result, "stop")
    if isinstance(result, CallFailure):
        return result
    if isinstance(result, Response):
        settled = settle(
            result.text,
            result.finish_reason,
            safety=result.safety,
            usage=result.usage,
            model_version=result.model_version,
            deployed_model=result.deployed_model,
        )
        if isinstance(settled, CallFailure):
            return msgspec.structs.replace(
                settled,
                usage=result.usage,
                safety=result.safety,
                model_version=result.model_version,
                deployed_model=result.deployed_model,
            )
        return msgspec.structs.replace(result, text=clean(result.text))
    if hasattr(result, "model_dump"):
        result = result.model_dump()
    if not isinstance(result, dict):
        return CallFailure(
            "endpoint_error",
            f"the function returned {type(result).__name__}; return a str, a Response or a dict "
            f"in chat/completions shape",
        )
    try:
        return response_of(result)
    except MalformedAnswer as problem:
        return CallFailure("malformed_body", f"the function returned a dict, but {problem}")


def failure_of(error: BaseException, timeout: float | None = None) -> CallFailure:
    """Return what an exception of a user's function means; ``timeout`` is ours, in seconds."""
    if isinstance(error, TimeoutError):
        said = printable(str(error)) or "the function gave up"
        return CallFailure("timeout", f"no answer within {timeout:g} s" if timeout else said)
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - a user's exception may fail to print itself
        said = "(its message cannot be printed)"
    return CallFailure("endpoint_error", printable(f"{type(error).__name__}: {said}") + at)
