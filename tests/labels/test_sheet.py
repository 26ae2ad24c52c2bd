from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from evaluator.errors import LabelsFileError
from evaluator.label_design import LabelDesign
from evaluator.labels import LabelledRun, SheetOptions, read_design, sheet_bytes, write_sheet
from evaluator.labels.sheet import COLUMNS

DESIGN = LabelDesign(run_id="r", seed=1, allocation="neyman", floor=0, graders=("g",), verdicts_sha256="0", cells=())


def rows(run: LabelledRun, options: SheetOptions) -> list[dict[str, str]]:
    data = sheet_bytes(run.responses.values(), dict(run.probes), options)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


def test_the_columns_are_those_of_the_contract(labelled_run: LabelledRun) -> None:
    (first, *_) = rows(labelled_run, SheetOptions(run_id="2026"))
    names = "run_id, request_id, model, probe_id, question, targets, response, label, annotator"
    assert ", ".join(first) == names == ", ".join(COLUMNS)
    assert first == {
        "run_id": "'2026",
        "request_id": "'r1",
        "model": "'=m",
        "probe_id": "'1-2",
        "question": "'=Passage\n\nWho?\nReally?\n\n(Who?)",
        "targets": "Ann | Anna",
        "response": "'Ann; '=1+1",
        "label": "",
        "annotator": "",
    }


def test_the_options_of_a_choice_and_the_reason_are_shown(labelled_run: LabelledRun) -> None:
    _, choice, unanswerable, _ = rows(labelled_run, SheetOptions(run_id="r"))
    assert choice["question"] == "Which?\n\nA) x\nB) y"
    assert unanswerable["targets"] == "unanswerable: future. Not yet."


def test_the_model_can_be_hidden_and_the_annotator_written_in(labelled_run: LabelledRun) -> None:
    found = rows(labelled_run, SheetOptions(run_id="r", is_blind=True, annotator="anna"))
    assert {row["model"] for row in found} == {""}
    assert {row["annotator"] for row in found} == {"anna"}


def test_the_design_travels_beside_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    assert read_design(path) is None
    write_sheet(path, b"data", DESIGN)
    assert path.read_bytes() == b"data"
    assert (tmp_path / "labels.csv.design.json").exists()
    assert read_design(path) == DESIGN


@pytest.mark.parametrize("content", [b"", b"{}\n", b"x", b'{"schema":"evaluator/gold/2"}'])
def test_a_damaged_design_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "labels.csv.design.json").write_bytes(content)
    with pytest.raises(LabelsFileError, match=r"labels\.csv\.design\.json"):
        read_design(tmp_path / "labels.csv")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabelsFileError, match="cannot be written: No such file"):
        write_sheet(tmp_path / "nowhere" / "labels.csv", b"", DESIGN)
