"""Short passages about invented things: the answer is there, is not there, or is not what everyone believes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily
from evaluator.probeset.families.table import table

SOURCE = "The passage, written by the family itself"
N_TOLD = 4
"""Sentences of a passage beside its opening."""


@dataclass(frozen=True)
class Told:
    """One sentence of a passage, what it answers and the answer."""

    sentence: str
    question: str
    answer: str
    match: Any


def about_document(draw: Draw) -> Iterator[Pair]:
    """Ask what a passage says about a museum, a ship, a firm; in the twin the passage is silent on it."""
    names = {style: invented_names(draw, style) for style in ("person", "place", "thing")}
    while True:
        document = draw.pick(table("passages")["document"])
        try:
            pair = _pair(draw, document, next(names[document["style"]]).title(), names)
        except StopIteration:  # There are no more names.
            return
        yield pair


def about_world(draw: Draw) -> Iterator[Pair]:
    """Ask what a passage says against common belief; in the twin it says nothing on it."""
    names = {style: invented_names(draw, style) for style in ("person", "place")}
    while True:
        try:
            pair = _pair(draw, table("passages")["world"], next(names["place"]).title(), names)
        except StopIteration:  # There are no more names.
            return
        yield pair


def _pair(draw: Draw, document: dict[str, Any], name: str, names: dict[str, Iterator[str]]) -> Pair:
    """Return a passage with a question it answers, or raise StopIteration when the names run out."""
    told = [_tell(draw, slot, name, names) for slot in draw.sample(document["slots"], N_TOLD + 1)]
    asked = told[0]
    opening = document["opening"].format(name=name)
    with_it, without = draw.shuffled(told[:-1]), draw.shuffled(told[1:])
    return Pair(
        question=asked.question,
        twin_question=asked.question,
        targets=(asked.answer,),
        match=asked.match,
        context=" ".join([opening, *(one.sentence for one in with_it)]),
        twin_context=" ".join([opening, *(one.sentence for one in without)]),
        reason="missing_context",
        why="The passage does not say; what it is about is invented, so nothing else can.",
        source=SOURCE,
    )


def _tell(draw: Draw, slot: dict[str, str], name: str, names: dict[str, Iterator[str]]) -> Told:
    value = _value(draw, slot["values"], names)
    article_free = value.removeprefix("a ").removeprefix("an ").removeprefix("the ")
    return Told(
        sentence=slot["text"].format(v=value, name=name),
        question=slot["ask"].format(name=name),
        answer=article_free,
        match=slot["match"],
    )


def _value(draw: Draw, values: str, names: dict[str, Iterator[str]]) -> str:
    if values == "PERSON":
        return f"{draw.pick(table('passages')['given'].split())} {next(names['person']).title()}"
    if values == "PLACE":
        return next(names["place"]).title()
    low, _, high = values.partition("-")
    if low.isdigit() and high.isdigit():
        return str(draw.between(int(low), int(high)))
    return draw.pick(values.split(","))


FAMILY = PairFamily(
    name="passages",
    version="1",
    topic="reading",
    summary="Passages on invented things: the answer is there, is missing, or is against common belief; written here.",
    kinds=(about_document, about_world),
)
