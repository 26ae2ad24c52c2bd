"""Tell whether an answer that is only a part of a target is enough."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from evaluator.graders.forms import conjuncts, letters, main_form, name_parts
from evaluator.graders.normalise import ARTICLES, CLAUSE_MARK, tokens
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence
from evaluator.graders.spelling import is_respelt
from evaluator.graders.stance import make_question

_SKIPPED = ARTICLES | {CLAUSE_MARK}
_TELLING = frozenset(["us", "i", "am"])
"""Small words that are more than that where the whole answer is a name or a time: "US Open", "World War I", "5 am"."""
_SMALL = (WORDS["function"] - _TELLING) | _SKIPPED
_DIVIDING = frozenset(["north", "south", "east", "west", "northern", "southern", "eastern", "western"])
_DIVIDING |= frozenset(["new", "upper", "lower", "little", "great", "greater"])
"""Without such a word it is another place: Virginia is not West Virginia."""


@lru_cache(maxsize=4096)
def asks_in_full(question: str) -> bool:
    """Whether a question asks for a whole name: "What is his full name?"."""
    return not WORDS["full"].isdisjoint(tokens(question))


def is_part(target: str, sentences: tuple[Sentence, ...], asked: str, language: str) -> bool:
    """Whether the whole answer is a telling part of the target, as "Landover" of "Landover, Maryland"."""
    if len(sentences) != 1 or asks_in_full(asked):
        return False
    question = make_question(asked).key_set
    said = [key for key in sentences[0].keys if key not in _SMALL and key not in question]
    wanted = [word for word in main_form(target) if word not in _SMALL]
    if not said or len(said) >= len(wanted) or not _is_whole(target, set(said), set(wanted), language):
        return False
    parts = name_parts(target)
    if parts is not None and len(parts) <= 3 and len(said) == 1:
        return (
            said[0] == parts[-1] or is_respelt(parts[-1], said[0], language) or (len(wanted) == 2 and said[0] in wanted)
        )
    return set(said) <= set(wanted) and len(said) * 2 >= len(wanted)


def _is_whole(target: str, said: set[str], wanted: set[str], language: str) -> bool:
    """Whether what is missing tells nothing apart: no number, no single letter, no whole name of several."""
    missing = wanted - said
    if not _DIVIDING.isdisjoint(missing) or not letters(target) <= said:
        return False
    if any(word[0].isdecimal() or len(word) == 1 for word in missing) and name_parts(target) is None:
        return False
    return all(not said.isdisjoint(words) for words in conjuncts(target, language))


def keeps_counts(content: Sequence[str], positions: Sequence[int]) -> bool:
    """Whether of several numbers each stands beside the word it counts: "season 4, episode 3" is not "3rd season"."""
    numbers = [at for at, word in enumerate(content) if word.isdecimal()]
    if len(numbers) < 2:
        return True
    if len(numbers) == len(content):
        return list(positions) == sorted(positions)
    return any(all(_stays_beside(content, positions, at, at + step) for at in numbers) for step in (-1, 1))


def _stays_beside(content: Sequence[str], positions: Sequence[int], at: int, beside: int) -> bool:
    if not 0 <= beside < len(content):
        return False
    return content[beside].isdecimal() or abs(positions[at] - positions[beside]) <= _BESIDE


_BESIDE = 2
