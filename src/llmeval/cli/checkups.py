"""What ``doctor`` looks at without a call. Nothing is imported to see whether it is installed."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Literal

from msgspec import Struct

from llmeval.errors import LlmevalError

__all__ = ["Finding", "here", "problem_of", "version_of"]

EXTRAS = {
    "vertex": ("google-cloud-aiplatform", "Vertex AI endpoints"),
    "giskard": ("giskard", "judges and scans"),
    "guardrails": ("nemoguardrails", "guarded endpoints"),
    "detoxify": ("detoxify", "a trained toxicity classifier"),
    "formats": ("sqlglot", "the scorer of SQL"),
    "load": ("locust", "load tests"),
    "pipeline": ("kfp", "the pipeline component"),
    "otel": ("opentelemetry-exporter-otlp-proto-http", "traces and metrics"),
    "properties": ("hypothesis", "property tests"),
    "xdist": ("pytest-xdist", "pytest -n"),
}
"""Extra -> the distribution that tells whether it is installed, and what it is for."""


class Finding(Struct, frozen=True):
    """One thing that was looked at. ``fix`` is what to do where it is not ``ok``."""

    name: str
    state: Literal["ok", "note", "problem"]
    text: str
    fix: str = ""


def problem_of(name: str, error: LlmevalError, fix: str = "") -> Finding:
    """Return an error as a finding; ``fix`` is for one that does not say what to do."""
    return Finding(name, "problem", error.problem or str(error), error.fix or fix)


def here(root: Path) -> list[Finding]:
    """Look at the interpreter, the installation and the directory ``root``."""
    found = [_python(sys.version_info[:3]), _plugin()]
    found += [_extra(name) for name in EXTRAS]
    return found + _directory(root)


def _python(version: tuple[int, int, int]) -> Finding:
    shown = ".".join(map(str, version))
    if version < (3, 12, 0):
        return Finding("python", "problem", shown, "install Python 3.12 or newer")
    if version < (3, 12, 2):
        return Finding(
            "python",
            "note",
            f"{shown} has a typing bug that breaks giskard",
            "install 3.12.2 or newer",
        )
    return Finding("python", "ok", shown)


def _plugin() -> Finding:
    names = [point.value for point in metadata.entry_points(group="pytest11", name="llmeval")]
    if not names:
        return Finding(
            "pytest plugin",
            "problem",
            "is not registered: pytest --model=REF would not know the option",
            "pip install --force-reinstall llmeval-gate",
        )
    return Finding("pytest plugin", "ok", f"{names[0]}, pytest {version_of('pytest')}")


def _extra(name: str) -> Finding:
    distribution, purpose = EXTRAS[name]
    version = version_of(distribution)
    if version is None:
        fix = f"pip install 'llmeval-gate[{name}]'"
        return Finding(f"extra {name}", "note", f"not installed ({purpose})", fix)
    return Finding(f"extra {name}", "ok", f"{distribution} {version}")


def version_of(distribution: str) -> str | None:
    """Return the version of an installed distribution, ``None`` where there is none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _directory(root: Path) -> list[Finding]:
    from llmeval.config import load_config

    try:
        config = load_config({}, root)
    except LlmevalError as error:
        return [Finding("configuration", "problem", str(error), "correct pyproject.toml")]
    prompts = root / config.prompts
    return [
        Finding("configuration", "ok", "[tool.llmeval] is valid"),
        _writable("run directory", root / (config.run_dir or config.reports)),
        _writable("cache", root / config.cache_dir),
        _gates(root / config.gates, root / config.calibrations),
        _prompts(prompts),
    ]


def _writable(name: str, path: Path) -> Finding:
    """Prove that files can be made in ``path``, or in the nearest folder above that exists."""
    folder = path
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding(name, "ok", f"{path} can be written")
    except OSError as error:
        fix = f"make {folder} a writable folder, or choose another"
        return Finding(name, "problem", f"{path}: {error.strerror}", fix)


def _gates(path: Path, calibrations: Path) -> Finding:
    from llmeval.gates import load_gates

    if not path.exists():
        text = f"{path} is missing: the verdict would be NONE, which is not PASS"
        return Finding("gates", "note", text, "llmeval init")
    try:
        gates = load_gates(path, calibrations)
    except LlmevalError as error:
        return Finding("gates", "problem", str(error), f"correct {path}")
    return Finding("gates", "ok", f"{path}: {len(gates.gates)} gates")


def _prompts(folder: Path) -> Finding:
    from llmeval.prompts import PromptLibrary

    if not folder.is_dir():
        return Finding("prompts", "note", f"{folder} is missing", "llmeval init")
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.j2"))
    if not names:
        return Finding("prompts", "note", f"{folder} holds no template", "llmeval init")
    library = PromptLibrary([folder])
    for name in names:
        if problem := _attempt(lambda name=name: library.load(name)):  # type: ignore[misc]
            return Finding("prompts", "problem", problem, "correct the template")
    return Finding("prompts", "ok", f"{folder}: {len(names)} templates")


def _attempt(action: Callable[[], object]) -> str:
    try:
        action()
    except LlmevalError as error:
        return re.sub(r"\s+", " ", str(error))
    return ""
