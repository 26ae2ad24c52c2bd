"""Chemical elements: numbers, symbols and periods, and elements that do not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows
from evaluator.records import MatchType

SOURCE = "IUPAC Periodic Table of the Elements, 4 May 2022"
_NO_SUCH_NAME = "There is no element called {}; the name was invented for this question."
_NOBLE_GASES = (2, 10, 18, 36, 54, 86, 118)
# As an answer these read as English words or as single letters.
_UNSAFE_SYMBOLS = {"He", "In", "As", "At", "No", "Be", "Am", "Ho", "Pa", "La"}
# Symbols of isotopes, units, groups and of names that were given up.
_NO_FREE_SYMBOLS = {"Az", "Bx", "Bz", "Cz", "Dj", "Hz", "Jz", "Kx", "Mv", "Mx", "Nv", "Nw", "Nx", "Sw", "Ux", "Zz"}


def period_of(number: int) -> int:
    """Return the period of the element with this atomic number: each noble gas ends one.

    >>> period_of(1), period_of(2), period_of(3), period_of(57), period_of(118)
    (1, 1, 2, 6, 7)
    """
    return 1 + sum(number > last for last in _NOBLE_GASES)


def number_of_name(draw: Draw) -> Iterator[Pair]:
    """Ask for the atomic number of an element, and of an invented one."""
    wordings = (
        "What is the atomic number of {}?",
        "Which atomic number does the element {} have?",
        "How many protons are in the nucleus of an atom of {}?",
        "At which atomic number does {} stand in the periodic table?",
    )
    yield from _of_names(draw, wordings, lambda number, _: str(number), range(1, 119), "number")


def period_of_name(draw: Draw) -> Iterator[Pair]:
    """Ask for the period of an element, and of an invented one."""
    wordings = (
        "In which period of the periodic table is {}?",
        "What is the number of the period to which the element {} belongs?",
        "In which row of the periodic table does {} stand, counted from the top?",
    )
    yield from _of_names(draw, wordings, lambda number, _: str(period_of(number)), range(1, 119), "number")


def symbol_of_name(draw: Draw) -> Iterator[Pair]:
    """Ask for the symbol of an element, and of an invented one."""
    wordings = (
        "What is the chemical symbol of {}?",
        "Which symbol stands for the element {} in chemical formulas?",
        "By which symbol is {} shown in the periodic table?",
    )
    safe = [
        number
        for number, (symbol, *_) in enumerate(rows("elements", "elements"), 1)
        if len(symbol) == 2 and symbol not in _UNSAFE_SYMBOLS
    ]
    yield from _of_names(draw, wordings, lambda _, symbol: symbol, safe, "text")


def _of_names(
    draw: Draw,
    wordings: tuple[str, ...],
    answer: Callable[[int, str], str],
    numbers: Sequence[int],
    match: MatchType,
) -> Iterator[Pair]:
    elements = rows("elements", "elements")
    for number, invented in zip(draw.shuffled(numbers), invented_names(draw, "element"), strict=False):
        symbol, name = elements[number - 1][:2]
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(name),
            twin_question=wording.format(invented),
            targets=(answer(number, symbol),),
            match=match,
            reason="nonexistent",
            why=_NO_SUCH_NAME.format(invented),
            source=SOURCE,
            about=name,
        )


def name_of_symbol(draw: Draw) -> Iterator[Pair]:
    """Ask which element has a symbol, and which has one that is not in use."""
    elements = rows("elements", "elements")
    used = {symbol for symbol, *_ in elements}
    free = [first + second for first in "BCDFGJKLMNQRSUVWXZ" for second in "jqvwxz"]
    free = [symbol for symbol in free if symbol not in used | _NO_FREE_SYMBOLS]
    wordings = (
        "Which chemical element has the symbol {}?",
        "What is the name of the element with the symbol {}?",
        "For which element does {} stand in the periodic table?",
    )
    for (symbol, *names), unused in zip(draw.shuffled(elements), draw.shuffled(free), strict=False):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(symbol),
            twin_question=wording.format(unused),
            targets=tuple(names),
            match="text",
            reason="nonexistent",
            why=f"No element has the symbol {unused}.",
            source=SOURCE,
            about=names[0],
        )


def name_of_number(draw: Draw) -> Iterator[Pair]:
    """Ask which element has an atomic number, and which has one that no element has."""
    wordings = (
        "Which discovered element has the atomic number {}?",
        "What is the name of the known element whose atoms have {} protons?",
        "Which element that has been discovered stands at number {} in the periodic table?",
    )
    elements = rows("elements", "elements")
    too_high = draw.shuffled(range(131, 996))
    for number, unused in zip(draw.shuffled(range(1, 119)), too_high, strict=False):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(number),
            twin_question=wording.format(unused),
            targets=elements[number - 1][1:],
            match="text",
            reason="nonexistent",
            why="The heaviest element that has been discovered, oganesson, has the atomic number 118.",
            source=SOURCE,
            about=elements[number - 1][1],
        )


FAMILY = PairFamily(
    name="elements",
    version="1",
    topic="science",
    summary="Atomic numbers, symbols and periods of elements, and of invented ones; from the IUPAC table.",
    kinds=(number_of_name, name_of_symbol, name_of_number, symbol_of_name, period_of_name),
)
