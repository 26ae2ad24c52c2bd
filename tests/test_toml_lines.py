from __future__ import annotations

import pytest

from evaluator.toml_lines import place_of

TEXT = """# a file
name = "x"
"quoted key" = 1

[gate]
level = 0.9
calibration.least = 3

[[gate.check]]
metric = "accuracy"

[[gate.check]]
metric = "f_score"
limits = { low = 1, hihg = 2 }
[[gate.check.part]]
x = 1
"""


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("name: expected `str`, got `int`", 2),
        ("gate.level: expected `float`, got `str`", 6),
        ("gate.calibration.least: expected `int`", 7),
        ("gate.check[0].metric: expected `str`", 10),
        ("gate.check[1].metric: expected `str`", 13),
        ("gate.check[1].limits: object contains unknown field `hihg`", 14),
        ("gate.check[1]: object missing required field `margin`", 12),
        ("gate.check[1].part[0].x: expected `str`", 16),
        ("gate: object contains unknown field `level`", 6),
        ("object contains unknown field `quoted key`", 3),
        ("gate.check[0]: metric: need text, got an empty string", 10),
    ],
)
def test_a_message_is_placed_on_the_line_of_its_key(message: str, line: int) -> None:
    assert place_of(message, TEXT, "f.toml") == f"f.toml:{line}"


@pytest.mark.parametrize("message", ["object missing required field `licence`", "need flat TOML", ""])
def test_a_message_about_no_key_is_placed_on_the_file(message: str) -> None:
    assert place_of(message, TEXT, "f.toml") == "f.toml"
