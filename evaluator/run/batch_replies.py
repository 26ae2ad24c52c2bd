"""The replies of one batch: each request once, whatever the files say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from evaluator.money import COST_ODD
from evaluator.providers.batch_job import ItemReply
from evaluator.providers.prices import SUSPICIOUS_FACTOR
from evaluator.records import Response

TWICE = "batch_twice"
"""The flag of a response to a request that several lines of a batch name: the first that succeeded counts."""


class Replies:
    """Collects the replies of a batch by request id."""

    def __init__(self) -> None:
        self._items: dict[str, ItemReply] = {}
        self._named_twice: set[str] = set()
        self.n_lines = 0
        """How many replies came, those to one request counted each."""

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: ItemReply) -> None:
        """Add a reply; success wins over failure, the first over the others."""
        self.n_lines += 1
        before = self._items.get(item.custom_id)
        if before is not None:
            self._named_twice.add(item.custom_id)
        if before is None or (_is_success(item) and not _is_success(before)):
            self._items[item.custom_id] = item

    def get(self, custom_id: str) -> ItemReply | None:
        """Return the reply to a request, if there is one."""
        return self._items.get(custom_id)

    def flagged(self, response: Response, *, served_by: str | None) -> Response:
        """Return `response` with what the batch says of it, beside its own reply."""
        if response.request_id in self._named_twice:
            response = msgspec.structs.replace(response, flags=(*response.flags, TWICE))
        if response.served_by is None and served_by is not None and response.failure is None:
            response = msgspec.structs.replace(response, served_by=served_by)
        return response


def _is_success(item: ItemReply) -> bool:
    return item.reply is not None and item.reply.status == 200


def share_cost(responses: Sequence[Response], batch_usd: float | None) -> list[Response]:
    """Share the cost of a whole batch among its answers, by what each would cost at the list price.

    Where the replies name their own costs, or nobody knows the cost of one, nothing is shared; nor is a
    cost far above the list price, which is not believed.
    """
    paid = [response for response in responses if response.failure is None]
    costs = [response.cost_usd for response in paid]
    listed = math.fsum(cost for cost in costs if cost is not None)
    is_told = any(response.cost_source == "usage.cost" for response in paid)
    if batch_usd is None or is_told or not listed or None in costs:
        return list(responses)
    factor = batch_usd / listed
    if factor > SUSPICIOUS_FACTOR:
        return [_odd(response, factor) for response in responses]
    return [
        response
        if response.failure is not None or response.cost_usd is None
        else msgspec.structs.replace(
            response, cost_usd=response.cost_usd * factor, cost_source="usage.cost of the batch, shared"
        )
        for response in responses
    ]


def _odd(response: Response, factor: float) -> Response:
    if response.failure is not None or response.cost_usd is None:
        return response
    flags = (*response.flags, COST_ODD)
    return msgspec.structs.replace(response, reported_usd=response.cost_usd * factor, flags=flags)
