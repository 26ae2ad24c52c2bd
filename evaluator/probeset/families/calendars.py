"""Days of the calendar, and days that it does not have."""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Pair, PairFamily

SOURCE = "Computed by the rules of the Gregorian calendar (ISO 8601)"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_FIRST, _LAST = 1601, 2599


def leap_day(draw: Draw) -> Iterator[Pair]:
    """Ask for the weekday of 29 February, in a leap year and in another."""
    wordings = (
        "Which day of the week is 29 February {} in the Gregorian calendar?",
        "On which weekday does 29 February {} fall in the Gregorian calendar?",
        "In the Gregorian calendar, what day of the week belongs to the date 29 February {}?",
    )
    leap, common = _years(draw, 0)
    for year, other in zip(leap, common, strict=False):
        wording = draw.pick(wordings)
        right = WEEKDAYS[date(year, 2, 29).weekday()]
        yield Pair(
            question=wording.format(year),
            twin_question=wording.format(other),
            targets=(right,),
            match="text",
            distractors=tuple(day for day in WEEKDAYS if day != right),
            reason="false_premise",
            why=f"{other} is not a leap year, so it has no 29 February.",
            source=SOURCE,
        )


def days_until(draw: Draw) -> Iterator[Pair]:
    """Ask how many days lie between 29 February and a later day, in a leap year and in another."""
    wordings = (
        "How many days after 29 February {year} is {day} {month} {year}?",
        "How many days pass from 29 February {year} to {day} {month} {year}?",
    )
    leap, common = _years(draw, 1)
    for year, other in zip(leap, common, strict=False):
        wording = draw.pick(wordings)
        month, day = draw.between(3, 12), draw.between(1, 28)
        n_days = (date(year, month, day) - date(year, 2, 29)).days
        yield Pair(
            question=wording.format(year=year, month=MONTHS[month - 1], day=day),
            twin_question=wording.format(year=other, month=MONTHS[month - 1], day=day),
            targets=(str(n_days),),
            match="number",
            reason="false_premise",
            why=f"{other} is not a leap year, so it has no 29 February to count from.",
            source=SOURCE,
        )


def week_53(draw: Draw) -> Iterator[Pair]:
    """Ask for the days of ISO week 53, in a year that has one and in one that has 52."""
    wordings = (
        "On which date does ISO week 53 of {} begin?",
        "Which date is the Monday of ISO 8601 week 53 in {}?",
        "What is the date of the first day of calendar week 53 of {} by ISO 8601?",
    )
    years = draw.shuffled(range(_FIRST, _LAST + 1))
    with_53 = [year for year in years if has_week_53(year)]
    without = [year for year in years if not has_week_53(year)]
    for year, other in zip(with_53, without, strict=False):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(year),
            twin_question=wording.format(other),
            targets=(date.fromisocalendar(year, 53, 1).isoformat(),),
            match="date",
            reason="false_premise",
            why=f"By ISO 8601 the year {other} has 52 weeks.",
            source=SOURCE,
        )


def fifth_weekday(draw: Draw) -> Iterator[Pair]:
    """Ask for the date of the fifth such weekday of a month, where there is one and where there are four."""
    wordings = (
        "On which date does the fifth {weekday} of {month} {year} fall?",
        "What is the date of the fifth {weekday} in {month} {year}?",
        "Which day is the fifth {weekday} of {month} {year}?",
    )
    while True:
        wording, weekday, month = draw.pick(wordings), draw.below(7), draw.between(3, 12)
        years = draw.shuffled(range(_FIRST, _LAST + 1))
        year = next(year for year in years if fifth(year, month, weekday))
        other = next(year for year in years if not fifth(year, month, weekday))
        found = fifth(year, month, weekday)
        fields = {"weekday": WEEKDAYS[weekday], "month": MONTHS[month - 1]}
        yield Pair(
            question=wording.format(year=year, **fields),
            twin_question=wording.format(year=other, **fields),
            targets=(found.isoformat() if found else "",),
            match="date",
            reason="false_premise",
            why=f"{fields['month']} {other} has only four {fields['weekday']}s.",
            source=SOURCE,
        )


def day_of_short_month(draw: Draw) -> Iterator[Pair]:
    """Ask for the weekday of the last days of a month, and of a day after its end, such as 30 February."""
    wordings = (
        "What day of the week is the date {} in the Gregorian calendar?",
        "Which weekday does the Gregorian calendar give to the date {}?",
    )
    while True:
        year, month = draw.between(_FIRST, _LAST), draw.pick((2, 2, 4, 6, 9, 11))
        length = monthrange(year, month)[1]
        impossible, wording = draw.between(length + 1, 31), draw.pick(wordings)
        # The twin has that day in another month, or another day in that month.
        other, day = (draw.pick((1, 3, 5, 7, 8, 10, 12)), impossible) if draw.coin() else (month, length)
        right = WEEKDAYS[date(year, other, day).weekday()]
        yield Pair(
            question=wording.format(f"{year:04d}-{other:02d}-{day:02d}"),
            twin_question=wording.format(f"{year:04d}-{month:02d}-{impossible:02d}"),
            targets=(right,),
            match="text",
            distractors=tuple(name for name in WEEKDAYS if name != right),
            reason="false_premise",
            why=f"{MONTHS[month - 1]} {year} has {length} days, so there is no {impossible} {MONTHS[month - 1]}.",
            source=SOURCE,
        )


def has_week_53(year: int) -> bool:
    """Whether a year has 53 weeks by ISO 8601: 28 December is always in the last one.

    >>> has_week_53(2020), has_week_53(2021)
    (True, False)
    """
    return date(year, 12, 28).isocalendar().week == 53


def fifth(year: int, month: int, weekday: int) -> date | None:
    """Return the fifth such weekday of a month (Monday is 0), or None when there are four.

    >>> fifth(2024, 3, 6), fifth(2024, 3, 0)
    (datetime.date(2024, 3, 31), None)
    """
    first = date(year, month, 1)
    found = first + timedelta(days=(weekday - first.weekday()) % 7 + 28)
    return found if found.month == month else None


def _years(draw: Draw, parity: int) -> tuple[list[int], list[int]]:
    """Return leap years and others, of every second century, so that two kinds never share a year."""
    years = [year for year in draw.shuffled(range(_FIRST, _LAST + 1)) if year // 100 % 2 == parity]
    return [year for year in years if isleap(year)], [year for year in years if not isleap(year)]


FAMILY = PairFamily(
    name="calendars",
    version="1",
    topic="everyday",
    summary="Weekdays, ISO weeks and distances of dates, and dates that do not exist; computed.",
    kinds=(leap_day, week_53, fifth_weekday, days_until, fifth_weekday, fifth_weekday, day_of_short_month),
)
