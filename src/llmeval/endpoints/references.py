"""From the text of ``--model`` to an endpoint. No network, no environment, no secret in a message.

A message that quotes a reference quotes ``redact(reference)``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from llmeval.config import Config, EndpointSettings
from llmeval.endpoints.vertex.references import EMULATOR, is_vertex
from llmeval.endpoints.vertex.references import FORMS as VERTEX_FORMS
from llmeval.errors import ConfigError, ModelReferenceError, nearest
from llmeval.ports import Endpoint

__all__ = [
    "FORMS",
    "EndpointOptions",
    "OpenAIReference",
    "options_of",
    "parse_openai",
    "redact",
    "resolve",
]

MEGABYTE = 1_000_000

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "demo": "the embedded model, offline; also demo?ttft=0.4",
        "demo-flawed": "the same with known faults; also demo-flawed?hallucination=0.2",
        "openai:http://HOST:PORT/v1#MODEL": "any server that speaks chat/completions",
        "python:PACKAGE.MODULE:FUNCTION": "a function of yours",
        **VERTEX_FORMS,
    }
)
"""Form of a reference -> what it names."""

_HEADS = (
    "demo", "demo-flawed", "openai:", "python:", "vertex:", "gemini-2.5-flash", "projects/",
    "publishers/", "endpoints/", EMULATOR,
)  # fmt: skip
_SECRET_HEADER = re.compile(r"[\x00-\x1f\x7f]|[^\x00-\xff]")
_USERINFO = re.compile(r"(//)[^/?#\s]*@")
_QUERY_VALUE = re.compile(r"([?&][^=&#]*=)[^&#]*")
_QUERY_BARE = re.compile(r"([?&])([^=&#]+)(?=[&#]|$)")


@dataclass(frozen=True, slots=True)
class EndpointOptions:
    """What a host knows about reaching endpoints. ``api_key`` and ``headers`` never show in
    ``repr``; ``connect_timeout`` is seconds and bounds name look-up, TCP and TLS together."""

    api_key: str | None = field(default=None, repr=False)
    project: str | None = None
    location: str | None = None
    api_endpoint: str | None = None
    seed: int = 0
    concurrency: int = 16
    max_response_bytes: int = 8 * MEGABYTE
    connect_timeout: float = 10.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, EndpointSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in (("api_key", self.api_key), *self.headers.items()):
            if value is not None and _SECRET_HEADER.search(value.strip()):
                raise ConfigError(
                    f"{name} cannot be sent as a header: it holds a line break, a control "
                    f"character or a character outside Latin-1; check how it was copied"
                )
        if self.api_endpoint and not _is_url(self.api_endpoint):
            raise ConfigError(
                f"--api-endpoint={redact(self.api_endpoint)}: a URL is needed, such as "
                f"http://127.0.0.1:8080 or https://us-central1-aiplatform.googleapis.com"
            )
        if self.concurrency < 1:
            raise ConfigError(f"concurrency={self.concurrency}, but at least 1 is needed")


def _is_url(text: str) -> bool:
    """Tell whether a text is an address without a user's name and password."""
    try:
        parts = urlsplit(text)
        return bool(
            parts.scheme in ("http", "https")
            and parts.hostname
            and parts.port != 0
            and parts.username is None
            and not re.search(r"[\s\x00-\x1f\x7f?#]", text)
        )
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class OpenAIReference:
    """A checked ``openai:`` reference. ``base`` ends without a slash; ``query`` is sent with every
    call and may hold secrets; ``name`` is ``None`` where the server is to be asked."""

    base: str
    query: str
    name: str | None

    def url(self, path: str) -> str:
        """Return the full URL of an operation such as ``/models``."""
        return f"{self.base}{path}?{self.query}" if self.query else f"{self.base}{path}"

    def shown(self, name: str | None) -> str:
        """Return the reference without secrets, with the model's name where it is known."""
        query = redact(f"?{self.query}") if self.query else ""
        return f"openai:{self.base}{query}" + (f"#{name}" if name else "")

    @property
    def query_sha256(self) -> str | None:
        """First digits of the query's hash: tells two redacted references apart."""
        return hashlib.sha256(self.query.encode()).hexdigest()[:12] if self.query else None


def resolve(reference: str, *, options: EndpointOptions) -> Endpoint:
    """Return the endpoint that ``reference`` names, not yet open.

    Raises ``ModelReferenceError`` for a reference that names nothing, with what to write instead.
    """
    reference = reference.strip()
    if reference.partition("?")[0] in ("demo", "demo-flawed"):
        from llmeval.endpoints.demo import demo_endpoint

        return demo_endpoint(reference, options.seed)
    if reference.startswith("openai:"):
        from llmeval.endpoints.openai import OpenAIEndpoint

        return OpenAIEndpoint(parse_openai(reference), options)
    if reference.startswith("python:"):
        from llmeval.endpoints.python import python_endpoint

        return python_endpoint(reference, options)
    if reference.partition("?")[0].partition("#")[0] == EMULATOR:
        from llmeval.endpoints.vertex.emulated import emulated_endpoint

        return emulated_endpoint(reference, options)
    if is_vertex(reference):
        from llmeval.endpoints.vertex.endpoint import vertex_endpoint

        return vertex_endpoint(reference, options)
    raise _unknown(reference)


def options_of(
    config: Config, environ: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> EndpointOptions:
    """Return how endpoints are reached, by configuration and environment.

    ``labels`` go with every request that takes any. Raises ``ConfigError``.
    """

    def first(*names: str) -> str | None:
        return next((environ[name] for name in names if environ.get(name)), None)

    return EndpointOptions(
        api_key=first("LLMEVAL_API_KEY", "OPENAI_API_KEY"),
        project=config.project or first("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"),
        location=config.location or first("GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION"),
        api_endpoint=config.api_endpoint,
        seed=config.seed,
        concurrency=config.concurrency,
        labels=dict(labels or {}),
        endpoints=config.endpoints,
    )


def parse_openai(reference: str) -> OpenAIReference:
    """Check an ``openai:URL[#MODEL]`` reference. Raises ``ModelReferenceError``."""
    address, _, name = reference.removeprefix("openai:").partition("#")
    if re.search(r"[\s\x00-\x1f\x7f]", address):
        raise _malformed(reference, "its URL holds white space or a control character")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise _malformed(reference, f"its URL cannot be read ({_plain(error)})") from None
    if parts.username is not None or parts.password is not None:
        raise _malformed(
            reference, "its URL holds credentials; give the API key as an option instead"
        )
    if parts.scheme not in ("http", "https"):
        raise _malformed(reference, f"its URL must begin with http:// or https://{_hint(address)}")
    if not parts.hostname or port == 0:
        raise _malformed(reference, "its URL names no " + ("port" if parts.hostname else "host"))
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    base = f"{parts.scheme}://{parts.netloc}{path}"
    return OpenAIReference(base=base, query=parts.query, name=name.strip() or None)


def redact(reference: str) -> str:
    """Return ``reference`` without user, password and the values of its query string."""
    hidden = _USERINFO.sub(r"\1…@", reference)
    head, hash_, name = hidden.partition("#")
    head = _QUERY_BARE.sub(r"\1…", _QUERY_VALUE.sub(r"\1…", head))
    return head + hash_ + name


def _plain(error: ValueError) -> str:
    """Name urllib's complaint without what it quotes: that could be a password."""
    return re.sub(r"\s*(['\"]).*", "", str(error)) or "malformed"


def _malformed(reference: str, problem: str) -> ModelReferenceError:
    return ModelReferenceError(
        f"model reference {redact(reference)!r}: {problem}. "
        f"The form is openai:http://HOST:PORT/v1#MODEL"
    )


def _hint(address: str) -> str:
    looks_like_host = re.fullmatch(r"[\w.-]+(:\d+)?(/[\w./-]*)?", address)
    return f". Did you mean openai:http://{address}?" if looks_like_host else ""


def _unknown(reference: str) -> ModelReferenceError:
    shown = redact(reference)
    if re.match(r"https?://", reference):
        guess = f" Did you mean 'openai:{shown}'?"
    else:
        guess = nearest(re.split(r"[?#]", reference)[0], _HEADS)
    head = f"unknown model reference {shown!r}." if reference else "the model reference is empty."
    return ModelReferenceError(f"{head}{guess} A reference is one of:\n{_forms()}")


def _forms() -> str:
    width = max(map(len, FORMS))
    return "\n".join(f"  {form:<{width}}  {meaning}" for form, meaning in FORMS.items())
