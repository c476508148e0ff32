"""The taxonomy: what can be wrong with an answer that should be of a format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["FAILURES", "BadRules", "Violation"]

FAILURES: Final[Mapping[str, str]] = {
    "empty": "there is no answer",
    "refusal": "the model declines in place of the data",
    "code_fence": "the value is right to read, but in a code fence",
    "leading_prose": "text stands before the value",
    "trailing_prose": "text stands after the value",
    "truncated": "the answer ends before the value does",
    "not_FORMAT": "no value of the format can be read (not_json, not_xml, not_yaml …)",
    "wrong_type": "a value is of another type than the rules say",
    "missing_key": "a member, element, column or argument is missing",
    "extra_key": "a member, element, column or argument is not admitted",
    "bad_value": "a value has the type, but is not one that the rules admit",
}
"""``evidence.kind`` -> what it means, in the order in which an answer is looked at."""


class BadRules(ValueError):
    """What a case says of the format cannot be followed. Becomes ``NotScored("bad_input")``."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a value breaks the rules; ``path`` is a JSON path such as ``$.a[0]``."""

    kind: str
    path: str
    message: str
