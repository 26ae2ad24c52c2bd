"""Small puzzles of order and rule, some of which leave the answer open."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.invented import invented_names
from evaluator.probeset.families.pairs import Pair, PairFamily

SOURCE = "Computed: every order that agrees with the statements was tried"
_RELATIONS = (
    ("taller than", "is the tallest"),
    ("older than", "is the oldest"),
    ("heavier than", "is the heaviest"),
    ("faster than", "is the fastest"),
    ("richer than", "is the richest"),
    ("stronger than", "is the strongest"),
)
_ORDINALS = {3: "third", 4: "fourth", 5: "fifth"}

Relation = tuple[str, str]
"""(a, b): a comes before b."""


def first_of(names: tuple[str, ...], relations: tuple[Relation, ...]) -> set[str]:
    """Return who can come first in an order of `names` that agrees with all relations.

    >>> sorted(first_of(("a", "b", "c"), (("a", "b"), ("c", "b"))))
    ['a', 'c']
    """
    return {
        order[0]
        for order in permutations(names)
        if all(order.index(one) < order.index(other) for one, other in relations)
    }


def first_in_order(draw: Draw) -> Iterator[Pair]:
    """Ask who comes first; in the twin one statement is turned round, and several people can."""
    endings = (
        "Who of the four {what}?",
        "Which of the four {what}?",
        "Who {what} of the four?",
        "Of these four, who {what}?",
    )
    names = invented_names(draw, "person")
    while True:
        people = tuple(name.title()[:6] for name, _ in zip(names, range(4), strict=False))
        if len(set(people)) < 4:
            return
        statements = _determined(draw, people)
        twin = next((turned for turned in _turned(draw, statements) if len(first_of(people, turned)) > 1), None)
        if twin is None:
            continue
        (word, what), ending = draw.pick(_RELATIONS), draw.pick(endings)
        passages = [" ".join(f"{one} is {word} {other}." for one, other in said) for said in (statements, twin)]
        first = next(iter(first_of(people, statements)))
        yield Pair(
            question=ending.format(what=what),
            twin_question=ending.format(what=what),
            context=passages[0],
            twin_context=passages[1],
            targets=(first,),
            distractors=tuple(name for name in people if name != first),
            match="text",
            reason="underspecified",
            why=f"By the statements it can be {' or '.join(sorted(first_of(people, twin)))}.",
            source=SOURCE,
        )


def _determined(draw: Draw, people: tuple[str, ...]) -> tuple[Relation, ...]:
    """Return three or four statements, in random order, by which exactly one person can come first."""
    order = draw.shuffled(people)
    chain = [(order[0], order[1]), (order[draw.below(2)], order[2]), (order[draw.below(3)], order[3])]
    if draw.coin() and (order[2], order[3]) not in chain:
        chain.append((order[2], order[3]))
    return tuple(draw.shuffled(chain))


def _turned(draw: Draw, statements: tuple[Relation, ...]) -> Iterator[tuple[Relation, ...]]:
    for at in draw.shuffled(range(len(statements))):
        one, other = statements[at]
        yield (*statements[:at], (other, one), *statements[at + 1 :])


def term_of_rule(draw: Draw) -> Iterator[Pair]:
    """Give a full rule and half a rule; ask for a term of the one, and in the twin of the other."""
    wordings = (
        "What is the {nth} term of {name}?",
        "Which number is the {nth} term of {name}?",
        "Find the {nth} term of {name}.",
        "What number stands in the {nth} place of {name}?",
    )
    names = invented_names(draw, "thing")
    while True:
        full, half = (next(names, "").title() for _ in range(2))
        if not half:
            return
        start, factor, step = draw.between(2, 19), draw.between(2, 5), draw.between(1, 30)
        place = draw.between(3, 5)
        value = start
        for _ in range(place - 1):
            value = value * factor + step
        rules = [
            f"Sequence {full} begins with {start}; each further term is {factor} times the one before, plus {step}.",
            f"In sequence {half} each further term is {draw.between(2, 5)} times the one before, "
            f"plus {draw.between(1, 30)}.",
        ]
        text, wording = " ".join(draw.shuffled(rules)), draw.pick(wordings)
        yield Pair(
            question=f"{text} {wording.format(nth=_ORDINALS[place], name=full)}",
            twin_question=f"{text} {wording.format(nth=_ORDINALS[place], name=half)}",
            targets=(str(value),),
            match="number",
            reason="underspecified",
            why=f"The rule of {half} is given, but not the number it begins with.",
            source="Computed by the rule in the question",
        )


FAMILY = PairFamily(
    name="sequences",
    version="1",
    topic="logic",
    summary="Puzzles of order and rule, and ones that leave the answer open; computed.",
    kinds=(first_in_order, term_of_rule),
)
