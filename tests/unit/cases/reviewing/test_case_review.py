"""Coverage, near-duplicates and giveaways of a set of cases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.cases.reviewing import Asked, alike, giveaway, matrix, review, tag_counts, thin_cells
from llmeval.cases.reviewing.likeness import MOST
from llmeval.cases.reviewing.texts import LONGEST, case_text, folded
from llmeval.errors import UsageError
from llmeval.records import Case


def case(
    name: str, text: str = "x", *, group: str | None = None, expected: Any = None, **tags: str
) -> Case:
    return Case(name, {"question": text}, expected, tags, group)


def shingles(text: str) -> set[str]:
    plain = folded(text)
    return {plain[i : i + 5] for i in range(max(1, len(plain) - 4))}


def test_tags_and_their_crosses_are_counted() -> None:
    cases = [case("a", language="en", kind="date"), case("b", language="en", kind="date")]
    cases += [case("c", language="de", kind="name"), case("d", language="de")]
    assert tag_counts(cases) == {"kind": {"date": 2, "name": 1}, "language": {"de": 2, "en": 2}}
    found = matrix(cases, "language", "kind")
    assert found.rows == ("de", "en") and found.columns == ("date", "name")
    assert found.cell("en", "date") == 2 and found.cell("en", "name") == 0
    assert thin_cells(found, 2) == [("de", "date", 0), ("de", "name", 1), ("en", "name", 0)]


def test_cases_that_say_nearly_the_same_are_found_whatever_their_accents() -> None:
    cases = [
        case("a", "Wann öffnet die Bibliothek in Lindau am Samstag?"),
        case("b", "WANN OFFNET die Bibliothek in Lindau am Samstag"),
        case("c", "Wer baute die Brücke über den Fluss?"),
    ]
    (pair,) = alike(cases)
    assert (pair.first, pair.second, pair.similarity, pair.twins) == (0, 1, 1.0, False)


def test_twins_are_told_from_duplicates_and_groups_are_left_alone() -> None:
    text = "Which of the two clerks made the mistake?"
    twins = [case("a", text, expected=0), case("b", text, expected=1)]
    assert [pair.twins for pair in alike(twins)] == [True]
    assert alike([case("a", text, group="g"), case("b", text, group="g")]) == []
    assert len(alike([case("a", text, group="g"), case("b", text, group="h")])) == 1


def test_only_the_named_inputs_are_compared() -> None:
    context = " ".join(f"word{i}" for i in range(50))
    cases = [Case(n, {"context": context, "question": q}) for n, q in ("ax", "by")]
    assert len(alike(cases)) == 1
    assert alike(cases, inputs=("question",)) == []


TEXTS = st.lists(st.text("abc ", max_size=30), min_size=2, max_size=12)


@given(TEXTS, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_exactly_the_pairs_above_the_threshold_are_found(
    texts: Sequence[str], threshold: float
) -> None:
    grams = [shingles(text) for text in texts]
    wanted = {
        (i, j)
        for j in range(len(texts))
        for i in range(j)
        if len(grams[i] & grams[j]) / len(grams[i] | grams[j]) >= threshold
    }
    found = alike([case(str(i), text) for i, text in enumerate(texts)], threshold)
    assert {(pair.first, pair.second) for pair in found} == wanted


def test_the_list_of_pairs_ends() -> None:
    same = [case(str(i), "the very same sentence") for i in range(200)]
    assert len(alike(same)) == MOST


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_similarity_is_above_0_and_at_most_1(threshold: float) -> None:
    with pytest.raises(UsageError, match="a similarity above 0, up to 1"):
        alike([], threshold)


def test_text_is_gathered_from_nested_inputs_and_bounded() -> None:
    nested = Case("a", {"x": ["one", {"y": "two", "z": [3, None, True]}], "u": 4.5})
    assert case_text(nested) == "one\ntwo\n3\n4.5"
    assert case_text(nested, ("u", "absent")) == "4.5"
    assert len(case_text(case("b", "x" * 10 * LONGEST))) == LONGEST


def test_hostile_text_is_compared_too() -> None:
    texts = ["\ud800\x00", "", "\u202e" * 1000, "a" * 1_000_000, "😀" * 50]
    assert alike([case(str(i), text) for i, text in enumerate(texts)], 1.0) != []


def test_a_word_that_gives_the_answer_away_is_found() -> None:
    cases = [
        case(f"{kind}{i}", f"{word} did thing {i} happen", answerable=kind)
        for kind, word in (("yes", "when"), ("no", "who"))
        for i in range(60)
    ]
    told = giveaway(cases, "answerable")
    assert told.balanced_accuracy == 1.0 and told.chance == 0.5
    assert told.rule in ("holds 'who': no, else yes", "holds 'when': yes, else no")


def test_a_length_that_gives_the_answer_away_is_found() -> None:
    draw = random.Random(1)
    cases = [
        case(f"{kind}{i}", " ".join(draw.choices("abcdefgh", k=long)), answerable=kind)
        for kind, longs in (("yes", range(8, 20)), ("no", range(2, 6)))
        for i, long in enumerate([*longs] * 8)
    ]
    told = giveaway(cases, "answerable")
    assert told.rule.startswith("up to 5 words: no") and told.balanced_accuracy == 1.0


def test_where_nothing_tells_the_rule_is_near_chance() -> None:
    """The rule is measured on cases it was not chosen on: many words do not make it look good."""
    draw = random.Random(7)
    words = [f"w{i}" for i in range(300)]
    cases = [
        case(str(i), " ".join(draw.choices(words, k=10)), answerable=draw.choice(("yes", "no")))
        for i in range(400)
    ]
    assert 0.4 < giveaway(cases, "answerable").balanced_accuracy < 0.6


def test_a_group_is_never_in_both_halves() -> None:
    cases = [
        case(f"{i}{kind}", f"word{i} {i % 7}", group=f"g{i}", answerable=kind)
        for i in range(40)
        for kind in ("yes", "no")
    ]
    assert giveaway(cases, "answerable").balanced_accuracy == 0.5


def test_a_tag_without_two_values_cannot_be_given_away() -> None:
    with pytest.raises(UsageError, match="'answerable' needs two values"):
        giveaway([case("a", answerable="yes")] * 9, "answerable")


def test_a_review_counts_groups_once_and_names_unknown_tags() -> None:
    cases = [case("a", "one thing", group="g", kind="x"), case("b", "other", group="g", kind="y")]
    cases.append(case("g", "a third one", kind="x"))
    found = review({"f": cases}, Asked(by=(("kind", "kind"),), least=2))
    assert found.groups == 2 and found.places == ("f:a", "f:b", "f:g")
    # x with x has two cases; y with y one; x with y none.
    assert found.objections == 3 and found.pairs == ()
    with pytest.raises(UsageError, match=r"no tag 'knd'. Did you mean 'kind'\?"):
        review({"f": cases}, Asked(by=(("kind", "knd"),)))
    with pytest.raises(UsageError, match="no tag 'answer'"):
        review({"f": cases}, Asked(giveaway="answer"))
