"""Metrics: ``suite.scorer.statistic`` taken apart, and checked against what will be measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from llmeval.errors import GatesError, nearest
from llmeval.gates.declared import Gate, GateSet
from llmeval.records import SuiteInfo

__all__ = ["TIMINGS", "Metric", "check_metrics", "parse_metric"]

TIMINGS: Final = ("ttft", "e2e", "tpot")
STATISTICS: Final = (
    *("pass_rate", "rate", "mean", "p50", "p90", "p95", "p99"),
    *("pass_hat_k", "pass_hat_3", "any_rate", "any_rate_3", "max_mean"),
    *("agreement", "repeat_agreement", "consistency"),
    *("ratio", "gap", "mean_ratio", "mean_gap"),
    *("label_effect", "value_effect", "content_effect"),
)
DISPARITIES: Final = ("ratio", "gap", "mean_ratio", "mean_gap")
DESCRIBING: Final = (
    *("agreement", "repeat_agreement", "consistency"),
    *("label_effect", "value_effect", "content_effect"),
)
"""Statistics that compare samples: all that can be said of scorers that judge none."""
EFFECTS: Final = ("label_effect", "value_effect", "content_effect")

_SHAPE: Final = re.compile(r"(?P<suite>.+?)\.(?P<scorer>[^.]+)\.(?P<statistic>p\d+\.\d+|[^.]+)")
_QUANTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d{1,4})?)", re.ASCII)
_PASS_HAT: Final = re.compile(r"pass_hat_(k|[1-9]\d{0,3})", re.ASCII)
_ANY_RATE: Final = re.compile(r"any_rate(?:_([1-9]\d{0,3}))?", re.ASCII)


class Metric(Struct, frozen=True):
    """A metric taken apart.

    ``kind`` says over what it is taken: ``timing`` (quantile of seconds a call), ``errors`` (share
    of calls without an answer), ``samples`` (``pass_rate``, ``rate``, ``mean``), ``quantile`` (of a
    scorer's value), ``cases`` (``pass_hat_k``, ``any_rate``, ``max_mean``, ``repeat_agreement``,
    ``consistency``), ``groups`` (``agreement``), ``disparity`` (of rates or means across the values
    of a tag), ``effects`` (by how much more the cases of a group differ than the repetitions of one
    case).
    ``quantile`` lies in (0, 1); ``k`` is that of ``pass_hat_k`` and ``any_rate_k``, where
    0 means all repetitions.
    """

    suite: str
    scorer: str
    statistic: str
    kind: Literal[
        "timing", "errors", "samples", "quantile", "cases", "groups", "disparity", "effects"
    ]
    quantile: float = 0.0
    k: int = 0

    @property
    def rising(self) -> bool:
        """Whether more is better."""
        if self.kind == "disparity":
            return self.statistic in ("ratio", "mean_ratio")
        bad = self.statistic in ("rate", "max_mean") or self.statistic.startswith("any_rate")
        return self.kind in ("quantile", "groups") or (
            self.kind in ("samples", "cases") and not bad
        )

    @property
    def seconds(self) -> bool:
        """Whether the unit is seconds; otherwise a share or score in 0..1."""
        return self.kind == "timing"


def parse_metric(text: str) -> Metric:
    """Take ``suite.scorer.statistic``, ``suite.ttft.p95`` or ``suite.error_rate`` apart.

    Raises ``GatesError`` with the nearest statistic for a word that is none.
    """
    suite, _, last = text.rpartition(".")
    if suite and last == "error_rate":
        return Metric(suite, "", last, "errors")
    match = _SHAPE.fullmatch(text)
    if not match:
        raise GatesError(
            f"metric {text!r} is not of the form suite.scorer.statistic, as in "
            f"'toxicity.toxicity.rate', 'latency.ttft.p95' or 'latency.error_rate'"
        )
    suite, scorer, word = match["suite"], match["scorer"], match["statistic"]
    quantile = _quantile(word)
    if scorer in TIMINGS:
        if quantile is None:
            raise GatesError(f"metric {text!r}: {scorer} has percentiles only, as {scorer}.p95")
        return Metric(suite, scorer, word, "timing", quantile)
    if quantile is not None:
        return Metric(suite, scorer, word, "quantile", quantile)
    if hat := _PASS_HAT.fullmatch(word):
        return Metric(suite, scorer, word, "cases", k=0 if hat[1] == "k" else int(hat[1]))
    if among := _ANY_RATE.fullmatch(word):
        return Metric(suite, scorer, word, "cases", k=int(among[1] or 0))
    if word in ("pass_rate", "rate", "mean"):
        return Metric(suite, scorer, word, "samples")
    if word in ("max_mean", "repeat_agreement", "consistency"):
        return Metric(suite, scorer, word, "cases")
    if word == "agreement":
        return Metric(suite, scorer, word, "groups")
    if word in DISPARITIES:
        return Metric(suite, scorer, word, "disparity")
    if word in EFFECTS:
        return Metric(suite, scorer, word, "effects")
    raise GatesError(f"metric {text!r}: unknown statistic {word!r}.{nearest(word, STATISTICS)}")


def _quantile(word: str) -> float | None:
    match = _QUANTILE.fullmatch(word)
    if not match or not 0 < float(match[1]) < 100:
        return None
    return float(match[1]) / 100


def check_metrics(gates: GateSet | Sequence[Gate], suites: Sequence[SuiteInfo]) -> None:
    """Raise ``GatesError`` for every gate on a suite, scorer or statistic that does not exist.

    ``suites`` are all that are known; whether they run in this session is not looked at.
    """
    listed = gates.gates if isinstance(gates, GateSet) else gates
    problems = [f"gate {g.id!r}: {p}" for g in listed if (p := _problem(g.metric, suites))]
    if problems:
        raise GatesError("\n".join(problems[:10]))


def _problem(text: str, suites: Iterable[SuiteInfo]) -> str | None:
    try:
        metric = parse_metric(text)
    except GatesError as error:
        return str(error)
    scorers: dict[str, set[str]] = {}
    for info in suites:
        scorers.setdefault(info.suite, set()).update(s.name for s in info.scorers)
    if metric.suite not in scorers:
        return (
            f"metric {text!r}: there is no suite {metric.suite!r}."
            f"{nearest(metric.suite, scorers) or _listed('suites', scorers)}"
        )
    if metric.kind in ("timing", "errors") or metric.scorer in scorers[metric.suite]:
        return None
    known = scorers[metric.suite]
    return (
        f"metric {text!r}: suite {metric.suite!r} has no scorer {metric.scorer!r}."
        f"{nearest(metric.scorer, [*known, *TIMINGS]) or _listed('scorers', known)}"
    )


def _listed(what: str, names: Iterable[str]) -> str:
    return f" Known {what}: {', '.join(sorted(names)) or 'none'}"
