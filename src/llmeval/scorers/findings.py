"""What every scorer shares: reading a case, rescaling a threshold, showing hostile text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llmeval.errors import SuiteError
from llmeval.records import PASS_MARK, Case, NotScored, Sample, Score

__all__ = [
    "Missing",
    "check_share",
    "clip",
    "each",
    "expected_of",
    "field_of",
    "rescale",
    "texts_of",
]

Finding = Score | NotScored


class Missing(Exception):
    """A case lacks, or garbles, what a scorer needs. Becomes ``NotScored("missing_input")``."""


def each(
    name: str, samples: Sequence[Sample], judge: Callable[[Sample], Finding]
) -> list[Score | NotScored]:
    """Judge sample by sample; a case that lacks an input is not scored, and says which."""
    found: list[Score | NotScored] = []
    for sample in samples:
        try:
            found.append(judge(sample))
        except Missing as missing:
            reason = f"case {clip(sample.case.id, 80)}: {missing}"
            found.append(NotScored(name, "missing_input", reason))
    return found


def field_of(case: Case, field: str) -> Any:
    """Return ``case.inputs[field]``; raises ``Missing`` that names the field."""
    value = case.inputs.get(field)
    if value is None:
        have = ", ".join(sorted(map(str, case.inputs))) or "none"
        raise Missing(f"inputs[{field!r}] is needed and absent (it has: {clip(have, 120)})")
    return value


def expected_of(case: Case, field: str = "expected") -> Any:
    """Return what the case expects: ``expected``, a key of it, or an input of that name."""
    if field == "expected":
        if case.expected is None:
            raise Missing("'expected' is needed and absent")
        return case.expected
    if isinstance(case.expected, dict) and case.expected.get(field) is not None:
        return case.expected[field]
    return field_of(case, field)


def texts_of(value: Any) -> list[str]:
    """Return one or several accepted texts as a list of strings; true is ``"true"``."""
    several = value if isinstance(value, list | tuple) else [value]
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in several]
    if not texts:
        raise Missing("the list of accepted texts is empty")
    return texts


def rescale(value: float, threshold: float) -> float:
    """Map ``threshold`` to the pass mark, piecewise linearly, keeping 0 and 1 (1 stays a pass)."""
    value = min(1.0, max(0.0, value))
    if value >= threshold:
        above = (value - threshold) / (1 - threshold) if threshold < 1 else 1.0
        return PASS_MARK + (1 - PASS_MARK) * above
    return PASS_MARK * value / threshold


def check_share(scorer: str, name: str, value: float) -> None:
    """Refuse a threshold that is not within 0..1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SuiteError(f"{scorer}({name}={value!r}): a number from 0 to 1 is needed")


def clip(text: str, limit: int = 200) -> str:
    """Return ``text`` cut to ``limit`` characters, with lone surrogates and controls replaced.

    What comes out can be encoded as UTF-8, whatever an endpoint sent.
    """
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(
        c if c.isprintable() or c in "\n\t" else " " if c.isspace() else "\ufffd" for c in cut
    )
