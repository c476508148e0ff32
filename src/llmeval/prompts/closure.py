"""A template with everything it draws in: hash, variables, and what stands outside of roles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import TemplateNotFound, TemplateSyntaxError, meta, nodes

from llmeval.errors import PromptError
from llmeval.prompts.roles import is_role_block
from llmeval.prompts.sandbox import PromptEnvironment
from llmeval.prompts.sources import Roots, references

__all__ = ["Closure", "Outside", "closure_of"]

_MOST = 200


@dataclass(frozen=True, slots=True)
class Outside:
    """Something a template writes outside its role blocks; ``text`` is empty for an expression."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Closure:
    """What is known of a template before any rendering."""

    hash: str
    variables: frozenset[str]
    has_roles: bool
    outside: tuple[Outside, ...]


def closure_of(name: str, environment: PromptEnvironment, roots: Roots) -> Closure:
    """Read and check a template and all that it draws in. Raises ``PromptError``."""
    walk = _Walk(environment, roots)
    variables = walk.visit(name, (), "")
    sources = {each: roots.read(each)[0] for each in sorted(walk.trees)}
    hashed = json.dumps([name, sources], ensure_ascii=False, separators=(",", ":"))
    trees = [(walk.trees[each], roots.read(each)[1]) for each in walk.trees]
    return Closure(
        hash=hashlib.sha256(hashed.encode()).hexdigest(),
        variables=variables,
        has_roles=any(map(is_role_block, _call_blocks(trees))),
        outside=tuple(found for tree, path in trees for found in _outside(tree, path)),
    )


class _Walk:
    """A depth-first walk over what templates draw in."""

    def __init__(self, environment: PromptEnvironment, roots: Roots) -> None:
        self.trees: dict[str, nodes.Template] = {}
        self._environment = environment
        self._roots = roots
        self._variables: dict[str, frozenset[str]] = {}

    def visit(self, name: str, above: tuple[str, ...], where: str) -> frozenset[str]:
        """Return the variables that a template and those below it need from outside."""
        if name in above:
            circle = " -> ".join([*above[above.index(name) :], name])
            raise PromptError(f"{where}templates draw each other in, in a circle: {circle}")
        if name in self._variables:
            return self._variables[name]
        tree = self._parse(name, where)
        path = self._roots.read(name)[1]
        needed = meta.find_undeclared_variables(tree)
        given = _assigned(tree)
        for below, optional, statement in references(tree, path):
            place = f"{path}:{statement.lineno}: "
            if optional and not self._exists(below):
                continue
            inner = self.visit(below, (*above, name), place)
            if getattr(statement, "with_context", True):
                needed |= inner - given
        self._variables[name] = frozenset(needed - self._environment.globals.keys())
        return self._variables[name]

    def _exists(self, name: str) -> bool:
        try:
            self._roots.read(name)
        except TemplateNotFound:
            return False
        return True

    def _parse(self, name: str, where: str) -> nodes.Template:
        if len(self.trees) == _MOST:
            raise PromptError(f"{where}a prompt may draw in at most {_MOST} templates")
        try:
            source, path = self._roots.read(name)
        except TemplateNotFound:
            raise self._roots.missing(name, where) from None
        try:
            tree = self._environment._parse(source, name, path)
            # Names, tests and filters are only checked while compiling.
            self._environment.get_template(name)
        except TemplateSyntaxError as error:
            raise PromptError(f"{path}:{error.lineno}: {error.message}") from error
        except ValueError as error:
            raise PromptError(f"{path}: {error}") from error
        except (RecursionError, SyntaxError, MemoryError) as error:
            raise PromptError(f"{path}: nested too deeply; flatten the template") from error
        self.trees[name] = tree
        return tree


def _assigned(tree: nodes.Template) -> set[str]:
    """Return the names that a template gives to those it draws in."""
    names = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    names |= {node.name for node in tree.find_all(nodes.Macro)}
    names |= {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        names |= {each if isinstance(each, str) else each[1] for each in node.names}
    return names


def _call_blocks(trees: list[tuple[nodes.Template, str]]) -> Iterator[nodes.CallBlock]:
    for tree, _ in trees:
        yield from tree.find_all(nodes.CallBlock)


def _outside(node: nodes.Node, path: str) -> Iterator[Outside]:
    for child in node.iter_child_nodes():
        if is_role_block(child):
            continue
        if isinstance(child, nodes.Output):
            yield from (_written(each, path) for each in child.nodes)
        else:
            yield from _outside(child, path)


def _written(node: nodes.Expr, path: str) -> Outside:
    if not isinstance(node, nodes.TemplateData):
        return Outside(f"{path}:{node.lineno}", "")
    text = node.data.strip()
    leading = node.data[: len(node.data) - len(node.data.lstrip())]
    return Outside(f"{path}:{node.lineno + leading.count(chr(10))}", text or "\n")
