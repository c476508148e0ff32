"""Which price is a model's: the user's, else the list price of what Google bills by token."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.errors import ConfigError
from llmeval.prices import (
    check_priced,
    model_price,
    model_prices,
    shipped_prices,
    spellings,
)
from llmeval.records import EndpointIdentity, ModelPrice, Price

OWN = Price(1.0, 2.0)


def on_vertex(model: str, **details: Any) -> EndpointIdentity:
    """A model that Google bills by token."""
    details = {"publisher": "google", "location": "global"} | details
    return EndpointIdentity(f"ref:{model}", "vertex", model, details=details)


def tuned(base: object) -> EndpointIdentity:
    details = {"base_model": base, "location": "global"}
    return EndpointIdentity("1001", "vertex", "our-tuned-model", details=details)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("gemini-2.5-flash", "gemini-2.5-flash"),
        ("gemini-2.5-flash-001", "gemini-2.5-flash"),
        ("gemini-2.5-flash-09-2025", "gemini-2.5-flash"),
        ("gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash-preview-09-2025"),
        ("google/gemini-2.5-flash-lite", "gemini-2.5-flash-lite"),
        ("publishers/google/models/gemini-2.5-pro", "gemini-2.5-pro"),
        (
            "projects/p/locations/us-central1/publishers/google/models/gemini-2.0-flash-001",
            "gemini-2.0-flash",
        ),
        ("publishers/anthropic/models/claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("claude-opus-4-8@default", "claude-opus-4-8"),
        ("meta/llama-3.3-70b-instruct-maas", "llama-3.3-70b-instruct-maas"),
        ("mistral-medium-3@001", "mistral-medium-3"),
    ],
)
def test_a_version_is_the_same_model(written: str, name: str) -> None:
    found = model_price(on_vertex(written), {})
    assert found is not None and (found.name, found.source) == (name, "shipped")
    assert found.price == shipped_prices()[name].price
    assert (found.as_of, found.note) == (shipped_prices()[name].as_of.isoformat(), "")


@pytest.mark.parametrize(
    "written",
    [
        "gemini-2.5-flash-image",
        "gemini-2.5-flash-preview-tts",
        "gemini-2.5-flash-preview",
        "gemini-2.5",
        "gemini",
        "gemini-2.5-pro-ultra-001",
        "my-gemini-2.5-pro",
        "claude-opus-4",
        "claude-opus-4-1@20250805",
        "",
        "/",
        "@001",
        "-001",
    ],
)
def test_a_name_that_matches_nothing_is_unknown(written: str) -> None:
    assert model_price(on_vertex(written), {}) is None


@given(st.text())
def test_no_name_breaks_the_lookup(name: str) -> None:
    found = model_price(on_vertex(name), {})
    assert found is None or found.name in spellings(name)


@pytest.mark.parametrize(
    "identity",
    [
        EndpointIdentity("openai:http://h/v1#gemini-2.5-flash", "openai", "gemini-2.5-flash"),
        EndpointIdentity("python:m:f", "python", "gemini-2.5-flash"),
        EndpointIdentity("demo", "demo", "gemini-2.5-flash"),
        # Self-deployed: somebody's display name, billed by the hour.
        EndpointIdentity("1002", "vertex", "gemini-2.5-flash", details={"location": "global"}),
        EndpointIdentity("x", "openai", "gemini-2.5-flash", details={"publisher": "google"}),
        tuned(3),
        tuned("their-own-model"),
    ],
)
def test_the_shipped_table_is_never_hit_by_accident(identity: EndpointIdentity) -> None:
    assert model_price(identity, {}) is None


@pytest.mark.parametrize(
    "key", ["ref:gemini-2.5-flash-001", "gemini-2.5-flash-001", "gemini-2.5-flash"]
)
def test_the_users_price_wins(key: str) -> None:
    assert model_price(on_vertex("gemini-2.5-flash-001"), {key: OWN}) == ModelPrice(
        key, OWN, "user"
    )


def test_a_tuned_model_costs_what_its_base_does() -> None:
    found = model_price(tuned("publishers/google/models/gemini-2.5-flash-001"), {})
    assert found is not None and (found.name, found.source) == ("gemini-2.5-flash", "shipped")
    own = model_price(tuned("gemini-2.5-flash"), {"our-tuned-model": OWN})
    assert own == ModelPrice("our-tuned-model", OWN, "user")


def test_the_more_exact_of_the_users_prices_wins() -> None:
    own = {"m": OWN, "m-001": Price(3.0, 4.0), "org/m-001": Price(5.0, 6.0)}
    identity = EndpointIdentity("openai:http://h#x", "openai", "org/m-001")
    found = model_price(identity, own)
    assert found is not None and found.name == "org/m-001"
    del own["org/m-001"]
    found = model_price(identity, own)
    assert found is not None and found.name == "m-001"


@pytest.mark.parametrize("location", ["us-central1", "eu", None])
def test_elsewhere_than_on_the_global_endpoint_newer_models_cost_more(location: str | None) -> None:
    found = model_price(on_vertex("gemini-3.5-flash", location=location), {})
    assert found is not None and found.price == Price(1.65, 9.9, batch_discount=0.5)
    assert found.note == "10% more outside of the global endpoint"
    tiered = model_price(on_vertex("claude-sonnet-4-5", location=location), {})
    assert tiered is not None
    assert tiered.price == Price(3.3, 16.5, 6.6, 24.75, long_from=200_000)
    older = model_price(on_vertex("gemini-2.5-flash", location=location), {})
    assert older is not None and older.price == shipped_prices()["gemini-2.5-flash"].price


def test_models_without_a_price_are_left_out() -> None:
    known, unknown = on_vertex("gemini-2.5-pro"), on_vertex("nameless")
    assert list(model_prices([known, unknown], {})) == [known.ref]


def test_a_budget_needs_every_price() -> None:
    known = on_vertex("gemini-2.5-pro")
    check_priced([known], {})
    with pytest.raises(
        ConfigError, match=r"needs the price of 'nameless'.*\[tool.llmeval.prices\]"
    ):
        check_priced([known, on_vertex("nameless")], {})
    check_priced([on_vertex("nameless")], {"nameless": OWN})


def test_before_it_is_open_an_endpoint_need_not_know_its_model() -> None:
    nameless = EndpointIdentity("openai:http://h/v1", "openai", "")
    check_priced([EndpointIdentity("1002", "vertex", "1002"), nameless], {}, opened=False)
    with pytest.raises(ConfigError, match="needs the price of 'unlisted'"):
        check_priced([on_vertex("unlisted")], {}, opened=False)
    with pytest.raises(ConfigError, match="needs the price of 'm'"):
        check_priced([EndpointIdentity("x", "openai", "m")], {}, opened=False)
    with pytest.raises(ConfigError, match="openai:http://h/v1"):
        check_priced([nameless], {})
