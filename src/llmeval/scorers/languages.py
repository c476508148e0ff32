"""The language of a text: its script, and within a script its frequent words.

Beside the scripts that one language claims, it tells apart those of ``COMMON_WORDS``. No weights,
no randomness: the same text has the same language.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from llmeval.scorers.lexicons.common_words import COMMON_WORDS

__all__ = ["LANGUAGES", "Undetectable", "detect"]

_SCRIPTS: Final = (
    ("latin", "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff", None),
    ("cyrillic", "\u0400-\u052f", None),
    ("arabic", "\u0620-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff", None),
    ("devanagari", "\u0900-\u097f", None),
    ("greek", "\u0370-\u03ff", "el"),
    ("hebrew", "\u0590-\u05ff", "he"),
    ("bengali", "\u0980-\u09ff", "bn"),
    ("gurmukhi", "\u0a00-\u0a7f", "pa"),
    ("gujarati", "\u0a80-\u0aff", "gu"),
    ("tamil", "\u0b80-\u0bff", "ta"),
    ("telugu", "\u0c00-\u0c7f", "te"),
    ("kannada", "\u0c80-\u0cff", "kn"),
    ("malayalam", "\u0d00-\u0d7f", "ml"),
    ("thai", "\u0e00-\u0e7f", "th"),
    ("hangul", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af", "ko"),
    ("kana", "\u3040-\u30ff", "ja"),
    ("han", "\u3400-\u9fff", "zh"),
)
_BY_SCRIPT: Final = {name: language for name, _, language in _SCRIPTS}
_LETTERS: Final = {name: re.compile(f"[{letters}]+") for name, letters, _ in _SCRIPTS}
_WORD = re.compile(r"[^\s\d!-&(-/:-@\[-`{-~«»“”„‘।॥،؛؟…—–]+")
_MOST_WORDS: Final = 20_000
_ENGLISH = re.compile(r"gh|wh|sh|th|ck|[bcdfglmnprst]y\b")
_BRIEF: Final = 40

LANGUAGES: Final = frozenset(
    [language for language in _BY_SCRIPT.values() if language]
    + [language for known in COMMON_WORDS.values() for language in known]
)
"""ISO 639-1 codes of the languages that ``detect`` tells apart."""


class Undetectable(ValueError):
    """The text holds no letter of a known script."""


def detect(text: str) -> str | None:
    """Return the language's ISO 639-1 code; ``None`` if its words are not enough to tell.

    The script with the most letters decides; Japanese is what mixes at least a tenth of kana into
    Han. A title or a line whose words do not tell, of at most 40 words in plain Latin letters, is
    English if it is spelled so ("insight", "prodigy"). Raises ``Undetectable`` where there is no
    letter.
    """
    letters = {name: sum(map(len, found.findall(text))) for name, found in _LETTERS.items()}
    script = max(letters, key=lambda name: letters[name])
    if not letters[script]:
        raise Undetectable("no letter of a known script")
    if script == "han" and 10 * letters["kana"] >= letters["han"]:
        return "ja"
    return _BY_SCRIPT[script] or _by_words(text, script)


def _by_words(text: str, script: str) -> str | None:
    tokens = Counter(_WORD.findall(text.lower().replace("’", "'"))[:_MOST_WORDS])
    counts = {
        language: sum(tokens[word] for word in known)
        for language, known in COMMON_WORDS[script].items()
    }
    first, second, *_ = sorted(counts, key=lambda language: -counts[language])
    if counts[first] > counts[second]:
        return first
    brief = script == "latin" and tokens.total() <= _BRIEF and text.isascii()
    return "en" if brief and _ENGLISH.search(text.lower()) else None
