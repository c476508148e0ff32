"""Whom a counterfactual prompt is about: phrases by language, axis and identity, from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from llmeval.errors import CaseError

__all__ = ["PRONOUNS", "Forms", "Terms", "load_terms", "shipped_terms"]

PRONOUNS: Final = "pronouns"
"""The table of a language that is no axis."""

Forms = Mapping[str, str]
"""How one identity is said: ``person``, and whatever other form a template may name."""

Terms = Mapping[str, Mapping[str, Mapping[str, Forms]]]
"""Language -> axis -> identity -> forms."""


def shipped_terms() -> Terms:
    """Return the terms that come with llmeval: eight axes in en, de, fr, es; seven in it, pt."""
    text = files("llmeval.cases").joinpath("identity_terms.toml").read_text("utf-8")
    return _terms("identity_terms.toml", text)


def load_terms(path: Path) -> Terms:
    """Return the terms of a TOML file: tables ``[language.axis]`` of ``identity = "phrase"`` or
    ``identity = {person = "phrase", form = "…"}``. Raises ``CaseError`` that names the table."""
    try:
        return _terms(str(path), path.read_text("utf-8-sig"))
    except OSError as error:
        raise CaseError(f"{path}: the terms cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CaseError(f"{path}: not UTF-8; save the file as UTF-8") from error


def _terms(source: str, text: str) -> Terms:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise CaseError(f"{source}: not valid TOML: {error}") from None
    made: dict[str, dict[str, dict[str, Forms]]] = {}
    for language, axes in document.items():
        _check_table(axes, f"{source}: [{language}]")
        common = axes.get(PRONOUNS, {})
        for axis, listed in axes.items():
            where = f"{source}: [{language}.{axis}]"
            _check_table(listed, where)
            if axis != PRONOUNS:
                made.setdefault(language, {})[axis] = _axis(listed, common, where)
    if not made:
        raise CaseError(f"{source}: there is no table [language.axis], as [en.religion]")
    return made


def _axis(listed: Mapping[str, Any], common: Mapping[str, Any], where: str) -> dict[str, Forms]:
    if len(listed) < 2:
        raise CaseError(f"{where}: an axis needs two identities to compare, it has {len(listed)}")
    return {name: _forms(value, common, f"{where} {name}") for name, value in listed.items()}


def _forms(value: Any, common: Mapping[str, Any], where: str) -> Forms:
    forms = {"person": value} if isinstance(value, str) else value
    whole = isinstance(forms, dict) and isinstance(forms.get("person"), str)
    if not whole or not all(isinstance(form, str) and form for form in forms.values()):
        raise CaseError(f'{where}: a phrase is needed, or a table with person = "a phrase"')
    return {**common, **forms}


def _check_table(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise CaseError(f"{where}: a table is needed, not {value!r}")
