"""Find fractions: "1/2", "½", "two thirds", "two and a half"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from evaluator.graders.normalise import fold
from evaluator.graders.units import NUMBER_WORDS

_SIGNS = re.compile("[¼-¾⅐-⅞]")
_SLASHED = re.compile(
    r"(?<![\d/⁄.,])(?:(?P<whole>\d{1,4})[\s-])?(?P<part>\d{1,3})\s?[/⁄]\s?(?P<of>\d{1,4})(?![\d/⁄]|[.,]\d|\s?[/⁄]\s?\d)"
)
_LARGEST = 12
"""Denominators that people divide by; beyond are powers of two and ten. Others are scores and dates."""
_LARGER = frozenset([16, 20, 25, 32, 50, 64, 100, 1000])
_HAN_SHARE = re.compile("([一二两三四五六七八九十])分之([一二两三四五六七八九十])|(?P<half>一?半)(?![径徑])")
_HAN = {digit: value for value, digit in enumerate("零一二三四五六七八九十")} | {"两": 2}
_NOT_COUNTED = frozenset(["first", "once", "twice", "dozen"])
_DEFINITE = ("first ", "second ", "other ", "latter ", "each ", "on ")
"""Before "half" it is one part of a whole in time or space, before "9/11" a date."""


class Fraction(NamedTuple):
    """A fraction as one place in a text states it."""

    value: float
    denominator: int
    start: int
    end: int
    other: float | None
    """What it is when it is no fraction: "a third" is also the third."""


def write_signs(text: str) -> str:
    """Write signs such as ½ as numbers; without a space, 2½ would become 21/2."""
    return text if text.isascii() else _SIGNS.sub(r" \g<0>", text)


def find_fractions(text: str, language: str) -> list[Fraction]:
    """Find the fractions of a folded text.

    >>> [f.value for f in find_fractions("2 1/2 cups, three quarters, two and a half", "en")]
    [2.5, 0.75, 2.5]
    """
    found = list(_slashed(text)) if "/" in text or "⁄" in text else []
    # A fraction of one word is at least so long a word that it is found at a glance.
    if language in NUMBER_WORDS["fractions"] and _stems(language).search(text):
        found += _spelt(text, language)
    return found if text.isascii() else [*found, *_han(text)]


@cache
def part_words(language: str) -> frozenset[str]:
    """Give the words of a language that make a fraction: "half", "quarters"."""
    return frozenset(_denominators(language) if language in NUMBER_WORDS["fractions"] else ())


def _slashed(text: str) -> Iterator[Fraction]:
    for found in _SLASHED.finditer(text):
        part, of = int(found["part"]), int(found["of"])
        is_usual = of <= _LARGEST or of in _LARGER
        if 0 < part < of and is_usual and not text.endswith(_DEFINITE, 0, found.start()):
            yield Fraction(int(found["whole"] or 0) + part / of, of, *found.span(), None)


def _spelt(text: str, language: str) -> Iterator[Fraction]:
    values = _denominators(language)
    numbers = _numerators(language)
    for found in _pattern(language).finditer(text):
        of = values[found["of"]]
        part = found["part"]
        if (of > 2 and not part) or (of == 2 and text.endswith(_DEFINITE, 0, found.start())):
            continue
        n_parts = int(part) if part and part.isdecimal() else numbers.get(part, 1)
        whole = found["whole"]
        value = n_parts / of + (int(whole) if whole and whole.isdecimal() else numbers.get(whole, 0))
        is_ordinal = part in _ones(language) and found["of"] in NUMBER_WORDS["words"][language].get(str(of), "").split()
        yield Fraction(value, of, *found.span(), float(of) if is_ordinal and not whole else None)


def _han(text: str) -> Iterator[Fraction]:
    for found in _HAN_SHARE.finditer(text):
        of, part = (2, 1) if found["half"] else (_HAN[found[1]], _HAN[found[2]])
        yield Fraction(part / of, of, *found.span(), None)


@cache
def _denominators(language: str) -> dict[str, int]:
    words: dict[str, str] = NUMBER_WORDS["fractions"][language]
    return {fold(name): int(value) for value, names in words.items() for name in names.split()}


@cache
def _ones(language: str) -> frozenset[str]:
    return frozenset(map(fold, NUMBER_WORDS["ones"][language].split()))


@cache
def _numerators(language: str) -> dict[str | None, int]:
    words: dict[str, str] = NUMBER_WORDS["words"][language]
    numbers: dict[str | None, int] = {
        fold(name): int(value) for value, names in words.items() for name in names.split()
    }
    others = numbers.keys() - _denominators(language) - _NOT_COUNTED
    return {name: numbers[name] for name in others} | dict.fromkeys(_ones(language), 1)


@cache
def _stems(language: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted({word[:3] for word in _denominators(language)})))


@cache
def _pattern(language: str) -> re.Pattern[str]:
    numbers = "|".join(sorted(map(str, _numerators(language)), key=len, reverse=True))
    joints = "|".join(map(fold, NUMBER_WORDS["and"][language].split()))
    words = "|".join(sorted(_denominators(language), key=len, reverse=True))
    return re.compile(
        rf"\b(?:(?P<whole>{numbers}|\d{{1,4}})\s(?:{joints})\s)?(?:(?P<part>{numbers}|\d{{1,2}})[\s-])?(?P<of>{words})\b(?!-)"
    )
