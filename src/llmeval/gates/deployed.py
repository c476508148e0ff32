"""Columns by deployed model: which samples behind one endpoint each of its models answers for.

A failed call that does not tell which deployed model it met counts in every column of its model:
whichever it was, none looks better than it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from llmeval.gates.columns import Columns, ints
from llmeval.gates.wording import plural
from llmeval.records import UNKNOWN, Column, EndpointIdentity, column_name

__all__ = ["View", "columns_of", "unplaced_notes", "views_of"]


class View(Struct, frozen=True):
    """What a verdict is about: a whole model, or a column of it, called ``name``.

    ``deployed_model`` is ``None`` where every sample of the model counts: for a whole model, and
    for the only column of one.
    """

    model: str
    name: str
    deployed_model: str | None = None


def columns_of(columns: Columns, models: Sequence[EndpointIdentity]) -> list[Column]:
    """Return the columns of each model: of what answered, of what a failed call names, and of what
    a split of its traffic names.

    The one with the most traffic comes first, or else the most samples. A model of which no
    deployed model is known has one column, ``UNKNOWN``.
    """
    details = {identity.ref: identity.details for identity in models}
    return [
        column
        for model in dict.fromkeys([*details, *columns.models])
        for column in _of_model(model, _counts(columns, model), _facts(details.get(model, {})))
    ]


def _of_model(
    model: str, counts: Counter[str | None], facts: Mapping[str, Mapping[str, Any]]
) -> list[Column]:
    unplaced = counts.pop(None, 0)
    served = [name for name, fact in facts.items() if fact["traffic"]]
    split = served if len(served) > 1 or not counts else []
    names = [name for name in dict.fromkeys([*counts, *split]) if name is not None]
    made = [
        Column(
            column_name(model, name),
            model,
            name,
            counts[name] + unplaced,
            unplaced,
            **facts.get(name, {}),
        )
        for name in names or [UNKNOWN]
    ]
    return sorted(made, key=_rank)


def _rank(column: Column) -> tuple[bool, float, int, str]:
    name = column.deployed_model
    return (name == UNKNOWN, -(column.traffic or 0.0), -column.samples, name)


def _counts(columns: Columns, model: str) -> Counter[str | None]:
    """Samples by deployed model, those that do not tell under ``None``."""
    names = {code: str(name) for name, code in columns.words.deployed.items()}
    counts: Counter[str | None] = Counter()
    for (whose, _), frame in columns.frames.items():
        if whose == model:
            codes, numbers = np.unique(ints(frame.deployed), return_counts=True)
            for code, number in zip(codes.tolist(), numbers.tolist(), strict=True):
                counts[names.get(code)] += number
    return counts


def _facts(details: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the endpoint says of each deployed model, by its id."""
    listed = details.get("deployed_models")
    entries = [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, list) else []
    return {
        str(entry["id"]): {
            "version": _text(entry.get("version")),
            "display_name": _text(entry.get("display_name")),
            "traffic": _number(entry.get("traffic")),
        }
        for entry in entries
        if entry.get("id")
    }


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def _number(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and 0 <= value <= 100 else None


def views_of(models: Iterable[str], columns: Sequence[Column] | None) -> list[View]:
    """Return what to decide on: each of ``columns``, or each model where there are none."""
    if columns is None:
        return [View(model, model) for model in models]
    several = Counter(column.model for column in columns)
    return [
        View(c.model, c.name, c.deployed_model if several[c.model] > 1 else None) for c in columns
    ]


def unplaced_notes(listed: Sequence[Column]) -> Iterator[str]:
    """Yield a sentence for each model whose columns share failed calls."""
    columns = Counter(column.model for column in listed)
    unplaced = {column.model: column.unplaced for column in listed}
    for model, n in unplaced.items():
        if n and columns[model] > 1:
            yield (
                f"{plural(n, 'failed call')} of {model} did not tell which deployed model they "
                f"met: counted in every column, left out of the differences between columns"
            )
