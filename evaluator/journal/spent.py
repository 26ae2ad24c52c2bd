"""What the attempts in a journal cost: each is counted once, when its end is known or the journal ends."""

from __future__ import annotations

import math

import msgspec

from evaluator.money import COST_ODD
from evaluator.records import Failure, Response

PER_USD = 10**12
"""Amounts are whole picodollars, so that sums are exact in any order."""


class Spent(msgspec.Struct):
    """What was paid, and what may have been."""

    known: int = 0
    """Picodollars that providers or price lists say were paid."""
    bound: int = 0
    """Picodollars that the attempts whose cost nobody told can have cost at most."""
    n_unbounded: int = 0
    """Attempts that may have been paid and of whose cost nothing is known."""

    def add(self, cost_usd: float | None, most_usd: float | None) -> None:
        """Count an attempt that was paid: its cost, else the most it can have cost."""
        if cost_usd is not None:
            self.known += picodollars(cost_usd)
        elif most_usd is not None:
            self.bound += picodollars(most_usd)
        else:
            self.n_unbounded += 1

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.known + other.known, self.bound + other.bound, self.n_unbounded + other.n_unbounded)

    @property
    def most(self) -> int:
        """Picodollars that were spent at most, as far as anything is known."""
        return self.known + self.bound


class Attempts(msgspec.Struct):
    """The attempts of one request that has no final response."""

    sent: int = 0
    in_flight_usd: list[float | None] = []
    """Of each attempt without an end, the most it can cost: sent now, or when a process died."""
    maybe_paid_usd: list[float | None] = []
    """Of each failed attempt that may have been billed, the most it can have cost."""
    paid_usd: float = 0.0
    """What attempts that gave no answer are known to have cost."""

    @property
    def ambiguous(self) -> int:
        """Attempts that may have been billed: in flight at a death, or failed after sending."""
        return len(self.in_flight_usd) + len(self.maybe_paid_usd)

    @property
    def ambiguous_usd(self) -> float | None:
        """The most that the ambiguous attempts can have cost; None when unknown or when there are none."""
        amounts = [*self.in_flight_usd, *self.maybe_paid_usd]
        known = [amount for amount in amounts if amount is not None]
        return math.fsum(known) if amounts and len(known) == len(amounts) else None

    def send(self, most_usd: float | None) -> None:
        """Count an attempt that is about to be sent."""
        self.sent += 1
        self.in_flight_usd.append(most_usd)

    def end(self) -> float | None:
        """Close the attempt that was sent last; return the most it can have cost."""
        return self.in_flight_usd.pop() if self.in_flight_usd else None

    def unsend(self) -> None:
        """Take back the attempt that was sent last: it turned out that nobody received it."""
        if self.in_flight_usd:
            self.end()
            self.sent -= 1

    def fail(self, failure: Failure, cost_usd: float | None, most_usd: float | None) -> None:
        """Count an attempt that gave no answer, after its `end`."""
        if cost_usd is not None:
            self.paid_usd += cost_usd
        elif failure.maybe_paid:
            self.maybe_paid_usd.append(most_usd)

    def rescue(self) -> None:
        """Take back one failure that may have been paid: its answer came after all."""
        if self.maybe_paid_usd:
            self.maybe_paid_usd.pop()

    def told_in(self, response: Response) -> Response:
        """Return `response` with what is known of the attempts before it."""
        # What failed was counted here already, and says its own cost.
        own_usd = trusted_cost_usd(response) or 0.0 if response.failure is not None else 0.0
        return msgspec.structs.replace(
            response,
            attempts=max(self.sent, 1),
            ambiguous_sends=self.ambiguous,
            maybe_paid_usd=self.ambiguous_usd,
            retries_usd=max(self.paid_usd - own_usd, 0.0),
        )

    def of_failed(self, response: Response) -> None:
        """Take over what a response that failed says of all its attempts."""
        self.sent = response.attempts
        self.paid_usd = response.retries_usd + (response.cost_usd or 0.0)
        # Their sum is known, their parts are not.
        parts: list[float | None] = [0.0] * response.ambiguous_sends
        self.maybe_paid_usd = [response.maybe_paid_usd, *parts[1:]] if parts else []


def trusted_cost_usd(response: Response) -> float | None:
    """Return what the response says it cost, unless that was found to be odd."""
    return None if COST_ODD in response.flags else response.cost_usd


def picodollars(usd: float) -> int:
    """Return an amount as whole picodollars, rounded up.

    >>> picodollars(0.5), picodollars(1e-13)
    (500000000000, 1)
    """
    return math.ceil(usd * PER_USD)
