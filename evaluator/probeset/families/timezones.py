"""Clock times, and times that no clock showed or that it showed twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from evaluator.probeset.families.calendars import MONTHS
from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows
from evaluator.records import UnanswerableReason

SOURCE = "IANA time zone database, zone {}"
_FIRST, _LAST = 2008, 2025
"""Years in which the rules below held in all cities of the table, and are over."""


def last_sunday(year: int, month: int) -> date:
    """Return the last Sunday of a month of 31 days.

    >>> last_sunday(2015, 3)
    datetime.date(2015, 3, 29)
    """
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def nth_sunday(year: int, month: int, n: int) -> date:
    """Return the n-th Sunday of a month.

    >>> nth_sunday(2015, 3, 2), nth_sunday(2015, 11, 1)
    (datetime.date(2015, 3, 8), datetime.date(2015, 11, 1))
    """
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (n - 1))


def change_days(rule: str, year: int) -> tuple[date, date]:
    """Return the days on which summer time began and ended: rule EU since 1996, rule US since 2007."""
    if rule == "EU":
        return last_sunday(year, 3), last_sunday(year, 10)
    return nth_sunday(year, 3, 2), nth_sunday(year, 11, 1)


def skipped_time(draw: Draw) -> Iterator[Pair]:
    """Ask for the UTC time of a local time; in the twin the clocks were put forward past it."""
    wordings = (
        "What time was it in UTC when clocks in {city} showed {time} on {day}?",
        "The local time in {city} was {time} on {day}. What was the UTC time?",
        "Convert the local time {time} in {city} on {day} to UTC.",
        "At what time in UTC was it {time} local time in {city} on {day}?",
    )
    why = "In the night to {day} the clocks in {city} were put forward past {time}, so no clock showed it."
    return _at_a_change(draw, 0, wordings, "false_premise", why)


def repeated_time(draw: Draw) -> Iterator[Pair]:
    """Ask for the UTC time of a local time; in the twin clocks showed it twice."""
    wordings = (
        "Which UTC time corresponds to {time} local time in {city} on {day}?",
        "When it was {time} in {city} on {day}, what time was it in UTC?",
        "Give the UTC time for {time} local time in {city} on {day}.",
    )
    why = "In the night to {day} the clocks in {city} were put back, so they showed {time} twice, an hour apart."
    return _at_a_change(draw, 1, wordings, "underspecified", why)


def _at_a_change(
    draw: Draw, which: int, wordings: tuple[str, ...], reason: UnanswerableReason, why: str
) -> Iterator[Pair]:
    """Pair the day of a change with another day that can be the day of one in other years."""
    while True:
        zone, city, rule, text = draw.pick(_changing_cities())
        offset, year = int(text), draw.between(_FIRST, _LAST)
        changes = change_days(rule, year)
        day = changes[which]
        first = {("EU", 0): 25, ("EU", 1): 25, ("US", 0): 8, ("US", 1): 1}[rule, which]
        other = draw.pick([day.replace(day=first + k) for k in range(7) if first + k != day.day])
        hour = 1 + offset if rule == "EU" else 2 - which
        local = datetime(other.year, other.month, other.day, hour, draw.between(1, 59))  # noqa: DTZ001
        is_summer = changes[0] < other < changes[1]
        wording, fields = draw.pick(wordings), {"city": city, "time": f"{local:%H:%M}"}
        shifts = [offset + is_summer, offset + (not is_summer), -offset - is_summer]
        right, *wrong = (local - timedelta(hours=shift) for shift in shifts)
        yield Pair(
            question=wording.format(day=_written(other), **fields),
            twin_question=wording.format(day=_written(day), **fields),
            targets=_clock_forms(right),
            distractors=tuple(f"{time:%H:%M}" for time in (*wrong, local) if time != right),
            match="text",
            reason=reason,
            why=why.format(day=_written(day), **fields),
            source=SOURCE.format(zone),
        )


def invented_city(draw: Draw) -> Iterator[Pair]:
    """Ask for the offset of a city from UTC in winter or summer, and of an invented city."""
    wordings = (
        "How many hours was the clock in {city} {side} UTC at noon on {day}?",
        "By how many hours was local time in {city} {side} UTC at noon on {day}?",
        "At noon on {day}, how many hours {side} UTC were the clocks in {city}?",
    )
    for invented in invented_names(draw, "place"):
        zone, city, rule, text = draw.pick(rows("timezones", "cities"))
        day = date(draw.between(_FIRST, _LAST), draw.pick((1, 2, 5, 6, 7, 8, 12)), draw.between(1, 28))
        is_summer = rule != "none" and change_days(rule, day.year)[0] < day < change_days(rule, day.year)[1]
        hours = int(text) + is_summer
        if hours == 0:
            continue
        wording = draw.pick(wordings)
        fields = {"side": "ahead of" if hours > 0 else "behind", "day": _written(day)}
        yield Pair(
            question=wording.format(city=city, **fields),
            twin_question=wording.format(city=invented.title(), **fields),
            targets=(str(abs(hours)),),
            match="number",
            reason="nonexistent",
            why=f"There is no city called {invented.title()}; the name was invented for this question.",
            source=SOURCE.format(zone),
            about=city,
        )


def _changing_cities() -> tuple[tuple[str, ...], ...]:
    return tuple(row for row in rows("timezones", "cities") if row[2] != "none")


def _written(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _clock_forms(time: datetime) -> tuple[str, ...]:
    """Return the ways to write a time of day, without repeats."""
    half = "a.m." if time.hour < 12 else "p.m."
    forms = (f"{time:%H:%M}", f"{time.hour}:{time:%M}", f"{time.hour % 12 or 12}:{time:%M} {half}")
    return tuple(dict.fromkeys(forms))


FAMILY = PairFamily(
    name="timezones",
    version="1",
    topic="everyday",
    summary="UTC times of local times, also of times skipped or repeated when clocks change; computed.",
    kinds=(skipped_time, invented_city, repeated_time),
)
