"""From a path to cases: which format, and what can be wrong with the file as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from llmeval.cases.jsonl import read_jsonl
from llmeval.cases.problems import Problems
from llmeval.errors import CaseError, nearest
from llmeval.records import Case

__all__ = ["load_cases"]


def load_cases(path: Path) -> list[Case]:
    """Return the cases of a ``.jsonl``, ``.csv``, ``.yaml`` or ``.yml`` file, in order.

    There is at least one case and ids are unique. Raises ``CaseError``, which names file, line and
    field of up to five problems, and what to do.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise CaseError(
            f"{path}: cases are read from {', '.join(_READERS)}, not from {path.suffix or 'this'!r}"
        )
    _check_file(path)
    try:
        return reader(path)
    except OSError as error:
        raise CaseError(
            f"{path}: the case file cannot be read ({error.strerror}); check its permissions"
        ) from error


def _read_csv(path: Path) -> list[Case]:
    from llmeval.cases.csv_rows import read_csv

    problems = Problems(path)
    return read_csv(_text(path, problems), problems)


def _read_yaml(path: Path) -> list[Case]:
    from llmeval.cases.yaml_rows import read_yaml

    problems = Problems(path)
    return read_yaml(_text(path, problems), problems)


_READERS: dict[str, Callable[[Path], list[Case]]] = {
    ".jsonl": read_jsonl,
    ".csv": _read_csv,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
}


def _text(path: Path, problems: Problems) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = " (it looks like UTF-16)" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        problems.stop(
            line, f"not UTF-8{hint}: byte 0x{data[error.start]:02x}; save the file as UTF-8"
        )


def _check_file(path: Path) -> None:
    try:
        if path.is_file():
            return
        if path.is_dir():
            raise CaseError(f"{path} is a directory; name one file in it{_example(path)}")
        if path.exists():
            raise CaseError(f"{path} is not a regular file; copy the cases into one")
        raise CaseError(f"{path} does not exist.{_neighbour(path)} Paths are relative to the suite")
    except (OSError, ValueError) as error:
        raise CaseError(f"{str(path)!r:.200} cannot be looked up: {error}") from error


def _neighbour(path: Path) -> str:
    if not path.parent.is_dir():
        return f" Neither does its folder {path.parent}."
    return nearest(path.name, (entry.name for entry in path.parent.iterdir()))


def _example(path: Path) -> str:
    files = sorted(entry.name for entry in path.iterdir() if entry.suffix.lower() in _READERS)
    return f", such as {path / files[0]}" if files else ""
