"""What a ``--model`` reference says of a model on Vertex AI, and Google's addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal
from urllib.parse import parse_qsl, quote, urlsplit

from llmeval.errors import ConfigError, ModelReferenceError, nearest

__all__ = [
    "FORMS",
    "Place",
    "VertexReference",
    "check_place",
    "columns",
    "first_location",
    "is_loopback",
    "is_vertex",
    "parse_vertex",
]

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "1234567890": "a Vertex AI endpoint by its id; also endpoints/ID, or its full name",
        "vertex:DISPLAY NAME": "a Vertex AI endpoint by its display name",
        "gemini-2.5-flash": "a Gemini model; also claude-…, publishers/PUBLISHER/models/MODEL",
        "meta/llama-…-maas": "a model as a service of the Model Garden",
        "vertex-emulator": "an emulated Vertex AI for this session; also vertex-emulator#REFERENCE",
    }
)
"""Form of a reference -> what it names."""

DEFAULT_LOCATION = "us-central1"
"""Where nothing else is said: the SDKs' own default."""

EMULATOR = "vertex-emulator"
EMULATED_MODEL = "gemini-2.5-flash"
"""What an emulator is asked for where its reference does not say."""

_NAME = r"[A-Za-z0-9][\w.@:-]*"
_PLACED = re.compile(r"projects/([^/?#]+)/locations/([^/?#]+)/(.+)")
_ENDPOINT = re.compile(r"(?:endpoints/)?(\d+)|endpoints/([A-Za-z][\w-]*)")
_PUBLISHER = re.compile(rf"publishers/({_NAME})/models/({_NAME})")
_SHORT = re.compile(rf"([a-z][a-z0-9-]*)/({_NAME})")
_KNOWN_NAMES = {"gemini-": "google", "claude-": "anthropic"}
_PARAMETERS = ("project", "location", "deployed_model")
_HOSTS = {"us": "aiplatform.us.rep.googleapis.com", "eu": "aiplatform.eu.rep.googleapis.com"}
_ID = re.compile(r"[a-z0-9](?:[\w.:-]*\w)?")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d+){3}|::1")


@dataclass(frozen=True, slots=True)
class Place:
    """A project and a region."""

    project: str
    location: str

    @property
    def parent(self) -> str:
        """``projects/P/locations/L``."""
        return f"projects/{self.project}/locations/{self.location}"

    @property
    def root(self) -> str:
        """Google's own address for this region."""
        if self.location == "global":
            return "https://aiplatform.googleapis.com"
        host = _HOSTS.get(self.location, f"{self.location}-aiplatform.googleapis.com")
        return f"https://{host}"


@dataclass(frozen=True, slots=True)
class VertexReference:
    """``name`` is an endpoint's id, its display name, or a publisher's model. ``text`` is the
    reference as it was given: the column's name."""

    text: str
    kind: Literal["endpoint", "display_name", "publisher"]
    name: str
    publisher: str | None = None
    project: str | None = None
    location: str | None = None
    deployed_model: str | None = None


def is_vertex(reference: str) -> bool:
    """Tell whether a reference has the form of one to Vertex AI."""
    head = reference.partition("?")[0].partition("#")[0]
    if head == EMULATOR or head.startswith("vertex:") or _PLACED.fullmatch(head):
        return True
    return bool(
        _ENDPOINT.fullmatch(head)
        or _PUBLISHER.fullmatch(head)
        or _SHORT.fullmatch(head)
        or (head.startswith(tuple(_KNOWN_NAMES)) and re.fullmatch(_NAME, head))
    )


def parse_vertex(reference: str) -> VertexReference:
    """Check a reference that ``is_vertex``. Raises ``ModelReferenceError``."""
    head, _, query = reference.partition("?")
    given = _parameters(reference, query)
    placed = _PLACED.fullmatch(head)
    found = _placed(reference, placed[3]) if placed else _named(reference, head)
    if placed:
        for key, value in (("project", placed[1]), ("location", placed[2])):
            if given.get(key, value) != value:
                raise _malformed(reference, f"it names two {key}s")
            given[key] = value
    for key, value in given.items():
        if not _ID.fullmatch(value):
            raise _malformed(reference, f"{value!r} is no {key.replace('_', ' ')}")
    if given.get("deployed_model") and found.kind == "publisher":
        raise _malformed(reference, "a publisher's model has no deployed models")
    return replace(
        found,
        project=given.get("project"),
        location=given.get("location"),
        deployed_model=given.get("deployed_model"),
    )


def _named(reference: str, name: str) -> VertexReference:
    if name.startswith("vertex:"):
        display = name.removeprefix("vertex:").strip()
        if not display or re.search(r'[\x00-\x1f"\\]', display):
            raise _malformed(reference, "a display name without quotes follows 'vertex:'")
        return VertexReference(reference, "display_name", display)
    for prefix, publisher in _KNOWN_NAMES.items():
        if name.startswith(prefix) and "/" not in name:
            return VertexReference(reference, "publisher", name, publisher)
    short = _SHORT.fullmatch(name)
    if short and short[1] != "endpoints":
        return VertexReference(reference, "publisher", short[2], short[1])
    return _placed(reference, name)


def _placed(reference: str, name: str) -> VertexReference:
    """Read what may stand behind a project and a location."""
    endpoint = _ENDPOINT.fullmatch(name)
    if endpoint:
        return VertexReference(reference, "endpoint", endpoint[1] or endpoint[2])
    model = _PUBLISHER.fullmatch(name)
    if model:
        return VertexReference(reference, "publisher", model[2], model[1])
    raise _malformed(reference, "after the location stands endpoints/ID or publishers/P/models/M")


def _parameters(reference: str, query: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in _PARAMETERS:
            raise _malformed(reference, f"{key!r} is no parameter{_hint(key)}")
        if key in found:
            raise _malformed(reference, f"{key!r} is given twice")
        found[key] = value
    return found


def _hint(key: str) -> str:
    return nearest(key, _PARAMETERS).replace(" Did", ": did").rstrip("?")


def _malformed(reference: str, problem: str) -> ModelReferenceError:
    forms = ", ".join(FORMS)
    return ModelReferenceError(
        f"model reference {reference!r}: {problem}. Forms for Vertex AI: {forms}; with "
        f"?location=REGION, ?project=ID or ?deployed_model=ID where needed"
    )


def columns(models: Sequence[str], location: str | None) -> tuple[str, ...]:
    """Return the references to be measured: with several locations (``"us-central1,eu"``) each
    reference to Vertex AI that has none of its own stands once for each.

    Raises ``ModelReferenceError``.
    """
    places = [part.strip() for part in (location or "").split(",") if part.strip()]
    if len(places) < 2:
        return tuple(models)
    found: list[str] = []
    for model in models:
        emulator, inner = _within(model)
        if is_vertex(inner) and not parse_vertex(inner).location:
            joint = "&" if "?" in inner else "?"
            found += [f"{emulator}{inner}{joint}location={quote(place)}" for place in places]
        else:
            found.append(model)
    return tuple(found)


def _within(model: str) -> tuple[str, str]:
    """Return what a reference says of an emulator (nothing for most), and the reference in it."""
    head, _, inner = model.partition("#")
    if head.partition("?")[0] != EMULATOR:
        return "", model
    inner = inner.strip() or EMULATED_MODEL
    return f"{head}#", "" if inner.startswith(EMULATOR) else inner


def first_location(given: str | None) -> str:
    """Return the first of several locations (``"us-central1,eu"``), the default for none."""
    return (given or "").partition(",")[0].strip() or DEFAULT_LOCATION


def check_place(place: Place) -> None:
    """Raise ``ConfigError`` where a project or location could not stand in an address: it would
    lead a token somewhere else."""
    for option, value in (("project", place.project), ("location", place.location)):
        if not _ID.fullmatch(value):
            raise ConfigError(f"--{option}={value}: {value!r} is no {option}")


def is_loopback(url: str) -> bool:
    """Tell whether ``url`` leads to this machine over plain http: nothing there needs a token."""
    parts = urlsplit(url)
    return parts.scheme == "http" and bool(_LOOPBACK.fullmatch(parts.hostname or ""))
