"""What a server may do wrong, at which rate: drawn from a seed, request by request."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

from llmeval.errors import ConfigError, nearest

__all__ = [
    "ALL_KINDS",
    "KINDS",
    "VERTEX_KINDS",
    "Faults",
    "TokenBucket",
    "draw",
    "parse_faults",
    "rates_of",
]

KINDS = (
    "quota_429",
    "server_500",
    "unavailable_503",
    "reset",
    "hang",
    "truncated",
    "garbage",
    "empty",
    "cut_stream",
)
"""Names of the faults that are drawn on every surface; each is a field of ``Faults``."""

VERTEX_KINDS = (
    "invalid_400",
    "unauthenticated_401",
    "permission_403",
    "not_found_404",
    "timeout_408",
    "aborted_409",
    "quota_project_429",
    "quota_endpoint_429",
    "cancelled_499",
    "deadline_504",
    "error_list",
    "html_404",
    "html_502",
    "error_midstream",
    "fin_stream",
    "reset_stream",
    "blocked_prompt",
    "blocked_output",
    "blocked_midstream",
    "recitation",
    "prohibited_content",
    "spii",
    "blocklist",
    "max_tokens",
    "max_tokens_empty",
    "malformed_call",
    "no_candidates",
    "no_parts",
)
"""Names of the faults that are drawn on Vertex's surface only; each is a field of ``Faults``."""

ALL_KINDS = KINDS + VERTEX_KINDS


@dataclass(frozen=True, slots=True)
class Faults:
    """Rates in 0..1 which together make at most 1, and what holds for every request.

    ``retry_after`` is the seconds in the header of a 429 or 503 (``None``: no header). Above
    ``requests_per_second`` the server answers 429; ``endpoint_requests_per_second`` is a quota that
    each endpoint and model of the Vertex surface has for itself. ``delay`` is seconds before each
    answer. ``api_key`` is what a client of the OpenAI surface must send; others get 401.
    """

    quota_429: float = 0.0
    server_500: float = 0.0
    unavailable_503: float = 0.0
    reset: float = 0.0
    hang: float = 0.0
    truncated: float = 0.0
    garbage: float = 0.0
    empty: float = 0.0
    cut_stream: float = 0.0
    invalid_400: float = 0.0
    unauthenticated_401: float = 0.0
    permission_403: float = 0.0
    not_found_404: float = 0.0
    timeout_408: float = 0.0
    aborted_409: float = 0.0
    quota_project_429: float = 0.0
    quota_endpoint_429: float = 0.0
    cancelled_499: float = 0.0
    deadline_504: float = 0.0
    error_list: float = 0.0
    html_404: float = 0.0
    html_502: float = 0.0
    error_midstream: float = 0.0
    fin_stream: float = 0.0
    reset_stream: float = 0.0
    blocked_prompt: float = 0.0
    blocked_output: float = 0.0
    blocked_midstream: float = 0.0
    recitation: float = 0.0
    prohibited_content: float = 0.0
    spii: float = 0.0
    blocklist: float = 0.0
    max_tokens: float = 0.0
    max_tokens_empty: float = 0.0
    malformed_call: float = 0.0
    no_candidates: float = 0.0
    no_parts: float = 0.0
    retry_after: float | None = None
    requests_per_second: float | None = None
    endpoint_requests_per_second: float | None = None
    delay: float = 0.0
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        rates = rates_of(self)
        for kind, rate in rates.items():
            if not 0 <= rate <= 1:
                raise ConfigError(f"fault {kind}={rate}: a rate lies in 0..1")
        if math.fsum(rates.values()) > 1 + 1e-9:
            raise ConfigError(f"the fault rates add up to {math.fsum(rates.values()):g}, above 1")
        for name in ("retry_after", "delay"):
            value = getattr(self, name)
            if value is not None and not (0 <= value < math.inf):
                raise ConfigError(f"fault {name}={value}: seconds are 0 or more")
        for name in ("requests_per_second", "endpoint_requests_per_second"):
            quota = getattr(self, name)
            if quota is not None and not 0 < quota < math.inf:
                raise ConfigError(f"{name}={quota}: must be above 0")

    @property
    def any(self) -> bool:
        """Whether anything is drawn at all."""
        return any(getattr(self, kind) for kind in ALL_KINDS)


def rates_of(faults: Faults) -> dict[str, float]:
    """Return the rate of every kind."""
    return {kind: getattr(faults, kind) for kind in ALL_KINDS}


def draw(faults: Faults, seed: int, number: int, kinds: Sequence[str] = KINDS) -> str | None:
    """Return the fault of request ``number``, or ``None``: the same for the same arguments."""
    digest = hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=8).digest()
    left = int.from_bytes(digest) / 2**64
    for kind in kinds:
        left -= getattr(faults, kind)
        if left < 0:
            return kind
    return None


def parse_faults(text: str) -> dict[str, float]:
    """Read ``quota_429=0.1,retry_after=0.5``. Raises ``ConfigError`` with the nearest name."""
    known = [f.name for f in fields(Faults) if f.name not in ("api_key", "delay")]
    found: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, value = part.partition("=")
        if name not in known:
            raise ConfigError(
                f"--faults: {name!r} is no fault.{nearest(name, known)} Known: {', '.join(known)}"
            )
        try:
            found[name] = float(value)
        except ValueError:
            raise ConfigError(f"--faults: {name}={value!r} is no number") from None
    return found


class TokenBucket:
    """A quota of ``rate`` requests a second, with bursts of at most one second's worth."""

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._capacity = max(1.0, rate)
        self._tokens = self._capacity
        self._at = clock()

    def take(self) -> bool:
        """Take one request's token; tell whether there was one."""
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def wait(self) -> float:
        """Seconds until the next token, as of the last ``take``."""
        return max(0.0, (1 - self._tokens) / self._rate)
