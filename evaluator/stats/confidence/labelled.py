"""The Brier score with the grader's errors taken out by labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.stats.calibration.influence import cluster_variance, influence_interval
from evaluator.stats.clusters import Floats
from evaluator.stats.estimates import NO_INTERVAL, Ints
from evaluator.stats.intervals import Interval

FEWEST_LABELS = 5
"""Of each verdict, as for every calibrated rate."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What people said of answers, shape (n,)."""

    is_labelled: npt.NDArray[np.bool_]
    truth: Floats
    """1 where a person called the answer correct, else 0; without meaning where nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledScore:
    """A Brier score against people's labels, or why there is none."""

    value: float | None
    interval: Interval | None
    method: str
    n_labels: int
    notes: tuple[str, ...] = ()


def labelled_brier(
    confidence: Floats, correct: Floats, labels: Labelled, clusters: Ints, *, level: float = 0.95
) -> LabelledScore:
    """Brier score against the truth: the loss by verdict of all answers, corrected by that of the labelled.

    Within each verdict the mean difference of the loss by label and the loss by verdict is added to
    all answers of that verdict.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1 by the verdict, shape (n,).
        labels: A random sample within each verdict.
        clusters: Code per answer, shape (n,).
        level: Target coverage, in (0, 1).

    Returns:
        No value where a verdict has fewer than `FEWEST_LABELS` labels and is not wholly labelled.

    Source:
        Angelopoulos et al. (2023), arXiv:2301.09633, prediction-powered mean, stratified by verdict (Fisch
        et al. 2024, arXiv:2406.04291).
    """
    losses = (confidence - correct) ** 2
    values = losses.copy()
    n_labels = int(labels.is_labelled.sum())
    for verdict in (0.0, 1.0):
        cell = correct == verdict
        known = cell & labels.is_labelled
        n_cell, n_known = int(cell.sum()), int(known.sum())
        if n_known < min(FEWEST_LABELS, n_cell):
            name = "correct" if verdict else "wrong"
            note = (
                f"refused (few_labels_in_cell): {FEWEST_LABELS} labels needed on answers called {name}, got {n_known}"
            )
            return LabelledScore(value=None, interval=None, method=NO_INTERVAL, n_labels=n_labels, notes=(note,))
        if not n_cell:
            continue
        gaps = (confidence[known] - labels.truth[known]) ** 2 - losses[known]
        mean = float(gaps.mean())
        values[cell] += mean
        values[known] += n_cell / n_known * (gaps - mean)
    value = min(max(float(values.mean()), 0.0), 1.0)
    n_clusters = len(np.unique(clusters))
    found = None
    if n_clusters >= 2:
        found = influence_interval(
            value, cluster_variance(values, clusters), n_clusters, limits=(0.0, 1.0), level=level
        )
    method = f"prediction-powered by verdict, {found[1]}" if found else NO_INTERVAL
    return LabelledScore(value=value, interval=found[0] if found else None, method=method, n_labels=n_labels)
