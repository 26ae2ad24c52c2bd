"""Units of measure: their names, what they measure, and how to get from one to another."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from evaluator.graders.normalise import fold, tokens
from evaluator.graders.phrases import WORDS

NUMBER_WORDS: dict[str, Any] = tomllib.loads(
    files("evaluator.graders").joinpath("number_words.toml").read_text(encoding="utf-8")
)
"""Number words, scales and units by language, as the file has them."""
FRACTION = "fraction"
"""The unit of a share of one, as in "two thirds"."""
_PREFIXES: dict[str, tuple[str, float]] = {
    symbol: (name, float(factor))
    for factor, names in NUMBER_WORDS["prefixes"].items()
    for symbol, name in [names.split()]
}
UNITS: dict[str, tuple[str, float]] = {
    fold(name): (dimension, float(factor))
    for dimension, names in NUMBER_WORDS["units"].items()
    for factor, words in names.items()
    for name in words.split()
}
"""Per name of a unit, what it measures and its size."""
UNITS |= {
    f"{prefix}{name}": (dimension, factor)
    for prefix, factor in [("", 1.0), *_PREFIXES.values()]
    for dimension, names in NUMBER_WORDS["metric"].items()
    for name in names.split()
    if len(name) > 1
}
UNITS |= {
    f"{symbol}{name}".casefold(): (dimension, factor)
    for symbol, (_, factor) in [("", ("", 1.0)), *_PREFIXES.items()]
    for dimension, names in NUMBER_WORDS["metric"].items()
    for name in names.split()
    # Of prefixes that differ by case only, the small one goes with units of everyday size.
    if len(name) == 1 and symbol not in {"T", "M", "G"}
}
UNITS[FRACTION] = ("share", 100.0)
_LENGTHS = {name: factor for name, (dimension, factor) in UNITS.items() if dimension == "length"}
UNITS |= {f"{name}2": ("area", factor**2) for name, factor in _LENGTHS.items()}
# A cubic metre is 1,000 litres, in which volumes are counted.
UNITS |= {f"{name}3": ("volume", 1000 * factor**3) for name, factor in _LENGTHS.items()}
_RATES: dict[str, str] = NUMBER_WORDS["rates"]
UNITS |= dict.fromkeys(_RATES, ("rate", 1.0))
_LENGTH = "|".join(map(re.escape, sorted(_LENGTHS, key=len, reverse=True)))
_POWER_WORD = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(NUMBER_WORDS['powers'].values())})")
_SYMBOL = re.compile(
    rf"(?<=\d)(\s?)({'|'.join(_PREFIXES)}|[µu])?"
    rf"({'|'.join(sorted(NUMBER_WORDS['symbols'], key=len, reverse=True))})(?!\w)"
)
# Kelvin = a + b times the degrees (BIPM, The International System of Units, 9th edition, 2.3.1).
_KELVIN = {"celsius": (273.15, 1.0), "fahrenheit": (273.15 - 32 / 1.8, 1 / 1.8), "kelvin": (0.0, 1.0)}
_DEGREES = frozenset(map(fold, NUMBER_WORDS["degrees"].split()))
_PER = re.compile(rf"\s?(?:/|\b(?:{'|'.join(map(fold, NUMBER_WORDS['per'].split()))})\s|每)\s?(?P<word>[^\W\d_]+)")


def spell_units(text: str) -> str:
    """Write the symbols of units out before letters are folded: case tells "mW" from "MW"."""
    return _SYMBOL.sub(_spell_unit, text)


def _spell_unit(found: re.Match[str]) -> str:
    symbol, unit = found[2], found[3]
    # One B or L alone is more often the letter of a list than a unit; "5K" is five thousand.
    if symbol is None and (unit in {"B", "L"} or (unit == "K" and not found[1])):
        return found[0]
    prefix = _PREFIXES["μ" if symbol in {"µ", "u"} else symbol][0] if symbol else ""
    return f"{found[1] or ' '}{prefix}{NUMBER_WORDS['symbols'][unit]}"


@cache
def _powers() -> dict[str, re.Pattern[str]]:
    """Compile what finds squares and cubes of lengths, when the first is met."""
    return {
        power: re.compile(rf"(?<![^\W\d_])(?:(?:{words})[\s-]?({_LENGTH})|({_LENGTH})\s(?:{words}))(?![^\W\d_])")
        for power, words in NUMBER_WORDS["powers"].items()
    }


def raise_units(text: str) -> str:
    """Write "square metres" as one unit.

    >>> raise_units("5 square miles, 3 metres carres")
    '5 miles2, 3 metres2'
    """
    if not _POWER_WORD.search(text):
        return text
    for power, pattern in _powers().items():
        text = pattern.sub(lambda found, power=power: f"{found[1] or found[2]}{power}", text)  # type: ignore[misc]
    return text


def is_degree(word: str) -> bool:
    """Whether a word is "degrees", whose scale the next word may name."""
    return word in _DEGREES


def read_rate(text: str, at: int, unit: str) -> tuple[str, int]:
    """Read on after a unit: "m" of "m/s" and of "metres per second" is a part only.

    >>> read_rate("5 m/s", 3, "m"), read_rate("5 km", 4, "km"), read_rate("60 mph", 6, "mph")
    (('m/s', 5), ('km', 4), ('mile/hour', 6))
    """
    if unit in _RATES:
        return _RATES[unit], at
    found = _PER.match(text, at)
    if found is None or found["word"] not in UNITS:
        return unit, at
    return f"{unit}/{found['word']}", found.end()


@lru_cache(maxsize=4096)
def asked_unit(question: str) -> str:
    """Give the unit that a question asks for, or an empty string.

    >>> asked_unit("How many minutes is it?"), asked_unit("What is the energy in joules?"), asked_unit("How many?")
    ('minutes', 'joules', '')
    """
    words = [word for word in tokens(question) if word not in _DEGREES]
    after = [word for before, word in pairwise(words) if before in WORDS["quantity"] or before == "in"]
    found = next((word for word in after if word in UNITS and len(word) > 1), "")
    return _RATES.get(found, found)


def measures(unit: str) -> str:
    """Say what a unit measures; nothing for one that is not known."""
    return UNITS.get(unit, ("", 1.0))[0]


def size(unit: str) -> float:
    """Give the size of a unit, in units that all of its kind share."""
    return UNITS.get(unit, ("", 1.0))[1]


@lru_cache(maxsize=4096)
def conversion(unit: str, target_unit: str) -> tuple[float, float] | None:
    """Give what to add to a value and what to multiply the sum by, to get from one unit to another.

    None when they measure different things. A missing unit goes with every other.

    >>> conversion("km", "m"), conversion("", "kg"), conversion("kg", "m")
    ((0.0, 1000.0), (0.0, 1.0), None)
    >>> conversion("metres/second", "km/h")
    (0.0, 3.6)
    """
    if not unit or not target_unit or unit == target_unit:
        return 0.0, 1.0
    if measures(unit) in _KELVIN and measures(target_unit) in _KELVIN:
        start, step = _in_kelvin(unit)
        target_start, target_step = _in_kelvin(target_unit)
        return (start - target_start) / step, step / target_step
    top, _, bottom = unit.partition("/")
    target_top, _, target_bottom = target_unit.partition("/")
    factor = _factor(top, target_top)
    # "100 km" may stand for "100 km/h" where that is asked for.
    divisor = _factor(bottom, target_bottom) if bottom and target_bottom else 1.0
    return None if factor is None or divisor is None else (0.0, factor / divisor)


def _in_kelvin(unit: str) -> tuple[float, float]:
    start, step = _KELVIN[measures(unit)]
    return start, step * size(unit)


def _factor(unit: str, target_unit: str) -> float | None:
    dimension, factor = UNITS.get(unit, (unit, 1.0))
    target_dimension, target_factor = UNITS.get(target_unit, (target_unit, 1.0))
    return factor / target_factor if dimension == target_dimension else None
