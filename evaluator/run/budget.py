"""The cap on what a run may spend, held by reservation.

Before an attempt is sent, the most it can cost is set aside; what was spent and what is set aside
never exceed the cap. Once the attempt has an end, what it cost takes the place of what was set
aside. An attempt that may have been paid without saying so counts with the most it can have cost.

Of a model whose price nobody knows, only what it reports can be held: it counts when it is told,
the dearest request so far is set aside for the next, and nothing is sent once the cap is reached.
What is in flight until then may go beyond the cap, and what reports no cost is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec

from evaluator.journal import PER_USD, Spent, picodollars, trusted_cost_usd
from evaluator.records import Request, Response
from evaluator.run.bounds import Refusal
from evaluator.run.odd_costs import OddCosts

LOOK_AFTER = 20
"""Answers of a model after which it is known whether the plan foresaw their length."""
SURE_BY = 2.0
"""Standard errors by which the cost of the rest must be above the cap, before anything is said of it."""
SURPRISE_FACTOR = 10.0
"""An answer that costs so many times what was planned was not foreseen: the run stops for a person to decide."""


class Outlook(msgspec.Struct, frozen=True):
    """What a session is expected to cost, and what to do when it turns out otherwise."""

    n_open: Mapping[str, int] = {}
    """Requests to each model."""
    planned_usd: Mapping[str, float] = {}
    """What the plan expects one answer of each model to cost, where it knows."""
    dearest_usd: Mapping[str, float] = {}
    """The highest cost that was told so far of one request to each model."""
    goes_on: bool = False
    """Spend up to the cap even when the rest will not fit under it."""


class SpendCap:
    """Lets a run spend up to a cap; a `Budget`."""

    def __init__(
        self,
        max_usd: float,
        spent: Spent,
        *,
        outlook: Outlook | None = None,
        allow_unknown: bool = False,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Begin with what the journals say was `spent` before.

        Args:
            max_usd: The cap, over all sessions of the run.
            spent: By earlier sessions.
            outlook: What is expected of this one.
            allow_unknown: Send what nobody knows the price of; it counts as far as it reports a cost.
            on_notice: Told when the rest will not fit under the cap, and of costs that are not believed.
        """
        self.max_usd = max_usd
        self.spent = spent
        self._cap = math.floor(max_usd * PER_USD)
        self._outlook = outlook or Outlook()
        self._allow_unknown = allow_unknown
        self._on_notice = on_notice or (lambda _: None)
        self._odd = OddCosts(self._on_notice)
        self._held: dict[str, tuple[float | None, int]] = {}
        self._reserved = 0
        self._dearest = {model: picodollars(usd) for model, usd in self._outlook.dearest_usd.items()}
        """The highest cost that was reported for one request to each model."""
        self._costs: dict[str, list[float]] = {}
        self._refused: dict[str, Refusal] = {}
        self._end: Refusal | None = None

    @property
    def spent_usd(self) -> float:
        """What was spent at most, over all sessions."""
        return self.spent.most / PER_USD

    def reserve(self, request: Request, most_usd: float | None) -> Refusal | None:
        """Set aside the most that one attempt can cost, or say why not."""
        refusal = self._end or self._refused.get(request.model)
        if refusal is not None:
            return refusal
        if most_usd is None and not self._allow_unknown:
            return Refusal("the price is not known, so the cap could not be held", is_final=True)
        amount = max(picodollars(most_usd or 0.0), self._dearest.get(request.model, 0))
        is_reached = self.spent.most >= self._cap and most_usd is None
        if is_reached or self.spent.most + self._reserved + amount > self._cap:
            return Refusal(self._why_not(amount))
        self._hold(request, most_usd, amount)
        return None

    def _why_not(self, amount: int) -> str:
        spent = f"${self.spent_usd:.4f} of {self.max_usd:g} USD are spent"
        if self.spent.most >= self._cap:
            return f"{spent}; a higher --max-usd goes on"
        return f"the next request could cost up to ${amount / PER_USD:.4f}; {spent}; a higher --max-usd goes on"

    def _hold(self, request: Request, most_usd: float | None, amount: int) -> None:
        self._held[request.request_id] = (most_usd, amount)
        self._reserved += amount

    def adopt(self, request: Request, most_usd: float | None) -> None:
        """Set aside for an attempt in flight what was counted as spent on it."""
        if most_usd is None:
            self.spent.n_unbounded -= 1
        else:
            self.spent.bound -= picodollars(most_usd)
        self._hold(request, most_usd, picodollars(most_usd or 0.0))

    def settle(self, request: Request, response: Response) -> None:
        """Replace what was set aside for `request` by what the attempt cost."""
        most_usd, amount = self._held.pop(request.request_id)
        self._reserved -= amount
        if response.reported_usd is not None:
            # The next one could truly cost as much.
            why = f"{self._odd.told(response)}; look at its bill, then resume"
            self._refused[request.model] = Refusal(why, is_final=True)
        else:
            self._odd.see(response)
        failure, cost_usd = response.failure, trusted_cost_usd(response)
        if failure is None or failure.maybe_paid or cost_usd is not None:
            self.spent.add(cost_usd, most_usd)
        if cost_usd is not None:
            self._dearest[request.model] = max(self._dearest.get(request.model, 0), picodollars(cost_usd))
        if failure is None and cost_usd is not None:
            self._look_ahead(request.model, cost_usd)

    def _look_ahead(self, model: str, cost_usd: float) -> None:
        """After some answers of a model, see whether the rest of them fits under the cap."""
        costs = self._costs.setdefault(model, [])
        if len(costs) >= LOOK_AFTER:
            return
        costs.append(cost_usd)
        n_left = self._outlook.n_open.get(model, 0) - len(costs)
        if len(costs) < LOOK_AFTER or n_left <= 0:
            return
        mean = math.fsum(costs) / len(costs)
        error = math.sqrt(math.fsum((cost - mean) ** 2 for cost in costs) / (len(costs) - 1) / len(costs))
        room = self.max_usd - self.spent_usd
        if n_left * (mean - SURE_BY * error) > room:
            self._warn(model, n_left * mean, mean)

    def _warn(self, model: str, rest_usd: float, mean_usd: float) -> None:
        told = (
            f"{model}: after {LOOK_AFTER} answers the rest is expected to cost ${rest_usd:.4f}; "
            f"${self.spent_usd:.4f} of {self.max_usd:g} USD are spent"
        )
        planned_usd = self._outlook.planned_usd.get(model)
        is_surprise = planned_usd is not None and mean_usd > SURPRISE_FACTOR * planned_usd
        if not is_surprise or self._outlook.goes_on:
            self._on_notice(f"{told}: it will stop before the end")
            return
        why = f"{told}, and an answer costs ${mean_usd:.6f} where ${planned_usd:.6f} were planned"
        self._end = Refusal(f"{why}; go on with a higher --max-usd, or up to it with --yes", is_final=True)
