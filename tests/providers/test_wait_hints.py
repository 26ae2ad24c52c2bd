"""Wait hints: every sound form is read, every odd one ignored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evaluator.providers.wait_hints import wait_hint_s

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
