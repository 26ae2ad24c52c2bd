"""Limits that the API tells of are kept before it has to refuse."""

from __future__ import annotations

import pytest

from evaluator.protocols import RateHint
from evaluator.run.lanes.quota import MOST_WAIT_S, Quota


def requests_left(remaining: float, *, limit: float = 60, reset_s: float = 60) -> Quota:
    quota = Quota()
    quota.on_hint(RateHint(what="requests", limit=limit, remaining=remaining, reset_s=reset_s), 0.0)
    return quota


def test_what_nobody_limits_is_not_limited() -> None:
    assert Quota().wait_s(0.0) == 0.0


def test_what_is_left_may_be_sent_at_once_and_the_rest_as_it_refills() -> None:
    quota = requests_left(3, limit=63)
    for _ in range(3):
        assert quota.wait_s(0.0) == 0.0
        quota.on_send()
    assert quota.wait_s(0.0) == pytest.approx(1.0), "60 in 60 s"
    assert quota.wait_s(0.5) == pytest.approx(0.5)
    assert quota.wait_s(1.0) == 0.0


def test_a_hint_is_no_order() -> None:
    assert requests_left(0, limit=1, reset_s=3000).wait_s(0.0) == MOST_WAIT_S


def test_tokens_are_counted_as_requests_use_them() -> None:
    quota = Quota()
    quota.on_usage(1000)
    quota.on_hint(RateHint(what="tokens", limit=10_000, remaining=1500, reset_s=8.5), 0.0)
    assert quota.wait_s(0.0) == 0.0
    quota.on_send()
    assert quota.wait_s(0.0) == pytest.approx(0.5)
