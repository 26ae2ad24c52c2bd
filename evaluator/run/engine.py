"""Ask every open request: concurrently, durably, and never forever.

One lane per model, each with its own workers, so that a model that fails or waits does not slow
the others. The journal decides what is done: an intent is on disk before a request is sent, and
the response before anything else is made of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from evaluator.journal import Answered, Attempts, FailedAttempt, Intent, JournalState, JournalWriter, trusted_cost_usd
from evaluator.protocols import Grader
from evaluator.records import Failure, Probe, Request, Response, Verdict
from evaluator.run.bounds import Bounds
from evaluator.run.lane import Lane
from evaluator.run.progress import Watcher
from evaluator.run.retry import asks_too_long, may_retry, wait_before_retry_s
from evaluator.run.stated import answer_alone

FAILURES_TO_HALT = 20
"""Failed attempts in a row, over a whole lane, after which nobody is expected to answer ..."""
OUTAGE_S = 60.0
"""... at once where waiting cannot help, else when the last answer is as long ago as this."""
UNREADABLE_TO_HALT = 3
"""Bodies in a row that are no answer of an API: a proxy or a login page stands in its place."""
WATCHDOG_EXTRA_S = 5.0
DONE_OUTCOMES = frozenset({"answered", "refused", "blocked", "truncated", "malformed"})


def open_requests(requests: Sequence[Request], state: JournalState) -> list[Request]:
    """Return the requests without a final response; failed ones are asked again."""
    return [
        request
        for request in requests
        if request.request_id not in state.responses or state.responses[request.request_id].outcome not in DONE_OUTCOMES
    ]


class Engine:
    """Works through lanes until nothing is open, everything is halted, or `stop` is called."""

    def __init__(
        self, journal: JournalWriter, state: JournalState, probes: Sequence[Probe], grader: Grader, watcher: Watcher
    ) -> None:
        self._journal = journal
        self._state = state
        self._probes = {probe.probe_id: probe for probe in probes}
        self._grader = grader
        self._watcher = watcher
        self._stopping = asyncio.Event()
        self._bounds = Bounds()
        self._n_reserved = 0
        self._settled = asyncio.Event()
        self.verdicts: dict[str, Verdict] = {}
        """What this session graded, by request id; the responses themselves are in the journal only."""

    def stop(self) -> None:
        """Send nothing more; what is in flight may finish."""
        self._stopping.set()
        self._settled.set()

    @property
    def stopping(self) -> asyncio.Event:
        """Set when nothing more is to be sent."""
        return self._stopping

    async def keep(self, response: Response) -> None:
        """Put a final response on disk and grade it."""
        await self._keep(response)

    async def ask(self, lanes: Sequence[Lane], bounds: Bounds | None = None) -> None:
        """Ask all lanes within `bounds`.

        Raises:
            JournalError: If the journal cannot be written; what is on disk stays.
        """
        self._bounds = bounds or Bounds()
        if self._bounds.stop_at is not None:
            asyncio.get_running_loop().call_at(self._bounds.stop_at, self._end_of_time)
        try:
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    for _ in range(min(lane.settings.concurrency or 1, len(lane.queue))):
                        group.create_task(self._work(lane))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _work(self, lane: Lane) -> None:
        while lane.queue and lane.halted is None and not self._stopping.is_set():
            await self._finish(lane, lane.queue.popleft())

    async def _finish(self, lane: Lane, request: Request) -> None:
        """Attempt `request` until it has a final response or its lane ends."""
        attempts = self._state.open_attempts.get(request.request_id) or Attempts()
        for attempt in range(1, lane.settings.max_attempts + 1):
            most_usd = lane.most_usd(request)
            if not await self._afford(lane, request, most_usd):
                return None
            attempts.send(most_usd)
            await self._journal.append(
                Intent(
                    request_id=request.request_id,
                    model=request.model,
                    probe_id=request.probe_id,
                    attempt=attempts.sent,
                    at=_now(),
                    most_usd=most_usd,
                )
            )
            response = await self._attempt(lane, request)
            attempts.end()
            self._settle(request, response)
            response = _with_attempts(response, attempts)
            if response.failure is None:
                lane.failures_in_a_row = lane.unreadable_in_a_row = 0
                lane.last_answer = time.monotonic()
                return await self._keep(response)
            attempts.fail(response.failure, trusted_cost_usd(response), most_usd)
            if not await self._go_on_after(lane, request, response, attempt, attempts):
                return None
        return None

    async def _afford(self, lane: Lane, request: Request, most_usd: float | None) -> bool:
        """Reserve the cost of an attempt; wait for others to be settled where that could make room."""
        while (refusal := self._bounds.budget.reserve(request, most_usd)) is not None:
            if self._n_reserved == 0 or refusal.is_final:
                self._halt(lane, refusal.reason)
            if lane.halted is not None or self._stopping.is_set():
                return False
            self._settled.clear()
            await self._settled.wait()
        self._n_reserved += 1
        return True

    def _settle(self, request: Request, response: Response) -> None:
        self._n_reserved -= 1
        self._bounds.budget.settle(request, response)
        self._settled.set()

    def _end_of_time(self) -> None:
        self._watcher.on_notice("the time is up: nothing more is sent, what is in flight may finish")
        self.stop()

    async def _attempt(self, lane: Lane, request: Request) -> Response:
        try:
            async with asyncio.timeout(lane.settings.timeout_s + WATCHDOG_EXTRA_S):
                return await lane.provider.answer(request)
        except TimeoutError:
            message = f"no answer within {lane.settings.timeout_s:g} s"
            failure = Failure(kind="transient", message=message, maybe_paid=True)
            return request.response(outcome="failed", detail=message, failure=failure)

    async def _go_on_after(
        self, lane: Lane, request: Request, response: Response, attempt: int, attempts: Attempts
    ) -> bool:
        """Record a failed attempt; return whether to make another after waiting."""
        failure = response.failure
        if failure is None:
            return False
        lane.failures_in_a_row += failure.kind != "malformed"
        # What has an id or says how it ended comes from the API, however bad it is.
        is_from_api = response.provider_request_id or response.finish_reason or "empty" in response.flags
        lane.unreadable_in_a_row += failure.kind == "malformed" and not is_from_api
        self._halt_if_hopeless(lane, failure)
        retry = may_retry(failure, attempt=attempt, max_attempts=lane.settings.max_attempts)
        ends_here = not retry and lane.halted is None
        if ends_here:
            ambiguous, most_usd = attempts.ambiguous, attempts.ambiguous_usd
            await self._keep(msgspec.structs.replace(response, ambiguous_sends=ambiguous, maybe_paid_usd=most_usd))
            return False
        failed = FailedAttempt(
            request_id=request.request_id, at=_now(), failure=failure, cost_usd=trusted_cost_usd(response)
        )
        await self._journal.append(failed)
        if lane.halted is not None:
            return False
        wait_s = wait_before_retry_s(failure, attempt=attempt, jitter=lane.jitter)
        self._watcher.on_retry(request, failure, wait_s)
        return await self._wait(lane, wait_s)

    async def _wait(self, lane: Lane, seconds: float) -> bool:
        """Wait, but wake when the run is stopped; return whether the lane is still open."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return lane.halted is None
        return False

    def _halt_if_hopeless(self, lane: Lane, failure: Failure) -> None:
        reason = None
        if failure.kind == "halted":
            reason = failure.message
        elif asks_too_long(failure):
            reason = f"asked to wait {failure.wait_s:.0f} s: {failure.message}"
        elif lane.unreadable_in_a_row >= UNREADABLE_TO_HALT:
            reason = f"something else answers in place of the API: {failure.message}"
        elif lane.failures_in_a_row >= FAILURES_TO_HALT and (
            failure.kind == "permanent" or time.monotonic() - lane.last_answer > OUTAGE_S
        ):
            reason = f"{lane.failures_in_a_row} failures in a row, the last: {failure.message}"
        if reason is not None:
            self._halt(lane, reason)

    def _halt(self, lane: Lane, reason: str) -> None:
        if lane.halted is None:
            lane.halted = reason
            self._watcher.on_halt(lane.settings.id, reason)

    async def _keep(self, response: Response) -> None:
        """Put the response on disk, then grade it; a cancelled caller does not lose it."""
        await self._journal.append(Answered(at=_now(), response=response))
        verdict = self._grader.grade(self._probes[response.probe_id], answer_alone(response))
        self.verdicts[response.request_id] = verdict
        self._watcher.on_verdict(response, verdict)


def _with_attempts(response: Response, attempts: Attempts) -> Response:
    """Return `response` with what is known of the attempts before it."""
    return msgspec.structs.replace(
        response,
        attempts=attempts.sent,
        ambiguous_sends=attempts.ambiguous,
        maybe_paid_usd=attempts.ambiguous_usd,
        retries_usd=attempts.paid_usd,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
