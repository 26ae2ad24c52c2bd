"""Text from strangers made harmless before it is shown.

Model names, topics, file names and notes may hold anything: escape sequences that repaint a
terminal, marks that reverse reading direction, characters nobody can see.
"""

from __future__ import annotations

import unicodedata

_HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs"}
_LINE_BREAKS = set("\t\n\v\f\r\x85\u2028\u2029")
# Letters and marks by category, blank on the screen.
_BLANK_LETTERS = set("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
ELLIPSIS = "…"


def safe_text(text: str, *, limit: int | None = None) -> str:
    r"""Show `text` on one line, with everything invisible or active escaped.

    Control, format (bidi, zero-width) and surrogate characters become their Python escapes;
    tabs and line breaks become one space.

    Args:
        text: Anything.
        limit: Longest result, in characters, at least 1; what is cut ends in an ellipsis.

    >>> print(safe_text("a\nb \x1b[31mred\u202e"))
    a b \x1b[31mred\u202e
    >>> safe_text("abcdef", limit=4)
    'abc…'
    """
    if limit is not None and limit < 1:
        raise ValueError(f"need limit >= 1, got {limit}")
    shown: list[str] = []
    length = 0
    for character in text.replace("\r\n", "\n"):
        piece = _visible(character)
        length += len(piece)
        shown.append(piece)
        if limit is not None and length > limit:
            return _cut(shown, length, limit)
    return "".join(shown)


def _visible(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in _LINE_BREAKS:
        return " "
    if unicodedata.category(character) in _HIDDEN_CATEGORIES or character in _BLANK_LETTERS:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _cut(shown: list[str], length: int, limit: int) -> str:
    while length > limit - 1:
        length -= len(shown.pop())
    return "".join(shown) + ELLIPSIS
