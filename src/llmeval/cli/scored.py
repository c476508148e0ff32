"""Rows of ``llmeval score``: reading them, and adding up what was found."""

from __future__ import annotations

import json
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from llmeval.errors import UsageError
from llmeval.records import PASS_MARK, Case, Message, NotScored, Response, Sample, Score

__all__ = [
    "Row",
    "Tally",
    "cluster_of",
    "finding_line",
    "finding_of",
    "group_of",
    "parsed",
    "read_rows",
]

_BOM = b"\xef\xbb\xbf"
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Row:
    """One line of input: its id as written, and either a sample or why there is none; ``group`` is
    what it stands or falls with, if it says so."""

    id: str | int
    sample: Sample | NotScored
    group: str | None = None


def read_rows(lines: Iterable[bytes], source: str, scorer: str, *, keep: bool) -> Iterator[Row]:
    """Yield a row for each line that is not blank; one line is in memory at a time.

    A bad line raises ``UsageError`` with its number; with ``keep`` it is a row that is not scored.
    """
    for number, line in enumerate(lines, 1):
        content = line.removeprefix(_BOM) if number == 1 else line
        if not content or content.isspace():
            continue
        try:
            yield _row(content, number, scorer)
        except ValueError as error:
            if not keep:
                raise UsageError(
                    f"{source}: line {number}: {error}; mend it, or give --skip-bad to count it "
                    f"as not scored"
                ) from None
            yield Row(number, NotScored(scorer, "bad_line", f"line {number}: {error}"))


def _row(line: bytes, number: int, scorer: str) -> Row:
    row = parsed(line)
    if not isinstance(row, dict):
        raise ValueError(f"a JSON object is needed, not {_kind(row)}")
    identity = row.get("id", number)
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise ValueError(f"'id' must be text or a whole number, not {_kind(identity)}")
    if "response" not in row:
        raise ValueError("'response', the answer to score, is missing")
    text, group = row["response"], group_of(row)
    if text is None:
        return Row(identity, NotScored(scorer, "no_response", "the row's response is null"), group)
    if not isinstance(text, str):
        raise ValueError(f"'response' must be text, not {_kind(text)}")
    return Row(identity, _sample(str(identity), text, row), group)


def parsed(line: bytes) -> Any:
    """Return a line's JSON; raises ``ValueError`` that says what is wrong with it."""
    try:
        # Lone surrogates are no characters, yet some writers put them out as if they were.
        return json.loads(line.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"invalid JSON at column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _sample(identity: str, text: str, row: dict[str, Any]) -> Sample:
    expected = row["expected"] if row.get("expected") is not None else row.get("reference")
    inputs = {k: v for k, v in row.items() if k not in ("id", "response", "group")}
    prompt = row.get("prompt")
    case = Case(identity, inputs, expected, group=group_of(row))
    said = (Message("user", prompt),) if isinstance(prompt, str) else ()
    finish, safety = row.get("finish_reason"), row.get("safety")
    response = Response(
        text,
        finish if isinstance(finish, str) else "stop",
        [rating for rating in safety if isinstance(rating, dict)]
        if isinstance(safety, list)
        else [],
    )
    return Sample(case, said, response)


def group_of(row: dict[str, Any]) -> str | None:
    """Return what the row stands or falls with, if it says so: a text or a whole number.

    Raises ``ValueError`` for any other: rows whose group went unread would pass for independent.
    """
    group = row.get("group")
    if group is None or isinstance(group, str):
        return group
    if isinstance(group, int) and not isinstance(group, bool):
        return str(group)
    raise ValueError(f"'group' must be text or a whole number, not {_kind(group)}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


@dataclass(slots=True)
class Tally:
    """What was found so far: 17 bytes a row, whatever the rows hold.

    Rows with the same ``group``, else with the same id, are one cluster: they are not independent.
    """

    passed: array[int] = field(default_factory=lambda: array("b"))
    clusters: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    labels: Counter[str] = field(default_factory=Counter)
    not_scored: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row, found: Score | NotScored) -> None:
        """Count one row."""
        self.clusters.append(cluster_of(row))
        if isinstance(found, NotScored):
            self.not_scored[found.not_scored] += 1
            self.passed.append(0)
            self.values.append(math.nan)
            return
        self.passed.append(found.value >= PASS_MARK)
        self.values.append(found.value)
        if found.label is not None:
            self.labels[found.label] += 1

    def summary(self) -> dict[str, Any]:
        """Return counts and estimates with their two-sided 95 % interval.

        ``pass_rate`` is over all rows, where a row that was not scored has not passed; ``mean`` is
        over the scored rows, and null where there is none.
        """
        import numpy as np

        clusters = np.frombuffer(self.clusters, dtype=np.int64)
        passed = np.frombuffer(self.passed, dtype=np.int8).astype(float)
        values = np.frombuffer(self.values, dtype=float)
        there = ~np.isnan(values)
        return {
            "rows": len(self.passed),
            "scored": int(there.sum()),
            "not_scored": dict(sorted(self.not_scored.items())),
            "labels": dict(self.labels.most_common()),
            "confidence": CONFIDENCE,
            "pass_rate": _estimate(passed, clusters),
            "mean": _estimate(values[there], clusters[there]) if there.any() else None,
        }


def cluster_of(row: Row) -> int:
    """Return a number that rows with the same ``group``, else with the same id, share."""
    return hash((row.group is None, row.group if row.group is not None else row.id))


def _estimate(values: Any, clusters: Any) -> Any:
    from llmeval.stats import estimate

    return estimate(values, clusters=clusters, confidence=CONFIDENCE)


def finding_line(row: Row, found: Score | NotScored) -> dict[str, Any]:
    """Return the line of output for one row."""
    if isinstance(found, NotScored):
        return {
            "id": row.id,
            "scorer": found.scorer,
            "not_scored": found.not_scored,
            "reason": found.reason,
        }
    line: dict[str, Any] = {"id": row.id, "scorer": found.scorer, "value": found.value}
    line |= {"label": found.label, "explanation": found.explanation, "evidence": found.evidence}
    return line


def finding_of(line: Any) -> tuple[str | int, Score | NotScored]:
    """Return the id and the finding of a line that ``finding_line`` made.

    Raises ``ValueError`` for anything else.
    """
    import msgspec

    if not isinstance(line, dict) or not isinstance(line.get("id"), str | int):
        raise ValueError("a JSON object with an 'id' is needed")
    plain = {name: value for name, value in line.items() if name != "id"}
    try:
        if "not_scored" in plain:
            return line["id"], msgspec.convert(plain, NotScored)
        score = msgspec.convert(plain, Score)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None
    if not 0 <= score.value <= 1:
        raise ValueError(f"the value {score.value:g} does not lie in 0 … 1")
    return line["id"], score
