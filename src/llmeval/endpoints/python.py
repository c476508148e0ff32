"""``python:package.module:function``: a user's own function as an endpoint.

The function takes ``messages`` (a list of ``{"role", "content"}``) or a prompt (a string): the
name or the annotation of its first parameter decides. Settings go to ``**settings`` or to
parameters of the same name. It returns a string, a ``Response`` or a dict in chat/completions
shape, or yields strings; it may be async.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmeval.endpoints.calls import Call, failure_of
from llmeval.endpoints.references import EndpointOptions, redact
from llmeval.endpoints.text import prompt_text
from llmeval.endpoints.threads import DaemonThreads
from llmeval.errors import ModelReferenceError, nearest
from llmeval.records import Attempt, EndpointIdentity, Request

__all__ = ["PythonEndpoint", "python_endpoint"]

_LIST_LIKE = ("list", "List", "Sequence", "tuple", "Iterable")


class PythonEndpoint:
    """An ``Endpoint`` (see ``ports``) around a callable. Never cached: code has no version."""

    def __init__(self, reference: str, function: Callable[..., Any], concurrency: int) -> None:
        self._function = function
        self._concurrency = concurrency
        self._parameters = _parameters(reference, function)
        self._asynchronous = is_asynchronous(function)
        self._threads: DaemonThreads | None = None
        self._identity = EndpointIdentity(
            ref=reference, kind="python", name=reference.removeprefix("python:"), cacheable=False
        )

    @property
    def identity(self) -> EndpointIdentity:
        """Who answers."""
        return self._identity

    async def open(self) -> None:
        """Get ready to run blocking functions."""
        self._threads = self._threads or DaemonThreads(self._concurrency)

    async def close(self) -> None:
        """Let the threads go. Safe to call twice."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.close()

    async def send(self, request: Request, timeout: float) -> Attempt:  # noqa: ASYNC109 - the port
        """Call the function once: see ``ports.Endpoint.send``."""
        if self._threads is None:
            raise RuntimeError("send() outside of open() and close()")
        call = Call(lambda: self._function(self._input(request), **self._settings(request)))
        try:
            async with asyncio.timeout(timeout):
                if self._asynchronous:
                    return await call.on_loop()
                attempt = await self._threads.run(call.in_thread)
                return attempt if isinstance(attempt, Attempt) else await call.finish(attempt)
        except TimeoutError as error:
            call.abandoned.set()
            return Attempt(failure_of(error, timeout), latency=call.elapsed(), ttft=call.ttft)

    def _input(self, request: Request) -> str | list[dict[str, str]]:
        if wants_messages(self._parameters[0]):
            return [{"role": m.role, "content": m.content} for m in request.messages]
        return prompt_text(request.messages)

    def _settings(self, request: Request) -> dict[str, Any]:
        if any(p.kind is p.VAR_KEYWORD for p in self._parameters):
            return dict(request.settings)
        named = {p.name for p in self._parameters[1:] if p.kind is not p.POSITIONAL_ONLY}
        return {key: value for key, value in request.settings.items() if key in named}


def python_endpoint(reference: str, options: EndpointOptions) -> PythonEndpoint:
    """Import the function that ``reference`` names; the working directory is importable.

    Raises ``ModelReferenceError`` with the import's own error, or the nearest name.
    """
    module_name, _, path = reference.removeprefix("python:").partition(":")
    if not module_name or not path or not all(part.isidentifier() for part in path.split(".")):
        raise ModelReferenceError(
            f"model reference {redact(reference)!r}: the form is python:PACKAGE.MODULE:FUNCTION"
        )
    found: Any = _import(reference, module_name)
    for part in path.split("."):
        if not hasattr(found, part):
            known = [name for name in dir(found) if not name.startswith("_")]
            raise ModelReferenceError(
                f"{reference}: {module_name} has no {part!r}.{nearest(part, known)}"
            )
        found = getattr(found, part)
    if isinstance(found, type) or not callable(found):
        what = "a class" if isinstance(found, type) else f"a {type(found).__name__}"
        raise ModelReferenceError(
            f"{reference}: {path} is {what}, not a function; name a function, or an object that "
            f"can be called"
        )
    return PythonEndpoint(reference, found, options.concurrency)


def wants_messages(parameter: inspect.Parameter) -> bool:
    """Tell whether a function takes messages: by its first parameter's name, else annotation."""
    if parameter.name == "messages":
        return True
    note = parameter.annotation
    text = note if isinstance(note, str) else getattr(note, "__name__", str(note))
    return text.split("[")[0].rpartition(".")[2] in _LIST_LIKE


def is_asynchronous(function: Callable[..., Any]) -> bool:
    """Tell whether calling ``function`` gives a coroutine or an async generator."""
    candidates = (function, type(function).__call__)
    return any(map(inspect.iscoroutinefunction, candidates)) or any(
        map(inspect.isasyncgenfunction, candidates)
    )


def _import(reference: str, module: str) -> object:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        at = "" if "importlib" in last.filename else f" ({Path(last.filename).name}:{last.lineno})"
        raise ModelReferenceError(
            f"{reference}: importing {module} failed: {type(error).__name__}: {error}{at}. "
            f"Modules are looked for in the working directory and the installed packages"
        ) from error


def _parameters(reference: str, function: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters. Raises ``ModelReferenceError`` unless one argument is enough."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some C functions tell no signature
        return [inspect.Parameter("prompt", inspect.Parameter.POSITIONAL_ONLY)]
    positional = [p for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [p.name for p in parameters[1:] if p.default is p.empty and p.kind not in free]
    if not positional or needed:
        raise ModelReferenceError(
            f"{reference}: the function must be callable as f(prompt) or f(messages), with "
            f"**settings if it likes; it takes ({', '.join(map(str, parameters))})"
        )
    return parameters
