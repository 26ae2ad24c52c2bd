"""Per-probe scores of two models on the probes both were graded on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from evaluator.records import ModelResult
from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.pairing import Ground
from evaluator.stats.estimates import Ints
from evaluator.stats.metrics import Metric, Weighting


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedScores:
    """What two models add to a metric's numerator and denominator, probe by probe, shape (n_probes,)."""

    numerators: tuple[Floats, Floats]
    denominators: tuple[Floats, Floats]
    clusters: Ints
    """Cluster code per probe, from 0 without gaps."""
    cluster_names: Ints
    """The ground's code of each of these clusters, shape (n_clusters,)."""
    n_paired: int
    """Probes of the slice graded on both sides, those included that count in neither denominator."""
    n_left_out: int
    """Probes of the slice without a graded answer on one side."""
    has_both_kinds: bool
    """Whether answerable and unanswerable probes are among them."""

    @property
    def n_clusters(self) -> int:
        """How many clusters the probes form."""
        return int(self.clusters.max()) + 1 if len(self.clusters) else 0

    @property
    def is_mean(self) -> bool:
        """Whether every probe counts once in both denominators: then probes are pairs of scores."""
        return all(bool((part == 1).all()) for part in self.denominators)

    @property
    def is_binary(self) -> bool:
        """Whether every probe is a hit or not."""
        return self.is_mean and all(bool(np.isin(part, (0, 1)).all()) for part in self.numerators)

    @property
    def is_independent(self) -> bool:
        """Whether every probe is its own cluster."""
        return self.n_clusters == len(self.clusters)

    def cluster_sums(self, parts: tuple[Floats, Floats]) -> Floats:
        """Sum both sides over the probes of each cluster, shape (2, n_clusters)."""
        n_clusters = self.n_clusters
        return np.stack([np.bincount(self.clusters, weights=part, minlength=n_clusters) for part in parts])


def label_means(result: ModelResult, ground: Ground) -> Floats:
    """Shares of correct, wrong and abstained among each probe's graded repeats.

    Returns:
        Shape (n_probes, 3) in the order of the ground; NaN where nothing was graded.
    """
    nothing = (0, 0, 0, 0)
    found = (result.tallies.get(name, nothing) for name in ground.probe_ids)
    tallies = np.fromiter(chain.from_iterable(found), dtype=np.float64, count=4 * len(ground.probe_ids))
    graded = tallies.reshape(-1, 4)[:, :3]
    with np.errstate(invalid="ignore"):
        means: Floats = graded / graded.sum(axis=1, keepdims=True)
    return means


def paired_scores(metric: Metric, slice_name: str, means: tuple[Floats, Floats], ground: Ground) -> PairedScores:
    """Pair two models on a slice; a probe that reaches neither denominator is not listed.

    Args:
        metric: The definition.
        slice_name: One of the ground's slices.
        means: `label_means` of A and B.
        ground: The probes both runs share.
    """
    members = ground.slices[slice_name]
    is_graded = ~(np.isnan(means[0][members, 0]) | np.isnan(means[1][members, 0]))
    paired = members[is_graded]
    kinds = ground.is_answerable[paired]
    numerators, denominators = (
        tuple(_weighted(side[paired], weighting, kinds) for side in means)
        for weighting in (metric.numerator, metric.denominator)
    )
    counts = (denominators[0] > 0) | (denominators[1] > 0)
    names, codes = np.unique(ground.clusters[paired][counts], return_inverse=True)
    return PairedScores(
        numerators=(numerators[0][counts], numerators[1][counts]),
        denominators=(denominators[0][counts], denominators[1][counts]),
        clusters=codes.astype(np.int64),
        cluster_names=names,
        n_paired=len(paired),
        n_left_out=len(members) - len(paired),
        has_both_kinds=bool(kinds.any() and not kinds.all()),
    )


def own_value(metric: Metric, slice_name: str, means: Floats, ground: Ground) -> tuple[float | None, int]:
    """Value of one model on every probe of the slice it was graded on, and how many these are.

    Args:
        metric: The definition.
        slice_name: One of the ground's slices.
        means: `label_means` of the model.
        ground: The probes.

    Returns:
        (value, n); the value is None when the denominator is zero.
    """
    members = ground.slices[slice_name]
    graded = members[~np.isnan(means[members, 0])]
    kinds = ground.is_answerable[graded]
    size = float(_weighted(means[graded], metric.denominator, kinds).sum())
    value = float(_weighted(means[graded], metric.numerator, kinds).sum()) / size if size > 0 else None
    return value, len(graded)


def _weighted(means: Floats, weighting: Weighting, is_answerable: npt.NDArray[np.bool_]) -> Floats:
    # Plain sums: those of BLAS may differ in the last digit with the number of threads.
    correct, wrong, abstained = means.T
    answerable, unanswerable = (
        correct * weights[0] + wrong * weights[1] + abstained * weights[2]
        for weights in (weighting.answerable, weighting.unanswerable)
    )
    weighted: Floats = np.where(is_answerable, answerable, unanswerable)
    return weighted
