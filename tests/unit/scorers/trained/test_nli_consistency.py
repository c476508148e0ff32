"""``self_consistency(backend="nli")`` with a classifier of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nli_fakes import WordClassifier, installed
from scorer_samples import sample, scored, unscored

from llmeval.errors import MissingExtra, SuiteError
from llmeval.records import Score
from llmeval.scorers import self_consistency
from llmeval.scorers.trained import nli_consistency, nli_grounding

ANSWER = "The hall is open on Sundays. It holds many books."


def scorer(monkeypatch: pytest.MonkeyPatch, classifier: Any = None, **options: Any) -> Any:
    found = classifier or WordClassifier()
    installed(monkeypatch, found)
    monkeypatch.setattr(nli_consistency, "loaded", lambda model: found)
    return self_consistency(backend="nli", model="org/nli", **options)


def test_support_is_entailment_against_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [ANSWER, "The hall is not open on Sundays. It holds many books."]
    found = scored(scorer(monkeypatch), ANSWER, {"samples": others})
    first, second = found.evidence["claims"]
    assert first["text"] == "The hall is open on Sundays."
    borne, denied = 0.9 / (0.9 + 0.05), 0.1 / (0.1 + 0.8)
    assert first["borne_out"] == pytest.approx((borne + denied) / 2, abs=1e-3)
    assert first["against"] == [1]
    assert second["against"] == []
    assert found.evidence["answers"] == 2
    assert found.value == pytest.approx((first["borne_out"] + second["borne_out"]) / 2, abs=1e-3)


def test_a_model_without_contradiction_is_asked_for_entailment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = scorer(monkeypatch, WordClassifier(contradicts=False))
    assert scored(made, "It holds many books.", {"samples": [ANSWER]}).value == 0.9


def test_an_answer_that_is_a_question_is_compared_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    found = scored(scorer(monkeypatch), "Which hall is it?", {"samples": ["Which hall is it?"]})
    assert [claim["text"] for claim in found.evidence["claims"]] == ["Which hall is it?"]
    assert found.label == "consistent"


def test_all_pairs_go_through_the_model_together(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scorer(monkeypatch)
    good, bad = {"samples": [ANSWER]}, {"samples": ["That is not so."]}
    batch = [sample(ANSWER, good), sample(" ", good), sample(ANSWER), sample(ANSWER, bad)]
    found = made.score(batch)
    assert [f.label if isinstance(f, Score) else f.not_scored for f in found] == [
        "consistent",
        "empty",
        "missing_input",
        "inconsistent",
    ]
    assert found == [made.score([one])[0] for one in batch]


def test_too_many_pairs_are_not_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    found = unscored(scorer(monkeypatch, max_pairs=3), ANSWER, {"samples": [ANSWER, ANSWER]})
    assert found.not_scored == "too_long"


def test_a_model_that_cannot_be_loaded_scores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = unscored(scorer(monkeypatch, "no such model"), ANSWER, {"samples": [ANSWER]})
    assert found.not_scored == "no_model"
    assert "local_files_only=False" in found.reason


def test_the_identity_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = scorer(monkeypatch), scorer(monkeypatch, revision="abc")
    assert one.identity.parameters["model"] == "org/nli"
    assert one.identity != other.identity
    assert one.identity.fallback is None


def test_what_can_be_seen_to_be_wrong_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SuiteError, match=r"self_consistency\(max_pairs=0\)"):
        scorer(monkeypatch, max_pairs=0)
    with pytest.raises(SuiteError, match="no config"):
        self_consistency(backend="nli", model=str(tmp_path))
    monkeypatch.setattr(nli_grounding, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="nli"):
        self_consistency(backend="nli", model="org/nli")
