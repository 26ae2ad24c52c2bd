"""The table of the family `code` says what the libraries and tools say that are installed here."""

from __future__ import annotations

import warnings
from pathlib import Path
from runpy import run_path
from typing import Any

import msgspec
import pytest

SNAPSHOT = run_path(str(Path(__file__).with_name("code_snapshot.py")))
TABLE: dict[str, Any] = msgspec.json.decode(SNAPSHOT["TABLE"].read_bytes())
LIBRARIES = {entry["library"]: entry for entry in TABLE["libraries"]}


def skip_unless_seen(library: str) -> None:
    found = SNAPSHOT["version_of"](library)
    if found != LIBRARIES[library]["version"]:
        pytest.skip(f"{library} {LIBRARIES[library]['version']} was looked at, {found} is installed")


@pytest.mark.parametrize("part", ["callables", "exceptions"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_looking_again_at_the_same_version_shows_the_same(library: str, part: str) -> None:
    skip_unless_seen(library)
    look = SNAPSHOT[part if part == "callables" else f"{part}_of"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert look(library) == LIBRARIES[library][part]


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_name_is_where_it_was_seen_and_its_twin_is_nowhere(library: str) -> None:
    skip_unless_seen(library)
    modules = {name: SNAPSHOT["resolve"](name) for name in SNAPSHOT["LIBRARIES"][library]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in LIBRARIES[library]["names"]:
            assert hasattr(modules[row["module"]], row["name"]), row
            assert [name for name, module in modules.items() if hasattr(module, row["absent"])] == [], row
            if library == "Python":
                assert " ".join(SNAPSHOT["other_homes"](row["name"], row["module"])) == row.get("also", ""), row


def test_constants_and_modules_are_as_they_were() -> None:
    skip_unless_seen("Python")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert SNAPSHOT["constants"]() == TABLE["constants"]
        assert SNAPSHOT["real_modules"]() == TABLE["modules"]["real"]


@pytest.mark.slow
def test_options_of_the_tools_are_as_they_were() -> None:
    suites = SNAPSHOT["suites"]()
    if [suite["version"] for suite in suites] != [suite["version"] for suite in TABLE["suites"]]:
        pytest.skip("other versions of the tools are installed")
    assert suites == TABLE["suites"]
