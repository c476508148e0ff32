"""What a model's tokens cost: the user's own prices, then the list prices that ship here."""

from __future__ import annotations

from llmeval.prices.lookup import check_priced, model_price, model_prices, spellings
from llmeval.prices.shipped import ListPrice, shipped_prices

__all__ = [
    "ListPrice",
    "check_priced",
    "model_price",
    "model_prices",
    "shipped_prices",
    "spellings",
]
