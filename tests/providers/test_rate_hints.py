"""Limits in headers: the sound ones are read, the odd ones ignored."""

from __future__ import annotations

import pytest

from evaluator.providers.rate_hints import read_rate_hints


def test_openai_and_anthropic_headers_are_read() -> None:
    openai = {
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9998",
        "x-ratelimit-reset-requests": "12ms",
        "x-ratelimit-limit-tokens": "500000",
        "x-ratelimit-remaining-tokens": "100",
        "x-ratelimit-reset-tokens": "59.9s",
    }
    assert [(h.what, h.remaining, h.reset_s) for h in read_rate_hints(openai)] == [
        ("requests", 9998, 0.012),
        ("tokens", 100, 59.9),
    ]
    anthropic = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2999-01-01T00:00:00Z",
    }
    assert read_rate_hints(anthropic) == (), "in a thousand years is no hint"
    anthropic["anthropic-ratelimit-requests-reset"] = "30s"
    assert [h.remaining for h in read_rate_hints(anthropic)] == [49]


@pytest.mark.parametrize(
    ("limit", "remaining", "reset"),
    [
        ("-1", "-1", "1s"),
        ("0", "0", "1s"),
        ("10", "-1", "1s"),
        ("10", "11", "1s"),
        ("nan", "1", "1s"),
        ("10", "inf", "1s"),
        ("10", "1", "soon"),
        ("10", "1", "0"),
        ("10", "", "1s"),
        ("x", "1", "1s"),
    ],
)
def test_odd_values_are_ignored(limit: str, remaining: str, reset: str) -> None:
    headers = {
        "x-ratelimit-limit-requests": limit,
        "x-ratelimit-remaining-requests": remaining,
        "x-ratelimit-reset-requests": reset,
    }
    assert read_rate_hints(headers) == ()


def test_no_headers_are_no_hints() -> None:
    assert read_rate_hints({"content-type": "application/json"}) == ()
