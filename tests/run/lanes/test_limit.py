"""Adaptive concurrency: doubles at first, is cut once per cooldown, grows carefully after."""

from __future__ import annotations

from evaluator.run.lanes.limit import COOLDOWN_S, START, Limit


def rounds(limit: Limit, n: int, *, now: float = 0.0) -> list[int]:
    """The limit after each of `n` rounds in which all that may fly is answered."""
    seen = []
    for _ in range(n):
        in_flight = limit.value
        limit.on_send(in_flight)
        for left in range(in_flight, 0, -1):
            limit.on_answer(left - 1, now)
        seen.append(limit.value)
    return seen


def test_it_starts_at_twenty_and_doubles_every_round_up_to_its_ceiling() -> None:
    assert Limit(100).value == START
    assert rounds(Limit(100), 4) == [40, 80, 100, 100]
    assert Limit(4).value == 4


def test_it_does_not_grow_on_idle_evidence() -> None:
    limit = Limit(100)
    for _ in range(1000):
        limit.on_send(4)
        limit.on_answer(3, 0.0)
    assert limit.value == START


def test_a_storm_of_refusals_is_one_cut() -> None:
    limit = Limit(100)
    rounds(limit, 5)
    for _ in range(100):
        limit.on_overload(1.0)
    assert limit.value == 50
    limit.on_overload(1.0 + COOLDOWN_S)
    assert limit.value == 40


def test_after_a_cut_it_grows_by_a_twentieth_per_round() -> None:
    limit = Limit(1000, start=100)
    limit.on_overload(0.0)
    assert rounds(limit, 2, now=1.0) == [50, 50], "not during the cooldown"
    assert rounds(limit, 2, now=COOLDOWN_S) == [52, 55]


def test_it_never_falls_below_one() -> None:
    limit = Limit(5)
    for n in range(100):
        limit.on_overload(n * COOLDOWN_S)
    assert limit.value == 1


def test_after_a_pause_it_doubles_back_from_one_to_where_it_was_cut_to() -> None:
    limit = Limit(100)
    rounds(limit, 5)
    limit.on_overload(0.0)
    limit.restart()
    assert limit.value == 1
    assert rounds(limit, 7, now=1.0) == [2, 4, 8, 16, 32, 50, 50]
