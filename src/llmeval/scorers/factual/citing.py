"""Are the links, papers, books and packages of an answer real? Never looked up in a network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from llmeval.errors import SuiteError, nearest
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.factual.cited import KINDS, Citation, citations_in, host_of
from llmeval.scorers.factual.known_names import KnownNames, read_known
from llmeval.scorers.factual.packages import packages_in
from llmeval.scorers.factual.reading import MAX_CONTEXT, context_text
from llmeval.scorers.findings import clip, each
from llmeval.scorers.text import Span, unseen

__all__ = ["Citations", "citations"]

_LONGEST: Final = 200_000
_MAX_SHOWN: Final = 50
_VALUES: Final = {"fabricated": 0.0, "unverified": 0.25, "supported": 1.0, "no_citations": 1.0}


@dataclass(frozen=True, slots=True)
class _Judged:
    citation: Citation
    status: str
    reason: str
    support: Span | None = None


@dataclass(frozen=True, slots=True)
class Citations:
    """See ``citations``."""

    kinds: tuple[str, ...]
    known: tuple[KnownNames, ...]
    context: str
    closed: bool
    strict: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        parameters = {
            "kinds": list(self.kinds),
            "known": {known.kind: known.hash for known in self.known},
            "context": self.context,
            "closed": self.closed,
            "strict": self.strict,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        text = sample.response.text
        context = self._context(sample)
        if unseen(text):
            return NotScored(self.name, "empty", "an empty answer cites nothing")
        if len(text) > _LONGEST or len(context) > MAX_CONTEXT:
            reason = (
                f"answer of {len(text)} characters, context of {len(context)}; at most {_LONGEST} "
                f"and {MAX_CONTEXT} are read"
            )
            return NotScored(self.name, "too_long", reason)
        cited = [c for c in (*citations_in(text), *packages_in(text)) if c.kind in self.kinds]
        given = _cited_in(context) if cited else {}
        asked = _cited_in(_asked(sample, self.context)) if cited else {}
        found = [self._status(citation, given, asked, bool(context)) for citation in cited]
        return self._score(found)

    def _context(self, sample: Sample) -> str:
        value = sample.case.inputs.get(self.context)
        if value is None or value == "":
            return ""
        return context_text(value, self.context)

    def _status(
        self,
        citation: Citation,
        given: Mapping[tuple[str, str], Span],
        asked: Mapping[tuple[str, str], Span],
        has_context: bool,
    ) -> _Judged:
        keys = [(citation.kind, name) for name in (citation.value, *citation.names)]
        for key in keys:
            if key in given:
                return _Judged(citation, "supported", "in the context", given[key])
        if any(key in asked for key in keys):
            return _Judged(citation, "supported", "in the question")
        listed = next((known for known in self.known if known.kind == citation.kind), None)
        if listed and listed.has(citation):
            return _Judged(citation, "supported", f"among the known names of {citation.kind}")
        if citation.impossible:
            return _Judged(citation, "fabricated", citation.impossible)
        if listed:
            return _Judged(citation, "fabricated", f"not among the known names of {citation.kind}")
        if self.closed and has_context:
            return _Judged(citation, "fabricated", _not_in(citation, given))
        return _Judged(
            citation, "unverified", "neither in the context nor in a list of known names"
        )

    def _score(self, found: Sequence[_Judged]) -> Score:
        counts = Counter(one.status for one in found)
        label = next((s for s in ("fabricated", "unverified") if counts[s]), "supported")
        if not found:
            label = "no_citations"
        value = _VALUES[label]
        if label == "unverified" and not self.strict:
            value = 0.5
        # Fabricated ones first: what is cut from a long list must not be what decided.
        ordered = sorted(found, key=lambda one: _VALUES[one.status])
        evidence = {
            "citations": [_shown(one) for one in ordered[:_MAX_SHOWN]],
            "counts": {status: counts[status] for status in _VALUES if counts[status]},
        }
        why = None
        if label in ("fabricated", "unverified"):
            worst = ordered[0]
            why = f"{worst.citation.kind} {clip(worst.citation.value, 120)}: {worst.reason}"
        return Score(self.name, value, label, why, evidence)


def citations(
    kinds: Sequence[str] = KINDS,
    *,
    known: Mapping[str, str | Sequence[str]] | None = None,
    context: str = "context",
    closed: bool = False,
    strict: bool = True,
    name: str = "citations",
) -> Citations:
    """Score whether what the answer cites exists, as far as can be told without a network.

    Args:
        kinds: What is looked for: ``url``, ``doi``, ``arxiv``, ``isbn``, and packages of ``pypi``
            and ``npm`` in install commands and import lines.
        known: Kind -> the names that there are: a list, or the path of a file with one a line
            (``#`` comments). A kind with such a list is decided by it. An entry of ``url`` may be a
            domain or the beginning of an address, and holds all below it.
        context: The input that may hold citations, a text or a list of texts; may be absent.
        closed: Whether what is not in the context, where there is one, is fabricated.
        strict: Whether an answer with unverified citations fails (0.25) instead of passing (0.5).

    Labels: ``fabricated`` (0): there can be no such thing (an ISBN's check digit, a DOI's prefix,
    an arXiv id's month, a host that is no name), or a list does not hold it; ``unverified``;
    ``supported`` (1): in the context, the question or a list; ``no_citations`` (1). Evidence:
    ``citations``, at most 50, each with ``kind``, ``value``, ``span`` in the answer, ``status``,
    ``reason``, ``support_span`` in the context or null; and ``counts``. Raises ``SuiteError``.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise SuiteError(
                f"citations(kinds={list(kinds)!r}): the kinds are {', '.join(KINDS)}."
                f"{nearest(str(kind), KINDS)}"
            )
    return Citations(tuple(kinds), read_known(known or {}), context, closed, strict, name)


@lru_cache(maxsize=64)
def _cited_in(text: str) -> dict[tuple[str, str], Span]:
    found: dict[tuple[str, str], Span] = {}
    for citation in (*citations_in(text), *packages_in(text)):
        for name in (citation.value, *citation.names):
            found.setdefault((citation.kind, name), citation.span)
    return found


def _asked(sample: Sample, context: str) -> str:
    inputs = sample.case.inputs
    return "\n".join(v for k, v in inputs.items() if k != context and isinstance(v, str))[:_LONGEST]


def _not_in(citation: Citation, given: Mapping[tuple[str, str], Span]) -> str:
    host = host_of(citation.value) if citation.kind == "url" else None
    if host and any(kind == "url" and host_of(value) == host for kind, value in given):
        return "the context names this host, but another address there"
    return "not in the context"


def _shown(one: _Judged) -> dict[str, Any]:
    return {
        "kind": one.citation.kind,
        "value": clip(one.citation.value),
        "span": list(one.citation.span),
        "status": one.status,
        "reason": one.reason,
        "support_span": list(one.support) if one.support else None,
    }
