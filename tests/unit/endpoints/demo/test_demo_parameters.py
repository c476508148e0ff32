"""What a reference sets, and what it may not."""

import asyncio
from dataclasses import asdict

import pytest

from llmeval.endpoints.demo import Parameters, demo_endpoint
from llmeval.endpoints.demo.parameters import OUTCOME_FAULTS, TEXT_FAULTS, parse
from llmeval.errors import ModelReferenceError


def test_demo_has_no_faults() -> None:
    parameters = asdict(parse("demo", 3))
    assert not any(parameters[name] for name in (*TEXT_FAULTS, *OUTCOME_FAULTS))
    assert parameters["seed"] == 3


def test_flawed_without_parameters_is_flawed() -> None:
    flawed = parse("demo-flawed", 0)
    assert flawed.hallucination and flawed.bias and flawed.toxicity and flawed.format
    assert flawed.injection == 0.2 and not flawed.leakage
    assert flawed.ttft >= 0.5
    assert parse("demo-flawed?seed=4", 0) == parse("demo-flawed", 4)


def test_named_faults_are_set_and_no_others() -> None:
    found = parse("demo-flawed?hallucination=0.2&toxicity=0.03&ttft=0.9", 5)
    assert found == Parameters(hallucination=0.2, toxicity=0.03, ttft=0.9, seed=5)


def test_a_seed_in_the_reference_wins() -> None:
    assert parse("demo?seed=8", 1).seed == 8


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("demos", "Did you mean 'demo'"),
        ("demo-flawed?halucination=0.2", "Did you mean 'hallucination'"),
        ("demo-flawed?bias=1.2", "0..1"),
        ("demo-flawed?bias=-0.1", "0..1"),
        ("demo-flawed?bias=nan", "0..1"),
        ("demo-flawed?bias=much", "0..1"),
        ("demo-flawed?bias=", "0..1"),
        ("demo-flawed?ttft=inf", "0..600"),
        ("demo-flawed?seed=1.5", "whole number"),
        ("demo-flawed?bias=0.1&bias=0.2", "twice"),
        ("demo-flawed?bias", "name=value"),
    ],
)
def test_a_wrong_reference_is_explained(reference: str, message: str) -> None:
    with pytest.raises(ModelReferenceError, match="demo") as caught:
        demo_endpoint(reference, 0)
    assert message in str(caught.value)


def test_identity_is_that_of_a_simulator() -> None:
    endpoint = demo_endpoint("demo-flawed?bias=0.5", 0)
    identity = endpoint.identity
    assert (identity.ref, identity.kind, identity.name) == (
        "demo-flawed?bias=0.5",
        "demo",
        "demo-flawed",
    )
    assert identity.simulated and not identity.cacheable and not identity.alias
    assert identity.details["bias"] == 0.5

    async def twice() -> None:
        await endpoint.open()
        await endpoint.close()
        await endpoint.close()

    asyncio.run(twice())
