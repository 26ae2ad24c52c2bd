"""Results of contests of the past, of ones to come and of ones never held, and days to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evaluator.probeset.families.calendars import MONTHS, WEEKDAYS, fifth
from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import table

SOURCE = "Encyclopaedia Britannica, entry of the event, and the organiser's list of results"
COMPUTED = "Computed by the rules of the Gregorian calendar (ISO 8601)"
_FIRST_FUTURE, _LAST_FUTURE = 2031, 2430


def result_of_future(draw: Draw) -> Iterator[Pair]:
    """Ask for a result of the past; the twin asks for the same of a year to come."""
    for event, year in draw.shuffled(_held()):
        step, last = event["every"], max(map(int, event["results"]))
        start = _FIRST_FUTURE + (last - _FIRST_FUTURE) % step
        coming = start + step * draw.below((_LAST_FUTURE - start) // step)
        wording = draw.pick(event["wordings"])
        yield Pair(
            question=wording.format(event=event["name"], year=year),
            twin_question=wording.format(event=event["name"], year=coming),
            targets=tuple(event["results"][str(year)].split("/")),
            match="text",
            reason="future",
            why=f"The year {coming} lies in the future.",
            source=SOURCE,
            twin_source="The calendar",
            topic=event["topic"],
            about=f"{event['id']}-{year}",
        )


def result_of_no_contest(draw: Draw) -> Iterator[Pair]:
    """Ask for a result of the past; the twin asks for it of a year of the past without that contest."""
    asked = set[tuple[str, int]]()
    for event, year in draw.shuffled(_held()):
        without = _years_without(event)
        open_years = [other for other in _asked_years() if other in without and (event["id"], other) not in asked]
        if not open_years:
            continue
        other = draw.pick(open_years)
        asked.add((event["id"], other))
        wording = draw.pick(event["wordings"])
        yield Pair(
            question=wording.format(event=event["name"], year=year),
            twin_question=wording.format(event=event["name"], year=other),
            targets=tuple(event["results"][str(year)].split("/")),
            match="text",
            reason="false_premise",
            why=f"{event['name']}: there was none in {other}.",
            source=SOURCE,
            topic=event["topic"],
            about=f"{event['id']}-{year}",
        )


def weekday_to_come(draw: Draw) -> Iterator[Pair]:
    """Ask for a date of the future that the calendar fixes; in the twin the year is one of the past, and has none.

    With this kind a year to come speaks for an answer as often as it speaks against one in `result_of_future`.
    """
    wordings = (
        "Which date is the fifth {weekday} of {month} {year}?",
        "On which date is the fifth {weekday} in {month} {year}?",
        "What is the date of the fifth {weekday} of {month} {year}?",
    )
    while True:
        weekday, month, wording = draw.below(7), draw.between(3, 12), draw.pick(wordings)
        years = draw.shuffled(range(_FIRST_FUTURE, _LAST_FUTURE))
        year, found = next((year, day) for year in years if (day := fifth(year, month, weekday)))
        other = next(year for year in draw.shuffled(_asked_years()) if not fifth(year, month, weekday))
        fields = {"weekday": WEEKDAYS[weekday], "month": MONTHS[month - 1]}
        yield Pair(
            question=wording.format(year=year, **fields),
            twin_question=wording.format(year=other, **fields),
            targets=(found.isoformat(),),
            match="date",
            reason="false_premise",
            why=f"{fields['month']} {other} has only four {fields['weekday']}s.",
            source=COMPUTED,
            topic="everyday",
        )


def _years_without(event: dict[str, Any]) -> set[int]:
    """Return the years without the event: those the table names, and for one held every four years those between."""
    held = {int(known) for known in event["results"]} | set(event.get("moved", []))
    between = set(range(min(held), max(held))) - held if event["every"] == 4 else set()
    return between.union(event.get("not_held", []))


def _asked_years() -> list[int]:
    """Return every year as often as the table has a result of it: questions without an answer name the same years."""
    return [year for _, year in _held()]


def _held() -> list[tuple[dict[str, Any], int]]:
    return [(event, int(year)) for event in table("future")["event"] for year in event["results"]]


FAMILY = PairFamily(
    name="future",
    version="2",
    topic="sport",
    summary="Results of past contests, of contests to come or never held, dates to come; from a table, computed.",
    kinds=(result_of_future, result_of_no_contest, weekday_to_come) * 2,
)
