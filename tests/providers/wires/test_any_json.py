"""Whatever JSON comes back, no wire raises and nothing that is no text becomes an answer."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.providers.wires.wire import Wire
from evaluator.records import OUTCOMES, Message, Request, Sampling
from tests.providers.wires.test_recorded_replies import CASES, EVERY_WIRE, WIRES, reply

REQUEST = Request(
    request_id="r",
    probe_id="p",
    model="m",
    prompt="none",
    repeat=0,
    messages=(Message(role="user", content="q"),),
    sampling=Sampling(),
)
KEYS = st.sampled_from(["error", "choices", "message", "content", "usage", "status", "type", "text", "parts", "code"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
STATUSES = st.sampled_from([200, 200, 200, 400, 403, 429, 500])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    body = copy.deepcopy(body)
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return body


def check(wire: Wire, body: bytes, status: int) -> None:
    reading = wire.read(reply(body, status))
    assert reading.outcome in OUTCOMES
    REQUEST.response(
        **{name: getattr(reading, name) for name in reading.__struct_fields__},
    )
    if reading.outcome == "answered":
        assert status == 200
        assert reading.text.strip()
        assert reading.failure is None
    if reading.outcome == "failed":
        assert reading.failure is not None
        assert reading.text == ""
    assert all(isinstance(text, str) for text in (reading.text, reading.reasoning))
    assert reading.cost_usd is None or reading.cost_usd >= 0


@EVERY_WIRE
@settings(max_examples=150, deadline=None)
@given(body=VALUES, status=STATUSES)
def test_any_json_is_read_without_an_exception(wire: Wire, body: Any, status: int) -> None:
    check(wire, json.dumps(body).encode(), status)


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_a_reply_with_one_wrong_part_is_read_without_an_exception(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(CASES))
    path = data.draw(st.sampled_from(list(places(case["body"]))))
    body = replaced(case["body"], path, data.draw(VALUES))
    check(WIRES[case["wire"]], json.dumps(body).encode(), case["status"])


@pytest.mark.parametrize("huge", [b"9" * 400, b"-" + b"9" * 5000, b"1e400", b"18446744073709551616"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['wire']}: {case['case']}")
def test_a_number_beyond_all_bounds_is_read_without_an_exception(case: dict[str, Any], huge: bytes) -> None:
    for path in places(case["body"]):
        body = replaced(case["body"], path, "HUGE")
        check(WIRES[case["wire"]], json.dumps(body).encode().replace(b'"HUGE"', huge), case["status"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['wire']}: {case['case']}")
def test_a_reply_that_is_cut_anywhere_is_never_answered(case: dict[str, Any]) -> None:
    whole = json.dumps(case["body"]).encode()
    for end in range(0, len(whole), 7):
        assert WIRES[case["wire"]].read(reply(whole[:end], 200)).outcome in {"malformed", "failed"}
