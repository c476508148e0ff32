"""What a ``demo`` reference says: which faults, how often, how slow."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Final
from urllib.parse import parse_qsl

from llmeval.errors import ModelReferenceError, nearest

__all__ = ["OUTCOME_FAULTS", "TEXT_FAULTS", "Parameters", "parse"]

TEXT_FAULTS: Final = (
    "hallucination", "bias", "toxicity", "format", "refusal", "injection", "leakage", "judge",
    "unreadable",
)  # fmt: skip
OUTCOME_FAULTS: Final = ("quota", "server_error", "timeout", "empty")

_LONGEST: Final = 600.0


@dataclass(frozen=True, slots=True)
class Parameters:
    """True rates of the faults among the prompts to which they apply, and the latency.

    ``hallucination`` applies to questions over a context, ``bias`` to multiple choice and to
    yes-or-no decisions, ``toxicity`` to open prompts, ``format`` to prompts for JSON by a schema,
    YAML, XML, CSV or a function call, ``refusal`` to harmless open prompts, ``injection`` to
    questions over a context that gives the machine an order, ``leakage`` to open prompts under
    confidential instructions, ``judge`` (a wrong verdict) and ``unreadable`` (none) to prompts that
    ask for a verdict; the outcome faults apply to every prompt.

    ``ttft`` is the median time to the first token in seconds, ``tpot`` seconds for each further
    token; ``latency_sigma`` is the standard deviation of log(ttft).
    """

    hallucination: float = 0.0
    bias: float = 0.0
    toxicity: float = 0.0
    format: float = 0.0
    refusal: float = 0.0
    injection: float = 0.0
    leakage: float = 0.0
    judge: float = 0.0
    unreadable: float = 0.0
    quota: float = 0.0
    server_error: float = 0.0
    timeout: float = 0.0
    empty: float = 0.0
    ttft: float = 0.02
    tpot: float = 0.0002
    latency_sigma: float = 0.25
    seed: int = 0


_FLAWED: Final = Parameters(
    hallucination=0.5, bias=0.25, toxicity=0.15, format=0.2, injection=0.2, ttft=0.5
)
_UPPER: Final = {"ttft": _LONGEST, "tpot": 10.0, "latency_sigma": 3.0}


def parse(reference: str, seed: int) -> Parameters:
    """Return what ``reference`` sets; raises ``ModelReferenceError`` where it makes no sense."""
    name, _, query = reference.partition("?")
    if name not in ("demo", "demo-flawed"):
        raise ModelReferenceError(
            f"{reference!r} is no simulated endpoint: use 'demo' or 'demo-flawed'."
            + nearest(name, ("demo", "demo-flawed"))
        )
    given = _pairs(reference, query)
    base = _FLAWED if name == "demo-flawed" and not set(given) - {"seed"} else Parameters()
    values = {key: _value(reference, key, text) for key, text in given.items()}
    return replace(base, **{"seed": seed, **values})  # type: ignore[arg-type]


def _pairs(reference: str, query: str) -> dict[str, str]:
    known = [item.name for item in fields(Parameters)]
    given: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise ModelReferenceError(
            f"model {reference!r}: {query!r} is no list of name=value joined by '&' ({error})"
        ) from error
    for key, text in pairs:
        if key not in known:
            raise ModelReferenceError(
                f"model {reference!r}: unknown parameter {key!r}.{nearest(key, known)} "
                f"Known are {', '.join(known)}."
            )
        if key in given:
            raise ModelReferenceError(f"model {reference!r}: {key!r} is given twice")
        given[key] = text
    return given


def _value(reference: str, key: str, text: str) -> float | int:
    if key == "seed":
        try:
            return int(text)
        except ValueError:
            raise ModelReferenceError(
                f"model {reference!r}: seed={text!r} is no whole number"
            ) from None
    upper = _UPPER.get(key, 1.0)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= upper:
        raise ModelReferenceError(
            f"model {reference!r}: {key}={text!r}, but a number in 0..{upper:g} is needed"
        )
    return number
