"""On which line of a TOML file stands what a message is about."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*\[(?P<list>\[)?(?P<name>[^\[\]]+)\]")
_KEY = re.compile(r"\s*(?P<name>[\w.\"' -]+?)\s*=")
_FIELD = re.compile(r"(?:[\w-]+(?:\[[^\]]*\])?(?:\.|: ))*")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]*)`")
_LAST_STEP = re.compile(r"(?:\.?[^.\[\]]+|\[[^\]]*\])$")
_SYNTAX = re.compile(r"^(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)$", re.DOTALL)


def place_of(message: str, text: str, where: str) -> str:
    """Add to `where` the line of the key that `message` starts with or calls unknown, or of the table around it.

    Args:
        message: As `evaluator.jsonl.describe` words it, e.g. `allow[1].code: expected ...`.
        text: The TOML that it is about.
        where: The name of the file.

    >>> place_of("allow[0].code: expected `str`, got `int`", 'name = "x"\\n[[allow]]\\ncode = 1\\n', "set.toml")
    'set.toml:3'
    """
    start = _FIELD.match(message)
    unknown = _UNKNOWN.search(message)
    steps = (start[0].replace(": ", ".") if start else "", unknown["name"] if unknown else "")
    field, known = "".join(steps).strip("."), _lines_of_keys(text)
    while field and field not in known:
        field = _LAST_STEP.sub("", field)
    return f"{where}:{known[field]}" if field else where


def syntax_error(exc: Exception, where: str) -> str:
    """Word what `tomllib` says so that the line stands beside the name of the file.

    >>> syntax_error(ValueError("Expected '=' after a key (at line 3, column 8)"), "set.toml")
    "set.toml:3: need TOML: Expected '=' after a key at column 8"
    """
    found = _SYNTAX.match(str(exc))
    if not found:
        return f"{where}: need TOML: {exc}"
    return f"{where}:{found['line']}: need TOML: {found['what']} at column {found['column']}"


def _lines_of_keys(text: str) -> dict[str, int]:
    """By path of the key, as `gate.check[0].metric`; of keys that are there twice, the first."""
    lines: dict[str, int] = {}
    n_before: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _table(header["name"], is_list=header["list"] is not None, n_before=n_before)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(".".join(filter(None, (table, *_parts(key["name"])))), number)
    return lines


def _table(name: str, *, is_list: bool, n_before: dict[str, int]) -> str:
    path = ""
    parts = _parts(name)
    for number, part in enumerate(parts, start=1):
        path = f"{path}.{part}" if path else part
        if is_list and number == len(parts):
            n_before[path] = n_before.get(path, -1) + 1
        if path in n_before:
            path += f"[{n_before[path]}]"
    return path


def _parts(name: str) -> list[str]:
    return [part.strip(" \"'") for part in name.split(".")]
