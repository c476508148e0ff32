"""What a run cost, and on which prices that rests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llmeval.records import ModelPrice, Summary
from llmeval.report.text import one_line

__all__ = ["cost_note", "price_line", "price_note"]

_NAME = 120


def cost_note(summary: Summary) -> str:
    """Return on which prices a run's cost rests, or why it is not known; empty where an older
    llmeval recorded no prices."""
    refs = [model.ref for model in summary.models]
    note = price_note(refs, summary.prices)
    if summary.cost_usd is not None:
        return note if summary.prices else ""
    if all(ref in summary.prices for ref in refs):
        return f"not every call reported its token usage; {note}"
    return note


def price_note(refs: Sequence[str], prices: Mapping[str, ModelPrice]) -> str:
    """Return the price of each model that has one, and name those that have none."""
    known = [(ref, prices[ref]) for ref in refs if ref in prices]
    lines = [
        price_line(price) if len(refs) == 1 else f"{one_line(ref, _NAME)}: {price_line(price)}"
        for ref, price in known
    ]
    unknown = [one_line(ref, _NAME) for ref in refs if ref not in prices]
    lines += [f"no price for {', '.join(unknown)}"] if unknown else []
    return "; ".join(lines)


def price_line(found: ModelPrice) -> str:
    """Return a price with its origin and date, as in ``$0.30 in, $2.50 out for a million tokens,
    prices as of 2026-10-14 (shipped table)``."""
    price = found.price
    rates = f"${_figure(price.input)} in, ${_figure(price.output)} out for a million tokens"
    if price.long_from is not None:
        more_in = price.input if price.input_long is None else price.input_long
        more_out = price.output if price.output_long is None else price.output_long
        above = f"above {price.long_from:,} prompt tokens"
        rates += f" (${_figure(more_in)} and ${_figure(more_out)} {above})"
    origin = "prices as of {} (shipped table)" if found.source == "shipped" else "own prices"
    note = f", {found.note}" if found.note else ""
    return f"{rates}, {origin.format(found.as_of)}{note}"


def _figure(dollars: float) -> str:
    return f"{dollars:.2f}" if round(dollars, 2) == dollars else f"{dollars:.6g}"
