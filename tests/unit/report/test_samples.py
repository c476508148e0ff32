"""Cutting one observation down to what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import factories
from llmeval.records import NotScored, Response, Score
from llmeval.report.samples import ANSWER_LIMIT, worst_sample


def _with_claims(text: str, claims: object) -> object:
    scores = [Score("groundedness", 0.1, evidence={"claims": claims})]
    return worst_sample(factories.observation(0, response=Response(text), scores=scores))


def test_claims_split_the_answer_where_they_are():
    text = "Three a day. Safe with alcohol. Ask us."
    claims = [
        {"start": 0, "end": 12, "supported": True, "reason": "said"},
        {"start": 13, "end": 31, "supported": False, "reason": "absent"},
    ]
    sample = _with_claims(text, claims)
    assert [(s.text, s.claim and s.claim.supported) for s in sample.answer] == [
        ("Three a day.", True),
        (" ", None),
        ("Safe with alcohol.", False),
        (" Ask us.", None),
    ]
    assert [c.explanation for c in sample.claims] == ["said", "absent"]


def test_an_unsupported_claim_wins_over_a_supported_one_that_overlaps():
    claims = [{"span": [0, 8], "supported": True}, {"spans": [[4, 10]], "label": "ungrounded"}]
    sample = _with_claims("0123456789", claims)
    assert [(s.text, s.claim is not None) for s in sample.answer] == [
        ("0123", False),
        ("456789", True),
    ]


@pytest.mark.parametrize(
    "claims",
    [None, 7, "x", [7], [{}], [{"span": [0]}], [{"span": [5, 2]}], [{"span": [0, 99]}],
     [{"start": True, "end": 3}], [{"start": "0", "end": 3}], [{"spans": [None, {}]}], {"span": 1}],
)  # fmt: skip
def test_evidence_of_another_shape_highlights_nothing(claims):
    sample = _with_claims("hello", claims)
    assert [s.text for s in sample.answer] == ["hello"]
    assert not sample.claims


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70)), max_size=8),
)
def test_highlighting_never_changes_the_answer(text, spans):
    marked = _with_claims(text, [{"span": list(s), "supported": bool(s[0] % 2)} for s in spans])
    bare = _with_claims(text, [])
    joined = ["".join(s.text for s in sample.answer) for sample in (marked, bare)]
    assert joined[0] == joined[1] or "\r\n" in text  # a claim may end inside a line break


def test_long_texts_are_cut_and_say_by_how_much():
    sample = worst_sample(factories.observation(0, response=Response("y" * 1_000_000)))
    assert sum(len(s.text) for s in sample.answer) == ANSWER_LIMIT
    assert sample.answer_omitted == 1_000_000 - ANSWER_LIMIT


def test_escapes_count_against_the_limit():
    sample = worst_sample(factories.observation(0, response=Response("\u202e" * 100_000)))
    assert sum(len(s.text) for s in sample.answer) <= ANSWER_LIMIT
    assert sample.answer_omitted > 99_000


def test_a_long_conversation_keeps_its_first_turn_and_its_last():
    messages = [{"role": "user", "content": str(i)} for i in range(20)]
    sample = worst_sample(factories.observation(0, request={"messages": messages}))
    assert [t.text for t in sample.prompt] == ["0", "15", "16", "17", "18", "19"]
    assert sample.turns_omitted == 14


@pytest.mark.parametrize("request_", [{}, {"messages": "text"}, {"messages": [1, None]}])
def test_a_request_of_another_shape_has_no_prompt(request_):
    assert worst_sample(factories.observation(0, request=request_)).prompt == ()


def test_missing_scores_and_nan_are_bad_findings():
    scores = [Score("a", 1.0), NotScored("b", "too_long", "why"), Score("c", float("nan"))]
    found = worst_sample(factories.observation(0, scores=scores)).findings
    assert {f.scorer: f.bad for f in found} == {"a": False, "b": True, "c": True}


def test_size_is_bounded_whatever_the_observation_holds():
    o = factories.hostile(1, huge=1_000_000).observations[0]
    o = replace(o, scores=[Score("s" * 10_000, 0.1, "l" * 10_000, "e" * 10_000)] * 50)
    assert len(repr(worst_sample(o))) < 60_000


def test_citations_are_shown_where_they_stand_with_their_status():
    text = "See https://a.org and ISBN 0-306-40615-3."
    found = [
        {"span": [22, 40], "status": "fabricated", "reason": "its check digit is wrong"},
        {"span": [4, 17], "status": "unverified"},
    ]
    scores = [Score("citations", 0.0, "fabricated", evidence={"citations": found})]
    sample = worst_sample(factories.observation(0, response=Response(text), scores=scores))
    assert [(s.text, s.claim.label) for s in sample.answer if s.claim] == [
        ("https://a.org", "unverified"),
        ("ISBN 0-306-40615-3", "fabricated"),
    ]
    assert [c.supported for c in sample.claims] == [False, None]
