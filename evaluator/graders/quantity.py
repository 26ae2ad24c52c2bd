"""Find numbers with their scale and unit in text."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from evaluator.graders.normalise import fold, tokens
from evaluator.graders.phrases import WORDS

MAX_EXPONENT = 300
_DATA: dict[str, Any] = tomllib.loads(
    files("evaluator.graders").joinpath("number_words.toml").read_text(encoding="utf-8")
)
_SCALES: dict[str, float] = {
    fold(name): float(value) for value, names in _DATA["scales"].items() for name in names.split()
}
_UNITS: dict[str, tuple[str, float]] = {
    fold(name): (dimension, float(factor))
    for dimension, names in _DATA["units"].items()
    for factor, words in names.items()
    for name in words.split()
}
_PREFIXES: dict[str, tuple[str, float]] = {
    symbol: (name, float(factor)) for factor, names in _DATA["prefixes"].items() for symbol, name in [names.split()]
}
_UNITS |= {
    f"{prefix}{name}": (dimension, factor)
    for prefix, factor in [("", 1.0), *_PREFIXES.values()]
    for dimension, names in _DATA["metric"].items()
    for name in names.split()
    if len(name) > 1
}
_UNITS |= {
    f"{symbol}{name}".casefold(): (dimension, factor)
    for symbol, (_, factor) in [("", ("", 1.0)), *_PREFIXES.items()]
    for dimension, names in _DATA["metric"].items()
    for name in names.split()
    # Of prefixes that differ by case only, the small one goes with units of everyday size.
    if len(name) == 1 and symbol not in {"T", "M", "G"}
}
_WORDS: dict[str, dict[str, int]] = {
    language: {fold(name): int(value) for value, names in by_value.items() for name in names.split()}
    for language, by_value in _DATA["words"].items()
}
_NO_WORDS: dict[str, int] = {}
_HAN = {**{digit: value for value, digit in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2, "兩": 2}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f"
"""Kana, Han and Thai put no space before a number."""
_DIGITS = (
    # A letter or two may stand before a decimal fraction, as in "M9.5" and "pH7.4".
    rf"(?:(?<![\w.,])(?<![^\W\d_]-)|(?<=[{_UNSPACED}])|"
    r"(?<=\b[a-z])(?=\d+\.\d)|(?<=\b[a-z][a-z])(?=\d+\.\d))(?P<minus>-)?"
    r"(?P<digits>\d{1,3}(?:[ ']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*)(?:st|nd|rd|th)?"
    r"(?:e(?P<e>[+-]?\d{1,3})\b|\s?[x×*]\s?10\s?\^\s?(?P<power>-?\d{1,3})|(?<=\b10)\^(?P<of_ten>\d{1,2}))?"
)
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]+")
_SUPERSCRIPT = re.compile("10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
CURRENCY = "$€£¥₹₽"
_NUMERAL = re.compile(rf"(?P<paren>\()?(?P<currency>[{CURRENCY}])?\s?{_DIGITS}")
_TAIL_WORD = re.compile(rf"\s{{0,2}}-?(?P<word>%|°\s?[cf]?\b|[{CURRENCY}]|[万萬亿億千百]|[^\W\d_]+(?:[23]\b)?\.?)")
_SYMBOL = re.compile(
    rf"(?<=\d)(\s?)({'|'.join(_PREFIXES)}|[µu])?({'|'.join(sorted(_DATA['symbols'], key=len, reverse=True))})(?!\w)"
)
_MINUS = re.compile(r"(?<![\d.,] )\b(?:minus|negative|moins|menos|минус|マイナス|负)\s?(?=\d)")
_HAN_RUN = re.compile("[零〇一二两兩三四五六七八九十百千万萬亿億]+")
_POINT = re.compile(r"(?<![\w.,)])\.(?=\d)")
"""Begins a number such as .500."""
_LENGTHS = {name: factor for name, (dimension, factor) in _UNITS.items() if dimension == "length"}
_UNITS |= {f"{name}2": ("area", factor**2) for name, factor in _LENGTHS.items()}
# A cubic metre is 1,000 litres, in which volumes are counted.
_UNITS |= {f"{name}3": ("volume", 1000 * factor**3) for name, factor in _LENGTHS.items()}
_LENGTH = "|".join(map(re.escape, sorted(_LENGTHS, key=len, reverse=True)))
_POWER_WORD = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(_DATA['powers'].values())})")
_NEEDS_OPENER = frozenset(["a", "and", "et", "und", "y", "e", "и"])
_RANGE_JOINTS = _NEEDS_OPENER | {"-", "–", "—", "~", "to", "až", "az", "bis", "до", "至", "到"}
_RANGE_OPENERS = ("between", "from", "mezi", "od", "entre", "de", "zwischen", "von", "от", "между", "в пределах")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, or a range of numbers, as one place in a text states it."""

    lows: tuple[float, ...]
    """Every reading of the lower end: "1.234" is 1.234 or 1,234."""
    highs: tuple[float, ...]
    step: float
    """Value of one unit of the last digit given."""
    unit: str
    start: int
    end: int


def find_quantities(text: str, language: str = "en") -> list[Quantity]:
    """Find all numbers of a text, ranges joined.

    >>> [(q.lows, q.unit) for q in find_quantities("about 1.2 million people, 25 % and twenty-one km")]
    [((1200000.0,), ''), ((25.0,), '%'), ((21.0,), 'km')]
    """
    text = prepare(text)
    found = [*_words(text, language), *_han(text)]
    if _DIGIT.search(text):
        found += _numerals(text)
    return list(_join_ranges(text, sorted(found, key=lambda q: (q.start, -q.end))))


def may_hold_number(text: str, words: tuple[str, ...], language: str) -> bool:
    """Whether there is any point in looking for numbers in a text with these folded words."""
    if not text.isascii() or _DIGIT.search(text):
        return True
    return not _WORDS.get(language.split("-")[0], _NO_WORDS).keys().isdisjoint(words)


@lru_cache(maxsize=64)
def prepare(text: str) -> str:
    """Fold a text for number and date search; superscripts after 10 become powers."""
    if not _DIGIT.search(text):
        return fold(text).replace("**", "")
    text = _SUPERSCRIPT.sub(lambda found: "10^" + unicodedata.normalize("NFKC", found[1]), text)
    text = fold(_SYMBOL.sub(_spell_unit, text)).replace("\u00a0", " ").replace("−", "-").replace("**", "")
    text = _POINT.sub("0.", _MINUS.sub("-", text))
    return _raise_units(text) if _POWER_WORD.search(text) else text


@cache
def _powers() -> dict[str, re.Pattern[str]]:
    """Compile what finds squares and cubes of lengths, when the first is met."""
    return {
        power: re.compile(rf"(?<![^\W\d_])(?:(?:{words})[\s-]?({_LENGTH})|({_LENGTH})\s(?:{words}))(?![^\W\d_])")
        for power, words in _DATA["powers"].items()
    }


def _raise_units(text: str) -> str:
    """Write "square metres" as one unit.

    >>> _raise_units("5 square miles, 3 metres carres")
    '5 miles2, 3 metres2'
    """
    for power, pattern in _powers().items():
        text = pattern.sub(lambda found, power=power: f"{found[1] or found[2]}{power}", text)  # type: ignore[misc]
    return text


def _spell_unit(found: re.Match[str]) -> str:
    symbol, unit = found[2], found[3]
    # One B or L alone is more often the letter of a list than a unit.
    if symbol is None and unit in {"B", "L"}:
        return found[0]
    prefix = _PREFIXES["μ" if symbol in {"µ", "u"} else symbol][0] if symbol else ""
    return f"{found[1] or ' '}{prefix}{_DATA['symbols'][unit]}"


@lru_cache(maxsize=4096)
def asked_unit(question: str) -> str:
    """Give the unit that a question asks for, or an empty string.

    >>> asked_unit("How many minutes is it?"), asked_unit("What is the energy in joules?"), asked_unit("How many?")
    ('minutes', 'joules', '')
    """
    words = tokens(question)
    after = [word for before, word in pairwise(words) if before in WORDS["quantity"] or before == "in"]
    return next((word for word in after if word in _UNITS and len(word) > 1), "")


def _numerals(text: str) -> Iterator[Quantity]:
    for found in _NUMERAL.finditer(text):
        values, decimals = readings(found["digits"])
        exponent = _exponent(found["e"] or found["power"] or "0")
        if found["of_ten"]:
            exponent = _exponent(found["of_ten"]) - 1
        factor, unit, end = _tail(text, found.end())
        if found["currency"] and not unit:
            unit = found["currency"]
        # Spreadsheets write negative amounts in round brackets.
        is_negative = bool(found["minus"]) or (
            bool(found["paren"]) and text[found.end() : found.end() + 1] == ")" and "," in found["digits"]
        )
        factor *= 10.0**exponent * (-1 if is_negative else 1)
        values = tuple(value * factor for value in values)
        yield Quantity(values, values, abs(factor) * 10.0**-decimals, unit, found.start("digits"), end)


def _exponent(digits: str) -> int:
    """Read an exponent; one beyond the range of floats is as good as at its end.

    >>> _exponent("-6"), _exponent("400"), _exponent("9" * 5000)
    (-6, 300, 300)
    """
    return max(-MAX_EXPONENT, min(MAX_EXPONENT, int(digits[:6])))


def readings(digits: str) -> tuple[tuple[float, ...], int]:
    """Read a numeral in English and in European style.

    Returns:
        The possible values, most usual first, and the number of decimal places of the first.

    >>> readings("1,234"), readings("1.234,5"), readings("10 000")
    (((1234.0, 1.234), 0), ((1234.5,), 1), ((10000.0,), 0))
    """
    plain = digits.replace(" ", "").replace("'", "")
    marks = [c for c in plain if c in ".,"]
    if not marks:
        return (float(plain),), 0
    last = plain[max(plain.rfind("."), plain.rfind(",")) :]
    if len(set(marks)) == 2:
        whole, fraction = plain[: -len(last)], last[1:]
        return (float(f"{whole.replace('.', '').replace(',', '')}.{fraction}"),), len(fraction)
    grouped = float(plain.replace(",", "").replace(".", ""))
    if len(marks) > 1:
        return (grouped,), 0
    decimal = float(plain.replace(",", "."))
    if len(last) != 4 or plain.startswith("0") or len(plain) > 7:
        return (decimal,), len(last) - 1
    return ((grouped, decimal), 0) if marks[0] == "," else ((decimal, grouped), 3)


def _tail(text: str, at: int) -> tuple[float, str, int]:
    factor = 1.0
    for _ in range(2):
        found = _TAIL_WORD.match(text, at)
        if found is None:
            break
        word = found["word"].rstrip(".").replace(" ", "")
        if word in _SCALES:
            factor *= _SCALES[word]
            at = found.end()
            continue
        return (factor, word, found.end()) if word in _UNITS else (factor, "", at)
    return factor, "", at


@lru_cache(maxsize=32)
def _word_pattern(language: str) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, _WORDS[language]), key=len, reverse=True))
    return re.compile(rf"\b(?:{words})(?:(?:\s|-|\sand\s|\set\s|\sund\s|\sy\s|\se\s)(?:{words})){{0,12}}\b")


def _words(text: str, language: str) -> Iterator[Quantity]:
    language = language.split("-")[0]
    if language not in _WORDS or _WORDS[language].keys().isdisjoint(_LETTERS.findall(text)):
        return
    for found in _word_pattern(language).finditer(text):
        if found[0] == "one" and text.startswith((" of", " who", " that"), found.end()):
            continue
        value = float(_sum_words(re.split(r"[\s-]+", found[0]), _WORDS[language]))
        factor, unit, end = _tail(text, found.end())
        factor *= -1 if text.endswith(_MINUS_WORDS, 0, found.start()) else 1
        yield Quantity((value * factor,), (value * factor,), abs(factor), unit, found.start(), end)


_MINUS_WORDS = ("minus ", "negative ", "moins ", "menos ", "минус ")


def _sum_words(words: Iterable[str], values: dict[str, int]) -> int:
    total = group = 0
    for word in words:
        value = values.get(word)
        if value is None:
            continue
        if value < 100:
            group += value
        elif value == 100:
            group = max(group, 1) * value
        else:
            total, group = total + max(group, 1) * value, 0
    return total + group


def _han(text: str) -> Iterator[Quantity]:
    if text.isascii():
        return
    for found in _HAN_RUN.finditer(text):
        # After a digit, 万 is the scale of that digit, which has been read with it.
        if found.start() and text[found.start() - 1].isdigit():
            continue
        value = float(_han_value(found[0]))
        yield Quantity((value,), (value,), 1.0, "", found.start(), found.end())


def _han_value(numeral: str) -> int:
    if not any(c in _HAN_SCALES for c in numeral):
        return int("".join(str(_HAN[c]) for c in numeral[:300]))
    total = section = digit = 0
    for c in numeral:
        scale = _HAN_SCALES.get(c)
        if scale is None:
            digit = _HAN[c]
        elif scale < 10**4:
            section, digit = section + max(digit, 1) * scale, 0
        else:
            total, section, digit = total + max(section + digit, 1) * scale, 0, 0
    return total + section + digit


def _join_ranges(text: str, found: list[Quantity]) -> Iterator[Quantity]:
    pending: Quantity | None = None
    for quantity in found:
        if pending is None:
            pending = quantity
        elif quantity.start < pending.end:
            continue
        elif _is_range(text, pending, quantity):
            pending = _range(pending, quantity)
        else:
            yield pending
            pending = quantity
    if pending is not None:
        yield pending


def _is_range(text: str, one: Quantity, other: Quantity) -> bool:
    between = text[one.end : other.start].strip(" $€£")
    if between not in _RANGE_JOINTS or one.lows[0] >= abs(other.highs[0]) or one.lows != one.highs:
        return False
    return between not in _NEEDS_OPENER or text[: one.start].rstrip(" $€£").endswith(_RANGE_OPENERS)


def _range(one: Quantity, other: Quantity) -> Quantity:
    # "5-6 million": the scale stands after the second number only.
    factor = other.step if one.step == 1 and other.step >= 1000 else 1.0
    highs = tuple(abs(value) for value in other.highs)
    lows = tuple(value * factor for value in one.lows)
    return replace(one, lows=lows, highs=highs, step=other.step, unit=other.unit or one.unit, end=other.end)


def conversion(unit: str, target_unit: str) -> float | None:
    """Give the factor from one unit to another; None when they measure different things.

    A missing unit goes with every other.

    >>> conversion("km", "m"), conversion("", "kg"), conversion("kg", "m")
    (1000.0, 1.0, None)
    """
    if not unit or not target_unit or unit == target_unit:
        return 1.0
    dimension, factor = _UNITS.get(unit, (unit, 1.0))
    target_dimension, target_factor = _UNITS.get(target_unit, (target_unit, 1.0))
    return factor / target_factor if dimension == target_dimension else None
