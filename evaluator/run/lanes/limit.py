"""How many attempts of a lane may be in flight: slow start, one cut per cooldown, careful growth."""

from __future__ import annotations

START = 20
CUT = 0.8
FIRST_CUT = 0.5
"""Doubling overshoots by up to a factor of two."""
GROWTH = 0.05
"""What every good answer adds, above where the limit was last cut: 5% per round."""
COOLDOWN_S = 15.0
SATURATED = 0.8
"""Below this share of use a good answer says nothing about more load."""


class Limit:
    """Additive increase, multiplicative decrease.

    Source:
        Jacobson (1988), "Congestion avoidance and control", SIGCOMM '88, doi:10.1145/52324.52356.
    """

    def __init__(self, ceiling: int, *, start: int = START) -> None:
        self._ceiling = ceiling
        self._value = float(min(start, ceiling))
        self._threshold = float(ceiling)
        """Up to here every answer raises the limit by one; above it, a round of them."""
        self._was_cut = False
        self._round = self.value
        self._peak = self._n_in_round = 0
        self._quiet_until = float("-inf")

    @property
    def value(self) -> int:
        """Attempts that may be in flight, at least 1."""
        return int(self._value)

    def on_send(self, in_flight: int) -> None:
        """Note how many attempts are in flight now."""
        self._peak = max(self._peak, in_flight)

    def on_answer(self, in_flight: int, now: float) -> None:
        """Grow after a good answer, if the limit was in use in this round; a round is as many answers."""
        is_recovering = self._value < self._threshold
        is_quiet = now < self._quiet_until and not is_recovering
        if not is_quiet and self._peak >= SATURATED * self._round:
            step = 1.0 if is_recovering else max(GROWTH, 0.5 / self._value)
            self._value = min(self._value + step, float(self._ceiling))
        self._n_in_round += 1
        if self._n_in_round >= self._round:
            self._begin_round(in_flight)

    def on_overload(self, now: float) -> None:
        """Cut after a rate-limit signal, once per cooldown however many come."""
        if now < self._quiet_until:
            return
        self._value = self._threshold = max(1.0, self._value * (CUT if self._was_cut else FIRST_CUT))
        self._begin_round(0)
        self._was_cut = True
        self._quiet_until = now + COOLDOWN_S

    def restart(self) -> None:
        """After a pause begin with one, and double back to where the limit was, or was cut to."""
        self._threshold = max(self._threshold, self._value)
        self._value = 1.0
        self._begin_round(0)

    def _begin_round(self, in_flight: int) -> None:
        self._round, self._peak, self._n_in_round = self.value, in_flight, 0
