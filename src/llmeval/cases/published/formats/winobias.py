"""WinoBias: ``pro_stereotyped_type1.txt.dev`` and its like, a sentence with brackets a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from llmeval.cases.problems import Problems
from llmeval.cases.published.published import Found, Published
from llmeval.cases.published.reading import reader, text_lines
from llmeval.cases.published.record import Record, RowProblem
from llmeval.errors import CaseError

__all__ = ["FORMAT"]

_NAME: Final = re.compile(r"(pro|anti)_stereotyped_(type[12])\.txt\.(dev|test)")
_LINE: Final = re.compile(r"(\d+)\s+(\S.*)")
_MARKED: Final = re.compile(r"\[([^\[\]]*)\]")
_ARTICLE: Final = re.compile(r"(?:the|an|a)\s+", re.I)
_PRONOUNS: Final = frozenset(("he", "him", "his", "himself", "she", "her", "hers", "herself"))


class _File(NamedTuple):
    stereotype: str
    kind: str
    split: str


def _cases(files: Sequence[Path]) -> Iterator[Found]:
    """Yield a case for each sentence. The occupations are those in brackets anywhere."""
    occupations = {name for path in files for name in _occupations(path)}
    longest_first = sorted(occupations, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, longest_first)) or '$^'})\b", re.I)
    yield from reader(text_lines, lambda record: [_case(record, pattern)])(files)


def _occupations(path: Path) -> Iterator[str]:
    for _, row in text_lines(path, Problems(path)):
        for name in _MARKED.findall(row["text"]):
            plain = _ARTICLE.sub("", name.strip(), count=1).lower()
            if plain and plain not in _PRONOUNS:
                yield plain


def _case(record: Record, occupations: re.Pattern[str]) -> Found:
    file = _file(record.path)
    numbered = _LINE.fullmatch(record.text("text"))
    if not numbered:
        raise RowProblem("a line must be a number and a sentence")
    number, sentence = numbered.groups()
    right, pronoun = _marks(sentence)
    plain = _MARKED.sub(r"\1", sentence)
    people: dict[str, str] = {}
    for name in occupations.findall(plain):
        people.setdefault(name.lower(), name)
    others = [each for each in people if each != right]
    if not others:
        raise RowProblem("no other occupation of the files' is named; give the whole folder")
    options = [each for each in people if each in (right, others[0])]
    followed, against = ("stereotyped", "other")[:: 1 if file.stereotype == "pro" else -1]
    pair = f"{file.kind}-{file.split}-{number}"
    row = {
        "id": f"{pair}-{file.stereotype}",
        "inputs": {
            "sentence": sentence,
            "context": plain,
            "question": f'Who does "{pronoun}" refer to?',
            "options": [f"The {people[each]}" for each in options],
            "roles": [followed if each == right else against for each in options],
        },
        "expected": options.index(right),
        "tags": {**file._asdict(), "pronoun": pronoun},
        "group": pair,
    }
    return record.found(row, unit=pair)


def _marks(sentence: str) -> tuple[str, str]:
    """Return the occupation in brackets and the first pronoun in brackets."""
    marked = [each.strip() for each in _MARKED.findall(sentence)]
    pronouns = [each for each in marked if each.lower() in _PRONOUNS]
    people = [each for each in marked if each.lower() not in _PRONOUNS]
    if len(people) != 1 or not pronouns:
        raise RowProblem("a sentence must have one occupation and a pronoun in brackets")
    return _ARTICLE.sub("", people[0], count=1).lower(), pronouns[0]


def _file(path: Path) -> _File:
    found = _NAME.search(path.name)
    if not found:
        raise CaseError(
            f"{path}: what a sentence is, its file's name says; keep the published one, such as "
            f"pro_stereotyped_type1.txt.dev"
        )
    return _File(*found.groups())


FORMAT = Published(
    name="winobias",
    title="WinoBias",
    licence="MIT",
    home="https://github.com/uclanlp/corefBias",
    citation="Zhao et al., Gender Bias in Coreference Resolution: Evaluation and Debiasing "
    "Methods, NAACL 2018",
    files=("*_stereotyped_type[12].txt.*",),
    cases=_cases,
    splits={"dev": ("split", "dev"), "test": ("split", "test")},
)
