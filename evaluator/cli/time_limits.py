"""How long a session may take, as flags say it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from evaluator.errors import ConfigError
from evaluator.run.bounds import MAX_WAIT_S, Bounds

MAX_MINUTES = 100_000


@dataclass(frozen=True)
class TimeLimits:
    """The flags about time, in minutes; None is not given."""

    max_minutes: float | None = None
    max_wait: float | None = None

    def bounds(self) -> Bounds:
        """Return the bounds of a session that starts now.

        Raises:
            ConfigError: If a flag is out of range.
        """
        for flag, minutes in (("--max-minutes", self.max_minutes), ("--max-wait", self.max_wait)):
            if minutes is not None and not 0 < minutes <= MAX_MINUTES:
                raise ConfigError(f"{flag}: need a number above 0 and up to {MAX_MINUTES:,}, got {minutes:g}")
        stop_at = None if self.max_minutes is None else time.monotonic() + 60 * self.max_minutes
        max_wait_s = MAX_WAIT_S if self.max_wait is None else 60 * self.max_wait
        # Who names no time has more likely mistyped an address than started a server a moment ago.
        ready_s = 0.0 if self.max_wait is None else max_wait_s
        return Bounds(stop_at=stop_at, max_wait_s=max_wait_s, ready_s=ready_s)
