"""One model behind one wire format: sends a request, reads the reply, never raises for either."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from evaluator.money import Price
from evaluator.protocols import RateHint
from evaluator.providers.client import HttpClient
from evaluator.providers.rate_hints import read_rate_hints
from evaluator.providers.wires.reading import Reading
from evaluator.providers.wires.wire import Wire
from evaluator.records import Failure, Outcome, Request, Response

Completion = Callable[[Reading, datetime], Reading]
"""From a reading, and when it was asked for (UTC), to one that says more."""


def unchanged(reading: Reading, at: datetime) -> Reading:  # noqa: ARG001
    """Return `reading` as it is: the provider tells all there is."""
    return reading


class HttpModel:
    """Asks one model; a `Provider`."""

    def __init__(
        self,
        client: HttpClient,
        wire: Wire,
        model_name: str,
        *,
        deadline_s: float,
        extra: Mapping[str, Any] | None = None,
        complete: Completion = unchanged,
    ) -> None:
        """`extra` is sent with every request; `complete` adds what the reply itself does not say."""
        self.dearest: Price | None = None
        """A price that nobody who may answer exceeds, where it is known better than from a list."""
        self._client = client
        self._wire = wire
        self._model_name = model_name
        self._deadline_s = deadline_s
        self._extra = dict(extra or {})
        self._complete = complete
        self._hints: tuple[RateHint, ...] = ()

    async def answer(self, request: Request) -> Response:
        """Make one attempt; what went wrong is in the response."""
        body = msgspec.json.encode(self._wire.body(request, self._model_name) | self._extra)
        # Some prices depend on the hour at which a request is sent, not on that of its answer.
        at, start = datetime.now(UTC), time.monotonic()
        reply = await self._client.post(self._wire.path(self._model_name), body, deadline_s=self._deadline_s)
        latency_s = round(time.monotonic() - start, 4)
        if isinstance(reply, Failure):
            reading = _unread(reply)
        else:
            self._hints = read_rate_hints(reply.headers)
            reading = self._wire.read(reply)
        fields = msgspec.structs.asdict(self._complete(reading, at))
        return request.response(latency_s=latency_s, **fields)

    def rate_hints(self) -> tuple[RateHint, ...]:
        """Return what the latest reply told of the API's limits, once."""
        hints, self._hints = self._hints, ()
        return hints


def _unread(failure: Failure) -> Reading:
    outcome: Outcome = "malformed" if failure.kind == "malformed" else "failed"
    return Reading(outcome=outcome, detail=failure.message, failure=failure)
