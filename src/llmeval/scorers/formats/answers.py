"""From an answer's reading to a finding: what every scorer of a format does alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from llmeval.records import NotScored, Sample, Score
from llmeval.scorers.findings import clip
from llmeval.scorers.formats.failures import BadRules, Violation
from llmeval.scorers.formats.reading import (
    MAX_CHARS,
    Format,
    Reading,
    Unreadable,
    are_prose,
    read_answer,
    wrapped,
)
from llmeval.scorers.formats.values import value_hash
from llmeval.scorers.refusing import is_refusal

__all__ = ["MOST_VIOLATIONS", "judge_answer"]

MOST_VIOLATIONS: Final = 20

Check = Callable[[Any], Sequence[Violation]]


def judge_answer(
    name: str,
    form: Format,
    sample: Sample,
    check: Check,
    *,
    lenient: bool = False,
    meaning: Callable[[Any], Any] = lambda value: value,
    limit: int = MAX_CHARS,
) -> Score | NotScored:
    """Return the finding of scorer ``name`` on an answer that should be of ``form``.

    ``check`` says how a value that was read breaks the rules, the most telling first; ``meaning``
    is the JSON value that the answer's hash is taken of. Labels ``valid`` and ``invalid``; evidence
    ``value_hash`` (null where no program would have got a value), and of an invalid answer ``kind``
    and, where it broke a rule, ``path`` and the number of ``errors``.
    """
    answer = sample.response
    if len(answer.text) > limit:
        reason = f"the answer has {len(answer.text)} characters; at most {limit} are read"
        return NotScored(name, "too_long", reason)
    read = read_answer(form, answer.text, answer.finish_reason == "length")
    taken = read.kind is None or (lenient and read.kind == "code_fence" and read.readable)
    try:
        found = check(read.value) if taken else ()
        if found and not form.closed:
            read = _apart_from_prose(form, answer.text, read, found, check)
            taken = taken and not read.kind
    except BadRules as bad:
        return NotScored(name, "bad_input", f"case {clip(sample.case.id, 80)}: {bad}")
    evidence = {"value_hash": value_hash(meaning(read.value)) if taken else None}
    if read.kind and not taken:
        refused = read.kind == f"not_{form.name}" and is_refusal(answer.text)
        return _invalid(name, "refusal" if refused else read.kind, read.why, evidence)
    if found:
        first = found[0]
        more = {"path": clip(first.path), "errors": len(found)}
        return _invalid(name, first.kind, f"{first.path}: {first.message}", {**more, **evidence})
    return Score(name, 1.0, "valid", evidence=evidence)


def _invalid(name: str, kind: str, why: str, evidence: dict[str, Any]) -> Score:
    return Score(name, 0.0, "invalid", clip(why, 300), {"kind": kind, **evidence})


def _apart_from_prose(
    form: Format, text: str, read: Reading, found: Sequence[Violation], check: Check
) -> Reading:
    """Where lines of prose were read as data, return a reading that says so.

    It is prose if what is left without it breaks fewer rules. If nothing is, and all of the answer
    is a refusal, it is no value of the format.
    """
    for start, end in form.places(text):
        if not (are_prose(text[:start]) and are_prose(text[end:])):
            continue
        try:
            value = form.parse(text[start:end])
        except Unreadable:
            continue
        if len(check(value)) < len(found):
            return wrapped(form, text, (start, end), value)
    if is_refusal(text):
        return Reading(f"not_{form.name}", "the answer declines")
    return read
