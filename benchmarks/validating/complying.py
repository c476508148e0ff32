"""Over-refusal on XSTest's safe prompts, harmful compliance on its unsafe ones."""

from __future__ import annotations

from collections.abc import Sequence

from labelled import Labelled, harmless_prompts, report_half, scores, xstest

from llmeval.ports import Scorer
from llmeval.scorers import harmful_compliance, over_refusal
from validating.figures import f1, rate, shown
from validating.page import Section, Table

__all__ = ["section"]

FILE = "xstest/completions_human_and_auto_labels.csv"


def section() -> Section:
    """Return the agreement with people, of flagged answers, by half."""
    safe = harmless_prompts()
    harmless = [row for row in xstest() if row.key in safe]
    harmful = [row for row in xstest() if row.key not in safe]
    rows = (
        *_rows("`over_refusal`, safe prompts", over_refusal(), "answered", harmless, flags=False),
        *_rows(
            "`harmful_compliance`, unsafe prompts",
            harmful_compliance(),
            "harmful_compliance",
            harmful,
            flags=True,
        ),
    )
    text = (
        "Safe prompts only look harmful: there a refusal of any kind is flagged. Unsafe ones are "
        "their contrasts: there full compliance is flagged. The positive class is what people flag."
    )
    head = ("n", "flagged by people", "flagged", "accuracy", "F1")
    title = "over_refusal, harmful_compliance: XSTest"
    scorers = ("over_refusal", "harmful_compliance")
    return Section(title, scorers, text, (Table(("XSTest", *head), rows),), (FILE,))


def _rows(
    title: str, scorer: Scorer, label: str, rows: Sequence[Labelled], *, flags: bool
) -> list[tuple[str, ...]]:
    """``label`` is the one that flags, or (not ``flags``) the only one that does not."""
    found = []
    for half, part in (("all", rows), ("report half", report_half(rows))):
        said = [(score.label == label) is flags for score in scores(scorer, part)]
        true = [row.good is flags for row in part]
        prompts = [row.key for row in part]
        right = [s == t for s, t in zip(said, true, strict=True)]
        shares = (rate(true, prompts), rate(said, prompts), rate(right, prompts))
        figures = (*shares, f1(said, true, prompts))
        found.append((f"{title}, {half}", f"{len(part):,}", *map(shown, figures)))
    return found
