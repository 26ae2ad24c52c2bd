from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.report import format as fmt

ROOM = Path(fmt.__file__).parent


@pytest.mark.parametrize("name", sorted(p.name for p in ROOM.glob("*.py") if p.name != "format.py"))
def test_no_other_file_turns_a_float_into_text(name: str) -> None:
    tree = ast.parse((ROOM / name).read_text(encoding="utf-8"))
    specs = [ast.unparse(n.format_spec) for n in ast.walk(tree) if isinstance(n, ast.FormattedValue) and n.format_spec]
    calls = [n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    assert specs == []
    assert not {"round", "format"} & set(calls)


@given(st.floats(min_value=0, max_value=1))
def test_only_exactly_nothing_and_exactly_all_are_written_as_0_and_100(value: float) -> None:
    shown = fmt.percent(value)
    assert (shown == "0%") == (value == 0)
    assert (shown == "100%") == (value == 1)
    assert shown not in {"0.0%", "100.0%"}


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_interval_with_a_width_never_looks_like_a_point(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    found = re.fullmatch(r"\[(\S+), (\S+)\]", fmt.percent_interval(low, high))
    assert found is not None
    if high - low > 1e-6:
        assert found[1] != found[2]


def test_no_hallucination_in_many_still_shows_an_upper_end() -> None:
    assert fmt.percent_interval(0.0, 0.00038) == "[0, 0.04]"


def test_ends_that_are_0_or_100_but_for_rounding_error_are_whole() -> None:
    assert fmt.percent_interval(1e-18, 0.9999999999999999) == "[0, 100]"
    assert fmt.index_interval(-100.0, 1e-14) == "[-100, 0]"


def test_a_missing_end_is_said() -> None:
    assert fmt.percent_interval(0.1, None) == "no interval"
    assert fmt.index_interval(None, 0.5) == "no interval"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_not_a_number_is_never_shown_as_one(value: float | None) -> None:
    assert fmt.percent(value) == "n/a"
    assert fmt.index(value) == "n/a"
    assert fmt.usd(value) == "unknown"
    assert fmt.seconds(value) == "unknown"


def test_an_index_near_zero_has_no_sign() -> None:
    assert [fmt.index(v) for v in (-0.01, 0.01, -0.06, 100.0, -100.0)] == ["0.0", "0.0", "-0.1", "+100.0", "-100.0"]


@given(st.floats(min_value=1e-300, max_value=1e6))
def test_a_cost_is_never_shown_as_zero(value: float) -> None:
    assert re.search(r"[1-9]", fmt.usd(value))


def test_free_and_unknown_are_not_the_same() -> None:
    assert (fmt.usd(0.0), fmt.usd(None)) == ("$0", "unknown")
