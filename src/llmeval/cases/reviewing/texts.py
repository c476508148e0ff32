"""The text of a case, for comparing cases with each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, Final

from llmeval.records import Case

__all__ = ["LONGEST", "case_text", "folded", "words_of"]

LONGEST: Final = 20_000
"""Characters of a case that are compared."""

_WORD: Final = re.compile(r"\w+")


def case_text(case: Case, inputs: Sequence[str] = ()) -> str:
    """Return all text in the inputs, or in those that are named, one value a line."""
    values = [case.inputs.get(name) for name in inputs or case.inputs]
    return "\n".join(_texts(values))[:LONGEST]


def folded(text: str) -> str:
    """Return the words of a text in lower case, without accents, one space between them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c))))


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded, in order."""
    return folded(text).split()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
