"""Confidence of a model that states none: how often it gives the same answer again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """The most frequent answer among repeats."""

    answer: Hashable
    """The first given of those that are most frequent."""
    share: float
    """Of the repeats that gave an answer, in (0, 1]."""
    n: int
    """Repeats that gave an answer."""


def repeat_agreement(answers: Sequence[Hashable | None]) -> Agreement | None:
    """Take agreement across repeats as confidence.

    Args:
        answers: One per repeat of a probe, alike when they mean the same (normalised text, a
            number, "abstained"); None where there was no usable answer. Not the verdicts: whether
            two answers are both wrong must not make them alike.

    Returns:
        The most frequent answer with its share; None with fewer than two answers, which say nothing.

    Source:
        Wang et al. (2023), arXiv:2203.11171; Lyu et al. (2025), arXiv:2402.13904, for agreement as
        calibrated confidence.

    >>> repeat_agreement(["1494", "1494", None, "1492"])
    Agreement(answer='1494', share=0.6666666666666666, n=3)
    """
    given = [answer for answer in answers if answer is not None]
    if len(given) < 2:
        return None
    answer, count = Counter(given).most_common(1)[0]
    return Agreement(answer, count / len(given), len(given))
