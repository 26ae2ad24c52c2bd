"""Large tables are written in one go: not one byte differs from what is written name by name."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from evaluator.report import summary_bytes
from evaluator.report.canonical_json import TALLIES, TEXTS, canonical_json, canonical_table
from evaluator.report.summary_json import summary_pieces
from tests.report import example

ASCII = "".join(map(chr, range(128)))


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ({}, TEXTS),
        (dict.fromkeys(ASCII, ASCII), TEXTS),
        ({"zebra": "é\u2028", "adder": "ß", "\U0001f40d": ""}, TEXTS),
        ({"b": (0, 1, 2, 3), "a": (10**25, 0, 0, 0)}, TALLIES),
        ({"\x7f": (1, 2, 3, 4)}, TALLIES),
    ],
    ids=range(5),
)
def test_a_table_is_written_as_json_writes_it(table: dict[str, Any], kind: Any) -> None:
    there_and_back = msgspec.to_builtins(msgspec.convert(table, kind), order="deterministic")
    expected = json.dumps({"x": {"table": there_and_back}}, indent=2).encode()
    found = canonical_table(table, kind, place="$.x.table")
    assert b'{\n  "x": {\n    "table": ' + found + b"\n  }\n}" == expected


def test_half_a_surrogate_pair_in_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\$\.probes: need text, got half a surrogate pair"):
        canonical_table({"\ud800": "x"}, TEXTS, place="$.probes")


def test_the_pieces_of_a_summary_are_its_canonical_json() -> None:
    summary_of_two = example.two_models()
    config = {"tallies": {}, "probes": {}, "results": [{"tallies": {}}], "text": '\n      "tallies": {}'}
    manifest = msgspec.structs.replace(summary_of_two.manifest, config=config)
    tallies: dict[str, tuple[int, int, int, int]] = {'\n      "tallies": {}': (0, 0, 0, 1)}
    results = tuple(msgspec.structs.replace(result, tallies=tallies) for result in summary_of_two.results)
    comparisons = ({"tallies": {}, "probes": {}},)
    for summary in (
        summary_of_two,
        msgspec.structs.replace(summary_of_two, manifest=manifest, results=results, comparisons=comparisons),
        msgspec.structs.replace(summary_of_two, manifest=manifest, results=(), comparisons=comparisons, probes={}),
    ):
        assert summary_bytes(summary) == canonical_json(summary)
        assert len(list(summary_pieces(summary))) > 1
