"""Match targets that are numbers: with scale, unit, rounding, ranges and tolerance."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from evaluator.graders.date import find_dates
from evaluator.graders.normalise import tokens
from evaluator.graders.ordinals import find_ordinals
from evaluator.graders.phrases import WORDS
from evaluator.graders.quantity import CURRENCY, Quantity, find_quantities, may_hold_number, prepare
from evaluator.graders.sentence import Sentence, is_denied, is_one_of_several
from evaluator.graders.step import Finding
from evaluator.graders.units import asked_unit, conversion
from evaluator.records import Probe

Stated = tuple[Sentence, Quantity]
"""A number and the sentence that states it."""


def match_number(probe: Probe, asserted: tuple[Sentence, ...]) -> Finding:
    """Look for a number that a target accepts, past numbers that only echo the question."""
    wanted = _all_accepted(probe.targets, probe.language, probe.tolerance, asked_unit(probe.question))
    unwanted = _all_accepted(probe.distractors, probe.language, 0.0, asked_unit(probe.question))
    stated = list(_stated(asserted, probe))
    fresh, echoed = _part_echoes(stated, probe)
    for sentence, quantity in (*(fresh or echoed), *_ordinals(asserted, probe)):
        if any(_fits(sentence, quantity, target, stated) for target in wanted):
            return Finding(is_correct=True, evidence=f"states an accepted number: {sentence.text}")
        if any(_fits(sentence, quantity, distractor, stated) for distractor in unwanted):
            return Finding(has_distractor=True, evidence=f"states a known wrong number: {sentence.text}")
    if fresh:
        return Finding(evidence=f"other numbers only: {fresh[0][0].text}")
    return Finding(evidence="no number beyond those of the question")


def _fits(sentence: Sentence, quantity: Quantity, target: Quantity, stated: list[Stated]) -> bool:
    """Whether a number is what a target accepts; of a period, both its years are wanted."""
    if not _is_period(target):
        return is_inside(quantity, target)
    ends = [{one.lows[0], one.highs[0]} for other, one in stated if other is sentence]
    return {round(target.lows[0]), round(target.highs[0])} <= set().union(*ends)


def _is_period(target: Quantity) -> bool:
    low, high = target.lows[0], target.highs[0]
    is_year = target.step == 1 and not target.unit and _YEARS[0] <= low <= high <= _YEARS[1]
    return is_year and high - low > _LEAST_PERIOD


_YEARS = (1000, 2100)
_LEAST_PERIOD = 1.5
"""Rounding alone makes one year span one."""
_LEAST_PERIOD = 1.5
"""A single year spans one, as rounding goes."""


def _part_echoes(stated: list[Stated], probe: Probe) -> tuple[list[Stated], list[Stated]]:
    """Part the numbers of an answer by whether the question has them already.

    A number of the question can be the answer all the same, where no other is given and it stands after
    another word than in the question: "0 plus one is 1".
    """
    places = _asked_numbers(probe.question, probe.language)
    values = {value for _, value in places}
    if not values:
        return stated, []
    fresh, echoed = [], []
    for sentence, quantity in stated:
        if quantity.lows != quantity.highs or values.isdisjoint(quantity.lows):
            fresh.append((sentence, quantity))
            continue
        # "1,000" may be read as 1, but is then no echo of a 1 in the question.
        others = tuple(value for value in quantity.lows if value not in values)
        if others:
            fresh.append((sentence, replace(quantity, lows=others, highs=others)))
        elif (_word_before(sentence.text, quantity), quantity.lows[0]) not in places:
            echoed.append((sentence, quantity))
    return fresh, echoed


@lru_cache(maxsize=4096)
def _asked_numbers(question: str, language: str) -> frozenset[tuple[str, float]]:
    """Give the numbers of a question, each with the word before it."""
    asked = find_quantities(question, language)
    return frozenset((_word_before(question, quantity), value) for quantity in asked for value in quantity.lows)


def _word_before(text: str, quantity: Quantity) -> str:
    before = prepare(text)[: quantity.start].split()
    return before[-1] if before else ""


@lru_cache(maxsize=4096)
def _all_accepted(targets: tuple[str, ...], language: str, tolerance: float, unit: str) -> tuple[Quantity, ...]:
    found = [quantity for target in targets for quantity in accepted(target, language, tolerance)]
    return tuple(quantity if quantity.unit else replace(quantity, unit=unit) for quantity in found)


def _stated(asserted: tuple[Sentence, ...], probe: Probe) -> Iterator[Stated]:
    items = [_ITEM.match(sentence.text) for sentence in asserted]
    is_list = len(items) - items.count(None) > 1
    for sentence, item in zip(asserted, items, strict=True):
        if not may_hold_number(sentence.text, sentence.tokens, probe.language):
            continue
        # The day of a date is no count; its year is left to be found.
        dates = [date for date in find_dates(sentence.text) if date.day is not None]
        in_date = {at for date in dates for at in range(date.start, date.end)}
        # What numbers the items of a list is no count either.
        in_date.update(range(item.end()) if is_list and item else ())
        for quantity in find_quantities(sentence.text, probe.language):
            is_day = quantity.start in in_date and quantity.lows[0] <= 31
            if not is_day and not _is_uncommitted(sentence, quantity, probe.language):
                yield sentence, quantity


@lru_cache(maxsize=4096)
def _asks_how_many(question: str) -> bool:
    return not WORDS["quantity"].isdisjoint(tokens(question))


def _ordinals(asserted: tuple[Sentence, ...], probe: Probe) -> Iterator[Stated]:
    """Give the ordinals of languages whose number words are cardinals, unless the question asks how many."""
    if not _asks_how_many(probe.question):
        for sentence in asserted:
            yield from ((sentence, quantity) for quantity in find_ordinals(sentence.text, probe.language))


_ITEM = re.compile(r"[\s*#-]{0,4}\d{1,2}[.)]\s+(?=\S)")


def _is_uncommitted(sentence: Sentence, quantity: Quantity, language: str) -> bool:
    key = f"{quantity.lows[0]:.15g}"
    if key not in sentence.key_set:
        return False
    at = sentence.keys.index(key)
    if is_denied(sentence.tokens, at, at + 1):
        return True
    return is_one_of_several(sentence.tokens, at, at + 1, language) and _has_number_beside(sentence, at)


def _has_number_beside(sentence: Sentence, at: int) -> bool:
    beside = sentence.keys[max(at - 3, 0) : at] + sentence.keys[at + 1 : at + 4]
    return any(key.isdigit() for key in beside)


def is_number(target: str, language: str = "en") -> bool:
    """Whether a target is a number with at most a unit, currency or remark in brackets."""
    text = prepare(re.sub(r"\(.*?\)", "", target)).strip(" .~≈")
    found = find_quantities(text, language)
    if len(found) != 1:
        return False
    rest = (text[: found[0].start] + " " + text[found[0].end :]).strip(f" .+-{CURRENCY}")
    return rest in _APPROXIMATELY or (
        len(rest) <= 24 and " " not in rest and rest.isalpha() and not text.startswith(rest)
    )


_MOST_ROUNDED = 0.05
"""Share of a number that rounding may change: 1.4 is not 1."""
_APPROXIMATELY = frozenset(
    ["", "about", "approximately", "around", "approx", "circa", "asi", "priblizne", "roughly", "约", "大约"]
)


def accepted(target: str, language: str, tolerance: float) -> list[Quantity]:
    """Give the ranges of values that a target accepts, in its own units.

    A single number accepts what lies within `tolerance` (relative) or, without one, what rounds to it at its
    own precision; a range, also one in brackets, accepts what lies inside.
    """
    ranges = []
    for quantity in find_quantities(target, language):
        is_exact = bool(tolerance) or quantity.lows != quantity.highs
        for at, (low, high) in enumerate(zip(quantity.lows, quantity.highs, strict=False)):
            # A second reading, as 1.234 of "1,234", has its own last digit.
            step = quantity.step if not at else quantity.step * abs(low / quantity.lows[0] or 1.0)
            slack = 0.0 if is_exact else min(step / 2, _MOST_ROUNDED * abs(low) or step / 2)
            below, above = (max(slack, tolerance * abs(end)) * (1 + 1e-9) for end in (low, high))
            ranges.append(replace(quantity, lows=(low - below,), highs=(high + above,)))
    return ranges


def is_inside(quantity: Quantity, target: Quantity) -> bool:
    """Whether a reading of `quantity` lies inside what `target` accepts, converting known units.

    A number that is given less exactly than the target is also the target where that is cut or rounded to it.
    """
    found = conversion(quantity.unit, target.unit)
    if found is None:
        return False
    shift, factor = found
    low, high = target.lows[0], target.highs[0]
    own = quantity.step * factor
    for one, other in zip(quantity.lows, quantity.highs, strict=False):
        first, last = (one + shift) * factor, (other + shift) * factor
        if low <= first <= high and low <= last <= high:
            return True
        is_telling = own > target.step and abs(first) >= _LEAST_PRECISE * own and first == last
        if is_telling and target.step > 0 and low - own < first < high + own:
            return True
    return False


_LEAST_PRECISE = 100
"""A number of three digits may be less exact than the target."""
