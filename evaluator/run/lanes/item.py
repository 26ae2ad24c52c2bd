"""One request on its way, and one attempt at it."""

from __future__ import annotations

import msgspec

from evaluator.journal import Attempts
from evaluator.records import Request, Response


class Item(msgspec.Struct):
    """A request and what became of it so far."""

    request: Request
    attempts: Attempts
    """Over all sessions."""
    charged: int = 0
    """Failures in this session that are the request's own, as far as one can tell."""
    malformed: int = 0
    refused: int = 0
    """Failures that a rate limit or a lost network explains."""
    is_done: bool = False
    has_failed: bool = False
    """Done, but without an answer."""
    is_flying: bool = False
    """Whether an attempt is on its way that is not overdue."""
    spare: Response | None = None
    """An answer that came after its deadline, while the request was being asked again."""

    @property
    def is_load(self) -> bool:
        """Whether asking again adds to the load of an API that may be failing under it."""
        return self.charged > self.malformed


class Attempt(msgspec.Struct):
    """One sending of one request."""

    item: Item
    sent_at: float
    """When it passed the gate."""
    number: int = 0
    """1 for the first attempt of its request, over all sessions; 0 until it is recorded."""
    most_usd: float | None = None
    is_probe: bool = False
    is_overdue: bool = False
    """Past its deadline: the request went on without it."""
