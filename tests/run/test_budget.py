"""The cap on spending: never exceeded, by the ledger of who sends the bill."""

from __future__ import annotations

import asyncio
import math
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.journal import PER_USD, JournalWriter, Spent, read_journal
from evaluator.money import Price
from evaluator.records import Failure, ModelSettings, Probe, Request, Response, Sampling
from evaluator.run.bounds import Bounds, Unlimited
from evaluator.run.budget import LOOK_AFTER, Outlook, SpendCap
from evaluator.run.engine import Engine, open_requests
from evaluator.run.lanes import breaker, retries
from evaluator.run.lanes.lane import Lane
from evaluator.run.plan import plan_requests
from evaluator.run.prompts import prompt_named
from tests.run.test_engine import ExactGrader, Notes

PROBES = [Probe(probe_id=f"p{n}", question=f"Question {n}?", targets=("x",)) for n in range(40)]


def model(name: str, *, completion: float, concurrency: int = 4, max_attempts: int = 3) -> ModelSettings:
    return ModelSettings(
        id=f"server/{name}",
        sampling=Sampling(max_tokens=1000),
        concurrency=concurrency,
        max_attempts=max_attempts,
        price=Price(prompt=1.0, completion=completion),
    )


class Biller:
    """A provider that bills at random, answers or fails, and keeps the only true ledger."""

    def __init__(self, seed: int, share_failed: float) -> None:
        self.random = random.Random(seed)
        self.share_failed = share_failed
        self.billed: list[int] = []
        self.most_usd = 0.0

    async def answer(self, request: Request) -> Response:
        draw = self.random.random()
        cost = self.most_usd * self.random.random() ** 0.5
        if draw >= self.share_failed / 3:
            # Billed as soon as it is sent: also when nobody is there any more to hear the answer.
            self.billed.append(math.floor(cost * PER_USD))
        await asyncio.sleep(self.random.random() * 0.002)
        if draw < self.share_failed / 3:
            return self.failed(request, maybe_paid=False)
        if draw < self.share_failed * 2 / 3:
            return self.failed(request, maybe_paid=True)
        if draw < self.share_failed:
            return request.response(outcome="answered", text="x")
        return request.response(outcome="answered", text="x", cost_usd=cost)

    def failed(self, request: Request, *, maybe_paid: bool) -> Response:
        failure = Failure(kind="transient", message="x", maybe_paid=maybe_paid)
        return request.response(outcome="failed", failure=failure)


async def one_session(
    path: Path,
    models: list[ModelSettings],
    biller: Biller,
    cap: float,
    kill_after: int,
    *,
    allow_unknown: bool = False,
) -> None:
    """Ask until done, or until the process would have died."""
    state = read_journal(path)
    budget = SpendCap(cap, state.spent, outlook=Outlook(goes_on=True), allow_unknown=allow_unknown)
    if isinstance(biller, Teller):
        biller.budget = budget
    async with JournalWriter(path, state) as journal:
        engine = Engine(journal, PROBES, ExactGrader(), Notes())
        lanes = []
        for each in models:
            requests = plan_requests(PROBES, [each], [prompt_named("none")], repeats=1)
            lanes.append(Lane(each, biller, open_requests(requests, state), before=state.open_attempts))
            biller.most_usd = min(filter(None, map(lanes[0].most_usd, requests)), default=biller.most_usd)
        task = asyncio.create_task(engine.ask(lanes, Bounds(budget=budget)))
        while not task.done():
            await asyncio.sleep(0.001)
            assert allow_unknown or sum(biller.billed) <= cap * PER_USD
            if len(biller.billed) >= kill_after:
                task.cancel()
                break
        await asyncio.gather(task, return_exceptions=True)


def hurry(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retries, "BACKOFF_FIRST_S", 0.0005)
    patch.setattr(retries, "PER_SECOND", 100_000.0)
    patch.setattr(breaker, "MOST_OPEN_S", 0.001)
    patch.setattr(breaker, "MOST_UNREACHABLE_S", 0.001)


any_run = given(
    seed=st.integers(0, 2**32),
    cap=st.floats(0.001, 1.5),
    share_failed=st.floats(0, 0.9),
    concurrency=st.integers(1, 30),
    kills=st.lists(st.integers(1, 40), max_size=3),
)
a_few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@a_few
@any_run
def test_the_cap_is_never_exceeded_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    cap: float,
    share_failed: float,
    concurrency: int,
    kills: list[int],
) -> None:
    path = tmp_path_factory.mktemp("cap") / "journal.jsonl"
    biller = Biller(seed, share_failed)
    models = [model("a", completion=40.0, concurrency=concurrency), model("b", completion=90.0)]
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        for kill_after in [*(len(biller.billed) + kill for kill in kills), 10**9]:
            asyncio.run(one_session(path, models, biller, cap, kill_after))
    billed = sum(biller.billed)
    assert billed <= cap * PER_USD
    assert billed <= read_journal(path).spent.most <= math.floor(cap * PER_USD)


def request_to(each: ModelSettings, n: int = 0) -> Request:
    return plan_requests(PROBES, [each], [prompt_named("none")], repeats=1)[n]


def pay(cap: SpendCap, request: Request, cost_usd: float | None, most_usd: float | None = 0.1, **more: object) -> None:
    assert cap.reserve(request, most_usd) is None
    cap.settle(request, request.response(outcome="answered", cost_usd=cost_usd, **more))


def test_a_reservation_is_replaced_by_the_cost_and_an_unknown_cost_by_the_most() -> None:
    cap, each = SpendCap(1.0, Spent()), model("a", completion=1.0)
    pay(cap, request_to(each), 0.01)
    assert cap.spent_usd == pytest.approx(0.01)
    pay(cap, request_to(each), None)
    assert cap.spent_usd == pytest.approx(0.11)
    request = request_to(each)
    assert cap.reserve(request, 0.95) is not None
    assert cap.reserve(request, 0.89) is None
    cap.settle(request, request.response(outcome="failed", failure=Failure(kind="transient", message="x")))
    assert cap.spent_usd == pytest.approx(0.11)


def test_what_has_no_price_is_refused_or_counted_as_untold() -> None:
    request = request_to(model("a", completion=1.0))
    refusal = SpendCap(1.0, Spent()).reserve(request, None)
    assert refusal is not None
    assert refusal.is_final
    open_handed = SpendCap(1.0, Spent(), allow_unknown=True)
    assert open_handed.reserve(request, None) is None
    open_handed.settle(request, request.response(outcome="answered"))
    assert (open_handed.spent_usd, open_handed.spent.n_unbounded) == (0, 1)


def test_row_71_an_odd_cost_is_not_trusted_and_ends_its_model_only() -> None:
    cap, odd, other = SpendCap(1.0, Spent()), model("a", completion=1.0), model("b", completion=1.0)
    pay(cap, request_to(odd), None, flags=("cost_odd",), reported_usd=1e9)
    assert cap.spent_usd == pytest.approx(0.1)
    refusal = cap.reserve(request_to(odd, 1), 0.1)
    assert refusal is not None
    assert refusal.is_final
    assert "1,000,000,000.0000 USD for one answer" in refusal.reason
    assert cap.reserve(request_to(other), 0.1) is None


def test_row_71_a_cost_that_cannot_be_is_told_once_and_the_price_bounds_it() -> None:
    told: list[str] = []
    cap, each = SpendCap(1.0, Spent(), on_notice=told.append), model("a", completion=1.0)
    for n in range(3):
        pay(cap, request_to(each, n), 0.02, flags=("cost_odd",))
    assert cap.spent_usd == pytest.approx(0.3)
    assert told == ["server/a: it reports a cost that cannot be one; it is not believed, its price counts"]


def test_row_71_without_a_cap_an_odd_cost_is_told_once() -> None:
    told: list[str] = []
    budget, request = Unlimited(on_notice=told.append), request_to(model("a", completion=1.0))
    for _ in range(2):
        budget.settle(request, request.response(outcome="answered", flags=("cost_odd",), reported_usd=1e9))
    assert len(told) == 1
    assert "1,000,000,000.0000 USD for one answer, far above any model costs" in told[0]
    assert "nothing is counted for it" in told[0]


def test_what_is_reported_of_an_unknown_price_counts_and_the_dearest_is_set_aside_for_the_next() -> None:
    cap, each = SpendCap(1.0, Spent(), allow_unknown=True), request_to(model("a", completion=1.0))
    for cost in (0.3, 0.1, 0.2):
        pay(cap, each, cost, most_usd=None)
    assert cap.spent_usd == pytest.approx(0.6)
    pay(cap, each, 0.25, most_usd=None)
    refusal = cap.reserve(each, None)
    assert refusal is not None
    assert "the next request could cost up to $0.3000; $0.8500 of 1 USD are spent" in refusal.reason


@pytest.mark.parametrize("cost", [1.0, 7.0])
def test_nothing_is_sent_once_what_is_reported_reaches_the_cap(cost: float) -> None:
    cap, each = SpendCap(1.0, Spent(), allow_unknown=True), request_to(model("a", completion=1.0))
    pay(cap, each, cost, most_usd=None)
    for again in (cap, SpendCap(1.0, cap.spent, allow_unknown=True)):
        refusal = again.reserve(each, None)
        assert refusal is not None
        assert f"${cost:.4f} of 1 USD are spent" in refusal.reason


class Teller(Biller):
    """Bills what nobody knows the price of, and reports most of its costs."""

    def __init__(self, seed: int, share_failed: float) -> None:
        super().__init__(seed, share_failed)
        self.told: list[int] = []
        self.n_after_the_cap = 0
        self.budget = SpendCap(1.0, Spent())

    async def answer(self, request: Request) -> Response:
        self.n_after_the_cap += self.budget.spent.most >= self.budget.max_usd * PER_USD
        response = await super().answer(request)
        if response.cost_usd is not None:
            self.told.append(math.floor(response.cost_usd * PER_USD))
        return response


@a_few
@any_run
def test_of_an_unknown_price_no_more_than_what_is_in_flight_passes_the_cap(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    cap: float,
    share_failed: float,
    concurrency: int,
    kills: list[int],
) -> None:
    path = tmp_path_factory.mktemp("cap") / "journal.jsonl"
    teller = Teller(seed, share_failed)
    teller.most_usd = 0.05
    models = [
        msgspec.structs.replace(model(name, completion=1.0, concurrency=concurrency), price=None) for name in "ab"
    ]
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        for kill_after in [*(len(teller.billed) + kill for kill in kills), 10**9]:
            asyncio.run(one_session(path, models, teller, cap, kill_after, allow_unknown=True))
    # What a dying process had been told and not written is not more than what was in flight.
    n_in_flight = 2 * concurrency * (1 + len(kills))
    assert sum(teller.told) <= cap * PER_USD + n_in_flight * 0.05 * PER_USD
    assert teller.n_after_the_cap <= n_in_flight
    spent = read_journal(path).spent
    n_before = len(teller.billed)
    asyncio.run(one_session(path, models, teller, cap, 10**9, allow_unknown=True))
    if spent.most >= cap * PER_USD:
        assert len(teller.billed) == n_before, "a later session sends nothing"


def spend_twenty(planned_each: float | None, *, cost: float, goes_on: bool = False) -> tuple[SpendCap, list[str]]:
    told: list[str] = []
    each = model("a", completion=1.0)
    planned = {} if planned_each is None else {each.id: planned_each}
    outlook = Outlook({each.id: 1000}, planned, goes_on=goes_on)
    cap = SpendCap(10.0, Spent(), outlook=outlook, on_notice=told.append)
    for n in range(LOOK_AFTER):
        pay(cap, request_to(each, n), cost * (1 + n % 2 / 10))
    return cap, told


def test_row_118_a_run_that_costs_far_more_than_planned_is_stopped_after_twenty_answers() -> None:
    cap, told = spend_twenty(0.001, cost=0.05)
    refusal = cap.reserve(request_to(model("a", completion=1.0)), 0.1)
    assert refusal is not None
    assert refusal.is_final
    assert "after 20 answers the rest is expected to cost $51.4500" in refusal.reason
    assert told == []


@pytest.mark.parametrize(("planned_each", "goes_on"), [(0.001, True), (0.03, False), (None, False)])
def test_row_118_who_knew_of_it_or_wants_it_is_only_told(planned_each: float | None, goes_on: bool) -> None:
    cap, told = spend_twenty(planned_each, cost=0.05, goes_on=goes_on)
    assert cap.reserve(request_to(model("a", completion=1.0)), 0.1) is None
    assert len(told) == 1
    assert "will stop before the end" in told[0]


def test_row_118_a_run_that_fits_goes_on_in_silence() -> None:
    cap, told = spend_twenty(0.0001, cost=0.005)
    assert cap.reserve(request_to(model("a", completion=1.0)), 0.1) is None
    assert told == []


def test_the_dearest_host_of_a_router_is_what_an_attempt_can_cost() -> None:
    class Routed:
        dearest = Price(prompt=100.0, completion=200.0)

        async def answer(self, request: Request) -> Response:
            raise AssertionError("nobody is asked")

    each = model("a", completion=1.0)
    listed, routed = Lane(each, Biller(0, 0.0), []), Lane(each, Routed(), [])
    request = request_to(each)
    assert (routed.most_usd(request) or 0) > 1000 * 200e-6 > (listed.most_usd(request) or 0)
    unlisted = ModelSettings(id="server/m", sampling=Sampling(max_tokens=10))
    assert Lane(unlisted, Biller(0, 0.0), []).most_usd(request_to(unlisted)) is None
    assert Lane(unlisted, Routed(), []).most_usd(request_to(unlisted)) is not None
