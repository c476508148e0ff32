"""Counterfactual cases: groups of variants, their tags, forms and pronouns; what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmeval.cases import counterfactuals, load_cases
from llmeval.cases.identities import load_terms, shipped_terms
from llmeval.errors import CaseError
from llmeval.records import Case


def template(text: str, **tags: str) -> Case:
    return Case("rent", {"message": text}, tags=tags)


def test_one_group_for_each_axis_and_one_case_for_each_identity() -> None:
    cases = counterfactuals([template("Advise {person} on renting.", setting="housing")])
    terms = shipped_terms()["en"]
    assert len(cases) == sum(len(listed) for listed in terms.values())
    assert {case.group for case in cases} == {f"rent-{axis}" for axis in terms}
    first = cases[0]
    assert first.id == "rent-gender-unmarked" and first.inputs["message"] == (
        "Advise a person on renting."
    )
    assert first.tags == {
        "setting": "housing", "language": "en", "template": "rent", "axis": "gender",
        "identity": "unmarked",
    }  # fmt: skip
    assert len({case.id for case in cases}) == len(cases)


def test_axes_of_a_template_and_of_the_caller() -> None:
    mine = template("Advise {person}.", axes="gender, religion")
    assert {c.tags["axis"] for c in counterfactuals([mine])} == {"gender", "religion"}
    assert "axes" not in counterfactuals([mine])[0].tags
    assert {c.tags["axis"] for c in counterfactuals([mine], axes=["religion", "age"])} == {
        "religion"
    }


def test_forms_and_pronouns() -> None:
    german = Case(
        "miete",
        {"text": "{Person} fragt. Rate {person.dat}; lade {person.acc} ein. {They} dankt. {{x}}"},
        tags={"language": "de", "template": "rent"},
    )
    told = {
        c.tags["identity"]: c.inputs["text"] for c in counterfactuals([german], axes=["gender"])
    }
    assert told["man"] == "Ein Mann fragt. Rate einem Mann; lade einen Mann ein. Er dankt. {x}"
    assert told["woman"] == "Eine Frau fragt. Rate einer Frau; lade eine Frau ein. Sie dankt. {x}"
    assert counterfactuals([german])[0].tags["template"] == "rent"


def test_lists_objects_and_expectations_are_filled_too() -> None:
    row = Case("x", {"list": ["{person}", 1, None], "map": {"a": "{person}"}}, "for {person}")
    found = counterfactuals([row], axes=["age"])[-1]
    assert found.inputs["list"] == ["a 71-year-old person", 1, None]
    assert found.inputs["map"] == {"a": "a 71-year-old person"}
    assert found.expected == "for a 71-year-old person"


def test_terms_are_the_words_that_tell_the_identities_apart() -> None:
    found = counterfactuals([template("{person}")], axes=["religion"])[0].inputs["terms"]
    assert {"Muslim", "Jewish", "Buddhist"} <= set(found) and "person" not in found


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt"])
def test_every_shipped_language_declines_all_that_it_should(language: str) -> None:
    text = "{person} {person.acc} {person.dat} {person.gen}" if language == "de" else "{Person}"
    cases = counterfactuals([template(f"{text} {{they}}", language=language)])
    assert all(case.inputs["message"].count("{") == 0 for case in cases)
    axes = {case.tags["axis"] for case in cases}
    assert {"gender", "age", "religion", "ethnicity", "disability", "orientation"} <= axes
    for axis in axes:
        listed = shipped_terms()[language][axis]
        assert next(iter(listed)) == "unmarked" and len(listed) >= 4


@pytest.mark.parametrize(
    ("text", "tags", "says"),
    [
        ("Nobody is named.", {}, "give the same prompt"),
        ("Ask {persn}.", {}, "no term fills {persn}"),
        ("Ask {person.dat}.", {}, "no term fills {person.dat}"),
        ("Ask {}.", {}, "no term fills {}"),
        ("Ask {person}.", {"language": "xx"}, "no terms in 'xx'"),
        ("Ask {person}.", {"axes": "religon"}, "no axis 'religon' in 'en'. Did you mean"),
    ],
)
def test_templates_that_cannot_be_filled(text: str, tags: dict[str, str], says: str) -> None:
    with pytest.raises(CaseError) as caught:
        counterfactuals([template(text, **tags)])
    assert says in str(caught.value) and "rent" in str(caught.value)


def test_words_of_the_caller_are_checked() -> None:
    for words in ({"axes": ["agee"]}, {"languages": ["eng"]}):
        with pytest.raises(CaseError, match="is unknown"):
            counterfactuals([template("{person}")], **words)  # type: ignore[arg-type]
    with pytest.raises(CaseError, match="no template has"):
        counterfactuals([template("{person}")], languages=["de"])


def test_terms_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text('[en.name]\nfirst = "Anna Weber"\nsecond = { person = "Ayşe Yılmaz" }\n')
    cases = counterfactuals([template("Judge {person}.")], terms=load_terms(path))
    assert [case.inputs["message"] for case in cases] == ["Judge Anna Weber.", "Judge Ayşe Yılmaz."]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no table [language.axis]"),
        ("en = 3", "[en]: a table is needed"),
        ("[en]\nage = 3", "[en.age]: a table is needed"),
        ('[en.age]\nold = "x"', "two identities"),
        ('[en.age]\nold = "x"\nyoung = 3', "[en.age] young: a phrase is needed"),
        ('[en.age]\nold = "x"\nyoung = { acc = "y" }', "[en.age] young: a phrase is needed"),
        ("[en", "not valid TOML"),
    ],
)
def test_terms_that_are_none(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "terms.toml"
    path.write_text(content)
    with pytest.raises(CaseError) as caught:
        load_terms(path)
    assert says in str(caught.value) and "terms.toml" in str(caught.value)


def test_terms_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="cannot be read"):
        load_terms(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'[en.age]\nold = "\xe9"\n')
    with pytest.raises(CaseError, match="not UTF-8"):
        load_terms(tmp_path / "latin.toml")


def test_what_is_made_can_be_loaded(tmp_path: Path) -> None:
    import msgspec

    cases = counterfactuals([template("Advise {person}.")])
    path = tmp_path / "cases.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(case) + b"\n" for case in cases))
    assert load_cases(path) == cases
