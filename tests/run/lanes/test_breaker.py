"""Passing failures that are too many to be chance pause the lane."""

from __future__ import annotations

from evaluator.run.lanes.breaker import ENOUGH, IN_A_ROW, UNSENT_IN_A_ROW, Breaker


def test_it_trips_on_failures_in_a_row() -> None:
    breaker = Breaker()
    assert [breaker.on_failure(was_sent=True) for _ in range(IN_A_ROW)] == [False] * (IN_A_ROW - 1) + [True]


def test_it_trips_early_when_nothing_can_even_be_sent() -> None:
    breaker = Breaker()
    assert [breaker.on_failure(was_sent=False) for _ in range(UNSENT_IN_A_ROW)] == [False, False, True]


def test_an_answer_now_and_then_keeps_it_closed() -> None:
    breaker = Breaker()
    for _ in range(200):
        breaker.on_answer()
        assert not breaker.on_failure(was_sent=True)


def test_it_trips_when_most_attempts_fail() -> None:
    breaker = Breaker()
    tripped = []
    for _ in range(ENOUGH):
        breaker.on_answer()
        tripped += [breaker.on_failure(was_sent=True) for _ in range(3)]
    assert any(tripped)


def test_its_pauses_grow_to_a_limit() -> None:
    assert [Breaker.open_s(n, was_sent=False) for n in (0, 1, 2, 10, 10_000)] == [1, 2, 4, 60, 60]
