"""``language`` against translations that people wrote: Django's messages, where it is installed.

    pip install --no-deps --target DIR django==6.1.3; PYTHONPATH=DIR python -m pytest … -s

The lists of words are older, and were not changed for them. Messages count whose English original
has 40 characters or more, without their placeholders.
"""

from __future__ import annotations

import gettext
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from labelled import sample

from llmeval.records import Score
from llmeval.scorers import language
from llmeval.scorers.languages import LANGUAGES

FOLDERS = {"zh": "zh_Hans", "pt": "pt_BR"}
"""Where Django names a language by its script or region."""
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|<[^>]+>|%%")


def messages(code: str) -> list[str]:
    """Return the translations into a language, in order, each once."""
    spec = find_spec("django")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("labelled data not found: django is not installed")
    found: dict[str, None] = {}
    for path in sorted(
        Path(spec.submodule_search_locations[0]).rglob(f"{FOLDERS.get(code, code)}/**/*.mo")
    ):
        with path.open("rb") as file:
            catalog: dict[object, object] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for key, told in catalog.items():
            asked = key if isinstance(key, str) else str(key[0]) if isinstance(key, tuple) else ""
            if isinstance(told, str) and told != asked and len(asked) >= 40:
                found[_PLACEHOLDER.sub(" ", told)] = None
    return [text for text in found if sum(map(str.isalpha, text)) >= 10]


def test_few_messages_are_taken_for_another_language(capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[str] = Counter()
    lines = []
    for code in sorted(LANGUAGES):
        told = messages(code)
        found = language(code).score([sample(f"{code}-{i}", t) for i, t in enumerate(told)])
        right = sum(isinstance(f, Score) and f.value == 1 for f in found)
        wrong = sum(isinstance(f, Score) and f.value == 0 for f in found)
        counts.update(n=len(found), right=right, wrong=wrong, languages=bool(found))
        lines.append(f"{code}: {len(found)} messages, right {right}, another language {wrong}")
    with capsys.disabled():
        print("", *lines, dict(counts), sep="\n")
    assert counts["languages"] >= 30 and counts["n"] >= 1_000
    assert counts["wrong"] <= 0.01 * counts["n"]
    assert counts["right"] >= 0.88 * counts["n"]
