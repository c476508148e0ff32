"""XML as text: well formed, with its namespaces, without entities of its own, and never fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, NoReturn
from xml.parsers import expat

from llmeval.scorers.formats.reading import MAX_DEPTH, Format, Place, Unreadable, fenced_places

__all__ = ["XML", "Element", "parse", "plain"]

_TAG_START: Final = re.compile(r"<(?:\?xml\b|!DOCTYPE\b|!--|[A-Za-z_])")
_ENDS_EARLY: Final = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_MOST_STARTS: Final = 3


@dataclass(slots=True)
class Element:
    """An element: its local ``name``, its namespace (or ""), attributes by their local names, and
    in ``children`` elements and texts in order."""

    name: str
    space: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without that of the elements within."""
        return "".join(child for child in self.children if isinstance(child, str)).strip()

    def elements(self, name: str) -> list[Element]:
        """The elements of that name directly within."""
        return [c for c in self.children if isinstance(c, Element) and c.name == name]


class _CutShort(Unreadable):
    """The text ends before the root element does."""


class _Closed(Exception):
    """The root element is closed at byte ``at``."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class _Builder:
    """Takes expat's events; depth is bounded by refusing, not by recursion."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition("}")
        element = Element(local, space, attributes)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        if len(self.open) > MAX_DEPTH:
            raise Unreadable(f"nested more than {MAX_DEPTH} deep")

    def end(self, _: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        if self.open:
            self.open[-1].children.append(text)


def parse(text: str) -> Element:
    """Return the root element of an XML 1.0 document; raises ``Unreadable``.

    Entities other than the five of XML itself are refused, whether declared or not.
    """
    builder = _Builder()
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(_bytes(text), True)
    except expat.ExpatError as error:
        early = error.code in _ENDS_EARLY and text.lstrip().startswith("<")
        raise (_CutShort if early else Unreadable)(str(error)) from error
    if builder.root is None:
        raise Unreadable("no element")
    return builder.root


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.EntityDeclHandler = parser.SkippedEntityHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    return parser


def _refuse(*_: Any) -> NoReturn:
    raise Unreadable("entities are not read")


def _bytes(text: str) -> bytes:
    try:
        return text.strip().encode()
    except UnicodeEncodeError:
        raise Unreadable("it holds lone surrogates, which no encoding has") from None


def _places(text: str) -> Iterator[Place]:
    yield from fenced_places(text)
    # What begins with a tag is a document or a broken one; a whole element within is no answer.
    most = 1 if text.lstrip().startswith("<") else _MOST_STARTS
    for found in islice(_TAG_START.finditer(text), most):
        start = found.start()
        if _is_cut(text[start:]):
            return
        end = _root_end(text[start:])
        if end is not None:
            yield start, start + end


def _root_end(text: str) -> int | None:
    """Return where the root element that ``text`` begins with ends."""
    depth = 0

    def start(*_: Any) -> None:
        nonlocal depth
        depth += 1

    def end(*_: Any) -> None:
        nonlocal depth
        depth -= 1
        if not depth:
            raise _Closed(parser.CurrentByteIndex)

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        data = _bytes(text)
        parser.Parse(data, True)
    except _Closed as closed:
        # After <a/> expat stands behind the tag, after <a></a> before the second one.
        ends = data.startswith(b"</", closed.at)
        at = data.index(b">", closed.at) + 1 if ends else closed.at
        return len(data[:at].decode())
    except (expat.ExpatError, Unreadable):
        pass
    return None


def _cut(text: str) -> bool:
    start = _TAG_START.search(text)
    return start is not None and _is_cut(text[start.start() :])


def _is_cut(text: str) -> bool:
    try:
        parse(text)
    except _CutShort:
        return True
    except Unreadable:
        pass
    return False


def plain(element: Element) -> Any:
    """Return the element as JSON: [name, attributes, children], white space between tags and runs
    of it within text not counted."""
    return [
        f"{{{element.space}}}{element.name}" if element.space else element.name,
        element.attributes,
        _plain_children(element.children),
    ]


def _plain_children(children: list[Element | str]) -> list[Any]:
    plain_ones = [c if isinstance(c, str) else plain(c) for c in children]
    return [
        " ".join(c.split()) if isinstance(c, str) else c
        for c in plain_ones
        if not isinstance(c, str) or c.strip()
    ]


XML: Final = Format("xml", "XML document", parse, _places, _cut)
