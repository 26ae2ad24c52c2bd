from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from rich.cells import cell_len

from evaluator.report import label_status_bytes, render_label_status
from evaluator.report.schemas import json_schema
from evaluator.results import AnnotatorAgreement, CellProgress, Disagreement, Figure, LabelStatus
from tests.report.example import HOSTILE

RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
FIGURE = Figure(value=0.8125, low=0.62, high=0.92, n=32, method="Wilson", reason=None)
NONE = Figure(value=None, low=None, high=None, n=32, method="none", reason="all labels are the same")


def example(**fields: Any) -> LabelStatus:
    agreement = AnnotatorAgreement(
        annotators=("anna", "ben"),
        n=32,
        n_single=8,
        n_clusters=30,
        percent_agreement=FIGURE,
        gwet_ac1=FIGURE,
        krippendorff_alpha=NONE,
        notes=("alpha is low",),
    )
    known: dict[str, Any] = {
        "run_id": "nightly",
        "seed": 7,
        "allocation": "neyman",
        "has_same_verdicts": False,
        "cells": (
            CellProgress(
                model="m",
                prompt="none",
                answerable=True,
                verdict="wrong",
                n_responses=1234,
                n_drawn=40,
                n_labelled=32,
            ),
        ),
        "n_drawn": 40,
        "n_labelled": 32,
        "n_outside": 3,
        "n_stale": 2,
        "by_annotator": {"anna": 40, "ben": 32},
        "n_adjudicated": 1,
        "level": 0.95,
        "agreement": agreement,
        "disagreements": tuple(
            Disagreement(request_id=f"r{n}", probe_id=f"p{n}", labels={"anna": "wrong", "ben": "correct"})
            for n in range(12)
        ),
    }
    return LabelStatus(**{**known, **fields})


def test_everything_that_matters_is_said() -> None:
    text = " ".join(render_label_status(example()).split())
    for said in (
        "32 of 40 drawn answers have a label",
        "m, answerable, wrong",
        "1,234",
        "81.2% [62.0, 92.0]",
        "0.81 [0.62, 0.92]",
        "alpha: all labels are the same",
        "alpha is low",
        "Disagreements to settle: 12",
        "p0: anna wrong, ben correct",
        "and 2 more",
        "the verdicts were changed since the draw",
        "3 answers with a label are not in the draw",
        "2 labels are for texts that are not in the run any more",
    ):
        assert said in text, said


def test_the_prompt_is_named_where_there_are_several() -> None:
    cell = example().cells[0]
    fields = {name: getattr(cell, name) for name in cell.__struct_fields__}
    text = render_label_status(example(cells=(cell, CellProgress(**{**fields, "prompt": "permit"}))), width=120)
    assert "m, permit, answerable, wrong" in text


def test_before_a_draw_it_says_what_to_do() -> None:
    text = render_label_status(example(seed=None, cells=(), agreement=None, disagreements=()))
    assert "nothing was drawn yet: evaluator label draw" in text


@pytest.mark.parametrize("width", [30, 80, 120])
def test_names_from_strangers_are_harmless_and_fit(width: int) -> None:
    hostile = HOSTILE
    cell = example().cells[0]
    fields = {name: getattr(cell, name) for name in cell.__struct_fields__}
    found = example(
        run_id=hostile,
        cells=(CellProgress(**{**fields, "model": hostile}),),
        by_annotator={hostile: 1},
        disagreements=(Disagreement(request_id="r", probe_id=hostile, labels={hostile: "wrong"}),),
    )
    text = render_label_status(found, width=width)
    assert not RAW.search(text)
    assert max(map(cell_len, text.splitlines())) <= width


def test_the_json_follows_its_schema() -> None:
    data = label_status_bytes(example())
    assert data == label_status_bytes(example())
    jsonschema.validate(json.loads(data), json.loads(json_schema("labels")))


def test_the_design_has_a_schema() -> None:
    schema = json.loads(json_schema("design"))
    assert schema["$defs"]["LabelDesign"]["properties"]["schema"] == {"const": "evaluator/gold/1"}
