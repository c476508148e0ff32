"""The shipped table: every figure has a date and says where it was found."""

from __future__ import annotations

from datetime import date

import pytest

from llmeval.prices import shipped_prices

NAMES = sorted(shipped_prices())


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_is_whole(name: str) -> None:
    listed = shipped_prices()[name]
    price = listed.price
    assert name == name.lower() and "/" not in name and "@" not in name
    assert 0 < price.input <= price.output < 200
    assert date(2026, 1, 1) < listed.as_of < date(2027, 1, 1)
    assert listed.url.startswith("https://cloud.google.com/")
    assert listed.evidence
    assert listed.regional in (1.0, 1.1)
    assert price.batch_discount in (None, 0.5)
    longer = (price.input_long, price.output_long, price.long_from)
    assert all(part is None for part in longer) or all(part is not None for part in longer)
    if price.input_long is not None and price.output_long is not None:
        assert price.input < price.input_long <= price.output_long > price.output


@pytest.mark.parametrize("family", ["2.0", "2.5", "3.1", "3.5"])
@pytest.mark.parametrize("size", ["flash-lite"])
def test_every_gemini_family_has_its_sizes(family: str, size: str) -> None:
    assert f"gemini-{family}-{size}" in NAMES


def test_pro_models_cost_more_above_200_000_prompt_tokens() -> None:
    pro = [name for name in NAMES if name.startswith("gemini-") and "-pro" in name]
    assert len(pro) >= 3
    assert {shipped_prices()[name].price.long_from for name in pro} == {200_000}


def test_smaller_models_of_a_family_are_cheaper() -> None:
    price = {name: listed.price.output for name, listed in shipped_prices().items()}
    assert price["gemini-2.5-flash-lite"] < price["gemini-2.5-flash"] < price["gemini-2.5-pro"]
    assert price["gemini-3.5-flash-lite"] < price["gemini-3.5-flash"]
    assert price["claude-haiku-4-5"] < price["claude-sonnet-4-5"] < price["claude-opus-4-5"]


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        shipped_prices()["x"] = shipped_prices()["gemini-2.5-pro"]  # type: ignore[index]
