from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.estimates import Scope, SliceCells, metric_estimate
from evaluator.stats.metrics import METRICS, Metric

BY_NAME = {metric.name: metric for metric in METRICS}
SCOPE = Scope(slice="s", model="m", prompt="p", level=0.95)
small = st.integers(0, 60)


def value(name: str, answerable: tuple[int, int, int], unanswerable: tuple[int, int, int] = (0, 0, 0)) -> float | None:
    """The metric where every response is to its own probe."""
    cells = np.repeat(np.eye(6), [*answerable, *unanswerable], axis=0)
    return metric_estimate(BY_NAME[name], SliceCells(cells=cells, ungraded=(0, 0)), SCOPE).value


def test_abstentions_are_never_counted_as_hallucinations() -> None:
    """A published implementation divides everything that is not correct by N and so turns honesty into invention."""
    assert value("hallucination_rate", (10, 0, 90)) == 0.0
    assert value("hallucination_rate", (40, 10, 50)) == pytest.approx(0.1667, abs=5e-5)


def test_hallucination_rate_is_undefined_when_everything_is_right() -> None:
    assert value("hallucination_rate", (25, 0, 0)) is None


def test_answering_the_unanswerable_is_a_hallucination() -> None:
    assert value("hallucination_rate", (0, 0, 0), (0, 3, 1)) == 0.75
    assert value("hallucination_rate", (5, 1, 1), (0, 3, 1)) == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    ("accuracy", "hallucination", "index"), [(52.9, 89.2, 10.9), (34.8, 40.6, 8.4)], ids=["gemini", "mimo"]
)
def test_the_omniscience_identity_holds_on_published_triples(
    accuracy: float, hallucination: float, index: float
) -> None:
    """Accuracy, hallucination rate and index as Artificial Analysis published them, in per cent."""
    correct = round(accuracy * 10)
    wrong = round((1000 - correct) * hallucination / 100)
    assert value("omniscience_index", (correct, wrong, 1000 - correct - wrong)) == pytest.approx(index, abs=0.15)


def test_omniscience_counts_agree_with_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["aa_omni_counts"]
    counts = case["inputs"]
    # What is neither right nor wrong is in the same place of the formula, partial or not attempted.
    labels = counts["correct"], counts["incorrect"], counts["partial"] + counts["not_attempted"]
    for name, expected in case["expected"].items():
        assert value(name, labels) == pytest.approx(expected, abs=case["tolerance"])


def test_f_score_is_the_published_one() -> None:
    """SimpleQA on Claude 3.5 Sonnet: 28.9% correct, 36.1% incorrect, 35.0% not attempted, F 35.0."""
    assert value("f_score", (289, 361, 350)) == pytest.approx(0.350, abs=5e-4)


def test_f_score_agrees_with_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["simpleqa_claude35sonnet"]
    labels = tuple(round(10 * case["inputs"][f"{name}_pct"]) for name in ("correct", "incorrect", "not_attempted"))
    assert value("f_score", labels) == pytest.approx(case["expected"]["f"], abs=case["tolerance"])
    error_rate = value("attempted_error_rate", labels)
    assert error_rate == pytest.approx(1 - case["expected"]["correct_given_attempted"], abs=case["tolerance"])


def test_abstention_scores_are_the_published_ones() -> None:
    """AbstentionBench, Known Unknowns, DeepSeek R1 Distill Llama 70B: 14 TP, 1 FP, 9 FN."""
    labels = (4, 4, 1), (0, 9, 14)
    assert value("abstention_precision", *labels) == pytest.approx(0.9333333333)
    assert value("abstention_recall", *labels) == pytest.approx(0.6086956522)
    assert value("abstention_f1", *labels) == pytest.approx(0.7368421053)


def test_abstention_scores_agree_with_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["abstentionbench_bb_known_unknowns"]
    counts = case["inputs"]
    for name, expected in case["expected"].items():
        found = value(f"abstention_{name}", (3, 3, counts["fp"]), (0, counts["fn"], counts["tp"]))
        assert found == pytest.approx(expected, abs=case["tolerance"])


@pytest.mark.parametrize("kinds", [((3, 3, 3), (0, 0, 0)), ((0, 0, 0), (0, 3, 3))])
def test_abstention_scores_need_both_kinds_of_probes(kinds: tuple[Any, Any]) -> None:
    assert value("abstention_precision", *kinds) is None
    assert value("abstention_f1", *kinds) is None


@pytest.mark.parametrize(("threshold", "expected"), [("0", 0.5), ("0.5", 0.3), ("0.75", -0.1), ("0.9", -1.3)])
def test_penalised_scores_charge_t_over_one_minus_t(threshold: str, expected: float) -> None:
    """Kalai et al. (2025), arXiv:2509.04664, section 4.2, on 50 right, 20 wrong, 30 abstained."""
    assert value(f"penalised_score_t{threshold}", (50, 20, 30)) == pytest.approx(expected, abs=1e-12)


def test_penalised_scores_agree_with_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["kalai_threshold"]
    counts = case["inputs"]["counts"]
    for threshold, expected in zip(case["inputs"]["t"], case["expected"]["mean_score"], strict=True):
        found = value(f"penalised_score_t{threshold:g}", (counts["correct"], counts["wrong"], counts["idk"]))
        assert found == pytest.approx(expected, abs=case["tolerance"])


@given(small, small, small)
def test_the_index_is_accuracy_less_hallucination_on_the_rest(c: int, w: int, a: int) -> None:
    accuracy, rate, index = (value(name, (c, w, a)) for name in ("accuracy", "hallucination_rate", "omniscience_index"))
    if accuracy is None or index is None:
        assert c + w + a == 0
        return
    assert index / 100 == pytest.approx(accuracy - (rate or 0) * (1 - accuracy))


@given(small, small, small)
def test_f_score_is_the_harmonic_mean_of_its_parts(c: int, w: int, a: int) -> None:
    found = value("f_score", (c, w, a))
    if c:
        overall, given_attempted = c / (c + w + a), c / (c + w)
        assert found == pytest.approx(2 * overall * given_attempted / (overall + given_attempted))
    else:
        assert not found


@given(st.tuples(small, small, small), st.tuples(st.just(0), small, small), st.sampled_from(METRICS))
def test_every_metric_stays_in_its_range_and_has_no_value_only_at_0_over_0(
    answerable: tuple[int, int, int], unanswerable: tuple[int, int, int], metric: Metric
) -> None:
    cells = np.repeat(np.eye(6), [*answerable, *unanswerable], axis=0)
    estimate = metric_estimate(metric, SliceCells(cells=cells, ungraded=(0, 0)), SCOPE)
    if estimate.value is None:
        both = sum(answerable) and sum(unanswerable)
        assert estimate.denominator == 0 or (metric.needs_both_kinds and not both)
        assert (estimate.low, estimate.high) == (None, None)
        assert any("undefined" in note for note in estimate.notes)
    else:
        assert metric.low <= estimate.value <= metric.high


@given(st.tuples(small, small, small), st.tuples(st.just(0), small, small), st.sampled_from(METRICS))
def test_doubling_every_count_leaves_the_value(
    answerable: tuple[int, int, int], unanswerable: tuple[int, int, int], metric: Metric
) -> None:
    doubled = [tuple(2 * count for count in counts) for counts in (answerable, unanswerable)]
    once, twice = value(metric.name, answerable, unanswerable), value(metric.name, *doubled)  # type: ignore[arg-type]
    assert once == (None if twice is None else pytest.approx(twice))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_better_direction_is_where_right_answers_lead(metric: Metric) -> None:
    good, bad = ((90, 5, 5), (0, 5, 95)), ((40, 40, 20), (0, 95, 5))
    better, worse = value(metric.name, *good), value(metric.name, *bad)
    assert better is not None
    assert worse is not None
    assert better < worse if metric.better == "low" else better > worse


def test_names_are_unique_and_definitions_say_the_formula() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert all("/" in metric.definition and len(metric.definition) > 30 for metric in METRICS)
    assert {metric.name for metric in METRICS if metric.covers("topic=history")} == {"hallucination_rate"}
    assert not BY_NAME["accuracy"].covers("all")
