"""A context as evidence: read once, indexed by stem, asked for the sentence nearest to a claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from llmeval.scorers.facts import Facts, Number, facts_of
from llmeval.scorers.text import Span, fold, language_of, sentences, words

__all__ = ["Evidence", "nearest_sentence", "read_evidence", "shared_content"]

MAX_SENTENCES = 20_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """A context, sentence by sentence; ``asked`` is what the question already says.

    ``index`` maps a stem, or a number's reading, to the sentences that hold it.
    """

    language: str
    spans: tuple[Span, ...]
    facts: tuple[Facts, ...]
    index: dict[str | float, list[int]]
    tokens: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    months: frozenset[int]
    asked: Facts

    def holds(self, number: Number) -> bool:
        """Whether any reading of ``number`` is in the context."""
        return any(reading in self.index for reading in number)


@lru_cache(maxsize=64)
def read_evidence(context: str, question: str = "") -> Evidence:
    """Read a context; the same context is read once."""
    language = language_of(words(fold(context[:4_000])))
    spans = tuple(sentences(context))[:MAX_SENTENCES]
    facts = tuple(facts_of(context[a:b], language) for a, b in spans)
    index = _index(facts)
    spelled = frozenset(m for f in facts for m in f.months)
    # 2019-06-04 names June as well as "June" does.
    written = frozenset(m for m in range(1, 13) if float(m) in index)
    return Evidence(
        language,
        spans,
        facts,
        index,
        frozenset(t for f in facts for t in f.tokens),
        frozenset(p for f in facts for p in zip(f.tokens, f.tokens[1:], strict=False)),
        spelled | written,
        facts_of(question, language),
    )


def _index(facts: Iterable[Facts]) -> dict[str | float, list[int]]:
    index: dict[str | float, list[int]] = {}
    for at, sentence in enumerate(facts):
        keys: set[str | float] = {*sentence.content, *sentence.names}
        keys.update(r for number in sentence.numbers for r in number)
        for key in keys:
            index.setdefault(key, []).append(at)
    return index


def shared_content(claim: Facts, evidence: Evidence) -> Counter[int]:
    """Return how much of the claim's content each sentence shares, by the sentence's number."""
    shared: Counter[int] = Counter()
    keys: set[str | float] = {*claim.content, *(n[0] for n in claim.numbers)}
    for key in keys:
        # A word that stands everywhere tells no sentence from another.
        shared.update(evidence.index.get(key, ())[:2_000])
    return shared


def nearest_sentence(claim: Facts, evidence: Evidence) -> tuple[int | None, list[int]]:
    """Return the sentence that shares most content with the claim, and all that come near it.

    Near is at least 70 % of the most; the first of equals is the nearest. None if nothing is
    shared.
    """
    shared = shared_content(claim, evidence)
    if not shared:
        return None, []
    most = max(shared.values())
    near = sorted(at for at, count in shared.items() if count >= 0.7 * most)
    return next(at for at in near if shared[at] == most), near
