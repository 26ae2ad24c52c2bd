"""What a plan can detect, against simulated comparisons that know the truth."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.detection import Detection
from evaluator.records import Probe
from evaluator.stats.comparison.difference import influence_difference, ratio_influence
from evaluator.stats.comparison.pairing import Measured
from evaluator.stats.comparison.planned import assumed, detection, observed_in, wish_for
from tests.stats.conftest import RecordedRun

LABELS = ("correct", "wrong", "abstained")


def pilot(n_clusters: int, size: int, repeats: int, *, models: tuple[str, ...] = ("m", "n"), seed: int = 1) -> Measured:
    """Models that share how hard a cluster is; each answers a probe alike in four of five repeats."""
    random = np.random.default_rng(seed)
    run = RecordedRun(repeats=repeats, models=models)
    for cluster in range(n_clusters):
        level = random.beta(2, 2)
        for i in range(size):
            name = run.probe(f"p{cluster:03}-{i}", cluster=f"c{cluster}")
            for model in models:
                own = random.random() < level
                for repeat in range(repeats):
                    right = own if random.random() < 0.8 else random.random() < level
                    run.answer(name, LABELS[0 if right else int(random.integers(1, 3))], model=model, repeat=repeat)
    return Measured(run.summary(), tuple(run.probes))


def planned(measured: Measured, **wished: float) -> Detection:
    wish = wish_for("accuracy", None, **wished)
    assert measured.probes is not None
    return detection(measured.probes, measured.summary.manifest.repeats, wish, observed_in(measured, wish))


def test_what_a_plan_detects_is_the_error_that_the_comparison_itself_has() -> None:
    measured = pilot(80, 3, 3)
    assert measured.probes is not None
    codes = np.repeat(np.arange(80), 3)
    sides = []
    for result in measured.summary.results:
        hits = np.array([result.tallies[probe.probe_id][0] / 3 for probe in measured.probes])
        sides.append(ratio_influence(hits, np.ones(240), codes))
    error = influence_difference(*sides).standard_error
    assert error is not None
    assert planned(measured).detectable == pytest.approx((1.959964 + 0.841621) * error, rel=0.01)


def test_the_probes_asked_for_find_the_difference_four_times_in_five() -> None:
    """Independent probes, one answer each, 60% against 70% right."""
    random = np.random.default_rng(2)
    run = RecordedRun(models=("m", "n"))
    for i in range(600):
        name = run.probe(f"p{i:03}")
        for model, rate in (("m", 0.6), ("n", 0.7)):
            run.answer(name, "correct" if random.random() < rate else "wrong", model=model)
    found = planned(Measured(run.summary(), tuple(run.probes)), difference=0.1)
    n = found.needs[0].n_probes
    assert n is not None
    n_found = 0
    for _ in range(500):
        hits = random.random((2, n)) < np.array([[0.6], [0.7]])
        sides = [ratio_influence(side.astype(float), np.ones(n), np.arange(n)) for side in hits]
        p_value = influence_difference(*sides).p_value
        n_found += p_value is not None and p_value < 0.05
    assert n_found / 500 == pytest.approx(0.8, abs=0.06)


def test_repeats_help_only_as_far_as_answers_differ_between_them() -> None:
    found = planned(pilot(120, 1, 4), difference=0.05)
    by_repeats = {need.repeats: need.n_probes or 0 for need in found.needs}
    assert by_repeats[1] > by_repeats[2] > by_repeats[5] > by_repeats[10]
    assert by_repeats[10] > 0.5 * by_repeats[5]
    assert found.sigma2 > 0


def test_clusters_ask_for_more_probes() -> None:
    measured = pilot(60, 5, 2)
    wish = wish_for("accuracy", None)
    assert observed_in(measured, wish).spread.design_effect >= 1
    one_model = pilot(60, 5, 1, models=("m",))
    observed = observed_in(one_model, wish)
    assert observed.spread.design_effect > 1.3
    assert any("one model" in said for said in observed.assumptions)
    assert any("no probe was repeated" in said for said in observed.assumptions)


def test_corrected_rates_need_labels_and_more_probes() -> None:
    (need,) = planned(pilot(100, 1, 1), difference=0.05).needs
    assert need.n_labels is not None
    assert need.n_probes is not None
    assert need.n_probes_calibrated == pytest.approx(need.n_probes / 0.75, rel=0.02)


def test_more_labels_bring_the_corrected_rate_nearer_to_the_raw_one() -> None:
    measured = pilot(100, 1, 1)
    few, many = planned(measured, n_labels=60), planned(measured, n_labels=600)
    assert few.detectable == many.detectable < many.detectable_calibrated < few.detectable_calibrated


def test_without_an_earlier_run_the_assumptions_are_said() -> None:
    probes = [Probe(probe_id=f"p{i}", question="q", targets=("x",)) for i in range(969)]
    wish = wish_for("accuracy", None, difference=0.03)
    found = detection(probes, 1, wish, assumed(probes, wish))
    assert found.like is None
    assert found.omega2 == 0.5
    assert len(found.assumptions) == 3
    assert found.needs[0].n_probes == 4361


@pytest.mark.parametrize(
    ("metric", "slice_name", "message"),
    [
        ("accurracy", None, "--metric: need one of"),
        ("omniscience_index", None, "--metric: need one of"),
        ("accuracy", "unanswerable", "--slice: accuracy is defined on answerable"),
    ],
)
def test_what_cannot_be_planned_is_refused(metric: str, slice_name: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wish_for(metric, slice_name)


def test_a_slice_without_probes_is_refused() -> None:
    wish, probes = wish_for("accuracy", None), [Probe(probe_id="p", question="q", unanswerable="unknown")]
    with pytest.raises(ValueError, match="need probes in the slice answerable"):
        detection(probes, 1, wish, assumed(probes, wish))
