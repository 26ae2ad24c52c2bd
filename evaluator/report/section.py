"""What a report says, before it has a format: titled sections with a table and remarks.

Every format is made from the same sections, so a terminal and a pull request show the same facts.
All text in a section is safe to show; see `safe_text`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a table; its cells have one entry for each part."""

    title: str
    parts: tuple[str, ...] = ("",)
    is_text: bool = False
    """Text is aligned left, numbers are aligned right."""
    is_rate: bool = False
    """The parts are value, interval and n."""


@dataclass(frozen=True)
class Row:
    """What the row is about, and one cell for every column."""

    label: str
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """Rows of figures under columns."""

    label: str
    """What the labels of the rows are, e.g. "model"."""
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """One part of the report: what it is, how to read it, the figures, and what to know about them."""

    title: str
    lead: str = ""
    table: Table | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A whole report: its title, one line of facts, and its sections in reading order."""

    title: str
    facts: str
    sections: tuple[Section, ...]


def cell_text(column: Column, cell: tuple[str, ...]) -> str:
    """Write a cell on its own, each part with its name where it needs one.

    >>> cell_text(Column("all", ("rate", "95% interval", "n"), is_rate=True), ("62.1%", "[54.0, 69.6]", "145"))
    '62.1% [54.0, 69.6] (n 145)'
    >>> cell_text(Column("tokens", ("in", "out")), ("900", "unknown"))
    '900 in, unknown out'
    """
    if column.is_rate:
        value, interval, n = cell
        return " ".join(filter(None, (value, interval, f"({column.parts[-1]} {n})" if n else "")))
    return ", ".join(f"{part} {name}".strip() for name, part in zip(column.parts, cell, strict=True))
