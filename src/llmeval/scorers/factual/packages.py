"""Packages that a text tells a reader to install or import: pip and npm commands, import lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from llmeval.scorers.factual.cited import Citation, code_in, overlaps
from llmeval.scorers.lexicons.function_words import FUNCTION_WORDS
from llmeval.scorers.lexicons.packages import DISTRIBUTIONS, NODE_MODULES

__all__ = ["packages_in", "plain_npm", "plain_pypi"]

_PIP: Final = re.compile(
    r"\b(?:pip3?|uv pip|pipx|uv tool) install\b(?P<a>[^\n;&|`]*)"
    r"|\b(?:uv|poetry|pdm|pipenv) (?:add|install)\b(?P<b>[^\n;&|`]*)"
)
_NPM: Final = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)(?: global)? (?:install|i|add)\b(?P<a>[^\n;&|`]*)"
    r"|\bnpx\b(?P<b>(?: -\S+)* +[^\s;&|`]+)"
)
_MODULE: Final = r"[A-Za-z_][\w.]*(?:[ \t]+as[ \t]+\w+)?"
_IMPORT: Final = re.compile(
    rf"^[ \t>]*import[ \t]+(?P<names>{_MODULE}(?:,[ \t]*{_MODULE})*)[ \t;]*(?:#.*)?$"
    r"|^[ \t>]*from[ \t]+(?P<source>[A-Za-z_][\w.]*)[ \t]+import[ \t]+\(?(?P<first>[\w*]+)",
    re.MULTILINE,
)
_REQUIRE: Final = re.compile(
    r"\brequire\(\s*[\"'](?P<a>[^\"'\s]{1,214})[\"']\s*\)"
    r"|^[ \t]*(?:import|export)\b[^\n;\"']{0,400}\bfrom[ \t]+[\"'](?P<b>[^\"'\s]{1,214})[\"']"
    r"|\bimport\(?[ \t]*[\"'](?P<c>[^\"'\s]{1,214})[\"']",
    re.MULTILINE,
)
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,212}[A-Za-z0-9])?")
_NPM_NAME: Final = re.compile(
    r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*", re.IGNORECASE
)
_WORD: Final = re.compile(r"\S+")
_COMMENT: Final = re.compile(r"(?:^|\s)#")
_LINE_START: Final = re.compile(
    r"(?:\A|\n)[ \t]*(?:[$>%!]+[ \t]*|[-*+][ \t]|\d+\.[ \t]|sudo |RUN |python3? -m )*\Z"
)
_PROSE: Final = frozenset.union(*FUNCTION_WORDS.values())
# Options of pip that take the next word for themselves.
_TAKES: Final = frozenset(
    (
        *("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url"),
        *("-f", "--find-links", "-e", "--editable", "-t", "--target", "--group", "-G", "--python"),
        *("--prefix", "--root", "--platform", "-C", "--registry", "-w", "--workspace", "--cwd"),
    )
)
_STANDARD: Final = sys.stdlib_module_names


def packages_in(text: str) -> list[Citation]:
    """Return the packages of PyPI and npm that a text names in commands and import lines, each
    once; what comes with Python or Node.js, and what lies in the project itself, is none."""
    found: dict[tuple[str, str], Citation] = {}
    for citation in (*_installed(text), *_imported(text), *_required(text)):
        found.setdefault((citation.kind, citation.value), citation)
    return sorted(found.values(), key=lambda citation: citation.span)


def plain_pypi(name: str) -> str:
    """Return a name as PyPI compares names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def plain_npm(name: str) -> str:
    """Return the package of a name that may go on with a version or a path within it."""
    scope, slash, rest = name.partition("/") if name.startswith("@") else ("", "", name)
    return f"{scope}{slash}{re.split('[/@]', rest, maxsplit=1)[0]}".lower()


def _installed(text: str) -> Iterator[Citation]:
    code = code_in(text)
    for pattern, kind in ((_PIP, "pypi"), (_NPM, "npm")):
        for match in pattern.finditer(text):
            group = "a" if match["a"] is not None else "b"
            named: Iterable[tuple[str, int]] = _names(
                _COMMENT.split(match[group], maxsplit=1)[0], kind
            )
            if not overlaps(match.span(), code):
                named = _before_prose(named, text[max(0, match.start() - 40) : match.start()])
            for word, start in named:
                at = match.start(group) + start
                yield _package(kind, word, (at, at + len(word)))


def _before_prose(named: Iterable[tuple[str, int]], before: str) -> list[tuple[str, int]]:
    """Return the names of a command that stands in no code: all of a line that is a command, the
    first where a sentence goes on ("pip install x and then …")."""
    listed = list(named)
    prose = next((i for i, (word, _) in enumerate(listed) if word.lower() in _PROSE), None)
    if prose is not None or not _LINE_START.search(before):
        return listed[: min(1, len(listed) if prose is None else prose)]
    return listed


def _names(command: str, kind: str) -> Iterator[tuple[str, int]]:
    skip = False
    for match in _WORD.finditer(command):
        word = match.group().strip("\"'()")
        start = match.start() + match.group().find(word)
        if skip or word.startswith("-"):
            skip = not skip and word in _TAKES
            continue
        name = (_REQUIREMENT if kind == "pypi" else _NPM_NAME).match(word)
        rest = word[name.end() :] if name else ""
        if not name or not _ends_a_name(rest):
            # Prose goes on behind the command ("pip install x, then …"), or here is a path or link.
            if not name or "/" in word or ":" in word:
                continue
            return
        yield name.group(), start
        if rest[:1] in (",", ".", ":", "!", "?"):
            return


def _ends_a_name(rest: str) -> bool:
    return rest in ("", ",", ".", ":", "!", "?") or rest[0] in "[=<>~!;@"


def _package(kind: str, name: str, span: tuple[int, int]) -> Citation:
    plain = plain_pypi(name) if kind == "pypi" else plain_npm(name)
    return Citation(kind, plain, span)


def _imported(text: str) -> Iterator[Citation]:
    for match in _IMPORT.finditer(text):
        names = [match["source"]] if match["source"] else match["names"].split(",")
        for written in names:
            module = written.split()[0]
            if module.partition(".")[0] in _STANDARD:
                continue
            at = text.find(module, match.start())
            yield _module(module, match["first"] or "*", (at, at + len(module)))


def _module(module: str, first: str, span: tuple[int, int]) -> Citation:
    """Return the package of an imported module: by its own name, or by one that it is known to be
    installed under. ``google.cloud.storage`` may be ``google-cloud-storage``, and ``first`` of
    ``google`` may be ``google-genai``."""
    parts = module.split(".")
    whole = parts if first == "*" else [*parts, first]
    prefixes = [".".join(whole[:size]) for size in range(1, min(len(whole), 4) + 1)]
    names = [DISTRIBUTIONS[prefix] for prefix in reversed(prefixes) if prefix in DISTRIBUTIONS]
    names += prefixes[1:]
    return Citation("pypi", plain_pypi(parts[0]), span, names=tuple(map(plain_pypi, names)))


def _required(text: str) -> Iterator[Citation]:
    for match in _REQUIRE.finditer(text):
        group = next(g for g in ("a", "b", "c") if match[g] is not None)
        name = match[group]
        plain = plain_npm(name)
        # "@/…" and "~/…" are paths of the project by the custom of bundlers.
        own = name.startswith((".", "/", "#", "@/", "~")) or ":" in name
        if own or plain in NODE_MODULES or not _NPM_NAME.fullmatch(plain):
            continue
        yield Citation("npm", plain, match.span(group))
