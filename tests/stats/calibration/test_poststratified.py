from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.stats.calibration.influence import RATES, ShareRatio
from evaluator.stats.calibration.items import UNLABELLED, GradedItems
from evaluator.stats.calibration.poststratified import poststratify
from tests.stats.calibration.textbook import (
    Z,
    labelled_pairs,
    mean,
    of_counts,
    ppi_mean,
    ppi_weight,
    random_items,
    variance,
)

HR = RATES["hallucination_rate"]
WRONG_SHARE = ShareRatio(np.array([0, 1.0, 0, 0, 0, 0]), np.array([1.0, 1, 1, 0, 0, 0]), (0.0, 1.0))
"""A plain mean: the share of wrong answers, the case of prediction-powered inference."""
PPI_COUNTS = {"y1f1": 40, "y1f0": 6, "y0f1": 8, "y0f0": 46}
PPI_VERDICTS = [1.0] * 900 + [0.0] * 1100

# ppi_py 0.2.3 on these counts: fixed weight of the verdicts (None: tuned), point, limits.
PPI = [
    (1.0, 0.43, (0.3535928207381669, 0.5064071792618331)),
    (0.0, 0.46, (0.3623158983733576, 0.5576841016266425)),
    (None, 0.43933473980309423, (0.36981068984173576, 0.5088587897644526)),
]


def found_ppi(pairs: Any, verdicts: list[float], weight: float | None) -> tuple[float, float]:
    return ppi_mean(pairs, verdicts, ppi_weight(pairs, verdicts) if weight is None else weight)


@pytest.mark.parametrize(("weight", "point", "limits"), PPI)
def test_the_textbook_ppi_is_that_of_the_library(weight: float | None, point: float, limits: Any) -> None:
    """Anchors the twin that post-stratification is compared with below."""
    found, error2 = found_ppi(labelled_pairs(PPI_COUNTS), PPI_VERDICTS, weight)
    half = Z * math.sqrt(error2)
    assert found == pytest.approx(point, abs=1e-9)
    assert (found - half, found + half) == pytest.approx(limits, abs=1e-9)


@pytest.mark.parametrize("name", ["ppi_lam1", "classical_lam0", "ppipp_tuned"])
def test_the_textbook_ppi_agrees_with_the_oracle(oracle: dict[str, Any], name: str) -> None:
    case = oracle[name]
    verdicts = [1.0] * case["inputs"]["unlabelled"]["f1"] + [0.0] * case["inputs"]["unlabelled"]["f0"]
    weight = {"ppi_lam1": 1.0, "classical_lam0": 0.0, "ppipp_tuned": None}[name]
    found, error2 = found_ppi(labelled_pairs(case["inputs"]["labelled_counts"]), verdicts, weight)
    half = Z * math.sqrt(error2)
    assert found == pytest.approx(case["expected"]["point"], abs=case["tolerance"])
    assert (found - half, found + half) == pytest.approx(case["expected"]["ci"], abs=case["tolerance"])


def test_the_textbook_ppi_in_strata_agrees_with_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["stratppi_lam1"]
    point = error2 = 0.0
    for stratum in case["inputs"]["strata"]:
        verdicts = [1.0] * stratum["unlabelled"]["f1"] + [0.0] * stratum["unlabelled"]["f0"]
        one, var = ppi_mean(labelled_pairs(stratum["labelled"]), verdicts, 1.0)
        point, error2 = point + stratum["w"] * one, error2 + stratum["w"] ** 2 * var
    assert point == pytest.approx(case["expected"]["point"], abs=case["tolerance"])
    assert math.sqrt(error2) == pytest.approx(case["expected"]["se"], abs=case["tolerance"])


def items_of_ppi(scale: int = 1) -> GradedItems:
    """Verdict wrong is Ŷ = 1; labels at random; N - n further verdicts."""
    labels = {(int(k[3]), int(k[1])): n for k, n in PPI_COUNTS.items()}
    return of_counts(labels, {1: 900 * scale - 48, 0: 1100 * scale - 52})


def test_poststratification_is_ppi_with_the_best_weight() -> None:
    """Many verdicts, few labels: λ = Cov/Var over the labels, not clipped, gives the same point."""
    found = poststratify(items_of_ppi(1000), WRONG_SHARE)
    pairs = labelled_pairs(PPI_COUNTS)
    centre_y, centre_f = mean([y for y, _ in pairs]), mean([f for _, f in pairs])
    slope = mean([(y - centre_y) * (f - centre_f) for y, f in pairs]) / variance([f for _, f in pairs])
    point = slope * 0.45 + mean([y - slope * f for y, f in pairs])
    assert found is not None
    assert found.value == pytest.approx(point, abs=1e-9)


def test_poststratification_is_as_precise_as_tuned_ppi() -> None:
    found = poststratify(items_of_ppi(), WRONG_SHARE)
    _, error2 = found_ppi(labelled_pairs(PPI_COUNTS), PPI_VERDICTS, None)
    assert found is not None
    assert found.variance <= error2 * 1.02
    assert found.variance == pytest.approx(error2, rel=0.1)


def test_a_binary_share_has_the_published_variance() -> None:
    """(μ1-μ0)²·p(1-p)/N + (1-p)²·μ0(1-μ0)/m0 + p²·μ1(1-μ1)/m1, without the finite population correction."""
    found = poststratify(items_of_ppi(1000), WRONG_SHARE, smoothing="none")
    p, mu1, mu0, n = 0.45, 40 / 48, 6 / 52, 2_000_000
    expected = (mu1 - mu0) ** 2 * p * (1 - p) / n
    expected += (1 - p) ** 2 * mu0 * (1 - mu0) / 52 + p**2 * mu1 * (1 - mu1) / 48
    assert found is not None
    assert found.variance == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", sorted(RATES))
def test_a_perfect_judge_leaves_rate_and_interval_alone(name: str) -> None:
    items = random_items(3, 400, size=2)
    agreeing = GradedItems(
        items.cells, np.where(items.truths == UNLABELLED, UNLABELLED, items.cells), items.clusters, items.probes
    )
    calibrated = poststratify(agreeing, RATES[name], smoothing="none")
    raw = poststratify(items.taken_at_their_verdict(), RATES[name], smoothing="none")
    assert calibrated is not None
    assert raw is not None
    assert calibrated.value == pytest.approx(raw.value, abs=1e-12)
    assert calibrated.interval == pytest.approx(raw.interval, abs=1e-9)


def test_labels_on_everything_are_the_rate_of_the_labels() -> None:
    cells = np.repeat([0, 1, 2], 30)
    truths = np.tile([0, 1, 2, 2, 1], 18)
    found = poststratify(GradedItems(cells, truths, np.arange(90), np.arange(90)), HR)
    raw = poststratify(GradedItems(truths, truths, np.arange(90), np.arange(90)), HR)
    assert found is not None
    assert raw is not None
    assert found.value == pytest.approx(raw.value)
    assert found.interval == pytest.approx(raw.interval)
    assert found.label_variances.sum() == pytest.approx(0)


@given(st.integers(0, 3000), st.sampled_from(sorted(RATES)), st.integers(1, 6))
def test_intervals_hold_their_value_and_stay_in_range(seed: int, name: str, size: int) -> None:
    ratio = RATES[name]
    found = poststratify(random_items(seed, 60, size=size), ratio)
    if found is not None:
        assert found.interval is not None
        low, high = found.interval
        assert ratio.limits[0] <= low <= found.value <= high <= ratio.limits[1]
        assert low < high
        assert found.shares.sum() == pytest.approx(1)


def test_doubling_everything_narrows_by_the_root_of_two() -> None:
    one = random_items(6, 600)
    two = GradedItems(
        *(
            np.concatenate([a, b])
            for a, b in zip(
                (one.cells, one.truths, one.clusters, one.probes),
                (one.cells, one.truths, one.clusters + 600, one.probes + 600),
                strict=True,
            )
        )
    )
    first, second = poststratify(one, HR, smoothing="none"), poststratify(two, HR, smoothing="none")
    assert first is not None
    assert second is not None
    assert second.value == pytest.approx(first.value)
    assert math.sqrt(first.variance / second.variance) == pytest.approx(math.sqrt(2), rel=0.01)


def test_clusters_that_hang_together_widen_the_interval() -> None:
    items = random_items(8, 400)
    copies = GradedItems(*(np.repeat(a, 4) for a in (items.cells, items.truths, items.clusters, items.probes)))
    apart = GradedItems(copies.cells, copies.truths, np.arange(1600), np.arange(1600))
    together, independent = poststratify(copies, HR), poststratify(apart, HR)
    assert together is not None
    assert independent is not None
    assert together.variance == pytest.approx(4 * independent.variance, rel=0.01)
    assert independent.effective_items == pytest.approx(1600, rel=0.01)
    assert together.effective_items == pytest.approx(400, rel=0.01)


def test_permuting_the_classes_permutes_the_shares() -> None:
    items = random_items(9, 200, both_kinds=False)
    order = np.array([2, 0, 1, 3, 4, 5])
    known = items.truths != UNLABELLED
    moved = GradedItems(
        order[items.cells], np.where(known, order[items.truths], UNLABELLED), items.clusters, items.probes
    )
    one, two = poststratify(items, WRONG_SHARE), poststratify(moved, WRONG_SHARE)
    assert one is not None
    assert two is not None
    assert two.shares[order] == pytest.approx(one.shares)


def test_thin_cells_and_random_labels_get_a_smoothed_variance() -> None:
    items = of_counts({(0, 0): 30, (1, 1): 5, (2, 2): 30}, {0: 400, 1: 60, 2: 400})
    plain, thin, every = (poststratify(items, HR, smoothing=kind) for kind in ("none", "thin", "all"))
    assert plain is not None
    assert thin is not None
    assert every is not None
    assert plain.value == thin.value == every.value
    assert plain.variance < thin.variance < every.variance
    assert thin.label_variances[1] > 0 == plain.label_variances[1]
    assert thin.label_variances[0] == 0 < every.label_variances[0]


@pytest.mark.parametrize("agreed", [1, 2])
def test_labels_that_all_agree_do_not_make_a_certain_rate(agreed: int) -> None:
    found = poststratify(of_counts({(1, agreed): 20, (2, agreed): 20}, {1: 100, 2: 300}), HR)
    assert found is not None
    assert found.value == (1.0 if agreed == 1 else 0.0)
    assert found.interval is not None
    assert found.interval[1] - found.interval[0] > 0.02
    assert found.method.startswith("Wilson")


def test_fewer_labels_behind_a_certain_rate_leave_more_doubt() -> None:
    widths = []
    for n in (10, 40):
        found = poststratify(of_counts({(1, 2): n, (2, 2): n}, {1: 100, 2: 300}), HR)
        assert found is not None
        assert found.interval is not None
        widths.append(found.interval[1])
    assert widths[0] > widths[1] > 0


def test_nothing_wrong_or_abstained_is_no_rate() -> None:
    assert poststratify(of_counts({(0, 0): 20}, {0: 30}), HR) is None


def test_abstention_measures_need_both_kinds_of_probes() -> None:
    only = random_items(2, 80, both_kinds=False)
    assert poststratify(only, RATES["abstention_precision"]) is None
    both = random_items(2, 80)
    for name in ("abstention_precision", "abstention_recall", "abstention_f1"):
        assert poststratify(both, RATES[name]) is not None


def test_one_cluster_gives_a_value_without_an_interval() -> None:
    items = random_items(2, 40)
    found = poststratify(GradedItems(items.cells, items.truths, np.zeros(40, dtype=np.int64), items.probes), HR)
    assert found is not None
    assert (found.interval, found.variance, found.method) == (None, 0.0, "none")
