"""Differences of corrected rates, against runs whose truth is known."""

from __future__ import annotations

import hashlib
from itertools import combinations

import numpy as np
import pytest

from evaluator.comparison import Comparison
from evaluator.gold_labels import GoldSet
from evaluator.label_design import LabelCell, LabelDesign, verdicts_sha256
from evaluator.records import LABELS, GoldLabel
from evaluator.stats import People, labelled_answers
from evaluator.stats.comparison.pairing import Couple, Measured, common_ground
from evaluator.stats.comparison.result import choose_questions, compare
from evaluator.stats.comparison.testing import Settings
from tests.stats.conftest import RecordedRun

Truths = dict[tuple[str, str], str]


def simulated(
    n: int, n_labels: int, seed: int, *, shares: dict[str, tuple[float, float, float]], lenient: tuple[str, ...] = ()
) -> tuple[RecordedRun, People]:
    """Answers with a grader that errs in one of ten, and takes half of what lenient models make up for right."""
    random = np.random.default_rng(seed)
    run, truths = RecordedRun(models=tuple(shares)), {}
    for i in range(n):
        name = run.probe(f"p{i:03}")
        luck = random.random()
        for model, chances in shares.items():
            # Models fail on the same probes: they share their luck.
            truth = LABELS[int(np.searchsorted(np.cumsum(chances), min(luck, 0.999999)))]
            given = LABELS[int(random.integers(0, 3))] if random.random() < 0.1 else truth
            if model in lenient and truth == "wrong" and random.random() < 0.5:
                given = "correct"
            run.answer(name, given, model=model, text=f"{i}{model}")
            truths[model, name] = truth
    return run, People(gold=labels_for(run, truths, n_labels, random))


def labels_for(run: RecordedRun, truths: Truths, n_labels: int, random: np.random.Generator) -> GoldSet:
    cells, labels = [], []
    for model in run.models:
        for verdict in LABELS:
            own = [v for v in run.verdicts if (v.model, v.label) == (model, verdict)]
            picked = [own[i] for i in random.permutation(len(own))[: n_labels // 3].tolist()]
            cells.append(
                LabelCell(
                    model=model,
                    prompt="permit",
                    answerable=True,
                    verdict=verdict,
                    n_responses=len(own),
                    n_drawn=len(picked),
                    drawn=tuple(v.request_id for v in picked),
                )
            )
            labels += [
                GoldLabel(
                    run_id="r1",
                    request_id=v.request_id,
                    response_sha256=hashlib.sha256(v.request_id.encode()).hexdigest(),
                    label=truths[model, v.probe_id],  # type: ignore[arg-type]
                    annotator=who,
                    labelled_at="",
                )
                for v in picked
                for who in ("anna", "ben")
            ]
    sha256 = verdicts_sha256((v.request_id, v.label) for v in run.verdicts if v.label)
    design = LabelDesign(
        run_id="r1",
        seed=0,
        allocation="proportional",
        floor=10,
        graders=("cascade-1",),
        verdicts_sha256=sha256,
        cells=tuple(cells),
    )
    return GoldSet(design=design, labels=tuple(labels))


def compared(run: RecordedRun, people: People, *, calibrated: bool = True, metric: str = "accuracy") -> Comparison:
    summary = run.summary(people=people)
    measured = Measured(summary, tuple(run.probes))
    ground = common_ground(measured, measured)
    couples = [Couple(measured, a, measured, b) for a, b in combinations(summary.results, 2)]
    answers = {"r1": labelled_answers(run.manifest, run.probes, run.responses, run.verdicts, people)}
    questions = choose_questions([metric], None, ground.slices)
    return compare([measured], couples, ground, questions, Settings(), calibrated=answers if calibrated else None)


SHARES = {"m": (0.5, 0.3, 0.2), "n": (0.4, 0.4, 0.2)}


def test_sides_are_the_corrected_estimates_of_the_report() -> None:
    run, people = simulated(300, 90, 1, shares=SHARES)
    (found,) = compared(run, people, metric="hallucination_rate").differences
    assert found.calibrated
    for result, side in zip(run.summary(people=people).results, (found.a, found.b), strict=True):
        (own,) = [e for e in result.estimates if e.calibrated and (e.name, e.slice) == ("hallucination_rate", "all")]
        assert side.value == pytest.approx(own.value, abs=1e-12)
    assert found.difference == pytest.approx(found.a.value - found.b.value)  # type: ignore[operator]


def test_a_model_against_itself_has_no_difference_and_no_width() -> None:
    run, people = simulated(200, 60, 2, shares=SHARES)
    summary = run.summary(people=people)
    measured = Measured(summary, tuple(run.probes))
    ground = common_ground(measured, measured)
    couple = Couple(measured, summary.results[0], measured, summary.results[0])
    answers = {"r1": labelled_answers(run.manifest, run.probes, run.responses, run.verdicts, people)}
    (question,) = choose_questions(["accuracy"], None, ground.slices)
    (found,) = compare([measured], [couple], ground, [question], Settings(), calibrated=answers).differences
    assert found.difference == 0
    assert found.low is not None
    assert found.low < 0


def test_intervals_hold_the_true_difference_where_raw_ones_do_not() -> None:
    """One model flatters the grader: its raw accuracy is 15 points too high."""
    held = raw_held = 0
    for seed in range(120):
        run, people = simulated(250, 90, seed, shares=SHARES, lenient=("n",))
        (found,) = compared(run, people).differences
        (raw,) = compared(run, people, calibrated=False).differences
        assert found.low is not None
        assert found.high is not None
        assert raw.low is not None
        assert raw.high is not None
        held += found.low <= 0.1 <= found.high
        raw_held += raw.low <= 0.1 <= raw.high
    assert 0.90 <= held / 120 <= 1.0
    assert raw_held / 120 < 0.05


def test_shared_probes_narrow_the_difference() -> None:
    run, people = simulated(400, 240, 3, shares=SHARES)
    (found,) = compared(run, people).differences
    error = (found.high - found.low) / 2 / 1.96  # type: ignore[operator]
    apart = [
        (e.high - e.low) / 2 / 1.96  # type: ignore[operator]
        for result in run.summary(people=people).results
        for e in result.estimates
        if e.calibrated and e.name == "accuracy"
    ]
    assert error < 0.97 * np.hypot(*apart)


def test_a_model_without_labels_is_refused_with_the_reason() -> None:
    run, people = simulated(200, 90, 4, shares=SHARES)
    assert people.gold is not None
    kept = tuple(label for label in people.gold.labels if label.request_id.startswith("m/"))
    (found,) = compared(run, People(gold=GoldSet(design=people.gold.design, labels=kept))).differences
    assert found.difference is None
    assert found.a.value is not None
    assert any(note.startswith("B: refused (no_labels)") for note in found.notes)


def test_three_models_are_ranked_by_their_corrected_rates() -> None:
    shares = {**SHARES, "o": (0.9, 0.05, 0.05)}
    run, people = simulated(300, 120, 5, shares=shares)
    (ranking,) = compared(run, people).rankings
    assert ranking.places[0].model == "o"
    assert (ranking.places[0].best, ranking.places[0].worst) == (1, 1)
