"""Wait hints: every sound form is read, every odd one ignored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evaluator.providers.wait_hints import seconds_of, wait_hint_s

NOW = datetime(2026, 11, 25, 7, 27, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "40"}, 40),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Wed, 25 Nov 2026 07:28:00 GMT"}, 30),
        ({"retry-after": "Wed, 25 Nov 2026 07:28:00 GMT", "date": "Wed, 25 Nov 2026 07:27:50 GMT"}, 10),
        ({"retry-after": "Wed, 25 Nov 2026 07:28:00"}, 30),
    ],
)
def test_a_sound_hint_is_read(headers: dict[str, str], seconds: float) -> None:
    assert wait_hint_s(headers, now=NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value", ["0", "-1", "", "abc", "nan", "inf", "1e400", "Wed, 25 Nov 2020 07:28:00 GMT", "Wed, 99 Nov 2026 07:28:00"]
)
def test_an_odd_hint_is_ignored(value: str) -> None:
    assert wait_hint_s({"retry-after": value}, now=NOW) is None


def test_no_hint_is_no_hint() -> None:
    assert wait_hint_s({}) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6ms", 0.006),
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("0.5s", 0.5),
        ("35642.7s", 35642.7),
        ("2d", 172800),
        ("500µs", 0.0005),
        ("500us", 0.0005),
        ("9ns", 9e-9),
        ("17", 17),
        (str(int(NOW.timestamp() * 1000) + 2500), 2.5),
        (str(int(NOW.timestamp()) + 60), 60),
        ("2026-11-25T07:28:00Z", 30),
        ("2026-11-25T08:28:00+01:00", 30),
        ("Wed, 25 Nov 2026 07:28:00 GMT", 30),
    ],
)
def test_every_form_of_a_hint_is_read(text: str, seconds: float) -> None:
    assert seconds_of(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", [None, "", "0s", "-5s", "5 s", "s", "1x", "1h?", "nan", "-inf", "2026-99-25T07:28:00Z", "9" * 400]
)
def test_every_odd_form_is_ignored(text: str | None) -> None:
    assert seconds_of(text, NOW) is None


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Please try again in 96ms.", 0.096),
        ("Please retry in 9h54m2.7s.", 35642.7),
        ("Please retry in 46.1s.", 46.1),
        ("At capacity. Retry after 40 seconds.", 40),
        ("please try again after 1 seconds", 1),
        ("please try again later", None),
        ("retry in a while", None),
    ],
)
def test_the_words_of_an_error_are_the_last_but_one_resort(message: str, seconds: float | None) -> None:
    assert wait_hint_s({}, message=message, now=NOW) == (None if seconds is None else pytest.approx(seconds))
    assert wait_hint_s({"retry-after": "3"}, message=message, now=NOW) == 3


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-reset-requests": "6ms", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        (
            {
                "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-reset-tokens": "6m0s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-remaining-tokens": "400",
            },
            2,
        ),
        (
            {
                "anthropic-ratelimit-requests-reset": "2026-11-25T07:28:00Z",
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-11-25T07:38:00Z",
                "anthropic-ratelimit-tokens-remaining": "900",
            },
            30,
        ),
        ({"x-ratelimit-reset": str(int(NOW.timestamp() * 1000) + 8000), "x-ratelimit-remaining": "0"}, 8),
    ],
)
def test_reset_headers_are_the_last_resort_and_the_exhausted_one_counts(
    headers: dict[str, str], seconds: float
) -> None:
    assert wait_hint_s(headers, now=NOW) == pytest.approx(seconds)
    assert wait_hint_s(headers, now=NOW, is_error=False) is None
    assert wait_hint_s(headers, now=NOW, body_hint_s=5) == 5
