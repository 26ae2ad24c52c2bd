from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import LabelsFileError
from evaluator.labels import LabelledRun, SheetLabels, SheetOptions, read_sheet, sheet_bytes, sheet_labels, text_sha256
from evaluator.labels.check_sheet import check_annotator
from evaluator.labels.sheet import COLUMNS
from evaluator.labels.sheet_rows import Sheet, SheetRow
from tests.labels.conftest import TEXTS


@pytest.fixture
def sheet(tmp_path: Path, labelled_run: LabelledRun) -> Sheet:
    """The sheet as it was written, with nothing filled in."""
    path = tmp_path / "labels.csv"
    path.write_bytes(
        sheet_bytes(labelled_run.responses.values(), dict(labelled_run.probes), SheetOptions(run_id="2026"))
    )
    return read_sheet(path)


def filled(sheet: Sheet, cells: dict[int, dict[str, str]], **fields: Any) -> Sheet:
    """Fill cells of the rows, counted from 0."""
    rows = [SheetRow(line=row.line, cells=row.cells | cells.get(n, {})) for n, row in enumerate(sheet.rows)]
    return Sheet(path=sheet.path, rows=tuple(rows), encoding=fields.get("encoding", sheet.encoding))


def taken(sheet: Sheet, run: LabelledRun, annotator: str | None = "anna") -> SheetLabels:
    return sheet_labels(sheet, run, annotator=annotator, now="2026-01-01T00:00:00+00:00")


def test_what_was_written_is_taken(sheet: Sheet, labelled_run: LabelledRun) -> None:
    found = taken(filled(sheet, {0: {"label": " Wrong "}, 2: {"label": "ABSTAINED", "annotator": "ben"}}), labelled_run)
    assert [(one.request_id, one.label, one.annotator) for one in found.labels] == [
        ("r1", "wrong", "anna"),
        ("r3", "abstained", "ben"),
    ]
    assert found.n_empty == 2
    assert found.labels[0].response_sha256 == text_sha256(TEXTS["r1"][1])
    assert found.labels[0].run_id == "2026"


@pytest.mark.parametrize(
    "change",
    [
        {"response": "Ann;  =1+1 "},
        {"response": "Ann; '=1+1\r\n"},
        {"model": ""},
        {"probe_id": "", "question": "", "targets": "edited"},
        {"run_id": "2026"},
    ],
)
def test_what_spreadsheets_and_people_do_is_borne(
    sheet: Sheet, labelled_run: LabelledRun, change: dict[str, str]
) -> None:
    assert len(taken(filled(sheet, {0: {"label": "wrong"} | change}), labelled_run).labels) == 1


def test_characters_that_windows_1252_lost_are_borne_there_only(sheet: Sheet, labelled_run: LabelledRun) -> None:
    lossy = {2: {"label": "wrong", "response": "?ód? “quoted”, „so“"}}
    assert len(taken(filled(sheet, lossy, encoding="cp1252"), labelled_run).labels) == 1
    with pytest.raises(LabelsFileError, match="response: need"):
        taken(filled(sheet, lossy), labelled_run)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "right"}, r":2: label: need one of correct, wrong, abstained, got 'right'"),
        ({"label": "c"}, r":2: label: need one of"),
        ({"run_id": "other"}, r":2: run_id: need '2026', got 'other'"),
        ({"run_id": ""}, r":2: run_id: need '2026', got ''"),
        ({"request_id": "r9"}, r":2: request_id: need one of the run's answers, got 'r9'"),
        ({"request_id": "r2"}, r":2: probe_id: need 'b' as in the run, got '1-2'"),
        ({"response": "Anne"}, r":2: response: need 'Ann; =1\+1' as in the run, got 'Anne'"),
        ({"response": ""}, r":2: response: need"),
        ({"model": "n"}, r":2: model: need '=m' as in the run, got 'n'"),
        ({"annotator": "llm:gpt"}, r":2: annotator: need a person, got 'llm:gpt'.*grade RUN --against"),
        ({"annotator": "a\x1b"}, r":2: annotator: need a name .* visible"),
        ({"annotator": "a" * 101}, r":2: annotator: need a name of at most 100"),
    ],
)
def test_a_wrong_row_names_line_field_wanted_and_came(
    sheet: Sheet, labelled_run: LabelledRun, change: dict[str, str], message: str
) -> None:
    with pytest.raises(LabelsFileError, match=message) as caught:
        taken(filled(sheet, {0: {"label": "wrong"} | change}), labelled_run)
    assert "nothing was taken" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_somebody_must_have_labelled(sheet: Sheet, labelled_run: LabelledRun) -> None:
    with pytest.raises(LabelsFileError, match=r"annotator: need the name .*--annotator, got none"):
        taken(filled(sheet, {0: {"label": "wrong"}}), labelled_run, annotator=None)


def test_correct_cannot_be_said_of_a_probe_without_answer(sheet: Sheet, labelled_run: LabelledRun) -> None:
    with pytest.raises(LabelsFileError, match=r"label: this probe has no answer: need wrong .* or abstained"):
        taken(filled(sheet, {2: {"label": "correct"}}), labelled_run)


def test_all_wrong_rows_are_counted(sheet: Sheet, labelled_run: LabelledRun) -> None:
    with pytest.raises(LabelsFileError, match=r":2: .*\(and 2 more wrong rows\)"):
        taken(filled(sheet, {0: {"label": "x"}, 1: {"label": "y"}, 2: {"label": "correct"}}), labelled_run)


def test_a_row_twice_is_one_label_and_a_contradiction_an_error(sheet: Sheet, labelled_run: LabelledRun) -> None:
    row = sheet.rows[0]
    twice = Sheet(path=sheet.path, rows=(row, SheetRow(line=9, cells=row.cells)), encoding="utf-8")
    assert len(taken(filled(twice, {0: {"label": "wrong"}, 1: {"label": "wrong"}}), labelled_run).labels) == 1
    others = {0: {"label": "wrong"}, 1: {"label": "correct", "annotator": "ben"}}
    assert len(taken(filled(twice, others), labelled_run).labels) == 2
    with pytest.raises(LabelsFileError, match=r":9: .*got correct after wrong on line 2"):
        taken(filled(twice, {0: {"label": "wrong"}, 1: {"label": "correct"}}), labelled_run)


def test_a_sheet_nobody_filled_in_is_said(sheet: Sheet, labelled_run: LabelledRun) -> None:
    with pytest.raises(LabelsFileError, match="need at least one row with a label, got 4 without"):
        taken(sheet, labelled_run)


def test_rows_are_not_confused_by_sorting(sheet: Sheet, labelled_run: LabelledRun) -> None:
    mixed = {n: {"label": "wrong", "response": row.cells["response"]} for n, row in enumerate(sheet.rows[::-1])}
    with pytest.raises(LabelsFileError, match="rows were mixed up"):
        taken(filled(sheet, mixed), labelled_run)


def test_the_name_of_an_annotator_given_as_a_flag_is_checked() -> None:
    assert check_annotator(" anna ") == "anna"
    with pytest.raises(LabelsFileError, match=r"^--annotator: need the name"):
        check_annotator(" ")


def test_every_column_is_known() -> None:
    assert {"run_id", "request_id", "model", "probe_id", "response", "label", "annotator"} <= set(COLUMNS)
