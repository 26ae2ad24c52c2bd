"""Find dates in text, in the common forms of eleven languages, and compare them with a target.

Source: ISO 8601 for year-month-day; the orders day-month-year and month-day-year as in the Unicode CLDR.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from evaluator.graders.normalise import ARTICLES, fold, tokens
from evaluator.graders.phrases import WORDS
from evaluator.graders.quantity import prepare
from evaluator.graders.sentence import Sentence, is_denied
from evaluator.graders.step import Finding
from evaluator.graders.units import NUMBER_WORDS
from evaluator.records import Probe

_NAMES: dict[str, str] = tomllib.loads(files("evaluator.graders").joinpath("months.toml").read_text(encoding="utf-8"))
MONTH_FORMS: dict[str, dict[str, str]] = {
    language: {fold(name): fold(forms.split("/")[0]) for forms in names.split() for name in forms.split("/")}
    for language, names in _NAMES.items()
}
"""Per language, every form of the name of a month with the first form of it."""
_MONTHS: dict[str, int] = {
    fold(name): number
    for names in _NAMES.values()
    for number, forms in enumerate(names.split(), start=1)
    for name in forms.split("/")
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DIGIT = re.compile(r"\d")
_OF = r"(?:\.|st|nd|rd|th|er|º|-го)?[\s,.-]{0,3}(?:(?:of|de|del|do|the|день)\s)?"
_BEFORE_YEAR = r"[\s,]{1,3}(?:(?:of|de|del|do|roku|года)\s)?"
_YEAR = r"\d{3,4}"
_DATE = re.compile(
    rf"""(?<![\d.,/-])(?:
      (?P<y1>\d{{4}})(?P<sep1>[-/.])(?P<m1>\d{{1,2}})(?P=sep1)(?P<d1>\d{{1,2}})(?!\d)
    | (?P<a>\d{{1,2}})(?P<sep2>[-/.]\s?)(?P<b>\d{{1,2}})(?P=sep2)(?P<y2>\d{{4}})(?!\d)
    | (?P<y3>\d{{4}})\s?[年]\s?(?:(?P<m3>\d{{1,2}})\s?[月]\s?(?:(?P<d3>\d{{1,2}})\s?[日号])?)?
    | (?P<d4>\d{{1,2}}){_OF}(?P<m4>{_MONTH})\b\.?(?:{_BEFORE_YEAR}(?P<y4>{_YEAR})(?!\d))?
    | \b(?P<m5>{_MONTH})\b\.?[\s]{{1,2}}(?:the\s)?(?P<d5>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)
        (?:\s?(?:-|–|to|and)\s?\d{{1,2}}(?:st|nd|rd|th)?(?=,?\s))?
        (?:\s?,?\s?(?:of\s)?(?P<y5>{_YEAR})(?!\d))?
    | \b(?P<m6>{_MONTH})\b\.?{_BEFORE_YEAR}(?P<y6>{_YEAR})(?!\d)
    | (?P<y7>[12]\d{{3}})(?![\d%])
    | (?P<y8>\d{{1,4}})\s?(?:b\.?c\.?e?\b|pr\.\sn\.\sl)
    )""",
    re.VERBOSE,
)
_DAY_BEFORE = re.compile(r"(?<![\d.,/-])(\d{1,2})\.?(?:st|nd|rd|th)?\s?(?:-|–|—|to|and|az|bis|au|al|a|до|по|至)\s?\Z")
_PERIOD = re.compile(
    r"\b(?P<decade>[12]\d\d)0\s?'?s\b|\b(?P<century>\d{1,2})(?:st|nd|rd|th|\.)?[\s-](?:century|stoleti|jahrhundert)\b(?!\sb)"
)


def match_date(probe: Probe, asserted: tuple[Sentence, ...]) -> Finding:
    """Look for a date that has every part of a target."""
    targets = _wanted(probe.targets, probe.question)
    finest = _finest(targets)
    distractors = _all_dates(probe.distractors)
    asked = _all_dates((probe.question,))
    asks_part = not _asked_parts(probe.question).isdisjoint(("day", "month"))
    years = frozenset(date.year for date in asked if date.year is not None)
    echo = {(date.year, date.month, date.day) for date in asked}
    for sentence in asserted:
        for date in find_dates(sentence.text):
            if (date.year, date.month, date.day) in echo or _is_denied(sentence, date):
                continue
            wanted = finest if date.month is not None else targets
            if any(is_same_date(date, target, years, may_be_coarse=not asks_part) for target in wanted):
                return Finding(is_correct=True, evidence=f"states an accepted date: {sentence.text}")
            if any(is_same_date(date, distractor, years) for distractor in distractors):
                return Finding(has_distractor=True, evidence=f"states a known wrong date: {sentence.text}")
    if not _asked_parts(probe.question):
        return _match_period(targets, asserted)
    return Finding(evidence="no accepted date is stated")


@lru_cache(maxsize=4096)
def _all_dates(texts: tuple[str, ...]) -> tuple[Date, ...]:
    return tuple(date for text in texts for date in find_dates(text))


@lru_cache(maxsize=4096)
def _wanted(targets: tuple[str, ...], question: str) -> tuple[Date, ...]:
    return tuple(_as_precise_as_asked(date, question) for date in _all_dates(targets))


@lru_cache(maxsize=4096)
def _finest(targets: tuple[Date, ...]) -> tuple[Date, ...]:
    """Leave out dates that only say less than another: beside "8 November 1968", "1968" makes May 1968 no right one."""
    return tuple(one for one in targets if not any(_is_coarser(one, other) for other in targets))


def _is_coarser(one: Date, other: Date) -> bool:
    parts = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return any(own is None and theirs is not None for own, theirs in parts) and all(
        own is None or own == theirs for own, theirs in parts
    )


def _match_period(targets: tuple[Date, ...], asserted: tuple[Sentence, ...]) -> Finding:
    """Look for a decade or century that holds a target: it answers "When?"."""
    for sentence in asserted:
        for low, high in find_periods(sentence.text):
            if any(target.year is not None and low <= target.year <= high for target in targets):
                return Finding(is_correct=True, evidence=f"states the period of an accepted date: {sentence.text}")
    return Finding(evidence="no accepted date is stated")


def find_periods(text: str) -> list[tuple[int, int]]:
    """Find the decades and centuries of a text, with the years they begin and end.

    >>> find_periods("in the 1960s, or in the 16th century"), find_periods("late in the 16th century")
    ([(1960, 1969), (1501, 1600)], [(1560, 1600)])
    """
    found = []
    text = prepare(text) if _DIGIT.search(text) else ""
    for period in _PERIOD.finditer(text):
        if period["decade"]:
            low, high = int(period["decade"]) * 10, int(period["decade"]) * 10 + 9
        else:
            low, high = 100 * int(period["century"]) - 99, 100 * int(period["century"])
        start, end = _part_of_period(text[max(period.start() - 24, 0) : period.start()])
        found.append((low + math.floor(start * (high - low)), low + math.ceil(end * (high - low))))
    return found


def _part_of_period(before: str) -> tuple[float, float]:
    """Say which part of a period the words before it name: "the late", "the end of the"."""
    words = [word for word in tokens(before)[-3:] if word not in _SMALL]
    return _PARTS.get(words[-1], (0.0, 1.0)) if words else (0.0, 1.0)


_SMALL = WORDS["function"] | ARTICLES
_PARTS: dict[str, tuple[float, float]] = {
    fold(word): (float(shares.split()[0]), float(shares.split()[1]))
    for shares, words in NUMBER_WORDS["period"].items()
    for word in words.split()
}


def _is_denied(sentence: Sentence, date: Date) -> bool:
    key = str(date.year)
    if key not in sentence.key_set:
        return False
    at = sentence.keys.index(key)
    return is_denied(sentence.tokens, at, at + 1)


def _as_precise_as_asked(date: Date, question: str) -> Date:
    """Drop the parts of a target that the question does not ask for."""
    parts = _asked_parts(question)
    if date.year is None or "day" in parts or "year" not in parts:
        return date
    return replace(date, day=None, month=date.month if "month" in parts else None)


@lru_cache(maxsize=4096)
def _asked_parts(question: str) -> frozenset[str]:
    words = tokens(question)
    return frozenset(part for part in ("day", "month", "year") if not WORDS[part].isdisjoint(words))


@dataclass(frozen=True, slots=True)
class Date:
    """A date as one place in a text states it; None for a part it leaves out."""

    year: int | None
    month: int | None
    day: int | None
    start: int
    end: int


def find_dates(text: str) -> list[Date]:
    """Find all dates of a text; an ambiguous d/m/y gives both readings.

    >>> [(d.year, d.month, d.day) for d in find_dates("21. dubna 1948, April 1948, 3/4/1948 and 1950")]
    [(1948, 4, 21), (1948, 4, None), (1948, 4, 3), (1948, 3, 4), (1950, None, None)]
    """
    if not _DIGIT.search(text):
        return []
    return [date for found in _DATE.finditer(prepare(text)) for date in (*_days_before(found), *_dates(found))]


def _days_before(found: re.Match[str]) -> Iterator[Date]:
    """Give the first day of "18 to 20 January 1788"."""
    start = _DAY_BEFORE.search(found.string, max(found.start() - 12, 0), found.start()) if found["m4"] else None
    if start is not None:
        yield from _checked(_read(found["y4"]), _MONTHS[found["m4"]], int(start[1]), (start.start(), found.end()))


def _dates(found: re.Match[str]) -> Iterator[Date]:
    parts = found.groupdict()
    span = found.span()
    form = (found.lastgroup or "")[-1:]
    if form == "2":
        one, two, written = int(parts["a"]), int(parts["b"]), int(parts["y2"])
        yield from _checked(written, two, one, span)
        if one != two:
            yield from _checked(written, one, two, span)
        return
    if form == "8":
        yield Date(-int(parts["y8"]), None, None, *span)
        return
    year, month, day = (_read(parts.get(letter + form)) for letter in "ymd")
    yield from _checked(year, month, day, span)


def _read(text: str | None) -> int | None:
    if text is None:
        return None
    return _MONTHS[text] if text in _MONTHS else int(text)


def _checked(year: int | None, month: int | None, day: int | None, span: tuple[int, int]) -> Iterator[Date]:
    if (month is None or 1 <= month <= 12) and (day is None or 1 <= day <= 31):
        yield Date(year, month, day, *span)


def is_date(target: str) -> bool:
    """Whether a target is one date with nothing but small words around it."""
    text = prepare(re.sub(r"\(.*?\)", "", target)).strip()
    found = find_dates(text)
    if not found:
        return False
    rest = (text[: found[0].start] + text[found[0].end :]).strip(" .,")
    # One word more may be a preposition or the day of the week.
    return rest in {"", "v roce"} or (rest.isalpha() and len(rest) <= 10)


def has_month(target: str) -> bool:
    """Whether a target is a date that names its month: "22 March" is a day, not 22 of something."""
    return is_date(target) and any(date.month is not None for date in find_dates(target))


def is_same_date(date: Date, target: Date, question_years: frozenset[int], *, may_be_coarse: bool = False) -> bool:
    """Whether `date` has every part that `target` has, and says nothing else.

    The year may be missing when the question gave it. Month and day may be where `may_be_coarse`: "1965" answers
    "When?" as "1 August 1965" does.
    """
    year = date.year
    if year is None and target.year in question_years:
        year = target.year
    if target.year is not None and target.year != year:
        return False
    is_coarse = may_be_coarse and target.year is not None
    return all(
        wanted is None or wanted == given or (is_coarse and given is None)
        for wanted, given in ((target.month, date.month), (target.day, date.day))
    )
