"""On which wrong answer do models agree?"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaluator.stats.confidence.answers import words

MOST_CHARACTERS = 300
"""Of an answer: what it commits to comes early."""
COMMON_SHARE = 0.02
"""A word in the answers to more of the probes than this says little about any one of them."""
FEWEST_COMMON = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """What there was to answer."""

    text: str
    """The question, with its passage."""
    targets: tuple[str, ...]

    @property
    def is_about_a_figure(self) -> bool:
        """Whether an answer is a number or a date: then units and other words are no answer."""
        return bool(self.targets) and all(any(word[0].isdigit() for word in words(target)) for target in self.targets)


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """What one model said where it was wrong."""

    model: str
    text: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """The answer that most models give."""

    text: str
    """As the briefest of them says it."""
    models: frozenset[str]


def terms_of(text: str) -> frozenset[str]:
    """Return what an answer names: its words, and pairs of characters where words are not parted.

    >>> sorted(terms_of("It was 1494."))
    ['1494', 'it', 'was']
    """
    terms: set[str] = set()
    for word in words(text[:MOST_CHARACTERS]):
        wide = any(unicodedata.east_asian_width(char) == "W" for char in word)
        terms |= {word[i : i + 2] for i in range(len(word) - 1)} if wide and len(word) > 2 else {word}
    return frozenset(terms)


def agreed_answers(
    asked: Mapping[str, Asked], answers: Mapping[str, Iterable[WrongAnswer]], seen: Mapping[str, Iterable[str]]
) -> dict[str, Agreed]:
    """Find, for each probe, the answer that most models share.

    Two answers agree when they share a word that the question does not hold and that is rare in the
    answers to other probes; a number, where numbers are asked for. That is generous: two long answers
    can share a side remark.

    Args:
        asked: By probe_id.
        answers: Wrong answers by probe_id.
        seen: All answers by probe_id, right or wrong: what is common in answers is learnt from them.

    Returns:
        By probe_id, where at least two models agree.
    """
    frequency: Counter[str] = Counter()
    for texts in seen.values():
        frequency.update(frozenset().union(*map(terms_of, texts)))
    limit = max(FEWEST_COMMON, COMMON_SHARE * len(seen))
    found = {}
    for probe_id, given in answers.items():
        known, is_figure = terms_of_question(asked[probe_id].text), asked[probe_id].is_about_a_figure
        holders: defaultdict[str, list[WrongAnswer]] = defaultdict(list)
        for answer in given:
            for term in terms_of(answer.text) - known:
                if frequency[term] <= limit and (not is_figure or any(map(str.isdigit, term))):
                    holders[term].append(answer)
        best = _most_shared(holders, frequency)
        if best is not None:
            found[probe_id] = best
    return found


def terms_of_question(text: str) -> frozenset[str]:
    """As `terms_of`, of all that is asked, however long."""
    parts = (text[i : i + MOST_CHARACTERS] for i in range(0, len(text), MOST_CHARACTERS))
    return frozenset().union(*map(terms_of, parts)) if text else frozenset()


def _most_shared(holders: Mapping[str, list[WrongAnswer]], frequency: Counter[str]) -> Agreed | None:
    by_models = {term: frozenset(answer.model for answer in given) for term, given in holders.items()}
    shared = [term for term, models in by_models.items() if len(models) >= 2]
    if not shared:
        return None
    term = min(shared, key=lambda name: (-len(by_models[name]), frequency[name], -len(name), name))
    briefest = min(holders[term], key=lambda answer: (len(answer.text), answer.text))
    return Agreed(text=briefest.text[:MOST_CHARACTERS], models=by_models[term])
