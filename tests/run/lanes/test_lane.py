"""A lane against a scripted API, in time that never passes by itself."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import pytest

from evaluator.journal import Attempts
from evaluator.records import Failure, ModelSettings, Request, Response, Sampling, Usage
from evaluator.run.lanes import failures
from evaluator.run.lanes.failures import next_after
from evaluator.run.lanes.item import Attempt
from evaluator.run.lanes.lane import Lane

Api = Callable[[Request, float], Failure | None]


class Nobody:
    async def answer(self, request: Request) -> Response:
        raise AssertionError("a lane asks nobody itself")


def requests(n: int) -> list[Request]:
    return [
        Request(
            request_id=f"r{number}",
            probe_id=f"p{number}",
            model="server/m",
            prompt="none",
            repeat=0,
            messages=(),
            sampling=Sampling(),
        )
        for number in range(n)
    ]


class World:
    """Runs one lane with latencies and failures of choice; keeps what was sent when."""

    def __init__(self, n: int, *, concurrency: int = 100, latency_s: float = 1.0, **settings: object) -> None:
        model = ModelSettings(id="server/m", concurrency=concurrency, **settings)  # type: ignore[arg-type]
        self.lane = Lane(model, Nobody(), requests(n))
        self.latency_s = latency_s
        self.now = 0.0
        self.sent: list[tuple[float, str]] = []
        self.answered: set[str] = set()
        self.failed: set[str] = set()
        self._flying: list[tuple[float, int, Attempt]] = []
        self._count = itertools.count()

    def run(self, api: Api, *, until: float = 1e6) -> World:
        while not self.lane.is_over and self.now < until:
            while (attempt := self.lane.take(self.now)) is not None:
                self.sent.append((self.now, attempt.item.request.request_id))
                heapq.heappush(self._flying, (self.now + self.latency_s, next(self._count), attempt))
            self._pass_time()
            while self._flying and self._flying[0][0] <= self.now:
                self._land(heapq.heappop(self._flying)[2], api)
        while self._flying:
            self.now, _, attempt = heapq.heappop(self._flying)
            self._land(attempt, api)
        return self

    def _pass_time(self) -> None:
        wait_s = self.lane.wait_s(self.now)
        times = [self.now + wait_s] if wait_s is not None else []
        times += [self._flying[0][0]] if self._flying else []
        assert times or self.lane.is_over, "the lane would sleep for ever"
        self.now = max(min(times, default=self.now), self.now + 0.001)

    def _land(self, attempt: Attempt, api: Api) -> None:
        self.lane.release(attempt)
        request = attempt.item.request
        failure = api(request, attempt.sent_at)
        if failure is None:
            response = request.response(outcome="answered", text="x", usage=Usage(prompt_tokens=1))
            self.lane.on_answer(attempt, response, self.now)
            self.answered.add(request.request_id)
            return
        response = request.response(outcome="failed", failure=failure)
        if next_after(self.lane, attempt, response, self.now) == "final":
            self.failed.add(request.request_id)

    def in_window(self, start: float, end: float) -> int:
        return sum(start <= at < end for at, _ in self.sent)


def fails(kind: str, *, status: int | None = None, wait_s: float | None = None, maybe_paid: bool = False) -> Failure:
    return Failure(kind=kind, message=kind, status=status, wait_s=wait_s, maybe_paid=maybe_paid)  # type: ignore[arg-type]


def test_a_calm_lane_answers_all_in_the_time_its_limit_allows() -> None:
    world = World(1000).run(lambda request, at: None)
    assert len(world.answered) == len(world.sent) == 1000
    assert world.now <= 13, "20, 40, 80, then 100 at once"


def test_a_storm_of_429_is_one_pause_one_cut_and_one_probe() -> None:
    world = World(500)
    world.run(lambda request, at: fails("rate_limited", status=429, wait_s=30.0) if 2 <= at < 33 else None)
    storm_ends = next(at for at, _ in world.sent if at > 33)
    pauses = [at for at, _ in world.sent if 4 <= at <= storm_ends]
    assert len(pauses) <= 3, "single probes during the storm, not a hundred repetitions"
    assert world.in_window(storm_ends, storm_ends + 1) == 1, "one probe first"
    assert world.in_window(storm_ends + 1, storm_ends + 1.9) == 2, "then slowly"
    assert len(world.answered) == 500
    assert not world.failed, "no request is given up for a limit of its lane"


def test_an_outage_of_an_hour_costs_no_request_its_attempts() -> None:
    world = World(200, base_url="https://api.example.com/v1", max_attempts=2)
    world.run(lambda request, at: fails("transient") if 2 <= at < 3602 else None)
    assert len(world.answered) == 200
    assert world.in_window(10, 3600) < 120, "looked for about once a minute"


def test_an_overload_of_twenty_minutes_is_sat_out_with_few_requests() -> None:
    world = World(300, max_attempts=5)
    world.run(lambda request, at: fails("transient", status=529) if 2 <= at < 1202 else None)
    assert len(world.answered) == 300
    assert world.in_window(5, 1200) <= 15, "the breaker's pauses grow"


def test_a_request_that_always_fails_does_not_stop_the_others() -> None:
    world = World(100)
    world.run(lambda request, at: fails("transient", status=500) if request.request_id == "r7" else None)
    assert world.failed == {"r7"}
    assert len(world.answered) == 99
    assert sum(name == "r7" for _, name in world.sent) == 5


def test_a_failing_api_is_not_flooded_with_repetitions() -> None:
    """Half of all requests fail: repetitions are bounded by the budget and every request comes to an end."""
    coin = itertools.count()
    world = World(400, max_attempts=3)
    world.run(lambda request, at: fails("transient", status=500) if next(coin) % 2 else None)
    assert len(world.answered) + len(world.failed) == 400


def test_a_long_wish_to_wait_parks_the_lane() -> None:
    world = World(50)
    world.run(lambda request, at: fails("rate_limited", status=429, wait_s=3600.0) if at < 1 else None)
    assert len(world.answered) == 50
    assert 3600 <= world.sent[20][0] <= 3610


def test_a_wish_longer_than_the_patience_halts_and_says_when_to_resume() -> None:
    world = World(50)
    world.lane.max_wait_s = 600
    world.run(lambda request, at: fails("rate_limited", status=429, wait_s=3600.0))
    assert world.lane.halted is not None
    assert "3600 s" in world.lane.halted
    assert world.lane.resume_in_s == pytest.approx(3600, abs=10)
    assert not world.failed


@pytest.mark.parametrize("works_until", [0, 2])
def test_a_lane_without_answers_is_given_up_after_its_patience(works_until: float) -> None:
    world = World(150, max_attempts=100)
    world.run(lambda request, at: fails("transient", status=500) if at >= works_until else None)
    assert world.lane.halted is not None
    assert "no answer for" in world.lane.halted
    patience_s = world.lane.max_wait_s if works_until else failures.NEW_PATIENCE_S
    assert patience_s / 4 <= world.now <= patience_s + 5
    assert len(world.sent) < 200
    assert not world.failed


def test_a_stopped_server_on_this_machine_is_given_up_within_a_minute_or_two() -> None:
    world = World(250, base_url="http://127.0.0.1:8000/v1")
    world.run(lambda request, at: fails("transient") if at >= 1 else None)
    assert world.lane.halted is not None
    assert world.now < 2 * failures.HERE_PATIENCE_S


@pytest.mark.parametrize("works_until", [0, 1])
def test_a_server_on_this_machine_that_starts_anew_is_waited_for_as_long_as_was_said(works_until: float) -> None:
    world = World(250, base_url="http://127.0.0.1:8000/v1")
    world.lane.ready_s = 600.0
    world.run(lambda request, at: fails("transient") if works_until <= at < 400 else None)
    assert len(world.answered) == 250
    for_ever = World(250, base_url="http://127.0.0.1:8000/v1")
    for_ever.lane.ready_s = 600.0
    for_ever.run(lambda request, at: fails("transient") if at >= works_until else None)
    assert for_ever.lane.halted is not None
    assert 500 < for_ever.now < 700


def test_a_refused_key_halts_at_once_unless_it_worked_before() -> None:
    world = World(50)
    world.run(lambda request, at: fails("halted", status=401))
    assert world.lane.halted == "halted"
    assert len(world.sent) == 20, "one window"


def test_a_key_that_worked_is_looked_at_once_more() -> None:
    flaky = World(200).run(lambda request, at: fails("halted", status=401) if 2 <= at < 3 else None)
    assert flaky.lane.halted is None
    assert len(flaky.answered) == 200
    rotated = World(200).run(lambda request, at: fails("halted", status=401) if at >= 2 else None)
    assert rotated.lane.halted is not None
    assert not rotated.failed, "the rest stays pending"


def test_a_server_that_loads_its_model_is_waited_for_patiently() -> None:
    world = World(100, max_attempts=1)
    world.run(lambda request, at: fails("loading", status=503) if at < 300 else None)
    assert len(world.answered) == 100
    assert world.in_window(2, 299) <= 100


def test_a_challenge_page_halts_after_a_few_long_pauses() -> None:
    world = World(100)
    world.run(lambda request, at: fails("transient", status=403) if at > 0 else None)
    assert world.lane.halted is not None
    assert "does not let us through" in world.lane.halted
    assert len(world.sent) <= 20 + 40 + 3


def test_what_earlier_sessions_sent_is_not_forgotten() -> None:
    lane = Lane(
        ModelSettings(id="server/m", concurrency=1),
        Nobody(),
        requests(1),
        before={"r0": Attempts(sent=3, in_flight_usd=[None], maybe_paid_usd=[None])},
    )
    attempt = lane.take(0.0)
    assert attempt is not None
    assert (attempt.item.attempts.sent, attempt.item.attempts.ambiguous) == (3, 2)


def test_an_attempt_that_was_not_sent_after_all_leaves_no_trace() -> None:
    lane = Lane(ModelSettings(id="server/m", concurrency=1), Nobody(), requests(1))
    attempt = lane.take(0.0)
    assert attempt is not None
    lane.withdraw(attempt, 0.0)
    again = lane.take(0.0)
    assert again is not None
    assert (again.item.attempts.sent, lane.in_flight) == (0, 1)


@pytest.mark.parametrize("kind", ["malformed", "permanent", "loading", "rate_limited", "transient"])
def test_whatever_a_probe_brings_the_lane_goes_on(kind: str) -> None:
    """The first attempt after a pause fails in every way there is."""
    seen = {"probes": 0}

    def api(request: Request, at: float) -> Failure | None:
        if at < 1:
            return fails("rate_limited", status=429, wait_s=5.0)
        seen["probes"] += 1
        return fails(kind, status=500) if seen["probes"] == 1 else None

    world = World(60).run(api)
    assert len(world.answered) + len(world.failed) == 60
