from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluator.labels.cell_text import MOST_CHARS, cell_text, mark, plain_text

TRICKY = st.text(alphabet="'=+-@;\t\n a1é＝", max_size=12)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "＝1", "-", "=", "@SUM(A1)"])
def test_no_formula_begins_a_cell(text: str) -> None:
    assert cell_text(text).lstrip(" ").startswith("'")


@pytest.mark.parametrize("text", ["a;=1+1", "a; =1", "a\n=1", "a\t@x", "a\r\n+1", "a\r-1"])
def test_no_formula_begins_where_a_program_with_another_separator_splits(text: str) -> None:
    cell = cell_text(text)
    for piece in cell.replace("\t", "\n").replace(";", "\n").split("\n"):
        assert not piece.lstrip(" ").startswith(tuple("=+-@"))


@pytest.mark.parametrize(
    "text", ["1494", "1e5", "007", "1/2", "1969-07-20", "5 May 1945", "3:00 PM", "50%", "TRUE", "false", "12. März"]
)
def test_nothing_that_a_spreadsheet_would_convert_stands_bare(text: str) -> None:
    assert cell_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Canberra", "It was in 1969, I think.", "I don't know.", "a - b", ""])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cell_text(text) == text


@given(st.one_of(TRICKY, st.text()))
@example("'='")
@example(";'=")
@example("';=")
@example("1;-2")
def test_marks_are_taken_away_again(text: str) -> None:
    assert plain_text(mark(text)) == text


@given(st.one_of(TRICKY, st.text(st.characters(codec=None))))
def test_a_cell_is_harmless_and_survives_the_csv_module(text: str) -> None:
    cell = cell_text(text)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in cell)
    assert not set(cell) & set("\x7f\x85\u2028\u202e\u2066")
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerow([cell])
    data = stream.getvalue().encode("utf-8")
    assert next(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)) == [cell]


def test_a_cell_is_no_longer_than_a_spreadsheet_holds() -> None:
    cell = cell_text("x" * 40_000)
    assert len(cell) < 32_767
    assert cell.endswith(f"… [cut: {40_000 - MOST_CHARS:,} more characters]")
