"""``llmeval score`` by models that judge: ``--judge=REF``, its limits, its cache, its costs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmeval.cli.options import endpoint_options, positive, settings_here
from llmeval.cli.scored import Row
from llmeval.errors import UsageError
from llmeval.ports import JudgeScorer, Scorer
from llmeval.records import NotScored, Score

if TYPE_CHECKING:
    from llmeval.config import Config
    from llmeval.ports import Endpoint
    from llmeval.run.panel import JudgePanel

__all__ = ["Judging", "add_judge_arguments", "judging", "judging_line", "with_prompt"]


def add_judge_arguments(parser: argparse.ArgumentParser) -> None:
    """Register ``--judge`` and what bounds its calls."""
    group = parser.add_argument_group(
        "judges", "for judge, pairwise, giskard_check, and backends that are judges"
    )
    group.add_argument(
        "--judge",
        action="append",
        metavar="REF",
        help="the model that judges, as for --model (may be repeated: the majority decides)",
    )
    group.add_argument(
        "--concurrency", type=positive(int), metavar="N", help="calls at once (default 32)"
    )
    group.add_argument("--max-calls", type=positive(int), metavar="N", help="send no more calls")
    group.add_argument(
        "--budget", type=positive(float), metavar="USD", help="spend no more than this"
    )
    group.add_argument("--no-cache", action="store_true", help="ask every question anew")


@dataclass
class Judging:
    """A scorer that has its prompt, and the open judges it asks."""

    scorer: JudgeScorer
    panel: JudgePanel = field(repr=False)

    @property
    def refs(self) -> list[str]:
        """Who judges, as a record names them."""
        return [identity.ref for identity in self.panel.identities]

    def batches(self, rows: Iterator[Row]) -> Iterator[list[tuple[Row, Score | NotScored]]]:
        """Yield each row with its finding, as soon as it is there; see ``JudgePanel.findings``."""
        for found in self.panel.findings(self.scorer, ((row, row.sample) for row in rows)):
            yield [found]

    def summary(self) -> dict[str, Any]:
        """Return who judged, what it took, and why rows were left out (null: none was)."""
        return {
            "judges": self.panel.identities,
            "calls": self.panel.calls,
            "cost_usd": self.panel.cost_usd,
            "partial": self.panel.stopped,
        }


@contextmanager
def judging(scorer: Scorer, arguments: argparse.Namespace) -> Iterator[Judging | None]:
    """Open the judges that the scorer needs; ``None`` for a scorer that needs none.

    Raises ``UsageError`` where a judge is missing, or given to a scorer that asks none.
    """
    name = scorer.identity.name
    if not isinstance(scorer, JudgeScorer):
        if arguments.judge:
            raise UsageError(f"{name} asks no judge: leave --judge out")
        yield None
        return
    if arguments.jobs != 1:
        raise UsageError("--jobs is for scorers that ask no judge; judges have --concurrency")
    config = _settings(arguments)
    if not config.judge:
        raise UsageError(
            f"{name} needs a judge: give --judge=REF, such as --judge=gemini-2.5-flash, or set "
            f"judge under [tool.llmeval]"
        )
    from llmeval.endpoints import resolve

    prepared = _prepared(scorer, config)
    options = endpoint_options(config)
    with _panel(config, [resolve(ref, options=options) for ref in config.judge]) as panel:
        yield Judging(prepared, panel)


def with_prompt(scorer: Scorer) -> Scorer:
    """Return the scorer with its prompt, where it is a judge's; nobody is asked."""
    if not isinstance(scorer, JudgeScorer):
        return scorer
    return _prepared(scorer, settings_here())


def _prepared(scorer: JudgeScorer, config: Config) -> JudgeScorer:
    from llmeval.prompts import JudgeLibrary

    return scorer.with_template(JudgeLibrary([Path(config.prompts)]).load)


def judging_line(summary: Mapping[str, Any]) -> str:
    """Return who judged at what cost, for people; ``summary`` holds what ``Judging`` tells."""
    from llmeval.report.numbers import money

    names = ", ".join(judge.ref for judge in summary["judges"])
    cost = summary["cost_usd"]
    told = f"  judged by {names}: {summary['calls']:,} calls, "
    told += "cost not known" if cost is None else money(cost)
    left_out = summary["partial"]
    return f"{told}\n  PARTIAL: {left_out}; the other rows are left out" if left_out else told


def _settings(arguments: argparse.Namespace) -> Config:
    from llmeval.config import load_config

    given = {
        "judge": tuple(arguments.judge) if arguments.judge else None,
        "concurrency": arguments.concurrency,
        "max_calls": arguments.max_calls,
        "budget": arguments.budget,
        "no_cache": arguments.no_cache or None,
    }
    return load_config({k: v for k, v in given.items() if v is not None}, Path.cwd())


@contextmanager
def _panel(config: Config, judges: list[Endpoint]) -> Iterator[JudgePanel]:
    from llmeval.run.call import CallPolicy
    from llmeval.run.panel import JudgePanel
    from llmeval.run.wiring import Wiring
    from llmeval.store import ResponseCache

    with ExitStack() as held:
        cache = None
        if not config.no_cache and any(judge.identity.cacheable for judge in judges):
            cache = ResponseCache(Path(config.cache_dir) / "cache.sqlite")
            held.callback(cache.close)
        wiring = Wiring(
            record=lambda observation: None,
            policy=CallPolicy(
                config.timeout, config.max_attempts, config.retry_for, config.cache_ttl
            ),
            concurrency=config.concurrency,
            max_calls=config.max_calls,
            budget=config.budget,
            cache=cache,
            judges=judges,
            prices=config.prices,
            seed=config.seed,
        )
        yield held.enter_context(JudgePanel(wiring))
