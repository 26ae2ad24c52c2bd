"""Random choices that are the same on every machine and in every version of Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Draw:
    """A stream of choices named by a text; equal names give equal streams.

    Built on `random.Random.random` alone: of that module only this method promises the same
    numbers for the same seed in later versions (Python documentation, "Notes on Reproducibility").
    """

    def __init__(self, name: str) -> None:
        """`name` is the seed, e.g. `elements/1/7`."""
        self._random = random.Random(name)

    def below(self, n: int) -> int:
        """Return a whole number in [0, n).

        Raises:
            ValueError: If n < 1.
        """
        if n < 1:
            raise ValueError(f"need n >= 1, got {n}")
        return int(self._random.random() * n)

    def between(self, low: int, high: int) -> int:
        """Return a whole number in [low, high]."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of `items`, each with equal probability.

        >>> Draw("doc").pick("abc") in set("abc")
        True
        """
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return `items` in random order (Fisher and Yates, as in Knuth, TAOCP 2, 3.4.2, algorithm P).

        >>> sorted(Draw("doc").shuffled("abc"))
        ['a', 'b', 'c']
        """
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            at = self.below(last + 1)
            order[last], order[at] = order[at], order[last]
        return order

    def sample(self, items: Sequence[Item], k: int) -> list[Item]:
        """Return k different items in random order.

        Raises:
            ValueError: If there are fewer than k.
        """
        if k > len(items):
            raise ValueError(f"need {k} items, got {len(items)}")
        return self.shuffled(items)[:k]

    def coin(self) -> bool:
        """Return True with probability one half."""
        return self.below(2) == 1
