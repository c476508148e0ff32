"""The suites, prompts and gates that come with llmeval, wherever it is installed."""

from __future__ import annotations

from pathlib import Path

from llmeval.errors import InfrastructureError

__all__ = ["ROOTS", "shipped_files"]

ROOTS = ("suites", "prompts", "gates.toml")


def shipped_files() -> dict[str, Path]:
    """Return each file that ships, by its path in a repository.

    A wheel holds them under ``_shipped``; a source checkout has them at its root. Raises
    ``InfrastructureError`` where they are nowhere.
    """
    package = Path(__file__).resolve().parent.parent
    for base in (package / "_shipped", package.parent.parent):
        if (base / "gates.toml").is_file() and (base / "suites").is_dir():
            return {
                path.relative_to(base).as_posix(): path
                for root in ROOTS
                for path in sorted([base / root, *(base / root).rglob("*")])
                if path.is_file() and "__pycache__" not in path.parts and path.name[0] != "."
            }
    raise InfrastructureError(
        "the shipped suites are missing from this installation: "
        "pip install --force-reinstall llmeval-gate"
    )
