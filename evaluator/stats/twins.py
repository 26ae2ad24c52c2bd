"""Abstention discrimination: does a model abstain on the twin that has no answer, and only there?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from evaluator.records import Estimate
from evaluator.stats.clusters import Floats, ratio_standard_error
from evaluator.stats.estimates import (
    CLUSTERED_T,
    FEW_CLUSTERS,
    NO_INTERVAL,
    ROUNDING,
    UNGRADED_SHARE_TO_NOTE,
    Ints,
    Scope,
    score_interval,
)
from evaluator.stats.intervals import Interval, student_quantile
from evaluator.stats.slices import Pair


@dataclass(frozen=True, slots=True)
class TwinRates:
    """Abstention rates of twin pairs, arrays of shape (n_pairs,)."""

    unanswerable: Floats
    answerable: Floats
    clusters: Ints
    """Cluster code per pair, from 0 without gaps."""

    @property
    def n_pairs(self) -> int:
        """How many pairs there are."""
        return len(self.clusters)

    @property
    def n_clusters(self) -> int:
        """How many clusters the pairs form."""
        return int(self.clusters.max()) + 1 if self.n_pairs else 0

    def per_cluster(self, values: Floats) -> Floats:
        """Sum a value per pair over the pairs of each cluster, shape (n_clusters,)."""
        return np.bincount(self.clusters, weights=values, minlength=self.n_clusters).astype(np.float64)


def twin_rates(graded: Ints, pairs: Sequence[Pair], clusters: Ints) -> TwinRates:
    """Abstention rates per pair; a pair with a side that has no graded response is left out.

    Args:
        graded: Shape (n_probes, 3): correct, wrong, abstained per probe.
        pairs: (position of the unanswerable probe, position of the answerable one).
        clusters: Cluster code per probe, shape (n_probes,).
    """
    positions = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    totals = graded.sum(axis=1)
    positions = positions[(totals[positions] > 0).all(axis=1)]
    rates = graded[positions, 2] / totals[positions]
    _, codes = np.unique(clusters[positions[:, 0]], return_inverse=True)
    return TwinRates(rates[:, 0], rates[:, 1], codes.astype(np.int64))


def youden_j(rates: TwinRates) -> float:
    """Mean over pairs of the abstention rate where it is right minus where it is wrong.

    >>> youden_j(TwinRates(np.array([1.0, 1, 0, 1]), np.array([0.0, 1, 0, 0]), np.arange(4)))
    0.5
    """
    return float((rates.unanswerable - rates.answerable).sum()) / rates.n_pairs


def youden_j_interval(rates: TwinRates, level: float) -> tuple[Interval, str]:
    """Interval of Youden's J from the paired differences, clustered.

    Args:
        rates: At least two clusters of pairs.
        level: Target coverage, in (0, 1).
    """
    differences = rates.per_cluster(rates.unanswerable - rates.answerable)
    sizes = rates.per_cluster(np.ones(rates.n_pairs))
    return score_interval(differences, sizes, limits=(-1.0, 1.0), level=level)


def d_prime(rates: TwinRates) -> float:
    """d′ of abstention, log-linear corrected so that it is finite at rates of 0 and 1.

    Each rate is (abstentions + 1/2) / (pairs + 1).

    Source:
        Hautus (1995), Behavior Research Methods 27(1):46-51, doi:10.3758/BF03203619.

    >>> rates = TwinRates(np.array([1.0, 1, 1, 1]), np.array([0.0, 0, 0, 1]), np.arange(4))
    >>> round(d_prime(rates), 4)
    1.806
    """
    normal = NormalDist()
    return normal.inv_cdf(_corrected(rates.unanswerable)) - normal.inv_cdf(_corrected(rates.answerable))


def d_prime_interval(rates: TwinRates, level: float) -> tuple[Interval, str]:
    """Interval of d′ by linearising it in the paired differences, clustered.

    A side whose rate is the same in every pair shows no variance of its own, so it adds the
    binomial variance of its corrected rate, with one trial per cluster. So do both sides when
    they move together and all differences are equal: the interval never has width zero.

    Args:
        rates: At least two clusters of pairs.
        level: Target coverage, in (0, 1).

    Source:
        Gourevitch & Galanter (1967), Psychometrika 32(1):25-33, for the delta method;
        Miller (2024), arXiv:2411.00640, for paired, clustered differences.
    """
    normal = NormalDist()
    influence = np.zeros(rates.n_pairs)
    binomial = []
    for sign, side in ((1, rates.unanswerable), (-1, rates.answerable)):
        rate = _corrected(side)
        slope = 1 / normal.pdf(normal.inv_cdf(rate))
        influence += sign * slope * (side - side.mean())
        binomial.append(slope**2 * rate * (1 - rate) / rates.n_clusters)
    sizes = rates.per_cluster(np.ones(rates.n_pairs))
    paired = ratio_standard_error(rates.per_cluster(influence), sizes) * rates.n_pairs / (rates.n_pairs + 1)
    is_silent = [paired < ROUNDING or np.ptp(side) == 0 for side in (rates.unanswerable, rates.answerable)]
    added = sum(variance for variance, silent in zip(binomial, is_silent, strict=True) if silent)
    half = student_quantile(level, rates.n_clusters - 1) * math.sqrt(paired**2 + added)
    value = d_prime(rates)
    return (value - half, value + half), CLUSTERED_T


def _corrected(side: Floats) -> float:
    return (float(side.sum()) + 0.5) / (len(side) + 1)


@dataclass(frozen=True, slots=True)
class _Discrimination:
    name: str
    definition: str
    value: Callable[[TwinRates], float]
    interval: Callable[[TwinRates, float], tuple[Interval, str]]


DISCRIMINATIONS = (
    _Discrimination(
        "abstention_discrimination_j",
        "P(abstained | unanswerable) - P(abstained | answerable), mean over twin pairs with both sides graded "
        "(Youden's J): 1 = abstains exactly where it should, 0 = blindly, -1 = exactly where it should not",
        youden_j,
        youden_j_interval,
    ),
    _Discrimination(
        "abstention_discrimination_dprime",
        "d' = z(P(abstained | unanswerable)) - z(P(abstained | answerable)) over twin pairs with both sides graded, "
        "log-linear correction (Hautus 1995); numerator and denominator are those of Youden's J",
        d_prime,
        d_prime_interval,
    ),
)


def discrimination_estimates(tallies: Ints, pairs: Sequence[Pair], clusters: Ints, scope: Scope) -> list[Estimate]:
    """Youden's J and d′ of abstention, paired by twin.

    Args:
        tallies: Shape (n_probes, 4): correct, wrong, abstained, ungraded per probe.
        pairs: (position of the unanswerable probe, position of the answerable one).
        clusters: Cluster code per probe, shape (n_probes,).
        scope: What the estimates are about.

    Returns:
        One estimate per member of `DISCRIMINATIONS`; `n` counts the graded responses to twins.

    Source:
        Youden (1950), Cancer 3(1):32-35; Hautus (1995).
    """
    rates = twin_rates(tallies[:, :3], pairs, clusters)
    twins = sorted({position for pair in pairs for position in pair})
    n_graded, n_ungraded = int(tallies[twins, :3].sum()), int(tallies[twins, 3].sum())
    extremes = _extreme_rates(tallies, pairs, clusters) if n_ungraded else []
    ungraded_share = n_ungraded / (n_graded + n_ungraded) if n_ungraded else 0.0
    estimates = []
    for kind in DISCRIMINATIONS:
        interval, method = kind.interval(rates, scope.level) if rates.n_clusters >= 2 else (None, NO_INTERVAL)
        bounds = [kind.value(extreme) for extreme in extremes]
        estimates.append(
            Estimate(
                name=kind.name,
                slice=scope.slice,
                model=scope.model,
                prompt=scope.prompt,
                definition=kind.definition,
                numerator=float((rates.unanswerable - rates.answerable).sum()),
                denominator=float(rates.n_pairs),
                value=kind.value(rates) if rates.n_pairs else None,
                low=interval[0] if interval else None,
                high=interval[1] if interval else None,
                level=scope.level,
                n=n_graded,
                n_clusters=rates.n_clusters,
                n_labels=0,
                method=method,
                calibrated=False,
                notes=tuple(_notes(rates, ungraded_share)),
                bound_low=bounds[0] if bounds else None,
                bound_high=bounds[1] if bounds else None,
            )
        )
    return estimates


def _extreme_rates(tallies: Ints, pairs: Sequence[Pair], clusters: Ints) -> list[TwinRates]:
    """Rates with every ungraded response on the wrong side, then on the right side.

    Empty where even then no pair has a response on both sides.
    """
    extremes = []
    for abstaining in (1, 0):
        graded = tallies[:, :3].copy()
        for side, label in ((0, 2 - abstaining), (1, 1 + abstaining)):
            rows = np.unique([pair[side] for pair in pairs])
            graded[rows, label] += tallies[rows, 3]
        extremes.append(twin_rates(graded, pairs, clusters))
    return [extreme for extreme in extremes if extreme.n_pairs]


def _notes(rates: TwinRates, ungraded_share: float) -> Iterator[str]:
    if rates.n_pairs == 0:
        yield "undefined: no twin pair has both sides graded"
    elif rates.n_clusters < 2:
        yield "no interval: it needs at least two clusters, got 1"
    elif rates.n_clusters < FEW_CLUSTERS:
        yield f"few clusters ({rates.n_clusters}): treat the interval with caution"
    if ungraded_share > UNGRADED_SHARE_TO_NOTE:
        yield f"{ungraded_share:.1%} of the responses are ungraded: see the bounds"
