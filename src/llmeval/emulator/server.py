"""Running the emulator: until interrupted, or for the length of a test."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import re
import shlex
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from llmeval.emulator.app import create_app
from llmeval.emulator.faults import Faults
from llmeval.emulator.models import endpoints_for
from llmeval.errors import ConfigError, EndpointDown
from llmeval.ports import Endpoint

__all__ = ["running_server", "serve"]

LOOPBACK = "127.0.0.1"
_START_SECONDS = 30.0


def serve(
    models: Sequence[str] = ("demo",),
    *,
    faults: Faults | None = None,
    seed: int = 0,
    host: str = LOOPBACK,
    port: int = 0,
    say: Callable[[str], Any] = print,
) -> None:
    """Serve ``models`` until SIGINT or SIGTERM; ``say`` gets the URL and the pytest line.

    Only loopback can reach it unless ``host`` says otherwise; port 0 is any free one.
    Raises ``ConfigError`` if the address cannot be had, ``ModelReferenceError`` for a model.
    """
    app = create_app(endpoints_for(models, seed), faults, seed)
    asyncio.run(_until_signalled(app, models, host, port, say))


@contextlib.contextmanager
def running_server(
    models: Sequence[str] = ("demo",),
    *,
    faults: Faults | None = None,
    seed: int = 0,
    endpoints: Mapping[str, Endpoint] | None = None,
    host: str = LOOPBACK,
    port: int = 0,
) -> Iterator[str]:
    """Serve in a thread of this process; give the base URL (``http://127.0.0.1:PORT/v1``).

    ``endpoints`` by name replace ``models``. Leaving the context stops the server.
    """
    app = create_app(endpoints_for(models, seed) if endpoints is None else endpoints, faults, seed)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="llmeval-emulator", daemon=True)
    thread.start()
    try:
        starting = asyncio.run_coroutine_threadsafe(_start(app, host, port), loop)
        runner, bound = starting.result(_START_SECONDS)
        try:
            yield f"http://{_in_url(host)}:{bound}/v1"
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(_START_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_START_SECONDS)
        loop.close()


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


async def _until_signalled(
    app: web.Application, models: Sequence[str], host: str, port: int, say: Callable[[str], Any]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    runner, bound = await _start(app, host, port)
    try:
        reach = "" if host == LOOPBACK else f" (listening at {host}: others may reach it)"
        url = f"http://{LOOPBACK if host in ('0.0.0.0', '::') else _in_url(host)}:{bound}/v1"
        say(f"Serving {', '.join(models)} at {url}{reach}; stop with Ctrl-C")
        for model in models:
            reference = f"openai:{url}#{model}"
            quoted = shlex.quote(reference) if re.search(r"[?&*;\s]", reference) else reference
            say(f"  pytest --model={quoted}")
        await stop.wait()
    finally:
        await runner.cleanup()


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
