"""WinoBias's and Winogender's own figures in the summary of ``llmeval score``."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmeval.cli.scored import CONFIDENCE, Row, cluster_of
from llmeval.records import PASS_MARK, Case, NotScored, Sample, Score
from llmeval.scorers.fairness.coreference import Unfit
from llmeval.scorers.fairness.pronouns import marked_sentence, schema_sentence
from llmeval.scorers.findings import Missing

if TYPE_CHECKING:
    from llmeval.records import Estimate

__all__ = ["WinoBiasTally", "WinogenderTally"]

_GENDERS = ("male", "female", "neutral")


@dataclass(slots=True)
class _Cell:
    """The answers of one cell: 17 bytes an answer. ``pairs`` name the sentence."""

    values: array[int] = field(default_factory=lambda: array("b"))
    clusters: array[int] = field(default_factory=lambda: array("q"))
    pairs: array[int] = field(default_factory=lambda: array("q"))

    def add(self, value: bool, cluster: int, pair: str) -> None:
        self.values.append(value)
        self.clusters.append(cluster)
        self.pairs.append(hash(pair))

    def rate(self) -> Estimate | None:
        """Return the share with its interval; ``None`` for an empty cell."""
        import numpy as np

        from llmeval.stats import estimate

        if not self.values:
            return None
        clusters = np.frombuffer(self.clusters, dtype=np.int64)
        return estimate(list(self.values), clusters=clusters, kind="rate", confidence=CONFIDENCE)

    def means(self) -> dict[int, float]:
        """Return the mean of each sentence."""
        import numpy as np

        pairs, of = np.unique(np.array(self.pairs), return_inverse=True)
        sums = np.bincount(of, weights=np.array(self.values)) / np.bincount(of)
        return dict(zip(pairs.tolist(), sums.tolist(), strict=True))


def _gap(one: _Cell, other: _Cell) -> Estimate | None:
    """Return by how much ``one`` is above ``other`` over the sentences that both hold."""
    from llmeval.stats import difference

    if not (one.values and other.values):
        return None
    ours, theirs = one.means(), other.means()
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        return None
    return difference(
        [theirs[pair] for pair in both], [ours[pair] for pair in both], confidence=CONFIDENCE
    )


@dataclass(slots=True)
class _Coreference:
    """Answers by cell, and by occupation and gender. An answer that was not scored is not right; a
    row that is none of the data set's is in no cell, and counted in ``unplaced``."""

    cells: dict[tuple[str, str], _Cell] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    by_occupation: dict[tuple[str, str], _Cell] = field(default_factory=dict)
    unplaced: int = 0

    def add(self, row: Row, found: Score | NotScored) -> None:
        """Count one row."""
        if not isinstance(row.sample, Sample):
            return
        try:
            told = self.facts_of(row.sample.case)
        except (Missing, Unfit):
            self.unplaced += 1
            return
        right = isinstance(found, Score) and found.value >= PASS_MARK
        cluster, pair = cluster_of(row), told["pair"]
        for key in self.keys_of(told):
            self.cells.setdefault(key, _Cell()).add(right, cluster, pair)
        chosen = (found.evidence or {}).get("choice") if isinstance(found, Score) else None
        occupation, value = self.of_occupation({**told, "choice": chosen}, right)
        cell = self.by_occupation.setdefault((occupation, told["gender"]), _Cell())
        cell.add(value, cluster, pair)
        if "share_of_women" in told:
            self.shares[occupation] = told["share_of_women"]

    def facts_of(self, case: Case) -> dict[str, Any]:
        """Return what a row is about; raises ``Missing`` or ``Unfit`` for a row that is none."""
        raise NotImplementedError

    def keys_of(self, told: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Return the cells that a row counts in."""
        raise NotImplementedError

    def of_occupation(self, told: Mapping[str, Any], right: bool) -> tuple[str, bool]:
        """Return the occupation that a row is about, and what counts there."""
        raise NotImplementedError

    def by_share(self) -> dict[str, Any] | None:
        """Return the correlation, over occupations, of the share of women with how much more often
        the value holds for a female pronoun than for a male one; ``None`` below four of them."""
        from llmeval.stats import correlation

        shares, gaps = [], []
        for occupation, share in sorted(self.shares.items()):
            women, men = (
                self.by_occupation.get((occupation, gender)) for gender in ("female", "male")
            )
            if women and men:
                shares.append(share)
                gaps.append(
                    sum(women.values) / len(women.values) - sum(men.values) / len(men.values)
                )
        if len(shares) < 4:
            return None
        return {"occupations": len(shares), "correlation": correlation(shares, gaps)}


@dataclass(slots=True)
class WinoBiasTally(_Coreference):
    """Accuracy on sentences that agree with the stereotype and on those against it, by type."""

    def facts_of(self, case: Case) -> dict[str, Any]:
        people, gold, facts = marked_sentence(case)
        return {"gold": people[gold], **facts}

    def keys_of(self, told: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        kinds = ["all"] + ([f"type{told['type']}"] if told.get("type") else [])
        return [(kind, told["stereotype"]) for kind in kinds]

    def of_occupation(self, told: Mapping[str, Any], right: bool) -> tuple[str, bool]:
        return str(told["gold"]), right

    def summary(self) -> dict[str, Any]:
        """Return ``by_type``: type -> accuracy ``pro`` and ``anti``, and their ``gap`` (pro minus
        anti over the sentences that have both), each with its interval."""
        made: dict[str, Any] = {}
        for kind in sorted({kind for kind, _ in self.cells}):
            pro, anti = (self.cells.get((kind, side), _Cell()) for side in ("pro", "anti"))
            made[kind] = {"pro": pro.rate(), "anti": anti.rate(), "gap": _gap(pro, anti)}
        return {
            "by_type": made,
            "by_share_of_women": self.by_share(),
            "in_no_cell": self.unplaced,
        }

    def lines(self) -> Iterator[str]:
        """Yield the summary as text."""
        for kind, cell in self.summary()["by_type"].items():
            yield (
                f"  {kind}: accuracy pro-stereotypical {_percent(cell['pro'])}, "
                f"anti-stereotypical {_percent(cell['anti'])}, gap {_points(cell['gap'])}"
            )
        yield from _share_lines(self.by_share(), "accuracy")


@dataclass(slots=True)
class WinogenderTally(_Coreference):
    """Accuracy by gender of the pronoun, and how often it is resolved to the occupation."""

    def facts_of(self, case: Case) -> dict[str, Any]:
        return schema_sentence(case)[2]

    def keys_of(self, told: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        return [("accuracy", told["gender"])]

    def of_occupation(self, told: Mapping[str, Any], right: bool) -> tuple[str, bool]:
        return str(told["occupation"]), told["choice"] == told["occupation"]

    def summary(self) -> dict[str, Any]:
        """Return ``by_gender`` with accuracies, the paired ``gap`` (female minus male),
        ``gender_parity`` (share of sentences answered alike for both genders), and by share of
        women in the occupation how much more often a female pronoun is resolved to it."""
        cells = {gender: self.cells.get(("accuracy", gender), _Cell()) for gender in _GENDERS}
        return {
            "by_gender": {gender: cell.rate() for gender, cell in cells.items() if cell.values},
            "gap": _gap(cells["female"], cells["male"]),
            "gender_parity": _parity(cells["female"], cells["male"]),
            "by_share_of_women": self.by_share(),
            "in_no_cell": self.unplaced,
        }

    def lines(self) -> Iterator[str]:
        """Yield the summary as text."""
        found = self.summary()
        for gender, rate in found["by_gender"].items():
            yield f"  {gender}: accuracy {_percent(rate)}"
        yield (
            f"  female minus male {_points(found['gap'])}; answered alike for both "
            f"{_percent(found['gender_parity'])}"
        )
        yield from _share_lines(self.by_share(), "how often it is resolved to the occupation")


def _parity(one: _Cell, other: _Cell) -> Estimate | None:
    from llmeval.stats import estimate

    ours, theirs = (cell.means() if cell.values else {} for cell in (one, other))
    both = sorted(ours.keys() & theirs.keys())
    alike = [float(ours[pair] == theirs[pair]) for pair in both]
    return estimate(alike, confidence=CONFIDENCE) if alike else None


def _percent(found: Estimate | None) -> str:
    from llmeval.report.numbers import percent

    if found is None:
        return "–"
    return f"{percent(found.value)} ({percent(found.low)} … {percent(found.high)})"


def _points(found: Estimate | None) -> str:
    if found is None:
        return "–"
    value, low, high = (100 * x for x in (found.value, found.low, found.high))
    return f"{value:+.1f} points ({low:+.1f} … {high:+.1f}, {found.n:,} pairs)"


def _share_lines(found: Mapping[str, Any] | None, what: str) -> Iterator[str]:
    if found:
        r = found["correlation"]
        yield (
            f"  correlation of the share of women with the gap in {what}: {r.value:+.2f} "
            f"({r.low:+.2f} … {r.high:+.2f}, {found['occupations']} occupations)"
        )
