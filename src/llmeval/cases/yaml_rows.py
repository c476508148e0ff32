"""YAML: a list of cases, read by the rules of YAML 1.2's core schema.

So ``no``, ``on`` and ``12:30`` are strings, as is ``2026-01-31``; only ``true``, ``false``,
``null`` and numbers are not. No tag builds anything, and an alias may not multiply the file.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from llmeval.cases.problems import Problems
from llmeval.cases.rows import MAX_DEPTH, CaseList
from llmeval.records import Case

__all__ = ["read_yaml"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EXPANSION = 10
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True}
_BOOLEANS |= {"false": False, "False": False, "FALSE": False}
_PREFIX = "tag:yaml.org,2002:"


class _Invalid(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class _Built(NamedTuple):
    """A value and what it costs to write it out: characters plus one for each node."""

    value: Any
    cost: int


class _Open:
    """A collection that is still being read."""

    def __init__(self, event: CollectionStartEvent) -> None:
        self.anchor: str | None = event.anchor
        self.is_mapping = isinstance(event, MappingStartEvent)
        self.items: list[Any] = []
        self.mapping: dict[str, Any] = {}
        self.key: str | None = None
        self.cost = 1

    @property
    def value(self) -> Any:
        return self.mapping if self.is_mapping else self.items

    def put(self, built: _Built, line: int) -> None:
        self.cost += built.cost
        if not self.is_mapping:
            self.items.append(built.value)
        elif self.key is None:
            self.key = self._checked_key(built.value, line)
        else:
            self.mapping[self.key] = built.value
            self.key = None

    def _checked_key(self, key: object, line: int) -> str:
        if not isinstance(key, str):
            raise _Invalid(line, f"the key {key!r:.60} is no string; put it in quotation marks")
        if key == "<<":
            raise _Invalid(line, "merge keys (<<) are not read; write the keys out")
        if key in self.mapping:
            raise _Invalid(line, f"the key {key!r:.60} stands twice in one mapping; remove one")
        return key


class _Builder:
    """Plain values from a stream of events, without recursion."""

    def __init__(self, size: int) -> None:
        self.rows: list[tuple[int, Any]] = []
        self._left = _EXPANSION * size + 10_000
        self._open: list[_Open] = []
        self._lines: list[int] = []
        self._anchors: dict[str, _Built] = {}
        self._documents = 0

    def feed(self, event: Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _Invalid(line, "a second document (---) begins; keep all cases in one list")
        elif isinstance(event, CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, ScalarEvent):
            self._put(_Built(_scalar(event, line), 1 + len(event.value)), event.anchor, line)
        elif isinstance(event, AliasEvent):
            self._put(self._alias(event, line), None, line)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._end()

    def _begin(self, event: CollectionStartEvent, line: int) -> None:
        if not self._open and not isinstance(event, SequenceStartEvent):
            raise _Invalid(line, "the file must be a list of cases; begin each with '- id: …'")
        if len(self._open) > MAX_DEPTH:
            raise _Invalid(line, f"nested more than {MAX_DEPTH} levels deep; flatten it")
        _check_tag(event, ("map", "seq"), line)
        self._open.append(_Open(event))
        self._lines.append(line)

    def _end(self) -> None:
        done = self._open.pop()
        line = self._lines.pop()
        if self._open:
            self._put(_Built(done.value, done.cost), done.anchor, line)

    def _put(self, built: _Built, anchor: str | None, line: int) -> None:
        if not self._open:
            if built.value is not None:
                raise _Invalid(line, "the file must be a list of cases; begin each with '- id: …'")
            return
        if anchor is not None:
            self._anchors[anchor] = built
        self._open[-1].put(built, line)
        if len(self._open) == 1:
            self.rows.append((line, built.value))

    def _alias(self, event: AliasEvent, line: int) -> _Built:
        built = self._anchors.get(str(event.anchor))
        if built is None:
            raise _Invalid(line, f"the alias *{event.anchor} stands for nothing written before it")
        self._left -= built.cost
        if self._left < 0:
            raise _Invalid(line, f"aliases make the file more than {_EXPANSION} times as large")
        return built


def read_yaml(text: str, problems: Problems) -> list[Case]:
    """Return the cases of a YAML text. Raises ``CaseError``; a row's line is where it begins."""
    builder = _Builder(len(text))
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.feed(event)
    except _Invalid as invalid:
        problems.stop(invalid.line, str(invalid))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problems.stop(line, f"invalid YAML at column {column}: {error.problem or error.context}")
    except yaml.YAMLError as error:
        problems.stop(1, f"invalid YAML: {' '.join(str(error).split())}")
    found = CaseList(problems)
    for line, row in builder.rows:
        found.add_row(row, line)
    return found.finish()


def _scalar(event: ScalarEvent, line: int) -> Any:
    _check_tag(event, ("str",), line)
    text: str = event.value
    if event.style or event.tag is not None:
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        return float(text.lower().replace(".", ""))
    return text


def _check_tag(event: NodeEvent, known: tuple[str, ...], line: int) -> None:
    tag: str | None = getattr(event, "tag", None)
    if tag not in (None, "!", *(_PREFIX + name for name in known)):
        raise _Invalid(line, f"the tag {tag!r:.60} is not read; write plain YAML without tags")
