"""Who answered is shown where it is known."""

from __future__ import annotations

from typing import Any

import msgspec

from evaluator.records import ModelResult
from evaluator.report.hosts import MOST_ROWS, host_sections
from tests.report.example import one_model


def result(**fields: Any) -> ModelResult:
    return msgspec.structs.replace(one_model().results[0], **fields)


def test_the_mix_of_hosts_is_shown_with_shares() -> None:
    (section,) = host_sections([("m", result(served_by={"Small": 1, "Big": 3}))])
    assert section.table is not None
    assert [(row.label, row.cells) for row in section.table.rows] == [
        ("m: Big", (("3",), ("75.0%",))),
        ("m: Small", (("1",), ("25.0%",))),
    ]


def test_without_hosts_nothing_is_said() -> None:
    assert host_sections([("m", result(served_by={}, ungraded={}))]) == ()


def test_substituted_answers_are_counted() -> None:
    (section,) = host_sections([("m", result(served_by={}, ungraded={"substituted": 2}))])
    assert section.table is None
    assert section.remarks == ("2 answers came from another model or host than asked: kept, and in no rate.",)


def test_a_hostile_name_and_many_of_them_do_no_harm() -> None:
    (section,) = host_sections([("", result(served_by={f"\x1b[31m{n}": 1 for n in range(40)}))])
    assert section.table is not None
    assert len(section.table.rows) == MOST_ROWS
    assert all("\x1b" not in row.label for row in section.table.rows)
    assert "28 hosts more" in section.remarks[0]
