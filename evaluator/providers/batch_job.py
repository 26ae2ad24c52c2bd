"""What every batch API offers: submit, find again, look, collect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from evaluator.providers.reply import HttpReply
from evaluator.records import Failure

CALL_S = 120.0
"""Deadline of a call that answers at once."""
DOWNLOAD_S = 3600.0
MOST_PAGES = 50
"""Of a list of batches, when a lost one is looked for."""


class BatchItem(msgspec.Struct, frozen=True):
    """One request of a batch."""

    custom_id: str
    """The request's id: 64 hexadecimal digits, which every provider takes."""
    body: dict[str, Any]


class ItemReply(msgspec.Struct, frozen=True):
    """What became of one request of a batch."""

    custom_id: str
    reply: HttpReply | None = None
    """As the request alone would have been answered; None when it was not answered."""
    failure: Failure | None = None


class BatchStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a batch is."""

    state: Literal["running", "ended", "refused"]
    """refused: nothing of it was or will be processed."""
    detail: str = ""
    n_replies: int | None = None
    """How many requests have an end, as far as it says: what a complete download holds."""
    files: tuple[str, ...] = ()
    """Where the replies are, first those that succeeded."""
    cost_usd: float | None = None
    """Of the whole batch."""
    served_by: str | None = None


class BatchApi(Protocol):
    """The batches of one provider."""

    @property
    def most_requests(self) -> int:
        """Of one batch."""
        ...

    @property
    def most_bytes(self) -> int:
        """Of one batch, about."""
        ...

    async def submit(self, tag: str, items: Sequence[BatchItem]) -> str | Failure:
        """Submit a batch; return its id. `tag` is ours, to find it again."""
        ...

    async def find(self, tag: str, n: int, since: datetime, known: frozenset[str]) -> str | Failure | None:
        """Return the id of the batch of `n` requests that was submitted as `tag` after `since`, None without one.

        Where a provider keeps no tag, it is one of that size and time that is not `known`.
        """
        ...

    async def look(self, batch_id: str) -> BatchStatus | Failure:
        """Return how far the batch is."""
        ...

    async def collect(
        self, batch_id: str, status: BatchStatus, on_reply: Callable[[ItemReply], None]
    ) -> Failure | None:
        """Hand over every reply of an ended batch; a failure says that some may be missing."""
        ...


def lost(message: str) -> Failure:
    """Return the failure of a reply that cannot be read; looking again may help."""
    return Failure(kind="transient", message=message)
