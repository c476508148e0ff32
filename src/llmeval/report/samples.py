"""One observation cut down to what a reader of the report needs to judge it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from llmeval.records import PASS_MARK, NotScored, Observation, Score
from llmeval.report.data import Claim, Finding, Segment, Turn, WorstSample
from llmeval.report.text import cut

__all__ = ["short", "worst_sample"]

ANSWER_LIMIT: Final = 3000
TURN_LIMIT: Final = 1500
TURNS: Final = 6
NOTE_LIMIT: Final = 400
NAME_LIMIT: Final = 120
FINDINGS: Final = 20
CLAIMS: Final = 30

Span = tuple[int, int, Claim]


def worst_sample(o: Observation, on: str | None = None) -> WorstSample:
    """Return what the report shows of ``o``, ``on`` its model or a column; its size is bounded
    whatever the texts hold."""
    text = o.response.text if o.response else ""
    spans, claims = _claims(o.scores, len(text))
    answer, omitted = _segments(text, spans)
    turns = _messages(o.request)
    return WorstSample(
        suite=short(o.suite),
        test=short(o.test),
        case_id=short(o.case_id),
        repetition=o.repetition,
        model=short(o.model if on is None else on),
        outcome=short(o.outcome),
        tags={short(k): short(v) for k, v in sorted(o.tags.items())[:12]},
        prompt=tuple(_turn(m) for m in _ends(turns)),
        turns_omitted=max(0, len(turns) - TURNS),
        answer=answer,
        answer_omitted=omitted,
        finish_reason=short(o.response.finish_reason) if o.response else "",
        error=cut(o.error.message, NOTE_LIMIT)[0] if o.error else "",
        findings=tuple(_finding(s) for s in sorted(o.scores, key=_badness)[:FINDINGS]),
        claims=claims,
        latency=o.timings.latency,
        ttft=o.timings.ttft,
    )


def short(text: str) -> str:
    """Return a name as it is shown: visible, and short enough for a table."""
    shown, omitted = cut(text, NAME_LIMIT)
    return shown + "…" if omitted else shown


def _note(text: str | None) -> str:
    shown, omitted = cut(text or "", NOTE_LIMIT)
    return shown + "…" if omitted else shown


def _badness(score: Score | NotScored) -> float:
    return score.value if isinstance(score, Score) else 0.25


def _finding(score: Score | NotScored) -> Finding:
    if isinstance(score, NotScored):
        return Finding(
            short(score.scorer), None, True, short(score.not_scored), _note(score.reason)
        )
    bad = not score.value >= PASS_MARK
    return Finding(
        short(score.scorer), score.value, bad, short(score.label or ""), _note(score.explanation)
    )


def _messages(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    messages = request.get("messages")
    if not isinstance(messages, list | tuple):
        return []
    return [m for m in messages if isinstance(m, Mapping)]


def _ends(turns: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first turn and the last ones: what set the scene and what was asked."""
    return [*turns] if len(turns) <= TURNS else [turns[0], *turns[-(TURNS - 1) :]]


def _turn(message: Mapping[str, Any]) -> Turn:
    text, omitted = cut(str(message.get("content", "")), TURN_LIMIT)
    return Turn(short(str(message.get("role", "user"))), text, omitted)


def _claims(
    scores: Sequence[Score | NotScored], length: int
) -> tuple[list[Span], tuple[Claim, ...]]:
    """The claims and citations of all scorers with their places in the answer, as far as they can
    be read."""
    spans: list[Span] = []
    claims: list[Claim] = []
    for score, entry in _entries(scores):
        if len(claims) == CLAIMS:
            break
        places = [p for p in _places(entry) if 0 <= p[0] < p[1] <= length]
        if not places:
            continue
        claim = Claim(
            number=len(claims) + 1,
            scorer=short(score.scorer),
            supported=_supported(entry),
            label=short(
                str(entry.get("label") or entry.get("verdict") or entry.get("status") or "")
            ),
            explanation=_note(str(entry.get("explanation") or entry.get("reason") or "")),
        )
        claims.append(claim)
        spans.extend((start, end, claim) for start, end in places)
    return spans, tuple(claims)


def _entries(scores: Sequence[Score | NotScored]) -> Iterator[tuple[Score, Mapping[str, Any]]]:
    for score in scores:
        if not isinstance(score, Score) or not score.evidence:
            continue
        for key in ("claims", "citations"):
            found = score.evidence.get(key)
            for entry in found if isinstance(found, list | tuple) else ():
                if isinstance(entry, Mapping):
                    yield score, entry


def _places(entry: Mapping[str, Any]) -> list[tuple[int, int]]:
    """The claim's ``span`` [start, end], ``spans`` or ``start`` and ``end``, in characters."""
    many = entry.get("spans")
    found = many if isinstance(many, list | tuple) else [entry.get("span")]
    pairs = [*found, (entry.get("start"), entry.get("end"))]
    return [
        (pair[0], pair[1])
        for pair in pairs
        if isinstance(pair, list | tuple) and len(pair) == 2 and all(type(x) is int for x in pair)
    ]


def _supported(entry: Mapping[str, Any]) -> bool | None:
    for key in ("supported", "grounded"):
        if isinstance(entry.get(key), bool):
            return bool(entry[key])
    word = str(entry.get("label") or entry.get("verdict") or entry.get("status") or "").lower()
    if word in ("grounded", "supported", "entailed", "entailment"):
        return True
    return False if word and word != "unverified" else None


def _segments(text: str, spans: list[Span]) -> tuple[tuple[Segment, ...], int]:
    """The answer in stretches inside and outside of claims, and how many characters were cut."""
    stretches: list[tuple[str, Claim | None]] = []
    at = 0
    # A contradicted claim is drawn before a supported one that overlaps it.
    for start, end, claim in _disjoint(sorted(spans, key=lambda s: (s[2].supported is True, s[0]))):
        stretches += [(text[at:start], None), (text[start:end], claim)]
        at = end
    stretches.append((text[at:], None))
    return _within(stretches, len(text))


def _disjoint(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in spans:
        if all(span[1] <= other[0] or span[0] >= other[1] for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s[0])


def _within(
    stretches: list[tuple[str, Claim | None]], length: int
) -> tuple[tuple[Segment, ...], int]:
    room, segments = ANSWER_LIMIT, []
    left = length
    for text, claim in stretches:
        if not text:
            continue
        shown, omitted = cut(text, room)
        left -= len(text) - omitted
        room -= len(shown)
        if shown:
            segments.append(Segment(shown, claim))
        if omitted or room <= 0:
            break
    return tuple(segments), left
