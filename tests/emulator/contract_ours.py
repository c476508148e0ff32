"""Our own path to an emulator, as it stands beside those of Google's clients."""

from __future__ import annotations

import asyncio
from typing import Any

from contract_records import Outcome

from llmeval.config import EndpointSettings
from llmeval.endpoints import EndpointOptions, resolve
from llmeval.records import Request


class Ours:
    """Endpoints are opened once, on a loop that is kept."""

    def __init__(self, root: str, labels: dict[str, str] | None = None) -> None:
        self._root = root
        self._labels = labels or {}
        self._runner = asyncio.Runner()
        self._opened: dict[str, Any] = {}

    def __enter__(self) -> Ours:
        return self

    def __exit__(self, *_: object) -> None:
        for endpoint in self._opened.values():
            self._runner.run(endpoint.close())
        self._runner.close()

    def endpoint(self, reference: str, settings: EndpointSettings | None = None) -> Any:
        """Return the endpoint, open."""
        declared = settings or EndpointSettings()
        key = f"{reference} {declared}"
        if key not in self._opened:
            options = EndpointOptions(
                project="p",
                location="us-central1",
                api_endpoint=self._root,
                labels=self._labels,
                endpoints={reference: declared},
            )
            self._opened[key] = resolve(reference, options=options)
            self._runner.run(self._opened[key].open())
        return self._opened[key]

    def ask(
        self,
        reference: str,
        request: Request,
        settings: EndpointSettings | None = None,
        timeout: float = 10.0,
    ) -> Outcome:
        """Ask once."""
        endpoint = self.endpoint(reference, settings)
        outcome: Outcome = self._runner.run(endpoint.send(request, timeout)).outcome
        return outcome
