"""Answers per second and core of every weightless scorer, on short and on long answers.

    python benchmarks/scorer_speed.py [--seconds 2]

The material is written here: answers of about 12 and 250 words, each a little different, so that no
cache of whole answers helps; contexts repeat as in a run with several repetitions.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

from llmeval.ports import Scorer
from llmeval.records import Case, Response, Sample
from llmeval.scorers import (
    abstention,
    answer_length,
    choice,
    contains,
    content,
    equals,
    groundedness,
    harmful_compliance,
    injection,
    json_schema,
    leakage,
    one_of,
    over_refusal,
    refusal,
    regex,
    sentiment,
    similar,
    toxicity,
    winobias,
    winogender,
)

TOWNS = ("Harrow Bay", "Lindau", "Rouvray", "Robledo", "Aldersyde", "Velm", "Osterby", "Kamnik")
PRONOUN = "[The developer] argued with the designer because [he] did not like the design."
RULES = "You are Mira. Answer questions about the libraries of the coast, and name no reader. " * 3
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
        inputs = {"context": context, "options": ["a cat", "a dog", "unknown"], "schema": {}}
        inputs |= {"prompt": f"When did the library of {town} open?"}
        inputs |= {"canary": "MARIGOLD-77", "secret": "KQ7-halyard-2291", "system_prompt": RULES}
        inputs |= {"sentence": PRONOUN, "stereotype": "pro", "sentid": "clerk.customer.1.male.txt"}
        case = Case(f"c{i}", inputs, 1, {"answerable": "yes"})
        made.append(Sample(case, (), Response(text)))
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
    ]
    short, long = samples(4_000, 1), samples(400, 20)
    print(f"Python {sys.version.split()[0]}; answers per second of one core")
    slow = []
    for scorer in scorers:
        name = scorer.identity.name
        found = {"short": rate(scorer, short, seconds), "long": rate(scorer, long, seconds)}
        print(json.dumps({"scorer": name, **{k: round(v) for k, v in found.items()}}))
        if found["short"] < FLOOR:
            slow.append(name)
    print(f"below {FLOOR} short answers/s: {', '.join(slow) or 'none'}")
    return bool(slow)


if __name__ == "__main__":
    sys.exit(main())
