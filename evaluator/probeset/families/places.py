"""Rivers, lakes, mountains and islands, and those on no map."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows

SOURCE = "Encyclopaedia Britannica, entry of the place"
NOT_FOUND = "No such place in the table of this family; the name is made of invented syllables (no word of SCOWL)"
_NAMED = {"river": "the river {}", "lake": "Lake {}", "mountain": "Mount {}", "island": "the island of {}"}


def country_of(draw: Draw) -> Iterator[Pair]:
    """Ask in which country a place lies; the twin is a place of the same kind that does not exist."""
    wordings = (
        "In which country is {}?",
        "In which country does {} lie?",
        "To which country does one travel to see {}?",
        "On a map of which country is {} to be found?",
        "Which country is home to {}?",
    )
    names = (name.title() for name in invented_names(draw, "place"))
    for (kind, name, *countries), invented in zip(draw.shuffled(rows("places", "places")), names, strict=False):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(_NAMED[kind].format(name)),
            twin_question=wording.format(_NAMED[kind].format(invented)),
            targets=tuple(countries),
            match="text",
            reason="nonexistent",
            why=f"There is no {kind} called {invented}; the name was invented for this question.",
            source=SOURCE,
            twin_source=NOT_FOUND,
        )


FAMILY = PairFamily(
    name="places",
    version="1",
    topic="geography",
    summary="Countries of rivers, lakes, mountains and islands, and of invented ones; from a table.",
    kinds=(country_of,),
)
