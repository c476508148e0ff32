"""giskard.checks' judges through our own: verdicts, settings, and every way of having none."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from judge_fakes import Scripted, in_turn, sample

from llmeval.errors import SuiteError
from llmeval.records import CallFailure, NotScored, Score

pytest.importorskip("giskard.checks", reason="needs the extra 'judge'")

from llmeval.scorers import giskard_check
from llmeval.scorers.judging.giskard_checks import KINDS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
EXTRA: dict[str, dict[str, Any]] = {
    "Conformity": {"rule": "Answer politely."},
    "LLMJudge": {"prompt": "Is {{ trace.last.outputs }} right? {{ _instr_output }}"},
}


def reply(passed: bool) -> str:
    return json.dumps({"reason": "because", "passed": passed})


def found(kind: str, *judges: Scripted, **inputs: Any) -> Score | NotScored:
    scorer = giskard_check(kind, **EXTRA.get(kind, {}))
    return asyncio.run(scorer.judge(sample("It is.", **inputs), judges))


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_judge_gives_its_verdict(kind: str, passed: bool) -> None:
    asked = in_turn(reply(passed))
    got = found(kind, asked, context="The context.")
    assert isinstance(got, Score), got
    assert (got.value, got.label) == (float(passed), KINDS[kind][not passed])
    assert got.evidence == {"judge": "j"}
    text, _, settings = asked.asked[0]
    assert "It is." in text or kind == "Contradiction"
    assert settings["response_format"]["json_schema"]["schema"]["properties"]


def test_a_fenced_reply_is_read() -> None:
    got = found("Toxicity", in_turn(f"```json\n{reply(True)}\n```"))
    assert isinstance(got, Score) and got.label == "not_toxic"


def test_a_reply_without_a_verdict_is_none() -> None:
    asked = in_turn("no JSON at all")
    got = found("Toxicity", asked)
    assert isinstance(got, NotScored) and got.not_scored == "judge_unreadable"
    assert [repetition for _, repetition, _ in asked.asked] == list(range(len(asked.asked)))


def test_a_failed_call_is_none() -> None:
    got = found("Toxicity", in_turn(CallFailure("quota", "busy")))
    assert isinstance(got, NotScored)
    assert (got.not_scored, got.reason) == ("judge_failed", "quota: busy")


def test_without_a_judge_nothing_is_scored() -> None:
    got = found("Toxicity")
    assert isinstance(got, NotScored) and got.not_scored == "no_judge"


def test_what_a_check_is_made_of_is_its_identity() -> None:
    identity = giskard_check("Conformity", rule="Be brief.").identity
    assert identity.name == "giskard_conformity"
    assert identity.parameters == {"check": "Conformity", "rule": "Be brief."}
    assert identity.version.startswith("1.")


def test_a_check_that_is_none_is_refused() -> None:
    with pytest.raises(SuiteError, match="Did you mean 'Toxicity'"):
        giskard_check("Toxcity")


def test_concurrent_checks_keep_their_verdicts_apart() -> None:
    async def many() -> list[Score | NotScored]:
        scorer = giskard_check("Toxicity")
        judge = Scripted(lambda messages, n: reply("bad" not in messages[-1].content))
        texts = [f"{'bad' if n % 3 == 0 else 'fine'} {n}" for n in range(30)]
        return await asyncio.gather(*(scorer.judge(sample(t), [judge]) for t in texts))

    labels = [s.label for s in asyncio.run(many()) if isinstance(s, Score)]
    assert labels == ["toxic" if n % 3 == 0 else "not_toxic" for n in range(30)]
