"""States, capitals and country codes, and those that do not exist."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows, table

CAPITALS = "UNGEGN list of country names, 2021"
CODES = "ISO 3166-1, as in iso3166.tab of the IANA time zone database"


def capital_of(draw: Draw) -> Iterator[Pair]:
    """Ask for the capital of a state, and of an invented one."""
    wordings = (
        "What is the capital of {}?",
        "Which city is the capital of {}?",
        "In which city does the government of {} have its capital?",
        "Name the capital city of {}.",
    )
    for (code, name, *capitals), invented in zip(
        draw.shuffled(rows("countries", "countries")), invented_names(draw, "place"), strict=False
    ):
        # The article of "the Gambia" would tell that it is real.
        wording = draw.pick(wordings).replace("{}", "the {}" if name.startswith("the ") else "{}")
        yield Pair(
            question=wording.format(name.removeprefix("the ")),
            twin_question=wording.format(invented.title()),
            targets=tuple(capitals),
            match="text",
            reason="nonexistent",
            why=f"There is no state called {invented.title()}; the name was invented for this question.",
            source=CAPITALS,
            about=code,
        )


def state_of_capital(draw: Draw) -> Iterator[Pair]:
    """Ask of which state a city is the capital; some large cities are the capital of none."""
    wordings = (
        "Of which sovereign state is {} the capital?",
        "Which sovereign state has {} as its capital?",
        "{} is the capital of which sovereign state?",
    )
    states = [row for row in rows("countries", "countries") if row[1].split()[-1].lower() not in row[2].lower()]
    for (code, name, capital, *_), (city, country) in zip(
        draw.shuffled(states), draw.shuffled(rows("countries", "cities")), strict=False
    ):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(capital),
            twin_question=wording.format(city),
            targets=(name.removeprefix("the "),),
            match="text",
            reason="false_premise",
            why=f"{city} is a city in {country}, but the capital of no sovereign state.",
            source=CAPITALS,
            about=code,
        )


def code_of(draw: Draw) -> Iterator[Pair]:
    """Ask for the country code of a state, and of an invented one."""
    wordings = (
        "What is the two-letter ISO 3166-1 country code of {}?",
        "Which two letters stand for {} in ISO 3166-1 alpha-2?",
        "By which alpha-2 code does ISO 3166-1 list {}?",
    )
    # These codes are words of English.
    unsafe = {"AM", "AS", "AT", "BE", "BY", "DO", "GO", "HE", "IN", "IS", "IT", "ME", "MY", "NO", "SO", "TO", "US"}
    states = [row for row in rows("countries", "countries") if row[0] not in unsafe and not row[1].startswith("the ")]
    for (code, name, *_), invented in zip(draw.shuffled(states), invented_names(draw, "place"), strict=False):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(name),
            twin_question=wording.format(invented.title()),
            targets=(code,),
            match="text",
            reason="nonexistent",
            why=f"There is no state called {invented.title()}; the name was invented for this question.",
            source=CODES,
            about=code,
        )


def state_of_code(draw: Draw) -> Iterator[Pair]:
    """Ask which state has a country code, and which has one that is not assigned."""
    wordings = (
        "Which state has the ISO 3166-1 alpha-2 code {}?",
        "Which country does the two-letter code {} of ISO 3166-1 stand for?",
        "To which country does ISO 3166-1 give the alpha-2 code {}?",
    )
    for (code, name, *_), unused in zip(
        draw.shuffled(rows("countries", "countries")), draw.shuffled(unassigned_codes()), strict=False
    ):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(code),
            twin_question=wording.format(unused),
            targets=(name.removeprefix("the "),),
            match="text",
            reason="nonexistent",
            why=f"ISO 3166-1 gives the code {unused} to nobody; it is neither assigned nor reserved.",
            source=CODES,
            about=code,
        )


def unassigned_codes() -> list[str]:
    """Return the two-letter codes that are neither assigned, nor reserved, withdrawn or left to users."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    known = frozenset(table("countries")["assigned"].split() + table("countries")["reserved"].split())
    to_users = {"AA", "ZZ", *(f"X{letter}" for letter in letters), *(f"Q{letter}" for letter in letters[12:])}
    return [first + second for first in letters for second in letters if first + second not in known | to_users]


FAMILY = PairFamily(
    name="countries",
    version="1",
    topic="geography",
    summary="Capitals and ISO codes of states, and of invented states and unassigned codes; from tables.",
    kinds=(capital_of, state_of_code, state_of_capital, code_of),
)
