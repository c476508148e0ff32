"""From a published file to checked rows: filter, sample, check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from llmeval.cases.published.published import Found, Published, Reader
from llmeval.cases.published.sampling import sampled
from llmeval.cases.rows import read_row
from llmeval.errors import CaseError, UsageError, nearest
from llmeval.records import Case

__all__ = ["Imported", "Kind", "Picking", "import_rows"]

Kind = Literal["cases", "labelled"]


@dataclass(frozen=True, slots=True)
class Picking:
    """Which rows: those of ``split`` whose tags are ``where``; of these ``limit`` at random."""

    split: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    seed: int = 0


@dataclass(slots=True)
class Imported:
    """The rows as a stream, and how many were read so far, also those that were not picked."""

    files: tuple[Path, ...]
    rows: Iterator[dict[str, Any]]
    read: int = 0


def import_rows(
    published: Published, path: Path, *, kind: Kind = "cases", picking: Picking | None = None
) -> Imported:
    """Return the data set's rows as rows of a case file, or as labelled answers.

    ``path`` is a file or a folder that holds the files as published. One row is in memory at a
    time, besides the ids; with a limit, that many rows. Raises ``CaseError`` with file and line,
    also while the rows are taken; ``UsageError`` for a split or kind that there is not.
    """
    picking = picking or Picking()
    wanted = {**picking.where, **_split(published, picking.split)}
    read = _reader(published, kind)
    files = files_of(published, path)
    imported = Imported((*files, *_beside(published, files)), iter(()))
    rows: Iterable[Found] = _wanted(_counted(read(files), imported), wanted)
    if picking.limit is not None:
        rows = _sample(rows, picking.limit, picking.seed)
    imported.rows = _checked(rows, kind)
    return imported


def files_of(published: Published, path: Path) -> tuple[Path, ...]:
    """Return the files to read. Raises ``CaseError`` where there is none."""
    if path.is_file():
        return (path,)
    if not path.exists():
        raise CaseError(f"{path} does not exist; give {published.title}'s file or its folder")
    for pattern in published.files:
        found = sorted(each for each in path.rglob(pattern) if each.is_file())
        if found:
            return tuple(found)
    raise CaseError(
        f"{path} holds no file of {published.title} ({' or '.join(published.files)}); "
        f"name the file itself"
    )


def _beside(published: Published, files: Iterable[Path]) -> Iterator[Path]:
    for path in files:
        for name in published.beside:
            if path.name != name and path.with_name(name).is_file():
                yield path.with_name(name)


def _reader(published: Published, kind: Kind) -> Reader:
    if kind == "cases":
        return published.cases
    if published.labelled is None:
        raise UsageError(f"{published.title} holds no judged answers: import it as cases")
    return published.labelled


def _split(published: Published, name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    if name not in published.splits:
        known = ", ".join(published.splits) or "none"
        raise UsageError(
            f"{published.title} has no split {name!r}.{nearest(name, published.splits)} "
            f"There are: {known}"
        )
    tag, value = published.splits[name]
    return {tag: value}


def _counted(rows: Iterable[Found], imported: Imported) -> Iterator[Found]:
    for row in rows:
        imported.read += 1
        yield row


def _wanted(rows: Iterable[Found], wanted: Mapping[str, str]) -> Iterator[Found]:
    for found in rows:
        tags = found.row.get("tags", {})
        unknown = [tag for tag in wanted if tag not in tags]
        if unknown:
            raise UsageError(
                f"{found.path}:{found.line}: rows have no tag {unknown[0]!r}."
                f"{nearest(unknown[0], tags)} They have {', '.join(sorted(tags)) or 'none'}"
            )
        if all(tags[tag] == value for tag, value in wanted.items()):
            yield found


def _sample(rows: Iterable[Found], limit: int, seed: int) -> Iterator[Found]:
    some = False

    def seen() -> Iterator[Found]:
        nonlocal some
        for row in rows:
            some = True
            yield row

    taken = sampled(seen(), limit, seed)
    if some and not taken:
        raise UsageError(
            f"--limit {limit}: rows that belong together are more than that; give a greater limit"
        )
    yield from taken


def _checked(rows: Iterable[Found], kind: Kind) -> Iterator[dict[str, Any]]:
    """Yield rows that are well formed and have ids of their own."""
    seen: set[str] = set()
    for found in rows:
        row, place = found.row, f"{found.path}:{found.line}"
        checked = read_row(row if kind == "cases" else _as_case(row))
        if not isinstance(checked, Case):
            raise CaseError(f"{place}: {checked[0]}")
        if checked.id in seen:
            raise CaseError(f"{place}: id {checked.id!r} stands twice; is a file given twice?")
        seen.add(checked.id)
        yield row


def _as_case(row: dict[str, Any]) -> dict[str, Any]:
    """A labelled row as a case, to be checked as one."""
    own = ("id", "group", "tags")
    inputs = {key: value for key, value in row.items() if key not in own}
    return {"inputs": inputs, **{key: row[key] for key in own if key in row}}
