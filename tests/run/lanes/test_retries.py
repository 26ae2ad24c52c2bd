"""Waits follow the server or grow with jitter, and repetitions have a budget."""

from __future__ import annotations

import random

import pytest

from evaluator.records import Failure
from evaluator.run.lanes.retries import AT_ONCE, PER_SECOND, SHARE, RetryBudget, backoff_s, pause_s


def test_backoff_grows_with_full_jitter_to_a_ceiling() -> None:
    jitter = random.Random(1)
    waits = [backoff_s(n, jitter=jitter) for n in range(1, 2000)]
    assert 0.1 <= waits[0] <= 0.5
    assert max(waits) <= 30
    assert min(waits[8:]) >= 7.5


@pytest.mark.parametrize("wait_s", [0.001, 7.0, 3600.0])
def test_a_pause_is_at_least_what_the_server_asks_and_a_little_more(wait_s: float) -> None:
    asked = Failure(kind="rate_limited", message="", wait_s=wait_s)
    found = [pause_s(asked, 3, jitter=random.Random(n)) for n in range(50)]
    assert all(max(wait_s, 0.05) <= pause <= max(wait_s, 0.05) + min(0.15 * max(wait_s, 0.05), 5) for pause in found)
    assert len(set(found)) > 40, "lanes told the same do not come back at once"


def test_a_pause_without_a_wish_grows_to_a_minute() -> None:
    own = Failure(kind="rate_limited", message="")
    waits = [pause_s(own, n, jitter=random.Random(n)) for n in range(30)]
    assert 0.5 <= waits[0] <= 1
    assert 30 <= waits[-1] <= 60


def test_repetitions_are_a_share_of_first_attempts() -> None:
    budget = RetryBudget()
    budget.wait_s(0.0)
    made = 0
    for _ in range(1000):
        budget.on_first_attempt()
        if budget.wait_s(0.0) == 0:
            budget.spend()
            made += 1
    assert SHARE * 1000 <= made <= SHARE * 1000 + AT_ONCE


def test_without_first_attempts_repetitions_come_slowly() -> None:
    budget = RetryBudget()
    while budget.wait_s(0.0) == 0:
        budget.spend()
    assert budget.wait_s(0.0) == pytest.approx(1 / PER_SECOND)
    assert budget.wait_s(1 / PER_SECOND) == pytest.approx(0.0, abs=1e-9)
