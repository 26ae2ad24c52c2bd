"""Rates of a model nobody labelled, corrected with how the judge treated other models.

Assumes that the judge errs on this model as it does on the labelled ones, which nothing in the data
can prove: every result is marked transported. Shares of truth given the verdict are not transported,
because they move with how often the model is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from evaluator.stats.calibration.influence import ShareRatio, cluster_variance, influence_interval
from evaluator.stats.calibration.items import N_CLASSES, N_LABELS, CellTable, GradedItems
from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import Ints
from evaluator.stats.intervals import Interval

KINDS = (slice(0, N_LABELS), slice(N_LABELS + 1, N_CLASSES))
"""True classes of answerable and of unanswerable probes."""
LEAST_ROW_LABELS = 10
"""Labels of a true class below which a donor's own row gives way to the pooled one."""
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """P(verdict | true class) of a judge, estimated from labels drawn by verdict."""

    matrix: Floats
    """Shape (6, 6): true class by verdict; rows of classes that cannot occur are those of a perfect judge."""
    n_labels: Floats
    """Labels of each true class, shape (6,)."""
    n_effective: Floats
    """Labels of each class that an unweighted sample would need, shape (6,)."""

    @classmethod
    def of(cls, table: CellTable) -> Confusion:
        """Weigh every label by N_g/n_g: labels drawn by verdict would bias the rows otherwise.

        Source:
            Horvitz & Thompson (1952), JASA 47:663-685; Kish (1965) for the effective number.
        """
        counts, sizes = _merged(table)
        labelled = counts.sum(axis=1)
        stretch = np.divide(sizes, labelled, where=labelled > 0, out=np.zeros_like(labelled))
        joint = (stretch[:, None] * counts).T
        squares = (stretch[:, None] ** 2 * counts).T.sum(axis=1)
        totals = joint.sum(axis=1)
        has_labels = totals > 0
        matrix = np.where(has_labels[:, None], joint / np.where(has_labels, totals, 1)[:, None], np.eye(N_CLASSES))
        n_effective = np.divide(totals**2, squares, where=has_labels, out=np.zeros_like(totals))
        return cls(matrix, counts.sum(axis=0), n_effective)

    def filled(self, other: Confusion) -> Confusion:
        """The same, with rows of too few labels taken from another."""
        is_own = self.n_labels >= LEAST_ROW_LABELS
        return Confusion(
            np.where(is_own[:, None], self.matrix, other.matrix),
            np.where(is_own, self.n_labels, other.n_labels),
            np.where(is_own, self.n_effective, other.n_effective),
        )

    def condition_number(self, kind: int) -> float:
        """Of the block of answerable (0) or unanswerable (1) probes: how far it stretches errors of the shares."""
        return float(np.linalg.cond(self.matrix[KINDS[kind], KINDS[kind]]))


def pooled(confusions: Sequence[Confusion]) -> Confusion:
    """The mean of several confusions, row by row, weighted by their effective labels.

    Args:
        confusions: At least one.
    """
    weights = np.array([confusion.n_effective for confusion in confusions])
    totals = weights.sum(axis=0)
    shares = np.divide(weights, totals, where=totals > 0, out=np.full_like(weights, 1 / len(confusions)))
    matrix = (shares[:, :, None] * np.array([confusion.matrix for confusion in confusions])).sum(axis=0)
    n_labels = np.array([confusion.n_labels for confusion in confusions]).sum(axis=0)
    return Confusion(matrix, n_labels, totals)


def invert_shares(matrix: Floats, verdict_shares: Floats, weights: Floats | None = None) -> Floats:
    """Shares π of the true classes on the simplex that explain the verdicts best.

    argmin over π >= 0, Σπ = 1 of ||Mᵀπ - p||²_W: exact, by solving on every set of classes that may
    be present. Where Mᵀπ = p has a solution on the simplex, that is it.

    Args:
        matrix: M, P(verdict | true class), rows sum to 1, shape (k, k), k small.
        verdict_shares: p, shape (k,).
        weights: W, symmetric and positive definite, shape (k, k); default the identity.

    Returns:
        π, shape (k,).

    Source:
        Lipton, Wang & Smola (2018), arXiv:1802.03916, for the inversion; Lawson & Hanson (1974),
        Solving Least Squares Problems, for the constrained problem.

    >>> m = np.array([[0.95, 0.045, 0.005], [0.056, 0.93, 0.014], [0.003, 0.027, 0.97]])
    >>> invert_shares(m, np.array([0.52, 0.33, 0.15])).round(4).tolist()
    [0.5277, 0.325, 0.1472]
    """
    size = len(matrix)
    metric = np.eye(size) if weights is None else weights
    best, least = np.full(size, 1 / size), math.inf
    for n_present in range(1, size + 1):
        for present in combinations(range(size), n_present):
            shares = _equality_least_squares(matrix, verdict_shares, metric, present)
            if shares is None or shares.min() < -_TINY:
                continue
            residual = matrix.T @ shares - verdict_shares
            distance = float(residual @ metric @ residual)
            if distance < least - _TINY:
                best, least = np.maximum(shares, 0), distance
    result: Floats = best / best.sum()
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Transported:
    """A rate corrected with other models' labels: an interval, or only a range when donors are few."""

    value: float
    interval: Interval | None
    variance: float
    """Of probes, of the donors' labels and between donors."""
    between: float
    """The variance between donors, τ²."""
    by_donor: tuple[float, ...]
    """The rate by each donor alone; their extremes are the range."""
    shares: Floats
    worst_share: float
    """Smallest share before it is bent onto the simplex, in standard errors; below -2 the donors do not fit."""
    n_labels: int
    n_clusters: int


def transport(
    items: GradedItems, donors: Sequence[Confusion], ratio: ShareRatio, *, level: float = 0.95, min_donors: int = 4
) -> Transported | None:
    """Estimate a rate from verdicts and from how the judge treated other models.

    The variance adds up the clustered spread of the verdicts, each worth c = M⁻¹e; the labels behind
    M, Σ_y π_y²·Var(c | y)/m_y; and τ² between the rates that single donors give (DerSimonian & Laird),
    with Student t on donors - 1 degrees of freedom.

    Args:
        items: Graded responses of the slice; their labels are not looked at.
        donors: Confusions of the models that have labels.
        ratio: Value and gradient of the rate.
        level: Target coverage, in (0, 1).
        min_donors: With fewer there is no interval, only the range of single donors.

    Returns:
        None where the rate is undefined or there is no donor.

    Raises:
        numpy.linalg.LinAlgError: If a confusion cannot be inverted; refuse on its condition number first.

    Source:
        Lipton et al. (2018), arXiv:1802.03916; DerSimonian & Laird (1986), Controlled Clinical
        Trials 7(3):177-188, for τ².
    """
    counted = items.where(ratio.cells[items.cells] > 0)
    if not donors or not len(counted) or (ratio.needs_both_kinds and not items.has_both_kinds):
        return None
    cells = np.where(counted.cells == N_LABELS, N_CLASSES - 1, counted.cells)
    observed = np.bincount(cells, minlength=N_CLASSES) / len(cells)
    overall = pooled(donors)
    shares = _class_shares(overall, observed)
    if ratio.size(shares) <= 0:
        return None
    singles = [_single(donor.filled(overall), observed, ratio, shares) for donor in donors]
    between = _between_variance([value for value, _ in singles], [variance for _, variance in singles])
    n_clusters = counted.n_clusters
    worth = _verdict_worth(overall, ratio.gradient(shares))
    variance = cluster_variance(worth[cells], counted.clusters) if n_clusters >= 2 else 0.0
    variance += _label_variance(overall, shares, worth) + between
    value = ratio.value(shares)
    found = None
    if len(donors) >= min_donors and n_clusters >= 2:
        degrees = min(n_clusters, len(donors))
        found = influence_interval(value, variance, degrees, limits=ratio.limits, level=level)
    return Transported(
        value=value,
        interval=found[0] if found else None,
        variance=variance,
        between=between,
        by_donor=tuple(value for value, _ in singles),
        shares=shares,
        worst_share=_worst_share(overall, observed, cells, counted.clusters),
        n_labels=int(sum(donor.n_labels.sum() for donor in donors)),
        n_clusters=n_clusters,
    )


def _merged(table: CellTable) -> tuple[Floats, Floats]:
    """Count the verdict correct on an unanswerable probe, which means nothing, as abstained."""
    counts, sizes = table.counts.copy(), table.sizes.copy()
    for array in (counts, sizes):
        array[-1] += array[N_LABELS]
        array[N_LABELS] = 0
    return counts, sizes


def _class_shares(confusion: Confusion, observed: Floats) -> Floats:
    shares = np.zeros(N_CLASSES)
    for kind in KINDS:
        total = float(observed[kind].sum())
        if total > 0:
            shares[kind] = total * invert_shares(confusion.matrix[kind, kind], observed[kind] / total)
    return shares


def _verdict_worth(confusion: Confusion, gradient: Floats) -> Floats:
    """c = M⁻¹e: what a verdict of each class is worth to the rate, shape (6,)."""
    return np.asarray(np.linalg.solve(confusion.matrix, gradient), dtype=np.float64)


def _single(donor: Confusion, observed: Floats, ratio: ShareRatio, fallback: Floats) -> tuple[float, float]:
    """The rate by one donor, and the variance that its labels add."""
    shares = _class_shares(donor, observed)
    if ratio.size(shares) <= 0:
        shares = fallback
    worth = _verdict_worth(donor, ratio.gradient(shares))
    return ratio.value(shares), _label_variance(donor, shares, worth)


def _label_variance(confusion: Confusion, shares: Floats, worth: Floats) -> float:
    means = confusion.matrix @ worth
    spreads = (confusion.matrix * (worth[None, :] - means[:, None]) ** 2).sum(axis=1)
    n = confusion.n_effective
    return float((shares**2 * np.divide(spreads, n, where=n > 0, out=np.zeros_like(n))).sum())


def _between_variance(values: Sequence[float], variances: Sequence[float]) -> float:
    """τ² of DerSimonian & Laird; 0 with fewer than two donors."""
    if len(values) < 2:
        return 0.0
    weights = 1 / np.maximum(np.array(variances), _TINY)
    rates = np.array(values)
    total = float(weights.sum())
    mean = float((weights * rates).sum()) / total
    excess = float((weights * (rates - mean) ** 2).sum()) - (len(values) - 1)
    scale = total - float((weights**2).sum()) / total
    return max(0.0, excess / scale) if scale > 0 else 0.0


def _worst_share(confusion: Confusion, observed: Floats, cells: Ints, clusters: Ints) -> float:
    """The lowest unconstrained share in units of its standard error; +inf where none is negative."""
    worst = math.inf
    inverse = np.asarray(np.linalg.inv(confusion.matrix), dtype=np.float64)
    shares = observed @ inverse
    for y in np.flatnonzero(shares < 0).tolist():
        worth = inverse[:, y]
        variance = _label_variance(confusion, np.maximum(shares, 0), worth)
        if np.count_nonzero(np.bincount(clusters)) >= 2:
            variance += cluster_variance(worth[cells], clusters)
        worst = min(worst, float(shares[y]) / math.sqrt(variance) if variance > 0 else -math.inf)
    return worst


def _equality_least_squares(
    matrix: Floats, verdict_shares: Floats, metric: Floats, present: Sequence[int]
) -> Floats | None:
    """Minimise on the given classes with Σπ = 1 alone (Lagrange); None where that is singular."""
    rows = matrix[list(present)]
    n = len(present)
    system = np.zeros((n + 1, n + 1))
    system[:n, :n] = 2 * rows @ metric @ rows.T
    system[:n, n] = system[n, :n] = 1
    wanted = np.append(2 * rows @ metric @ verdict_shares, 1.0)
    try:
        solution = np.linalg.solve(system, wanted)
    except np.linalg.LinAlgError:
        return None
    shares = np.zeros(len(matrix))
    shares[list(present)] = solution[:n]
    return shares
