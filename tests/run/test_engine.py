"""The engine: bounded, isolated, durable; a failure is never an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from evaluator.journal import JournalWriter, read_journal
from evaluator.record_file import RecordFile
from evaluator.records import Failure, ModelSettings, Probe, Request, Response, Verdict
from evaluator.run import engine as engine_module
from evaluator.run.bounds import Bounds, Refusal
from evaluator.run.engine import Engine, open_requests
from evaluator.run.lanes import breaker, failures, retries
from evaluator.run.lanes.opening import open_lanes
from evaluator.run.plan import plan_requests
from evaluator.run.prompts import prompt_named
from evaluator.run.regrade import verdict_file

PROBES = [Probe(probe_id=f"p{n}", question=f"Question {n}?", targets=("x",)) for n in range(30)]
Answer = Callable[[Request, int], Awaitable[Response]]


def reply(request: Request, **fields: object) -> Response:
    given = {"outcome": "answered", "text": "x"} | fields
    return request.response(**given)


def failed(request: Request, kind: str, *, wait_s: float | None = None, maybe_paid: bool = False) -> Response:
    failure = Failure(kind=kind, message=kind, wait_s=wait_s, maybe_paid=maybe_paid)  # type: ignore[arg-type]
    return reply(request, outcome="failed", text="", failure=failure)


class ScriptedProvider:
    def __init__(self, script: Answer) -> None:
        self._script = script
        self.asked: list[str] = []
        self.in_flight = self.peak = 0

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.probe_id)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            return await self._script(request, self.asked.count(request.probe_id))
        finally:
            self.in_flight -= 1


class ExactGrader:
    name = "exact-1"

    def grade(self, probe: Probe, response: Response) -> Verdict:
        graded = {"label": "correct"} if response.outcome == "answered" else {"ungraded": response.outcome}
        return Verdict(
            request_id=response.request_id,
            probe_id=response.probe_id,
            model=response.model,
            prompt=response.prompt,
            repeat=response.repeat,
            grader=self.name,
            **graded,  # type: ignore[arg-type]
        )


class Notes:
    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.n_retries = 0
        self.halts: list[tuple[str, str]] = []
        self.notices: list[str] = []
        self.on_verdict_hook: Callable[[], None] = lambda: None

    def on_verdict(self, response: Response, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        self.on_verdict_hook()

    def on_retry(self, request: Request, failure: Failure) -> None:
        self.n_retries += 1

    def on_halt(self, model: str, reason: str) -> None:
        self.halts.append((model, reason))

    def on_notice(self, text: str) -> None:
        self.notices.append(text)


class Bench:
    """One journal, any number of lanes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.jsonl"
        self.bounds = Bounds()
        self.notes = Notes()
        self.verdicts: RecordFile[Verdict] | None = None

    def ask(self, **scripts: Answer) -> dict[str, ScriptedProvider]:
        return asyncio.run(self.ask_all(scripts))

    async def ask_all(self, scripts: dict[str, Answer]) -> dict[str, ScriptedProvider]:
        providers = {name: ScriptedProvider(script) for name, script in scripts.items()}
        state = read_journal(self.path)
        async with JournalWriter(self.path, state) as journal:
            engine = Engine(journal, PROBES, ExactGrader(), self.notes, self.verdicts)
            self.stop = engine.stop
            models = [
                ModelSettings(id=f"server/{name}", concurrency=4, timeout_s=0.3, max_attempts=3) for name in scripts
            ]
            requests = plan_requests(PROBES, models, [prompt_named("none")], repeats=1)
            by_id = {f"server/{name}": provider for name, provider in providers.items()}
            todo = open_requests(requests, state)
            await engine.ask(open_lanes(models, by_id, todo, state, self.bounds), self.bounds)
        return providers

    @property
    def outcomes(self) -> dict[str, str]:
        return {r.probe_id: r.outcome for r in read_journal(self.path).responses.values()}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(failures, "pause_s", lambda failure, closings, jitter: failure.wait_s or 0.01)
    monkeypatch.setattr(retries, "BACKOFF_FIRST_S", 0.001)
    monkeypatch.setattr(retries, "PER_SECOND", 1000.0)
    monkeypatch.setattr(breaker, "MOST_OPEN_S", 0.01)
    monkeypatch.setattr(breaker, "MOST_UNREACHABLE_S", 0.01)
    return Bench(tmp_path)


async def good(request: Request, n: int) -> Response:
    await asyncio.sleep(0.001)
    return reply(request)


def test_every_request_is_asked_once_and_concurrency_is_bounded(bench: Bench) -> None:
    provider = bench.ask(m=good)["m"]
    assert sorted(provider.asked) == sorted(probe.probe_id for probe in PROBES)
    assert provider.peak == 4
    assert set(bench.outcomes.values()) == {"answered"}
    assert len(bench.notes.verdicts) == len(PROBES)


def test_nothing_is_asked_again_when_all_is_answered(bench: Bench) -> None:
    bench.ask(m=good)
    assert bench.ask(m=good)["m"].asked == []


@pytest.mark.parametrize("kind", ["transient", "rate_limited", "malformed"])
def test_a_passing_failure_is_tried_again(bench: Bench, kind: str) -> None:
    async def script(request: Request, n: int) -> Response:
        return failed(request, kind) if n == 1 and request.probe_id == "p3" else reply(request)

    provider = bench.ask(m=script)["m"]
    assert provider.asked.count("p3") == 2
    assert bench.outcomes["p3"] == "answered"
    kept = next(r for r in read_journal(bench.path).responses.values() if r.probe_id == "p3")
    assert kept.attempts == 2


@pytest.mark.parametrize(("kind", "attempts"), [("transient", 3), ("malformed", 2), ("permanent", 1)])
def test_attempts_are_bounded_and_the_failure_is_recorded(bench: Bench, kind: str, attempts: int) -> None:
    async def script(request: Request, n: int) -> Response:
        return failed(request, kind, maybe_paid=True) if request.probe_id == "p3" else reply(request)

    assert bench.ask(m=script)["m"].asked.count("p3") == attempts
    assert bench.outcomes["p3"] == "failed"
    assert len([outcome for outcome in bench.outcomes.values() if outcome == "answered"]) == len(PROBES) - 1


def test_a_failed_request_is_asked_again_by_the_next_session(bench: Bench) -> None:
    async def script(request: Request, n: int) -> Response:
        return failed(request, "permanent") if request.probe_id == "p3" else reply(request)

    bench.ask(m=script)
    assert bench.ask(m=good)["m"].asked == ["p3"]
    assert bench.outcomes["p3"] == "answered"


def test_a_lane_halts_on_the_first_refused_key_and_others_go_on(bench: Bench) -> None:
    async def refuse(request: Request, n: int) -> Response:
        return failed(request, "halted")

    providers = bench.ask(bad=refuse, good=good)
    assert len(providers["bad"].asked) <= 4, "no more than one window of requests"
    assert len(providers["good"].asked) == len(PROBES)
    assert [model for model, _ in bench.notes.halts] == ["server/bad"]


def test_a_lane_halts_when_nothing_but_failures_comes(bench: Bench) -> None:
    async def down(request: Request, n: int) -> Response:
        return failed(request, "permanent")

    provider = bench.ask(m=down)["m"]
    assert len(provider.asked) <= failures.PERMANENT_TO_HALT + 4
    assert "failures in a row" in bench.notes.halts[0][1]


@pytest.mark.parametrize("sign", [{"finish_reason": "MALFORMED_RESPONSE"}, {"provider_request_id": "gen-1"}, {}])
def test_bad_generations_of_the_api_itself_do_not_halt_the_lane(bench: Bench, sign: dict[str, str]) -> None:
    async def bad(request: Request, n: int) -> Response:
        failure = Failure(kind="malformed", message="bad")
        return reply(request, outcome="malformed", text="", failure=failure, **sign)

    provider = bench.ask(m=bad)["m"]
    assert bool(bench.notes.halts) == (not sign)
    assert (len(provider.asked) == 2 * len(PROBES)) == bool(sign)


def test_a_wish_to_wait_for_two_hours_halts_the_lane_instead_of_sleeping(bench: Bench) -> None:
    async def wait(request: Request, n: int) -> Response:
        return failed(request, "rate_limited", wait_s=7200)

    bench.ask(m=wait)
    assert "asks to wait 7200 s" in bench.notes.halts[0][1]
    assert bench.outcomes == {}


def test_a_provider_that_never_answers_is_cut_off_and_may_have_been_paid(bench: Bench) -> None:
    async def hang(request: Request, n: int) -> Response:
        if request.probe_id == "p3" and n == 1:
            await asyncio.sleep(3600)
        return reply(request)

    bench.ask(m=hang)
    kept = next(r for r in read_journal(bench.path).responses.values() if r.probe_id == "p3")
    assert (kept.outcome, kept.attempts, kept.ambiguous_sends) == ("answered", 2, 1)


def test_after_stop_what_is_in_flight_is_kept_and_nothing_more_is_sent(bench: Bench) -> None:
    bench.notes.on_verdict_hook = lambda: bench.stop()
    provider = bench.ask(m=good)["m"]
    assert len(provider.asked) <= 8, "those in flight, and those sent while the first answer went to the disk"
    assert len(bench.outcomes) == len(provider.asked)


def test_stop_wakes_a_worker_that_waits_for_its_next_attempt(bench: Bench) -> None:
    async def script(request: Request, n: int) -> Response:
        if request.probe_id == "p3":
            bench.notes.on_verdict_hook = lambda: bench.stop()
            return failed(request, "rate_limited", wait_s=100)
        await asyncio.sleep(0.01)
        return reply(request)

    bench.ask(m=script)
    assert "p3" not in bench.outcomes


class Purse:
    """A budget of so many dollars; every attempt may cost up to 1 and costs 0.25, or nothing when it fails."""

    def __init__(self, dollars: float) -> None:
        self.dollars = dollars
        self.spent = self.reserved = self.most = 0.0

    def reserve(self, request: Request, most_usd: float | None) -> Refusal | None:
        if self.spent + self.reserved + 1 > self.dollars:
            return Refusal("the budget is used up")
        self.reserved += 1
        self.most = max(self.most, self.spent + self.reserved)
        return None

    def adopt(self, request: Request, most_usd: float | None) -> None:
        raise AssertionError("nothing is in flight")

    def settle(self, request: Request, response: Response) -> None:
        self.reserved -= 1
        self.spent += 0.25 if response.failure is None else 0.0


def test_a_budget_is_never_exceeded_and_what_it_leaves_out_stays_pending(bench: Bench) -> None:
    purse = Purse(3.1)
    bench.bounds = Bounds(budget=purse)
    provider = bench.ask(m=good)["m"]
    assert purse.most <= 3.1
    assert purse.reserved == 0
    assert len(provider.asked) == len(bench.outcomes) == 9, "asked until what is left is less than one attempt can cost"
    assert "budget" in bench.notes.halts[0][1]
    bench.bounds = Bounds()
    assert len(bench.ask(m=good)["m"].asked) == len(PROBES) - 9


def test_failed_attempts_give_their_reservation_back(bench: Bench) -> None:
    async def script(request: Request, n: int) -> Response:
        return failed(request, "transient", maybe_paid=True) if n < 3 else reply(request)

    purse = Purse(0.25 * len(PROBES) + 1)
    bench.bounds = Bounds(budget=purse)
    bench.ask(m=script)
    assert purse.reserved == 0
    assert purse.spent == 0.25 * len(PROBES)


def test_after_the_time_is_up_nothing_more_is_sent(bench: Bench) -> None:
    async def script(request: Request, n: int) -> Response:
        await asyncio.sleep(0.05)
        return reply(request)

    bench.bounds = Bounds(stop_at=time.monotonic() + 0.08)
    provider = bench.ask(m=script)["m"]
    assert 4 <= len(provider.asked) <= 16
    assert len(bench.outcomes) == len(provider.asked)
    assert "time is up" in bench.notes.notices[0]


def test_an_intent_is_on_disk_before_the_request_is_sent(bench: Bench) -> None:
    seen: list[bool] = []

    async def script(request: Request, n: int) -> Response:
        seen.append(request.request_id in bench.path.read_text())
        return reply(request)

    bench.ask(m=script)
    assert len(seen) == len(PROBES)
    assert all(seen)


def test_a_request_that_was_in_flight_at_a_death_is_counted_as_maybe_paid(bench: Bench) -> None:
    bench.ask(m=good)
    lines = bench.path.read_bytes().splitlines(keepends=True)
    without_last_answer = [line for line in lines if b'"response"' not in line or b'"p3"' not in line]
    bench.path.write_bytes(b"".join(without_last_answer))
    bench.ask(m=good)
    kept = next(r for r in read_journal(bench.path).responses.values() if r.probe_id == "p3")
    assert (kept.attempts, kept.ambiguous_sends) == (2, 1)


def test_asking_waits_for_a_grader_that_falls_behind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "MOST_UNGRADED", 5)
    at_once, held = asyncio.sleep, []

    async def slowly(seconds: float) -> None:
        # Between two answers that are graded; the provider below does not wait.
        await at_once(max(seconds, 0.01))

    monkeypatch.setattr(engine_module.asyncio, "sleep", slowly)

    async def quick(request: Request, n: int) -> Response:
        held.append(len(held) - len(bench.notes.verdicts))
        await at_once(0)
        return reply(request)

    bench.ask(m=quick)
    assert len(bench.notes.verdicts) == len(PROBES)
    # What is in flight, or on its way to the disk, when the limit is reached is on top of it.
    assert max(held) <= 5 + 2 * 4


def test_what_is_graded_is_kept_where_the_caller_wants_it(bench: Bench) -> None:
    bench.verdicts = verdict_file()
    bench.ask(m=good)
    assert {verdict.probe_id for verdict in bench.verdicts} == {probe.probe_id for probe in PROBES}
