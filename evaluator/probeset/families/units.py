"""Conversions between units, and ones that no table gives."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows

SOURCE = "BIPM, SI Brochure (9th edition), and the International Yard and Pound agreement of 1959"
TOLERANCE = 0.005

Unit = tuple[str, str, Decimal]
"""Quantity, plural name, size in the base unit of the quantity."""


def units() -> tuple[Unit, ...]:
    """Return the units of the table, which are defined exactly or to ten digits."""
    return tuple((quantity, name, Decimal(size)) for quantity, name, size in rows("units", "units"))


def to_other_quantity(draw: Draw) -> Iterator[Pair]:
    """Ask for a conversion; in the twin the other unit measures another quantity."""
    wordings = (
        "How many {to} are {count} {of}?",
        "Convert {count} {of} to {to}.",
        "Express {count} {of} in {to}: what is the number?",
        "What is the number of {to} in {count} {of}?",
    )
    while True:
        one, two = draw.sample(units(), 2)
        of_one, of_two = _same(draw, one), _same(draw, two)
        counts = _count(draw), _count(draw)
        if one[0] == two[0] or not (_is_handy(one, of_one, counts[0]) and _is_handy(two, of_two, counts[1])):
            continue
        # Each unit is asked for once rightly and once wrongly, so that its name tells nothing.
        for count, unit, right, wrong in ((counts[0], one, of_one, of_two), (counts[1], two, of_two, of_one)):
            wording = draw.pick(wordings)
            yield Pair(
                question=wording.format(count=count, of=unit[1], to=right[1]),
                twin_question=wording.format(count=count, of=unit[1], to=wrong[1]),
                targets=(converted(count, unit, right),),
                match="number",
                tolerance=TOLERANCE,
                reason="false_premise",
                why=f"{unit[1].capitalize()} measure {unit[0]} and {wrong[1]} measure {wrong[0]}.",
                source=SOURCE,
                about=f"{one[1]}-{two[1]}".replace(" ", "-"),
            )


def of_invented_unit(draw: Draw) -> Iterator[Pair]:
    """Ask for a conversion; in the twin the unit to convert is invented."""
    wordings = (
        "How many {to} are equal to {count} {of}?",
        "What are {count} {of} in {to}?",
        "Give {count} {of} in {to}.",
        "{count} {of} make how many {to}?",
    )
    invented = invented_names(draw, "thing")
    while True:
        one, wording, count = draw.pick(units()), draw.pick(wordings), _count(draw)
        right, name = _same(draw, one), next(invented, None)
        if name is None:
            return
        if not _is_handy(one, right, count):
            continue
        yield Pair(
            question=wording.format(count=count, of=one[1], to=right[1]),
            twin_question=wording.format(count=count, of=f"{name}s", to=right[1]),
            targets=(converted(count, one, right),),
            match="number",
            tolerance=TOLERANCE,
            reason="nonexistent",
            why=f"There is no unit called {name}; the name was invented for this question.",
            source=SOURCE,
            about=f"invented-{one[1].replace(' ', '-')}",
        )


def of_defined_unit(draw: Draw) -> Iterator[Pair]:
    """Define an invented unit and ask for a conversion; the twin asks for one that was not defined."""
    wordings = (
        "One {name} is {size} {to}. How many {to} are {count} {of}s?",
        "In a story, {size} {to} are called one {name}. Convert {count} {of}s to {to}.",
        "Let one {name} be {size} {to}. What are {count} {of}s in {to}?",
    )
    invented = invented_names(draw, "thing")
    while True:
        name, other = next(invented, ""), next(invented, "")
        if not other:
            return
        wording, count, size = draw.pick(wordings), draw.between(3, 40), draw.between(3, 60)
        fields = {"name": name, "size": size, "to": draw.pick(units())[1], "count": count}
        yield Pair(
            question=wording.format(of=name, **fields),
            twin_question=wording.format(of=other, **fields),
            targets=(str(count * size),),
            match="number",
            reason="nonexistent",
            why=f"There is no unit called {other}; the name was invented, and the question does not define it.",
            source="Computed from the numbers in the question",
        )


def converted(count: int, one: Unit, other: Unit) -> str:
    """Return `count` of one unit in another, to six digits.

    >>> converted(3, ("length", "feet", Decimal("0.3048")), ("length", "metres", Decimal(1)))
    '0.9144'
    """
    value = count * one[2] / other[2]
    return f"{float(f'{value:.6g}'):.10f}".rstrip("0").rstrip(".")


def _same(draw: Draw, one: Unit) -> Unit:
    return draw.pick([unit for unit in units() if unit[0] == one[0] and unit != one])


def _count(draw: Draw) -> int:
    return draw.between(3, 480)


def _is_handy(one: Unit, other: Unit, count: int) -> bool:
    """Whether the result can be written without zeros to count."""
    return Decimal("0.01") <= count * one[2] / other[2] <= 1_000_000 and one[2] != other[2]


FAMILY = PairFamily(
    name="units",
    version="1",
    topic="science",
    summary="Conversions of units, between quantities that do not convert, and of invented units; computed.",
    kinds=(to_other_quantity, of_defined_unit, to_other_quantity, of_invented_unit),
)
