"""The table of list prices in ``shipped.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from llmeval.records import Price

__all__ = ["ListPrice", "shipped_prices"]

_RATES: Final = ("input", "output", "input_long", "output_long")


class ListPrice(Struct, frozen=True):
    """A list price on the global endpoint; ``regional`` is the factor on every other one. The
    figure was published at ``url`` on ``as_of``, as ``evidence`` tells."""

    price: Price
    as_of: date
    url: str
    evidence: str
    regional: float = 1.0

    def at(self, location: str | None) -> Price:
        """Return the price in a location; an unknown one is taken for a region."""
        if location == "global" or self.regional == 1.0:
            return self.price
        given = {name: getattr(self.price, name) for name in _RATES}
        raised = {n: round(v * self.regional, 6) for n, v in given.items() if v is not None}
        return msgspec.structs.replace(self.price, **raised)


@cache
def shipped_prices() -> Mapping[str, ListPrice]:
    """Return the shipped table: the bare name of a model -> its price."""
    text = files("llmeval.prices").joinpath("shipped.toml").read_text("utf-8")
    table = tomllib.loads(text)
    found = {}
    for entry in table["price"]:
        listed = _listed(entry, table["url"])
        for name in entry["models"]:
            assert name not in found, f"{name} stands twice in shipped.toml"  # noqa: S101
            found[name] = listed
    return MappingProxyType(found)


def _listed(entry: Mapping[str, Any], url: str) -> ListPrice:
    known = {name: entry[name] for name in Price.__struct_fields__ if name in entry}
    rest = {name: entry[name] for name in ("as_of", "evidence", "regional") if name in entry}
    return ListPrice(price=msgspec.convert(known, Price), url=url, **rest)
