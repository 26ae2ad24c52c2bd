"""Time the paired cluster bootstrap of 20 models, and scipy's on one pair of them; run by hand.

python tests/benchmarks/bench_bootstrap.py
"""

from __future__ import annotations

import sys
import time

import numpy as np
from scipy import stats

from evaluator.stats.comparison.bootstrap import bootstrap_difference, bootstrap_ratios, sum_by_cluster

N_MODELS = 20
N_ROWS = 100_000
N_REPLICATES = 10_000


def rows(n_clusters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Wrong answers, wrong or abstained ones, and the cluster of each row."""
    random = np.random.default_rng(1)
    wrong = random.random((N_MODELS, N_ROWS)) < 0.3
    counts = wrong | (random.random((N_MODELS, N_ROWS)) < 0.3)
    clusters = np.concatenate([np.arange(n_clusters), random.integers(0, n_clusters, N_ROWS - n_clusters)])
    return wrong.astype(np.float64), counts.astype(np.float64), clusters


def by_scipy(numerators: np.ndarray, denominators: np.ndarray) -> tuple[float, float]:
    """The same interval of the first two models, vectorised as scipy can."""

    def statistic(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, axis: int) -> np.ndarray:
        return a.sum(axis=axis) / b.sum(axis=axis) - c.sum(axis=axis) / d.sum(axis=axis)

    found = stats.bootstrap(
        (numerators[0], denominators[0], numerators[1], denominators[1]),
        statistic,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=N_REPLICATES,
        batch=200,
        rng=np.random.default_rng(1),
    )
    return found.confidence_interval.low, found.confidence_interval.high


def main() -> None:
    for n_clusters in (500, 5000, N_ROWS):
        wrong, counts, clusters = rows(n_clusters)
        started = time.perf_counter()
        numerators, denominators = sum_by_cluster(wrong, clusters), sum_by_cluster(counts, clusters)
        bootstrap_ratios(numerators, denominators, n_replicates=N_REPLICATES)
        ours = time.perf_counter() - started
        started = time.perf_counter()
        one = bootstrap_difference(numerators[:2], denominators[:2], n_replicates=N_REPLICATES)
        pair = time.perf_counter() - started
        started = time.perf_counter()
        low, high = by_scipy(numerators, denominators)
        scipy_s = time.perf_counter() - started
        n_pairs = N_MODELS * (N_MODELS - 1) // 2
        lines = (
            f"{N_MODELS} models, {N_ROWS:,} rows, {n_clusters:,} clusters, {N_REPLICATES:,} replicates: {ours:.2f} s",
            f"  one pair {pair:.2f} s [{one.low:.5f}, {one.high:.5f}]",
            f"  by scipy {scipy_s:.2f} s [{low:.5f}, {high:.5f}]",
            f"  all {n_pairs} pairs by scipy, each on its own: {n_pairs * scipy_s / ours:.0f} times as long",
        )
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
