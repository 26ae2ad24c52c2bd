"""When to try a request again, after how long, and how many repetitions a lane can bear."""

from __future__ import annotations

import random

from evaluator.records import Failure

BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 30.0
MALFORMED_ATTEMPTS = 2
RATE_LIMITED_ATTEMPTS = 20
"""A request that is refused so often while others pass is one that the limit can never fit."""
SHARE = 0.2
"""Repetitions per first attempt that a lane makes without slowing down ..."""
AT_ONCE = 20.0
PER_SECOND = 2.0
"""... and per second when there are no first attempts."""


def backoff_s(n_failures: int, *, jitter: random.Random) -> float:
    """Return the seconds to wait after so many failures of one request: full jitter.

    Source:
        Brooker (2015), "Exponential Backoff And Jitter", AWS Architecture Blog: full jitter
        spreads clients that failed together.
    """
    ceiling = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** min(max(n_failures - 1, 0), 20))
    return jitter.uniform(ceiling / 4, ceiling)


def pause_s(failure: Failure, closings: int, *, jitter: random.Random) -> float:
    """Return the seconds a lane pauses after a rate limit: what the server asked, else growing.

    A little is added to the server's wish, so that lanes told the same do not return at once.
    """
    if failure.wait_s is None:
        return jitter.uniform(0.5, 1.0) * min(2.0 ** min(closings, 20), 60.0)
    wait_s = max(failure.wait_s, 0.05)
    return wait_s + jitter.uniform(0, min(0.15 * wait_s, 5.0))


class RetryBudget:
    """Keeps repetitions from multiplying the load on an API that fails.

    Source:
        Beyer et al. (2016), "Site Reliability Engineering", ch. 21: retry budgets.
    """

    def __init__(self) -> None:
        self._tokens = AT_ONCE
        self._at = float("inf")

    def on_first_attempt(self) -> None:
        """Earn a share of a repetition."""
        self._tokens = min(self._tokens + SHARE, 5 * AT_ONCE)

    def wait_s(self, now: float) -> float:
        """Seconds until a repetition can be made, 0 when it can."""
        self._refill(now)
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / PER_SECOND

    def spend(self) -> None:
        """Make a repetition."""
        self._tokens -= 1

    def _refill(self, now: float) -> None:
        passed_s = max(now - self._at, 0.0)
        self._tokens = max(self._tokens, min(self._tokens + PER_SECOND * passed_s, AT_ONCE))
        self._at = now
