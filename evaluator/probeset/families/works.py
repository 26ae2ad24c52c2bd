"""Novels, operas, plays, ballets and paintings, and titles nobody used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import rows

SOURCE = "Encyclopaedia Britannica, entry of the work"
NOT_FOUND = "No such title in the table of this family; its word is made of invented syllables (no word of SCOWL)"
_EXCHANGED = re.compile(r"\[.*\]")
_WORDINGS = {
    "novel": ("Who wrote the novel '{}'?", "Which author wrote the novel '{}'?", "By whom is the novel '{}'?"),
    "opera": ("Who composed the opera '{}'?", "Which composer wrote the opera '{}'?", "By whom is the opera '{}'?"),
    "play": ("Who wrote the play '{}'?", "Which playwright wrote '{}'?", "By whom is the play '{}'?"),
    "painting": ("Who painted '{}'?", "Which painter made the painting '{}'?", "By whom is the painting '{}'?"),
    "ballet": ("Who composed the music of the ballet '{}'?", "By which composer is the music of the ballet '{}'?"),
}


def maker_of(draw: Draw) -> Iterator[Pair]:
    """Ask who made a work; in the twin one word of the title is invented."""
    styles = ("person", "place", "thing")
    names = [invented_names(draw, style) for style in styles]
    for kind, marked, *makers in draw.shuffled(rows("works", "works")):
        invented = next(draw.pick(names)).title()
        title, other = marked.replace("[", "").replace("]", ""), _EXCHANGED.sub(invented, marked)
        wording = draw.pick(_WORDINGS[kind])
        yield Pair(
            question=wording.format(title),
            twin_question=wording.format(other),
            targets=tuple(makers),
            match="text",
            reason="nonexistent",
            why=f"There is no {kind} called '{other}'; the title was invented for this question.",
            source=SOURCE,
            twin_source=NOT_FOUND,
            about=makers[0],
        )


FAMILY = PairFamily(
    name="works",
    version="1",
    topic="culture",
    summary="Makers of novels, operas, plays, ballets and paintings, and of invented titles; from a table.",
    kinds=(maker_of,),
)
