"""Animals and plants by their scientific names, and species nobody described."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows

SOURCE = "Catalogue of Life, entry of the species"
NOT_FOUND = "No such species in the table of this family; the epithet is made of invented syllables (no word of SCOWL)"


def english_name(draw: Draw) -> Iterator[Pair]:
    """Ask for the English name of a species; the twin is an invented species of the same genus."""
    wordings = (
        "What is the common English name of the species {}?",
        "Which living thing has the scientific name {}?",
        "What do people who speak English call the species {}?",
        "By which common name is {} known in English?",
    )
    known = [row for row in rows("species", "species") if row[0].lower() != row[1]]
    for (genus, epithet, *names), invented in zip(draw.shuffled(known), invented_names(draw, "latin"), strict=False):
        wording = draw.pick(wordings)
        yield Pair(
            question=wording.format(f"{genus} {epithet}"),
            twin_question=wording.format(f"{genus} {invented}"),
            targets=tuple(names),
            match="text",
            reason="nonexistent",
            why=f"No species {genus} {invented} was ever described; the epithet was invented for this question.",
            source=SOURCE,
            twin_source=NOT_FOUND,
        )


FAMILY = PairFamily(
    name="species",
    version="1",
    topic="nature",
    summary="English names of species by their scientific names, and of invented species; from a table.",
    kinds=(english_name,),
)
