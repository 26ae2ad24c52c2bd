"""The gate of a lane: closed for a time, one probe first, and old news is no news."""

from __future__ import annotations

from evaluator.run.lanes.gate import Gate


def closed(until: float = 10.0) -> Gate:
    gate = Gate()
    assert gate.close(until, "full", now=0.0, sent_at=0.0)
    return gate


def test_an_open_gate_lets_everything_through() -> None:
    gate = Gate()
    assert gate.may_send(0.0)
    assert not gate.on_send(), "nothing is a probe"
    assert gate.wait_s(0.0) is None


def test_a_closed_gate_lets_one_probe_through_when_its_time_has_come() -> None:
    gate = closed()
    assert not gate.may_send(9.9)
    assert gate.wait_s(4.0) == 6.0
    assert gate.may_send(10.0)
    assert gate.on_send()
    assert not gate.may_send(11.0), "until the probe has told"
    assert gate.on_answer(10.0)
    assert gate.may_send(11.0)


def test_a_probe_that_fails_closes_the_gate_again() -> None:
    gate = closed()
    gate.on_send()
    assert gate.close(30.0, "full", now=11.0, sent_at=10.0)
    assert gate.closings == 2
    assert not gate.may_send(29.0)
    assert gate.may_send(30.0)


def test_a_hundred_refusals_of_what_was_sent_before_close_it_once() -> None:
    gate = Gate()
    news = [gate.close(10.0 + n / 100, "full", now=1.0 + n / 100, sent_at=0.5) for n in range(100)]
    assert news == [True] + [False] * 99
    assert gate.closings == 1
    assert gate.opens_at == 10.99, "the longest wish counts"


def test_an_answer_to_what_was_sent_before_does_not_open_it() -> None:
    gate = Gate()
    gate.close(10.0, "full", now=1.0, sent_at=0.5)
    assert not gate.on_answer(0.7)
    assert not gate.may_send(2.0)


def test_a_lost_probe_makes_room_for_another() -> None:
    gate = closed()
    gate.on_send()
    gate.on_probe_lost()
    assert gate.may_send(10.0)
