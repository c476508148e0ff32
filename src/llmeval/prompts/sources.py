"""Finding templates by name under the roots, and what each draws in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound, nodes
from jinja2.nodes import Impossible

from llmeval.errors import PromptError, nearest

__all__ = ["DrawsIn", "Roots", "references"]

_LARGEST = 4 * 1024 * 1024
_LISTED = 2_000

DrawsIn = nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends
_DRAWS_IN: tuple[type[DrawsIn], ...] = (
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
)


class Roots(BaseLoader):
    """Templates under some folders, the first folder first. Each file is read at most once, so
    what is hashed is what is rendered."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(Path(root) for root in roots)
        self._read: dict[str, tuple[str, str]] = {}

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return the text, the path as shown in errors, and that it never changes."""
        source, path = self.read(template)
        return source, path, lambda: True

    def read(self, name: str) -> tuple[str, str]:
        """Return a template's text and path. Raises ``PromptError``, ``TemplateNotFound``."""
        if name not in self._read:
            path = self._find(name)
            self._read.setdefault(name, (_text(path), str(path)))
        return self._read[name]

    def missing(self, name: str, where: str = "") -> PromptError:
        """Return the error for a template that no root holds."""
        roots = ", ".join(
            str(root) if root.is_dir() else f"{root} (no such folder)" for root in self.roots
        )
        return PromptError(
            f"{where}there is no template {name!r:.200} under {roots or 'no root at all'}."
            f"{nearest(name[:200], self._names())}"
        )

    def _find(self, name: str) -> Path:
        parts = name.split("/")
        if not name.isprintable() or "\\" in name or any(p in ("", ".", "..") for p in parts):
            raise PromptError(
                f"{name!r:.200} is no template's name: write a path inside the prompts folder, "
                f"with / between its parts"
            )
        for root in self.roots:
            path = root / name
            try:
                if not path.is_file():
                    continue
            except OSError:
                continue
            if not path.resolve().is_relative_to(root.resolve()):
                raise PromptError(f"{path} is a link that leaves {root}; copy the template there")
            return path
        raise TemplateNotFound(name)

    def _names(self) -> Iterator[str]:
        for root in self.roots:
            for path in islice(root.rglob("*"), _LISTED):
                if path.is_file():
                    yield path.relative_to(root).as_posix()


def references(tree: nodes.Template, path: str) -> Iterator[tuple[str, bool, DrawsIn]]:
    """Yield the name of each template that a template draws in, whether it may be absent, and the
    statement. A name that is computed while rendering is a ``PromptError``: no hash covers it."""
    for statement in tree.find_all(_DRAWS_IN):
        try:
            names = statement.template.as_const()
        except Impossible:
            names = None
        listed = isinstance(names, list | tuple)
        for name in names if listed else [names]:
            if not isinstance(name, str):
                raise PromptError(
                    f"{path}:{statement.lineno}: the name of a template must be written out, so "
                    f"that the prompt's hash covers it; choose with {{% if %}} instead"
                )
            optional = listed or getattr(statement, "ignore_missing", False)
            yield name, optional, statement


def _text(path: Path) -> str:
    """Return a template's text with ``\\n`` for line ends: the same hash on every system."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PromptError(
            f"{path} cannot be read ({error.strerror}); check its permissions"
        ) from error
    if len(data) > _LARGEST:
        raise PromptError(f"{path} has {len(data):,} bytes; at most {_LARGEST:,} are allowed")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PromptError(f"{path}:{line}: not UTF-8; save the template as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
