"""The report as GitHub Markdown, for a pull request."""

from __future__ import annotations

import re

from evaluator.records import Summary
from evaluator.report.contents import report_page
from evaluator.report.section import Column, Page, Section, Table, cell_text

# Character references never act as Markdown; the empty comment keeps GitHub from linking @names and #numbers.
_ACTIVE = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "&#124;",
        "`": "&#96;",
        "$": "&#36;",
        "\\": "&#92;",
        "@": "&#64;<!-- -->",
        "#": "&#35;<!-- -->",
        "*": r"\*",
        "_": r"\_",
        "~": r"\~",
        "[": r"\[",
    }
)
_LINK_START = re.compile(r"(?i)(?<=http)(?=s?://)|(?<=ftp)(?=://)|(?<=www)(?=\.)")
_BLOCK_START = re.compile(r"^(\d*)([-+=.)])(?=[-=\s]|$)")


def render_markdown(summary: Summary) -> str:
    """Show `summary` as GitHub Markdown, with the same facts as the terminal."""
    return markdown_page(report_page(summary))


def markdown_page(page: Page) -> str:
    """Show any page as GitHub Markdown."""
    blocks = [f"## {escape(page.title)}", escape(page.facts)]
    for section in page.sections:
        blocks += _blocks(section)
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    r"""Write `text` so that Markdown shows it as it is, on one line.

    >>> escape("a|b <i> `c` [54.0, 69.6]")
    'a&#124;b &lt;i&gt; &#96;c&#96; \\[54.0, 69.6]'
    """
    folded = " ".join(text.split())
    inert = _LINK_START.sub("\0", folded.replace("\0", "")).translate(_ACTIVE).replace("\0", "<!-- -->")
    return _BLOCK_START.sub(r"\1\\\2", inert)


def _blocks(section: Section) -> list[str]:
    blocks = [f"### {escape(section.title)}"]
    if section.lead:
        blocks.append(escape(section.lead))
    if section.table is not None:
        blocks.append(_table(section.table))
    if section.remarks:
        blocks.append("\n".join(f"- {escape(remark)}" for remark in section.remarks))
    return blocks


def _table(table: Table) -> str:
    head = [table.label, *map(_heading, table.columns)]
    rule = [":--", *(":--" if column.is_text else "--:" for column in table.columns)]
    body = [[row.label, *map(cell_text, table.columns, row.cells)] for row in table.rows]
    lines = [[escape(text) for text in head], rule, *([escape(text) for text in line] for line in body)]
    has_labels = any(row.label for row in table.rows)
    return "\n".join(f"| {' | '.join(line if has_labels else line[1:])} |" for line in lines)


def _heading(column: Column) -> str:
    parts = ", ".join(filter(None, column.parts))
    return f"{column.title} ({parts})" if parts and column.title else column.title or parts
