"""Running the emulator: until interrupted, or for the length of a test."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import shlex
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from llmeval.emulator.app import create_app
from llmeval.emulator.background import background
from llmeval.emulator.faults import Faults
from llmeval.emulator.models import endpoints_for
from llmeval.emulator.vertex import VertexOptions
from llmeval.errors import ConfigError, EndpointDown
from llmeval.ports import Endpoint

__all__ = ["running_emulator", "running_server", "serve"]

LOOPBACK = "127.0.0.1"
_SECONDS_BETWEEN_LOOKS = 1.0


def serve(
    models: Sequence[str] = ("demo",),
    *,
    faults: Faults | None = None,
    seed: int = 0,
    host: str = LOOPBACK,
    port: int = 0,
    say: Callable[[str], Any] = print,
    vertex: VertexOptions | None = None,
    exit_with_parent: bool = False,
    grpc_port: int | None = None,
) -> None:
    """Serve ``models`` until SIGINT or SIGTERM; ``say`` gets the URLs and the pytest lines.

    Only loopback can reach it unless ``host`` says otherwise; port 0 is any free one. With
    ``grpc_port`` Vertex's surface is served over gRPC too. With ``exit_with_parent`` the server
    also ends when standard input does or the parent process is gone, and ``say`` gets one line of
    JSON instead: ``{"url": "http://127.0.0.1:N", "port": N}``, and ``"grpc_port"`` if there is one.
    Raises ``ConfigError`` if an address cannot be had, ``ModelReferenceError`` for a model,
    ``MissingExtra`` for gRPC without Google's client.
    """
    parent = os.getppid() if exit_with_parent else None
    app = create_app(endpoints_for(models, seed), faults, seed, vertex=vertex)

    def announce(root: str, bound: int, grpc_bound: int | None) -> None:
        if exit_with_parent:
            ports = {"port": bound} | ({} if grpc_bound is None else {"grpc_port": grpc_bound})
            say(json.dumps({"url": root, **ports}))
            return
        _say_lines(models, root, host, say)
        if grpc_bound is not None:
            say(f"Vertex AI over gRPC at {_grpc_address(root, grpc_bound)}")

    asyncio.run(_until_told(app, host, port, announce, parent, grpc_port))


@contextlib.contextmanager
def running_server(
    models: Sequence[str] = ("demo",),
    *,
    faults: Faults | None = None,
    seed: int = 0,
    endpoints: Mapping[str, Endpoint] | None = None,
    host: str = LOOPBACK,
    port: int = 0,
    vertex: VertexOptions | None = None,
) -> Iterator[str]:
    """Serve in a thread of this process; give the OpenAI base URL (``http://127.0.0.1:PORT/v1``).

    ``endpoints`` by name replace ``models``. Leaving the context stops the server.
    """
    with running_emulator(
        models,
        faults=faults,
        seed=seed,
        endpoints=endpoints,
        host=host,
        port=port,
        vertex=vertex,
    ) as root:
        yield f"{root}/v1"


@contextlib.contextmanager
def running_emulator(
    models: Sequence[str] = ("demo",),
    *,
    faults: Faults | None = None,
    seed: int = 0,
    endpoints: Mapping[str, Endpoint] | None = None,
    host: str = LOOPBACK,
    port: int = 0,
    vertex: VertexOptions | None = None,
) -> Iterator[str]:
    """Serve as ``running_server`` does; give the root (``http://127.0.0.1:PORT``), which is what
    Vertex clients take as their API endpoint."""
    behind = endpoints_for(models, seed) if endpoints is None else endpoints
    app = create_app(behind, faults, seed, vertex=vertex)
    with background("llmeval-emulator") as loop:
        runner, bound = loop.run(_start(app, host, port))
        try:
            yield f"http://{_in_url(host)}:{bound}"
        finally:
            loop.run(runner.cleanup())


async def _start(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Listen; return the runner and the port that was bound."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=1024).start()
    except OSError as error:
        await runner.cleanup()
        taken = error.errno == errno.EADDRINUSE
        what = "is taken; choose another, or 0 for any free one" if taken else str(error.strerror)
        raise ConfigError(f"cannot listen at {host} port {port}: {what}") from None
    if not runner.addresses:
        raise EndpointDown(f"the server at {host} did not start")
    return runner, int(runner.addresses[0][1])


async def _until_told(
    app: web.Application,
    host: str,
    port: int,
    announce: Callable[[str, int, int | None], Any],
    parent: int | None,
    grpc_port: int | None,
) -> None:
    """Serve until a signal, or until process ``parent`` is no longer the parent of this one."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        runner, bound = await _start(app, host, port)
        stack.push_async_callback(runner.cleanup)
        root = f"http://{LOOPBACK if host in ('0.0.0.0', '::') else _in_url(host)}:{bound}"
        grpc_bound = await _start_grpc(stack, root, host, grpc_port)
        announce(root, bound, grpc_bound)
        if parent is None:
            await stop.wait()
        else:
            _end_with_input(loop, stop)
            await _until_orphaned(stop, parent)


async def _start_grpc(
    stack: contextlib.AsyncExitStack, root: str, host: str, port: int | None
) -> int | None:
    """Listen for gRPC until ``stack`` ends, if it was asked for; return the port."""
    if port is None:
        return None
    from llmeval.emulator.vertex_grpc import listening

    return await stack.enter_async_context(listening(root, host=_in_url(host), port=port))


def _end_with_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set ``stop`` when standard input ends: it does when the process at its other end dies."""

    def drain() -> None:
        # Not sys.stdin: a thread that holds its lock would abort the interpreter's shutdown.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=drain, name="llmeval-emulator-input", daemon=True).start()


async def _until_orphaned(stop: asyncio.Event, parent: int) -> None:
    """Wait for ``stop``, or until another process than ``parent`` is the parent of this one."""
    while not stop.is_set() and os.getppid() == parent:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _SECONDS_BETWEEN_LOOKS)


def _say_lines(models: Sequence[str], root: str, host: str, say: Callable[[str], Any]) -> None:
    reach = "" if host == LOOPBACK else f" (listening at {host}: others may reach it)"
    say(f"Serving {', '.join(models)} at {root}/v1{reach}; stop with Ctrl-C")
    for model in models:
        reference = f"openai:{root}/v1#{model}"
        quoted = shlex.quote(reference) if re.search(r"[?&*;\s]", reference) else reference
        say(f"  pytest --model={quoted}")
    say(f"Vertex AI at {root}, counters at {root}/control")
    where = f"--project=demo --location=us-central1 --api-endpoint={root}"
    for name in ("1002", "gemini-2.5-flash"):
        say(f"  pytest --model={name} {where}")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _grpc_address(root: str, port: int) -> str:
    return f"{root.removeprefix('http://').rpartition(':')[0]}:{port}"
