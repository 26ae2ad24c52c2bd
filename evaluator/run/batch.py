"""Ask a model by batches: hand in what is open, wait, merge the replies into the journal.

The journal knows a batch by a tag of ours before the provider hears of it. A batch whose making was
not confirmed is looked for at the provider before anything is handed in again, so nothing is paid twice.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from evaluator.journal import (
    Attempts,
    BatchEnded,
    BatchIntent,
    BatchMade,
    FailedAttempt,
    JournalState,
    JournalWriter,
    OpenBatch,
    trusted_cost_usd,
)
from evaluator.providers.batch_job import BatchItem, BatchStatus
from evaluator.providers.checks import prices_of
from evaluator.providers.prices import most_usd
from evaluator.records import Failure, ModelSettings, Request, Response
from evaluator.run.batch_replies import Replies, share_cost
from evaluator.run.bounds import Bounds
from evaluator.run.engine import Engine
from evaluator.run.progress import Watcher

FIRST_POLL_S = 30.0
if TYPE_CHECKING:
    # Opened by whoever has batches: it loads the HTTP client.
    from evaluator.providers.batch import BatchModel

POLL_GROWTH = 1.5
POLL_MOST_S = 600.0
MERGED_AT_ONCE = 500
"""Answers of a batch that are kept before the disk and the grader are waited for."""
OLD_DAYS = 20
"""After which a batch is told of: providers delete replies after about thirty days."""
RETRIED = frozenset({"transient", "rate_limited", "malformed"})


@dataclass
class Desk:
    """What all batches of a session share."""

    journal: JournalWriter
    state: JournalState
    keep: Callable[[Response], None]
    room: Callable[[], Awaitable[None]]
    watcher: Watcher
    bounds: Bounds
    stopping: asyncio.Event
    first_poll_s: float

    @classmethod
    def of(cls, journal: JournalWriter, state: JournalState, engine: Engine, watcher: Watcher, bounds: Bounds) -> Desk:
        """Return the desk of a session whose engine keeps answers and knows when to stop."""
        return cls(journal, state, engine.keep, engine.room, watcher, bounds, engine.stopping, FIRST_POLL_S)

    async def wait(self, seconds: float) -> bool:
        """Wait; return whether the session goes on."""
        try:
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        except TimeoutError:
            return True
        return False


class BatchLane:
    """One model whose requests are handed in by batches."""

    def __init__(self, settings: ModelSettings, model: BatchModel, requests: Sequence[Request], desk: Desk) -> None:
        """`requests` are those without an answer, also those that wait in a batch."""
        self._settings = settings
        self._model = model
        self._desk = desk
        self._prices = prices_of(settings, is_batch=True)
        self._by_id = {request.request_id: request for request in requests}
        self._open = [batch for batch in desk.state.batches.values() if batch.intent.model == settings.id]
        waiting = {request_id for batch in self._open for request_id in batch.intent.request_ids}
        # Each group is handed in as one batch, if it fits.
        fresh = [request for request in requests if request.request_id not in waiting]
        self._groups = deque([fresh] if fresh else [])
        self._tries: Counter[str] = Counter()
        self._submits_failed = 0
        self.halted: str | None = None

    async def run(self) -> None:
        """Collect what earlier sessions handed in, hand in the rest, until all is answered or nothing helps."""
        for batch in list(self._open):
            await self._adopt(batch)
        wait_s = self._desk.first_poll_s
        while self.halted is None and not self._desk.stopping.is_set():
            await self._hand_in()
            if not self._open or not await self._desk.wait(wait_s):
                break
            n_before = len(self._open)
            for batch in list(self._open):
                await self._look(batch)
            wait_s = self._desk.first_poll_s if len(self._open) < n_before else min(wait_s * POLL_GROWTH, POLL_MOST_S)
        if self._open:
            n = sum(len(batch.intent.request_ids) for batch in self._open)
            self._desk.watcher.on_notice(f"{self._settings.id}: {n:,} requests wait in batches; resume collects them")

    async def _adopt(self, batch: OpenBatch) -> None:
        """Take over a batch of an earlier session; look for it where its making was not confirmed."""
        intent = batch.intent
        amounts = dict(zip(intent.request_ids, intent.most_usd, strict=True))
        for request in self._in_flight(intent.request_ids):
            self._desk.bounds.budget.adopt(request, amounts[request.request_id])
        age = datetime.now(UTC) - datetime.fromisoformat(intent.at)
        if age.days >= OLD_DAYS:
            self._desk.watcher.on_notice(
                f"{self._settings.id}: a batch is {age.days} days old; its replies may be deleted soon, or gone"
            )
        if batch.batch_id is None:
            await self._find(batch)

    async def _find(self, batch: OpenBatch) -> None:
        """Find out whether the provider has the batch; without an answer to that, nothing is handed in again."""
        intent = batch.intent
        since, known = datetime.fromisoformat(intent.at), frozenset(self._desk.state.batch_ids)
        wait_s = self._desk.first_poll_s
        for _ in range(self._settings.max_attempts):
            found = await self._model.api.find(intent.tag, len(intent.request_ids), since, known)
            if isinstance(found, str):
                return await self._made(batch, found)
            if found is None:
                return await self._void(batch, [self._known(intent.request_ids)])
            if found.kind == "halted" or not await self._desk.wait(max(wait_s, found.wait_s or 0.0)):
                break
            wait_s = min(wait_s * POLL_GROWTH, POLL_MOST_S)
        return self._halt("it cannot be found out whether a batch was handed in")

    async def _hand_in(self) -> None:
        """Hand in all that waits, in as few batches as its size and the budget allow."""
        while self._groups and self.halted is None and not self._desk.stopping.is_set():
            group = self._groups.popleft()
            items: list[BatchItem] = []
            amounts: list[float | None] = []
            n_bytes = 0
            while group and len(items) < self._model.api.most_requests and n_bytes < self._model.api.most_bytes:
                request = group[0]
                amount = most_usd(self._prices, request) if self._prices else None
                refusal = self._desk.bounds.budget.reserve(request, amount)
                if refusal is not None:
                    if not items and not self._open:
                        self._halt(refusal.reason)
                    break
                item = self._model.item(group.pop(0))
                items.append(item)
                amounts.append(amount)
                n_bytes += len(msgspec.json.encode(item.body)) + 200
            if group:
                self._groups.appendleft(group)
            if not items:
                return
            await self._submit([item.custom_id for item in items], amounts)

    async def _submit(self, request_ids: Sequence[str], amounts: Sequence[float | None]) -> None:
        intent = BatchIntent(
            tag=f"evaluator-{secrets.token_hex(8)}",
            model=self._settings.id,
            at=_now(),
            request_ids=tuple(request_ids),
            most_usd=tuple(amounts),
        )
        await self._desk.journal.append(intent)
        batch = OpenBatch(intent)
        self._open.append(batch)
        for request_id, amount in zip(request_ids, amounts, strict=True):
            self._attempts(request_id).send(amount)
        made = await self._model.submit(intent.tag, [self._model.item(self._by_id[each]) for each in request_ids])
        if isinstance(made, str):
            self._submits_failed = 0
            await self._made(batch, made)
            return
        await self._after_failed_submit(batch, made)

    async def _made(self, batch: OpenBatch, batch_id: str) -> None:
        await self._desk.journal.append(BatchMade(tag=batch.intent.tag, batch_id=batch_id, at=_now()))
        batch.batch_id = batch_id
        self._desk.state.batch_ids.add(batch_id)
        n = len(batch.intent.request_ids)
        self._desk.watcher.on_notice(f"{self._settings.id}: {n:,} requests are handed in as batch {batch_id[:100]}")

    async def _after_failed_submit(self, batch: OpenBatch, failure: Failure) -> None:
        if failure.maybe_paid or failure.kind in {"transient", "malformed"}:
            # The provider may have it all the same.
            await self._find(batch)
            if batch.batch_id is not None or self.halted is not None:
                return
        elif failure.kind == "permanent":
            await self._refused(batch, failure.message)
            return
        else:
            await self._void(batch, [self._known(batch.intent.request_ids)])
        self._submits_failed += 1
        if failure.kind == "halted" or self._submits_failed >= self._settings.max_attempts:
            self._halt(failure.message)
            return
        wait_s = self._desk.first_poll_s * POLL_GROWTH**self._submits_failed
        await self._desk.wait(min(max(wait_s, failure.wait_s or 0.0), POLL_MOST_S))

    async def _refused(self, batch: OpenBatch, why: str) -> None:
        """Hand in the halves of a batch that was refused as a whole; one request alone is refused for good."""
        requests = self._known(batch.intent.request_ids)
        half = len(requests) // 2
        if half:
            await self._void(batch, [requests[:half], requests[half:]])
            return
        await self._void(batch, [])
        for request in requests:
            failure = Failure(kind="permanent", message=f"refused in a batch: {why}"[:500])
            self._desk.keep(request.response(outcome="failed", detail=failure.message, failure=failure))

    async def _void(self, batch: OpenBatch, groups: Sequence[list[Request]]) -> None:
        """Record that nothing of the batch was processed, and let its requests wait again."""
        await self._desk.journal.append(BatchEnded(tag=batch.intent.tag, at=_now(), is_void=True))
        self._open.remove(batch)
        never = Failure(kind="transient", message="never handed in")
        for request in self._in_flight(batch.intent.request_ids):
            self._attempts(request.request_id).unsend()
            self._desk.bounds.budget.settle(request, request.response(outcome="failed", failure=never))
        self._groups.extend(group for group in groups if group)

    async def _look(self, batch: OpenBatch) -> None:
        """See how far a batch is; a look that fails says nothing about the batch."""
        if batch.batch_id is None:
            return
        status = await self._model.api.look(batch.batch_id)
        if isinstance(status, Failure):
            if status.status == 404:
                await self._merge(batch, Replies(), BatchStatus(state="ended"), "the batch is gone")
            elif status.kind == "halted":
                self._halt(status.message)
        elif status.state == "refused":
            await self._refused(batch, status.detail)
        elif status.state == "ended":
            await self._collect(batch, status)

    async def _collect(self, batch: OpenBatch, status: BatchStatus) -> None:
        """Download the replies, again if some are missing: a download costs nothing."""
        wait_s = self._desk.first_poll_s
        for attempt in range(1, self._settings.max_attempts + 1):
            replies = Replies()
            failure = await self._model.collect(batch.batch_id or "", status, replies.add)
            if len(replies) and not any(replies.get(each) for each in batch.intent.request_ids):
                return await self._not_ours(batch)
            if failure is None and replies.n_lines >= (status.n_replies or 0):
                return await self._merge(batch, replies, status, f"not among the replies ({status.detail})")
            is_last = attempt == self._settings.max_attempts
            if not is_last and not await self._desk.wait(wait_s):
                return None
            wait_s = min(wait_s * POLL_GROWTH, POLL_MOST_S)
        return self._halt("the replies of a batch cannot be downloaded whole")

    async def _not_ours(self, batch: OpenBatch) -> None:
        """Look again for a batch that was taken for another of the same size and time."""
        self._desk.state.batch_ids.add(batch.batch_id or "")
        batch.batch_id = None
        await self._find(batch)

    async def _merge(self, batch: OpenBatch, replies: Replies, status: BatchStatus, missing: str) -> None:
        """Write every reply to the journal, and hand in again what may succeed next time."""
        at = datetime.fromisoformat(batch.intent.at)
        requests = self._in_flight(batch.intent.request_ids)
        # A death in the middle of an earlier merge left these with an end and without an answer.
        again = [each for each in self._known(batch.intent.request_ids) if each not in requests]
        is_gone = not len(replies) and status.n_replies is None
        nothing = Failure(kind="transient", message=missing, maybe_paid=is_gone)
        responses = []
        for request in requests:
            item = replies.get(request.request_id)
            read = None if item is None else self._model.read(request, item, at)
            response = read or request.response(outcome="failed", detail=missing, failure=nothing)
            responses.append(replies.flagged(response, served_by=status.served_by))
        for n, (request, response) in enumerate(zip(requests, share_cost(responses, status.cost_usd), strict=True), 1):
            if await self._end(request, response):
                again.append(request)
            if n % MERGED_AT_ONCE == 0:
                await self._desk.room()
        await self._desk.journal.append(BatchEnded(tag=batch.intent.tag, at=_now()))
        self._open.remove(batch)
        if again:
            self._groups.append(again)

    async def _end(self, request: Request, response: Response) -> bool:
        """Record what became of a request of a batch; return whether to hand it in again."""
        attempts = self._attempts(request.request_id)
        most = attempts.end()
        self._desk.bounds.budget.settle(request, response)
        self._tries[request.request_id] += 1
        failure = response.failure
        if failure is not None:
            cost_usd = trusted_cost_usd(response)
            attempts.fail(failure, cost_usd, most)
            if failure.kind in RETRIED and self._tries[request.request_id] < self._settings.max_attempts:
                await self._desk.journal.append(
                    FailedAttempt(request_id=request.request_id, at=_now(), failure=failure, cost_usd=cost_usd)
                )
                return True
        self._desk.keep(attempts.told_in(response))
        return False

    def _attempts(self, request_id: str) -> Attempts:
        return self._desk.state.open_attempts.setdefault(request_id, Attempts())

    def _known(self, request_ids: Sequence[str]) -> list[Request]:
        """Return the requests that still have no answer; a death may have come in the middle of a merge."""
        return [self._by_id[each] for each in request_ids if each in self._by_id]

    def _in_flight(self, request_ids: Sequence[str]) -> list[Request]:
        """Return the requests whose attempt has no end yet."""
        return [request for request in self._known(request_ids) if self._attempts(request.request_id).in_flight_usd]

    def _halt(self, reason: str) -> None:
        if self.halted is None:
            self.halted = reason
            self._desk.watcher.on_halt(self._settings.id, reason)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
