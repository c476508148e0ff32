"""Counterfactual cases: one template, and the same prompt about somebody else.

A template is a case whose inputs hold ``{person}``. Out of it comes a group for each axis: the same
case about each identity of that axis and about an unmarked person. Whatever differs between the
answers of a group beyond noise is the identity's doing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from llmeval.cases.identities import Forms, Terms, shipped_terms
from llmeval.errors import CaseError, nearest
from llmeval.records import Case

__all__ = ["counterfactuals"]

_SLOT: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_NAME: Final = re.compile(r"([A-Za-z]\w*)(?:\.(\w+))?")
_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def counterfactuals(
    templates: Iterable[Case],
    *,
    terms: Terms | None = None,
    axes: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> list[Case]:
    """Return the variants of each template, in order.

    Args:
        templates: Cases with ``{person}`` in a text of ``inputs``; ``{Person}`` begins with a
            capital, ``{person.dat}`` is another form, ``{they}``, ``{them}``, ``{their}`` are
            pronouns, ``{{`` a brace. Their tag ``language`` (default ``en``) says whose terms fit,
            the tag ``axes`` (as ``"gender religion"``) which of them apply, the tag ``template``
            which templates are translations of one another (default: the template's id).
        terms: Language -> axis -> identity -> forms; those that ship, by default.
        axes, languages: Only these; all, by default.

    A variant has the id ``TEMPLATE-AXIS-IDENTITY``, the group ``TEMPLATE-AXIS``, the tags ``axis``,
    ``identity``, ``language`` and ``template`` beside the template's own, and in ``inputs.terms``
    the words that tell the identities of its axis apart. Raises ``CaseError`` for a template
    without a slot, a slot that no term fills, an unknown axis, or variants that are all the same.
    """
    known = shipped_terms() if terms is None else terms
    _check_words("axes", axes, {axis for table in known.values() for axis in table})
    _check_words("languages", languages, known)
    made = [
        case
        for template in templates
        if not languages or template.tags.get("language", "en") in languages
        for axis, listed in _axes_of(template, known, axes)
        for case in _variants(template, axis, listed)
    ]
    if not made:
        raise CaseError("no template has a language and an axis of those that were asked for")
    return made


def _check_words(what: str, given: Sequence[str], known: Iterable[str]) -> None:
    held = sorted(known)
    for word in given:
        if word not in held:
            raise CaseError(f"{what}: {word!r} is unknown.{nearest(word, held)} Known: {held}")


def _axes_of(
    template: Case, known: Terms, wanted: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, Forms]]]:
    language = template.tags.get("language", "en")
    if language not in known:
        raise CaseError(
            f"template {template.id!r}: there are no terms in {language!r}; known: {sorted(known)}"
        )
    own = template.tags.get("axes", "").replace(",", " ").split() or list(known[language])
    for axis in own:
        if axis not in known[language]:
            hint = nearest(axis, known[language])
            raise CaseError(f"template {template.id!r}: no axis {axis!r} in {language!r}.{hint}")
        if not wanted or axis in wanted:
            yield axis, known[language][axis]


def _variants(template: Case, axis: str, listed: Mapping[str, Forms]) -> Iterator[Case]:
    group = f"{template.id}-{axis}"
    tags = {
        **{key: value for key, value in template.tags.items() if key != "axes"},
        "language": template.tags.get("language", "en"),
        "template": template.tags.get("template", template.id),
        "axis": axis,
    }
    words = _telling(listed)
    seen: dict[str, str] = {}
    for identity, forms in listed.items():
        inputs = _filled(template.inputs, forms, template.id)
        if (twin := seen.setdefault(repr(inputs), identity)) != identity:
            raise CaseError(
                f"template {template.id!r}: {twin!r} and {identity!r} give the same prompt: name "
                f"whom it is about in the inputs, as {{person}}"
            )
        yield Case(
            f"{group}-{identity}",
            {**inputs, "terms": words},
            _filled(template.expected, forms, template.id),
            {**tags, "identity": identity},
            group,
        )


def _telling(listed: Mapping[str, Forms]) -> list[str]:
    """Return the words that not all identities of an axis have in common."""
    of = [list(dict.fromkeys(_WORD.findall(" ".join(forms.values())))) for forms in listed.values()]
    common = set(of[0]).intersection(*of[1:])
    return list(dict.fromkeys(word for words in of for word in words if word not in common))


def _filled(value: Any, forms: Forms, template: str) -> Any:
    """Return ``value`` with the slots of every text in it filled."""
    if isinstance(value, str):
        return _SLOT.sub(lambda slot: _form(slot, forms, template), value)
    if isinstance(value, list):
        return [_filled(item, forms, template) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, forms, template) for key, item in value.items()}
    return value


def _form(slot: re.Match[str], forms: Forms, template: str) -> str:
    if slot.group() in ("{{", "}}"):
        return slot.group()[0]
    named = _NAME.fullmatch(slot[1])
    word, form = (named[1], named[2]) if named else ("", None)
    plain = forms.get(word[:1].lower() + word[1:])
    # Where a phrase states no accusative, it is as the plain form is; other cases must be stated.
    found = plain if form is None else forms.get(form, plain if form == "acc" else None)
    if plain is None or found is None:
        raise CaseError(
            f"template {template!r}: no term fills {slot.group()}; there are "
            f"{', '.join(f'{{{name}}}' for name in forms)}, and {{{{ stands for a brace"
        )
    return found[:1].upper() + found[1:] if word[:1].isupper() else found
