"""Comparisons small enough to count by hand, from labels to the record."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.comparison import Comparison, Difference
from evaluator.stats.comparison.multiplicity import holm
from evaluator.stats.comparison.paired import mcnemar_mid_p, tango_interval
from evaluator.stats.comparison.pairing import Measured, common_ground, couple_runs, couple_within
from evaluator.stats.comparison.result import choose_questions, compare
from evaluator.stats.comparison.testing import MCNEMAR, TANGO, Settings

NAMES = {"c": "correct", "w": "wrong", "a": "abstained", "u": "empty"}
SLICES = ("all", "answerable", "unanswerable", "topic=x")


def run_of(recorded_run: Any, answers: dict[str, Sequence[str]], reasons: str = "", **fields: Any) -> Any:
    """One model per key; each string holds the labels of one probe's repeats."""
    n_repeats = max(len(labels) for own in answers.values() for labels in own)
    run = recorded_run(models=tuple(answers), repeats=n_repeats)
    n_probes = len(next(iter(answers.values())))
    for i in range(n_probes):
        is_unanswerable = i < len(reasons) and reasons[i] == "u"
        own = {name: value[i] if isinstance(value, list) else value for name, value in fields.items()}
        run.probe(f"p{i:03}", "unknown" if is_unanswerable else None, **own)
        for model, labels in answers.items():
            for repeat, label in enumerate(labels[i]):
                run.answer(f"p{i:03}", NAMES[label], model=model, repeat=repeat)
    return run


def compared(run: Any, *names: str, slices: Sequence[str] | None = None, **options: Any) -> Comparison:
    measured = Measured(run.summary(), tuple(run.probes))
    ground = common_ground(measured, measured)
    questions = choose_questions(names or None, slices, ground.slices)
    correction = options.pop("correction", "holm")
    couples = couple_within(measured, None).found
    return compare([measured], couples, ground, questions, Settings(**options, correction=correction))


def one(run: Any, name: str, **options: Any) -> Difference:
    (found,) = compared(run, name, **options).differences
    return found


def test_independent_hits_and_misses_get_mcnemar_and_tango(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"m": "ccccccccwwcccc", "n": "ccwwwwwcccwwww"})
    found = one(run, "accuracy")
    assert (found.only_a, found.only_b, found.n, found.n_clusters) == (9, 2, 14, 14)
    assert (found.a.value, found.b.value) == (12 / 14, 5 / 14)
    assert found.difference == pytest.approx(7 / 14)
    assert found.p_value == mcnemar_mid_p(9, 2)
    assert (found.low, found.high) == tango_interval(9, 2, 14)
    assert (found.method, found.test) == (TANGO, MCNEMAR)


@given(st.lists(st.tuples(st.sampled_from("cwa"), st.sampled_from("cwa")), min_size=2, max_size=12), st.data())
def test_concordant_pairs_change_no_p_value(recorded_run: Any, pairs: list[tuple[str, str]], data: Any) -> None:
    extra = data.draw(st.lists(st.sampled_from([("c", "c"), ("w", "a"), ("a", "a")]), max_size=8))
    few, many = (
        one(run_of(recorded_run, {"m": [p[0] for p in rows], "n": [p[1] for p in rows]}), "accuracy")
        for rows in (pairs, [*pairs, *extra])
    )
    assert few.p_value == many.p_value


def test_the_hallucination_rate_is_a_ratio_with_denominators_of_its_own(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"m": "cccwwwaawwaa", "n": "wwwcccaaaaaw"})
    found = one(run, "hallucination_rate")
    assert (found.a.numerator, found.a.denominator) == (5, 9)
    assert (found.b.numerator, found.b.denominator) == (4, 9)
    assert found.difference == pytest.approx(1 / 9)
    assert (found.only_a, found.only_b) == (None, None)
    assert found.test.startswith("Student t")


def test_a_probe_that_both_got_right_says_nothing_about_hallucination(recorded_run: Any) -> None:
    found = one(run_of(recorded_run, {"m": "ccccwwaawa", "n": "ccccwaawww"}), "hallucination_rate")
    assert (found.n, found.n_clusters) == (10, 6)


def test_on_unanswerable_probes_the_rate_is_a_mean_and_mcnemar_applies(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"m": "wwwwaaaaww", "n": "aaawwaaaww"}, "u" * 10)
    found = one(run, "hallucination_rate", slices=["unanswerable"])
    assert (found.only_a, found.only_b, found.test) == (3, 1, MCNEMAR)


def test_repeats_are_paired_by_their_mean(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"m": ["cc", "cw", "ww", "cc", "cc", "cw"], "n": ["cw", "ww", "ww", "cu", "ca", "wc"]})
    found = one(run, "accuracy")
    assert found.a.value == pytest.approx((1 + 0.5 + 0 + 1 + 1 + 0.5) / 6)
    # A repeat without a label leaves the mean of the others.
    assert found.b.value == pytest.approx((0.5 + 0 + 0 + 1 + 0.5 + 0.5) / 6)
    gaps = np.array([0.5, 0.5, 0, 0, 0.5, 0])
    flips = [sum(s * g for s, g in zip(own, gaps, strict=True)) for own in itertools.product((1, -1), repeat=6)]
    assert found.p_value == pytest.approx(np.mean(np.abs(flips) >= gaps.sum()))
    assert found.test == "sign flips over clusters, exact"
    assert (found.only_a, found.only_b) == (None, None)


def test_clusters_flip_together(recorded_run: Any) -> None:
    labels = {"m": "cccccccc", "n": "wwwwwwww"}
    apart = one(run_of(recorded_run, labels), "accuracy")
    joined = one(run_of(recorded_run, labels, cluster=["x", "x", "y", "y", "z", "z", "v", "v"]), "accuracy")
    assert joined.n_clusters == 4
    assert joined.p_value == 2 * 0.5**4 > (apart.p_value or 1)
    assert (joined.only_a, joined.only_b) == (8, 0)


def test_ungraded_answers_leave_their_probe_out_on_both_sides(recorded_run: Any) -> None:
    found = one(run_of(recorded_run, {"m": "ccuwwc", "n": "cwcwuc"}), "accuracy")
    assert (found.n, found.n_left_out) == (4, 2)
    assert (found.a.denominator, found.b.denominator) == (4, 4)
    assert "2 of 6 probes left out: no graded answer on one side" in found.notes


def test_an_index_is_compared_on_its_own_scale(recorded_run: Any) -> None:
    found = one(run_of(recorded_run, {"m": "cccacc", "n": "wwacwc"}), "omniscience_index")
    assert found.difference == pytest.approx(100 * 5 / 6 - 100 * (2 - 3) / 6)
    assert found.high is not None
    assert found.high <= 200
    assert (found.only_a, found.only_b) == (None, None)


@pytest.mark.parametrize("metric", ["hallucination_rate", "accuracy"])
def test_identical_models_differ_by_nothing_and_the_interval_has_a_width(recorded_run: Any, metric: str) -> None:
    found = one(run_of(recorded_run, {"m": "cwacwacwacwa", "n": "cwacwacwacwa"}), metric)
    assert (found.difference, found.p_value) == (0, 1)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high
    assert found.mde is not None
    assert found.mde > 0


@pytest.mark.parametrize(
    ("labels", "metric", "why"),
    [
        ({"m": "cccc", "n": "wwaa"}, "hallucination_rate", "undefined: on one side no graded response counts"),
        ({"m": "uuuu", "n": "wwaa"}, "accuracy", "undefined: no probe was graded on both sides"),
        ({"m": "waaa", "n": "wwaa"}, "abstention_f1", "undefined: needs answerable and unanswerable probes"),
    ],
)
def test_what_is_undefined_has_no_number_and_a_reason(
    recorded_run: Any, labels: dict[str, str], metric: str, why: str
) -> None:
    result = compared(run_of(recorded_run, labels), metric)
    (found,) = result.differences
    assert (found.difference, found.p_value, found.p_adjusted, found.low) == (None, None, None, None)
    assert found.notes[0].startswith(why)
    assert result.n_tests == 0


def test_all_tests_of_the_result_are_corrected_together(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"m": "cccccccccw", "n": "wwwwwwccaa", "o": "wwaaaaaaww"})
    result = compared(run, "accuracy", "over_abstention_rate")
    raw = [one.p_value for one in result.differences]
    assert result.n_tests == len(raw) == 6
    assert [one.p_adjusted for one in result.differences] == holm(raw).tolist()  # type: ignore[arg-type]
    bold = compared(run, "accuracy", "over_abstention_rate", correction="bh")
    pairs = zip(bold.differences, result.differences, strict=True)
    assert all((one.p_adjusted or 0) <= (other.p_adjusted or 0) for one, other in pairs)


def test_three_models_are_ranked_with_their_ties(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"best": "c" * 40, "good": "c" * 38 + "ww", "bad": "w" * 35 + "c" * 5})
    (ranking,) = compared(run, "accuracy").rankings
    assert [(place.model, place.best, place.worst) for place in ranking.places] == [
        ("best", 1, 2),
        ("good", 1, 2),
        ("bad", 3, 3),
    ]
    assert ranking.tie_groups == (("best", "good"), ("bad",))
    undefined_for_the_best = compared(run, "hallucination_rate", slices=["answerable"])
    assert undefined_for_the_best.rankings == (), "no ranking without all its numbers"


def test_a_rank_shows_each_model_on_all_probes_it_was_graded_on(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"m": "ccccwwww", "n": "cccccccc", "few": "wwuuuuuu"})
    (ranking,) = compared(run, "accuracy").rankings
    assert [(place.model, place.value, place.n) for place in ranking.places] == [
        ("n", 1.0, 8),
        ("m", 0.5, 8),
        ("few", 0.0, 2),
    ]


def test_two_models_that_cannot_be_told_apart_share_both_ranks(recorded_run: Any) -> None:
    (ranking,) = compared(run_of(recorded_run, {"m": "cw", "n": "wc"}), "accuracy").rankings
    assert {(place.best, place.worst) for place in ranking.places} == {(1, 2)}
    assert ranking.tie_groups == (("m", "n"),)


def test_the_bootstrap_takes_over_where_it_may(recorded_run: Any) -> None:
    random = np.random.default_rng(1)
    labels = {model: "".join(random.choice(list("cwa"), 60)) for model in ("m", "n")}
    run = run_of(recorded_run, labels)
    linear, drawn = (one(run, "hallucination_rate", n_replicates=n) for n in (0, 2000))
    assert drawn.test == drawn.method == "cluster bootstrap, 2,000 replicates"
    assert drawn.difference == linear.difference
    assert drawn.low == pytest.approx(linear.low, abs=0.05)
    few = one(run_of(recorded_run, {"m": "cwawacwaca", "n": "wwacawcaww"}), "hallucination_rate", n_replicates=2000)
    assert few.test.startswith("Student")
    assert any(note.startswith("not bootstrapped") for note in few.notes)


def test_one_draw_serves_all_couples_and_gives_what_each_alone_would(recorded_run: Any) -> None:
    random = np.random.default_rng(2)
    labels = {model: "".join(random.choice(list("cwau"), 80, p=[0.3, 0.4, 0.25, 0.05])) for model in ("m", "n", "o")}
    run = run_of(recorded_run, labels, cluster=[f"c{i // 2}" for i in range(80)])
    whole = compared(run, "hallucination_rate", n_replicates=5000)
    assert len(whole.differences) == 3
    for one in whole.differences:
        measured = Measured(run.summary(), tuple(run.probes))
        ground = common_ground(measured, measured)
        couples = couple_within(measured, [(one.a.model, one.b.model)]).found
        questions = choose_questions(["hallucination_rate"], None, ground.slices)
        (alone,) = compare([measured], couples, ground, questions, Settings(n_replicates=5000)).differences
        assert (alone.low, alone.high) == pytest.approx((one.low, one.high), abs=0.02)
        assert alone.difference == one.difference


def test_too_few_replicates_for_the_number_of_tests_are_noted(recorded_run: Any) -> None:
    run = run_of(recorded_run, dict.fromkeys("abcdefgh", "cwa" * 10))
    few, enough = (compared(run, "hallucination_rate", n_replicates=n) for n in (1000, 2000))
    assert few.n_tests == 28
    assert few.notes == (
        "1,000 replicates are too few for 28 tests: after correction none may be significant; "
        "draw at least 1,120 or ask for less",
    )
    assert enough.notes == ()


def test_few_clusters_are_noted(recorded_run: Any) -> None:
    found = one(run_of(recorded_run, {"m": "cwcw", "n": "wccc"}), "accuracy")
    assert "few clusters (4): treat interval and p-value with caution" in found.notes


def test_the_order_of_the_records_does_not_matter(recorded_run: Any) -> None:
    run = run_of(recorded_run, {"m": ["cw", "wa", "cc", "aw"], "n": ["ww", "ca", "ac", "cw"]})
    before = compared(run)
    run.responses.reverse()
    run.verdicts.reverse()
    run.probes.reverse()
    assert compared(run) == before


def test_two_runs_of_one_model(recorded_run: Any) -> None:
    old, new = (run_of(recorded_run, {"m": labels}) for labels in ("cccwww", "ccwwww"))
    runs = [Measured(run.summary(), tuple(run.probes)) for run in (old, new)]
    ground = common_ground(*runs)
    questions = choose_questions(["accuracy"], None, ground.slices)
    result = compare(runs, couple_runs(*runs, None).found, ground, questions, Settings())
    (found,) = result.differences
    assert found.difference == pytest.approx(1 / 6)
    assert len(result.runs) == 2
    assert result.rankings == ()


def test_metrics_go_with_the_slices_they_are_defined_on() -> None:
    named = [(q.metric.name, q.slice) for q in choose_questions(None, None, SLICES)]
    assert named == [
        ("hallucination_rate", "all"),
        ("accuracy", "answerable"),
        ("over_abstention_rate", "answerable"),
    ]
    topical = [(q.metric.name, q.slice) for q in choose_questions(None, ["topic=x", "answerable"], SLICES)]
    assert topical[:2] == [("hallucination_rate", "topic=x"), ("hallucination_rate", "answerable")]


@pytest.mark.parametrize(
    ("metrics", "slices", "message"),
    [
        (["accurcy"], None, "--metric: need one of hallucination_rate, accuracy"),
        (None, ["topic=y"], "--slice: need one of all, answerable, unanswerable, topic=x, got 'topic=y'"),
        (["accuracy"], ["unanswerable"], "--metric accuracy: is defined on answerable, not on unanswerable"),
    ],
)
def test_unknown_names_are_refused(metrics: list[str] | None, slices: list[str] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose_questions(metrics, slices, SLICES)


def test_a_level_out_of_range_is_refused(recorded_run: Any) -> None:
    with pytest.raises(ValueError, match="level"):
        compared(run_of(recorded_run, {"m": "cw", "n": "wc"}), level=95)
