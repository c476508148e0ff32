"""References: what resolves, what is refused, and that no secret shows."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmeval.endpoints import EndpointOptions, resolve
from llmeval.endpoints.references import parse_openai, redact
from llmeval.errors import ConfigError, ModelReferenceError

OPTIONS = EndpointOptions(api_key="sk-very-secret")


@pytest.mark.parametrize("reference", ["demo", "demo-flawed", "demo?ttft=0.3", " demo "])
def test_the_embedded_models_resolve(reference: str) -> None:
    identity = resolve(reference, options=OPTIONS).identity
    assert identity.simulated
    assert identity.ref == reference.strip()


@pytest.mark.parametrize(
    ("reference", "url", "shown"),
    [
        ("openai:http://h:1/v1#m", "http://h:1/v1/chat/completions", "openai:http://h:1/v1#m"),
        ("openai:http://h/v1/#org/m:7b", "http://h/v1/chat/completions", "openai:http://h/v1#org/m:7b"),
        ("openai:https://h/v1/chat/completions#m", "https://h/v1/chat/completions", "openai:https://h/v1#m"),
        ("openai:http://[::1]:8/v1#m", "http://[::1]:8/v1/chat/completions", "openai:http://[::1]:8/v1#m"),
        (
            "openai:http://h/v1?api-version=2&code=hush#m",
            "http://h/v1/chat/completions?api-version=2&code=hush",
            "openai:http://h/v1?api-version=…&code=…#m",
        ),
    ],
)  # fmt: skip
def test_openai_references(reference: str, url: str, shown: str) -> None:
    parsed = parse_openai(reference)
    assert parsed.url("/chat/completions") == url
    identity = resolve(reference, options=OPTIONS).identity
    assert identity.ref == shown
    assert identity.kind == "openai"
    assert ("query_sha256" in identity.details) == ("?" in reference)


def test_references_that_differ_in_their_query_stay_apart() -> None:
    one, two = (parse_openai(f"openai:http://h/v1?key={k}#m") for k in "ab")
    assert one.shown("m") == two.shown("m")
    assert one.query_sha256 != two.query_sha256


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("", "empty"),
        ("dmeo", "Did you mean 'demo'?"),
        ("opnai:http://x", "unknown model reference"),
        ("http://127.0.0.1:8/v1#m", "Did you mean 'openai:http://127.0.0.1:8/v1#m'?"),
        ("openai:", "http://"),
        ("openai:localhost:8000/v1", "Did you mean openai:http://localhost:8000/v1?"),
        ("openai:ftp://h/v1#m", "must begin with http"),
        ("openai:file:///etc/passwd", "must begin with http"),
        ("openai:http:///v1", "names no host"),
        ("openai:http://h:0/v1", "names no port"),
        ("openai:http://h:99999/v1", "cannot be read"),
        ("openai:http://h:abc/v1", "cannot be read"),
        ("openai:http://[::1/v1", "cannot be read"),
        ("openai:http://h /v1", "white space"),
        ("openai:http://h/v1\r\nX: y", "control character"),
    ],
)
def test_what_names_nothing_is_refused_with_the_forms(reference: str, said: str) -> None:
    with pytest.raises(ModelReferenceError) as caught:
        resolve(reference, options=OPTIONS)
    assert said in str(caught.value)
    assert "openai:http://HOST:PORT/v1#MODEL" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "reference",
    [
        "openai:http://user:hushhush@h/v1#m",
        "openai:http://hushhush@h/v1#m",
        "openai:http://user:hushhush@h:abc/v1",
        "openai:http://user:hushhush@[h/v1?k=hushhush",
        "opnai:http://user:hushhush@h/v1?key=hushhush",
        "http://h/v1?hushhush",
        "openai:ftp://h/v1?key=hushhush",
    ],
)
def test_no_credential_in_a_reference_reaches_a_message(reference: str) -> None:
    with pytest.raises(ModelReferenceError) as caught:
        resolve(reference, options=OPTIONS)
    assert "hushhush" not in str(caught.value)
    assert caught.value.__cause__ is None


@given(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[A-Z]{9}", fullmatch=True))
def test_redaction_hides_passwords_and_query_values(key: str, secret: str) -> None:
    hidden = redact(f"openai:http://{key}:{secret}@h/v1?{key}={secret}&{secret}#m")
    assert secret not in hidden
    assert hidden.endswith("#m")


def test_options_never_show_secrets() -> None:
    options = EndpointOptions(api_key="sk-very-secret", headers={"x-key": "also-secret"})
    assert "secret" not in repr(options) + str(options)


@pytest.mark.parametrize("key", ["bad\nkey-hush", "bad\x00hush", "bad\u20achush"])
def test_a_key_that_cannot_be_a_header_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigError, match="api_key cannot be sent") as caught:
        EndpointOptions(api_key=key)
    assert "hush" not in str(caught.value)


def test_a_concurrency_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="concurrency=0"):
        EndpointOptions(concurrency=0)


def test_importing_the_room_loads_no_network_library() -> None:
    code = "import sys, llmeval.endpoints; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
