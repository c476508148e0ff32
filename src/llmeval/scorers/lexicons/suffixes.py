"""Endings that a light stemmer cuts, longest first: (ending, what stands instead).

Folded text: no accents. The lists are short on purpose; a light stemmer that joins inflected forms
does better on alignment than one that also joins derivations of another meaning.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SUFFIXES"]

_EN = (
    ("ations", "at"), ("ation", "at"), ("itions", "it"), ("ition", "it"), ("ments", ""),
    ("ment", ""),
    ("nesses", ""), ("ness", ""), ("ingly", ""), ("edly", ""), ("ings", ""), ("ing", ""),
    ("ities", ""), ("ity", ""), ("ions", ""), ("ion", ""), ("iest", "i"), ("ier", "i"),
    ("ies", "i"), ("ied", "i"), ("ally", ""), ("ily", "i"), ("ly", ""), ("ers", ""), ("er", ""),
    ("ors", ""), ("or", ""), ("est", ""), ("sses", "ss"), ("es", ""), ("ed", ""), ("'s", ""),
    ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""), ("y", "i"), ("e", ""),
)  # fmt: skip
_DE = (
    ("ungen", ""), ("ung", ""), ("heiten", ""), ("heit", ""), ("keiten", ""), ("keit", ""),
    ("lichen", ""), ("licher", ""), ("liches", ""), ("liche", ""), ("lich", ""), ("ischen", ""),
    ("ische", ""), ("isch", ""), ("innen", ""), ("in", ""), ("ern", ""), ("est", ""), ("em", ""),
    ("en", ""), ("er", ""), ("es", ""), ("et", ""), ("st", ""), ("te", ""), ("t", ""), ("e", ""),
    ("n", ""), ("s", ""),
)  # fmt: skip
_FR = (
    ("issements", ""), ("issement", ""), ("ations", ""), ("ation", ""), ("ements", ""),
    ("ement", ""), ("euses", ""), ("euse", ""), ("eurs", ""), ("eur", ""), ("aient", ""),
    ("erent", ""), ("ions", ""), ("ion", ""), ("ites", ""), ("ite", ""), ("ives", ""), ("ive", ""),
    ("ifs", ""), ("if", ""), ("ant", ""), ("ees", ""), ("ee", ""), ("ent", ""), ("ait", ""),
    ("ais", ""), ("aux", "al"), ("es", ""), ("er", ""), ("ez", ""), ("ir", ""), ("e", ""),
    ("s", ""), ("x", ""),
)  # fmt: skip
_ES = (
    ("amientos", ""), ("amiento", ""), ("aciones", ""), ("acion", ""), ("mente", ""),
    ("idades", ""), ("idad", ""), ("iones", ""), ("ion", ""), ("adores", ""), ("ador", ""),
    ("ieron", ""), ("aron", ""), ("iendo", ""), ("ando", ""), ("aban", ""), ("aba", ""),
    ("ados", ""), ("adas", ""), ("ado", ""), ("ada", ""), ("idos", ""), ("idas", ""), ("ido", ""),
    ("ida", ""), ("ar", ""), ("er", ""), ("ir", ""), ("es", ""), ("os", ""), ("as", ""), ("o", ""),
    ("a", ""), ("e", ""), ("s", ""),
)  # fmt: skip
_IT = (
    ("azioni", ""), ("azione", ""), ("amenti", ""), ("amento", ""), ("mente", ""), ("ioni", ""),
    ("ione", ""), ("arono", ""), ("irono", ""), ("ando", ""), ("endo", ""), ("ato", ""),
    ("ata", ""), ("ati", ""), ("ate", ""), ("ito", ""), ("ita", ""), ("iti", ""), ("uto", ""),
    ("uta", ""), ("are", ""), ("ere", ""), ("ire", ""), ("i", ""), ("e", ""), ("o", ""), ("a", ""),
)  # fmt: skip
_PT = (
    ("acoes", ""), ("acao", ""), ("amentos", ""), ("amento", ""), ("mente", ""), ("idades", ""),
    ("idade", ""), ("coes", "c"), ("cao", "c"), ("aram", ""), ("eram", ""), ("iram", ""),
    ("ando", ""), ("endo", ""), ("indo", ""), ("ados", ""), ("adas", ""), ("ado", ""), ("ada", ""),
    ("idos", ""), ("idas", ""), ("ido", ""), ("ida", ""), ("ar", ""), ("er", ""), ("ir", ""),
    ("os", ""), ("as", ""), ("es", ""), ("o", ""), ("a", ""), ("e", ""), ("s", ""),
)  # fmt: skip

SUFFIXES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "en": _EN, "de": _DE, "fr": _FR, "es": _ES, "it": _IT, "pt": _PT,
}  # fmt: skip
"""Language -> endings, the first that fits is cut."""
