"""What importing llmeval costs everybody, also those who never give ``--model``."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "aiohttp",
    "detoxify",
    "giskard",
    "google",
    "hypothesis",
    "jinja2",
    "jsonschema",
    "kfp",
    "locust",
    "matplotlib",
    "nemoguardrails",
    "numpy",
    "regex",
    "scipy",
    "sqlite3",
    "torch",
    "transformers",
    "yaml",
}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a statement adds to a fresh interpreter."""
    program = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def tops(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    "statement",
    [
        "import llmeval",
        "import llmeval.errors",
        "import llmeval.records",
        "import llmeval.ports",
        "import llmeval.config",
        "from llmeval import evaluate",
    ],
)
def test_the_lower_rooms_load_nothing_heavy(statement: str) -> None:
    assert not tops(loaded_by(statement)) & HEAVY


def test_the_package_itself_loads_nothing_of_its_own() -> None:
    ours = {name for name in loaded_by("import llmeval") if name.startswith("llmeval")}
    assert ours == {"llmeval"}


def test_the_plugin_adds_only_itself_to_pytest() -> None:
    added = loaded_by("import pytest, llmeval.plugin") - loaded_by("import pytest")
    assert not tops(added) & (HEAVY | {"asyncio", "msgspec"})
    assert {name for name in added if name.startswith("llmeval")} <= {
        "llmeval",
        "llmeval.plugin",
        "llmeval.plugin.options",
    }
