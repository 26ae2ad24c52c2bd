"""Known people and people who never were."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows
from evaluator.records import MatchType

SOURCE = "Encyclopaedia Britannica, entry of the person"
NOT_FOUND = "No such person in the table of this family; the surname is made of invented syllables (no word of SCOWL)"


def birth_year(draw: Draw) -> Iterator[Pair]:
    """Ask for a year of birth; the twin has the same given name and an invented surname."""
    wordings = (
        "In which year was the {what} {given} {surname} born?",
        "What is the year of birth of the {what} {given} {surname}?",
        "When was {given} {surname}, the {what}, born? Give the year.",
        "Give the year in which {given} {surname}, known as a {what}, was born.",
    )
    for (given, surname, what, year), invented in _with_invented(draw):
        yield _pair(draw.pick(wordings), (given, surname, what), invented, year, "date")


def given_name(draw: Draw) -> Iterator[Pair]:
    """Ask for a given name; the twin has an invented surname."""
    wordings = (
        "What was the given name of the {what} {surname}, who was born in {year}?",
        "Which first name did the {what} {surname}, born in {year}, have?",
        "The {what} {surname} was born in {year}. What was the first name of {surname}?",
    )
    for (given, surname, what, year), invented in _with_invented(draw):
        wording = draw.pick(wordings).replace("{year}", year)
        yield _pair(wording, (given, surname, what), invented, given, "text")


def _with_invented(draw: Draw) -> Iterator[tuple[tuple[str, ...], str]]:
    names = (name.title() for name in invented_names(draw, "person"))
    return zip(draw.shuffled(rows("people", "people")), names, strict=False)


def _pair(wording: str, person: tuple[str, str, str], invented: str, target: str, match: MatchType) -> Pair:
    given, surname, what = person
    # "a actress" would tell nothing, but is no English.
    wording = wording.replace("a {what}", "an {what}") if what[0] in "aeiou" else wording
    return Pair(
        question=wording.format(given=given, surname=surname, what=what),
        twin_question=wording.format(given=given, surname=invented, what=what),
        targets=(target,),
        match=match,
        reason="nonexistent",
        why=f"There is no {what} called {invented}; the surname was invented for this question.",
        source=SOURCE,
        twin_source=NOT_FOUND,
        about=f"{given}-{surname}",
    )


FAMILY = PairFamily(
    name="people",
    version="1",
    topic="history",
    summary="Years of birth and given names of known people, and of invented ones; from a table.",
    kinds=(birth_year, given_name),
)
