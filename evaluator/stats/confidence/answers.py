"""When do two answers to a question say the same? By their words, without what the question said already."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from evaluator.records import Probe
from evaluator.stats.estimates import Ints

MOST_CHARACTERS = 2000
"""Of an answer; what comes later is not read."""
_FILLERS = frozenset(
    {
        *("a", "an", "the", "this", "that", "these", "it", "its", "there", "their", "they", "i", "my"),
        *("is", "are", "was", "were", "be", "been", "has", "have", "had", "believe", "think", "answer"),
        *("and", "or", "so", "as", "at", "by", "for", "from", "in", "of", "on", "than", "to", "with"),
    }
)
ABSTENTION = ""
"""Key of all abstentions: they say the same."""


def words(text: str) -> list[str]:
    """Split a text into lower-case words of letters and digits; marks and width do not matter.

    >>> words("The Treaty of Tordesillas (1494)!")
    ['the', 'treaty', 'of', 'tordesillas', '1494']
    """
    folded = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).casefold()
    return "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in folded).split()


class AnswerKeys:
    """Codes of answers: equal ones say the same about their question.

    "It was signed in 1494." and "1494" are alike to "When was it signed?": words of the question and
    fillers are left out unless nothing remains. What two wrong answers say is compared as strictly as what
    two right ones say: whether they match a target plays no part.

    Args:
        probes: In the order of their positions.
    """

    def __init__(self, probes: Iterable[Probe]) -> None:
        self._questions = [_FILLERS.union(words(probe.question)) for probe in probes]
        self._known: dict[tuple[int, str], int] = {}
        self._keys: dict[str, int] = {ABSTENTION: 0}

    def codes(self, positions: Sequence[int], texts: Sequence[str]) -> Ints:
        """Give every answer its code; 0 is kept for abstentions.

        Args:
            positions: Of the probe of each answer.
            texts: The answers.
        """
        found = (self._code(position, text) for position, text in zip(positions, texts, strict=True))
        return np.fromiter(found, dtype=np.int64, count=len(texts))

    def ranks(self) -> Ints:
        """Place of every code when the answers are sorted, so that ties do not depend on the order of the rows."""
        order = sorted(range(len(self._keys)), key=list(self._keys).__getitem__)
        ranks = np.empty(len(order), dtype=np.int64)
        ranks[order] = np.arange(len(order))
        return ranks

    def _code(self, position: int, text: str) -> int:
        place = (position, text)
        code = self._known.get(place)
        if code is None:
            said = words(text)
            own = [word for word in said if word not in self._questions[position]]
            key = " ".join(own or said) or "?"
            code = self._known[place] = self._keys.setdefault(key, len(self._keys))
        return code
