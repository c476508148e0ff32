"""Scorers in micro-batches, off the event loop: whatever has gathered while the last batch ran."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from llmeval.ports import Judge, JudgeScorer, Scorer
from llmeval.records import NotScored, Sample, Score
from llmeval.run.judging import judged, plausible

__all__ = ["ScoringRoom", "score_batch"]

Finding = Score | NotScored
_MOST: Final = 64


class ScoringRoom:
    """Scores the samples of one test. Lives on one event loop; one batch at a time, while judges
    are asked for each sample by itself."""

    def __init__(self, scorers: Sequence[Scorer], pool: ThreadPoolExecutor) -> None:
        self._all = scorers
        self._judged = [s for s in scorers if isinstance(s, JudgeScorer)]
        self._scorers = [s for s in scorers if not isinstance(s, JudgeScorer)]
        self._pool = pool
        self._waiting: list[tuple[Sample, asyncio.Future[list[Finding]]]] = []
        self._running: asyncio.Task[None] | None = None

    @property
    def judgements(self) -> int:
        """How many scorers' verdicts come from models."""
        return len(self._judged)

    async def score(self, sample: Sample, judges: Sequence[Judge] = ()) -> list[Finding]:
        """Return one finding a scorer, in the order of declaration.

        Raises ``Halted`` where the run stops while judges are asked.
        """
        if not self._judged:
            return await self._plain(sample)
        plain, verdicts = await asyncio.gather(
            self._plain(sample),
            asyncio.gather(*(judged(scorer, sample, judges) for scorer in self._judged)),
        )
        found = iter(plain), iter(verdicts)
        return [next(found[isinstance(scorer, JudgeScorer)]) for scorer in self._all]

    async def _plain(self, sample: Sample) -> list[Finding]:
        if not self._scorers:
            return []
        future: asyncio.Future[list[Finding]] = asyncio.get_running_loop().create_future()
        self._waiting.append((sample, future))
        if self._running is None:
            self._running = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                samples = [sample for sample, _ in batch]
                try:
                    found = await loop.run_in_executor(
                        self._pool, score_batch, self._scorers, samples
                    )
                except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), findings in zip(batch, found, strict=True):
                    if not future.done():
                        future.set_result(findings)
        finally:
            self._running = None


def score_batch(scorers: Sequence[Scorer], samples: Sequence[Sample]) -> list[list[Finding]]:
    """Return each sample's findings. A scorer that crashes has scored nothing, and says so."""
    columns = [_column(scorer, samples) for scorer in scorers]
    return [list(row) for row in zip(*columns, strict=True)]


def _column(scorer: Scorer, samples: Sequence[Sample]) -> list[Finding]:
    try:
        return _checked(scorer, scorer.score(samples), len(samples))
    except BaseException as error:  # noqa: BLE001 - a scorer may raise anything, SystemExit too
        if len(samples) == 1:
            reason = f"{type(error).__name__}: {error}"[:500]
            return [NotScored(scorer.identity.name, "scorer_error", reason)]
    return [_column(scorer, [sample])[0] for sample in samples]


def _checked(scorer: Scorer, found: Sequence[Finding], expected: int) -> list[Finding]:
    if len(found) != expected:
        raise ValueError(f"{expected} samples, but {len(found)} findings")
    return [plausible(scorer.identity.name, finding) for finding in found]
