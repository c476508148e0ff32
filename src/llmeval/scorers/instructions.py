"""The 25 verifiable instructions of IFEval (Zhou et al. 2023, arXiv:2311.07911, table 1).

Each is decided as the reference decides it (google-research, instruction_following_eval), its
oddities included: bullets are stars or dashes, ``*`` highlights count beside ``**``, keywords are
patterns, a keyword is found within longer words and a forbidden word is not. Every check needs
time in proportion to the text, but for patterns out of the data, which have a time limit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from llmeval.errors import nearest
from llmeval.scorers.findings import clip
from llmeval.scorers.languages import LANGUAGES, Undetectable, detect
from llmeval.scorers.newswire import count_sentences, treebank_words
from llmeval.scorers.verifying import Arguments, BadInput, Pattern

__all__ = ["INSTRUCTIONS", "Check", "check_of"]

Check = Callable[[str], bool]
"""Whether a text that is not blank follows one instruction."""

_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_STAR_BULLET = re.compile(r"^[^\S\n]*\*[^*].*$", re.MULTILINE)
_DASH_BULLET = re.compile(r"^[^\S\n]*-.*$", re.MULTILINE)
_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_BOLD = re.compile(r"\*\*([^\n*]*)\*\*")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
_FENCES = ("```json", "```Json", "```JSON", "```")
_FIRST_WORD = re.compile(r"""[^.,?!'"]*""")


def check_of(instruction: str, kwargs: Mapping[str, Any]) -> Check:
    """Return the check of an instruction.

    Raises ``BadInput`` for an unknown instruction or argument, ``Missing`` for an absent one.
    """
    if instruction not in INSTRUCTIONS:
        hint = nearest(instruction, INSTRUCTIONS)
        raise BadInput(f"no instruction is called {clip(repr(instruction), 80)}.{hint}")
    return INSTRUCTIONS[instruction](Arguments(instruction, kwargs))


def _related(relation: str, wanted: int, count: Callable[[str], int]) -> Check:
    if relation == "less than":
        return lambda text: count(text) < wanted
    return lambda text: count(text) >= wanted


def _keywords(given: Arguments) -> Check:
    patterns = [Pattern(word) for word in given.texts("keywords")]
    return lambda text: all(pattern.found(text) for pattern in patterns)


def _forbidden_words(given: Arguments) -> Check:
    patterns = [Pattern(rf"\b{word}\b") for word in given.texts("forbidden_words")]
    return lambda text: not any(pattern.found(text) for pattern in patterns)


def _keyword_frequency(given: Arguments) -> Check:
    pattern = Pattern(given.text("keyword").strip())
    return _related(given.relation("relation"), given.count("frequency"), pattern.count)


def _letter_frequency(given: Arguments) -> Check:
    letter = given.text("letter").strip().lower()
    # The reference puts a random letter in the place of what is none; here the character counts.
    if len(letter) != 1:
        raise BadInput(f"{given.instruction}, 'letter': one character is needed")
    relation, wanted = given.relation("let_relation"), given.count("let_frequency")
    return _related(relation, wanted, lambda text: text.lower().count(letter))


def _sentences(given: Arguments) -> Check:
    return _related(given.relation("relation"), given.count("num_sentences"), count_sentences)


def _words(given: Arguments) -> Check:
    words = re.compile(r"\w+")
    relation, wanted = given.relation("relation"), given.count("num_words")
    return _related(relation, wanted, lambda text: sum(1 for _ in words.finditer(text)))


def _paragraphs(given: Arguments) -> Check:
    wanted = given.count("num_paragraphs")

    def check(text: str) -> bool:
        filled = [bool(part.strip()) for part in _DIVIDER.split(text)]
        return all(filled[1:-1]) and sum(filled) == wanted

    return check


def _paragraph_first_word(given: Arguments) -> Check:
    wanted = given.count("num_paragraphs", 1)
    nth = given.count("nth_paragraph", 1)
    word = given.text("first_word").lower()
    if nth > wanted:
        raise BadInput(f"{given.instruction}: paragraph {nth} is asked for, of {wanted}")

    def check(text: str) -> bool:
        paragraphs = text.split("\n\n")
        if sum(bool(p.strip()) for p in paragraphs) != wanted:
            return False
        # As in the reference, blank paragraphs are not counted, yet take a place.
        first = paragraphs[nth - 1].split(maxsplit=1)
        return bool(first) and _opening(first[0]) == word

    return check


def _opening(token: str) -> str:
    found = _FIRST_WORD.match(token.lstrip("'").lstrip('"'))
    return found.group().lower() if found else ""


def _placeholders(given: Arguments) -> Check:
    wanted = given.count("num_placeholders")
    return lambda text: sum(_bracketed(line) for line in text.split("\n")) >= wanted


def _bracketed(line: str) -> int:
    """Return how many stretches of the line are in square brackets."""
    count, end = 0, -1
    while (start := line.find("[", end + 1)) >= 0 and (end := line.find("]", start)) >= 0:
        count += 1
    return count


def _postscript(given: Arguments) -> Check:
    marker = given.text("postscript_marker").strip()
    pattern = Pattern(_POSTSCRIPTS.get(marker, marker.lower()))
    return lambda text: pattern.count(text.lower(), ignore_case=False) > 0


def _bullets(given: Arguments) -> Check:
    wanted = given.count("num_bullets")
    return lambda text: len(_STAR_BULLET.findall(text)) + len(_DASH_BULLET.findall(text)) == wanted


def _highlights(given: Arguments) -> Check:
    wanted = given.count("num_highlights")

    def check(text: str) -> bool:
        single = sum(bool(part.strip("*").strip()) for part in _HIGHLIGHT.findall(text))
        return single + sum(bool(part.strip()) for part in _BOLD.findall(text)) >= wanted

    return check


def _sections(given: Arguments) -> Check:
    wanted = given.count("num_sections")
    pattern = Pattern(rf"\s?{given.text('section_spliter').strip()}\s?\d+\s?")
    return lambda text: pattern.count(text, ignore_case=False) >= wanted


def _constrained(given: Arguments) -> Check:
    return lambda text: any(option in text for option in _OPTIONS)


def _json(given: Arguments) -> Check:
    def check(text: str) -> bool:
        text = text.strip()
        for fence in _FENCES:
            text = text.removeprefix(fence)
        try:
            json.loads(text.removesuffix("```").strip())
        except ValueError:
            return False
        return True

    return check


def _title(given: Arguments) -> Check:
    return lambda text: any(_titled(line) for line in text.split("\n"))


def _titled(line: str) -> bool:
    start, end = line.find("<<"), line.rfind(">>")
    return 0 <= start < end - 2 and bool(line[start:end].lstrip("<").rstrip(">").strip())


def _two_responses(given: Arguments) -> Check:
    def check(text: str) -> bool:
        parts = [part.strip() for part in text.split("******")]
        filled = [part for part in parts if part]
        return all(parts[1:-1]) and len(filled) == 2 and filled[0] != filled[1]

    return check


def _repeat_prompt(given: Arguments) -> Check:
    wanted = given.text("prompt_to_repeat").strip().lower()
    return lambda text: text.strip().lower().startswith(wanted)


def _ends(given: Arguments) -> Check:
    wanted = given.text("end_phrase").strip().lower()
    return lambda text: text.strip().strip('"').lower().endswith(wanted)


def _quoted(given: Arguments) -> Check:
    return lambda text: len(t := text.strip()) > 1 and t[0] == '"' and t[-1] == '"'


def _capital_words(given: Arguments) -> Check:
    relation, wanted = given.relation("capital_relation"), given.count("capital_frequency")
    return _related(
        relation, wanted, lambda text: sum(word.isupper() for word in treebank_words(text))
    )


def _capital_english(given: Arguments) -> Check:
    return lambda text: text.isupper() and _is_in(text, "en")


def _lower_english(given: Arguments) -> Check:
    return lambda text: text.islower() and _is_in(text, "en")


def _language(given: Arguments) -> Check:
    wanted = given.language("language", LANGUAGES)
    return lambda text: _is_in(text, wanted)


def _is_in(text: str, language: str) -> bool:
    try:
        return detect(text) == language
    except Undetectable:
        return True


def _no_comma(given: Arguments) -> Check:
    return lambda text: "," not in text


INSTRUCTIONS: Final[Mapping[str, Callable[[Arguments], Check]]] = {
    "change_case:capital_word_frequency": _capital_words,
    "change_case:english_capital": _capital_english,
    "change_case:english_lowercase": _lower_english,
    "combination:repeat_prompt": _repeat_prompt,
    "combination:two_responses": _two_responses,
    "detectable_content:number_placeholders": _placeholders,
    "detectable_content:postscript": _postscript,
    "detectable_format:constrained_response": _constrained,
    "detectable_format:json_format": _json,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:title": _title,
    "keywords:existence": _keywords,
    "keywords:forbidden_words": _forbidden_words,
    "keywords:frequency": _keyword_frequency,
    "keywords:letter_frequency": _letter_frequency,
    "language:response_language": _language,
    "length_constraints:nth_paragraph_first_word": _paragraph_first_word,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_sentences": _sentences,
    "length_constraints:number_words": _words,
    "punctuation:no_comma": _no_comma,
    "startend:end_checker": _ends,
    "startend:quotation": _quoted,
}
"""Instruction id -> what makes its check from the arguments."""
