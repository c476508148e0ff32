"""The scorer's own work, beside a classifier that compares words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from nli_fakes import WordClassifier, installed
from scorer_samples import HOSTILE, judge, sample, scored, unscored

from llmeval.errors import MissingExtra, SuiteError
from llmeval.records import Score
from llmeval.scorers import groundedness
from llmeval.scorers.trained import nli_grounding

CONTEXT = (
    "The library of Harrow Bay opened in 1931. It holds 48,000 books. The mayor closed the "
    "reading room in March 2018. Entry is free. Dogs are not allowed in the hall."
)


@pytest.fixture
def classifier(monkeypatch: pytest.MonkeyPatch) -> WordClassifier:
    made = WordClassifier()
    installed(monkeypatch, made)
    return made


def scorer(**options: Any) -> Any:
    return groundedness(backend="nli", model="some/model", **options)


def test_every_claim_must_be_entailed(classifier: WordClassifier) -> None:
    found = scored(
        scorer(), "Entry is free. The mayor closed the reading room.", {"context": CONTEXT}
    )
    assert (found.label, found.value) == ("grounded", 0.9)
    context = CONTEXT.partition(" Dogs")[0]
    wrong = scored(
        scorer(), "Entry is free. The queen closed the reading room.", {"context": context}
    )
    assert (wrong.label, wrong.value) == ("ungrounded", 0.1)
    assert wrong.explanation == "not entailed (0.10): The queen closed the reading room."


def test_claims_show_their_places_and_odds(classifier: WordClassifier) -> None:
    answer = "Entry is free. Dogs are allowed in the hall."
    wrong, right = scored(scorer(), answer, {"context": CONTEXT}).evidence["claims"]  # type: ignore[index]
    assert answer[slice(*right["span"])] == right["text"] == "Entry is free."
    assert CONTEXT[slice(*right["support_span"])] == "Entry is free."
    assert right["entailment"] == 0.9
    assert answer[slice(*wrong["span"])] == "Dogs are allowed in the hall."
    assert (wrong["reason"], wrong["contradiction"]) == ("contradicted (0.80)", 0.8)


def test_a_claim_over_two_sentences_is_found_in_a_window(classifier: WordClassifier) -> None:
    context = CONTEXT.partition(" Dogs")[0]
    found = scored(scorer(), "The library holds 48,000 books.", {"context": context})
    assert found.label == "grounded"
    start, end = found.evidence["claims"][0]["support_span"]  # type: ignore[index]
    assert "Harrow Bay" in context[start:end] and "48,000" in context[start:end]


def test_a_threshold_decides_from_which_probability_on(classifier: WordClassifier) -> None:
    inputs = {"context": CONTEXT}
    assert scored(scorer(threshold=0.95), "Entry is free.", inputs).label == "ungrounded"
    assert scored(scorer(threshold=0.9), "Entry is free.", inputs).value == 0.5


def test_fragments_are_asked_behind_the_question(classifier: WordClassifier) -> None:
    inputs = {"context": CONTEXT, "question": "How many books?"}
    scored(scorer(), "48,000 books", inputs)
    assert {hypothesis for _, hypothesis in classifier.asked} == {"How many books? 48,000 books"}
    classifier.asked.clear()
    scored(scorer(), "It holds 48,000 books today.", inputs)
    assert {hypothesis for _, hypothesis in classifier.asked} == {"It holds 48,000 books today."}


def test_a_long_context_is_read_to_its_end(classifier: WordClassifier) -> None:
    filler = " ".join(f"Shelf {i} is made of oak." for i in range(400))
    context = f"{filler} The last door is made of glass. {filler}"
    found = scored(scorer(), "The last door is made of glass.", {"context": context})
    assert found.label == "grounded"
    shown = context[slice(*found.evidence["claims"][0]["support_span"])]  # type: ignore[index]
    assert shown == "The last door is made of glass."


def test_a_long_claim_is_asked_in_pieces_and_each_must_hold(classifier: WordClassifier) -> None:
    words = " ".join(f"word{i}" for i in range(120))
    assert scored(scorer(), words, {"context": words}).label == "grounded"
    wrong = scored(scorer(), f"{words} unheard", {"context": words})
    assert wrong.label == "ungrounded"
    claims = wrong.evidence["claims"]  # type: ignore[index]
    assert [c["supported"] for c in claims].count(False) == 1
    assert f"{words} unheard"[slice(*claims[0]["span"])].endswith("unheard")


def test_samples_keep_their_order_through_one_batch(classifier: WordClassifier) -> None:
    batch = [
        sample("Entry is free.", {"context": CONTEXT}),
        sample("", {"context": CONTEXT}),
        sample("Entry is dear.", {"context": CONTEXT}),
        sample("Entry is free.", {}),
        sample("I don't know.", {"context": CONTEXT}),
    ]
    found = scorer().score(batch)
    assert [f.value if isinstance(f, Score) else f.not_scored for f in found] == [
        *(0.9, "empty", 0.1, "missing_input", 0.75)
    ]
    assert found == [one for each in batch for one in scorer().score([each])]


def test_two_outputs_tell_no_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, WordClassifier(contradicts=False))
    found = scored(scorer(), "Dogs are allowed in the hall.", {"context": CONTEXT})
    (claim,) = found.evidence["claims"]  # type: ignore[index]
    assert "contradiction" not in claim
    assert claim["reason"] == "not entailed (0.10)"


def test_too_many_pairs_are_not_scored(classifier: WordClassifier) -> None:
    answer = " ".join(f"Book {i} is lent." for i in range(30))
    found = unscored(scorer(max_pairs=20), answer, {"context": CONTEXT})
    assert found.not_scored == "too_long"
    assert "30 claims" in found.reason and "max_pairs" in found.reason
    assert not classifier.asked


def test_a_model_that_cannot_be_loaded_scores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "OSError: there is no such model")
    found = unscored(scorer(), "Entry is free.", {"context": CONTEXT})
    assert found.not_scored == "no_model"
    assert "some/model" in found.reason and "hf download" in found.reason
    allowed = unscored(scorer(local_files_only=False), "Entry is free.", {"context": CONTEXT})
    assert "hf download" not in allowed.reason


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_is_scored_or_not(classifier: WordClassifier, kind: str) -> None:
    text = HOSTILE[kind]
    for answer, context in ((text, CONTEXT), (text[:90_000], CONTEXT), ("It is a dog.", text)):
        found = judge(scorer(), answer, {"context": context})
        msgspec.json.encode(found)


def test_the_identity_names_the_model_and_all_that_changes_a_score(
    classifier: WordClassifier,
) -> None:
    made = scorer(labels=["neutral", "entailment", "contradiction"], revision="v2", threshold=0.7)
    assert made.identity.fallback is None
    assert made.identity.parameters == {
        "context": "context",
        "backend": "nli",
        "model": "some/model",
        "model_hash": None,
        "revision": "v2",
        "labels": ["neutral", "entailment", "contradiction"],
        "threshold": 0.7,
        "max_pairs": 2000,
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backend": "nil"}, "Did you mean 'nli'"),
        ({"backend": "nli"}, "needs model="),
        ({"model": "x"}, "goes with backend='nli'"),
        ({"threshold": 0.5}, "goes with backend='nli'"),
        ({"backend": "nli", "model": "m", "threshold": 2}, "threshold"),
        ({"backend": "nli", "model": "m", "max_pairs": 0}, "max_pairs"),
        ({"backend": "nli", "model": "./absent"}, "no directory"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    classifier: WordClassifier, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(SuiteError, match=said):
        groundedness(**options)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "config.json"),
        ({"config.json": "[1]"}, "config.json"),
        ({"config.json": '{"id2label": {"0": "entailment", "1": "neutral"}}'}, "no weights"),
        ({"config.json": "{}", "model.safetensors": ""}, "labels"),
    ],
)
def test_a_directory_is_looked_at_beforehand(
    classifier: WordClassifier, tmp_path: Path, files: dict[str, str], said: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(SuiteError, match=said):
        groundedness(backend="nli", model=str(tmp_path))


def test_without_the_packages_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nli_grounding, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"llmeval-gate\[nli\]"):
        scorer()
