"""A random part of a stream, in memory that does not grow with the stream."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable

from llmeval.cases.published.published import Found

__all__ = ["sampled"]


def sampled(rows: Iterable[Found], limit: int, seed: int) -> list[Found]:
    """Return at most ``limit`` rows, in the stream's order: whole units, drawn at random.

    Units are ranked by a hash of seed and name; the highest are taken, down to the first that does
    not fit. So the draw does not depend on the order of the rows, and a greater limit
    takes the same rows and more (bottom-k sampling: Cohen and Kaplan 2007).
    """
    kept: dict[str, list[tuple[int, Found]]] = {}
    last: list[tuple[bytes, str]] = []
    size, bound = 0, None
    for place, row in enumerate(rows):
        rank = _rank(seed, row.unit)
        if bound is not None and rank <= bound:
            continue
        if row.unit not in kept:
            kept[row.unit] = []
            heapq.heappush(last, (rank, row.unit))
        kept[row.unit].append((place, row))
        size += 1
        while size > limit:
            bound, dropped = heapq.heappop(last)
            size -= len(kept.pop(dropped))
    return [row for _, row in sorted((pair for unit in kept.values() for pair in unit), key=_place)]


def _rank(seed: int, unit: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{unit}".encode("utf-8", "surrogatepass")).digest()


def _place(pair: tuple[int, Found]) -> int:
    return pair[0]
