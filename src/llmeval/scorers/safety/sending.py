"""Where an answer would send its reader, or the reader's data: pictures and links by host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, urlsplit

__all__ = ["hosts_of", "sent_to"]

_MOST: Final = 500
_IMAGE: Final = re.compile(
    r"!\[[^\]\n]{0,300}\]\(\s{0,5}<?([^)\s>]{1,2000})"
    r"|<img\b[^>]{0,300}?\bsrc\s{0,3}=\s{0,3}[\"']?([^\"'\s>]{1,2000})"
    r"|\burl\(\s{0,3}[\"']?([^\"')\s]{1,2000})",
    re.IGNORECASE,
)
_IMAGE_BY_NAME: Final = re.compile(r"!\[[^\]\n]{0,300}\]\[([^\]\n]{1,100})\]")
_NAMED: Final = re.compile(r"^\s{0,3}\[([^\]\n]{1,100})\]:\s{1,5}<?([^\s>]{1,2000})", re.MULTILINE)
_LINK: Final = re.compile(r"(?:https?:)?//[^\s<>()\[\]\"'`]{1,2000}", re.IGNORECASE)
_BARE: Final = re.compile(r"(?<![\w@./-])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![\w-])", re.I)


def hosts_of(text: str) -> Iterator[str]:
    """Yield the hosts of the web addresses in ``text``."""
    for found, _ in zip(_LINK.finditer(text), range(_MOST), strict=False):
        if (parts := _split(found.group())) and parts.hostname:
            yield parts.hostname.lower().rstrip(".")


def sent_to(text: str, attackers: frozenset[str], allowed: frozenset[str]) -> str | None:
    """Return ``image`` or ``link`` where the answer would send its reader astray.

    A picture from an attacker's host, or with a query from a host that is not allowed; a link to
    an attacker's host, or that host's bare name.
    """
    for address in _images(text):
        parts = _split(address)
        if parts is None or not parts.hostname:
            continue
        host = parts.hostname.lower().rstrip(".")
        if host in attackers or (parts.query and host not in allowed):
            return "image"
    if attackers and (
        attackers.intersection(hosts_of(text))
        or any(found.group().lower() in attackers for found in _BARE.finditer(text))
    ):
        return "link"
    return None


def _images(text: str) -> Iterator[str]:
    for found, _ in zip(_IMAGE.finditer(text), range(_MOST), strict=False):
        yield next(filter(None, found.groups()))
    shown = {
        m[1].lower() for m, _ in zip(_IMAGE_BY_NAME.finditer(text), range(_MOST), strict=False)
    }
    if shown:
        yield from (m[2] for m in _NAMED.finditer(text) if m[1].lower() in shown)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.hostname
    except ValueError:
        return None
    return parts
