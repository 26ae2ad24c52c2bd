"""What must hold whatever happens: answers, faults, deaths and resumes in any order, against the server's own ledger.

I1 nothing that was answered is lost, I2 nothing is paid twice in silence, I3 a fault is never a label, I4 everything
ends, I5 a bad lane does not touch a good one, I6 a resume completes, I7 the counts add up, I9 the same bytes are sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator.errors import JournalError
from evaluator.journal import JournalWriter, read_journal
from evaluator.journal import write as write_module
from evaluator.records import Failure, ModelSettings, Probe, Request, Response
from evaluator.run.bounds import Bounds
from evaluator.run.engine import DONE_OUTCOMES, Engine, open_requests
from evaluator.run.lanes import breaker, failures, retries
from evaluator.run.lanes.opening import open_lanes
from evaluator.run.plan import plan_requests
from evaluator.run.prompts import prompt_named
from tests.run.test_engine import ExactGrader, Notes

PROBES = [Probe(probe_id=f"p{n}", question=f"Question {n}?", targets=("x",)) for n in range(12)]
KINDS = ("transient", "rate_limited", "loading", "malformed")


class Server:
    """Answers or fails at random, and keeps the only true ledger: a request is paid once it is answered here."""

    def __init__(self, seed: int, share_failed: float, share_late: float) -> None:
        self._random = random.Random(seed)
        self._share_failed = share_failed
        self._share_late = share_late
        self.is_well = False
        self.paid: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.received: set[str] = set()
        """Requests whose answer reached the client."""
        self.bytes_of: dict[str, set[bytes]] = {}

    async def answer(self, request: Request) -> Response:
        self.asked[request.request_id] += 1
        self.bytes_of.setdefault(request.request_id, set()).add(msgspec.json.encode(request.messages))
        draw = self._random.random()
        is_late = not self.is_well and self._random.random() < self._share_late
        # Paid for as soon as it is sent, also when nobody is there any more to hear the answer.
        is_failing = not self.is_well and draw < self._share_failed
        is_billed = not is_failing or draw < self._share_failed / 2
        self.paid[request.request_id] += is_billed
        await asyncio.sleep(0.03 if is_late else self._random.random() * 0.002)
        if is_failing:
            kind = self._random.choice(KINDS)
            failure = Failure(kind=kind, message="x", status=500, maybe_paid=is_billed)  # type: ignore[arg-type]
            return request.response(outcome="failed", failure=failure)
        self.received.add(request.request_id)
        return request.response(outcome="answered", text="x", provider_request_id="id")


class Broken:
    """A lane that never works."""

    async def answer(self, request: Request) -> Response:
        return request.response(outcome="failed", failure=Failure(kind="halted", message="no", status=401))


MODELS = [ModelSettings(id=f"server/{name}", concurrency=4, timeout_s=0.02, max_attempts=3) for name in ("good", "bad")]
REQUESTS = plan_requests(PROBES, MODELS, [prompt_named("none")], repeats=1)
OURS = [request for request in REQUESTS if request.model == "server/good"]


async def session(path: Path, server: Server, kill_after: int | None) -> Engine:
    """Ask until done, or until the process would have died after so many requests."""
    state = read_journal(path)
    todo = open_requests(REQUESTS, state)
    async with JournalWriter(path, state) as journal:
        engine = Engine(journal, PROBES, ExactGrader(), Notes())
        bounds = Bounds()
        providers = {"server/good": server, "server/bad": Broken()}
        task = asyncio.create_task(engine.ask(open_lanes(MODELS, providers, todo, state, bounds), bounds))
        while not task.done():
            await asyncio.sleep(0.0005)
            if kill_after is not None and sum(server.asked.values()) >= kill_after:
                task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return engine


def tear(path: Path, n_bytes: int) -> None:
    """Cut off what a dying process might not have written: the end of a last line that nobody waited for.

    An intent was waited for before its request was sent, so it is on the disk or the request never left.
    """
    data = path.read_bytes()
    last_line = data.rstrip(b"\n").rfind(b"\n") + 1
    if not data[last_line:].startswith((b'{"kind":"intent"', b'{"kind":"torn"')):
        path.write_bytes(data[: max(len(data) - n_bytes, last_line)])


@pytest.fixture(autouse=True, scope="module")
def hurry() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retries, "BACKOFF_FIRST_S", 0.001)
        patch.setattr(retries, "PER_SECOND", 100_000.0)
        patch.setattr(breaker, "MOST_OPEN_S", 0.002)
        patch.setattr(failures, "LOADING_S", 0.002)
        patch.setattr(failures, "pause_s", lambda failure, closings, jitter: 0.002)
        # The disk is real elsewhere; here it must be fast.
        patch.setattr(write_module.os, "fsync", lambda _: None)
        yield


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    share_failed=st.floats(0, 0.8),
    share_late=st.floats(0, 0.2),
    deaths=st.lists(st.tuples(st.integers(1, 25), st.integers(0, 300)), max_size=4),
)
def test_the_invariants_hold(
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    share_failed: float,
    share_late: float,
    deaths: list[tuple[int, int]],
) -> None:
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    server = Server(seed, share_failed, share_late)
    for n_before, (more, n_torn) in enumerate(deaths):
        before = set(server.received)
        asyncio.run(session(path, server, sum(server.asked.values()) + more))
        known = set(read_journal(path).responses)
        assert len(before - known) <= n_before, "I1: of an earlier session, no more is lost than was torn off"
        tear(path, n_torn)
    asyncio.run(session(path, server, None))
    server.is_well = True
    for _ in range(3):
        asyncio.run(session(path, server, None))
    check(path, server, n_deaths=len(deaths))


def check(path: Path, server: Server, n_deaths: int) -> None:
    state = read_journal(path)
    responses = {r.request_id: r for r in state.responses.values() if r.model == "server/good"}
    assert set(responses) == {request.request_id for request in OURS}, "I6: a resume completes"
    assert all(response.outcome in DONE_OUTCOMES for response in responses.values())
    assert all(r.outcome == "answered" or not r.text for r in responses.values()), "I3: no fault has a text to grade"
    for request_id, n_paid in server.paid.items():
        told = responses[request_id]
        assert n_paid <= told.attempts, "I2: every send is told"
        assert n_paid - 1 <= told.ambiguous_sends, "I2: what was paid beside the answer is told as maybe paid"
    assert all(len(found) == 1 for found in server.bytes_of.values()), "I9"
    bad = [r for r in state.responses.values() if r.model == "server/bad"]
    assert bad == [], "I5, I7: the broken lane has no final response, so its requests are pending"


@given(data=st.data())
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_journal_cut_at_every_byte_opens_or_names_its_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = folder / "journal.jsonl"
    asyncio.run(session(path, Server(data.draw(st.integers(0, 999)), 0.5, 0.2), 10))
    whole = path.read_bytes()[:1500]
    n_before = -1
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        n_known = len(read_journal(path).responses)
        assert n_known >= n_before, "a longer journal knows no less"
        n_before = n_known
    # Not in the last two lines: the end of a file may be torn.
    hole = data.draw(st.integers(0, max(whole.rfind(b"\n", 0, whole.rfind(b"\n", 0, -1)) - 1, 0)))
    path.write_bytes(whole[:hole] + b"\x00" + whole[hole + 1 :])
    with pytest.raises(JournalError, match=r"journal\.jsonl:\d+: "):
        read_journal(path)
