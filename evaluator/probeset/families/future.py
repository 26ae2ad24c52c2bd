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
    for event, year in draw.shuffled(_held()):
        held = {int(known) for known in event["results"]} | set(event.get("moved", []))
        without = [*event.get("not_held", []), *_years_between(event, held)]
        if not without:
            continue
        other, wording = draw.pick(without), draw.pick(event["wordings"])
        yield Pair(
            question=wording.format(event=event["name"], year=year),
            twin_question=wording.format(event=event["name"], year=other),
            targets=tuple(event["results"][str(year)].split("/")),
            match="text",
            reason="false_premise",
            why=f"There was no {event['name']} in {other}.",
            source=SOURCE,
            topic=event["topic"],
            about=f"{event['id']}-{year}",
        )


def weekday_to_come(draw: Draw) -> Iterator[Pair]:
    """Ask for a date of the future that the calendar fixes; in the twin it does not come."""
    wordings = (
        "On which date will the fifth {weekday} of {month} {year} fall?",
        "What will be the date of the fifth {weekday} in {month} {year}?",
        "Which date will the fifth {weekday} of {month} {year} have?",
    )
    while True:
        weekday, month, wording = draw.below(7), draw.between(3, 12), draw.pick(wordings)
        years = draw.shuffled(range(_FIRST_FUTURE, _LAST_FUTURE))
        year, found = next((year, day) for year in years if (day := fifth(year, month, weekday)))
        other = next(year for year in years if not fifth(year, month, weekday))
        fields = {"weekday": WEEKDAYS[weekday], "month": MONTHS[month - 1]}
        yield Pair(
            question=wording.format(year=year, **fields),
            twin_question=wording.format(year=other, **fields),
            targets=(found.isoformat(),),
            match="date",
            reason="false_premise",
            why=f"{fields['month']} {other} will have only four {fields['weekday']}s.",
            source=COMPUTED,
            topic="everyday",
        )


def _years_between(event: dict[str, Any], held: set[int]) -> list[int]:
    """Return the years without an event held every four years; of others the table names them."""
    return [year for year in range(min(held), max(held)) if year not in held] if event["every"] == 4 else []


def _held() -> list[tuple[dict[str, Any], int]]:
    return [(event, int(year)) for event in table("future")["event"] for year in event["results"]]


FAMILY = PairFamily(
    name="future",
    version="1",
    topic="sport",
    summary="Results of past contests, of contests to come or never held, dates to come; from a table, computed.",
    kinds=(result_of_future, result_of_no_contest, weekday_to_come) * 2,
)
