"""``vertex-emulator``: an emulated Vertex AI in a process of its own, for as long as it is open.

A process of its own, so that its work does not sit in the timings that are taken here.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec

from llmeval.endpoints.references import EndpointOptions
from llmeval.endpoints.text import printable
from llmeval.endpoints.vertex.endpoint import VertexEndpoint
from llmeval.endpoints.vertex.references import (
    EMULATED_MODEL,
    EMULATOR,
    is_vertex,
    parse_vertex,
)
from llmeval.errors import EndpointDown, ModelReferenceError
from llmeval.records import Attempt, EndpointIdentity, Request

if TYPE_CHECKING:
    from llmeval.endpoints.vertex.batching import VertexBatch

__all__ = ["EmulatedEndpoint", "emulated_endpoint"]

_PROJECT = "emulated"
_START_SECONDS = 30.0
_OPTIONS = ("delay", "models", "behind", "canary")
"""Of the emulator's options those that a reference may give; all else is the name of a fault."""


class EmulatedEndpoint:
    """An ``Endpoint`` (see ``ports``) that brings its own server."""

    def __init__(
        self, reference: str, inner: str, arguments: list[str], options: EndpointOptions
    ) -> None:
        self._reference = reference
        self._inner_reference = parse_vertex(inner)
        self._arguments = arguments
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._inner: VertexEndpoint | None = None
        self._identity = EndpointIdentity(
            ref=reference,
            kind="vertex",
            name=self._inner_reference.name,
            simulated=True,
            cacheable=False,
        )

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers: always simulated, never cached."""
        return self._identity

    async def open(self) -> None:
        """Start the server and look the endpoint up there. Raises ``EndpointDown``."""
        if self._inner is not None:
            return
        try:
            port = await self._start()
            self._inner = VertexEndpoint(
                self._inner_reference,
                replace(
                    self._options,
                    api_endpoint=f"http://127.0.0.1:{port}",
                    project=self._options.project or _PROJECT,
                ),
            )
            await self._inner.open()
        except BaseException:
            await self.close()
            raise
        found = self._inner.identity
        details = {k: v for k, v in found.details.items() if k != "api_endpoint"}
        self._identity = msgspec.structs.replace(
            found, ref=self._reference, simulated=True, cacheable=False, details=details
        )

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Ask once: see ``ports.Endpoint.send``."""
        if self._inner is None:
            raise RuntimeError("send() outside of open() and close()")
        return await self._inner.send(request, timeout)

    def batch(self) -> VertexBatch:
        """See ``VertexEndpoint.batch``."""
        if self._inner is None:
            raise RuntimeError("batch() outside of open() and close()")
        return self._inner.batch()

    async def close(self) -> None:
        """Close all connections and end the server. Safe to call twice."""
        inner, self._inner = self._inner, None
        if inner is not None:
            await inner.close()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> int:
        # A file, not a pipe that nobody reads: a full one would bring the server to a halt.
        with tempfile.TemporaryFile() as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "llmeval.emulator", "--exit-with-parent", *self._arguments,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=errors,
            )  # fmt: skip
            line = await self._first_line(self._process)
            try:
                return int(msgspec.json.decode(line)["port"])
            except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
                errors.seek(0)
                said = printable((line + errors.read()).decode("utf-8", "replace"), limit=500)
        raise EndpointDown(f"{self._reference}: the emulator did not start: {said}")

    async def _first_line(self, process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            async with asyncio.timeout(_START_SECONDS):
                return await process.stdout.readline()
        except TimeoutError:
            raise EndpointDown(
                f"{self._reference}: the emulator did not start in {_START_SECONDS:g} s"
            ) from None


def emulated_endpoint(reference: str, options: EndpointOptions) -> EmulatedEndpoint:
    """Return the endpoint of ``vertex-emulator[?FAULTS][#REFERENCE]``, not yet open.

    ``FAULTS`` are those of ``llmeval serve`` (``quota_429=0.1``), beside ``delay`` (seconds) and
    the models ``behind`` and ``canary``; the reference is any within the emulated world, by default
    a Gemini model. Raises ``ModelReferenceError``.
    """
    head, _, inner = reference.removeprefix(EMULATOR).partition("#")
    inner = inner.strip() or EMULATED_MODEL
    if not is_vertex(inner) or inner.startswith(EMULATOR):
        raise ModelReferenceError(
            f"model reference {reference!r}: after '#' stands a reference to Vertex AI, such as "
            f"{EMULATOR}#1002 or {EMULATOR}#gemini-2.5-flash"
        )
    given = parse_qsl(head.removeprefix("?"), keep_blank_values=True)
    arguments = [f"--seed={options.seed}"]
    arguments += [f"--{name}={value}" for name, value in given if name in _OPTIONS]
    faults = ",".join(f"{name}={value}" for name, value in given if name not in _OPTIONS)
    if faults:
        arguments.append(f"--faults={faults}")
    return EmulatedEndpoint(reference, inner, arguments, _declared(reference, inner, options))


def _declared(reference: str, inner: str, options: EndpointOptions) -> EndpointOptions:
    """Let what ``[tool.llmeval.endpoints]`` says of the reference as it was given, with its faults
    or without, hold for the one within."""
    asked = inner.partition("?")[0]
    names = [reference, f"{EMULATOR}#{asked}", *([EMULATOR] if asked == EMULATED_MODEL else [])]
    for name in names:
        if name in options.endpoints:
            known = {**options.endpoints, inner: options.endpoints[name]}
            return replace(options, endpoints=known)
    return options
