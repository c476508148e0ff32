"""Is the answer an XML document of this structure, and nothing else? ``xml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from llmeval.errors import SuiteError
from llmeval.records import NotScored, Sample, Score, ScorerIdentity
from llmeval.scorers.findings import each
from llmeval.scorers.formats.answers import MOST_VIOLATIONS, judge_answer
from llmeval.scorers.formats.cells import CellType, Misfit, read_cell, type_of
from llmeval.scorers.formats.failures import BadRules, Violation
from llmeval.scorers.formats.xml_text import XML, Element, plain

__all__ = ["Xml", "xml"]

Elements = tuple[tuple[str, CellType], ...]
"""Paths from the root, each with the type of its text."""


@dataclass(frozen=True, slots=True)
class Xml:
    """See ``xml``."""

    root: str | None
    elements: Elements | None
    only: bool
    lenient: bool
    name: str

    @property
    def identity(self) -> ScorerIdentity:
        elements = None if self.elements is None else dict(self.elements)
        parameters = {
            "root": self.root,
            "elements": elements,
            "only": self.only,
            "lenient": self.lenient,
        }
        return ScorerIdentity(self.name, parameters=parameters)

    def score(self, samples: Sequence[Sample]) -> list[Score | NotScored]:
        """Return one finding a sample, in order."""
        return each(self.name, samples, self._judge)

    def _judge(self, sample: Sample) -> Score | NotScored:
        def check(document: Element) -> list[Violation]:
            inputs = sample.case.inputs
            root = self.root if self.root is not None else _root(inputs.get("root"))
            elements = self.elements
            if elements is None:
                elements = _elements(inputs.get("elements"))
            found = _violations(document, root, elements, self.only)
            return list(islice(found, MOST_VIOLATIONS))

        return judge_answer(self.name, XML, sample, check, lenient=self.lenient, meaning=plain)


def xml(
    root: str | None = None,
    *,
    elements: Sequence[str] | Mapping[str, Any] | None = None,
    only: bool = False,
    lenient: bool = False,
    name: str = "xml",
) -> Xml:
    """Score whether the answer is one well-formed XML document, and nothing else.

    Args:
        root: Name of the root element; without it ``case.inputs["root"]``, else any.
        elements: What must be within, as paths from the root: ``"customer/name"``, ``"item/@sku"``.
            Every parent that is there needs the child; a ``?`` behind a path makes it optional. A
            mapping gives types, as in ``csv``. Without it ``case.inputs["elements"]``, else none.
        only: Nothing beside the root and ``elements`` is admitted, neither element nor attribute.
        lenient: Accept the document inside a markdown code fence.

    Names are local names, whatever their namespace. Entities are not read, nothing is fetched.
    Labels and evidence as those of ``json_schema``; two documents are the same value if they differ
    in nothing but layout. Rules that cannot be followed are NotScored ``bad_input``.
    """
    try:
        known = None if elements is None else _elements(elements)
        return Xml(_root(root), known, only, lenient, name)
    except BadRules as bad:
        raise SuiteError(f"xml: {bad}") from None


def _root(given: Any) -> str | None:
    if given is not None and (not isinstance(given, str) or not given):
        raise BadRules(f"root = {given!r}: an element's name is needed")
    return given


def _elements(given: Any) -> Elements:
    if given is None:
        return ()
    paths = dict.fromkeys(given, "string") if isinstance(given, list | tuple) else given
    if not isinstance(paths, Mapping) or not all(map(_is_path, paths)):
        raise BadRules("elements: a list of paths, or a mapping of paths to types, is needed")
    return tuple((path, type_of(kind, f"elements, {path!r}")) for path, kind in paths.items())


def _is_path(path: Any) -> bool:
    steps = path.removesuffix("?").split("/") if isinstance(path, str) else [""]
    return len(steps) <= 20 and all(steps) and not any(s.startswith("@") for s in steps[:-1])


def _violations(
    document: Element, root: str | None, elements: Elements, only: bool
) -> Iterator[Violation]:
    at = f"/{document.name}"
    if root is not None and document.name != root:
        yield Violation("wrong_type", at, f"the root element is {document.name!r}, not {root!r}")
        return
    for path, kind in elements:
        steps = path.removesuffix("?").split("/")
        yield from _along(document, at, steps, kind, path.endswith("?"))
    if only:
        paths = [path.removesuffix("?").split("/") for path, _ in elements]
        admitted = {"/".join(steps[:n]) for steps in paths for n in range(1, len(steps) + 1)}
        yield from _strangers(document, at, "", admitted)


def _along(
    element: Element, at: str, steps: list[str], kind: CellType, optional: bool
) -> Iterator[Violation]:
    """Follow a path from one element; only its last step may be optional."""
    step, rest = steps[0], steps[1:]
    if step.startswith("@"):
        value = element.attributes.get(step[1:])
        texts = [] if value is None else [(f"{at}/{step}", value)]
        found: list[Element] = []
    else:
        found = element.elements(step)
        texts = [] if rest else [(_place(at, found, i), one.text) for i, one in enumerate(found)]
    if not found and not texts and not (optional and not rest):
        yield Violation("missing_key", f"{at}/{step}", "is needed and absent")
    for place, text in texts:
        try:
            read_cell(text, kind)
        except Misfit as misfit:
            yield Violation(misfit.kind, place, str(misfit))
    for i, one in enumerate(found if rest else ()):
        yield from _along(one, _place(at, found, i), rest, kind, optional)


def _place(at: str, found: Sequence[Element], i: int) -> str:
    number = f"[{i + 1}]" if len(found) > 1 else ""
    return f"{at}/{found[i].name}{number}"


def _strangers(element: Element, at: str, path: str, admitted: set[str]) -> Iterator[Violation]:
    """Yield what the element at ``path`` ("" or "a/b/") holds beside what is ``admitted``."""
    inner = {child.name: child for child in element.children if isinstance(child, Element)}
    for name in (*(f"@{name}" for name in element.attributes if "}" not in name), *inner):
        if f"{path}{name}" not in admitted:
            yield Violation("extra_key", f"{at}/{name}", "is not admitted")
    for child in element.children:
        if isinstance(child, Element) and f"{path}{child.name}" in admitted:
            there = f"{path}{child.name}/"
            yield from _strangers(child, f"{at}/{child.name}", there, admitted)
