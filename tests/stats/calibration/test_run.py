from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.gold_labels import GoldSet
from evaluator.records import Estimate, Summary
from evaluator.stats.calibration.budget import HEADLINES
from evaluator.stats.metrics import METRICS

POOR = ((0.85, 0.13, 0.02), (0.16, 0.80, 0.04), (0.02, 0.08, 0.90))
UNEVEN = ((0.55, 0.43, 0.02), (0.36, 0.60, 0.04), (0.02, 0.28, 0.70))


def calibrated(summary: Summary, model: str = "m") -> dict[tuple[str, str], Estimate]:
    (result,) = [result for result in summary.results if result.model == model]
    return {(e.name, e.slice): e for e in result.estimates if e.calibrated}


def codes_of(estimate: Estimate) -> set[str]:
    return {note.partition("(")[2].partition(")")[0] for note in estimate.notes if note.startswith(("refused", "warn"))}


def test_every_rate_stands_beside_its_raw_one(labelled_run: Any) -> None:
    result = labelled_run().result()
    raw = {(e.name, e.slice) for e in result.estimates if not e.calibrated and e.slice != "twins"}
    found = [(e.name, e.slice) for e in result.estimates if e.calibrated]
    assert set(found) == raw
    assert len(found) == len(raw)
    expected = [(metric.name, name) for metric in METRICS for name in result.counts if metric.covers(name)]
    assert found == expected


def test_calibrated_rates_hold_the_truth_where_raw_ones_do_not(labelled_run: Any) -> None:
    found = labelled_run(3, n_probes=1200, per_cell=60, judge=POOR)
    answerable = {p.probe_id for p in found.run.probes if p.is_answerable}
    labels = [label for request_id, label in found.truths.items() if request_id.split("/")[2] in answerable]
    truth = labels.count("wrong") / (labels.count("wrong") + labels.count("abstained"))
    rate = calibrated(found.summary())["hallucination_rate", "answerable"]
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < truth < rate.high
    accuracy = calibrated(found.summary())["accuracy", "answerable"]
    (raw,) = [e for e in found.result().estimates if (e.name, e.calibrated) == ("accuracy", False)]
    assert raw.value is not None
    assert accuracy.value is not None
    assert abs(accuracy.value - labels.count("correct") / len(labels)) < abs(
        raw.value - labels.count("correct") / len(labels)
    )


def test_numbers_of_a_calibrated_rate_fit_together(labelled_run: Any) -> None:
    summary = labelled_run().summary()
    rate = calibrated(summary)["hallucination_rate", "all"]
    assert rate.value == pytest.approx(rate.numerator / rate.denominator)
    assert rate.n == 240
    assert rate.n_clusters == 240
    assert rate.n_labels == 5 * 20
    assert rate.method == "post-stratified by verdict, logit scale, Student t over clusters"
    assert codes_of(rate) == {"one_annotator"}
    answerable = calibrated(summary)["accuracy", "answerable"]
    assert (answerable.n, answerable.n_labels) == (160, 60)
    recall = calibrated(summary)["abstention_recall", "all"]
    assert (recall.n, recall.n_labels) == (240, 40)
    index, accuracy = (calibrated(summary)[name, "answerable"].value for name in ("omniscience_index", "accuracy"))
    hallucination = calibrated(summary)["hallucination_rate", "answerable"].value
    assert index is not None
    assert accuracy is not None
    assert hallucination is not None
    assert index / 100 == pytest.approx(accuracy - hallucination * (1 - accuracy))


def test_a_label_that_says_correct_where_nothing_is_counts_as_abstained(labelled_run: Any) -> None:
    found = labelled_run()
    (cell,) = [cell for cell in found.design.cells if not cell.answerable and cell.verdict == "abstained"]
    before = calibrated(found.summary())["hallucination_rate", "unanswerable"]
    changed = {r for r in cell.drawn if found.truths[r] == "abstained"}
    found.labels = [
        msgspec.structs.replace(label, label="correct") if label.request_id in changed else label
        for label in found.labels
    ]
    summary = found.summary()
    assert calibrated(summary)["hallucination_rate", "unanswerable"].value == before.value
    assert f"{len(changed)} labels say correct on a probe that has no answer: counted as abstained" in summary.notes


def test_without_labels_nothing_is_calibrated(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    found.labels = []
    summary = found.summary()
    assert calibrated(summary) == {}
    assert summary.notes == ()
    assert found.run.summary() == summary


def test_labels_that_may_not_be_used_leave_a_note_and_the_raw_rates(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    summary = found.summary(graders=("cascade-2",))
    assert calibrated(summary) == {}
    (note,) = summary.notes
    assert note.startswith("refused (stale_graders): the draw was made by verdicts of cascade-1; ")
    assert "draw again: evaluator label draw RUN" in note


def test_slices_with_too_few_labels_are_refused_one_by_one(labelled_run: Any) -> None:
    found = calibrated(labelled_run(per_cell=9).summary())
    assert found["hallucination_rate", "all"].value is not None
    topic = found["hallucination_rate", "topic=history"]
    assert (topic.value, topic.low, topic.high, topic.method) == (None, None, None, "none")
    assert topic.calibrated
    assert codes_of(topic) == {"few_labels_in_cell"}
    assert topic.n_labels > 0


def test_ungraded_answers_are_warned_about(labelled_run: Any) -> None:
    found = labelled_run()
    found.run.probe("extra")
    for repeat in range(5):
        found.run.answer("extra", "truncated", repeat=repeat)
    assert "ungraded" in codes_of(calibrated(found.summary())["hallucination_rate", "all"])
    assert "ungraded" not in codes_of(calibrated(found.summary())["hallucination_rate", "unanswerable"])


def test_a_model_without_labels_borrows_and_says_so(labelled_run: Any) -> None:
    found = labelled_run(models=("m", "n"), per_cell=30, n_probes=480)
    summary = found.summary()
    own, borrowed = calibrated(summary), calibrated(summary, "n")
    assert {name for name, _ in borrowed} == {name for name, _ in own}
    assert {slice_name for _, slice_name in borrowed} == {"all", "answerable", "unanswerable"}
    for estimate in borrowed.values():
        assert "transported" in codes_of(estimate) or codes_of(estimate) == {"small_denominator"}
        assert (estimate.low, estimate.high) == (None, None)
    rate = borrowed["hallucination_rate", "all"]
    assert rate.method.startswith("transported")
    assert rate.n_labels == own["hallucination_rate", "all"].n_labels
    assert any("one labelled model alone gives" in note for note in rate.notes)
    assert any(note.startswith("warning (transported): n under prompt permit has no labels") for note in summary.notes)


def test_four_labelled_models_lend_an_interval(labelled_run: Any) -> None:
    models = ("a", "b", "c", "d", "n")
    found = labelled_run(models=models, labelled=models[:4], per_cell=40, n_probes=450)
    rate = calibrated(found.summary(), "n")["hallucination_rate", "all"]
    assert rate.low is not None
    assert rate.value is not None
    assert rate.high is not None
    assert rate.low < rate.value < rate.high
    assert "few_donors" not in codes_of(rate)


def test_a_lone_model_with_scarce_labels_cannot_lend(labelled_run: Any) -> None:
    summary = labelled_run(models=("m", "n"), per_cell=3).summary()
    assert codes_of(calibrated(summary)["hallucination_rate", "all"]) == {"few_labels_in_cell"}
    assert calibrated(summary, "n") == {}
    assert any(note.startswith("refused (no_labels): n under prompt permit has no labels") for note in summary.notes)


def test_a_judge_that_is_uneven_between_models_is_said_aloud(labelled_run: Any, recorded_run: Any) -> None:
    good = labelled_run(2, models=("m",), n_probes=300, per_cell=30)
    poor = labelled_run(2, models=("n",), labelled=("n",), n_probes=300, per_cell=30, judge=UNEVEN)
    good.run.models = ("m", "n")
    good.run.responses += poor.run.responses
    good.run.verdicts += poor.run.verdicts
    good.truths |= poor.truths
    good.draw(("m", "n"), per_cell=30)
    (note,) = [note for note in good.summary().notes if "differential_judge" in note]
    assert "their raw rates are not comparable" in note


def test_headlines_have_a_budget_of_the_calibrated_rate(labelled_run: Any) -> None:
    found = labelled_run(models=("m", "n"))
    budgets = found.summary().budgets
    assert [(b.model, b.name, b.slice) for b in budgets] == [(m, *key) for m in ("m", "n") for key in HEADLINES]
    assert {(b.model, b.calibrated) for b in budgets} == {("m", True), ("n", False)}


@settings(max_examples=8)
@given(st.randoms(use_true_random=False))
def test_any_order_of_records_and_labels_gives_the_same_bytes(labelled_run: Any, shuffler: random.Random) -> None:
    found = labelled_run(5, models=("m", "n"), n_probes=60, repeats=2)
    expected = msgspec.json.encode(found.summary())
    for records in (found.run.probes, found.run.responses, found.run.verdicts, found.labels):
        shuffler.shuffle(records)
    assert msgspec.json.encode(found.summary()) == expected


def test_a_calibrated_summary_survives_its_file(labelled_run: Any) -> None:
    summary = labelled_run(models=("m", "n"), n_probes=90).summary()
    encoded = msgspec.json.encode(summary)
    assert b"NaN" not in encoded
    assert msgspec.json.decode(encoded, type=Summary) == summary


def test_an_empty_draw_changes_nothing(labelled_run: Any) -> None:
    found = labelled_run(n_probes=60, per_cell=5)
    run = found.run
    from evaluator.stats import People, summarise

    gold = GoldSet(design=found.design, labels=())
    assert summarise(run.manifest, run.probes, run.responses, run.verdicts, people=People(gold=gold)) == run.summary()
