"""Find the training answers that are near copies of each other, so that none is tested on what its copy taught."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

_LEAST_WORDS = 3
"""Equal answers of fewer words ("1869", "I think so") are no copies of each other."""
_LEAST_COMMON, _LEAST_SHARE = 5, 0.5
"""So many pairs of neighbouring words, and this share of all pairs of both, make two answers near copies."""


def find_families(languages: Sequence[str], names: Sequence[str], answers: Sequence[tuple[str, ...]]) -> list[int]:
    """Give every answer the number of its family.

    Args:
        languages: of each answer.
        names: what is known to belong together: the question, or the family a writer has given.
        answers: words, with those of the question and all numbers masked.

    Returns:
        One number per answer. Two have the same if they share a name, say the same, or say nearly the same, or if a
        chain of such answers joins them.
    """
    above = list(range(len(names)))
    first: dict[tuple[str, ...], int] = {}
    for at, (language, name, words) in enumerate(zip(languages, names, answers, strict=True)):
        _join(above, at, first.setdefault((name,), at))
        if len(words) >= _LEAST_WORDS:
            _join(above, at, first.setdefault((language, *words), at))
    for one, other in _near_copies(languages, answers):
        _join(above, one, other)
    return [_root(above, at) for at in range(len(names))]


def _near_copies(languages: Sequence[str], answers: Sequence[tuple[str, ...]]) -> list[tuple[int, int]]:
    pairs = [frozenset(pairwise(words)) for words in answers]
    holders: defaultdict[tuple[str, tuple[str, str]], list[int]] = defaultdict(list)
    found = []
    for at, language in enumerate(languages):
        common = Counter(other for pair in pairs[at] for other in holders[language, pair])
        found += [(at, other) for other, n in common.items() if _is_near(n, len(pairs[at] | pairs[other]))]
        for pair in pairs[at]:
            holders[language, pair].append(at)
    return found


def _is_near(n_common: int, n_all: int) -> bool:
    return n_common >= _LEAST_COMMON and n_common >= _LEAST_SHARE * n_all


def _join(above: list[int], one: int, other: int) -> None:
    above[_root(above, one)] = _root(above, other)


def _root(above: list[int], at: int) -> int:
    while above[at] != at:
        above[at] = above[above[at]]
        at = above[at]
    return at
