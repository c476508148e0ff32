"""What a run cost is said together with the prices it rests on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

import factories
from llmeval.records import ModelPrice, Price
from llmeval.report import collect, render_html, render_markdown
from llmeval.report.costs import cost_note, price_line, price_note

LISTED = ModelPrice(
    "gemini-2.5-pro",
    Price(1.25, 10.0, 2.5, 15.0, long_from=200_000, batch_discount=0.5),
    "shipped",
    as_of="2026-10-07",
    url="https://cloud.google.com/vertex-ai/generative-ai/pricing",
    note="10% more outside of the global endpoint",
)
OWN = ModelPrice("m", Price(0.075, 0.3), "user")


def test_a_price_tells_its_origin_and_date() -> None:
    assert price_line(LISTED) == (
        "$1.25 in, $10.00 out for a million tokens ($2.50 and $15.00 above 200,000 prompt tokens), "
        "prices as of 2026-10-07 (shipped table), 10% more outside of the global endpoint"
    )
    assert price_line(OWN) == "$0.075 in, $0.30 out for a million tokens, own prices"
    halfway = ModelPrice("m", Price(1.0, 2.0, output_long=3.0, long_from=10), "user")
    assert "($1.00 and $3.00 above 10 prompt tokens)" in price_line(halfway)


def test_what_has_no_price_is_named() -> None:
    assert price_note(["a"], {}) == "no price for a"
    assert price_note(["a", "b\x1b[2J"], {"a": OWN}) == (
        "a: $0.075 in, $0.30 out for a million tokens, own prices; no price for b [2J"
    )


def test_a_cost_that_is_not_known_says_why() -> None:
    summary = factories.passing().summary
    unknown = replace(summary, cost_usd=None)
    assert cost_note(summary) == "", "an older llmeval recorded no prices"
    assert cost_note(unknown) == f"no price for {factories.MODEL}"
    priced = replace(unknown, prices={factories.MODEL: OWN})
    assert cost_note(priced).startswith("not every call reported its token usage; $0.075 in")
    assert cost_note(replace(priced, cost_usd=0.1)).endswith("own prices")


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_every_page_says_it(render) -> None:
    record = factories.passing()
    summary = replace(record.summary, prices={factories.MODEL: LISTED})
    page = render(collect(summary, record.observations))
    assert "prices as of 2026-10-07 (shipped table)" in page
    unknown = replace(record.summary, cost_usd=None)
    assert "no price for" in render(collect(unknown, record.observations))
