"""Answers per second and core of every weightless scorer, on short and on long answers.

    python benchmarks/scorer_speed.py [--seconds 2]

The material is written here: answers of about 12 and 250 words (of formats: valid ones of 3 and
40 rows; of SQL, 1 and 40 conditions), each a little different, so that no cache of whole answers
helps; contexts repeat as in a run with several repetitions.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from llmeval.ports import Scorer
from llmeval.records import Case, Response, Sample
from llmeval.scorers import (
    abstention,
    answer_length,
    choice,
    citations,
    contains,
    content,
    csv,
    equals,
    fact,
    function_call,
    groundedness,
    harmful_compliance,
    injection,
    json_schema,
    language,
    leakage,
    length,
    markdown_table,
    one_of,
    over_refusal,
    refusal,
    regex,
    self_consistency,
    sentiment,
    similar,
    sql,
    toxicity,
    vertex_safety,
    winobias,
    winogender,
    xml,
    yaml,
)

TOWNS = ("Harrow Bay", "Lindau", "Rouvray", "Robledo", "Aldersyde", "Velm", "Osterby", "Kamnik")
PRONOUN = "[The developer] argued with the designer because [he] did not like the design."
RULES = "You are Mira. Answer questions about the libraries of the coast, and name no reader. " * 3
RATINGS = [
    {"source": "output", "category": f"HARM_CATEGORY_{category}", "probability": "LOW"}
    for category in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
]
FLOOR = 2_000


def samples(count: int, sentences: int) -> list[Sample]:
    """Return answers of ``sentences`` sentences over eight contexts; every third is wrong."""
    made = []
    for i in range(count):
        town, year = TOWNS[i % len(TOWNS)], 1900 + i % 90
        facts = f"The library of {town} opened in {1900 + i % len(TOWNS)}. It holds 48,000 books."
        context = f"{facts} The mayor, Ann Solheim, closed the reading room in March 2018."
        told = (
            f"The {town} library number {i} opened in {year if i % 3 else 1900 + i % len(TOWNS)}, "
        )
        text = " ".join([f"{told}and holds 48,000 books."] * sentences)
        other = f"It opened in {year}, in {town}. {48 + i % 3},000 books are there."
        inputs = {
            "context": context,
            "samples": [other] * 3,
            "options": ["a cat", "a dog", "unknown"],
            "schema": {},
        }
        inputs |= {"prompt": f"When did the library of {town} open?"}
        inputs |= {"canary": "MARIGOLD-77", "secret": "KQ7-halyard-2291", "system_prompt": RULES}
        inputs |= {"sentence": PRONOUN, "stereotype": "pro", "sentid": "clerk.customer.1.male.txt"}
        case = Case(f"c{i}", inputs, 1, {"answerable": "yes"})
        made.append(Sample(case, (), Response(text, safety=RATINGS)))
    return made


TYPES = {"town": "string", "opened": "integer", "books": "number"}
SCHEMA = {
    "type": "object",
    "properties": {"town": {"type": "string"}, "opened": {"type": "integer"}, "books": {}},
    "required": ["town", "opened"],
    "additionalProperties": False,
}
ROWS = {"type": "array", "items": SCHEMA}
Row = tuple[str, int]


def formats() -> list[tuple[Scorer, str, Callable[[Row], str], str]]:
    """Return scorers of formats, and how an answer is made: what comes first, each row, between."""
    calls = function_call({"library": SCHEMA})
    made: list[tuple[Scorer, str, Callable[[Row], str], str]] = [
        (json_schema(ROWS), "[{}]", lambda r: json.dumps({"town": r[0], "opened": r[1]}), ", "),
        (
            xml("all", elements={"row/town": "string", "row/@opened": "integer"}, only=True),
            "<all>{}</all>",
            lambda r: f'<row opened="{r[1]}"><town>{r[0]}</town></row>',
            "\n",
        ),
        (yaml(ROWS), "{}", lambda r: f"- town: {r[0]}\n  opened: {r[1]}", "\n"),
        (csv(TYPES), "town,opened,books\n{}", lambda r: f"{r[0]},{r[1]},48000", "\n"),
        (
            markdown_table(TYPES),
            "| town | opened | books |\n|---|---|---|\n{}",
            lambda r: f"| {r[0]} | {r[1]} | 48000 |",
            "\n",
        ),
        (calls, "{}", lambda r: f"library(town={r[0]!r}, opened={r[1]})", "\n"),
        (length(words=(1, 999), sentences=(1, 99)), "{}", lambda r: f"{r[0]} in {r[1]}.", " "),
        (language("en"), "{}", lambda r: f"The library of {r[0]} opened in {r[1]}.", " "),
    ]
    if find_spec("sqlglot"):
        queries = sql("postgres", tables=["library"])
        query = "SELECT town FROM library WHERE {}"
        made.append((queries, query, lambda r: f"(town = '{r[0]}' AND opened = {r[1]})", " OR "))
    return made


def answers(
    count: int, rows: int, frame: str, row: Callable[[Row], str], between: str
) -> list[Sample]:
    """Return ``count`` valid answers of ``rows`` rows, each a little different."""
    made = []
    for i in range(count):
        told = [row((f"{TOWNS[(i + k) % len(TOWNS)]} {i}", 1900 + k)) for k in range(rows)]
        text = frame.replace("{}", between.join(told))
        made.append(Sample(Case(f"c{i}", {}), (), Response(text)))
    return made


def rate(scorer: Scorer, batch: Sequence[Sample], seconds: float) -> float:
    """Return answers per second of CPU time."""
    scorer.score(batch[:8])
    done, started = 0, time.process_time()
    while (spent := time.process_time() - started) < seconds:
        part = [batch[(done + k) % len(batch)] for k in range(64)]
        scorer.score(part)
        done += len(part)
    return done / spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds a measurement")
    seconds = parser.parse_args().seconds
    scorers: list[Scorer] = [
        equals("x"),
        contains("x"),
        regex(r"\d{4}"),
        similar(expected="The library opened in 1901 and holds 48,000 books."),
        one_of(("yes", "no")),
        choice(),
        json_schema(),
        groundedness(),
        fact("48,000 books"),
        citations(),
        self_consistency(),
        self_consistency(over="repetitions", name="self_consistency over repetitions"),
        abstention(),
        refusal(),
        toxicity(),
        answer_length(),
        content(),
        sentiment(),
        injection(),
        over_refusal(),
        harmful_compliance(),
        leakage(),
        winobias(),
        winogender(),
        vertex_safety(),
    ]
    short, long = samples(4_000, 1), samples(400, 20)
    measured = [(scorer, short, long) for scorer in scorers]
    for scorer, *how in formats():
        few = 1 if scorer.identity.name == "sql" else 3
        measured.append((scorer, answers(4_000, few, *how), answers(400, 40, *how)))
    print(f"Python {sys.version.split()[0]}; answers per second of one core")
    slow = []
    for scorer, brief, wordy in measured:
        name = scorer.identity.name
        found = {"short": rate(scorer, brief, seconds), "long": rate(scorer, wordy, seconds)}
        print(json.dumps({"scorer": name, **{k: round(v) for k, v in found.items()}}))
        if found["short"] < FLOOR:
            slow.append(name)
    print(f"below {FLOOR} short answers/s: {', '.join(slow) or 'none'}")
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
