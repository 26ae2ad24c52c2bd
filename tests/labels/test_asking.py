from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.errors import LabelsFileError
from evaluator.journal import GoldFile
from evaluator.label_design import LabelCell, LabelDesign
from evaluator.labels import LabelledRun, Labelling, blind_order, open_disagreements, open_questions
from evaluator.records import GoldLabel, Label

IDS = ("r1", "r2", "r3")
DESIGN = LabelDesign(
    run_id="2026",
    seed=3,
    allocation="proportional",
    floor=1,
    graders=("g",),
    verdicts_sha256="0",
    cells=(
        LabelCell(model="=m", prompt="none", answerable=True, verdict="wrong", n_responses=5, n_drawn=3, drawn=IDS),
    ),
)


def said(request_id: str, label: Label, annotator: str, *, adjudicates: bool = False) -> GoldLabel:
    return GoldLabel(
        run_id="2026",
        request_id=request_id,
        response_sha256="s",
        label=label,
        annotator=annotator,
        labelled_at="",
        adjudicates=adjudicates,
    )


@pytest.fixture
def gold(tmp_path: Path) -> GoldFile:
    return GoldFile(tmp_path / "gold.jsonl")


def labels_in(gold: GoldFile) -> list[tuple[str, str]]:
    return [(label.request_id, label.label) for label in gold.read().labels]


def test_every_label_is_on_disk_before_the_next_question(gold: GoldFile, labelled_run: LabelledRun) -> None:
    work = Labelling(IDS, labelled_run, gold, "anna")
    work.label("wrong")
    assert labels_in(gold) == [("r1", "wrong")]
    work.skip()
    work.label("abstained")
    assert labels_in(gold) == [("r1", "wrong"), ("r3", "abstained")]
    assert (work.current, work.n_passed, work.n_labelled, work.n_left, work.n_open) == (None, 3, 2, 0, 1)


def test_undo_goes_back_step_by_step(gold: GoldFile, labelled_run: LabelledRun) -> None:
    work = Labelling(IDS, labelled_run, gold, "anna")
    assert not work.undo()
    work.label("wrong")
    work.skip()
    assert work.undo()
    assert (work.current, labels_in(gold)) == ("r2", [("r1", "wrong")])
    assert work.undo()
    assert (work.current, labels_in(gold)) == ("r1", [])
    work.label("correct")
    assert labels_in(gold) == [("r1", "correct")]


def test_a_label_that_is_refused_does_not_go_on(gold: GoldFile, labelled_run: LabelledRun) -> None:
    Labelling(IDS, labelled_run, gold, "anna").label("wrong")
    elsewhere = Labelling(IDS, labelled_run, gold, "anna")
    with pytest.raises(LabelsFileError):
        elsewhere.label("correct")
    assert elsewhere.current == "r1"


def test_what_one_has_labelled_is_not_asked_again(gold: GoldFile) -> None:
    order = blind_order(DESIGN)
    assert open_questions(DESIGN, [], "anna") == order
    known = [said(order[0], "wrong", "anna"), said(order[1], "wrong", "ben")]
    assert open_questions(DESIGN, known, "anna") == order[1:]
    settled = [said(order[1], "wrong", "anna", adjudicates=True)]
    assert open_questions(DESIGN, settled, "anna") == order


def test_only_open_disagreements_are_asked_of_an_adjudicator(gold: GoldFile, labelled_run: LabelledRun) -> None:
    known = [
        said("r1", "wrong", "anna"),
        said("r1", "correct", "ben"),
        said("r2", "wrong", "anna"),
        said("r2", "wrong", "ben"),
        said("r4", "wrong", "anna"),
        said("r4", "abstained", "ben"),
    ]
    assert open_disagreements(DESIGN, known) == ["r1", "r4"]
    assert open_disagreements(None, known) == ["r1", "r4"]
    work = Labelling(["r1"], labelled_run, gold, "anna", adjudicates=True)
    work.label("correct")
    (settled,) = gold.read().labels
    assert settled.adjudicates
    assert open_disagreements(DESIGN, [*known, settled]) == ["r4"]
