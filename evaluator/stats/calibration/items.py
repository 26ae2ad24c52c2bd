"""Graded responses as columns: cell of the verdict, true class where a person gave it, cluster and probe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.records import LABELS
from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import Ints

N_LABELS = len(LABELS)
N_CLASSES = 2 * N_LABELS
"""Classes of a response: correct, wrong, abstained on answerable probes, then on unanswerable ones."""
UNLABELLED = -1
POSSIBLE = np.zeros((N_CLASSES, N_CLASSES))
"""Which true class (column) a response of a cell (row) can have: nothing is correct where there is no answer."""
POSSIBLE[:N_LABELS, :N_LABELS] = 1
POSSIBLE[N_LABELS:, N_LABELS + 1 :] = 1
IMPOSSIBLE_CLASS = N_LABELS
"""Correct on an unanswerable probe."""


@dataclass(frozen=True, slots=True, eq=False)
class GradedItems:
    """The graded responses of one model under one prompt, or of a part of them; arrays of shape (n,)."""

    cells: Ints
    """Class by the verdict, 0 to 5: the post-stratum of the response."""
    truths: Ints
    """Class by the person's label, 0 to 5, or `UNLABELLED`."""
    clusters: Ints
    """Code of the cluster, >= 0 and small: codes index arrays."""
    probes: Ints
    """Code of the probe, >= 0 and small; repeats of a probe share it."""

    def __len__(self) -> int:
        return len(self.cells)

    def where(self, is_kept: npt.NDArray[np.bool_]) -> GradedItems:
        """The items at which the mask, of shape (n,), is true."""
        return GradedItems(self.cells[is_kept], self.truths[is_kept], self.clusters[is_kept], self.probes[is_kept])

    def taken_at_their_verdict(self) -> GradedItems:
        """The same items as if every verdict were the truth: what an uncalibrated rate rests on."""
        return GradedItems(self.cells, self.cells, self.clusters, self.probes)

    @property
    def n_clusters(self) -> int:
        """Distinct clusters among the items."""
        return int(np.count_nonzero(np.bincount(self.clusters)))

    @property
    def has_both_kinds(self) -> bool:
        """Whether there are items to answerable and to unanswerable probes."""
        is_answerable = self.cells < N_LABELS
        return bool(is_answerable.any()) and not bool(is_answerable.all())

    @property
    def n_labels(self) -> int:
        """Items with a person's label."""
        return int((self.truths != UNLABELLED).sum())


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """How many responses every cell holds, and what people said of those they labelled."""

    sizes: Floats
    """N_g, shape (6,)."""
    counts: Floats
    """Labels by cell (row) and true class (column), shape (6, 6)."""

    @classmethod
    def of(cls, items: GradedItems) -> CellTable:
        """Count the items."""
        is_labelled = items.truths != UNLABELLED
        pairs = items.cells[is_labelled] * N_CLASSES + items.truths[is_labelled]
        counts = np.bincount(pairs, minlength=N_CLASSES * N_CLASSES).reshape(N_CLASSES, N_CLASSES)
        return cls(np.bincount(items.cells, minlength=N_CLASSES).astype(np.float64), counts.astype(np.float64))

    @property
    def labelled(self) -> Floats:
        """n_g, labels per cell, shape (6,)."""
        labelled: Floats = self.counts.sum(axis=1)
        return labelled

    @property
    def weights(self) -> Floats:
        """p_g = N_g / N, shape (6,)."""
        weights: Floats = self.sizes / self.sizes.sum()
        return weights

    def truth_given_cell(self, added: float = 0.0) -> Floats:
        """P(true class | cell), shape (6, 6); a cell without labels is taken at its verdict.

        Args:
            added: Pseudo-count for every possible true class of every cell.
        """
        counts = self.counts + added * POSSIBLE
        totals = counts.sum(axis=1, keepdims=True)
        shares: Floats = np.where(totals > 0, counts / np.where(totals > 0, totals, 1), np.eye(N_CLASSES))
        return shares

    def class_shares(self, added: float = 0.0) -> Floats:
        """π_y = Σ_g p_g P(y | g): post-stratified shares of the true classes, shape (6,), sum 1.

        Source:
            Chen et al. (2026), arXiv:2601.05420, section on the efficient estimator; Holt & Smith
            (1979), JRSS A 142(1):33-46, for post-stratification.
        """
        shares: Floats = (self.weights[:, None] * self.truth_given_cell(added)).sum(axis=0)
        return shares
