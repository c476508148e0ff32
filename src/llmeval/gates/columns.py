"""Observations as compact columns: one pass over the record, and no response is kept."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Hashable, Iterable
from copy import copy
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from llmeval.records import ANSWERED, NotScored, Observation, Score, deployed_model_of

__all__ = ["MEANINGLESS", "NONE", "UNPLACED", "Columns", "Frame", "ScoreColumn", "Vocabulary"]

NONE: Final = "(none)"
"""The slice of samples that lack the tag."""

ABSENT, SCORED, UNSCORED = 0, 1, 2

UNPLACED: Final = -1
"""The deployed model of a failed call that does not tell which one it met."""

MEANINGLESS: Final = -2
"""The label of a score whose answer holds no value: it is like no other, not even such a one."""


class Vocabulary(dict[Hashable, int]):
    """A code for each word: 0, 1, … in order of first appearance."""

    def __missing__(self, word: Hashable) -> int:
        self[word] = code = len(self)
        return code


class ScoreColumn:
    """One scorer's findings; ``status`` is ABSENT, SCORED or UNSCORED.

    ``label`` stands for what the answer means: equal codes agree; -1 where nothing was scored.
    ``signatures`` are by row, where the scorer left one in its evidence.
    """

    __slots__ = ("label", "signatures", "status", "value")

    def __init__(self) -> None:
        self.value, self.status, self.label = array("d"), array("b"), array("q")
        self.signatures: dict[int, str] = {}

    def pad(self, rows: int) -> None:
        """Fill rows on which this scorer left nothing."""
        missing = rows - len(self.value)
        if missing > 0:
            self.value.extend([math.nan] * missing)
            self.status.extend([ABSENT] * missing)
            self.label.extend([-1] * missing)


class Words:
    """What codes mean; shared between a run and its baseline, so that equal codes are equal."""

    def __init__(self) -> None:
        self.tests, self.cases, self.clusters = Vocabulary(), Vocabulary(), Vocabulary()
        self.labels, self.tag_values, self.repetitions = Vocabulary(), Vocabulary(), Vocabulary()
        self.deployed = Vocabulary()


class Frame:
    """The samples of one suite on one model, a row each. ``group`` is -1 where there is none,
    ``deployed`` UNPLACED; ``latency`` and ``ttft`` are seconds, NaN where not measured."""

    def __init__(self) -> None:
        self.test, self.case, self.repetition = array("q"), array("q"), array("q")
        self.cluster, self.group, self.deployed = array("q"), array("q"), array("q")
        self.answered, self.cached, self.truncated = array("b"), array("b"), array("b")
        self.latency, self.ttft, self.tokens = array("d"), array("d"), array("d")
        self.scores: dict[str, ScoreColumn] = {}
        self.tags: dict[str, array[int]] = {}
        self.outcomes: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self.test)

    def clustered(self, tag: str, words: Words) -> Frame:
        """Return this frame with the values of ``tag`` as clusters, where a row has one."""
        made = copy(self)
        base = len(words.clusters)
        made.cluster = array(
            "q",
            (
                old if code < 0 else base + code
                for old, code in zip(self.cluster, self.tags[tag], strict=True)
            ),
        )
        return made

    def finish(self) -> None:
        """Make all columns equally long."""
        for column in self.scores.values():
            column.pad(len(self))
        for tag in self.tags.values():
            tag.extend([-1] * (len(self) - len(tag)))


def ints(column: array[int]) -> NDArray[Any]:
    """View a column as a numpy array without copying."""
    return np.frombuffer(column, dtype=np.int8 if column.typecode == "b" else np.int64)


def floats(column: array[float]) -> NDArray[np.float64]:
    """View a column as a numpy array without copying."""
    return np.frombuffer(column, dtype=np.float64)


def _meaning(score: Score, words: Words) -> int:
    """Return the code of the value that the scorer read in the answer, else of its label.

    A scorer that reads values puts ``value_hash`` into its evidence; it is ``None`` for an answer
    that holds none.
    """
    evidence = score.evidence or {}
    if "value_hash" in evidence:
        read = evidence["value_hash"]
        return MEANINGLESS if read is None else words.labels["value", str(read)]
    return words.labels[score.value if score.label is None else score.label]


class Columns:
    """All frames of a record by (model, suite), and what is counted over the whole.

    ``versions`` are those that answered, by (model, deployed model)."""

    def __init__(self, words: Words | None = None) -> None:
        self.words = words or Words()
        self.frames: dict[tuple[str, str], Frame] = {}
        self.versions: dict[tuple[str, str], set[str]] = {}
        self.hard_failures = 0
        self.cost: float | None = 0.0
        self.usage: list[int | None] = [None, None, None]
        self.attempts = self.cached = 0

    @classmethod
    def of(cls, observations: Iterable[Observation], words: Words | None = None) -> Columns:
        """Read all observations once."""
        columns = cls(words)
        for observation in observations:
            columns._add(observation)
        for frame in columns.frames.values():
            frame.finish()
        return columns

    @property
    def models(self) -> list[str]:
        """Models in order of appearance."""
        return list(dict.fromkeys(model for model, _ in self.frames))

    def _add(self, o: Observation) -> None:
        frame = self.frames.get((o.model, o.suite))
        if frame is None:
            frame = self.frames[o.model, o.suite] = Frame()
        words, row = self.words, len(frame)
        frame.test.append(words.tests[o.suite, o.test])
        frame.case.append(words.cases[o.case_id])
        frame.repetition.append(words.repetitions[o.repetition])
        unit: Hashable = (o.suite, o.case_id) if o.group is None else o.group
        cluster = words.clusters[unit]
        frame.cluster.append(cluster)
        frame.group.append(-1 if o.group is None else cluster)
        deployed = deployed_model_of(o)
        frame.deployed.append(UNPLACED if deployed is None else words.deployed[deployed])
        frame.answered.append(o.outcome == ANSWERED)
        frame.cached.append(o.cached)
        frame.outcomes[o.outcome] += 1
        times = o.timings
        frame.latency.append(math.nan if times.latency is None else times.latency)
        frame.ttft.append(math.nan if times.ttft is None else times.ttft)
        tokens = o.usage.output_tokens
        frame.tokens.append(math.nan if tokens is None else tokens)
        response = o.response
        frame.truncated.append(response is not None and response.finish_reason == "length")
        for tag, value in o.tags.items():
            column = frame.tags.setdefault(tag, array("q"))
            column.extend([-1] * (row - len(column)))
            column.append(words.tag_values[value])
        self._add_scores(frame, o, row)
        self._count(o)

    def _add_scores(self, frame: Frame, o: Observation, row: int) -> None:
        for score in o.scores:
            column = frame.scores.get(score.scorer)
            if column is None:
                column = frame.scores[score.scorer] = ScoreColumn()
            column.pad(row)
            value, status, label = math.nan, UNSCORED, -1
            if not isinstance(score, NotScored) and 0.0 <= score.value <= 1.0:
                value, status = score.value, SCORED
                label = _meaning(score, self.words)
                self.hard_failures += score.scorer == "assert" and value == 0.0
            if len(column.value) > row:
                # A second finding of one scorer: keep the one that speaks against the endpoint.
                if status == SCORED and not value < column.value[row]:
                    continue
                column.value.pop(), column.status.pop(), column.label.pop()
            column.value.append(value)
            column.status.append(status)
            column.label.append(label)
            if (
                not isinstance(score, NotScored)
                and score.evidence
                and "signature" in score.evidence
            ):
                column.signatures[row] = str(score.evidence["signature"])

    def _count(self, o: Observation) -> None:
        self.attempts += o.attempts
        self.cached += o.cached
        if o.cost_usd is None:
            self.cost = None
        elif self.cost is not None:
            self.cost += o.cost_usd
        used = (o.usage.input_tokens, o.usage.output_tokens, o.usage.thinking_tokens)
        for place, number in enumerate(used):
            if number is not None:
                self.usage[place] = (self.usage[place] or 0) + number
        deployed = deployed_model_of(o)
        if o.response is not None and deployed is not None:
            versions = self.versions.setdefault((o.model, deployed), set())
            if o.response.model_version:
                versions.add(o.response.model_version)
