"""What bounds a session from outside: money and time. Whatever it stops stays pending and can be resumed."""

from __future__ import annotations

from typing import Protocol

import msgspec

from evaluator.records import Request, Response

MAX_WAIT_S = 90 * 60.0


class Budget(Protocol):
    """Is asked before every attempt whether it can be afforded, and told what became of it."""

    def reserve(self, request: Request) -> bool:
        """Set aside the most that one attempt at `request` can cost; False if that is too much.

        After False the engine waits for attempts in flight to be settled and asks again; when none
        is in flight, the lane ends and its requests stay pending.
        """
        ...

    def settle(self, request: Request, response: Response) -> None:
        """Replace what was set aside for `request` by what the attempt cost.

        Called once for every `reserve` that returned True, whatever happened: a failed attempt says
        in `response.failure.maybe_paid` whether it may have been billed.
        """
        ...


class Unlimited:
    """The budget of a session without one."""

    def reserve(self, request: Request) -> bool:  # noqa: ARG002
        """Allow every attempt."""
        return True

    def settle(self, request: Request, response: Response) -> None:
        """Keep no account."""


class Bounds(msgspec.Struct, frozen=True):
    """How far a session may go."""

    budget: Budget = Unlimited()
    stop_at: float | None = None
    """Time of the loop's clock (`time.monotonic`) after which nothing more is sent; what is in flight may finish."""
    max_wait_s: float = MAX_WAIT_S
    """Longest time a model may give no answer, or ask for, before it is left to a later session."""
