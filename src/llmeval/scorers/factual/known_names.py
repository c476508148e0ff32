"""What there is, as the user tells it: names in a list or in a file, one a line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from llmeval.errors import SuiteError, nearest
from llmeval.scorers.factual.cited import KINDS, Citation, citations_in, host_of, plain_url
from llmeval.scorers.factual.packages import plain_npm, plain_pypi

__all__ = ["KnownNames", "read_known"]

_LARGEST: Final = 256 * 2**20


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names of one kind: given outright, or the lines of ``path``; ``hash`` is their SHA-256."""

    kind: str
    given: tuple[str, ...]
    path: str | None
    hash: str

    def has(self, citation: Citation) -> bool:
        """Whether the list holds what is cited. An address is held by itself, by a beginning of
        it, by its host, or by a domain above that."""
        names = _names(self)
        if self.kind == "url":
            return any(part in names for part in _parts(citation.value))
        return citation.value in names or any(name in names for name in citation.names)


def read_known(
    known: Mapping[str, str | Sequence[str]], where: str = "citations"
) -> tuple[KnownNames, ...]:
    """Return the lists by their kind. Raises ``SuiteError`` for a kind or a file that is none."""
    found = []
    for kind, value in sorted(known.items()):
        if kind not in KINDS:
            raise SuiteError(
                f"{where}(known={{{kind!r}: …}}): the kinds are {', '.join(KINDS)}."
                f"{nearest(kind, KINDS)}"
            )
        if isinstance(value, str):
            found.append(KnownNames(kind, (), value, _hash_of_file(value, where)))
        else:
            given = tuple(map(str, value))
            digest = hashlib.sha256("\n".join(given).encode("utf-8", "replace")).hexdigest()
            found.append(KnownNames(kind, given, None, digest))
    return tuple(found)


def _hash_of_file(path: str, where: str) -> str:
    try:
        file = Path(path).expanduser()
        if file.stat().st_size > _LARGEST:
            raise SuiteError(f"{where}: {path} is larger than {_LARGEST >> 20} MiB")
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise SuiteError(f"{where}: {path} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=16)
def _names(known: KnownNames) -> frozenset[str]:
    lines: Iterable[str] = known.given
    if known.path is not None:
        text = Path(known.path).expanduser().read_text("utf-8-sig", "replace")
        lines = text.splitlines()
    plain = _PLAIN.get(known.kind) or (lambda line: _cited(line, known.kind))
    stripped = (line.strip() for line in lines)
    return frozenset(plain(line) for line in stripped if line and not line.startswith("#"))


def _cited(line: str, kind: str) -> str:
    """Return a DOI, arXiv id or ISBN as it is compared, however the line writes it."""
    prefix = {"arxiv": "arXiv:", "isbn": "ISBN ", "doi": "doi:"}[kind]
    for text in (line, prefix + line):
        found = [c.value for c in citations_in(text) if c.kind == kind]
        if found:
            return found[0]
    return line.lower()


_PLAIN: Final[dict[str, Callable[[str], str]]] = {
    "url": plain_url,
    "pypi": plain_pypi,
    "npm": plain_npm,
}


def _parts(url: str) -> Iterable[str]:
    """Yield an address, its beginnings at each slash, its host, and the domains above that."""
    yield url
    yield url.partition("?")[0]
    host, *path = url.partition("?")[0].split("/")
    for size in range(len(path) - 1, 0, -1):
        yield "/".join([host, *path[:size]])
    yield host
    labels = host_of(url).split(".")
    for at in range(len(labels) - 1):
        yield ".".join(labels[at:])
