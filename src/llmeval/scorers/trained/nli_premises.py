"""A context as premises that fit a classifier: windows over all of it, and single sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from llmeval.scorers.evidence import Evidence, shared_content
from llmeval.scorers.facts import facts_of
from llmeval.scorers.text import Span

__all__ = ["Lengths", "fitting", "nearest_first", "windows"]

Lengths = Callable[[Sequence[str]], list[int]]
"""How many tokens each of several texts has."""

_SENTENCES: Final = 6
_WINDOWS: Final = 8


def fitting(text: str, spans: Sequence[Span], most: int, lengths: Lengths) -> dict[Span, int]:
    """Return spans of at most ``most`` tokens, each with its tokens; longer ones are halved at a
    space near their middle until they fit."""
    fit: dict[Span, int] = {}
    rest = list(spans)
    while rest:
        counted = lengths([text[start:end] for start, end in rest])
        longer = []
        for span, tokens in zip(rest, counted, strict=True):
            if tokens <= most or span[1] - span[0] < 2:
                fit[span] = tokens
            else:
                longer += _halved(text, span)
        rest = longer
    return dict(sorted(fit.items()))


def _halved(text: str, span: Span) -> list[Span]:
    start, end = span
    middle = (start + end) // 2
    space = text.rfind(" ", start + 1, middle + 1)
    cut = space if space > start + (end - start) // 4 else middle
    return [(start, cut), (cut, end)]


def windows(pieces: dict[Span, int], most: int) -> list[Span]:
    """Return stretches of consecutive pieces of at most ``most`` tokens together, each beginning in
    the middle of the one before, so that no two neighbours are only ever apart."""
    spans, tokens = list(pieces), list(pieces.values())
    found: list[Span] = []
    first = 0
    while first < len(spans):
        last, total = first, tokens[first]
        while last + 1 < len(spans) and total + tokens[last + 1] <= most:
            last += 1
            total += tokens[last]
        # One that ends where the one before it does holds nothing that is not in that.
        if not found or spans[last][1] > found[-1][1]:
            found.append((spans[first][0], spans[last][1]))
        if last + 1 == len(spans):
            break
        first = max(first + 1, (first + last + 1) // 2)
    return found


def nearest_first(
    claim: str, evidence: Evidence, pieces: Sequence[Span], around: Sequence[Span]
) -> Iterator[Span]:
    """Yield the premises for a claim: windows first, then single sentences, each kind in order of
    how much content it shares with the claim; at most eight and six."""
    shared = shared_content(facts_of(claim, evidence.language), evidence)
    yield from _best(around, evidence, shared, _WINDOWS)
    yield from _best(pieces, evidence, shared, _SENTENCES)


def _best(
    spans: Sequence[Span], evidence: Evidence, shared: Counter[int], most: int
) -> Sequence[Span]:
    if len(spans) <= most:
        return spans
    weights = [0] * len(spans)
    for at, count in shared.items():
        start, end = evidence.spans[at]
        for i in _overlapping(spans, start, end):
            weights[i] += count
    return [spans[i] for i in sorted(range(len(spans)), key=lambda i: (-weights[i], i))[:most]]


def _overlapping(spans: Sequence[Span], start: int, end: int) -> Iterator[int]:
    from bisect import bisect_left

    # Both ends of the spans rise with their place.
    at = bisect_left(spans, start, key=lambda span: span[1] - 1)
    while at < len(spans) and spans[at][0] < end:
        yield at
        at += 1
