"""Prices in a run: where they come from, what they make of the cost, and what a budget needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from plugin_project import Project, one_message, said

from llmeval.emulator import running_server

pytest_plugins = ["pytester"]

PRICES = """
[tool.llmeval.prices]
"{name}" = {{ input = 1.0, output = 2.0, long_from = 100000, input_long = 2.0 }}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_server(("demo",)) as url:
        yield url


def priced(project: Project, name: str) -> None:
    pyproject = project.path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + PRICES.format(name=name))


@pytest.mark.parametrize("how", ["plain", "-n2"])
def test_the_price_is_part_of_the_record_and_of_the_report(
    project: Project, server: str, how: str
) -> None:
    priced(project, "demo")
    project.gate(0.01)
    model = f"openai:{server}#demo"
    result = project.either(how)("--no-cache", "--budget=1", model=model)
    assert result.ret in (0, 1), said(result)
    header, observations = project.record()
    summary = project.summary()
    told = {
        "name": "demo",
        "price": {"input": 1.0, "output": 2.0, "input_long": 2.0, "output_long": None,
                  "long_from": 100000, "batch_discount": None},
        "source": "user",
        "as_of": None,
        "url": None,
        "note": "",
    }  # fmt: skip
    assert header["prices"] == summary["prices"] == {model: told}
    usage = summary["usage"]
    tokens = usage["input_tokens"] + 2 * usage["output_tokens"]
    assert summary["cost_usd"] == pytest.approx(tokens / 1e6)
    assert all(o["cost_usd"] > 0 for o in observations)
    for page in ("report.md", "report.html"):
        text = (project.path / "reports/latest" / page).read_text("utf-8")
        assert "1.00 in" in text and "own prices" in text


def test_no_price_is_an_unknown_cost(project: Project, server: str) -> None:
    project.gate(0.01)
    project.run("--no-cache", model=f"openai:{server}#demo")
    assert project.summary()["prices"] == {}
    assert "no price for" in (project.path / "reports/latest/report.md").read_text("utf-8")


def test_a_model_that_is_named_by_its_server_needs_its_price_for_a_budget(
    project: Project, server: str
) -> None:
    one_message(project.run("--budget=1", model=f"openai:{server}"), "needs the price of 'demo'")


def test_a_model_that_is_named_by_its_server_finds_its_price(project: Project, server: str) -> None:
    priced(project, "demo")
    project.gate(0.01)
    result = project.run("--budget=1", "--no-cache", model=f"openai:{server}")
    assert result.ret in (0, 1), said(result)
    assert project.summary()["cost_usd"] > 0
