"""The Jinja2 template of a request's body: what it sees, and what it must not do.

It renders in a sandbox that changes nothing, and what it renders has to be JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmeval.endpoints.text import printable, prompt_text
from llmeval.errors import ConfigError, nearest
from llmeval.records import Message, Request

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["OURS", "RequestTemplate"]

OURS = {
    "n": "ask for repetitions with samples=N instead: each is a sample of its own",
    "messages": "they come from the prompt",
    "stream": "say stream=True in evaluate() instead",
}
"""Settings that would falsify the record -> what to do instead."""

_TGI = {"max_tokens": "max_new_tokens", "max_completion_tokens": "max_new_tokens"}
_VARIABLES = ("prompt", "messages", "system", "settings", "tgi", "stream", "instances")
_BREAKS = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What rendering may raise beside Jinja2's own errors."""

_PROBE = Request(
    (Message("system", "s"), Message("user", 'a "quote", a \\backslash,\na second line'))
)


class RequestTemplate:
    """A template that was tried once. Raises ``ConfigError``, with ``where`` it stands, for one
    that is no Jinja2, knows no such variable, breaks out of the sandbox or renders no JSON.

    ``takes_many`` says whether it looks at ``instances``.
    """

    def __init__(self, source: str, where: str) -> None:
        self._where = where
        self._template, used = self._compiled(source)
        self.takes_many = "instances" in used
        self._try()

    def render(self, requests: Sequence[Request]) -> Any:
        """Return the decoded body that asks ``requests``; the first counts but in ``instances``.

        Raises ``ValueError`` where the template does not render, or renders no JSON.
        """
        from jinja2 import TemplateError

        instances = [_variables(request) for request in requests]
        try:
            text = self._template.render(**instances[0], instances=instances)
        except (TemplateError, *_BREAKS) as error:
            raise ValueError(f"the request template does not render: {_words(error)}") from None
        return _decoded(text)

    def _compiled(self, source: str) -> tuple[Template, set[str]]:
        from jinja2 import StrictUndefined, TemplateError, meta
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        sandbox.policies["json.dumps_kwargs"] = {}  # fields stay in the order they were given
        try:
            used = meta.find_undeclared_variables(sandbox.parse(source)) - sandbox.globals.keys()
            template = sandbox.from_string(source)
        except TemplateError as error:
            raise self._wrong(f"is no Jinja2 template: {error}") from None
        for name in sorted(used - set(_VARIABLES)):
            hint = nearest(name, _VARIABLES) or f" There are {', '.join(_VARIABLES)}."
            raise self._wrong(f"knows no variable {name!r}.{hint}")
        return template, used

    def _try(self) -> None:
        from jinja2 import TemplateError, UndefinedError

        variables = _variables(_PROBE)
        try:
            text = self._template.render(**variables, instances=[variables])
        except UndefinedError:
            return  # it may hang on a setting that real requests have
        except (TemplateError, *_BREAKS) as error:
            raise self._wrong(f"does not render: {_words(error)}") from None
        try:
            _decoded(text)
        except ValueError as error:
            raise self._wrong(f"fails on a prompt with quotes: {error}") from None

    def _wrong(self, problem: str) -> ConfigError:
        return ConfigError(f"{self._where}: 'request' {problem}")


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"the request template renders no JSON: {_words(error)}; text goes in as "
            f"{{{{ prompt | tojson }}}}, without quotes around it"
        ) from None


def _variables(request: Request) -> dict[str, Any]:
    settings = {k: v for k, v in request.settings.items() if k not in OURS and v is not None}
    return {
        "prompt": prompt_text(request.messages),
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "system": "\n\n".join(m.content for m in request.messages if m.role == "system"),
        "settings": settings,
        "tgi": _renamed(settings),
        "stream": request.stream,
    }


def _renamed(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {_TGI.get(name, name): value for name, value in settings.items()}


def _words(error: BaseException) -> str:
    return printable(str(error)) or type(error).__name__
