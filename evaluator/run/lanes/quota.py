"""What the API says is left before it refuses: a bucket that refills steadily."""

from __future__ import annotations

import msgspec

from evaluator.protocols import RateHint

MOST_WAIT_S = 60.0
"""A hint is no order: after so long the API is asked again whatever it said."""


class _Bucket(msgspec.Struct):
    level: float
    per_second: float
    at: float

    def level_at(self, now: float) -> float:
        return self.level + self.per_second * (now - self.at)

    def wait_s(self, now: float, need: float) -> float:
        missing = need - self.level_at(now)
        if missing <= 0:
            return 0.0
        return min(missing / self.per_second, MOST_WAIT_S) if self.per_second > 0 else 0.0


class Quota:
    """Requests and tokens left, as the latest reply told; knows nothing, and allows all, until one tells."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}
        self._tokens = 0.0
        """Running mean of the tokens of one request."""

    def on_hint(self, hint: RateHint, now: float) -> None:
        """Take over what a reply says is left of `hint.what`, and when all of it is back."""
        per_second = (hint.limit - hint.remaining) / hint.reset_s
        self._buckets[hint.what] = _Bucket(level=hint.remaining, per_second=per_second, at=now)

    def on_usage(self, tokens: int) -> None:
        """Learn how many tokens a request takes."""
        self._tokens = tokens if not self._tokens else self._tokens + (tokens - self._tokens) / 16

    def on_send(self) -> None:
        """Take one request out of the buckets."""
        for what, bucket in self._buckets.items():
            bucket.level -= self._need(what)

    def wait_s(self, now: float) -> float:
        """Seconds until another request fits, 0 when it does."""
        if not self._buckets:
            return 0.0
        return max(bucket.wait_s(now, self._need(what)) for what, bucket in self._buckets.items())

    def _need(self, what: str) -> float:
        return 1.0 if what == "requests" else self._tokens
