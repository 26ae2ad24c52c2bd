"""Word problems that can be solved, and twins in which a number that is needed is missing.

Every problem tells of two things, one fully and one not, and asks for one of them. So the words of
a question do not tell whether it can be answered; only who is asked about does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Kind, Pair, PairFamily
from evaluator.probeset.families.table import rows, table

SOURCE = "Computed from the numbers in the question"


def _pairs_of(problem: dict[str, str], draw: Draw) -> Iterator[Pair]:
    """Yield pairs made of one problem of the table.

    A problem has two texts, in which `{full}` and `{half}` stand for what is told fully and in
    part, and small letters a to d for its numbers; the ranges of these; and the formula of the answer.
    """
    while True:
        numbers = _numbers(draw, problem)
        value = FORMULAS[problem["formula"]](*numbers.values())
        full, half = (name for (name,) in draw.sample(rows("arithmetic", problem["names"]), 2))
        # Numbers of its own: with the same ones a reader could take them over.
        told = draw.shuffled(
            [
                problem["full"].format(full=full, **numbers),
                problem["half"].format(half=half, **_numbers(draw, problem)),
            ]
        )
        # An answer that stands in the text already could be an echo of it.
        if value <= 0 or str(value) in re.findall(r"[0-9]+", " ".join(told)):
            continue
        asked = draw.pick(problem["asks"].split("|")).strip()
        yield Pair(
            question=" ".join([*told, asked.format(name=full)]),
            twin_question=" ".join([*told, asked.format(name=half)]),
            targets=(str(value),),
            match="number",
            reason="underspecified",
            why=problem["why"].format(half=half),
            source=SOURCE,
        )


def _numbers(draw: Draw, problem: dict[str, str]) -> dict[str, int]:
    found = {}
    for part in problem["numbers"].split():
        key, _, bounds = part.partition("=")
        low, _, high = bounds.partition("-")
        found[key] = draw.between(int(low), int(high))
    return found


FORMULAS: dict[str, Callable[..., int]] = {
    "a+b-c": lambda a, b, c: a + b - c,
    "a-b-c": lambda a, b, c: a - b - c,
    "a*b": lambda a, b: a * b,
    "a*b+c": lambda a, b, c: a * b + c,
    "a*b-c": lambda a, b, c: a * b - c,
    "(a+b)*c": lambda a, b, c: (a + b) * c,
    "a*b*c": lambda a, b, c: a * b * c,
    "a*b+c*d": lambda a, b, c, d: a * b + c * d,
    "a-b*c": lambda a, b, c: a - b * c,
    "a+b+c": lambda a, b, c: a + b + c,
    "2*(a+b)": lambda a, b: 2 * (a + b),
}


def _kind_of(number: int) -> Kind:
    # The table is read when the first probe is wanted, not when the package is imported.
    def ask(draw: Draw) -> Iterator[Pair]:
        yield from _pairs_of(table("arithmetic")["problem"][number], draw)

    ask.__name__ = f"problem_{number}"
    return ask


N_PROBLEMS = 24

FAMILY = PairFamily(
    name="arithmetic",
    version="1",
    topic="mathematics",
    summary="Word problems that can be solved, and twins that lack a number; computed.",
    kinds=tuple(map(_kind_of, range(N_PROBLEMS))),
)
