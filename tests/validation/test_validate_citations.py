"""``citations`` on text that people wrote: the descriptions of the installed packages. What they
link to and import is real, but for templates and examples."""

from __future__ import annotations

from importlib.metadata import distributions

from labelled import show

from llmeval.scorers.factual.cited import citations_in
from llmeval.scorers.factual.packages import packages_in
from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS


def descriptions() -> list[str]:
    found = {d.metadata["Name"]: str(d.metadata.get_payload()) for d in distributions()}
    return [text for text in found.values() if len(text) > 100]


def test_what_is_real_is_not_called_impossible() -> None:
    texts = descriptions()
    found = [citation for text in texts for citation in citations_in(text)]
    wrong = sorted({(c.value, c.impossible) for c in found if c.impossible})
    show([("descriptions", "citations", "called impossible"), (len(texts), len(found), len(wrong))])
    show(wrong)
    assert len(texts) > 20
    assert len(wrong) <= 0.005 * len(found)


def test_words_of_prose_are_not_taken_for_packages() -> None:
    found = {c.value for text in descriptions() for c in packages_in(text)}
    show([("packages named", len(found))])
    assert not found & FUNCTION_WORDS["en"]
    assert len(found) > 20
