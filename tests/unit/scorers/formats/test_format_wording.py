"""``length`` and ``language``."""

from __future__ import annotations

from typing import Any

import pytest
from scorer_samples import scored, unscored

from llmeval.errors import SuiteError
from llmeval.records import Case, Response, Sample, Score, Usage
from llmeval.scorers import language, length

TEXT = "One two, three. Four – five?\n\n- six\n- seven\n"


@pytest.mark.parametrize(
    ("unit", "count"),
    [("words", 7), ("sentences", 4), ("characters", 43), ("lines", 3), ("paragraphs", 2)],
)
def test_what_is_counted(unit: str, count: int) -> None:
    found = scored(length(**{unit: count}), TEXT)
    assert (found.value, found.label, found.evidence) == (1.0, "within", {unit: count})
    for bounds, label in (((count + 1, None), "too_short"), ((None, count - 1), "too_long")):
        off = scored(length(**{unit: bounds}), TEXT)
        assert (off.value, off.label) == (0.0, label)
        assert (off.evidence or {})["kind"] == "bad_value"
        assert str(count) in (off.explanation or "")


def test_all_limits_must_hold_and_the_first_that_does_not_is_named() -> None:
    found = scored(length(words=(1, 9), lines=2, paragraphs=1), TEXT)
    assert found.evidence == {
        "kind": "bad_value",
        "path": "$.lines",
        "words": 7,
        "lines": 3,
        "paragraphs": 2,
    }


def test_an_empty_answer_is_too_short() -> None:
    found = scored(length(words=(1, None)), " \n")
    assert (found.label, (found.evidence or {})["kind"]) == ("too_short", "empty")


def test_tokens_are_those_that_the_endpoint_reported() -> None:
    def judged(usage: Usage) -> Any:
        (found,) = length(tokens=(None, 5)).score(
            [Sample(Case("c", {}), (), Response("x", usage=usage))]
        )
        return found

    assert judged(Usage(output_tokens=5)).label == "within"
    assert judged(Usage(output_tokens=6)).label == "too_long"
    assert judged(Usage()).not_scored == "no_usage"


def test_limits_may_come_from_the_case() -> None:
    assert scored(length(), "a b", {"length": {"words": [None, 2]}}).value == 1
    assert scored(length(), "a b c", {"length": {"words": [None, 2]}}).value == 0
    assert unscored(length(), "a b").not_scored == "missing_input"
    assert unscored(length(), "a b", {"length": {}}).not_scored == "missing_input"
    wrong = unscored(length(), "a b", {"length": {"wrds": 2}})
    assert wrong.not_scored == "bad_input" and "'words'" in wrong.reason
    assert unscored(length(), "a b", {"length": 9}).not_scored == "bad_input"
    with pytest.raises(SuiteError, match="whole number"):
        length(words=(2, 1))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "The house stands on the hill, and it is old."),
        ("de", "Das Haus steht auf dem Hügel und ist alt."),
        ("fr", "La maison est sur la colline et elle est vieille."),
        ("es", "La casa está en la colina y es muy vieja."),
        ("pt", "A casa fica na colina e não é muito nova."),
        ("it", "La casa è sulla collina ed è molto vecchia."),
        ("nl", "Het huis staat op de heuvel en is oud."),
        ("ja", "家は丘の上にあります。"),
        ("zh", "房子在山上，很旧。"),
        ("ko", "집은 언덕 위에 있습니다."),
        ("ru", "Дом стоит на холме, и он очень старый."),
        ("hi", "घर पहाड़ी पर है और यह पुराना है।"),
        ("th", "บ้านอยู่บนเนินเขา"),
    ],
)
def test_the_label_is_the_language_found(code: str, text: str) -> None:
    found = scored(language(code), text)
    assert (found.value, found.label) == (1.0, code)
    other = scored(language("en" if code != "en" else "de"), text)
    assert (other.value, other.label) == (0.0, code)
    assert repr(code) in (other.explanation or "")


def test_code_and_links_are_in_no_language() -> None:
    code = "```\nfor the end of it and that which is\n```\n"
    text = f"{code}Das ist der Kern, und er liegt hier: https://example.org/the/and/of `the end of`"
    assert scored(language("de"), text).label == "de"
    assert unscored(language("de"), code).not_scored == "no_language"


@pytest.mark.parametrize("text", ["12345", "ok", "House", "?!"])
def test_what_cannot_be_told_is_not_scored(text: str) -> None:
    assert unscored(language("en"), text).not_scored == "no_language"


def test_regions_do_not_count_and_unknown_languages_are_said() -> None:
    assert scored(language("pt-BR"), "A casa fica na colina e não é nova.").value == 1
    assert scored(language(), "Das ist gut so", {"language": "de_AT"}).value == 1
    assert unscored(language(), "Das ist gut", {"language": "xx"}).not_scored == "bad_input"
    assert unscored(language(), "Das ist gut").not_scored == "missing_input"
    assert unscored(language("de"), "").not_scored == "empty"
    with pytest.raises(SuiteError, match="none of the languages"):
        language("english")


def test_findings_are_records() -> None:
    assert isinstance(scored(length(words=1), "x"), Score)
