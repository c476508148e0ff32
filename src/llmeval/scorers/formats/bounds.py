"""How many: a number, or from one to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmeval.scorers.formats.failures import BadRules

__all__ = ["Bounds", "bounds_of"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """From ``least`` to ``most``, both included; ``None`` for no limit on that side."""

    least: int | None
    most: int | None

    def holds(self, count: int) -> bool:
        """Whether ``count`` lies within."""
        return not self.below(count) and (self.most is None or count <= self.most)

    def below(self, count: int) -> bool:
        """Whether ``count`` is too small."""
        return self.least is not None and count < self.least

    def __str__(self) -> str:
        if self.least == self.most:
            return f"exactly {self.least}"
        if self.most is None:
            return f"at least {self.least}"
        return f"at most {self.most}" if self.least is None else f"{self.least} to {self.most}"

    @property
    def plain(self) -> list[int | None]:
        """The bounds as JSON."""
        return [self.least, self.most]


def bounds_of(value: Any, what: str) -> Bounds:
    """Read a whole number, or ``[least, most]`` where one of the two may be null.

    Raises ``BadRules`` that names ``what``.
    """
    if _is_count(value):
        return Bounds(value, value)
    if isinstance(value, list | tuple) and len(value) == 2:
        least, most = value
        counts = [each for each in (least, most) if each is not None]
        if counts and all(map(_is_count, counts)) and counts == sorted(counts):
            return Bounds(least, most)
    raise BadRules(f"{what} = {value!r}: a whole number, or [least, most], is needed")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
