"""One model with what is still to be asked of it."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Sequence

from evaluator.protocols import Provider
from evaluator.records import ModelSettings, Request


class Lane:
    """Provider, model and key: what is rate-limited together."""

    def __init__(self, settings: ModelSettings, provider: Provider, requests: Sequence[Request]) -> None:
        self.settings = settings
        self.provider = provider
        self.queue = deque(requests)
        self.halted: str | None = None
        self.failures_in_a_row = 0
        self.unreadable_in_a_row = 0
        self.last_answer = time.monotonic()
        # Seeded by the model's name: waits differ between lanes and repeat between runs.
        self.jitter = random.Random(settings.id)
