"""Which price is a model's. No price is ever guessed: a name that matches nothing is unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from llmeval.errors import ConfigError
from llmeval.prices.shipped import shipped_prices
from llmeval.records import EndpointIdentity, ModelPrice, Price

__all__ = ["check_priced", "model_price", "model_prices", "spellings"]

_VERSION: Final = re.compile(r"-(\d{3}|\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4})$")
"""``-001``, ``-20250929``, ``-2025-09-29``, ``-09-2025``: a version, not another model."""


def model_prices(
    identities: Iterable[EndpointIdentity], own: Mapping[str, Price]
) -> dict[str, ModelPrice]:
    """Map the reference of each model whose price is known to that price."""
    found = {identity.ref: model_price(identity, own) for identity in identities}
    return {ref: price for ref, price in found.items() if price is not None}


def model_price(identity: EndpointIdentity, own: Mapping[str, Price]) -> ModelPrice | None:
    """Return a model's price, ``None`` where it is unknown.

    ``own`` is the user's table and holds for every kind of endpoint, by the model's reference or
    name. The shipped table holds for what Google bills by token alone: an endpoint of kind
    ``vertex`` whose ``details`` name a ``publisher`` (then the identity's name is the model's), or
    the ``base_model`` that was tuned. What runs on machines of one's own is billed by the hour, and
    has neither. ``details["location"]`` tells the region. See ``spellings``.
    """
    published = _published(identity)
    names = [identity.ref, identity.name, *([published] if published else [])]
    for name in (*names, *(spelling for each in names for spelling in spellings(each))):
        if name in own:
            return ModelPrice(name, own[name], "user")
    for name in spellings(published) if published else ():
        listed = shipped_prices().get(name)
        if listed is not None:
            price = listed.at(identity.details.get("location"))
            raised = f"{listed.regional - 1:.0%} more outside of the global endpoint"
            note = "" if price == listed.price else raised
            return ModelPrice(name, price, "shipped", listed.as_of.isoformat(), listed.url, note)
    return None


def check_priced(
    identities: Iterable[EndpointIdentity], own: Mapping[str, Price], *, opened: bool = True
) -> None:
    """Raise ``ConfigError`` for a model whose price is unknown: a budget cannot be kept for it.

    Before the endpoints are ``opened``, one that must be asked for its model is let through.
    """
    for identity in identities:
        named = identity.name and (identity.kind != "vertex" or _published(identity))
        if (opened or named) and model_price(identity, own) is None:
            name = identity.name or identity.ref
            raise ConfigError(
                f"--budget needs the price of {name!r}: add it to [tool.llmeval.prices] in "
                f"pyproject.toml, in US dollars for a million tokens: {name!r} = {{input = 0.10, "
                f"output = 0.40}}"
            )


def spellings(name: str) -> Iterator[str]:
    """Yield the names under which a model's price may stand, the most exact first.

    Of ``publishers/anthropic/models/claude-sonnet-4-5@20250929``: the whole; what follows the last
    slash; that without ``@version``; that without a version number or a date at its end. A word at
    the end (``-lite``, ``-image``, ``-preview``) is another model with another price.
    """
    yield name
    bare = name.rpartition("/")[2]
    yield bare
    unversioned = bare.partition("@")[0]
    yield unversioned
    yield _VERSION.sub("", unversioned)


def _published(identity: EndpointIdentity) -> str | None:
    """Return the model that Google bills by token, if one answers."""
    if identity.kind != "vertex":
        return None
    tuned = identity.details.get("base_model")
    name = tuned if tuned else identity.details.get("publisher") and identity.name
    return name if isinstance(name, str) and name else None
