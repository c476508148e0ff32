"""Reading a prompt: which kind of task it sets, and with which material.

Only the request is read, and only so much of it that hostile length costs bounded time.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from llmeval.endpoints.demo import words
from llmeval.records import Request

__all__ = ["Kind", "Reading", "read"]

Kind = Literal[
    "verdict",
    "yaml",
    "xml",
    "csv",
    "call",
    "json",
    "choice",
    "decision",
    "label",
    "date",
    "question",
    "length",
    "open",
]

_HALF: Final = 16_000
_VERDICT: Final = '"label": "LABEL"}'
_FORM: Final = re.compile(
    r"\breply with one (YAML document|XML document|CSV table|function call) alone\b", re.I
)
_FORMS: Final[dict[str, Kind]] = {
    "yaml document": "yaml",
    "xml document": "xml",
    "csv table": "csv",
    "function call": "call",
}
_OPTION: Final = re.compile(r"^[ \t]*\(?([A-J])[).:][ \t]+(\S[^\n]*)$", re.MULTILINE)
_LABELS: Final = re.compile(r"exactly one of(?: these)?(?: labels)?:[ \t]*([^\n]{1,500})", re.I)
_LENGTH: Final = re.compile(
    r"\b(?:about|around|roughly|approximately|etwa|ungefähr|environ|unas|unos) (\d{1,4}) "
    r"(?:words|Wörter|Wörtern|mots|palabras)\b",
    re.I,
)
_HEAD: Final = re.compile(
    r"^[ \t]*(context|kontext|contexte|contexto|passage|question|frage|pregunta|criteria|"
    r"application|decision|text|texte|texto)[ \t]*:",
    re.I | re.MULTILINE,
)
_SCHEMA_KEYS: Final = frozenset(
    ("type", "properties", "$ref", "enum", "const", "anyOf", "oneOf", "allOf", "$defs", "items")
)
_CANONICAL: Final = {
    "kontext": "context",
    "contexte": "context",
    "contexto": "context",
    "passage": "context",
    "frage": "question",
    "pregunta": "question",
    "texte": "text",
    "texto": "text",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as understood. ``text`` is all of it, ``last`` the last user turn.

    ``parts`` holds the passages under headings such as ``Context:``; ``options`` the texts of
    multiple choice in order and ``stem`` what stands before them; ``labels`` the admitted labels;
    ``length`` the words asked for; ``system`` what the system messages say.
    """

    kind: Kind
    language: str
    text: str
    last: str
    parts: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    stem: str = ""
    labels: tuple[str, ...] = ()
    schema: Any = None
    length: int | None = None
    system: str = ""


def read(request: Request) -> Reading:
    """Return what ``request`` asks for."""
    text = _bounded("\n".join(message.content for message in request.messages))
    users = [m.content for m in request.messages if m.role == "user"]
    last = _bounded(users[-1]) if users else text
    schema = _schema(request, text)
    parts = _parts(last)
    stem, options = _options(last)
    labels = _labels(text)
    length = _LENGTH.search(last)
    return Reading(
        kind=_kind(schema, options, parts, labels, length, text),
        language=words.language(parts.get("question") or _bounded("\n".join(users)) or text),
        text=text,
        last=last,
        parts=parts,
        options=options,
        stem=stem,
        labels=labels,
        schema=schema,
        length=int(length[1]) if length else None,
        system=_bounded("\n".join(m.content for m in request.messages if m.role == "system")),
    )


def _kind(
    schema: Any,
    options: tuple[str, ...],
    parts: dict[str, str],
    labels: tuple[str, ...],
    length: re.Match[str] | None,
    text: str,
) -> Kind:
    if labels and _VERDICT in text:
        return "verdict"
    if form := _FORM.search(text):
        return _FORMS[form[1].lower()]
    if schema is not None:
        return "json"
    if options:
        return "choice"
    if "criteria" in parts and "application" in parts:
        return "decision"
    if labels:
        return "label"
    if "YYYY-MM-DD" in text:
        return "date"
    if "context" in parts and "question" in parts:
        return "question"
    return "length" if length else "open"


def _bounded(text: str) -> str:
    return text if len(text) <= 2 * _HALF else f"{text[:_HALF]}\n{text[-_HALF:]}"


def _parts(text: str) -> dict[str, str]:
    heads = list(_HEAD.finditer(text))[:50]
    ends = [*(head.start() for head in heads[1:]), len(text)]
    parts: dict[str, str] = {}
    for head, end in zip(heads, ends, strict=False):
        name = head[1].lower()
        parts.setdefault(_CANONICAL.get(name, name), text[head.end() : end].strip())
    return parts


def _options(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what stands before the options, and their texts; nothing where there are no two."""
    found: list[re.Match[str]] = []
    for match in _OPTION.finditer(text):
        if match[1] == chr(ord("A") + len(found)):
            found.append(match)
    if len(found) < 2:
        return "", ()
    return text[: found[0].start()], tuple(match[2].strip() for match in found)


def _labels(text: str) -> tuple[str, ...]:
    match = _LABELS.search(text)
    if not match:
        return ()
    return tuple(
        label for part in re.split(r"[,;|]| or ", match[1]) if (label := part.strip(" .\"'`"))
    )


def _schema(request: Request, text: str) -> Any:
    asked = request.settings.get("response_format")
    if isinstance(asked, dict) and isinstance(asked.get("json_schema"), dict):
        return asked["json_schema"].get("schema", {})
    start = text.lower().find("schema")
    if start < 0:
        return None
    decoder = json.JSONDecoder()
    for _ in range(20):
        start = text.find("{", start + 1)
        if start < 0:
            return None
        try:
            found, _end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and _SCHEMA_KEYS & found.keys():
            return found
    return None
