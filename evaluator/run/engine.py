"""Ask every open request: concurrently, durably, and never forever.

A thin shell around the lanes, which decide what may be sent and what a failure means. The journal
decides what is done: an intent is on disk before a request is sent, and the response is handed to
the journal before anything else is made of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from evaluator.journal import Answered, FailedAttempt, Intent, JournalState, JournalWriter, Spare, trusted_cost_usd
from evaluator.protocols import Grader
from evaluator.providers.deadline import last_deadline_s
from evaluator.record_file import RecordFile, by_id
from evaluator.records import Failure, Probe, Request, Response, Verdict
from evaluator.run.bounds import Bounds
from evaluator.run.lanes.failures import next_after
from evaluator.run.lanes.item import Attempt, Item
from evaluator.run.lanes.lane import Lane
from evaluator.run.plan import ids_of, only
from evaluator.run.progress import Watcher
from evaluator.run.stated import answer_alone
from evaluator.run.watchdog import Watchdog

HARD_STOP_EXTRA_S = 5.0
"""How much later than its own deadline a provider is cut off."""
MOST_UNGRADED = 1000
"""Answers that wait for the grader before asking waits for it."""
TELL_PAUSE_S = 5.0
"""Shorter pauses are nobody's concern."""
DONE_OUTCOMES = frozenset({"answered", "refused", "blocked", "truncated", "malformed"})


def open_requests(requests: Sequence[Request], state: JournalState) -> Sequence[Request]:
    """Return the requests without a final response; failed ones are asked again."""
    outcomes = state.responses.outcomes(ids_of(requests))
    return only(requests, (outcome not in DONE_OUTCOMES for outcome in outcomes))


class Engine:
    """Works through lanes until nothing is open, everything is halted, or `stop` is called."""

    def __init__(
        self,
        journal: JournalWriter,
        probes: Sequence[Probe],
        grader: Grader,
        watcher: Watcher,
        verdicts: RecordFile[Verdict] | None = None,
    ) -> None:
        """`verdicts` gets what is graded here; the responses themselves are in the journal only."""
        self._journal = journal
        self._probes = by_id(probes, "probe_id")
        self._grader = grader
        self._watcher = watcher
        self._bounds = Bounds()
        self._lanes: Sequence[Lane] = ()
        self._wakes: dict[str, asyncio.Event] = {}
        self._is_stopping = False
        self.stopping = asyncio.Event()
        """Set when nothing more is to be sent."""
        self._n_reserved = 0
        self._settled = asyncio.Event()
        self._late: dict[str, dict[int, asyncio.Timeout]] = {}
        """Overdue attempts that may still be answered, by request id and number."""
        self._is_offline = self._is_asked = False
        self._stored: deque[Response] = deque()
        self._stored_one = asyncio.Event()
        self._told_halts: set[str] = set()
        self._watchdog = Watchdog(watcher)
        self._has_room = asyncio.Event()
        self._verdicts = verdicts

    def stop(self) -> None:
        """Send nothing more; what is in flight may finish."""
        self._is_stopping = True
        self.stopping.set()
        self._settled.set()
        for wake in self._wakes.values():
            wake.set()

    def keep(self, response: Response) -> None:
        """Put a final response on disk, then grade it."""
        self._journal.put(Answered(at=_now(), response=response), lambda: self._on_stored(response))

    async def room(self) -> None:
        """Wait until what was kept is on disk and most of it graded: for who keeps many at once.

        Raises:
            JournalError: If the journal cannot be written.
        """
        await self._journal.drain()
        await self._keep_up()

    async def ask(
        self, lanes: Sequence[Lane], bounds: Bounds | None = None, beside: Sequence[Coroutine[Any, Any, None]] = ()
    ) -> None:
        """Ask all lanes within `bounds`.

        Args:
            lanes: What is open.
            bounds: Of money and time; default: none of money.
            beside: Other work that keeps responses in the same journal; awaited like a lane.

        Raises:
            JournalError: If the journal cannot be written; what is on disk stays.
        """
        self._bounds, self._lanes = bounds or Bounds(), lanes
        self._wakes = {lane.settings.id: asyncio.Event() for lane in lanes}
        loop = asyncio.get_running_loop()
        if self._bounds.stop_at is not None:
            loop.call_at(self._bounds.stop_at, self._end_of_time)
        watching = loop.create_task(self._watchdog.run())
        try:
            async with asyncio.TaskGroup() as around:
                around.create_task(self._grade_all())
                async with asyncio.TaskGroup() as group:
                    for lane in lanes:
                        group.create_task(self._drive(lane, group))
                    for work in beside:
                        group.create_task(work)
                await self._journal.drain()
                self._is_asked = True
                self._stored_one.set()
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        finally:
            watching.cancel()

    async def _drive(self, lane: Lane, group: asyncio.TaskGroup) -> None:
        """Keep as many workers on the lane as it takes."""
        wake = self._wakes[lane.settings.id]
        while not lane.is_over and not self._is_stopping:
            await self._keep_up()
            now = _clock()
            while (attempt := lane.take(now)) is not None:
                group.create_task(self._work(lane, attempt, wake))
            wake.clear()
            await _sleep(wake, lane.wait_s(now))

    async def _work(self, lane: Lane, attempt: Attempt | None, wake: asyncio.Event) -> None:
        """Make one attempt after the other as long as the lane takes them."""
        while attempt is not None:
            await self._make(lane, attempt)
            await self._keep_up()
            attempt = None if self._is_stopping else lane.take(_clock())
            if attempt is None or lane.in_flight < lane.limit.value:
                wake.set()

    async def _keep_up(self) -> None:
        """Wait while more answers are in memory than should be: graders may be slower than models."""
        while len(self._stored) >= MOST_UNGRADED:
            self._has_room.clear()
            await self._has_room.wait()

    async def _make(self, lane: Lane, attempt: Attempt) -> None:
        if attempt.item.spare is not None:
            # It came between the decision to ask again and now: nothing is paid twice.
            lane.withdraw(attempt, _clock())
            self._use_spare(lane, attempt.item, attempt.item.spare)
            return
        if not await self._afford(lane, attempt):
            lane.withdraw(attempt, _clock())
            return
        await self._journal.append(_intent(attempt))
        response = await self._send(lane, attempt)
        lane.release(attempt)
        lane.listen(_clock())
        if attempt.is_overdue:
            self._take_late(lane, attempt, response)
            return
        self._settle(attempt, response)
        if response.failure is None:
            if lane.on_answer(attempt, response, _clock()):
                self._say_back(lane)
            self._finish(attempt.item, response)
        else:
            self._fail(lane, attempt, response)

    async def _afford(self, lane: Lane, attempt: Attempt) -> bool:
        """Reserve the cost of an attempt; wait for others to be settled where that could make room."""
        item = attempt.item
        attempt.most_usd = lane.most_usd(item.request)
        while (refusal := self._bounds.budget.reserve(item.request, attempt.most_usd)) is not None:
            if self._n_reserved == 0 or refusal.is_final:
                self._halt(lane, refusal.reason)
            if lane.halted is not None or self._is_stopping:
                return False
            self._settled.clear()
            await self._settled.wait()
        self._n_reserved += 1
        item.attempts.send(attempt.most_usd)
        attempt.number = item.attempts.sent
        return True

    def _settle(self, attempt: Attempt, response: Response) -> None:
        """Account for the end of an attempt, or for its deadline: from then on it may have been paid for nothing."""
        attempts = attempt.item.attempts
        attempts.end()
        if response.failure is not None:
            attempts.fail(response.failure, trusted_cost_usd(response), attempt.most_usd)
        self._n_reserved -= 1
        self._bounds.budget.settle(attempt.item.request, response)
        self._settled.set()

    async def _send(self, lane: Lane, attempt: Attempt) -> Response:
        """Await the answer; after the deadline the request goes on without it, but it may still come."""
        settings, request = lane.settings, attempt.item.request
        loop = asyncio.get_running_loop()
        hard_s = last_deadline_s(settings) + HARD_STOP_EXTRA_S
        self._watchdog.begin(attempt, settings)
        try:
            async with asyncio.timeout(hard_s) as hard:
                soft = loop.call_later(settings.timeout_s, self._on_overdue, lane, attempt, hard)
                try:
                    return await lane.provider.answer(request)
                finally:
                    soft.cancel()
        except TimeoutError:
            return overdue(request, settings.timeout_s)
        finally:
            self._watchdog.end(attempt)

    def _on_overdue(self, lane: Lane, attempt: Attempt, hard: asyncio.Timeout) -> None:
        request = attempt.item.request
        attempt.is_overdue, attempt.item.is_flying = True, False
        self._late.setdefault(request.request_id, {})[attempt.number] = hard
        response = overdue(request, lane.settings.timeout_s)
        self._settle(attempt, response)
        self._fail(lane, attempt, response)
        self._wakes[lane.settings.id].set()

    def _take_late(self, lane: Lane, attempt: Attempt, response: Response) -> None:
        """Use an answer that came after its deadline, if the request has none by then."""
        item = attempt.item
        self._late.get(item.request.request_id, {}).pop(attempt.number, None)
        if response.failure is not None:
            return
        response = with_flag(response, "late")
        if item.is_flying or (item.is_done and not item.has_failed):
            item.spare = response
            self._journal.put(Spare(at=_now(), attempt=attempt.number, response=response))
            return
        self._use_spare(lane, item, response)

    def _use_spare(self, lane: Lane, item: Item, response: Response) -> None:
        item.attempts.rescue()
        lane.forget(item)
        self._finish(item, response)

    def _fail(self, lane: Lane, attempt: Attempt, response: Response) -> None:
        """Record a failed attempt, and do with its request what the lane says."""
        item, failure = attempt.item, response.failure
        if failure is None:
            return
        n_closings = lane.gate.closings
        self._notice_offline()
        step = next_after(lane, attempt, response, _clock(), is_offline=self._is_offline)
        if item.spare is not None:
            self._use_spare(lane, item, item.spare)
        elif step == "final":
            self._finish(item, response)
        else:
            self._journal.put(_failed_attempt(attempt, response, failure))
        if lane.halted is not None:
            self._say_halt(lane)
        elif lane.gate.closings > n_closings:
            self._say_pause(lane)
        elif step == "again":
            self._watcher.on_retry(item.request, failure)

    def _finish(self, item: Item, response: Response) -> None:
        """Put the response on disk, then grade it; a cancelled caller does not lose it."""
        item.is_done, item.has_failed = True, response.failure is not None
        # Nobody waits for what can only be paid for and not used.
        for hard in self._late.pop(item.request.request_id, {}).values():
            hard.reschedule(_clock())
        self.keep(item.attempts.told_in(response))

    def _on_stored(self, response: Response) -> None:
        self._stored.append(response)
        self._stored_one.set()

    async def _grade_all(self) -> None:
        """Grade what the disk has, in small turns between which requests are sent."""
        while self._stored or not self._is_asked:
            await self._stored_one.wait()
            self._stored_one.clear()
            while self._stored:
                response = self._stored.popleft()
                verdict = self._grader.grade(self._probes[response.probe_id], answer_alone(response))
                if self._verdicts is not None:
                    self._verdicts.append(verdict)
                self._watcher.on_verdict(response, verdict)
                # Not after each: all that wait would wake up to find no room.
                if len(self._stored) <= MOST_UNGRADED // 2:
                    self._has_room.set()
                await asyncio.sleep(0)

    def _end_of_time(self) -> None:
        self._watcher.on_notice("the time is up: nothing more is sent, what is in flight may finish")
        self.stop()

    def _halt(self, lane: Lane, reason: str) -> None:
        lane.halt(reason)
        self._say_halt(lane)

    def _say_halt(self, lane: Lane) -> None:
        reason, lane_id = lane.halted, lane.settings.id
        if reason is None or lane_id in self._told_halts:
            return
        self._told_halts.add(lane_id)
        if lane.resume_in_s is not None:
            at = datetime.now().astimezone() + timedelta(seconds=lane.resume_in_s)
            reason = f"{reason}; resume it after {at:%Y-%m-%d %H:%M %Z}"
        self._watcher.on_halt(lane_id, reason)

    def _say_pause(self, lane: Lane) -> None:
        wait_s = lane.gate.wait_s(_clock()) or 0.0
        if wait_s >= TELL_PAUSE_S:
            self._watcher.on_notice(f"{lane.settings.id} pauses for {wait_s:.0f} s: {lane.gate.reason}")

    def _say_back(self, lane: Lane) -> None:
        if self._is_offline:
            self._is_offline = False
            self._watcher.on_notice(f"{lane.settings.id} answers again")

    def _notice_offline(self) -> None:
        """Several lanes that give no answers at the same time point at this machine's network."""
        open_lanes = [lane for lane in self._lanes if not lane.is_over]
        was, self._is_offline = self._is_offline, bool(open_lanes) and all(lane.is_down for lane in open_lanes)
        if self._is_offline and not was and len(open_lanes) > 1:
            self._watcher.on_notice("no model gives answers: is this machine offline? Waiting; nothing is lost")


def _intent(attempt: Attempt) -> Intent:
    request = attempt.item.request
    return Intent(
        request_id=request.request_id,
        model=request.model,
        probe_id=request.probe_id,
        attempt=attempt.number,
        at=_now(),
        most_usd=attempt.most_usd,
    )


def _failed_attempt(attempt: Attempt, response: Response, failure: Failure) -> FailedAttempt:
    return FailedAttempt(
        request_id=response.request_id,
        attempt=attempt.number,
        at=_now(),
        failure=failure,
        cost_usd=trusted_cost_usd(response),
    )


def overdue(request: Request, timeout_s: float) -> Response:
    """Return the failure of an attempt that gave no answer in time."""
    message = f"no answer within {timeout_s:g} s"
    failure = Failure(kind="transient", message=message, maybe_paid=True)
    return request.response(outcome="failed", detail=message, failure=failure)


def with_flag(response: Response, flag: str) -> Response:
    """Return `response` with one more flag."""
    return msgspec.structs.replace(response, flags=(*response.flags, flag))


def _first(failures: BaseExceptionGroup) -> BaseException:
    failure = failures.exceptions[0]
    return _first(failure) if isinstance(failure, BaseExceptionGroup) else failure


async def _sleep(wake: asyncio.Event, seconds: float | None) -> None:
    """Wait for `wake`, at most so many seconds."""
    try:
        async with asyncio.timeout(None if seconds is None else max(seconds, 0.001)):
            await wake.wait()
    except TimeoutError:
        return


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
