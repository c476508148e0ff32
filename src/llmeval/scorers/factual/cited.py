"""What a text cites: links, DOIs, arXiv ids and ISBNs, with what is impossible about them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from llmeval.scorers.text import Span

__all__ = ["KINDS", "Citation", "citations_in", "code_in", "host_of", "overlaps", "plain_url"]

KINDS: Final = ("url", "doi", "arxiv", "isbn", "pypi", "npm")

# In [link](link) the first one ends where its bracket does.
_URL: Final = re.compile(
    r"(?:https?://|(?<![\w.@/])www\.)(?:[^\s<>\"'`{}|\\^\]]|\](?!\())+", re.IGNORECASE
)
_DOI: Final = re.compile(
    r"(?:(?P<named>\bdoi\s{0,3}[:=]?\s{0,3})|(?P<host>\b(?:dx\.)?doi\.org/))?"
    r"(?P<doi>(?<![\w.])10\.(?P<registrant>\d{1,12})(?:\.\d{1,6})*/[^\s<>\"'`{}|\\^]+)",
    re.IGNORECASE,
)
_ARXIV: Final = re.compile(
    r"(?:\barxiv\s{0,3}:?\s{0,3}|\barxiv\.org/(?:abs|pdf|html)/)"
    r"(?P<id>\d{4}\.\d{3,6}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?P<version>v\d{1,3})?",
    re.IGNORECASE,
)
_ARXIV_DOI: Final = re.compile(
    r"10\.48550/arxiv\.(?P<id>\d{4}\.\d{3,6}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d{1,3})?",
    re.IGNORECASE,
)
_ISBN: Final = re.compile(
    r"\bISBN(?:-1[03])?\s{0,3}:?\s{0,3}(?P<named>\d(?:[- ]?[\dX]){8,16})(?![\w-])"
    r"|(?<![\w-])(?P<bare>97[89][- ]\d(?:[- ]?\d){8}[- ]?\d)(?![\w-])",
    re.IGNORECASE,
)
# RFC 2606 and 6761: names that belong to nobody, fit for examples.
_RESERVED: Final = frozenset(("invalid", "test", "example"))
_EXAMPLES: Final = frozenset(("example.com", "example.org", "example.net"))
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# Below a registered name, DNS and its users are less strict: rr-.github.io, my_bucket.example.com.
_LOWER_LABEL: Final = re.compile(r"[a-z0-9_-]{1,63}")
_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*(?:%\w+)?")
_OWN_MACHINE: Final = re.compile(r"localhost|[^/]*\.local(?:host)?|127\.[\d.]+|0\.0\.0\.0|\[::1\]")
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_LONGEST: Final = 2_048
_FOR_EXAMPLES: Final = "its host is reserved for examples"


@dataclass(frozen=True, slots=True)
class Citation:
    """One thing cited: its ``kind`` of ``KINDS``, ``value`` as it is compared, where it stands,
    and why there can be no such thing, if that is so. ``names`` are other values that would do."""

    kind: str
    value: str
    span: Span
    impossible: str | None = None
    names: tuple[str, ...] = ()


def citations_in(text: str) -> list[Citation]:
    """Return the links, DOIs, arXiv ids and ISBNs of a text, in order; a link to a DOI or to arXiv
    is that, and no link."""
    found = [*_dois(text), *_arxiv_ids(text), *_isbns(text)]
    taken = sorted(citation.span for citation in found)
    found += [url for url in _urls(text) if not overlaps(url.span, taken)]
    return sorted(found, key=lambda citation: citation.span)


def code_in(text: str) -> list[Span]:
    """Return the fenced blocks and the code within lines of a Markdown text, in order."""
    return [match.span() for match in _CODE.finditer(text)]


def overlaps(span: Span, taken: Sequence[Span]) -> bool:
    """Whether a span shares a character with one of ``taken``: disjoint, in order."""
    at = bisect_left(taken, (span[0], span[0]))
    return any(a < span[1] and span[0] < b for a, b in taken[max(0, at - 1) : at + 1])


def _trimmed(text: str) -> str:
    """Return a link without the punctuation of the sentence around it."""
    while text:
        last = text[-1]
        opening = {")": "(", "]": "["}.get(last)
        closes = opening is not None and text.count(last) > text.count(opening)
        if not closes and last not in ".,;:!?*_~'\"…":
            break
        text = text[:-1]
    return text


def _urls(text: str) -> Iterator[Citation]:
    code = code_in(text)
    for match in _URL.finditer(text):
        shown = _trimmed(match.group()[:_LONGEST])
        span = (match.start(), match.start() + len(shown))
        plain = plain_url(shown)
        why = _impossible_url(shown)
        # Programs may well name this machine, or a host for examples.
        own = _OWN_MACHINE.fullmatch(re.split(r"[/?]|:\d", plain, maxsplit=1)[0])
        if len(shown) <= 4 or own or (why == _FOR_EXAMPLES and overlaps(span, code)):
            continue
        yield Citation("url", plain, span, why)


def plain_url(url: str) -> str:
    """Return a link as links are compared: without scheme, ``www.``, fragment, closing slash."""
    rest = re.sub(r"^https?://", "", url, flags=re.IGNORECASE).partition("#")[0]
    host, slash, path = rest.partition("/")
    return (host.lower().removeprefix("www.") + slash + path).rstrip("/")


def host_of(plain: str) -> str:
    """Return the host of a link that ``plain_url`` returned."""
    return re.split(r"[/?:]", plain, maxsplit=1)[0]


def _impossible_url(url: str) -> str | None:
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, _ = (parts.hostname or ""), parts.port
    except ValueError as error:
        return f"no address: {error}"
    if _ADDRESS.fullmatch(host):
        return None
    try:
        labels = host.encode("idna").decode().lower().rstrip(".").split(".")
    except UnicodeError:
        return "its host is no name"
    lower, upper = labels[:-2], labels[-2:]
    if (
        len(upper) < 2
        or not all(map(_LABEL.fullmatch, upper))
        or not all(map(_LOWER_LABEL.fullmatch, lower))
    ):
        return "its host is no name"
    if not labels[-1].startswith("xn--") and not labels[-1].isalpha():
        return f"there is no top-level domain .{labels[-1]}"
    if labels[-1] in _RESERVED or ".".join(upper) in _EXAMPLES:
        return _FOR_EXAMPLES
    return None


def _dois(text: str) -> Iterator[Citation]:
    for match in _DOI.finditer(text):
        shown = _trimmed(match["doi"][:_LONGEST])
        proper = 4 <= len(match["registrant"]) <= 9
        # "10.5/3" is arithmetic, unless it is called a DOI.
        if not proper and not (match["named"] or match["host"]):
            continue
        why = None if proper else "a DOI's prefix has four to nine digits after '10.'"
        span = (_link_start(text, match.start()), match.start("doi") + len(shown))
        paper = _ARXIV_DOI.fullmatch(shown)
        if paper:
            yield _arxiv(paper["id"], span)
        else:
            yield Citation("doi", shown.lower(), span, why)


def _arxiv_ids(text: str) -> Iterator[Citation]:
    for match in _ARXIV.finditer(text):
        yield _arxiv(match["id"], (_link_start(text, match.start()), match.end()))


def _arxiv(paper: str, span: Span) -> Citation:
    value = paper.lower()
    return Citation("arxiv", value, span, _impossible_arxiv(value))


def _link_start(text: str, start: int) -> int:
    """Return where the link begins whose host stands at ``start``."""
    scheme = re.search(r"https?://(?:www\.|dx\.|export\.)?\Z", text[max(0, start - 20) : start])
    return start - len(scheme.group()) if scheme else start


def _impossible_arxiv(value: str) -> str | None:
    """Say what arXiv's scheme of identifiers rules out: YYMM.number since April 2007, four digits
    until 2014 and five after; archive/YYMMnumber before."""
    old = "/" in value
    digits = value.rpartition("/")[2] if old else value
    year, month = int(digits[:2]), int(digits[2:4])
    if not 1 <= month <= 12:
        return f"there is no month {digits[2:4]}"
    if old:
        fits = year >= 91 or year < 7 or (year == 7 and month <= 3)
        return None if fits else "ids with an archive's name ended in March 2007"
    if year >= 91 or (year, month) < (7, 4):
        return "ids of this form began in April 2007"
    number = digits.partition(".")[2]
    wanted = 4 if year < 15 else 5
    if len(number) != wanted:
        return f"ids of that year have {wanted} digits after the point"
    return None


def _isbns(text: str) -> Iterator[Citation]:
    for match in _ISBN.finditer(text):
        digits = re.sub(r"[^\dX]", "", (match["named"] or match["bare"]).upper())
        yield Citation("isbn", _thirteen(digits), match.span(), _impossible_isbn(digits))


def _thirteen(digits: str) -> str:
    """Return an ISBN in its form of thirteen digits."""
    if len(digits) != 10:
        return digits
    body = f"978{digits[:9]}"
    return f"{body}{-_weighed(body) % 10}"


def _weighed(digits: str) -> int:
    return sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(digits))


def _impossible_isbn(digits: str) -> str | None:
    """Say what is wrong with an ISBN (ISO 2108): its length, prefix or check digit."""
    if len(digits) == 13 and digits.isdecimal():
        if not digits.startswith(("978", "979")):
            return "thirteen digits begin with 978 or 979"
        return None if _weighed(digits) % 10 == 0 else "its check digit is wrong"
    if len(digits) == 10 and digits[:9].isdecimal():
        values = [10 if c == "X" else int(c) for c in digits]
        weighed = sum((10 - i) * value for i, value in enumerate(values))
        return None if weighed % 11 == 0 else "its check digit is wrong"
    return "an ISBN has ten or thirteen digits"
