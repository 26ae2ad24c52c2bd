"""What somebody probably meant by a name that does not exist."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<name>[^`]*)`$")
_INVALID_VALUE = re.compile(r"(?P<field>\w+): invalid enum value '(?P<name>[^']*)'$")
_ANOTHER_SHAPE = {
    re.compile(
        r"^(?:.*:\d+: )?expected `object`, got `array`$"
    ): "write one object a line, without brackets or commas around them",
    re.compile(r"\w+: expected `array`, got `\w+`$"): 'write a list, as ["..."]',
    re.compile(r"targets\[\d+\]: expected `str`, got `\w+`$"): "write it in quotes",
    re.compile(r"Input data was truncated$"): "write the whole object on one line",
}
_OTHER_WORDS = {
    "answer": "targets",
    "answers": "targets",
    "category": "topic",
    "expected": "targets",
    "gold": "targets",
    "id": "probe_id",
    "lang": "language",
    "license": "licence",
    "prompt": "question",
    "reason": "unanswerable",
}


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to `name`, or None when none is close.

    >>> nearest("questoin", ["question", "topic"])
    'question'
    >>> nearest("answer", ["unanswerable", "targets"])
    'targets'
    """
    known = list(known)
    if _OTHER_WORDS.get(name.lower()) in known:
        return _OTHER_WORDS[name.lower()]
    close = difflib.get_close_matches(name, known, n=1)
    return close[0] if close else None


def with_suggestion(message: str, fields: Iterable[str], values: Mapping[str, Sequence[str]] | None = None) -> str:
    """Add what to write to a message about an unknown field or value or another shape; leave other messages alone.

    Args:
        message: As `evaluator.jsonl` words it, with or without a place before it.
        fields: The fields that exist.
        values: By field, the values it accepts, for fields with a fixed choice.

    >>> with_suggestion("x:1: object contains unknown field `sorce`", ["source", "topic"])
    'x:1: object contains unknown field `sorce`; did you mean `source`?'
    """
    if found := _UNKNOWN_FIELD.search(message):
        known = list(fields)
    elif (found := _INVALID_VALUE.search(message)) and values and found["field"] in values:
        known = list(values[found["field"]])
    else:
        hint = next((hint for shape, hint in _ANOTHER_SHAPE.items() if shape.search(message)), None)
        return f"{message}; {hint}" if hint else message
    meant = nearest(found["name"], known)
    return f"{message}; did you mean `{meant}`?" if meant else f"{message}; there are {', '.join(known)}"
