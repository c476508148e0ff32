"""How long emulated jobs take, and what goes wrong with them at which rate: drawn from a seed."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass

from llmeval.errors import ConfigError

__all__ = ["FAULTS", "FORBIDDEN", "JobSettings", "marked", "share"]

FORBIDDEN = "no-permission"
"""The project, and the bucket, to which nobody has access."""

FAULTS = ("failed_job", "slow_job", "failed_line", "missing_line")
"""Names of the faults; each is a rate of ``JobSettings``, and can be forced by a marker."""


@dataclass(frozen=True, slots=True)
class JobSettings:
    """What holds for every job. Rates lie in 0..1.

    A job takes at least ``seconds``, ``slow_factor`` times that where it is slow. A failed line is
    one that the model refused; a missing line has no line in the output at all. ``buckets`` exist
    from the start; all buckets together hold at most ``capacity`` bytes. A batch has at most
    ``lines`` lines.
    """

    seconds: float = 1.0
    slow_factor: float = 10.0
    failed_job: float = 0.0
    slow_job: float = 0.0
    failed_line: float = 0.0
    missing_line: float = 0.0
    seed: int = 0
    buckets: tuple[str, ...] = ("llmeval",)
    capacity: int = 512_000_000
    lines: int = 200_000

    def __post_init__(self) -> None:
        for fault in FAULTS:
            if not 0 <= getattr(self, fault) <= 1:
                raise ConfigError(f"{fault}={getattr(self, fault)}: a rate lies in 0..1")
        if not 0 <= self.seconds < math.inf or not 1 <= self.slow_factor < math.inf:
            raise ConfigError(
                f"seconds={self.seconds}, slow_factor={self.slow_factor}: a job takes 0 seconds or "
                f"more, a slow one at least as long"
            )

    def draws(self, fault: str, number: object) -> bool:
        """Tell whether ``fault`` befalls ``number``: the same for the same seed."""
        rate: float = getattr(self, fault)
        return rate > 0 and share(self.seed, fault, number) < rate


def share(*what: object) -> float:
    """Return a number in 0..1 that is the same for the same arguments, and else unforeseeable."""
    digest = hashlib.blake2b(":".join(map(str, what)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def marked(text: str, fault: str) -> bool:
    """Tell whether ``[[fault:…]]`` in ``text`` forces ``fault``."""
    return re.search(rf"\[\[fault:{re.escape(fault)}\]\]", text) is not None
