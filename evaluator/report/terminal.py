"""The report as plain text for a terminal of any width."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from evaluator.records import Summary
from evaluator.report.contents import report_page
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Page, Section
from evaluator.report.terminal_table import table_lines

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST = 30
INDENT = 2


def render_terminal(summary: Summary, *, width: int = 80, colour: bool = False) -> str:
    """Show `summary` as text of at most `width` columns.

    Args:
        summary: What to show.
        width: Of the terminal, in columns; less than 30 is taken as 30.
        colour: Mark titles with ANSI styles; nothing is said by colour alone.
    """
    return terminal_page(report_page(summary), width=width, colour=colour)


def terminal_page(page: Page, *, width: int, colour: bool) -> str:
    """Show any page as text of at most `width` columns, as `render_terminal` does."""
    width = max(width, NARROWEST)
    stream = io.StringIO()
    console = _console(stream, width, colour=colour)
    _say(console, page.title, "bold", indent=0)
    _say(console, page.facts, "dim", indent=0)
    for section in page.sections:
        _show(console, section, width)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def terminal_blocks(title: str, blocks: Iterable[tuple[str, str]], *, width: int, colour: bool) -> str:
    """Show titled texts of several lines from strangers, harmless and wrapped to `width` columns."""
    width = max(width, NARROWEST)
    stream = io.StringIO()
    console = _console(stream, width, colour=colour)
    _say(console, safe_text(title), "dim", indent=0)
    for name, text in blocks:
        console.print()
        _say(console, name, "bold", indent=0)
        for line in text.replace("\r\n", "\n").split("\n"):
            _say(console, safe_text(line), "", indent=INDENT)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().split("\n"))


def _console(stream: io.StringIO, width: int, *, colour: bool) -> Console:
    from rich.console import Console

    # An empty environment, so that the same summary gives the same text everywhere.
    return Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def _show(console: Console, section: Section, width: int) -> None:
    console.print()
    _say(console, section.title, "bold", indent=0)
    if section.lead:
        _say(console, section.lead, "dim", indent=INDENT)
    if section.table is not None:
        lines = table_lines(section.table, width - INDENT)
        _say_lines(console, lines)
    for remark in section.remarks:
        _say(console, remark, "", indent=INDENT, first="- ")


def _say_lines(console: Console, lines: Iterable[tuple[str, str]]) -> None:
    from rich.text import Text

    for line, style in lines:
        console.print(Text(" " * INDENT + line, style=style), no_wrap=True, overflow="crop", crop=True)


def _say(console: Console, text: str, style: str, *, indent: int, first: str = "") -> None:
    from rich.text import Text

    hang = " " * indent
    wrapped = Text(text).wrap(console, console.width - indent - len(first))
    for number, line in enumerate(wrapped):
        lead = first if number == 0 else " " * len(first)
        console.print(Text.assemble(hang, lead, (line.plain.rstrip(), style)), no_wrap=True)
