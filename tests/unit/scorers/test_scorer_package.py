"""Importing the scorers costs nothing, and no module hides a factory."""

from __future__ import annotations

import subprocess
import sys

import pytest

import llmeval.scorers
from llmeval.ports import Scorer

HEAVY = ("jsonschema", "numpy", "scipy", "yaml", "regex", "sqlglot", "llmeval.scorers.lexicons")


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, llmeval.scorers; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_declaring_scorers_loads_neither_jsonschema_nor_numpy() -> None:
    code = (
        "import sys; from llmeval.scorers import *; groundedness(); abstention(); json_schema({});"
        "print([m for m in ('jsonschema', 'numpy', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


NEEDED = {"regex": "x", "giskard_check": "Toxicity"}
"""Factories that cannot do without an argument."""


@pytest.mark.parametrize("name", llmeval.scorers.__all__)
def test_every_name_is_a_factory_of_a_scorer(name: str) -> None:
    factory = getattr(llmeval.scorers, name)
    if name == "giskard_check":
        pytest.importorskip("giskard.checks", reason="needs the extra 'judge'")
    if name == "sql":
        pytest.importorskip("sqlglot", reason="needs the extra 'formats'")
    scorer = factory(NEEDED[name]) if name in NEEDED else factory()
    assert isinstance(scorer, Scorer)
    assert scorer.identity.name == ("giskard_toxicity" if name == "giskard_check" else name)
    assert hash(scorer.identity.name)
    assert scorer == (factory(NEEDED[name]) if name in NEEDED else factory())


def test_names_stay_factories_after_their_modules_are_imported() -> None:
    import llmeval.scorers.grounding
    import llmeval.scorers.toxic

    assert callable(llmeval.scorers.groundedness)
    assert callable(llmeval.scorers.toxicity)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'grounded'"):
        _ = llmeval.scorers.grounded  # type: ignore[attr-defined]


def test_dir_lists_the_factories() -> None:
    assert dir(llmeval.scorers) == sorted(llmeval.scorers.__all__)


@pytest.mark.parametrize("name", ["groundedness", "harmful_compliance", "sentiment", "toxicity"])
def test_screens_say_that_they_are_screens(name: str) -> None:
    fallback = getattr(llmeval.scorers, name)().identity.fallback
    assert "screen" in fallback.lower()
    assert fallback.endswith(".")
