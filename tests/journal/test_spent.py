"""What a journal says was spent: every attempt once, with its cost or the most it can have cost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from evaluator.journal import (
    PER_USD,
    Answered,
    Attempts,
    Expense,
    FailedAttempt,
    Intent,
    JournalWriter,
    Spent,
    read_journal,
)
from evaluator.journal.entries import Entry
from evaluator.records import Failure, Response

AT = "2026-11-24T00:00:00+00:00"


def intent(attempt: int = 1, most_usd: float | None = 0.5, request_id: str = "r") -> Intent:
    return Intent(request_id=request_id, model="m", probe_id="p", attempt=attempt, at=AT, most_usd=most_usd)


def failed(*, maybe_paid: bool, cost_usd: float | None = None) -> FailedAttempt:
    failure = Failure(kind="transient", message="x", maybe_paid=maybe_paid)
    return FailedAttempt(request_id="r", at=AT, failure=failure, cost_usd=cost_usd)


def answered(request_id: str = "r", **fields: object) -> Answered:
    told: dict[str, object] = {"outcome": "answered", "text": "x"} | fields
    response = Response(request_id=request_id, probe_id="p", model="m", prompt="none", repeat=0, **told)  # type: ignore[arg-type]
    return Answered(at=AT, response=response)


def spent(folder: Path, *entries: Entry) -> tuple[float, float, int]:
    path = folder / "journal.jsonl"
    path.unlink(missing_ok=True)

    async def write() -> None:
        async with JournalWriter(path, read_journal(path)) as journal:
            for entry in entries:
                await journal.append(entry)

    asyncio.run(write())
    found = read_journal(path).spent
    return found.known / PER_USD, found.bound / PER_USD, found.n_unbounded


GAVE_UP = Failure(kind="transient", message="x", maybe_paid=True)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], (0, 0, 0)),
        ([intent(), answered(cost_usd=0.1)], (0.1, 0, 0)),
        ([intent(), answered()], (0, 0.5, 0)),
        ([intent(most_usd=None), answered()], (0, 0, 1)),
        ([intent(most_usd=None), answered(cost_usd=0.1)], (0.1, 0, 0)),
        # In flight at a death, then answered; or still open.
        ([intent(), intent(2), answered(cost_usd=0.1)], (0.1, 0.5, 0)),
        ([intent(), intent(2)], (0, 1.0, 0)),
        ([intent(most_usd=None)], (0, 0, 1)),
        ([intent(), failed(maybe_paid=False)], (0, 0, 0)),
        ([intent(), failed(maybe_paid=True)], (0, 0.5, 0)),
        ([intent(), failed(maybe_paid=True, cost_usd=0.2)], (0.2, 0, 0)),
        ([intent(), failed(maybe_paid=True), intent(2), answered(cost_usd=0.1, maybe_paid_usd=0.5)], (0.1, 0.5, 0)),
        # A request that failed for good and is asked again counts its earlier attempts once.
        ([intent(), answered(outcome="failed", failure=GAVE_UP), intent(2), answered(cost_usd=0.1)], (0.1, 0.5, 0)),
        # Taken over from another run: nothing was sent.
        ([answered(cost_usd=9.0)], (0, 0, 0)),
        ([Expense(at=AT, model="m", what="preflight", cost_usd=0.01)], (0.01, 0, 0)),
        ([intent(request_id="a"), intent(request_id="b"), answered("a", cost_usd=0.1)], (0.1, 0.5, 0)),
    ],
    ids=range(16),
)
def test_every_attempt_is_counted_once(
    tmp_path: Path, entries: list[Entry], expected: tuple[float, float, int]
) -> None:
    assert spent(tmp_path, *entries) == expected


def test_sums_are_exact_in_any_order() -> None:
    many = [Spent() for _ in range(2)]
    for n in range(1000):
        many[0].add(0.1 + n * 1e-9, None)
        many[1].add(0.1 + (999 - n) * 1e-9, None)
    assert many[0] == many[1]


def test_one_unknown_attempt_makes_the_sum_unknown() -> None:
    attempts = Attempts()
    assert attempts.ambiguous_usd is None
    attempts.send(0.5)
    attempts.fail(GAVE_UP, None, attempts.end())
    attempts.send(0.25)
    assert (attempts.ambiguous, attempts.ambiguous_usd) == (2, 0.75)
    attempts.send(None)
    assert (attempts.ambiguous, attempts.ambiguous_usd) == (3, None)


def test_a_last_failure_says_its_own_cost_once() -> None:
    attempts = Attempts()
    for cost_usd in (0.25, 0.5):
        attempts.send(1.0)
        attempts.fail(GAVE_UP, cost_usd, attempts.end())
    last = answered(outcome="failed", cost_usd=0.5, failure=GAVE_UP).response
    assert attempts.told_in(last).retries_usd == 0.25
    assert attempts.told_in(answered(cost_usd=0.125).response).retries_usd == 0.75
