from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.report.safe_text import safe_text

ANY_TEXT = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31mred", r"\x9b31mred"),
        ("\x7f\x08\x07", r"\x7f\x08\x07"),
        ("a\x00b", r"a\x00b"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("a\u200bb\ufeffc\u00add", r"a\u200bb\ufeffc\xadd"),
        ("\U000e0041tag", r"\U000e0041tag"),
        ("\ud800 alone", r"\ud800 alone"),
        ("\u3164\u115f", r"\u3164\u115f"),
    ],
)
def test_active_and_invisible_characters_are_shown_escaped(hostile: str, shown: str) -> None:
    assert safe_text(hostile) == shown


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v", "\f", "\t"])
def test_every_line_break_becomes_one_space(newline: str) -> None:
    assert safe_text(f"a{newline}b") == "a b"


@pytest.mark.parametrize("text", ["naïve café", "日本語", "Привет", "عربى", "🙂", "a|b <c> `d`", r"C:\new"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert safe_text(text) == text


@given(ANY_TEXT, st.integers(min_value=1, max_value=30))
def test_the_result_is_one_visible_line_within_the_limit(text: str, limit: int) -> None:
    shown = safe_text(text, limit=limit)
    assert len(shown) <= limit
    assert len(f"{shown}.".splitlines()) == 1
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_text_as_long_as_the_limit_is_not_cut() -> None:
    assert safe_text("abcd", limit=4) == "abcd"
    assert safe_text("abcde", limit=4) == "abc…"


def test_an_escape_is_never_cut_in_two() -> None:
    assert safe_text("ab\u202ec", limit=6) == "ab…"


def test_a_limit_without_room_for_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="need limit >= 1, got 0"):
        safe_text("a", limit=0)


def test_huge_text_is_cut_without_being_read_to_the_end() -> None:
    assert safe_text("\x1b" * 1_000_000, limit=10) == r"\x1b\x1b…"
