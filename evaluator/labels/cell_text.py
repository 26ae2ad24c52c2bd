r"""Text of models and probes in the cells of a spreadsheet: shown as it is, never run, never converted.

A spreadsheet takes a cell that begins with = + - @, a tab or a line break for a formula, and
"1969-07-20", "1e5" or "TRUE" for a date, a number or a truth value, which it then saves in another
form. An apostrophe is put in front of such cells; also within a cell, where a line or, after a
semicolon or tab, a cell begins for a program that splits there. An apostrophe that was there gets a
second one, so `plain_text` takes away exactly what `cell_text` added.

Control characters and marks that turn the reading direction are written as escapes, and a text
is cut after 30,000 characters, since a cell of a spreadsheet holds 32,767.
"""

from __future__ import annotations

import re
import unicodedata

MOST_CHARS = 30_000
_CUT = "… [cut: {n:,} more characters]"
_SPACES = r"[ \u00a0\u3000]*"
_ACTIVE = "'=+\\-@＝＋－＠"
_BEGINNING = re.compile(rf"^({_SPACES})(?=[{_ACTIVE}\t\n])")
_MARKED_BEGINNING = re.compile(rf"^({_SPACES})'(?=[{_ACTIVE}\t\n])")
_WITHIN = re.compile(rf"([;\n\t]{_SPACES})(?=[{_ACTIVE}])")
_MARKED_WITHIN = re.compile(rf"([;\n\t]{_SPACES})'(?=[{_ACTIVE}])")
# At most one word beside the digits, as in "5 May 1945", "3 PM" and "1e5".
_CONVERTED = re.compile(r"(?=.{1,40}\Z)(?=.*\d)[\W\d_]*[^\W\d_]*[\W\d_]*|\s*(?i:true|false)\s*")
_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_DIRECTION = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def cell_text(text: str) -> str:
    r"""Return what stands in the cell for `text`.

    >>> [cell_text(text) for text in ("=1+1", "1969-07-20", "It's;-) \x1b[31m", "a\n- b")]
    ["'=1+1", "'1969-07-20", "It's;'-) \\x1b[31m", "a\n'- b"]
    """
    shown = text[:MOST_CHARS].replace("\r\n", "\n").replace("\r", "\n")
    marked = mark("".join(map(_visible, shown)))
    return marked + _CUT.format(n=len(text) - MOST_CHARS) if len(text) > MOST_CHARS else marked


def mark(text: str) -> str:
    """Put apostrophes where a spreadsheet would run or convert `text`; `plain_text` takes them away."""
    within = _WITHIN.sub(r"\1'", text)
    if _BEGINNING.match(text):
        return _BEGINNING.sub(r"\1'", within, count=1)
    return f"'{within}" if _CONVERTED.fullmatch(text) else within


def plain_text(cell: str) -> str:
    """Undo `mark`.

    >>> plain_text("'=1+1"), plain_text("''quoted'"), plain_text("It's red;'-)")
    ('=1+1', "'quoted'", "It's red;-)")
    """
    within = _MARKED_WITHIN.sub(r"\1", cell)
    if _MARKED_BEGINNING.match(within):
        return _MARKED_BEGINNING.sub(r"\1", within, count=1)
    return within.removeprefix("'")


def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    if unicodedata.category(character) in _CATEGORIES or character in _DIRECTION:
        return character.encode("unicode_escape").decode("ascii")
    return character
