"""The tables of facts that ship with the package."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """Return `tables/<name>.toml` of this package."""
    text = files("evaluator.probeset.families").joinpath("tables", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def rows(name: str, key: str) -> tuple[tuple[str, ...], ...]:
    """Return the text under `key` as rows, one a line, their fields parted by `|`.

    >>> rows("elements", "elements")[0]
    ('H', 'hydrogen')
    """
    lines = [line for line in table(name)[key].splitlines() if line.strip()]
    return tuple(tuple(field.strip() for field in line.split("|")) for line in lines)
