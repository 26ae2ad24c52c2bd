"""Find numbers with their scale and unit in text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from evaluator.graders.fractions import Fraction, find_fractions, part_words, write_signs
from evaluator.graders.normalise import fold
from evaluator.graders.units import (
    FRACTION,
    NUMBER_WORDS,
    UNITS,
    is_degree,
    measures,
    raise_units,
    read_rate,
    size,
    spell_units,
)

MAX_EXPONENT = 300
_SCALES: dict[str, float] = {
    fold(name): float(value) for value, names in NUMBER_WORDS["scales"].items() for name in names.split()
}
_WORDS: dict[str, dict[str, int]] = {
    language: {fold(name): int(value) for value, names in by_value.items() for name in names.split()}
    for language, by_value in NUMBER_WORDS["words"].items()
}
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
LETTERS = re.compile(r"[^\W\d_]+")
_SUPERSCRIPT = re.compile("10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
CURRENCY = "$€£¥₹₽"
_NUMERAL = re.compile(rf"(?P<paren>\()?(?P<currency>[{CURRENCY}])?\s?{_DIGITS}")
_TAIL_WORD = re.compile(rf"\s{{0,2}}-?(?P<word>%|°\s?[cf]?\b|[{CURRENCY}]|[万萬亿億千百]|[^\W\d_]+(?:[23]\b)?\.?)")
_MINUS = re.compile(r"(?<![\d.,] )\b(?:minus|negative|moins|menos|минус|マイナス|负)\s?(?=\d)")
_HAN_RUN = re.compile("[零〇一二两兩三四五六七八九十百千万萬亿億]+")
_POINT = re.compile(r"(?<![\w.,)])\.(?=\d)")
"""Begins a number such as .500."""
_OF_A = re.compile(r"(?:\s(?:of\s)?an?\b)?")
_FEET = re.compile(
    r"(?<![\d.,])(\d{1,2})\s?(?:['’′]\s?(\d{1,2}(?:\.\d)?)\s?(?:[\"”″]|''|’’)"
    r"|(?:ft|feet|foot)\.?\s(\d{1,2}(?:\.\d)?)\s?in\b)"
)
"""Feet and inches, as in 6'4" and 6 ft 4 in."""
_FEET_MARKS = ("'", "’", "′", "ft", "feet", "foot")
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
    found = [*_fractions(text, language), *_words(text, language), *_han(text)]
    if _DIGIT.search(text):
        found += _numerals(text)
    if len(found) > 1:
        found.sort(key=lambda q: (q.start, -q.end))
        found = list(_join_ranges(text, list(_join_parts(text, found))))
    return found


def may_hold_number(text: str, words: tuple[str, ...], language: str) -> bool:
    """Whether there is any point in looking for numbers in a text with these folded words."""
    return not text.isascii() or not number_words(language).isdisjoint(words) or _DIGIT.search(text) is not None


@cache
def number_words(language: str) -> frozenset[str]:
    """Give the words of a language that make a number."""
    language = language.split("-")[0]
    return frozenset(_WORDS.get(language, ())) | part_words(language)


@lru_cache(maxsize=64)
def prepare(text: str) -> str:
    """Fold a text for number and date search; superscripts after 10 become powers."""
    if not _DIGIT.search(text):
        return fold(write_signs(text)).replace("**", "")
    if any(mark in text for mark in _FEET_MARKS):
        text = _FEET.sub(lambda found: f"{found[1]} ft {found[2] or found[3]} inches", text)
    text = _SUPERSCRIPT.sub(lambda found: "10^" + unicodedata.normalize("NFKC", found[1]), text)
    text = fold(spell_units(write_signs(text))).replace("\u00a0", " ").replace("−", "-").replace("**", "")
    text = _POINT.sub("0.", _MINUS.sub("-", text))
    return raise_units(text)


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


def _fractions(text: str, language: str) -> Iterator[Quantity]:
    for found in find_fractions(text, language.split("-")[0]):
        # "half a million" and "1/2 of a mile".
        factor, unit, end = _tail(text, _OF_A.match(text, found.end).end())  # type: ignore[union-attr]
        end = end if unit or factor > 1 else found.end
        values = tuple(value * factor for value in (found.value, found.other) if value is not None)
        yield Quantity(values, values, factor * _fraction_step(found), unit or FRACTION, found.start, end)


def _fraction_step(found: Fraction) -> float:
    """Say how exact a fraction is: 1/4 is 0.25, while 1/3 is written 0.33."""
    is_exact = found.denominator & (found.denominator - 1) == 0 or found.denominator in {5, 10, 20, 50, 100, 1000}
    return 1e-9 if is_exact else 0.02 * found.value


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
    """Read the scale and the unit after a number."""
    factor = 1.0
    for _ in range(3):
        found = _TAIL_WORD.match(text, at)
        if found is None:
            break
        word = found["word"].rstrip(".").replace(" ", "")
        if word in _SCALES:
            factor *= _SCALES[word]
        elif word in UNITS:
            unit, end = read_rate(text, found.end(), word)
            return factor, unit, end
        elif not is_degree(word):
            break
        at = found.end()
    return factor, "", at


@lru_cache(maxsize=32)
def _word_pattern(language: str) -> re.Pattern[str]:
    words = "|".join(sorted(map(re.escape, _WORDS[language]), key=len, reverse=True))
    return re.compile(rf"\b(?:{words})(?:(?:\s|-|\sand\s|\set\s|\sund\s|\sy\s|\se\s)(?:{words})){{0,12}}\b")


def _words(text: str, language: str) -> Iterator[Quantity]:
    language = language.split("-")[0]
    if language not in _WORDS or _WORDS[language].keys().isdisjoint(LETTERS.findall(text)):
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


def _join_parts(text: str, found: list[Quantity]) -> Iterator[Quantity]:
    """Read a measure given in two units as one: "6 feet 4 inches", "2 hours and 30 minutes"."""
    pending: Quantity | None = None
    for quantity in found:
        if pending is not None and quantity.start < pending.end:
            continue
        if pending is not None and _goes_on(text, pending, quantity):
            share = size(quantity.unit) / size(pending.unit)
            values = tuple(value + quantity.lows[0] * share for value in pending.lows)
            pending = replace(pending, lows=values, highs=values, step=quantity.step * share, end=quantity.end)
            continue
        if pending is not None:
            yield pending
        pending = quantity
    if pending is not None:
        yield pending


def _goes_on(text: str, one: Quantity, other: Quantity) -> bool:
    if measures(one.unit) != measures(other.unit) or measures(one.unit) not in _PARTED or one.lows != one.highs:
        return False
    is_less = 0 < other.lows[0] * size(other.unit) < size(one.unit) and one.lows[0] >= 1
    return is_less and text[one.end : other.start].strip(" ,.") in _AND


_PARTED = frozenset(["length", "mass", "time"])
_AND = frozenset(["", *" ".join(NUMBER_WORDS["and"].values()).split()])


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
    if between not in _RANGE_JOINTS or one.lows != one.highs:
        return False
    if one.lows[0] >= abs(other.highs[0]):
        return _ends_in_century(one, other) and between in {"-", "–"}
    return between not in _NEEDS_OPENER or text[: one.start].rstrip(" $€£").endswith(_RANGE_OPENERS)


def _ends_in_century(one: Quantity, other: Quantity) -> bool:
    """Whether a range of years gives two digits of its end: "1893-95"."""
    start, end = one.lows[0], abs(other.highs[0])
    is_year = 1000 <= start <= 2100 and one.step == other.step == 1 and not (one.unit or other.unit)
    return is_year and start % 100 < end < 100 and end >= 10


def _range(one: Quantity, other: Quantity) -> Quantity:
    if one.lows[0] >= abs(other.highs[0]):
        return replace(one, highs=(one.lows[0] // 100 * 100 + abs(other.highs[0]),), lows=one.lows[:1], end=other.end)
    # "5-6 million": the scale stands after the second number only.
    factor = other.step if one.step == 1 and other.step >= 1000 else 1.0
    highs = tuple(abs(value) for value in other.highs)
    lows = tuple(value * factor for value in one.lows)
    return replace(one, lows=lows, highs=highs, step=other.step, unit=other.unit or one.unit, end=other.end)
