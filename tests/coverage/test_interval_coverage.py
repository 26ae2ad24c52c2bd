"""How often intervals hold the truth: enumerated where possible, else simulated from a fixed seed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from evaluator.stats.clusters import effective_trials, fieller_interval, ratio_standard_error
from evaluator.stats.estimates import Scope, SliceCells, metric_estimate
from evaluator.stats.intervals import (
    Interval,
    clopper_pearson_interval,
    effective_wilson_interval,
    jeffreys_interval,
    normal_quantile,
    wilson_interval,
)
from evaluator.stats.metrics import HALLUCINATION_RATE, OMNISCIENCE_INDEX

Floats = npt.NDArray[np.float64]
SCOPE = Scope(slice="all", model="m", prompt="p", level=0.95)
SHORT, LONG = 1500, 4000
short_and_long = pytest.mark.parametrize("n_trials", [SHORT, pytest.param(LONG, marks=pytest.mark.slow)])


def monte_carlo_slack(n_trials: int) -> float:
    return 3 * math.sqrt(0.95 * 0.05 / n_trials)


def exact_coverage(interval: Callable[..., Interval], p: float, n: int) -> float:
    """Probability that the interval of a binomial count holds p: no simulation."""
    k = np.arange(n + 1)
    holds = [low <= p <= high for low, high in (interval(int(x), n) for x in k)]
    return float(stats.binom.pmf(k, n, p) @ np.array(holds))


def beta_binomial_runs(p: float, icc: float, shape: tuple[int, int], n_trials: int) -> Floats:
    """Hits per cluster, shape (n_trials, n_clusters); the correlation within a cluster is icc."""
    n_clusters, size = shape
    rng = np.random.default_rng(20261123)
    strength = (1 - icc) / icc
    rates = rng.beta(p * strength, (1 - p) * strength, size=(n_trials, n_clusters))
    return rng.binomial(size, rates).astype(np.float64)


def clustered_coverage(interval: Callable[[Floats, int], Interval], runs: Floats, size: int, p: float) -> float:
    limits = [interval(hits, size) for hits in runs]
    return sum(low <= p <= high for low, high in limits) / len(runs)


def effective_wilson(hits: Floats, size: int) -> Interval:
    """The interval as estimates get it, from labels."""
    cells = np.zeros((len(hits), 6))
    cells[:, 1], cells[:, 2] = hits, size - hits
    found = metric_estimate(HALLUCINATION_RATE, SliceCells(cells=cells, ungraded=(0, 0)), SCOPE)
    return found.low, found.high  # type: ignore[return-value]


def naive_wilson(hits: Floats, size: int) -> Interval:
    return wilson_interval(int(hits.sum()), size * len(hits))


def cluster_wald(hits: Floats, size: int) -> Interval:
    sizes = np.full(len(hits), float(size))
    value = float(hits.sum() / sizes.sum())
    half = normal_quantile(0.95) * ratio_standard_error(hits, sizes)
    return value - half, value + half


@pytest.mark.parametrize("n", [20, 50, 200])
def test_wilson_covers_independent_responses(n: int) -> None:
    coverages = [exact_coverage(wilson_interval, p, n) for p in (0.02, 0.1, 0.5, 0.9)]
    assert min(coverages) >= 0.91
    assert max(coverages) <= 0.99
    grid = [exact_coverage(wilson_interval, p, n) for p in np.linspace(0.02, 0.98, 49)]
    assert 0.945 <= sum(grid) / len(grid) <= 0.965


@pytest.mark.parametrize("n", [5, 10, 20, 50])
def test_clopper_pearson_never_covers_less_than_its_level(n: int) -> None:
    assert min(exact_coverage(clopper_pearson_interval, p, n) for p in np.linspace(0.001, 0.999, 150)) >= 0.95


@pytest.mark.parametrize("n", [20, 50])
def test_jeffreys_covers_on_average(n: int) -> None:
    grid = [exact_coverage(jeffreys_interval, p, n) for p in np.linspace(0.02, 0.98, 49)]
    assert 0.94 <= sum(grid) / len(grid) <= 0.965


def test_an_interval_that_is_wrong_is_caught() -> None:
    """Wald's interval, the textbook mistake, must not pass what Wilson's passes."""

    def wald(k: int, n: int) -> Interval:
        half = normal_quantile(0.95) * math.sqrt(k / n * (1 - k / n) / n)
        return k / n - half, k / n + half

    assert exact_coverage(wald, 0.02, 50) < 0.7
    grid = [exact_coverage(wald, p, 50) for p in np.linspace(0.02, 0.98, 49)]
    assert sum(grid) / len(grid) < 0.945


@short_and_long
def test_effective_wilson_covers_clusters(n_trials: int) -> None:
    runs = beta_binomial_runs(0.1, 0.3, (40, 5), n_trials)
    slack = monte_carlo_slack(n_trials)
    assert 0.95 - slack - 0.005 <= clustered_coverage(effective_wilson, runs, 5, 0.1) <= 0.98


@short_and_long
def test_effective_wilson_covers_few_clusters(n_trials: int) -> None:
    runs = beta_binomial_runs(0.3, 0.5, (15, 4), n_trials)
    slack = monte_carlo_slack(n_trials)
    assert 0.95 - slack <= clustered_coverage(effective_wilson, runs, 4, 0.3) <= 0.985


def test_taking_clusters_for_independent_is_caught() -> None:
    many, few = beta_binomial_runs(0.1, 0.3, (40, 5), SHORT), beta_binomial_runs(0.3, 0.5, (15, 4), SHORT)
    assert clustered_coverage(naive_wilson, many, 5, 0.1) < 0.87
    assert clustered_coverage(naive_wilson, few, 4, 0.3) < 0.80
    assert clustered_coverage(cluster_wald, few, 4, 0.3) < 0.93


def label_runs(pi: tuple[float, float, float], shape: tuple[int, int], n_trials: int) -> Floats:
    """Cells of answerable probes in clusters with icc 0.3, shape (n_trials, n_clusters, 6)."""
    n_clusters, size = shape
    rng = np.random.default_rng(20261124)
    rates = rng.dirichlet(np.array(pi) * 0.7 / 0.3, size=(n_trials, n_clusters))
    cells = np.zeros((n_trials, n_clusters, 6))
    cells[:, :, :3] = rng.multinomial(size, rates / rates.sum(axis=-1, keepdims=True))
    return cells


def estimate_coverage(metric: object, runs: Floats, truth: float) -> float:
    held = 0
    for cells in runs:
        found = metric_estimate(metric, SliceCells(cells=cells, ungraded=(0, 0)), SCOPE)  # type: ignore[arg-type]
        held += found.low is None or found.low <= truth <= found.high  # type: ignore[operator]
    return held / len(runs)


@short_and_long
def test_the_index_is_covered_in_clusters(n_trials: int) -> None:
    runs = label_runs((0.4, 0.4, 0.2), (30, 5), n_trials)
    assert abs(estimate_coverage(OMNISCIENCE_INDEX, runs, 0.0) - 0.95) <= monte_carlo_slack(n_trials) + 0.005


@pytest.mark.slow
def test_effective_wilson_holds_where_the_denominator_varies_and_fieller_does_not() -> None:
    """Why rates keep Wilson when W + A varies by more than 10%: 12 clusters of 6, rate 0.1."""
    runs = label_runs((0.4, 0.06, 0.54), (12, 6), LONG)
    assert estimate_coverage(HALLUCINATION_RATE, runs, 0.1) >= 0.94
    held = 0
    for cells in runs:
        wrong, size = cells[:, 1], cells[:, 1] + cells[:, 2]
        interval = fieller_interval(wrong, size)
        held += interval is None or interval[0] <= 0.1 <= interval[1]
    assert held / LONG < 0.93


def test_the_effective_sample_is_the_one_that_was_simulated() -> None:
    """Forty clusters of five at icc 0.3: the design effect is 1 + 4 · 0.3, so about 200 / 2.2."""
    runs = beta_binomial_runs(0.1, 0.3, (40, 5), SHORT)
    sizes = np.full(40, 5.0)
    found = [
        effective_trials(hits.sum() / 200, ratio_standard_error(hits, sizes), 200, 40, level=0.95) for hits in runs
    ]
    assert np.median(found) == pytest.approx(200 / 2.2, rel=0.12)
    assert effective_wilson_interval(0.1, 200 / 2.2)[1] > wilson_interval(20, 200)[1]
