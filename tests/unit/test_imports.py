"""What importing llmeval costs everybody, also those who never give ``--model``."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

import llmeval

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
    "opentelemetry",
    "regex",
    "scipy",
    "sqlite3",
    "torch",
    "transformers",
    "yaml",
}

NEEDS_EXTRA = {
    "llmeval.plugin.dealing": "xdist",
    "llmeval.telemetry.pipeline": "opentelemetry.sdk",
}
"""Modules that are only loaded where an extra is, and the package that they then need."""


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a statement adds to a fresh interpreter."""
    # What .pth files of other packages bring in (a namespace called google) is not ours.
    program = (
        f"import sys; before = set(sys.modules); {statement}; "
        f"print(' '.join(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


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
        "import llmeval.prices",
        "import llmeval.telemetry",
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


def test_every_module_can_be_imported_by_itself() -> None:
    modules = [
        found.name
        for found in pkgutil.walk_packages(llmeval.__path__, "llmeval.")
        if "_shipped" not in found.name and not found.name.endswith("__main__")
    ]
    missing = {name for name, needed in NEEDS_EXTRA.items() if not is_installed(needed)}
    assert len(modules) > 50 and missing <= set(modules)
    loaded_by("; ".join(f"import {name}" for name in modules if name not in missing))
