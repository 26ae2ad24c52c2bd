from __future__ import annotations

import pytest

from evaluator.report.section import Column, Row, Table
from evaluator.report.terminal_table import elide, table_lines

RATES = Table(
    "model",
    (Column("all", ("value", "95% interval", "n"), is_rate=True), Column("why", is_text=True)),
    (Row("provider/first", (("62.1%", "[54.0, 69.6]", "145"), ("x",))), Row("b", (("n/a", "", "0"), ("long words",)))),
)


def lines(table: Table, width: int) -> list[str]:
    return [text.rstrip() for text, _ in table_lines(table, width)]


def test_with_room_a_row_is_one_line() -> None:
    assert lines(RATES, 60) == [
        "model            all ──────────────────   why",
        "                 value 95% interval   n",
        "provider/first   62.1% [54.0, 69.6] 145   x",
        "b                  n/a                0   long words",
    ]


def test_with_less_room_the_label_stands_above() -> None:
    assert lines(RATES, 40) == [
        "  all ──────────────────  why",
        "  value 95% interval   n",
        "provider/first",
        "  62.1% [54.0, 69.6] 145  x",
        "b",
        "    n/a                0  long words",
    ]


def test_with_little_room_every_cell_has_its_line() -> None:
    assert lines(RATES, 31) == [
        "provider/first",
        "  all",
        "    62.1% [54.0, 69.6] (n 145)",
        "  why x",
        "b",
        "  all n/a (n 0)",
        "  why long words",
    ]


def test_rows_without_labels_take_no_room_for_them() -> None:
    table = Table("", (Column("correct"), Column("wrong")), (Row("", (("1",), ("22",))),))
    assert lines(table, 20) == ["correct   wrong", "      1      22"]


@pytest.mark.parametrize("width", range(1, 12))
def test_an_elided_text_never_exceeds_its_width(width: int) -> None:
    from rich.cells import cell_len

    assert cell_len(elide("provider/日本語/model", width)) <= width


def test_text_that_fits_is_not_elided() -> None:
    assert elide("abc", 3) == "abc"
    assert elide("abcd", 3) == "a…d"
