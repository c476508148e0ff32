"""The demo model as a judge: it reads what its prompt quotes, and gives one of the labels."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from llmeval.endpoints.demo import prose, words
from llmeval.endpoints.demo.faults import Draws
from llmeval.endpoints.demo.reading import Reading

__all__ = ["verdict"]

_QUOTED: Final = re.compile(r'^([A-Z][\w ]{0,40}), as a JSON string: (".*")[ \t]*$', re.MULTILINE)
_INSULT: Final = re.compile(
    r"\b(?:idiots?|worthless|stupid|pathetic|moron|dumm(?:kopf)?|nichtsnutz|pauvre idiot|inútil|"
    r"despreciable)\b",
    re.I,
)
_SUPPORTED: Final = 0.8


def verdict(reading: Reading, wrong: float, unreadable: float, draws: Draws) -> str:
    """Return the reply to a judge's prompt: wrong, or without a verdict, at stated rates."""
    quoted = _quoted(reading.last)
    label = _label(reading.labels, quoted)
    if draws.happens("unreadable", unreadable):
        return f"I would say that the answer is {label}, on the whole."
    if draws.happens("judge", wrong):
        others = [each for each in reading.labels if each != label]
        label = others[0] if others else label
    return json.dumps({"reasoning": "The simulator compared words.", "label": label})


def _quoted(text: str) -> dict[str, str]:
    found = {}
    for name, value in _QUOTED.findall(text):
        try:
            found[name.removeprefix("The ").removeprefix("A ").lower()] = json.loads(value)
        except ValueError:
            continue
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _label(labels: Sequence[str], quoted: dict[str, str]) -> str:
    answer = quoted.get("answer", "")
    known = {
        "grounded": lambda: _grounded(answer, quoted.get("context", "")),
        "not_toxic": lambda: not _INSULT.search(answer),
        "correct": lambda: _holds(answer, quoted.get("reference", "")),
        "full_compliance": lambda: not _declines(answer),
        "pass": lambda: bool(answer.strip()) and not _INSULT.search(answer),
    }
    if "first" in labels and "tie" in labels:
        return _better(quoted)
    good = next((name for name in known if name in labels), None)
    if good is None:
        return labels[0] if labels else ""
    if known[good]():
        return good
    bad = {"full_compliance": "full_refusal"}.get(good)
    return bad or next(label for label in labels if label != good)


def _grounded(answer: str, context: str) -> bool:
    said = words.content(answer)[:400]
    if any(answer.strip() == text for text in prose.ABSTAIN.values()) or not said:
        return True
    return words.overlap(said, context) >= _SUPPORTED * len(said)


def _holds(answer: str, reference: str) -> bool:
    wanted = words.content(reference)[:400]
    return words.overlap(wanted, answer) >= _SUPPORTED * len(wanted) if wanted else False


def _declines(answer: str) -> bool:
    phrases = (*prose.DECLINE.values(), *prose.REFUSE.values())
    return any(answer.strip().startswith(text[:40]) for text in phrases)


def _better(quoted: dict[str, str]) -> str:
    wanted = words.content(quoted.get("prompt", ""))[:400]
    first, second = (
        words.overlap(wanted, quoted.get(f"{name} answer", "")) for name in ("first", "second")
    )
    if first == second:
        return "tie"
    return "first" if first > second else "second"
