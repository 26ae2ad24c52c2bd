"""One model with what is still to be asked of it, and all that is known of how it takes requests."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping, Sequence

from evaluator.journal import Attempts
from evaluator.protocols import Provider, RateHinting
from evaluator.providers.address import is_loopback
from evaluator.providers.checks import prices_of
from evaluator.providers.prices import OwnPrice, most_usd
from evaluator.records import ModelSettings, Price, Request, Response
from evaluator.run.bounds import MAX_WAIT_S
from evaluator.run.lanes.breaker import Breaker
from evaluator.run.lanes.gate import Gate
from evaluator.run.lanes.item import Attempt, Item
from evaluator.run.lanes.limit import START, Limit
from evaluator.run.lanes.quota import Quota
from evaluator.run.lanes.retries import RetryBudget


class Lane:
    """Provider, model and key: what is rate-limited together. Every `now` is of one monotonic clock."""

    def __init__(
        self,
        settings: ModelSettings,
        provider: Provider,
        requests: Sequence[Request],
        *,
        max_wait_s: float = MAX_WAIT_S,
        ready_s: float = 0.0,
        before: Mapping[str, Attempts] | None = None,
    ) -> None:
        """`before` holds what earlier sessions know of the attempts of a request, by its id."""
        self.settings = settings
        self.provider = provider
        self.max_wait_s = max_wait_s
        self.ready_s = ready_s
        """How long somebody said that a server at whose address nothing answers is to be waited for."""
        self.halted: str | None = None
        self.resume_in_s: float | None = None
        """When it was halted: how long the API asked to be left alone."""
        self.in_flight = 0
        self.n_answers = self.permanent_in_a_row = self.unreadable_in_a_row = 0
        self.trouble_since: float | None = None
        """When the first failure came after the last answer."""
        self.gate = Gate()
        # A server on this machine knows no rate limit; others are approached with care.
        ceiling = settings.concurrency or 1
        is_here = settings.base_url is not None and is_loopback(settings.base_url)
        self.limit = Limit(ceiling, start=ceiling if is_here else START)
        self.quota = Quota()
        self.breaker = Breaker()
        # Seeded by the model's name: waits differ between lanes and repeat between runs.
        self.jitter = random.Random(settings.id)
        self._fresh = requests
        self._n_begun = 0
        self._again: list[tuple[float, int, Item]] = []
        self._n_put_back = 0
        self._retries = RetryBudget()
        self._prices = prices_of(settings)
        # What the hosts of a router ask now may be more than the list says.
        found = getattr(provider, "dearest", None)
        self._dearest = OwnPrice(found) if isinstance(found, Price) else None
        self._hinting = provider if isinstance(provider, RateHinting) else None
        self._before = before or {}

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to send."""
        return self.halted is not None or not (self._has_fresh or self._again or self.in_flight)

    @property
    def _has_fresh(self) -> bool:
        return self._n_begun < len(self._fresh)

    @property
    def is_down(self) -> bool:
        """Whether the API gives no answers at present."""
        return not self.gate.is_open

    def take(self, now: float) -> Attempt | None:
        """Return the next attempt if one may leave now."""
        if (
            self.halted is not None
            or self.in_flight >= self.limit.value
            or not self.gate.may_send(now)
            or self.quota.wait_s(now) > 0
        ):
            return None
        item = self._next_item(now)
        if item is None:
            return None
        self.in_flight += 1
        self.quota.on_send()
        self.limit.on_send(self.in_flight)
        item.is_flying = True
        return Attempt(item, now, is_probe=self.gate.on_send())

    def _next_item(self, now: float) -> Item | None:
        """A repetition that is due goes first, so that a run which ends early leaves few half-asked requests."""
        if self._again and self._again[0][0] <= now:
            item = self._again[0][2]
            if not item.is_load or self._retries.wait_s(now) <= 0:
                if item.is_load:
                    self._retries.spend()
                return heapq.heappop(self._again)[2]
        if not self._has_fresh:
            return None
        self._retries.on_first_attempt()
        request = self._fresh[self._n_begun]
        self._n_begun += 1
        return Item(request, self._before.get(request.request_id) or Attempts())

    def wait_s(self, now: float) -> float | None:
        """Seconds until `take` may succeed by the passing of time alone; None if only an event can help."""
        if self.halted is not None or self.in_flight >= self.limit.value:
            return None
        item_s = self._item_wait_s(now)
        if self.gate.is_open or item_s is None:
            return None if item_s is None else max(self.quota.wait_s(now), item_s)
        closed_s = self.gate.wait_s(now)
        return None if closed_s is None else max(closed_s, item_s)

    def _item_wait_s(self, now: float) -> float | None:
        if self._has_fresh:
            return 0.0
        if not self._again:
            return None
        due, _, item = self._again[0]
        return max(due - now, self._retries.wait_s(now) if item.is_load else 0.0)

    def put_back(self, item: Item, due: float) -> None:
        """Keep `item` to be asked again, not before `due`."""
        self._n_put_back += 1
        heapq.heappush(self._again, (due, self._n_put_back, item))

    def most_usd(self, request: Request) -> float | None:
        """Return the most that one attempt can cost; None when the price is unknown."""
        bounds = [most_usd(prices, request) for prices in (self._prices, self._dearest) if prices is not None]
        return max((each for each in bounds if each is not None), default=None)

    def forget(self, item: Item) -> None:
        """Ask `item` no more."""
        self._again = [entry for entry in self._again if entry[2] is not item]
        heapq.heapify(self._again)

    def release(self, attempt: Attempt) -> None:
        """An attempt ended, whatever came of it."""
        self.in_flight -= 1
        if not attempt.is_overdue:
            attempt.item.is_flying = False

    def withdraw(self, attempt: Attempt, now: float) -> None:
        """Take back an attempt that was not sent after all."""
        self.release(attempt)
        if attempt.is_probe:
            self.gate.on_probe_lost()
        self.put_back(attempt.item, now)

    def on_answer(self, attempt: Attempt, response: Response, now: float) -> bool:
        """Learn from a good answer; return whether the lane was down before it."""
        self.n_answers += 1
        self.permanent_in_a_row = self.unreadable_in_a_row = 0
        self.trouble_since = None
        self.breaker.on_answer()
        self.limit.on_answer(self.in_flight, now)
        if response.usage is not None:
            self.quota.on_usage((response.usage.prompt_tokens or 0) + (response.usage.completion_tokens or 0))
        return self.gate.on_answer(attempt.sent_at)

    def listen(self, now: float) -> None:
        """Take over what the API says of its limits."""
        if self._hinting is not None:
            for hint in self._hinting.rate_hints():
                self.quota.on_hint(hint, now)

    def halt(self, reason: str, *, resume_in_s: float | None = None) -> None:
        """Send nothing more; what is not answered stays pending."""
        if self.halted is None:
            self.halted, self.resume_in_s = reason, resume_in_s
