"""``{% system %}…{% endsystem %}``, ``{% user %}…`` and ``{% assistant %}…``: messages by role.

A role block hands its text to the rendering in progress and leaves nothing in the output, so no
value can forge a role, and what remains of the output stands outside all roles.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, cast, get_args

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from llmeval.errors import PromptError
from llmeval.records import Message, Role

__all__ = [
    "MAX_CHARACTERS",
    "MAX_STEPS",
    "PlacedError",
    "Rendering",
    "RoleExtension",
    "is_role_block",
    "rendering",
]

MAX_CHARACTERS: Final = 4 * 1024 * 1024
MAX_STEPS: Final = 1_000_000


class PlacedError(PromptError):
    """A ``PromptError`` whose message already begins with the template's file and line."""


class Rendering:
    """One rendering in progress: its messages so far, and what it may still spend."""

    __slots__ = ("characters", "messages", "open", "steps")

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.open: str | None = None
        self.steps = MAX_STEPS
        self.characters = MAX_CHARACTERS

    def spend(self, steps: int) -> None:
        """Count steps: one for a loop's turn, ten for a call or an include.

        Raises ``PromptError`` past ``MAX_STEPS``.
        """
        self.steps -= steps
        if self.steps < 0:
            raise PromptError(
                f"the template takes more than {MAX_STEPS:,} steps; shorten its loops"
            )


rendering: ContextVar[Rendering] = ContextVar("rendering")
"""The rendering that the running thread is in. Templates cannot reach it, whereas a variable of
the template's own would be lost in ``{% include … without context %}`` and in imported macros."""


class RoleExtension(Extension):
    """The role tags of a template."""

    tags = set(get_args(Role))  # noqa: RUF012 - Jinja2 declares it so

    def parse(self, parser: Parser) -> nodes.Node:
        """Return a call block that collects the body as one message."""
        token = next(parser.stream)
        body = parser.parse_statements((f"name:end{token.value}",), drop_needle=True)
        place = f"{parser.filename or parser.name}:{token.lineno}"
        arguments: list[nodes.Expr] = [nodes.Const(token.value), nodes.Const(place)]
        call = self.call_method("collect", arguments, lineno=token.lineno)
        return nodes.CallBlock(call, [], [], body).set_lineno(token.lineno)

    def collect(self, role: str, place: str, caller: Callable[[], str]) -> str:
        """Append the block's message to the rendering; leave nothing in the output."""
        current = rendering.get()
        if current.open is not None:
            raise PlacedError(
                f"{place}: a {role} block inside a {current.open} block; close it first"
            )
        current.open = role
        content = str(caller()).strip()
        current.open = None
        if not content:
            raise PlacedError(f"{place}: the {role} message is empty; fill it or leave it out")
        if role == "system" and any(message.role != "system" for message in current.messages):
            raise PlacedError(f"{place}: a system message after other roles; move it to the top")
        current.characters -= len(content)
        if current.characters < 0:
            raise PlacedError(f"{place}: the prompt exceeds {MAX_CHARACTERS:,} characters")
        current.messages.append(Message(cast(Role, role), content))
        return ""


def is_role_block(node: nodes.Node) -> bool:
    """Whether a node of a template's tree is a role block."""
    if not isinstance(node, nodes.CallBlock):
        return False
    called = node.call.node
    return (
        isinstance(called, nodes.ExtensionAttribute)
        and called.identifier == RoleExtension.identifier
    )
