from __future__ import annotations

import msgspec
import pytest

from evaluator.records import ModelResult
from evaluator.report.behaviour import behaviour_sections
from evaluator.report.section import Section
from tests.report import example


def titled(results: list[tuple[str, ModelResult]], title: str) -> Section | None:
    return next((s for s in behaviour_sections(results) if s.title.startswith(title)), None)


def one(answerable: example.Four, unanswerable: example.Four) -> list[tuple[str, ModelResult]]:
    return [("", example.model_result("m", answerable, unanswerable))]


def test_the_two_by_two_counts_answers_and_abstentions_of_graded_responses() -> None:
    section = titled(one((120, 48, 26, 6), (0, 58, 38, 4)), "Did it answer")
    assert section is not None
    assert section.table is not None
    rows = {row.label: row.cells for row in section.table.rows}
    assert rows["answerable"] == (("168 (86.6%)",), ("26 (13.4%)",), ("120 correct, 48 made up",))
    assert rows["unanswerable"] == (("58 (60.4%)",), ("38 (39.6%)",), ("58 made up",))


def test_a_set_without_unanswerable_probes_divides_by_nothing() -> None:
    section = titled(one((1, 0, 0, 0), (0, 0, 0, 0)), "Did it answer")
    assert section is not None
    assert section.table is not None
    assert section.table.rows[1].cells[:2] == (("0 (n/a)",), ("0 (n/a)",))


@pytest.mark.parametrize(("n", "tables"), [(3, 3), (4, 1), (20, 1)])
def test_many_models_share_one_table(n: int, tables: int) -> None:
    results = [(f"m{i}", example.model_result("m", (5, i, 1, 0), (0, 2, 3, 0))) for i in range(n)]
    crossed = [s for s in behaviour_sections(results) if s.title.startswith("Did it answer")]
    assert len(crossed) == tables
    assert sum(1 for s in crossed if s.lead) == 1
    if tables == 1:
        assert crossed[0].table is not None
        assert crossed[0].table.rows[2].cells == (("7", "1"), ("2", "3"))


def test_outcomes_are_shown_only_when_one_is_not_an_answer() -> None:
    label, result = one((5, 5, 5, 0), (0, 5, 5, 0))[0]
    assert titled([(label, result)], "Outcomes") is not None
    plain = msgspec.structs.replace(result, outcomes={"answered": 25, "failed": 0})
    assert titled([(label, plain)], "Outcomes") is None


@pytest.mark.parametrize(("ungraded", "is_shown"), [(0, False), (1, False), (2, True)])
def test_bounds_are_shown_above_one_percent_ungraded(ungraded: int, is_shown: bool) -> None:
    results = one((50, 25, 25 - ungraded, ungraded), (0, 0, 0, 0))
    assert (titled(results, "Ungraded") is not None) == is_shown


def test_ungraded_says_how_many_why_and_what_it_could_change() -> None:
    section = titled(one((120, 48, 26, 6), (0, 58, 38, 4)), "Ungraded")
    assert section is not None
    assert section.table is not None
    cells = section.table.rows[0].cells
    assert cells == (("10",), ("3.3% of 300",), ("58.9% to 64.4%",), ("7 truncated, 3 failed",))


def test_bounds_that_were_not_computed_are_unknown() -> None:
    label, result = one((120, 48, 26, 6), (0, 58, 38, 4))[0]
    section = titled([(label, msgspec.structs.replace(result, estimates=()))], "Ungraded")
    assert section is not None
    assert section.table is not None
    assert section.table.rows[0].cells[2] == ("unknown",)
