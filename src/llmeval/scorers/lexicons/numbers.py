"""Numbers, months and scales in words; folded text."""

from __future__ import annotations

from typing import Final

__all__ = ["ABBREVIATED", "MONTHS", "NUMBER_WORDS", "SCALES"]


# "One" and "first" are articles and adverbs as often as numbers, so they stand for none.
def _count(text: str, start: int = 0, step: int = 1) -> dict[str, float]:
    return {
        word: start + i * step
        for i, group in enumerate(text.split())
        for word in group.split("/")
        if not word.startswith("(")
    }


NUMBER_WORDS: Final[dict[str, float]] = {
    **_count(
        "zero/null/nul/cero (one) two/zwei/deux/dos/due/dois/duas three/drei/trois/tres/tre"
        " four/vier/quatre/cuatro/quattro/quatro five/funf/cinq/cinco/cinque six/sechs/seis/sei"
        " seven/sieben/sept/siete/sette/sete eight/acht/huit/ocho/otto/oito"
        " nine/neun/neuf/nueve/nove ten/zehn/dix/diez/dieci/dez eleven/elf/onze/once/undici"
        " twelve/zwolf/douze/doce/dodici/doze thirteen/dreizehn/treize/trece/tredici/treze"
        " fourteen/vierzehn/quatorze/catorce/quattordici/catorze fifteen/funfzehn/quinze/quince"
        " sixteen/sechzehn/seize/dieciseis/sedici/dezesseis seventeen/siebzehn/diecisiete"
        " eighteen/achtzehn/dieciocho/diciotto/dezoito nineteen/neunzehn/diecinueve/dezenove"
    ),
    **_count(
        "twenty/zwanzig/vingt/veinte/venti/vinte thirty/dreissig/trente/treinta/trenta/trinta"
        " forty/vierzig/quarante/cuarenta/quaranta/quarenta fifty/funfzig/cinquante/cincuenta"
        " sixty/sechzig/soixante/sesenta/sessanta/sessenta seventy/siebzig/setenta/settanta"
        " eighty/achtzig/ochenta/ottanta/oitenta ninety/neunzig/noventa/novanta",
        20,
        10,
    ),
    **_count(
        "(first)"
        " second/zweite/zweiten/deuxieme/segundo/segunda/secondo"
        " third/dritte/dritten/troisieme/tercero/tercera/terzo/terceiro"
        " fourth/vierte/vierten/quatrieme/cuarto/cuarta/quarto/quarta"
        " fifth/funfte/funften/cinquieme/quinto/quinta sixth/sechste/sechsten/sixieme/sexto/sexta"
        " seventh/siebte/siebten/septieme/septimo eighth/achte/achten/huitieme/octavo"
        " ninth/neunte/neunten/neuvieme/noveno tenth/zehnte/zehnten/dixieme/decimo",
        1,
    ),
    "twice": 2.0,
    "half": 0.5,
    "dozen": 12.0,
    "dutzend": 12.0,
}

SCALES: Final[dict[str, float]] = {
    "hundred": 1e2, "hundert": 1e2, "cent": 1e2, "cien": 1e2, "ciento": 1e2, "cento": 1e2,
    "thousand": 1e3, "tausend": 1e3, "mille": 1e3, "mil": 1e3, "k": 1e3, "mila": 1e3,
    "million": 1e6, "millions": 1e6, "millionen": 1e6, "millon": 1e6, "millones": 1e6,
    "milione": 1e6, "milioni": 1e6, "milhao": 1e6, "milhoes": 1e6, "mio": 1e6, "m": 1e6,
    "billion": 1e9, "billions": 1e9, "milliarde": 1e9, "milliarden": 1e9, "milliard": 1e9,
    "milliards": 1e9, "bn": 1e9, "trillion": 1e12, "trillions": 1e12,
}  # fmt: skip

MONTHS: Final[dict[str, int]] = {
    word: i + 1
    for i, group in enumerate(
        [
            "january/januar/janner/janvier/enero/gennaio/janeiro/jan",
            "february/februar/fevrier/febrero/febbraio/fevereiro/feb",
            "march/marz/mars/marzo/marco",
            "april/avril/abril/aprile/apr",
            "may/mai/mayo/maggio/maio",
            "june/juni/juin/junio/giugno/junho/jun",
            "july/juli/juillet/julio/luglio/julho/jul",
            "august/aout/agosto/aug",
            "september/septembre/septiembre/settembre/setembro/sep/sept",
            "october/oktober/octobre/octubre/ottobre/outubro/oct/okt",
            "november/novembre/noviembre/novembro/nov",
            "december/dezember/decembre/diciembre/dicembre/dezembro/dec/dez",
        ]
    )
    for word in group.split("/")
}

ABBREVIATED: Final[dict[str, tuple[float, ...]]] = {
    "m": (1e6, 1.0), "mil": (1e3, 1e6), "b": (1e9, 1.0), "t": (1e12, 1.0),
    "tsd": (1e3,), "mn": (1e6,), "mln": (1e6,), "mill": (1e6,), "mrd": (1e9,), "mds": (1e9,),
}  # fmt: skip
"""What stands behind digits for a scale, and may mean another thing: 5m, five million or metres."""
