"""IFEval: the recorded GPT-4 answers are judged as the reference judges them."""

from __future__ import annotations

import time

from labelled import ifeval_answers, ifeval_reference

from llmeval.records import Score
from llmeval.scorers import ifeval

LITERAL = (1122, 1129)
"""The reference puts a random letter in the place of '#' and '!' there; here they are counted."""


def test_every_outcome_equals_the_reference() -> None:
    expected, given = ifeval_reference(), ifeval_answers()
    start = time.process_time()
    found = ifeval().score(given)
    seconds = time.process_time() - start
    assert len(found) == 541 and seconds < 5
    kept: dict[str, list[list[bool]]] = {"strict": [], "loose": []}
    for sample, score in zip(given, found, strict=True):
        assert isinstance(score, Score) and score.evidence is not None, score
        key = int(sample.case.id)
        for mode, outcomes in kept.items():
            outcomes.append(score.evidence[mode])
            assert key in LITERAL or score.evidence[mode] == expected[key][mode], (key, mode)
        assert (score.value == 1) == (score.label == "followed") == all(score.evidence["strict"])
    counts = {m: (sum(map(all, o)), sum(map(sum, o)), sum(map(len, o))) for m, o in kept.items()}
    assert counts == {"strict": (417, 698, 834), "loose": (431, 714, 834)}
