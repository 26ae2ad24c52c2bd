"""How far a run is: counts, rate and time left, for whoever shows them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from evaluator.records import Failure, Request, Response, Verdict
from evaluator.run.bounds import Budget
from evaluator.run.budget import SpendCap


class Watcher(Protocol):
    """Is told what happens during a run; shows it or not."""

    def on_verdict(self, response: Response, verdict: Verdict) -> None:
        """A request came to its end and was graded."""
        ...

    def on_retry(self, request: Request, failure: Failure) -> None:
        """An attempt failed and will be made again."""
        ...

    def on_halt(self, model: str, reason: str) -> None:
        """No more requests go to `model`; its others stay pending."""
        ...

    def on_notice(self, text: str) -> None:
        """Something else happened that a person should know."""
        ...


class Progress:
    """Counts what is done; the rate is over the work of this session only."""

    def __init__(
        self, total: int, *, clock: Callable[[], float] = time.monotonic, budget: Budget | None = None
    ) -> None:
        self.total = total
        self._cap = budget if isinstance(budget, SpendCap) else None
        self.done = 0
        self.labels: Counter[str] = Counter()
        self.cost_usd = 0.0
        self.n_unpriced = 0
        self._done_before = 0
        self._clock = clock
        self._start = clock()

    def begin(self, done_before: int) -> None:
        """Start the clock with `done_before` requests finished in earlier sessions."""
        self.done = self._done_before = done_before
        self._start = self._clock()

    def count(self, response: Response, verdict: Verdict) -> None:
        """Add one finished request."""
        self.done += 1
        self.labels[verdict.label or "ungraded"] += 1
        if response.cost_usd is None:
            self.n_unpriced += 1
        else:
            self.cost_usd += response.cost_usd

    @property
    def spent(self) -> str:
        """What was spent, as far as prices are known: of the cap where there is one; empty for nothing."""
        if self._cap is not None:
            n_untold = self._cap.spent.n_unbounded
            rest = f" and {n_untold:,} of unknown cost" if n_untold else ""
            return f"${self._cap.spent_usd:.4f} of ${self._cap.max_usd:g}{rest}"
        return f"${self.cost_usd:.4f}" if self.cost_usd else ""

    @property
    def per_second(self) -> float:
        """Finished requests per second in this session."""
        elapsed = self._clock() - self._start
        return (self.done - self._done_before) / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds to the end; None before anything finished."""
        rate = self.per_second
        return (self.total - self.done) / rate if rate > 0 else None
