from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from record_samples import ANSWER, ENDPOINT, FAILURE, RUN, SUMMARY

from llmeval.errors import RecordError
from llmeval.records import FORMAT_VERSION, Message, NotScored, Request, Response, Score
from llmeval.store.codec import (
    content_hash,
    decode_header,
    decode_observation,
    decode_summary,
    encode_header,
    encode_observation,
    encode_summary,
    encode_text,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("observation", [ANSWER, FAILURE])
def test_an_observation_survives_the_file(observation: Any) -> None:
    line = encode_observation(observation)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert decode_observation(line) == observation


def test_line_has_the_documented_keys() -> None:
    line = json.loads(encode_observation(ANSWER))
    assert line["outcome"] == "answered"
    assert set(line["timings"]) == {"queued", "backoff", "ttft", "latency", "started_at"}
    assert set(line["scores"][0]) == {"scorer", "value", "label", "explanation", "evidence"}
    assert set(line["scores"][1]) == {"scorer", "not_scored", "reason"}


@given(text=st.text(st.characters(exclude_categories=[])), evidence=JSON)
def test_whatever_a_model_says_is_read_back(text: str, evidence: Any) -> None:
    observation = replace(
        ANSWER, response=Response(text), scores=[Score("s", 0.5, evidence={"found": evidence})]
    )
    line = encode_observation(observation)
    back = decode_observation(line)
    assert line.count(b"\n") == 1
    assert back.response is not None
    assert back.response.text == text.encode("utf-8", "replace").decode()
    assert back.scores[0] is not None


def test_lone_surrogates_cost_one_character_each_everywhere() -> None:
    hurt = replace(
        ANSWER,
        tags={"a\udfff": "b\ud800"},
        response=Response("x\ud800y"),
        scores=[Score("s", 1.0, evidence={"spans": ("\udc00",)})],
    )
    back = decode_observation(encode_observation(hurt))
    assert back.tags == {"a?": "b?"}
    assert back.response == Response("x?y")
    assert isinstance(back.scores[0], Score) and back.scores[0].evidence == {"spans": ["?"]}


def test_a_megabyte_and_control_characters_are_kept() -> None:
    text = "\x00\x1b[31m\u2028\r\n" + "x" * 1_000_000
    back = decode_observation(encode_observation(replace(ANSWER, response=Response(text))))
    assert back.response == Response(text)


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 1.1, "high", None, 10**400])
def test_a_value_that_is_none_is_not_scored(value: Any) -> None:
    back = decode_observation(encode_observation(replace(ANSWER, scores=[Score("s", value)])))
    (found,) = back.scores
    assert isinstance(found, NotScored)
    assert (found.scorer, found.not_scored) == ("s", "invalid_score")
    assert repr(value) in found.reason


@pytest.mark.parametrize(
    ("value", "kept"), [(True, 1.0), (0, 0.0), (1 + 2e-16, 1.0), (1.0 + 1e-12, 1.0), (-1e-12, 0.0)]
)
def test_a_value_is_kept_as_a_number(value: Any, kept: float) -> None:
    scores = [NotScored("other", "error", "x"), Score("s", value)]
    back = decode_observation(encode_observation(replace(ANSWER, scores=scores)))
    assert back.scores == [scores[0], Score("s", kept)]


def test_evidence_that_json_does_not_know_is_kept_as_text() -> None:
    observation = replace(ANSWER, scores=[Score("s", 1.0, evidence={"found": 3 + 4j})])
    back = decode_observation(encode_observation(observation))
    assert back.scores == [Score("s", 1.0, evidence={"found": "(3+4j)"})]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"\x00" * 50,
        b'{"suite": "\xff"}',
        b'{"request": ' + b"[" * 100_000,
        encode_observation(ANSWER).replace(b'"attempts":1', b'"attempts":"1"'),
        encode_observation(ANSWER).replace(b'"value":1.0,', b""),
        encode_observation(ANSWER).replace(b'"case_id":"q1",', b""),
    ],
    ids=lambda damage: damage[:12].decode("latin-1"),
)
def test_damage_is_one_kind_of_error(damage: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_observation(damage)


def test_unknown_fields_of_a_later_minor_are_ignored() -> None:
    line = json.loads(encode_observation(ANSWER)) | {"new": 1}
    assert decode_observation(json.dumps(line)) == ANSWER


def test_a_header_survives_the_file() -> None:
    assert decode_header(encode_header(RUN), "x") == RUN
    odd = replace(RUN, command=["pytest", "-k", "\udcff"])
    assert decode_header(encode_header(odd), "x").command == ["pytest", "-k", "?"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format_version": 1}',
        b'{"format_version": 1, "run": {}}',
        b'{"format_version": 1, "run": {"run_id": 3}}',
        b"\xff",
        b"[" * 100_000,
        encode_observation(ANSWER),
    ],
)
def test_what_is_no_header_is_named(line: bytes) -> None:
    with pytest.raises(RecordError, match=r"^rec\.jsonl: line 1 is not the header"):
        decode_header(line, "rec.jsonl")


def test_a_newer_format_is_refused_with_the_fix() -> None:
    newer = encode_header(RUN).replace(b'"format_version":1', b'"format_version":2')
    with pytest.raises(RecordError, match=r"format version 2.*up to 1: pip install -U"):
        decode_header(newer, "rec.jsonl")
    raw = encode_summary(SUMMARY).replace(b'"format_version": 1', b'"format_version": 99')
    with pytest.raises(RecordError, match="format version 99"):
        decode_summary(raw, "run.json")


def test_a_newer_format_is_refused_before_its_shape_is_looked_at() -> None:
    with pytest.raises(RecordError, match="pip install -U"):
        decode_header(b'{"format_version": 2, "run": "all different"}', "rec.jsonl")


@pytest.mark.parametrize("version", ["0", "-1", '"1"', "null", "1.0"])
def test_a_version_that_never_was_is_refused(version: str) -> None:
    line = encode_header(RUN).replace(
        b'"format_version":1', b'"format_version":%b' % version.encode()
    )
    with pytest.raises(RecordError, match="is not one of llmeval's"):
        decode_header(line, "rec.jsonl")


def test_a_summary_survives_the_file() -> None:
    raw = encode_summary(SUMMARY)
    assert decode_summary(raw, "run.json") == SUMMARY
    assert raw.endswith(b"}\n") and b'\n  "verdict": "INCONCLUSIVE"' in raw
    assert json.loads(raw)["format_version"] == FORMAT_VERSION
    odd = decode_summary(encode_summary(replace(SUMMARY, warnings=["\ud800"])), "run.json")
    assert odd.warnings == ["?"]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"format_version": 1}', b"\xff", b'"x"'])
def test_what_is_no_summary_is_named(raw: bytes) -> None:
    with pytest.raises(RecordError, match=r"^r/run\.json is not a run\.json of llmeval"):
        decode_summary(raw, "r/run.json")


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_a_hash_ignores_the_order_of_keys(value: dict[str, Any]) -> None:
    turned = dict(reversed(value.items()))
    assert content_hash(value) == content_hash(turned)
    assert content_hash({"in": [value]}) == content_hash({"in": [turned]})


@given(JSON, JSON)
def test_different_values_have_different_hashes(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (content_hash(one) == content_hash(other)) is same


def test_a_hash_sees_order_in_lists_type_and_records() -> None:
    assert content_hash([1, 2]) != content_hash([2, 1])
    assert content_hash("1") != content_hash(1)
    assert content_hash(ENDPOINT) == content_hash(msgspec.to_builtins(ENDPOINT))
    one = Request((Message("user", "a"),))
    assert content_hash(one) != content_hash(replace(one, repetition=1))


def test_a_hash_takes_what_yaml_and_models_give() -> None:
    assert content_hash({1: "a", "b": 2}) == content_hash({"b": 2, "1": "a"})
    assert len(content_hash({"a": "\ud800", "b": {3 + 4j}, "c": math.nan})) == 64


def test_a_hash_is_that_of_canonical_json() -> None:
    canonical = rb'{"a":"\u00e4","b":[1,null]}'
    assert content_hash({"b": (1, None), "a": "ä"}) == hashlib.sha256(canonical).hexdigest()


def test_text_of_any_value() -> None:
    assert encode_text({"a": "\ud800", "b": (1,)}) == b'{"a":"?","b":[1]}'
