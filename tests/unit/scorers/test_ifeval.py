"""``ifeval``: each of the 25 instructions, kept and broken; bad and hostile input."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scorer_samples import HOSTILE, SURROGATE, judge, scored, unscored

from llmeval.records import Score
from llmeval.scorers import ifeval
from llmeval.scorers.following import variants
from llmeval.scorers.instructions import INSTRUCTIONS, check_of
from llmeval.scorers.languages import LANGUAGES, Undetectable, detect
from llmeval.scorers.newswire import count_sentences, treebank_words

ENGLISH = "this is the text that we have all been waiting for"
LEAST, LESS = "at least", "less than"
KEPT_AND_BROKEN: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "change_case:capital_word_frequency",
        {"capital_relation": LEAST, "capital_frequency": 2},
        "I'M here",
        "I am Here",
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_relation": LESS, "capital_frequency": 2},
        "ONE only",
        "ONE or TWO",
    ),
    ("change_case:english_capital", {}, ENGLISH.upper(), ENGLISH.title()),
    ("change_case:english_capital", {}, ENGLISH.upper(), "DAS IST NICHT DER TEXT UND AUCH NICHT"),
    ("change_case:english_lowercase", {}, ENGLISH, ENGLISH.title()),
    ("change_case:english_lowercase", {}, ENGLISH, "das ist nicht der text und auch nicht"),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say A. "}, " say a. B", "B. Say A."),
    ("combination:two_responses", {}, "a\n******\nb", "a\n******\na"),
    ("combination:two_responses", {}, "******a******b******", "a******  ******b"),
    ("combination:two_responses", {}, "a******b", "a******b******c"),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [[b]]", "[a] [b\n]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "x p. s. y", "PS: y"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "x P.P.S y", "P.S. y"),
    ("detectable_content:postscript", {"postscript_marker": "NB"}, "a\nnb b", "n b"),
    ("detectable_format:constrained_response", {}, "So: My answer is no. Yes", "my answer is no."),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', '{"a": 1} so'),
    ("detectable_format:json_format", {}, "[1]", "{'a': 1}"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "SECTION 1 a SECTION2 b",
        "Section 1 a Section 2 b SECTION",
    ),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n\n  - b", "* a\n** b"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "*\n* a", "* a\n* b"),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "*a* and **b**",
        "*a* and ** ** and *\n*",
    ),
    ("detectable_format:title", {}, "a <<b>> c", "<<>> <a> <<\n>>"),
    ("detectable_format:title", {}, "<<a>> <<", "<< >>"),
    ("keywords:existence", {"keywords": ["mom", "A"]}, "Momentary a", "mother"),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "rocket", "the Rock."),
    (
        "keywords:frequency",
        {"keyword": " war ", "frequency": 2, "relation": LEAST},
        "War, warm",
        "war",
    ),
    ("keywords:frequency", {"keyword": "war", "frequency": 2, "relation": LESS}, "war", "war war"),
    (
        "keywords:letter_frequency",
        {"letter": "T", "let_frequency": 2, "let_relation": LEAST},
        "Test",
        "Tes",
    ),
    (
        "keywords:letter_frequency",
        {"letter": "#", "let_frequency": 2.0, "let_relation": LESS},
        "# one",
        "##",
    ),
    ("language:response_language", {"language": "de"}, "Das ist nicht der Text.", ENGLISH),
    ("language:response_language", {"language": "ko"}, "이것은 글이다 OK", ENGLISH),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Yes"},
        "No.\n\n'yes, so",
        "No.\n\nyeah",
    ),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "yes"},
        "yes",
        "yes\n\nyes",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb ***", "a"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a***b", "a*** ***b"),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": LEAST},
        "Dr. A went home. He slept!",
        "Mr. Smith went home.",
    ),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": LESS},
        "two words",
        "well-known words",
    ),
    ("punctuation:no_comma", {}, "a; b", "a, b"),
    ("startend:end_checker", {"end_phrase": "The End. "}, '"so. the end."\n', "The end. Or not"),
    ("startend:quotation", {}, ' "a" ', '"a'),
]


@pytest.mark.parametrize(("instruction", "kwargs", "kept", "broken"), KEPT_AND_BROKEN)
def test_kept_and_broken(instruction: str, kwargs: dict[str, Any], kept: str, broken: str) -> None:
    check = check_of(instruction, kwargs)
    assert check(kept) and not check(broken)


def test_all_25_are_tried() -> None:
    assert len(INSTRUCTIONS) == 25 == len({case[0] for case in KEPT_AND_BROKEN})


def case_of(*instructions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "prompt": "Do so.",
        "instruction_id_list": [i for i, _ in instructions],
        "kwargs": [k for _, k in instructions],
    }


COMMA = ("punctuation:no_comma", {})
QUOTED = ("startend:quotation", {})


def test_one_broken_instruction_breaks_the_prompt() -> None:
    found = scored(ifeval(), '"a, b"', case_of(COMMA, QUOTED))
    assert (found.value, found.label) == (0, "not_followed")
    assert found.evidence == {"strict": [False, True], "loose": [False, True]}
    assert found.explanation == "not followed: punctuation:no_comma"
    assert scored(ifeval(), '"a b"', case_of(COMMA, QUOTED)).label == "followed"


def test_loose_forgives_a_preamble_and_stars() -> None:
    found = scored(ifeval(), 'Sure, here:\n*"a"*', case_of(COMMA, QUOTED))
    assert found.evidence == {"strict": [False, False], "loose": [True, True]}
    assert found.value == 0


def test_blank_answers_follow_nothing() -> None:
    assert scored(ifeval(), " \n", case_of(COMMA)).evidence == {"strict": [False], "loose": [False]}


def test_variants_are_those_of_the_reference() -> None:
    assert variants("a*\nb\nc") == [
        "a*\nb\nc",
        "b\nc",
        "a*\nb",
        "b",
        "a\nb\nc",
        "b\nc",
        "a\nb",
        "b",
    ]


@given(st.text(max_size=60))
def test_loose_is_never_stricter(text: str) -> None:
    given_ = case_of(COMMA, ("detectable_format:number_bullet_lists", {"num_bullets": 1}))
    evidence = scored(ifeval(), text, given_).evidence
    assert evidence is not None
    assert all(a <= b for a, b in zip(evidence["strict"], evidence["loose"], strict=True))


@pytest.mark.parametrize(
    ("inputs", "kind", "reason"),
    [
        ({}, "missing_input", "'instruction_id_list'"),
        ({"instruction_id_list": ["punctuation:no_comma"]}, "missing_input", "'kwargs'"),
        (case_of(), "missing_input", "empty"),
        (case_of(("punctuation:no_coma", {})), "bad_input", "punctuation:no_comma"),
        (case_of(("length_constraints:number_words", {})), "missing_input", "'relation'"),
        (
            case_of(("length_constraints:number_words", {"relation": "over", "num_words": 1})),
            "bad_input",
            "'less than' or 'at least'",
        ),
        (
            case_of(("detectable_format:number_bullet_lists", {"num_bullets": -1})),
            "bad_input",
            "-1",
        ),
        (
            case_of(("detectable_format:number_bullet_lists", {"num_bullets": True})),
            "bad_input",
            "True",
        ),
        (case_of(("keywords:existence", {"keywords": "a"})), "bad_input", "a list"),
        (case_of(("keywords:existence", {"keywords": [""]})), "bad_input", "characters"),
        (case_of(("keywords:existence", {"keywords": ["("]})), "bad_input", "expression"),
        (case_of(("language:response_language", {"language": "xx"})), "bad_input", "'xx'"),
        (
            case_of(
                (
                    "keywords:letter_frequency",
                    {"letter": "ab", "let_frequency": 1, "let_relation": LEAST},
                )
            ),
            "bad_input",
            "one character",
        ),
        (
            case_of(
                (
                    "length_constraints:nth_paragraph_first_word",
                    {"num_paragraphs": 1, "nth_paragraph": 2, "first_word": "a"},
                )
            ),
            "bad_input",
            "paragraph 2",
        ),
        ({"instruction_id_list": "a", "kwargs": [{}]}, "bad_input", "list of texts"),
        ({"instruction_id_list": ["a"], "kwargs": [1]}, "bad_input", "list of objects"),
        ({"instruction_id_list": ["a"], "kwargs": []}, "bad_input", "1 instructions, but 0"),
        (case_of(*[COMMA] * 11), "bad_input", "at most 10"),
    ],
)
def test_bad_input_is_not_scored(inputs: dict[str, Any], kind: str, reason: str) -> None:
    found = unscored(ifeval(), "An answer.", inputs)
    assert found.not_scored == kind and reason in found.reason and "case-1" in found.reason


def test_a_pattern_that_explodes_is_stopped() -> None:
    given_ = case_of(("keywords:existence", {"keywords": ["(a|aa)+$"]}))
    assert unscored(ifeval(), "a" * 5_000 + "b", given_).not_scored == "timeout"


def test_deep_json_is_not_scored() -> None:
    given_ = case_of(("detectable_format:json_format", {}))
    assert unscored(ifeval(), "[" * 150_000, given_).not_scored == "too_deep"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_end_soon(name: str) -> None:
    several = {i: (i, k) for i, k, *_ in KEPT_AND_BROKEN}
    start = time.process_time()
    for instruction in several.values():
        judge(ifeval(), HOSTILE[name][:100_000], case_of(instruction))
    assert time.process_time() - start < 20
    assert unscored(ifeval(), "x" * 200_001, case_of(COMMA)).not_scored == "too_long"


@pytest.mark.parametrize("text", ["a." + " " * 100_000 + "x", "\n" * 100_000, "'\" " * 30_000])
def test_spaces_end_soon(text: str) -> None:
    start = time.process_time()
    treebank_words(text)
    count_sentences(text)
    assert time.process_time() - start < 2


def test_lone_surrogates_are_text() -> None:
    assert isinstance(judge(ifeval(), SURROGATE, case_of(COMMA)), Score)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Mr. Smith met Dr. Jones. They spoke.", 2),
        ("It costs 3.5 euros. Fine.", 2),
        ('He said "Stop." Then he left.', 2),
        ("1. Apples are red.\n2. Pears are green.", 4),
        ("Wait... no. Well ... The end.", 3),
        ("J. Smith is here.", 1),
        ("J. The end.", 1),
        ("A. The end.", 2),
        ("at 5 p.m. we met. At 6 p.m. The bell rang.", 3),
        ("See no. 3, the U.S. and p. 4.", 2),
        ("no end mark", 1),
        ("So (it is.) Yes.", 2),
        ("", 0),
        ("   ", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert count_sentences(text) == count


def test_treebank_words() -> None:
    text = "I'M sure they CAN'T, you CANNOT: \"GONNA\" (it's) U.S. 3,000."
    words = "I 'M sure they CA N'T , you CAN NOT : `` GON NA '' ( it 's ) U.S. 3,000 ."
    assert " ".join(treebank_words(text)) == words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        ("Le chat est dans la maison avec nous.", "fr"),
        ("El gato está en la casa con nosotros.", "es"),
        ("O gato não está em casa com você.", "pt"),
        ("Il gatto è nella casa e non con noi.", "it"),
        ("Kot jest w domu, ale nie ma go przy nas.", "pl"),
        ("Kissa on talossa, mutta se ei ole minun.", "fi"),
        ("Con mèo của tôi không có ở trong nhà.", "vi"),
        ("Paka yuko ndani ya nyumba na watu wake.", "sw"),
        ("Это не то, что я хотел, но как есть.", "ru"),
        ("Це не те, що я хотів, але так є.", "uk"),
        ("Това не е къщата, която ще купя.", "bg"),
        ("هذا هو البيت الذي كان في المدينة", "ar"),
        ("این خانه‌ای است که در شهر بود", "fa"),
        ("یہ وہ گھر ہے جو شہر میں تھا", "ur"),
        ("यह घर शहर में है और वह नहीं है", "hi"),
        ("हे घर शहरात आहे आणि ते नाही", "mr"),
        ("यो घर सहरमा छ र त्यो होइन", "ne"),
        ("これは本です。", "ja"),
        ("这是一本书。", "zh"),
        ("日本国憲法第一章天皇は象徴である", "ja"),
        ("זה הבית", "he"),
        ("THE INSIGHT", "en"),
        ("Insight Analytics", "en"),
        ("Xantippe", None),
        ("Zoo né", None),
    ],
)
def test_languages(text: str, language: str | None) -> None:
    assert detect(text) == language


def test_no_letters_no_language() -> None:
    with pytest.raises(Undetectable):
        detect("123 … 😀")
    assert check_of("language:response_language", {"language": "de"})("123")
    wanted = set(re.findall("..", "enesptarhifrrudejaitbnukthurtatebgkoplhefavinesw"))
    assert wanted | {"kn", "mr", "gu", "pa", "ml", "fi"} <= LANGUAGES
