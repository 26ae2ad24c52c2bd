from __future__ import annotations

from typing import Any

import msgspec

from evaluator.detection import Detection, DetectionNeed
from evaluator.records import (
    CellUncertainty,
    ConfidenceFigures,
    Estimate,
    ModelResult,
    NextStep,
    ProbeValidity,
    UncertaintyBudget,
)
from evaluator.report.confidence import confidence_sections
from evaluator.report.detection import detection_section
from evaluator.report.precision import budget_sections, validity_sections
from tests.report.example import HOSTILE, estimate


def result(model: str = "m") -> tuple[str, ModelResult]:
    fields: dict[str, Any] = dict.fromkeys(ModelResult.__struct_fields__)
    return model, ModelResult(**{**fields, "model": model, "prompt": "none"})


def budget(**fields: Any) -> UncertaintyBudget:
    step = NextStep(
        kind="labels", answerable=True, verdict="wrong", n_more=40, half_width=0.044, text="40 more labels would"
    )
    useless = msgspec.structs.replace(step, half_width=0.0609, text="nothing")
    cell = CellUncertainty(answerable=True, verdict="wrong", n_responses=90, n_labels=10, variance_share=0.5)
    known = UncertaintyBudget(
        name="hallucination_rate",
        slice="all",
        model="m",
        prompt="none",
        calibrated=True,
        half_width=0.061,
        probes_share=0.5,
        repeats_share=None,
        labels_share=0.5,
        cells=(cell,),
        steps=(step, useless),
    )
    return msgspec.structs.replace(known, **fields)


def test_a_budget_says_how_wide_why_and_what_helps() -> None:
    (section,) = budget_sections([budget()], [result()])
    assert section.table is not None
    (row,) = section.table.rows
    assert row.label == "m · hallucination (corrected)"
    assert row.cells == (("6.1%",), ("50.0%",), ("n/a",), ("50.0%",))
    assert section.remarks == ("m · hallucination (corrected): 40 more labels would.",)


def test_of_many_models_only_the_headline_is_shown() -> None:
    results = [result(f"m{i}") for i in range(5)]
    shown = [budget(model="m1"), budget(model="m1", name="accuracy", slice="answerable")]
    (section,) = budget_sections(shown, results)
    assert section.table is not None
    assert len(section.table.rows) == 1


def test_without_budgets_there_is_no_section() -> None:
    assert budget_sections([], [result()]) == ()
    assert validity_sections(None, [result()]) == ()
    assert confidence_sections([], [result()]) == ()


def test_an_audit_says_its_share_and_the_rates_on_valid_probes() -> None:
    bounded = msgspec.structs.replace(
        estimate("hallucination_rate", "all", 40, 100, model="m"), value=None, low=0.2, high=0.5, notes=()
    )
    found = ProbeValidity(
        n_probes=300,
        n_audited=60,
        n_invalid=3,
        share=0.05,
        low=0.02,
        high=0.13,
        level=0.95,
        flaws={"wrong_target": 3},
        estimates=(bounded,),
        notes=(HOSTILE,),
    )
    (section,) = validity_sections(found, [result()])
    assert section.remarks[0] == ("3 of 60 audited probes are invalid (3 wrong_target): 5.0% [2.0, 13.0] of all 300.")
    assert "\x1b" not in section.remarks[1]
    assert section.table is not None
    assert section.table.rows[0].cells == (("n/a", "[20.0, 50.0]"),)


def figures(**fields: Any) -> ConfidenceFigures:
    def one(name: str, value: float, **more: Any) -> Estimate:
        return msgspec.structs.replace(estimate(name, "answered", 1, 2, model="m"), value=value, **more)

    known = ConfidenceFigures(
        model="m",
        prompt="none",
        source="stated",
        slice="answered",
        n=50,
        n_missing=2,
        accuracy=0.6,
        mean_confidence=0.9,
        estimates=(
            one("smooth_ece", 0.31),
            one("brier", 0.3),
            one("brier", 0.25, calibrated=True),
            one("auroc", 0.7, low=0.6, high=0.8),
            one("augrc", 0.1),
        ),
        chance_smooth_ece=0.05,
        calibration_p=None,
        risk_coverage=(),
        reliability=(),
        notes=("a note",),
    )
    return msgspec.structs.replace(known, **fields)


def test_confidence_is_shown_with_what_chance_explains() -> None:
    (section,) = confidence_sections([figures(), figures(slice="answered_answerable")], [("", result()[1])])
    assert section.table is not None
    (row,) = section.table.rows
    assert row.label == "stated"
    assert row.cells[3:] == (("0.31", "(0.05)"), ("0.70", "[0.60, 0.80]"), ("0.30, corrected 0.25",), ("0.10",))
    assert section.remarks == ("a note",)


def test_a_note_that_not_all_share_says_who() -> None:
    other = figures(source="agreement", notes=())
    (section,) = confidence_sections([figures(), other], [("", result()[1])])
    assert section.remarks == ("a note (stated)",)


def test_a_plan_says_what_it_detects_and_what_is_out_of_reach() -> None:
    found = Detection(
        metric="accuracy",
        slice="answerable",
        level=0.95,
        power=0.8,
        like=HOSTILE,
        n_probes=300,
        repeats=1,
        detectable=0.1,
        n_labels=150,
        detectable_calibrated=0.15,
        wanted=0.01,
        needs=(DetectionNeed(repeats=1, n_probes=30_000, n_probes_calibrated=None, n_labels=None),),
        omega2=0.3,
        sigma2=0.0,
        design_effect=1.0,
        label_spread=0.3,
        assumptions=("it is assumed",),
    )
    section = detection_section(found)
    assert "10.0 points for raw rates, 15.0 points for rates corrected with 150 labels" in section.lead
    assert section.table is not None
    assert section.table.rows[0].cells == (("30,000",), ("out of reach", ""))
    assert "\x1b" not in section.remarks[0]
    assert section.remarks[1] == "It is assumed."
