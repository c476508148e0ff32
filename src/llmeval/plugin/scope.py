"""What of the plan this session measures, and on which files and versions it rests."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from llmeval.endpoints import redact
from llmeval.plugin.items import SampleItem

__all__ = ["file_hashes", "keep_shard", "narrowed_by", "shown", "versions"]

_PACKAGES = (
    "pytest",
    "aiohttp",
    "jinja2",
    "msgspec",
    "numpy",
    "scipy",
    "jsonschema",
    "pytest-xdist",
)


def narrowed_by(session: pytest.Session, measured: int, promised: int) -> str | None:
    """Return why fewer samples than collected will be measured, ``None`` where all are."""
    if measured >= promised:
        return None
    option = session.config.option
    ways = [
        f"-k {option.keyword!r}" if option.keyword else "",
        f"-m {option.markexpr!r}" if option.markexpr else "",
        "--lf" if getattr(option, "lf", False) else "",
        "--deselect" if getattr(option, "deselect", None) else "",
    ]
    by = (
        " ".join(way for way in ways if way)
        or "deselection, a skip mark, or node ids on the command line"
    )
    return f"{promised - measured} of {promised} samples left out by {by}"


def keep_shard(items: list[pytest.Item], shard: tuple[int, int], config: pytest.Config) -> None:
    """Drop, in place, the samples of other shards. Cases of one group stay together, and the same
    case falls into the same shard in every run."""
    which, of = shard
    others = [i for i in items if isinstance(i, SampleItem) and _bucket(i, of) != which - 1]
    if others:
        config.hook.pytest_deselected(items=others)
        dropped = set(map(id, others))
        items[:] = [item for item in items if id(item) not in dropped]


def _bucket(item: SampleItem, of: int) -> int:
    case = item.planned.case
    key = f"{item.planned.test.suite}\0{case.group or case.id}"
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % of


def file_hashes(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """Map each existing file, named relative to ``root`` where it lies below, to its SHA-256."""
    found = {}
    for path in paths:
        if path.is_file():
            name = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
            found[name.as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    return dict(sorted(found.items()))


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a run rests on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def shown(arguments: Sequence[Any]) -> list[str]:
    """Return the command line without passwords and keys in its addresses."""
    return [redact(text) if "://" in (text := str(argument)) else text for argument in arguments]
