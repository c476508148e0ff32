"""What gates are decided upon, with what they have in common worked out once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llmeval.calibration import Calibration
from llmeval.gates.columns import Columns, Frame, ints
from llmeval.gates.coverage import Covered, covered
from llmeval.gates.metric import Metric
from llmeval.gates.units import Rows
from llmeval.records import RunInfo

__all__ = ["Seen"]


class Seen:
    """A record, its baseline, its run, and how often scorers are wrong."""

    def __init__(
        self,
        columns: Columns,
        base: Columns | None,
        run: RunInfo | None,
        calibrations: Sequence[Calibration] = (),
    ) -> None:
        self.columns, self.base, self.run = columns, base, run
        self.calibrations = calibrations
        self._covered: dict[tuple[str, str], Covered] = {}
        self._rows: dict[tuple[str, str, str], Rows] = {}

    def coverage(self, model: str, suite: str) -> Covered:
        """What was planned and recorded of a suite, and what is wrong with it."""
        key = (model, suite)
        if key not in self._covered:
            self._covered[key] = covered(self.columns, model, suite, self.run)
        return self._covered[key]

    def rows(self, frame: Frame, key: tuple[str, str], metric: Metric) -> Rows:
        """The samples on which the metric's scorer was to give a score."""
        full = (*key, "" if metric.kind in ("timing", "errors") else metric.scorer)
        if full not in self._rows:
            self._rows[full] = self._scored_rows(frame, key[1], full[2])
        return self._rows[full]

    def _scored_rows(self, frame: Frame, suite: str, scorer: str) -> Rows:
        tests = ints(frame.test)
        if not scorer:
            return np.arange(tests.size)
        codes = {
            self.columns.words.tests[suite, info.test]
            for info in (self.run.suites if self.run else ())
            if info.suite == suite and any(s.name == scorer for s in info.scorers)
        }
        if scorer in frame.scores:
            codes |= set(np.unique(tests[ints(frame.scores[scorer].status) != 0]).tolist())
        return np.flatnonzero(np.isin(tests, list(codes)))
