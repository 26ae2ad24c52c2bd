"""When to try again, and after how long."""

from __future__ import annotations

import random

from evaluator.records import Failure

BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 30.0
PATIENCE_S = 120.0
MALFORMED_ATTEMPTS = 2


def may_retry(failure: Failure, *, attempt: int, max_attempts: int) -> bool:
    """Whether another attempt makes sense after attempt number `attempt` failed.

    A malformed body is tried twice at most: it may have been paid for each time.
    """
    if failure.kind == "malformed":
        return attempt < min(MALFORMED_ATTEMPTS, max_attempts)
    return failure.kind in {"transient", "rate_limited"} and attempt < max_attempts


def wait_before_retry_s(failure: Failure, *, attempt: int, jitter: random.Random) -> float:
    """Return the seconds to wait after attempt `attempt`: what the server asked, else full jitter.

    Source:
        Brooker (2015), "Exponential Backoff And Jitter", AWS Architecture Blog: full jitter
        spreads clients that failed together.
    """
    ceiling = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2 ** (attempt - 1))
    backoff = jitter.uniform(ceiling / 4, ceiling)
    # A little jitter also on the server's wish, so that lanes told the same do not return at once.
    return backoff if failure.wait_s is None else max(failure.wait_s, 0.05) + jitter.uniform(0, 0.25)


def asks_too_long(failure: Failure) -> bool:
    """Whether the server asks for a longer wait than a worker should sit through."""
    return failure.wait_s is not None and failure.wait_s > PATIENCE_S
