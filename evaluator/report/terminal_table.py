"""Tables for a terminal: side by side where they fit, stacked where they do not."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from evaluator.report.section import Column, Row, Table, cell_text

COLUMN_GAPS = (3, 2)
"""Between columns: the wide one where there is room."""
STACKED_INDENT = 2
SHORTEST_LABEL = 24
"""Labels are cut to so many columns before a table is stacked."""
HEAD, LABEL, FIGURES = "dim", "bold", ""
Line = tuple[str, str]


def table_lines(table: Table, width: int) -> Iterator[Line]:
    """Lay `table` out in at most `width` columns.

    With room enough every row is one line. With less, its label stands above its figures; with
    still less, every cell has a line of its own.

    Returns:
        Lines with their style.
    """
    longest = max(_width(text) for text in (table.label, *(row.label for row in table.rows)))
    if not any(row.label for row in table.rows):
        longest = 0
    for gap in COLUMN_GAPS:
        figures = _Figures(table, gap)
        room = width - figures.total - (gap if longest else 0)
        if room >= min(longest, SHORTEST_LABEL):
            return _rows_beside(table, figures, min(longest, room))
    if figures.total + STACKED_INDENT <= width:
        return _rows_stacked(table, figures, width)
    return _cells_listed(table, width)


def elide(text: str, width: int) -> str:
    """Cut `text` in the middle so that it fills at most `width` columns.

    >>> elide("openrouter/moonshotai/kimi-k2.6", 20)
    'openroute…/kimi-k2.6'
    """
    if _width(text) <= width:
        return text
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while _width(head) + _width(tail) + 1 > width and (head or tail):
        if _width(head) >= _width(tail):
            head = head[:-1]
        else:
            tail = tail[1:]
    return f"{head}…{tail}"


@dataclass(frozen=True)
class _Figures:
    """The figures of a table, aligned."""

    table: Table
    gap: int

    @cached_property
    def widths(self) -> list[list[int]]:
        return [_part_widths(c, [row.cells[i] for row in self.table.rows]) for i, c in enumerate(self.table.columns)]

    @cached_property
    def total(self) -> int:
        columns = zip(self.table.columns, self.widths, strict=True)
        return sum(_total(column, widths) for column, widths in columns) + self.gap * (len(self.table.columns) - 1)

    def head(self) -> list[str]:
        columns = self.table.columns
        titles = self._join(_title(c, _total(c, w)) for c, w in zip(columns, self.widths, strict=True))
        has_parts = any(part for column in columns for part in column.parts)
        parts = [self._join(map(_aligned, columns, (c.parts for c in columns), self.widths))] if has_parts else []
        return [titles, *parts] if titles.strip() else parts

    def line(self, row: Row) -> str:
        return self._join(map(_aligned, self.table.columns, row.cells, self.widths))

    def _join(self, texts: Iterator[str]) -> str:
        return (" " * self.gap).join(texts)


def _rows_beside(table: Table, figures: _Figures, label_width: int) -> Iterator[Line]:
    gap = " " * figures.gap if label_width else ""
    for number, line in enumerate(figures.head()):
        label = elide(table.label, label_width) if number == 0 and label_width else ""
        yield f"{_left(label, label_width)}{gap}{line}", HEAD
    for row in table.rows:
        yield f"{_left(elide(row.label, label_width), label_width)}{gap}{figures.line(row)}", FIGURES


def _rows_stacked(table: Table, figures: _Figures, width: int) -> Iterator[Line]:
    indent = " " * STACKED_INDENT
    for line in figures.head():
        yield indent + line, HEAD
    for row in table.rows:
        yield elide(row.label, width), LABEL
        yield indent + figures.line(row), FIGURES


def _cells_listed(table: Table, width: int) -> Iterator[Line]:
    longest = max(_width(column.title) for column in table.columns)
    indent = " " * STACKED_INDENT if any(row.label for row in table.rows) else ""
    for row in table.rows:
        if row.label:
            yield elide(row.label, width), LABEL
        for column, cell in zip(table.columns, row.cells, strict=True):
            text = cell_text(column, cell)
            if len(indent) + longest + 1 + _width(text) <= width:
                yield f"{indent}{_left(column.title, longest)} {text}".rstrip(), FIGURES
                continue
            if column.title:
                yield indent + column.title, FIGURES
            room = width - 2 * STACKED_INDENT
            for line in textwrap.wrap(text, room):
                yield " " * 2 * STACKED_INDENT + elide(line, room), FIGURES


def _part_widths(column: Column, cells: Sequence[tuple[str, ...]]) -> list[int]:
    widths = [max(_width(row[i]) for row in (column.parts, *cells)) for i in range(len(column.parts))]
    widths[0] += max(0, _width(column.title) - _total(column, widths))
    return widths


def _total(column: Column, widths: Sequence[int]) -> int:
    return sum(widths) + _part_gap(column) * (len(widths) - 1)


def _part_gap(column: Column) -> int:
    return 1 if column.is_rate else 2


def _title(column: Column, width: int) -> str:
    if column.is_text:
        return _left(column.title, width)
    if len(column.parts) == 1:
        return _right(column.title, width)
    return f"{column.title} ".ljust(width, "─") if 0 < len(column.title) < width else column.title


def _aligned(column: Column, parts: tuple[str, ...], widths: Sequence[int]) -> str:
    align = _left if column.is_text else _right
    return (" " * _part_gap(column)).join(map(align, parts, widths))


def _left(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * max(0, width - _width(text)) + text


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
