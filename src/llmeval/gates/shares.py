"""A view's share of the samples: what its verdicts rest on, and what its traffic makes of them."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from llmeval.gates.columns import UNPLACED, Frame, Words, ints
from llmeval.gates.declared import Gate
from llmeval.gates.deployed import View
from llmeval.gates.metric import Metric
from llmeval.gates.units import NoUnits, Rows, Units, unit_keys, units_of, worst_value
from llmeval.gates.wording import plural
from llmeval.records import Verdict

__all__ = ["Share", "doubted", "own_and_lost", "told", "units_in"]

Mask = NDArray[np.bool_]


class Share(Struct, frozen=True):
    """What a view has of ``of`` samples.

    ``unplaced`` of its ``samples`` are failed calls that do not tell their deployed model;
    ``split`` counts the cases or groups that are left out since several deployed models answered.
    """

    samples: int
    of: int
    unplaced: int = 0
    split: int = 0


def own_and_lost(
    view: View, frame: Frame, rows: Rows, words: Words, *, unplaced: bool = True
) -> tuple[Mask, Mask]:
    """Return which of ``rows`` are the view's own, and which it shares with every other column.

    Without ``unplaced`` it shares none.
    """
    if view.deployed_model is None:
        return np.ones(rows.size, bool), np.zeros(rows.size, bool)
    codes = ints(frame.deployed)[rows]
    lost = codes == UNPLACED
    return codes == words.deployed.get(view.deployed_model, UNPLACED - 1), lost & unplaced


def units_in(
    view: View,
    frame: Frame,
    rows: Rows,
    metric: Metric,
    gate: Gate,
    words: Words,
    *,
    unplaced: bool = True,
) -> tuple[Units | NoUnits, Share]:
    """Return the units of ``metric`` over the view's part of ``rows``, and how much that is.

    A metric over cases or groups takes those whose samples are all the view's own: how several
    models fare together says nothing of one. ``unplaced=False`` leaves out the failed calls that
    do not tell their deployed model.
    """
    if view.deployed_model is None:
        return units_of(frame, rows, metric, gate, words), Share(rows.size, rows.size)
    own, lost = own_and_lost(view, frame, rows, words, unplaced=unplaced)
    share = Share(int(own.sum() + lost.sum()), rows.size, int(lost.sum()))
    if not own.any():
        text = f"none of {plural(rows.size, 'sample')} is known to have met this deployed model"
        return NoUnits(text, broken=False), share
    if metric.kind in ("cases", "groups", "effects"):
        return _undivided(frame, rows, own, lost, metric, gate, words)
    return units_of(frame, rows[own | lost], metric, gate, words), share


def _undivided(
    frame: Frame, rows: Rows, own: Mask, lost: Mask, metric: Metric, gate: Gate, words: Words
) -> tuple[Units | NoUnits, Share]:
    """Units that are whole in a column; one with a lost call that is not whole is a bad one."""
    if isinstance(all_units := units_of(frame, rows, metric, gate, words), NoUnits):
        return all_units, Share(rows.size, rows.size)
    if metric.kind in ("groups", "effects"):
        grouped = ints(frame.group)[rows] >= 0
        rows, own, lost = rows[grouped], own[grouped], lost[grouped]
    _, of = np.unique(unit_keys(frame, rows, metric, words), return_inverse=True)
    sizes = np.bincount(of)
    needed = np.minimum(sizes, metric.k) if metric.k else sizes
    whole = np.bincount(of, weights=own | lost) >= needed
    hurt = np.bincount(of, weights=lost) > 0
    split = int((~whole & ~hurt & (np.bincount(of, weights=own) > 0)).sum())
    kept, bad = whole[of] & (own | lost), ~whole[of] & lost
    share = Share(int(kept.sum() + bad.sum()), rows.size, int(lost.sum()), split)
    if not (kept & own).any():
        what = "case" if metric.kind == "cases" else "group"
        text = (
            f"{metric.statistic} is taken over a whole {what}, and of none did this deployed model "
            f"answer all samples: give it an endpoint of its own"
        )
        return NoUnits(text, broken=False), share
    units = units_of(frame, rows[kept], metric, gate, words)
    if bad.any() and not isinstance(units, NoUnits):
        units = _with_bad(units, frame, rows[bad], metric, gate, words)
    return units, share


def _with_bad(
    units: Units, frame: Frame, rows: Rows, metric: Metric, gate: Gate, words: Words
) -> Units:
    """Add a unit of the worst value for each that ``rows`` are a part of; none is a unit yet."""
    lost = units.failed + rows.size
    if gate.failures == "exclude":
        return structs.replace(units, failed=lost, seen=units.seen + rows.size)
    keys, first = np.unique(unit_keys(frame, rows, metric, words), return_index=True)
    clusters = ints(frame.cluster)[rows][first]
    return Units(
        np.concatenate([units.values, np.full(keys.size, worst_value(metric, gate))]),
        np.concatenate([units.keys, keys]),
        None if units.clusters is None else np.concatenate([units.clusters, clusters]),
        units.samples + rows.size,
        lost,
        units.seen + rows.size,
        np.concatenate([units.failures, np.ones(keys.size, bool)]),
    )


def doubted(found: Verdict, without: str, share: Share) -> Verdict:
    """Return INCONCLUSIVE for a FAIL that is none (``without`` is the verdict then) without the
    failed calls that may be another column's: a FAIL is a claim about this one."""
    if without == "FAIL":
        return found
    calls = plural(share.unplaced, "failed call")
    text = f"FAIL only with {calls} that may have met another deployed model: {found.explanation}"
    return structs.replace(found, verdict="INCONCLUSIVE", explanation=text)


def told(found: Verdict, share: Share, view: View) -> Verdict:
    """Add to a column's verdict what the traffic split makes of it: how many samples of the whole
    run would decide it, what counts twice, what was left out."""
    if view.deployed_model is None:
        return found
    needed = found.needed
    notes = []
    if found.verdict in ("INCONCLUSIVE", "ERROR") and share.samples < share.of:
        part = f"{share.samples:,} of {plural(share.of, 'sample')} fall to this column"
        if needed and share.samples:
            needed = math.ceil(needed * share.of / share.samples)
            part += f": that takes about {needed:,} more of the whole run"
        notes.append(part)
    if share.unplaced:
        calls = plural(share.unplaced, "failed call")
        notes.append(f"{calls} that do not tell their deployed model count in every column")
    if share.split:
        what = "case or group" if share.split == 1 else "cases or groups"
        notes.append(f"{share.split:,} {what} that several deployed models answered are left out")
    text = " ".join([found.explanation, *(f"{note}." for note in notes)])
    return structs.replace(found, explanation=text, needed=needed)
