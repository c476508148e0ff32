"""A judge that says what a script says, and the templates that ship."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from llmeval.prompts import JudgeLibrary
from llmeval.records import (
    CallFailure,
    Case,
    EndpointIdentity,
    Message,
    NotScored,
    Response,
    Sample,
    Score,
)

LIBRARY = JudgeLibrary([])
Reply = Response | CallFailure | str


class Scripted:
    """Answers the n-th question to it (from 0) with ``script(messages, n)``."""

    def __init__(self, script: Callable[[Sequence[Message], int], Reply], ref: str = "j") -> None:
        self.identity = EndpointIdentity(ref, "fake", ref)
        self.script = script
        self.asked: list[tuple[str, int, dict[str, Any]]] = []

    async def ask(
        self, messages: Sequence[Message], *, repetition: int = 0, **settings: Any
    ) -> Response | CallFailure:
        number = len(self.asked)
        self.asked.append((messages[-1].content, repetition, settings))
        await asyncio.sleep(0)
        said = self.script(messages, number)
        return Response(said) if isinstance(said, str) else said


def says(label: str, ref: str = "j") -> Scripted:
    return Scripted(lambda messages, number: verdict(label), ref)


def in_turn(*replies: Reply) -> Scripted:
    return Scripted(lambda messages, number: replies[min(number, len(replies) - 1)])


def verdict(label: str) -> str:
    return json.dumps({"reasoning": f"because {label}", "label": label})


def sample(text: str = "an answer", expected: Any = None, **inputs: Any) -> Sample:
    asked = (Message("system", "Be brief."), Message("user", "Who?"))
    return Sample(Case("c", inputs, expected), asked, Response(text))


def found(scorer: Any, given: Sample, *judges: Scripted) -> Score | NotScored:
    prepared = scorer.with_template(LIBRARY.load)
    return asyncio.run(prepared.judge(given, judges))
