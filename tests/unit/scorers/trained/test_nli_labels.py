from __future__ import annotations

import pytest

from llmeval.scorers.trained.nli_labels import Labels, read_labels


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({0: "contradiction", 1: "neutral", 2: "entailment"}, Labels(2, 0)),
        ({0: "ENTAILMENT", 1: "NEUTRAL", 2: "CONTRADICTION"}, Labels(0, 2)),
        ({1: "not_entailment", 0: "entailment"}, Labels(0, None)),
        ({0: "hallucinated", 1: "consistent"}, Labels(1, None)),
        ({0: "SUPPORTS", 1: "REFUTES", 2: "NOT ENOUGH INFO"}, Labels(0, 1)),
        ({0: "LABEL_0"}, Labels(None, None)),
    ],
)
def test_columns_are_found_by_their_names(named: dict[int, str], found: Labels) -> None:
    assert read_labels(named, None) == found


def test_what_the_user_says_overrules_the_config() -> None:
    named = {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}
    assert read_labels(named, ["neutral", "entailment", "contradiction"]) == Labels(1, 2)


@pytest.mark.parametrize(
    ("named", "given"),
    [
        ({0: "LABEL_0", 1: "LABEL_1"}, None),
        ({0: "entailment", 1: "LABEL_1"}, None),
        ({0: "entailment", 1: "supported"}, None),
        ({0: "positive", 1: "negative"}, None),
        ({0: "contradiction", 1: "neutral"}, None),
        ({0: "a", 1: "b"}, ["entailment", "neutral", "contradiction"]),
    ],
)
def test_a_guess_is_refused(named: dict[int, str], given: list[str] | None) -> None:
    with pytest.raises(ValueError, match="labels"):
        read_labels(named, given)
