from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evaluator.gold_labels import GoldSet
from evaluator.records import ModelSettings, PromptRef
from evaluator.stats.calibration.gold import UsableLabels, graders_behind, usable_labels


def usable(found: Any, **manifest: Any) -> UsableLabels:
    verdicts = {v.request_id: v.label for v in found.run.verdicts if v.label is not None}
    return usable_labels(found.gold, msgspec.structs.replace(found.run.manifest, **manifest), verdicts)


def codes(found: UsableLabels) -> dict[str, bool]:
    return {condition.code: condition.refuses for condition in found.conditions}


def test_every_drawn_and_labelled_answer_counts(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    labels = usable(found)
    assert labels.by_request == {request_id: found.truths[request_id] for request_id in found.design.drawn}
    assert codes(labels) == {"one_annotator": False}
    assert labels.notes == ()
    assert not labels.is_refused


def test_labels_without_a_draw_are_convenience_labels(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    without = GoldSet(design=None, labels=found.gold.labels)
    empty = msgspec.structs.replace(
        found.design, cells=tuple(msgspec.structs.replace(cell, drawn=()) for cell in found.design.cells)
    )
    for gold in (without, GoldSet(design=empty, labels=found.gold.labels)):
        labels = usable_labels(gold, found.run.manifest, {})
        assert codes(labels) == {"no_design": True}
        assert labels.is_refused
        assert labels.by_request == {}


@pytest.mark.parametrize(
    ("design", "manifest", "code"),
    [
        ({"run_id": "another"}, {}, "other_run"),
        ({"graders": ("cascade-0",)}, {}, "stale_graders"),
        ({}, {"graders": ("cascade-2",)}, "stale_graders"),
        ({}, {"judges": (ModelSettings(id="judge/x"),)}, "stale_graders"),
        ({"verdicts_sha256": "0"}, {}, "stale_verdicts"),
    ],
)
def test_a_draw_from_other_verdicts_is_stale(labelled_run: Any, design: Any, manifest: Any, code: str) -> None:
    labels = usable(labelled_run(n_probes=60, per_cell=5, **design), **manifest)
    assert codes(labels) == {code: True}


def test_one_changed_verdict_makes_the_draw_stale(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    first = found.run.verdicts[0]
    other = "wrong" if first.label != "wrong" else "abstained"
    found.run.verdicts[0] = msgspec.structs.replace(first, label=other)
    assert codes(usable(found)) == {"stale_verdicts": True}


def test_the_graders_include_judges_and_their_prompt(recorded_run: Any) -> None:
    manifest = msgspec.structs.replace(
        recorded_run().manifest,
        judges=(ModelSettings(id="a/b"), ModelSettings(id="c/d")),
        judge_prompt=PromptRef(name="judge", version="3", sha256="ff"),
    )
    assert graders_behind(manifest) == ("cascade-1", "a/b", "c/d", "3 ff")
    assert graders_behind(msgspec.structs.replace(manifest, judges=())) == ("cascade-1",)


def test_the_majority_counts_and_a_tie_is_left_out(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    one, two, three, *_ = sorted(found.design.drawn)
    found.labels = [label for label in found.labels if label.request_id not in {one, two, three}]
    says = [("wrong", "wrong", "abstained"), ("wrong", "abstained"), ("wrong", "abstained")]
    for request_id, labels in zip((one, two, three), says, strict=True):
        found.labels += [found.label(request_id, label, f"person {i}") for i, label in enumerate(labels)]
    found.labels.append(found.label(three, "correct", "arbiter", adjudicates=True))
    labels = usable(found)
    assert labels.by_request[one] == "wrong"
    assert two not in labels.by_request
    assert labels.by_request[three] == "correct"
    assert labels.notes == ("1 labelled response left out: no majority of the annotators",)
    assert codes(labels) == {}


def test_labels_by_a_model_outside_the_draw_or_for_a_lost_text_are_left_out(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    outside = sorted(found.truths.keys() - found.design.drawn)[:2]
    found.labels += [found.label(request_id) for request_id in outside]
    drawn = min(found.design.drawn)
    found.labels.append(found.label(drawn, "abstained", "llm:judge"))
    found.n_stale = 3
    labels = usable(found)
    assert labels.by_request[drawn] == found.truths[drawn]
    assert not labels.by_request.keys() & set(outside)
    assert labels.notes == (
        "1 label left out of the calibration: given by a model, not by a person",
        "2 labels left out of the calibration: of responses that were not drawn",
        "3 labels left out of the calibration: given to a text that is not in the run any more",
    )


def test_unfinished_labelling_is_warned_about(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    found.labels = found.labels[: len(found.labels) // 2]
    (unfinished, _) = usable(found).conditions
    assert unfinished.code == "unfinished_labels"
    assert unfinished.sentence == f"{len(found.labels)} of {len(found.design.drawn)} drawn responses are labelled"


def test_a_label_on_an_ungraded_answer_has_no_cell(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    drawn = min(found.design.drawn)
    verdicts = {v.request_id: v.label for v in found.run.verdicts}
    from evaluator.label_design import verdicts_sha256

    del verdicts[drawn]
    design = msgspec.structs.replace(found.design, verdicts_sha256=verdicts_sha256(verdicts.items()))
    labels = usable_labels(GoldSet(design=design, labels=found.gold.labels), found.run.manifest, verdicts)
    assert drawn not in labels.by_request
    assert len(labels.by_request) == len(found.labels) - 1


def test_people_who_often_differ_make_a_rate_conditional_on_them(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    drawn = sorted(found.design.drawn)[:20]
    found.labels = [found.label(request_id, annotator=who) for request_id in drawn for who in ("anna", "ben")]
    assert "annotators_disagree" not in codes(usable(found))
    for i in range(3):
        other = "wrong" if found.truths[drawn[i]] != "wrong" else "abstained"
        found.labels.append(found.label(drawn[i], other, annotator="cleo"))
    assert codes(usable(found))["annotators_disagree"] is False
