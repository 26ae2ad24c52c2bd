"""Slow, literal versions of what the package computes fast, and responses to try both on."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import NormalDist

import numpy as np

from evaluator.stats.calibration.items import UNLABELLED, GradedItems
from evaluator.stats.calibration.transported import Confusion

GOOD = ((0.95, 0.045, 0.005), (0.056, 0.93, 0.014), (0.003, 0.027, 0.97))
Z = NormalDist().inv_cdf(0.975)
Pairs = list[tuple[float, float]]


def of_counts(counts: dict[tuple[int, int], int], unlabelled: dict[int, int]) -> GradedItems:
    """Items, each its own cluster: labels by (cell, true class), and unlabelled ones by cell."""
    rows = [(cell, truth) for (cell, truth), n in counts.items() for _ in range(n)]
    rows += [(cell, UNLABELLED) for cell, n in unlabelled.items() for _ in range(n)]
    cells, truths = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return GradedItems(cells, truths, np.arange(len(rows)), np.arange(len(rows)))


def random_items(seed: int, n: int = 120, *, size: int = 1, both_kinds: bool = True) -> GradedItems:
    """Graded responses with a good judge and about half of them labelled, at least two in every cell."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 2, n) * 3 if both_kinds else np.zeros(n, dtype=np.int64)
    truths = np.where(kinds == 0, rng.integers(0, 3, n), rng.integers(1, 3, n))
    drawn = (rng.random(n)[:, None] > np.array(GOOD).cumsum(axis=1)[truths]).sum(axis=1).clip(0, 2)
    verdicts = np.where((kinds == 3) & (drawn == 0), 2, drawn)
    is_labelled = rng.random(n) < 0.5
    cells = verdicts + kinds
    for cell in np.unique(cells):
        is_labelled[np.flatnonzero(cells == cell)[:2]] = True
    clusters = np.arange(n) // size
    return GradedItems(cells, np.where(is_labelled, truths + kinds, UNLABELLED), clusters, np.arange(n))


def labelled_pairs(counts: dict[str, int]) -> Pairs:
    """(truth, verdict) from counts by name, such as y1f0."""
    return [(float(name[1]), float(name[3])) for name, n in counts.items() for _ in range(n)]


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def variance(values: list[float], *, lost: int = 0) -> float:
    centre = mean(values)
    return math.fsum((value - centre) ** 2 for value in values) / (len(values) - lost)


def ppi_mean(pairs: Pairs, verdicts: list[float], weight: float) -> tuple[float, float]:
    """Prediction-powered mean with the verdicts' weight λ, and its variance (arXiv:2311.01453)."""
    point = weight * mean(verdicts) + mean([y - weight * f for y, f in pairs])
    residuals = variance([y - weight * f for y, f in pairs]) / len(pairs)
    return point, residuals + weight**2 * variance(verdicts) / len(verdicts)


def ppi_weight(pairs: Pairs, verdicts: list[float]) -> float:
    """λ of PPI++, clipped to [0, 1]: Cov(Y, Ŷ) / ((1 + n/N)·Var(Ŷ)), variance over labelled and other verdicts."""
    centre_y, centre_f = mean([y for y, _ in pairs]), mean([f for _, f in pairs])
    covariance = math.fsum((y - centre_y) * (f - centre_f) for y, f in pairs) / len(pairs)
    everything = [f for _, f in pairs] + verdicts
    weight = covariance / ((1 + len(pairs) / len(verdicts)) * variance(everything, lost=1))
    return min(max(weight, 0.0), 1.0)


def closed_form_variance(items: GradedItems, gradient: np.ndarray) -> float:
    """(1/N)·Var_total(e) + Σ_g p_g²·Var(e|g)·(1 - n_g/N_g)/n_g, summed one response at a time."""
    n = len(items)
    labels: dict[int, list[float]] = defaultdict(list)
    for cell, truth in zip(items.cells.tolist(), items.truths.tolist(), strict=True):
        if truth != UNLABELLED:
            labels[cell].append(float(gradient[truth]))
    first = second = rest = 0.0
    for cell, known in labels.items():
        size = items.cells.tolist().count(cell)
        first += size / n * mean(known)
        second += size / n * mean([e * e for e in known])
        rest += (size / n) ** 2 * variance(known) * (1 - len(known) / size) / len(known)
    return (second - first**2) / n + rest


def summed_by_cluster(values: np.ndarray, clusters: np.ndarray) -> float:
    """C/(C-1)·Σ_c(Σ_i (φ_i - φ̄))²/N², with loops."""
    sums: dict[int, float] = defaultdict(float)
    centre = mean(values.tolist())
    for value, cluster in zip(values.tolist(), clusters.tolist(), strict=True):
        sums[cluster] += value - centre
    n_clusters = len(sums)
    return n_clusters / (n_clusters - 1) * math.fsum(s * s for s in sums.values()) / len(values) ** 2


def confusion(answerable: tuple[tuple[float, ...], ...] = GOOD, n: float = 50.0) -> Confusion:
    """A judge with this block on answerable probes and a good one on unanswerable ones, n labels a class."""
    matrix = np.eye(6)
    matrix[:3, :3] = answerable
    matrix[4:, 4:] = ((0.95, 0.05), (0.04, 0.96))
    labels = np.array([n, n, n, 0, n, n], dtype=np.float64)
    return Confusion(matrix, labels, labels)


def verdicts_of(answerable: tuple[tuple[float, ...], ...], shares: tuple[float, float, float], n: int) -> GradedItems:
    """Unlabelled responses to answerable probes whose verdict shares are what the judge gives, but for rounding."""
    observed = np.array(shares) @ np.array(answerable)
    counts = np.floor(observed * n).astype(int)
    counts[0] += n - counts.sum()
    cells = np.repeat(np.arange(3), counts)
    rng = np.random.default_rng(0)
    rng.shuffle(cells)
    return GradedItems(cells, np.full(n, UNLABELLED), np.arange(n), np.arange(n))
