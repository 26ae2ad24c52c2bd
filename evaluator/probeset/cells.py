"""What stands in the cells of other people's tables, as text."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

MAX_STRUCTURED_CHARS = 200_000
MAX_TEXTS = 2_000
_PLAIN_FLOAT = re.compile(r"-?[0-9]+\.0")


def cell(row: dict[str, Any], path: str) -> object:
    """Return the cell of a column, or of a key within it; None where there is none.

    >>> cell({"meta": "{'topic': 'Art'}"}, "meta.topic"), cell({"a.b": 1}, "a.b"), cell({}, "x.y")
    ('Art', 1, None)
    """
    if path in row:
        return row[path]
    value: object = row
    for key in path.split("."):
        value = structured(value)
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def structured(value: object) -> object:
    """Return what a text holds that is JSON, or a literal of Python; anything else as it is.

    Literals are parsed, never run.

    >>> structured('["a", "b"]'), structured("['a']"), structured("[not a list"), structured("plain")
    (['a', 'b'], ['a'], '[not a list', 'plain')
    """
    if not isinstance(value, str) or value[:1] not in "[{" or len(value) > MAX_STRUCTURED_CHARS:
        return value
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        return found if isinstance(found, list | dict) else value
    return value


def texts(value: object) -> list[str]:
    """Return all text in a cell, in order, each once; numbers are written plainly.

    >>> texts(["a", None, ["b", "a"], 460.0]), texts("['x', 'y']"), texts(None), texts(True)
    (['a', 'b', '460'], ['x', 'y'], [], ['true'])
    """
    found: dict[str, None] = {}
    for text in _flat(value, 0):
        if len(found) >= MAX_TEXTS:
            break
        found.setdefault(text)
    return list(found)


def text_of(value: object) -> str:
    """Return the first text of a cell; empty where there is none.

    >>> text_of(1), text_of(2.5), text_of([" a "]), text_of(None)
    ('1', '2.5', 'a', '')
    """
    return next(_flat(value, 0), "")


def _flat(value: object, depth: int) -> Iterator[str]:
    value = structured(value)
    if depth > 20 or value is None:
        return
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part, depth + 1)
        return
    text = str(value).strip()
    if isinstance(value, bool):
        text = text.lower()
    elif isinstance(value, float) and _PLAIN_FLOAT.fullmatch(text):
        text = text[:-2]
    if text and text != "nan":
        yield text
