"""When failures that may pass are too many to be chance."""

from __future__ import annotations

from collections import deque

IN_A_ROW = 10
UNSENT_IN_A_ROW = 3
"""A host that cannot even be reached."""
WINDOW = 40
ENOUGH = 20
FIRST_OPEN_S = 30.0
FIRST_UNREACHABLE_S = 1.0
MOST_OPEN_S = 300.0
MOST_UNREACHABLE_S = 60.0
"""Finding out whether a host can be reached again costs nothing."""


class Breaker:
    """Counts passing failures of a lane.

    Source:
        Nygard (2018), "Release It!", 2nd ed., ch. 5: circuit breaker.
    """

    def __init__(self) -> None:
        self._in_a_row = self._unsent_in_a_row = 0
        self._recent: deque[bool] = deque(maxlen=WINDOW)

    def on_answer(self) -> None:
        """Note an attempt that was answered."""
        self._in_a_row = self._unsent_in_a_row = 0
        self._recent.append(False)

    def on_failure(self, *, was_sent: bool) -> bool:
        """Note a failure; return whether the lane should pause."""
        self._in_a_row += 1
        self._unsent_in_a_row = 0 if was_sent else self._unsent_in_a_row + 1
        self._recent.append(True)
        is_mostly_failing = len(self._recent) >= ENOUGH and 2 * sum(self._recent) > len(self._recent)
        if is_mostly_failing or self._in_a_row >= IN_A_ROW or self._unsent_in_a_row >= UNSENT_IN_A_ROW:
            self._recent.clear()
            return True
        return False

    @staticmethod
    def open_s(closings: int, *, was_sent: bool) -> float:
        """Seconds to pause after `closings` pauses in a row that did not help.

        >>> [Breaker.open_s(n, was_sent=True) for n in range(5)]
        [30.0, 60.0, 120.0, 240.0, 300.0]
        """
        first, most = (FIRST_OPEN_S, MOST_OPEN_S) if was_sent else (FIRST_UNREACHABLE_S, MOST_UNREACHABLE_S)
        return min(first * 2.0 ** min(closings, 20), most)
