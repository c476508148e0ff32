"""Every status and every exception becomes the one failure kind that fits."""

from __future__ import annotations

import errno
import ssl
from email.utils import formatdate
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp.http_exceptions import ContentEncodingError
from hypothesis import given
from hypothesis import strategies as st

from llmeval.endpoints.dialects.error_objects import error_in, from_error_object
from llmeval.endpoints.text import clean, decode_json, encode_json, printable
from llmeval.endpoints.wire.failures import from_exception, from_status, malformed, retry_after
from llmeval.records import FAILURE_KINDS

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, "bad_request"), (400, "bad_request"), (401, "unauthorized"), (402, "bad_request"),
        (403, "forbidden"), (404, "not_found"), (408, "timeout"), (413, "bad_request"),
        (422, "bad_request"), (429, "quota"), (500, "server_error"), (503, "server_error"),
        (529, "server_error"),
    ],
)  # fmt: skip
def test_status(status: int, kind: str) -> None:
    failure = from_status(status, {}, b'{"error":{"message":"because"}}', now=NOW)
    assert (failure.kind, failure.status) == (kind, status)
    assert str(status) in failure.message
    assert "because" in failure.message or status == 301


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":{"message":"too long"}}', "too long"),
        (b'[{"error":{"message":"too long"}}]', "too long"),
        (b'{"error":"too long"}', "too long"),
        (b'{"object":"error","message":"too long","code":400}', "too long"),
        (b'{"error":{"code":"too long"}}', "too long"),
        (b'{"error":{"other":"too long"}}', "too long"),
        (b"<h1>too\x00 long\x1b[31m</h1>", "too  long [31m"),
        (b"too long \xff", "too long"),
        (b'{"detail":"too long"}', "too long"),
        (b"", "400"),
    ],
)
def test_a_client_error_carries_the_servers_words(body: bytes, said: str) -> None:
    message = from_status(400, {}, body, now=NOW).message
    assert said in message
    assert message.isprintable()


@pytest.mark.parametrize(
    "error",
    [
        {"code": "content_filter"},
        {"type": "content_filter"},
        {"code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}},
    ],
)
def test_a_content_filter_is_a_blocked_prompt(error: dict[str, object]) -> None:
    assert from_status(400, {}, encode_json({"error": error}), now=NOW).kind == "blocked_prompt"
    assert from_error_object(error).kind == "blocked_prompt"
    assert from_error_object(error, answering=True).kind == "blocked_output"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": formatdate(NOW + 90, usegmt=True)}, 90.0),
        ({"Retry-After": formatdate(NOW - 90, usegmt=True)}, 0.0),
        ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds
    assert from_status(429, headers, b"", now=NOW).retry_after == seconds


def test_a_redirect_names_its_target_without_secrets() -> None:
    headers = {"Location": "https://user:hush@other/v1?token=hush#x"}
    message = from_status(307, headers, b"", now=NOW).message
    assert "https://other/v1" in message
    assert "hush" not in message
    assert "nowhere" in from_status(302, {}, b"", now=NOW).message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 429}, "quota"), ({"code": "503"}, "server_error"), ({"code": 404}, "not_found"),
        ({"code": "nonsense"}, "server_error"), ({"status": "X", "message": "m"}, "server_error"),
    ],
)  # fmt: skip
def test_an_error_inside_an_answer(error: dict[str, object], kind: str) -> None:
    assert from_error_object(error).kind == kind


@pytest.mark.parametrize("body", [None, [], [1], 3, "x", {"error": None}, {"error": ""}, {}])
def test_no_error_is_no_error(body: object) -> None:
    assert error_in(body) is None


def key() -> Mock:
    return Mock(host="h", port=1, ssl=True)


def payload_error(cause: BaseException) -> aiohttp.ClientPayloadError:
    error = aiohttp.ClientPayloadError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "before", "after"),
    [
        (TimeoutError(), "timeout", "timeout"),
        (aiohttp.ConnectionTimeoutError("x"), "timeout", "timeout"),
        (aiohttp.ServerTimeoutError("x"), "timeout", "timeout"),
        (aiohttp.ClientConnectorDNSError(key(), OSError("x")), "dns", "dns"),
        (aiohttp.ClientConnectorSSLError(key(), OSError("x")), "tls", "tls"),
        (aiohttp.ClientConnectorCertificateError(key(), Exception("x")), "tls", "tls"),
        (ssl.SSLError("x"), "tls", "tls"),
        (aiohttp.ClientConnectorError(key(), ConnectionRefusedError(111, "x")),
         "refused_connection", "refused_connection"),
        (aiohttp.ClientConnectorError(key(), OSError(errno.EHOSTUNREACH, "x")),
         "refused_connection", "refused_connection"),
        (aiohttp.ClientConnectorError(key(), ConnectionResetError(104, "x")), "reset", "reset"),
        (aiohttp.ClientConnectorError(key(), TimeoutError(110, "x")), "timeout", "timeout"),
        (aiohttp.ClientConnectorError(key(), ssl.SSLError(1, "x")), "tls", "tls"),
        (aiohttp.ClientConnectorError(key(), OSError(errno.EMFILE, "x")),
         "endpoint_error", "endpoint_error"),
        (aiohttp.ServerDisconnectedError(), "reset", "stream_cut"),
        (aiohttp.ClientOSError(104, "x"), "reset", "stream_cut"),
        (ConnectionResetError(), "reset", "stream_cut"),
        (aiohttp.ClientPayloadError("x"), "reset", "stream_cut"),
        (payload_error(ContentEncodingError("x")), "malformed_body", "malformed_body"),
        (aiohttp.ClientResponseError(Mock(), (), message="bad"), "malformed_body",
         "malformed_body"),
        (aiohttp.ClientError("x"), "endpoint_error", "endpoint_error"),
    ],
)  # fmt: skip
def test_exceptions(error: BaseException, before: str, after: str) -> None:
    for answering, kind in ((False, before), (True, after)):
        failure = from_exception(error, answering=answering, timeout=2, connect_timeout=1)
        assert failure.kind == kind
        assert kind in FAILURE_KINDS
        assert failure.message


def test_a_malformed_body_shows_its_beginning_and_no_secret() -> None:
    body = b"<html>\x1b[31m\r\n sk-secret " + b"x" * 2_000_000
    failure = malformed("no JSON", body, secrets=["sk-secret"])
    assert len(failure.message) < 300
    assert failure.message.isprintable()
    assert "sk-secret" not in failure.message


@given(st.integers(0, 4100), st.sampled_from(["", "\x00", "\u202e"]))
def test_no_cut_leaves_a_secret_or_its_half(before: int, within: str) -> None:
    shown = printable("y" * before + f"Zs{within}ecretZ", secrets=["ZsecretZ", "Zs ecretZ"])
    assert "ecret" not in shown
    assert len(shown) <= 200


@given(st.text())
def test_clean_text_can_be_encoded_and_sound_text_stays(text: str) -> None:
    assert clean(text) == text


def test_surrogates() -> None:
    assert clean("a\ud800b\ud83d\ude00") == "a\ufffdb\U0001f600"
    assert decode_json(b'{"\\ud800":["\\udc00",NaN]}')["\ufffd"][0] == "\ufffd"
    assert encode_json({"a": "\ud800"}) == b'{"a":"\\ud800"}'


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 200_000, b'{"a":"x\xff"}'])
def test_what_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        decode_json(body)
