"""What bounds a session from outside: money and time. Whatever it stops stays pending and can be resumed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from evaluator.records import Request, Response
from evaluator.run.odd_costs import OddCosts

MAX_WAIT_S = 90 * 60.0


class Refusal(msgspec.Struct, frozen=True):
    """Why an attempt cannot be afforded."""

    reason: str
    is_final: bool = False
    """Whether no attempt in flight, once it is settled, could make room for this one."""


class Budget(Protocol):
    """Is asked before every attempt whether it can be afforded, and told what became of it."""

    def reserve(self, request: Request, most_usd: float | None) -> Refusal | None:
        """Set aside the most that one attempt at `request` can cost, or refuse.

        After a refusal that is not final the engine waits for attempts in flight to be settled and
        asks again; when none is in flight, the lane ends and its requests stay pending.
        """
        ...

    def adopt(self, request: Request, most_usd: float | None) -> None:
        """Take over an attempt of an earlier session that is still going on: it is counted, and will be settled."""
        ...

    def settle(self, request: Request, response: Response) -> None:
        """Replace what was set aside for `request` by what the attempt cost.

        Called once for every `reserve` that was not refused and every `adopt`, whatever happened: a failed attempt says
        in `response.failure.maybe_paid` whether it may have been billed.
        """
        ...


class Unlimited:
    """The budget of a session without one."""

    def __init__(self, on_notice: Callable[[str], None] | None = None) -> None:
        """`on_notice` is told of costs that are not believed."""
        self._odd = OddCosts(on_notice)

    def reserve(self, request: Request, most_usd: float | None) -> Refusal | None:  # noqa: ARG002
        """Allow every attempt."""
        return None

    def adopt(self, request: Request, most_usd: float | None) -> None:
        """Keep no account."""

    def settle(self, request: Request, response: Response) -> None:  # noqa: ARG002
        """Keep no account; look only whether the cost can be true."""
        self._odd.see(response)


class Bounds(msgspec.Struct, frozen=True):
    """How far a session may go."""

    budget: Budget = Unlimited()
    stop_at: float | None = None
    """Time of the loop's clock (`time.monotonic`) after which nothing more is sent; what is in flight may finish."""
    max_wait_s: float = MAX_WAIT_S
    """Longest time a model may give no answer, or ask for, before it is left to a later session."""
    ready_s: float = 0.0
    """Longest time to wait at the start for a server at whose address nothing answers yet."""
