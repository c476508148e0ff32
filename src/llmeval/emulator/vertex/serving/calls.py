"""What every prediction has in common: it is counted, limited, spoilt by faults, and paced."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from llmeval.emulator.answers import (
    Events,
    Pace,
    break_connection,
    json_answer,
    send_stream,
    send_whole,
)
from llmeval.emulator.emulation import PATIENCE, Emulation
from llmeval.emulator.faults import ALL_KINDS
from llmeval.emulator.vertex.errors import GoogleError, Refused, invalid
from llmeval.emulator.vertex.kinds import Fault, Where, forced, refusal
from llmeval.emulator.vertex.quotas import quota_of_endpoint, quota_of_project, unavailable
from llmeval.emulator.vertex.serving.targets import Target
from llmeval.emulator.vertex.telling import Told, tell
from llmeval.records import Request

__all__ = ["Call", "Calls", "Send", "refused_answer", "role_name"]

_FRONT_END = (
    "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error {code} ({name})!!1"
    "</title>\n  <p><b>{code}.</b> <ins>That’s an error.</ins>\n  <p>{said}  "
    "<ins>That’s all we know.</ins>\n"
)
_PAGES = {
    "html_404": (404, "Not Found", "The requested URL was not found on this server."),
    "html_502": (502, "Server Error", "The server encountered a temporary error. Try again."),
    "garbage": (200, "OK", "The server encountered an error and could not complete the request."),
}


@dataclass(slots=True)
class Call:
    """One prediction call as it came in.

    ``body`` is JSON that has not been decoded; ``wrapped`` says that it came in an ``HttpBody``, as
    GAPIC clients put it, and that the answer is to go back in one.
    """

    http: web.Request
    number: int
    started: float
    where: Where
    body: bytes = b""
    wrapped: bool = False
    fault: Fault | None = None
    outcome: str = "answered"

    @property
    def kind(self) -> str | None:
        """The name of the fault, if there is one."""
        return None if self.fault is None else self.fault.kind

    async def read(self) -> None:
        """Read the body, and take it out of its ``HttpBody``. Raises ``GoogleError`` (400)."""
        self.body = await self.http.read()
        if b'"httpBody"' not in self.body[:64]:
            return
        match self.json():
            case {"httpBody": wrapped}:
                self.body, self.wrapped = _unwrapped(wrapped), True

    def json(self) -> Any:
        """Return the decoded body. Raises ``GoogleError`` (400)."""
        try:
            return msgspec.json.decode(self.body)
        except (ValueError, RecursionError) as error:
            problem = f"Invalid JSON payload received. {error}"
            raise invalid(problem) from None


@dataclass(frozen=True, slots=True)
class Send:
    """An answer that is ready to go out: a body, or events with an ``error`` that may end them."""

    pace: Pace
    body: bytes = b""
    events: Events | None = None
    error: bytes = b""
    headers: dict[str, str] | None = None


class Calls:
    """Serves calls over an emulation."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation

    async def serve(
        self,
        http: web.Request,
        resource: str,
        work: Callable[[Call], Awaitable[Send]],
        *,
        as_list: bool = False,
    ) -> web.StreamResponse:
        """Answer one call to ``resource`` by ``work``; with ``as_list`` errors come as a list."""
        counts = self._emulation.counts
        counts.endpoints[resource.partition("/locations/")[2] or resource] += 1
        where = Where(http.match_info["project"], http.match_info["location"], resource)
        with counts.call() as counted:
            call = Call(http, counted.number, time.perf_counter(), where)
            try:
                answer = await self._early(call)
                if answer is None:
                    answer = await self._late(call, work)
            except Refused as error:
                counted.outcome = error.outcome
                return refused_answer(error, as_list=as_list or call.kind == "error_list")
            counted.outcome = call.kind or call.outcome
            return answer

    async def ask(
        self, call: Call, target: Target, requests: Sequence[Request], *, streamed: bool = False
    ) -> tuple[list[Told], Pace]:
        """Ask ``target``; return what each request is told, and the pace.

        Raises ``Refused`` where its quota is used up, or the model itself failed.
        """
        self._limit(target.resource)
        delay = self._emulation.faults.delay
        asking = [self._emulation.ask(role_name(target.role), request) for request in requests]
        attempts = [await asking[0]] if len(asking) == 1 else await asyncio.gather(*asking)
        slowest = max(attempts, key=lambda attempt: attempt.latency)
        pace = Pace(call.started + delay, slowest.ttft, slowest.latency)
        try:
            told = [
                tell(request, attempt.outcome, call.fault, streamed=streamed)
                for request, attempt in zip(requests, attempts, strict=True)
            ]
        except Refused:
            await pace.end()
            raise
        call.outcome = told[0].outcome
        return told, pace

    def _limit(self, resource: str) -> None:
        """Take from the endpoint's own quota. Raises ``GoogleError`` (429)."""
        faults = self._emulation.faults
        wait = self._emulation.over_quota(faults.endpoint_requests_per_second, resource)
        if wait is not None:
            error = quota_of_endpoint(resource, faults.retry_after)
            error.outcome = "over_endpoint_quota"
            raise error

    async def _early(self, call: Call) -> web.StreamResponse | None:
        """Read the body, and answer where the model need not be asked."""
        faults = self._emulation.faults
        await call.read()
        wait = self._emulation.over_quota(faults.requests_per_second, call.where.project)
        if wait is not None:
            raise _over_quota(call.where, wait, faults.retry_after)
        call.fault = forced(call.body) or self._drawn(call.number)
        if faults.delay:
            await asyncio.sleep(faults.delay)
        if call.fault is None:
            return None
        kind = call.fault.kind
        if kind in _PAGES:
            return _page(kind)
        if kind == "hang":
            await asyncio.sleep(PATIENCE)
        if kind in ("reset", "hang"):
            return break_connection(call.http)
        error = refusal(kind, call.where, faults.retry_after)
        if error is not None:
            raise error
        return None

    def _drawn(self, number: int) -> Fault | None:
        kind = self._emulation.fault(number, ALL_KINDS)
        return None if kind is None else Fault(kind)

    async def _late(
        self, call: Call, work: Callable[[Call], Awaitable[Send]]
    ) -> web.StreamResponse:
        """Let ``work`` answer, and send what it says."""
        send = await work(call)
        if send.events is not None:
            return await send_stream(
                call.http,
                send.events,
                send.pace,
                call.kind,
                headers=send.headers,
                error=send.error,
            )
        await send.pace.end()
        if call.kind == "error_midstream":
            error = unavailable(self._emulation.faults.retry_after)
            error.outcome = "error_midstream"
            raise error
        return await send_whole(call.http, send.body, call.kind, send.headers)


def role_name(role: str) -> str:
    """Return the name by which an emulation knows the model that plays ``role``."""
    return f"vertex:{role}"


def refused_answer(error: Refused, *, as_list: bool = False) -> web.Response:
    """Return the answer that ``error`` is."""
    return json_answer(error.code, error.body(as_list=as_list), error.headers)


def _unwrapped(wrapped: object) -> bytes:
    """Return what an ``HttpBody`` holds. Raises ``GoogleError`` (400)."""
    match wrapped:
        case {"data": str(data)}:
            with contextlib.suppress(ValueError):
                return base64.b64decode(data, validate=True)
    raise invalid("Invalid value at 'http_body.data': no base64", "http_body.data")


def _over_quota(where: Where, wait: float, retry_after: float | None) -> GoogleError:
    base = where.resource.rpartition("/")[2]
    seconds = wait if retry_after is None else retry_after
    error = quota_of_project(
        where.project, where.location, base, seconds, told=retry_after is not None
    )
    error.outcome = "over_quota"
    return error


def _page(kind: str) -> web.Response:
    code, name, said = _PAGES[kind]
    text = _FRONT_END.format(code=code, name=name, said=said)
    return web.Response(status=code, text=text, content_type="text/html")
