"""A scheduler for xdist that deals every item out beforehand; see ``workers``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]

from llmeval.plugin.workers import worker_number

__all__ = ["DealtScheduling"]


class DealtScheduling(LoadScheduling):  # type: ignore[misc]
    """Each worker gets its whole share at once. Where a worker dies, xdist's ordinary scheduling
    gives what is left to its replacement, whose engine asks for each sample as it is taken."""

    def __init__(self, config: Any, log: Any, shares: Callable[[], list[list[int]]]) -> None:
        super().__init__(config, log)
        self._read_shares = shares
        self.collection: list[str] | None
        self.maxschedchunk: int | None

    def schedule(self) -> None:
        """Deal, once every worker has collected the same items."""
        if self.collection is not None or not self._check_nodes_have_same_collection():
            super().schedule()
            return
        shares = self._read_shares()
        self.collection = self.node2collection[self.nodes[0]]
        # What xdist's own first round would set; it reads this where a worker is replaced.
        self.maxschedchunk = self.maxschedchunk or len(self.collection)
        for node in self.nodes:
            share = shares[worker_number(node.gateway.id)]
            self.node2pending[node].extend(share)
            if share:
                node.send_runtest_some(share)
            node.shutdown()
