"""The endpoint under test in free-form tests. A module called ``model`` would hide the fixture."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmeval.ports import CallFailed
from llmeval.records import CallFailure, Message, Request, Response
from llmeval.run import Called

if TYPE_CHECKING:
    from llmeval.plugin.session import Evaluating

__all__ = ["AskedModel"]


class AskedModel:
    """One endpoint, asked under the run's limits and budget. Its calls are no samples: what is
    asked here enters no gate."""

    def __init__(self, evaluating: Evaluating, ref: str) -> None:
        self._evaluating = evaluating
        self.ref = ref

    def ask(self, prompt: str | Sequence[Message], **settings: Any) -> Response:
        """Return the answer; raises ``CallFailed``."""
        return _answer(self._begin(prompt, settings).result())

    async def aask(self, prompt: str | Sequence[Message], **settings: Any) -> Response:
        """Return the answer; raises ``CallFailed``."""
        return _answer(await asyncio.wrap_future(self._begin(prompt, settings)))

    def _begin(self, prompt: str | Sequence[Message], settings: dict[str, Any]) -> Any:
        config = self._evaluating.config
        messages = (Message("user", prompt),) if isinstance(prompt, str) else tuple(prompt)
        request = Request(messages, {**config.settings, **settings}, seed=config.seed)
        return self._evaluating.engine.ask(self.ref, request)


def _answer(called: Called) -> Response:
    if isinstance(called.outcome, CallFailure):
        raise CallFailed(called.outcome)
    return called.outcome
