"""Rows 15 to 24: servers that are slow, and waits that make no sense."""

from __future__ import annotations

import re
import time

import pytest

from evaluator.journal import Attempts
from evaluator.providers.deadline import last_deadline_s
from evaluator.records import Failure, ModelSettings
from evaluator.run import engine
from evaluator.run.lanes.item import Attempt, Item
from evaluator.run.watchdog import Watchdog
from tests.faults.fault_server import QUESTION, ask_once, http, told
from tests.run.lanes.test_lane import World
from tests.run.test_engine import Notes

STREAM = "content-type: text/event-stream"


def test_row_15_no_byte_within_the_deadline_may_have_been_paid() -> None:
    assert told(ask_once(30.0, timeout_s=0.2)) == ("failed", "transient", True)
    assert ModelSettings(id="server/m").timeout_s == 600, "reasoning takes minutes"


def test_row_16_a_body_of_one_byte_now_and_then_ends_at_the_deadline() -> None:
    drip = [step for _ in range(100) for step in (b" ", 0.05)]
    start = time.monotonic()
    response = ask_once(http(b"", length=10_000), *drip, timeout_s=0.3)
    assert told(response) == ("failed", "transient", True)
    assert time.monotonic() - start < 3, "not the five seconds that the server would drip"


def test_row_17_comments_that_keep_a_stream_alive_do_not_keep_the_deadline_off() -> None:
    comments = [step for _ in range(100) for step in (b": PROCESSING\n\n", 0.05)]
    # Without a length the body ends with the connection: only the deadline can end it sooner.
    head = f"HTTP/1.1 200 X\r\n{STREAM}\r\nconnection: close\r\n\r\n".encode()
    start = time.monotonic()
    assert told(ask_once(head, *comments, timeout_s=0.3)) == ("failed", "transient", True)
    assert 0.3 <= time.monotonic() - start < 3


def test_row_18_an_answer_that_takes_long_is_told_once_and_before_its_deadline() -> None:
    notes, settings = Notes(), ModelSettings(id="server/m", timeout_s=1000)
    watchdog, attempt = Watchdog(notes), Attempt(Item(QUESTION, Attempts()), sent_at=0.0, number=2)
    watchdog.begin(attempt, settings)
    watchdog.look(799.0)
    assert notes.notices == []
    watchdog.look(801.0)
    watchdog.look(805.0)
    assert len(notes.notices) == 1
    assert "p (attempt 2) has no answer for 801 s" in notes.notices[0]
    watchdog.look(last_deadline_s(settings) + 20)
    assert "ignores the deadline" in notes.notices[1]
    watchdog.end(attempt)
    watchdog.look(1e9)
    assert len(notes.notices) == 2


def test_row_20_a_wait_of_nothing_is_no_hot_loop() -> None:
    world = World(30, concurrency=1, latency_s=0.001)
    refused = Failure(kind="rate_limited", message="", status=429, wait_s=None)
    world.run(lambda request, at: refused if at < 60 else None)
    assert world.in_window(0, 60) < 20


@pytest.mark.parametrize("value", ["0", "-1", "-3600", "", "abc", "nan", "inf", "-inf", "0.0", "1e400"])
@pytest.mark.parametrize("status", [429, 503])
def test_row_20_a_hint_that_makes_no_sense_is_no_hint(value: str, status: int) -> None:
    refusal = b"HTTP/1.1 %d X\r\nretry-after: %s\r\ncontent-length: 2\r\n\r\n{}" % (status, value.encode())
    response = ask_once(refusal)
    assert response.failure is not None
    assert response.failure.kind == ("rate_limited" if status == 429 else "transient")
    assert response.failure.wait_s is None


def test_row_23_times_are_written_in_utc() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", engine._now())
