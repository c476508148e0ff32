# ruff: noqa: E501 - word lists
"""Units of measure with their dimension and size; folded text, en, de, fr, es, it, pt."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["CURRENCY_SIGNS", "UNITS", "Unit"]


class Unit(NamedTuple):
    """A value x in this unit is ``factor * x + offset`` in its dimension's base unit."""

    dimension: str
    factor: float
    offset: float = 0.0


# One line a unit: size in the base unit, then its names. Money is not converted: each currency is a
# dimension of its own.
_TABLE: Final[dict[str, str]] = {
    "length": """
        1e-9 nm nanometer nanometers nanometre nanometres
        1e-6 µm um micrometer micrometers micrometre micrometres micron microns
        1e-3 mm millimeter millimeters millimetre millimetres milimetro milimetros millimetro millimetri
        1e-2 cm centimeter centimeters centimetre centimetres zentimeter centimetro centimetros centimetri
        1e-1 dm dezimeter decimeter decimeters decimetre decimetres
        1 m meter meters metre metres metro metros metri
        1e3 km kilometer kilometers kilometre kilometres kilometro kilometros chilometro chilometri quilometro quilometros
        0.0254 inch inches zoll pouce pouces pulgada pulgadas pollice pollici polegada polegadas
        0.3048 ft foot feet fuss pied pieds pie pies piede piedi pe pes
        0.9144 yd yard yards
        1609.344 mi mile miles meile meilen milla millas miglio miglia milha milhas
        1852 nmi
        1.495978707e11 au
        9.4607304725808e15 ly lightyear lightyears lichtjahr lichtjahre lichtjahren
    """,
    "area": """
        1e-6 mm2
        1e-4 cm2
        1 m2 sqm qm quadratmeter
        1e4 ha hectare hectares hektar hectarea hectareas ettaro ettari
        1e6 km2 sqkm quadratkilometer
        0.09290304 ft2 sqft
        4046.8564224 acre acres
        2589988.110336 mi2 sqmi
    """,
    "volume": """
        1e-3 ml milliliter milliliters millilitre millilitres mililitro mililitros millilitri
        1e-2 cl centiliter centilitre centilitres
        1 l liter liters litre litres litro litros litri
        1e3 m3 kubikmeter
        3.785411784 gallon gallons gallone gallonen
        0.473176473 pint pints
    """,
    "mass": """
        1e-6 mg milligram milligrams milligramm milligramme milligrammes miligramo miligramos milligrammi miligrama miligramas
        1e-3 g gram grams gramm gramme grammes gramo gramos grammo grammi grama gramas
        1 kg kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos chilogrammo chilogrammi chilo chili quilo quilos quilograma quilogramas
        1e3 t ton tons tonne tonnes tonnen tonelada toneladas tonnellata tonnellate
        0.45359237 lb lbs pound pounds pfund livre livres libra libras libbra libbre
        0.028349523125 oz ounce ounces unze unzen once onces onza onzas oncia once onca oncas
    """,
    "time": """
        1e-3 ms millisecond milliseconds millisekunde millisekunden
        1 s sec secs second seconds sekunde sekunden seconde secondes segundo segundos secondo secondi
        60 min mins minute minutes minuten minuto minutos minuti
        3600 h hr hrs hour hours stunde stunden std heure heures hora horas ora ore
        86400 day days tag tage tagen jour jours dia dias giorno giorni
        604800 week weeks woche wochen semaine semaines semana semanas settimana settimane
        2629746 month months monat monate monaten mois mes meses mese mesi
        31556952 year years yr yrs jahr jahre jahren an ans annee annees ano anos anno anni
    """,
    "speed": """
        1 m/s mps
        0.2777777777777778 km/h kmh kph
        0.44704 mph
        0.5144444444444445 kn knot knots knoten
    """,
    "energy": """
        1 j joule joules
        1e3 kj kilojoule kilojoules
        4.184 cal
        4184 kcal kilocalorie kilocalories kilokalorie kilokalorien
        3.6e6 kwh
        3.6e9 mwh
    """,
    "power": """
        1 w watt watts
        1e3 kw kilowatt kilowatts
        1e6 mw megawatt megawatts
        1e9 gw gigawatt gigawatts
        735.49875 hp ps
    """,
    "data": """
        1 byte bytes
        1e3 kb kilobyte kilobytes
        1e6 mb megabyte megabytes
        1e9 gb gigabyte gigabytes
        1e12 tb terabyte terabytes
    """,
    "frequency": """
        1 hz hertz
        1e3 khz
        1e6 mhz
        1e9 ghz
    """,
    "share": """
        0.01 % percent percentage prozent pourcent porcentaje percentuale
    """,
    "usd": "1 $ usd dollar dollars dolar dolares dollaro dollari",
    "eur": "1 € eur euro euros",
    "gbp": "1 £ gbp sterling pound pounds",
    "jpy": "1 ¥ jpy yen",
    "chf": "1 chf franken",
    "inr": "1 ₹ inr rupee rupees rupien",
}

CURRENCY_SIGNS: Final = "$€£¥₹"


def _units() -> dict[str, tuple[Unit, ...]]:
    found: dict[str, tuple[Unit, ...]] = {}
    for dimension, table in _TABLE.items():
        for line in table.strip().splitlines():
            factor, *names = line.split()
            for name in names:
                found[name] = (*found.get(name, ()), Unit(dimension, float(factor)))
    for degrees, factor_to_kelvin, offset in _TEMPERATURES:
        unit = Unit("temperature", factor_to_kelvin, offset)
        found |= dict.fromkeys(degrees.split(), (unit,))
    return found


_TEMPERATURES: Final = (
    ("k kelvin", 1.0, 0.0),
    ("c °c celsius centigrade", 1.0, 273.15),
    ("f °f fahrenheit", 5 / 9, 459.67 * 5 / 9),
)

UNITS: Final[dict[str, tuple[Unit, ...]]] = _units()
"""What a name may stand for: a pound is money or a mass."""
