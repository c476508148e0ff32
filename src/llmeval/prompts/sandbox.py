"""The Jinja2 environment of prompts: sandboxed, strict, and bounded in time and memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template, nodes
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from llmeval.errors import PromptError
from llmeval.prompts.filters import FILTERS, bounded
from llmeval.prompts.roles import MAX_CHARACTERS, RoleExtension, rendering

__all__ = ["MissingVariable", "PromptEnvironment"]

_COUNTED = "llmeval counted"
_CHAINED = "llmeval chained"
_CALL = 10
_WIDENING = frozenset({"center", "expandtabs", "ljust", "replace", "rjust", "zfill"})
_BOUNDED = ("batch", "center", "indent", "slice", "truncate", "wordwrap")
_REMOVED = ("random", "lipsum")
_WIDE = re.compile(r"[0-9]{5}|\*|\{[^{}]*\{")


class MissingVariable(UndefinedError):
    """A template asked for a variable that the inputs do not hold."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"variable {variable!r} is missing")
        self.variable = variable


class _Strict(StrictUndefined):
    """An undefined value that tells a missing variable from a missing attribute."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_obj is missing and self._undefined_name and not self._undefined_hint:
            raise MissingVariable(self._undefined_name)
        return super()._undefined_message


class _FreshTemplate(Template):
    """A template whose import runs anew in each rendering: Jinja2 would run its body once only,
    and what that body does to the messages would depend on who rendered first."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return self.make_module()


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2 with roles. One environment serves all threads; each rendering has its budget."""

    template_class = _FreshTemplate
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, loader: BaseLoader) -> None:
        super().__init__(
            loader=loader,
            undefined=_Strict,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
            cache_size=-1,
            extensions=[RoleExtension],
            finalize=_printable,
        )
        for name in _BOUNDED:
            self.filters[name] = bounded(name, self.filters[name])
        for name in _REMOVED:
            self.filters.pop(name, None)
            self.globals.pop(name, None)
        self.filters["format"] = _format
        self.filters.update(FILTERS)
        self.filters["join"] = self._join
        self.filters[_COUNTED] = _counted
        self.filters[_CHAINED] = self._chain

    def concat(self, parts: Iterable[str]) -> str:
        """Join a block's output, unless it is too long."""
        pieces = list(parts)
        if sum(map(len, pieces)) > MAX_CHARACTERS:
            raise PromptError(
                f"the output exceeds {MAX_CHARACTERS:,} characters; shorten its loops"
            )
        return "".join(pieces)

    def _chain(self, parts: Iterable[Any]) -> str:
        return self.concat(map(str, parts))

    def _join(self, items: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
        """Join as Jinja2's filter of this name does, within bounds."""
        if attribute is not None:
            items = map(make_attrgetter(self, attribute), items)
        return self.concat(_joined(str(d), map(str, items)))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            loop.iter = self._through(_COUNTED, loop.iter)
        for chain in tree.find_all(nodes.Concat):
            parts = nodes.List(chain.nodes, lineno=chain.lineno, environment=self)
            chain.nodes = [self._through(_CHAINED, parts)]
        return tree

    def _through(self, name: str, node: nodes.Node) -> nodes.Filter:
        return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno, environment=self)

    def _load_template(self, name: str, globals: Any) -> Template:
        if (current := rendering.get(None)) is not None:
            current.spend(_CALL)
        return super()._load_template(name, globals)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call on behalf of a template, counting it."""
        rendering.get().spend(_CALL)
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, RoleExtension):
            return obj(*args, caller=kwargs["caller"])
        if isinstance(owner, str) and obj.__name__ == "join":
            return self.concat(_joined(owner, *args))
        return super().call(context, obj, *args, **kwargs)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse what the sandbox refuses, and the string methods that can fill the memory."""
        if isinstance(obj, str) and attr in _WIDENING:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Wrap ``str.format`` as the sandbox does, refusing patterns that can fill the memory."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None:
            _check_format(value.__self__)
        return wrapped

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute ``+``, ``*``, ``**`` and ``%`` unless the result could fill the memory."""
        if operator == "%" and isinstance(left, str):
            _check_format(left)
        elif operator == "+" and _sum_size(left, right) > MAX_CHARACTERS:
            raise SecurityError("the sum is too long")
        elif operator == "*" and _product_size(left, right) > MAX_CHARACTERS:
            raise SecurityError("the repetition is too long")
        elif operator == "**" and _power_bits(left, right) > 10_000:
            raise SecurityError("the power is too large")
        return super().call_binop(context, operator, left, right)


def _printable(value: Any) -> Any:
    if value is None:
        raise PromptError("the value is null; give one, or write {{ … or 'a default' }}")
    return value


def _counted(items: Any) -> Any:
    """Charge a loop's turns to the rendering: at once where the length is known."""
    if hasattr(items, "__len__"):
        rendering.get().spend(len(items))
        return items
    return _charged(iter(items))


def _charged(items: Iterator[Any]) -> Iterator[Any]:
    for item in items:
        rendering.get().spend(1)
        yield item


def _joined(separator: str, items: Iterable[str]) -> Iterator[str]:
    for index, item in enumerate(items):
        if index:
            yield separator
        yield item


def _format(pattern: str, *args: Any, **kwargs: Any) -> str:
    _check_format(str(pattern))
    return str(str(pattern) % (kwargs or args))


def _check_format(pattern: str) -> None:
    if _WIDE.search(pattern):
        raise SecurityError("a format with a width of five digits, * or nested fields")


def _sum_size(left: Any, right: Any) -> int:
    if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        return len(left) + len(right)
    return 0


def _product_size(left: Any, right: Any) -> int:
    for value, times in ((left, right), (right, left)):
        if isinstance(value, str | bytes | list | tuple) and isinstance(times, int):
            return len(value) * times
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() + right.bit_length()
    return 0


def _power_bits(left: Any, right: Any) -> int:
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        return left.bit_length() * right
    return 0
