"""One model with what is still to be asked of it."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Sequence

from evaluator.protocols import Provider
from evaluator.providers.checks import prices_of
from evaluator.providers.prices import most_usd
from evaluator.records import ModelSettings, Request


class Lane:
    """Provider, model and key: what is rate-limited together."""

    def __init__(self, settings: ModelSettings, provider: Provider, requests: Sequence[Request]) -> None:
        self.settings = settings
        self.provider = provider
        self.queue = deque(requests)
        self._prices = prices_of(settings)
        self.halted: str | None = None
        self.failures_in_a_row = 0
        self.unreadable_in_a_row = 0
        self.last_answer = time.monotonic()
        # Seeded by the model's name: waits differ between lanes and repeat between runs.
        self.jitter = random.Random(settings.id)

    def most_usd(self, request: Request) -> float | None:
        """Return the most that one attempt can cost; None when the price is unknown."""
        return None if self._prices is None else most_usd(self._prices, request)
