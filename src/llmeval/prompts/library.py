"""Prompts by name: loading, rendering, and checking a template against its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import Template, TemplateNotFound

from llmeval.errors import PromptError, nearest
from llmeval.prompts.closure import Closure, closure_of
from llmeval.prompts.roles import PlacedError, Rendering, rendering
from llmeval.prompts.sandbox import MissingVariable, PromptEnvironment
from llmeval.prompts.sources import Roots
from llmeval.records import Case, Message

__all__ = ["Prompt", "PromptLibrary"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template that is known to compile. Rendering is safe from several threads at once.

    ``hash`` is the SHA-256 over its source and the sources of all that it draws in, by name;
    ``variables`` are those it, or what it draws in, may ask of the inputs.
    """

    name: str
    hash: str
    variables: frozenset[str]
    _template: Template = field(repr=False, compare=False)
    _closure: Closure = field(repr=False, compare=False)

    def render(self, inputs: Mapping[str, Any]) -> tuple[Message, ...]:
        """Return the messages for one case's inputs: at least one, each with text.

        A template without role blocks is one user message. Raises ``PromptError`` with the
        template's file and line.
        """
        current = Rendering()
        token = rendering.set(current)
        template = self._template
        try:
            context = template.new_context(dict(inputs))
            text = template.environment.concat(template.root_render_func(context))
            return self._messages(current, text)
        except Exception as error:
            raise _located(error, self, inputs) from error
        finally:
            rendering.reset(token)

    def check(self, cases: Sequence[Case], source: str) -> None:
        """Render each case once; raise one ``PromptError`` that lists up to five problems.

        ``source`` is where the cases come from, for the message.
        """
        problems: list[str] = []
        for case in cases:
            try:
                self.render(case.inputs)
            except PromptError as error:
                problems.append(f"case {case.id!r}: {error}")
                if len(problems) == _SHOWN:
                    break
        if problems:
            first = f"; the first {_SHOWN} problems" if len(problems) == _SHOWN else ""
            heading = f"prompt {self.name!r} does not fit the cases of {source}{first}:"
            raise PromptError("\n  ".join([heading, *problems]))

    def _messages(self, current: Rendering, text: str) -> tuple[Message, ...]:
        text = text.strip()
        if text and self._closure.has_roles:
            raise PlacedError(
                f"{self._place_of(text)}: text outside of the role blocks: {text[:40]!r}; "
                f"put it into {{% user %}} … {{% enduser %}}"
            )
        messages = (Message("user", text),) if text else tuple(current.messages)
        if not messages:
            raise PlacedError(f"{self._template.filename}: the template renders no message at all")
        for message in messages:
            _check_characters(message)
        return messages

    def _place_of(self, text: str) -> str:
        """Return where the text that was left over comes from, as exactly as can be known."""
        outside = self._closure.outside
        written = [each.place for each in outside if each.text.strip() and each.text in text]
        computed = [each.place for each in outside if not each.text]
        return next(iter(written + computed), str(self._template.filename))


class PromptLibrary:
    """The templates under some folders; a name is looked up in the first folder first."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = Roots(roots)
        self._environment = PromptEnvironment(self._roots)

    def load(self, name: str) -> Prompt:
        """Return a template by its path below a root, such as ``rag/answer.j2``.

        Raises ``PromptError`` if it, or what it draws in, is missing or does not compile.
        """
        closure = closure_of(name, self._environment, self._roots)
        template = self._environment.get_template(name)
        return Prompt(name, closure.hash, closure.variables, template, closure)

    def source(self, name: str) -> str:
        """Return the text of a template that was loaded."""
        return self._roots.read(name)[0]


def _check_characters(message: Message) -> None:
    if not message.content.isascii():
        try:
            message.content.encode()
        except UnicodeEncodeError:
            raise PromptError(
                f"the {message.role} message holds a lone surrogate, which is no character"
            ) from None


def _located(error: Exception, prompt: Prompt, inputs: Mapping[str, Any]) -> PromptError:
    """Return the error with the template's file and line, and what to do."""
    place = _place(error.__traceback__) or str(prompt._template.filename)
    if isinstance(error, MissingVariable):
        held = ", ".join(sorted(map(str, inputs))) or "nothing"
        return PromptError(
            f"{place}: variable {error.variable!r} is missing; the inputs hold {held:.200}."
            f"{nearest(error.variable, map(str, inputs))}"
        )
    if isinstance(error, PlacedError):
        return PromptError(str(error))
    if isinstance(error, TemplateNotFound):
        return PromptError(f"{place}: there is no template {error.message!r}")
    if isinstance(error, RecursionError):
        return PromptError(f"{place}: the template calls itself without end")
    return PromptError(f"{place}: {error or type(error).__name__}")


def _place(trace: TracebackType | None) -> str | None:
    """Return ``file:line`` of the innermost template in a traceback."""
    place = None
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            place = f"{template.filename}:{template.get_corresponding_lineno(trace.tb_lineno)}"
        trace = trace.tb_next
    return place
