"""Texts of any script as comparable tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

_HYPHEN_IN_WORD = re.compile(r"(?<=[^\W\d])-(?=[^\W\d])")
_MEANINGFUL_PUNCTUATION = frozenset("-/*%#&@")
MAX_COMPARED_TOKENS = 1_000
"""Edit similarity is quadratic; a question longer than this is compared by its beginning."""


def tokens_of(text: str) -> list[str]:
    """Split `text` into case-folded words, single CJK characters and symbols.

    Punctuation that only separates is dropped; signs that change what is asked (`+`, `-`, `#`) stay.

    >>> tokens_of("What is C++, really?")
    ['what', 'is', 'c', '+', '+', 'really']
    >>> tokens_of("3−2是多少？")
    ['3', '−', '2', '是', '多', '少']
    """
    folded = _HYPHEN_IN_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    return "".join(map(_spaced, folded)).split()


def normalised(text: str) -> str:
    """Return `text` with case, punctuation and spacing evened out.

    >>> normalised("Who  wrote “Hamlet”?")
    'who wrote hamlet'
    """
    return " ".join(tokens_of(text))


def contains(text: str, part: str) -> bool:
    """Whether the tokens of `part` occur in `text`, in order and side by side.

    >>> contains("Is Rome older than Paris?", "rome"), contains("Is Romeo a name?", "Rome")
    (True, False)
    """
    needle = normalised(part)
    return bool(needle) and f" {needle} " in f" {normalised(text)} "


def edit_similarity(one: str, other: str) -> float:
    """Share of tokens that match when one text is edited into the other, in [0, 1].

    >>> edit_similarity("Who won the 1998 final?", "Who won the 2098 final?")
    0.8
    """
    first, second = tokens_of(one)[:MAX_COMPARED_TOKENS], tokens_of(other)[:MAX_COMPARED_TOKENS]
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def token_multiset(tokens: Sequence[str]) -> frozenset[tuple[str, int]]:
    """Return the tokens as a set in which the second `a` differs from the first.

    >>> sorted(token_multiset(["a", "b", "a"]))
    [('a', 1), ('a', 2), ('b', 1)]
    """
    seen: dict[str, int] = {}
    numbered = []
    for token in tokens:
        seen[token] = seen.get(token, 0) + 1
        numbered.append((token, seen[token]))
    return frozenset(numbered)


@cache
def _spaced(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] in "LNM":
        # Scripts without spaces between words: one token a character.
        return f" {char} " if category[0] == "L" and unicodedata.east_asian_width(char) == "W" else char
    if category[0] == "S" or char in _MEANINGFUL_PUNCTUATION:
        return f" {char} "
    return "" if category == "Cf" else " "
