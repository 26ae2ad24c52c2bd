"""Every figure about one kind of confidence: pairs of a confidence and a verdict in, a record out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluator.records import ConfidenceFigures, ConfidenceSource, Estimate, ReliabilityBin, RiskPoint
from evaluator.stats.calibration.influence import cluster_variance, influence_interval
from evaluator.stats.clusters import Floats
from evaluator.stats.confidence.brier import brier_interval, brier_parts
from evaluator.stats.confidence.calibration_error import (
    MOST_BINS,
    binned_ece,
    chance_smooth_ece,
    equal_mass_bins,
    smooth_ece,
    smooth_ece_interval,
    spiegelhalter_z,
)
from evaluator.stats.confidence.discrimination import auroc, auroc_influence, delong_interval
from evaluator.stats.confidence.labelled import Labelled, labelled_brier
from evaluator.stats.confidence.recalibration import cross_fitted
from evaluator.stats.confidence.selective import augrc, risk_coverage
from evaluator.stats.estimates import FEW_CLUSTERS, NO_INTERVAL, Ints, Scope
from evaluator.stats.intervals import Interval, wilson_interval

FEWEST_TO_RESCALE = 100
"""Answers from which a temperature is fit."""
FEWEST_ANSWERS = 20
"""Fewer say nothing about calibration."""
MOST_POINTS = 101
DRAWS = 200
"""Of the bootstrap and of chance; each costs about a millisecond."""
_OVER = "answers given and graded (correct or wrong) that come with a confidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class SureAnswers:
    """Answers given and graded, with the confidence that came with them; arrays of shape (n,)."""

    confidence: Floats
    """In [0, 1]."""
    correct: Floats
    """0 or 1, by the verdict."""
    clusters: Ints
    """Code of the cluster, >= 0."""
    n_missing: int
    """Answers of the slice without a usable confidence."""
    labelled: Labelled | None = None
    """What people said of some of them; None when nobody did, or their labels may not be used."""

    @property
    def n_clusters(self) -> int:
        """Distinct clusters."""
        return len(np.unique(self.clusters))

    @property
    def is_independent(self) -> bool:
        """Whether every answer is its own cluster."""
        return self.n_clusters == len(self.clusters)


_DEFINITIONS = {
    "smooth_ece": "smooth expected calibration error (Błasiok & Nakkiran 2023, arXiv:2309.12236); 0 = calibrated, "
    "read it beside chance_smooth_ece",
    "smooth_ece_after_temperature": "the same after dividing the log odds by a temperature, fit on other clusters (5 "
    "folds; Guo et al. 2017, arXiv:1706.04599): what rescaling would leave",
    "debiased_ece": "root mean square calibration error over bins of equal mass, less what chance adds (Kumar, Liang & "
    "Ma 2019, arXiv:1909.10155)",
    "plugin_ece": "the same without the correction: too large even when calibration is perfect",
    "brier": "Brier score: mean squared difference of confidence and correctness",
    "brier_reliability": "Murphy's reliability, the miscalibration in the Brier score; score = reliability - "
    "resolution + uncertainty",
    "brier_resolution": "Murphy's resolution: how far accuracy varies with confidence",
    "brier_uncertainty": "Murphy's uncertainty, accuracy (1 - accuracy)",
    "auroc": "probability that a correct answer has more confidence than a wrong one, ties count half",
    "augrc": "area under the generalised risk-coverage curve (Traub et al. 2024, arXiv:2407.01032); low is good",
}


def confidence_figures(source: ConfidenceSource, answers: SureAnswers, scope: Scope) -> ConfidenceFigures:
    """Measure one kind of confidence.

    Args:
        source: Where the confidence comes from.
        answers: The answers of one model under one prompt.
        scope: Slice, model, prompt and level.

    Returns:
        With estimates where there are at least `FEWEST_ANSWERS` answers; calibrated ones after the raw.
    """
    n = len(answers.confidence)
    is_enough = n >= FEWEST_ANSWERS
    z = spiegelhalter_z(answers.confidence, answers.correct) if is_enough and answers.is_independent else None
    chance = chance_smooth_ece(answers.confidence, n_replicates=DRAWS)[1] if is_enough else None
    return ConfidenceFigures(
        model=scope.model,
        prompt=scope.prompt,
        source=source,
        slice=scope.slice,  # type: ignore[arg-type]
        n=n,
        n_missing=answers.n_missing,
        accuracy=float(answers.correct.mean()) if n else None,
        mean_confidence=float(answers.confidence.mean()) if n else None,
        estimates=tuple(_estimates(answers, scope)) if is_enough else (),
        chance_smooth_ece=chance,
        calibration_p=None if z is None else math.erfc(abs(z) / math.sqrt(2)),
        risk_coverage=_risk_points(answers) if n else (),
        reliability=_reliability(answers, scope.level) if n else (),
        notes=tuple(_notes(answers, is_enough=is_enough)),
    )


def _estimates(answers: SureAnswers, scope: Scope) -> Iterator[Estimate]:
    confidence, correct = answers.confidence, answers.correct
    drawn = smooth_ece_interval(confidence, correct, answers.clusters, level=scope.level, n_replicates=DRAWS)
    smooth = smooth_ece(confidence, correct)
    yield _estimate("smooth_ece", smooth, drawn, "percentile bootstrap over clusters", answers, scope)
    yield from _rescaled(answers, scope)
    debiased, plug_in = binned_ece(confidence, correct)
    yield _estimate("debiased_ece", debiased, None, NO_INTERVAL, answers, scope)
    yield _estimate("plugin_ece", plug_in, None, NO_INTERVAL, answers, scope)
    parts = brier_parts(confidence, correct)
    interval = brier_interval(confidence, correct, answers.clusters, level=scope.level)
    yield _estimate("brier", parts.score, interval, "Student t over clusters", answers, scope)
    # Confidences that hardly ever repeat would each be a group of their own.
    grouped = brier_parts(np.round(confidence, 2), correct)
    for name, value in (
        ("brier_reliability", grouped.reliability),
        ("brier_resolution", grouped.resolution),
        ("brier_uncertainty", grouped.uncertainty),
    ):
        yield _estimate(name, value, None, NO_INTERVAL, answers, scope)
    yield from _order_estimates(answers, scope)
    yield from _labelled_estimates(answers, scope)


def _rescaled(answers: SureAnswers, scope: Scope) -> Iterator[Estimate]:
    """What a rescaling by one number would leave; it is fit on other clusters than it is judged by."""
    is_enough = len(answers.confidence) >= FEWEST_TO_RESCALE and answers.n_clusters >= FEW_CLUSTERS
    if is_enough and 0 < answers.correct.mean() < 1:
        rescaled = cross_fitted(answers.confidence, answers.correct, answers.clusters)
        left = smooth_ece(rescaled, answers.correct)
        yield _estimate("smooth_ece_after_temperature", left, None, NO_INTERVAL, answers, scope)


def _order_estimates(answers: SureAnswers, scope: Scope) -> Iterator[Estimate]:
    """Area under the ROC curve, by DeLong where answers are independent; and AUGRC, which follows from it."""
    confidence, correct = answers.confidence, answers.correct
    area = auroc(confidence, correct)
    lost = augrc(confidence, 1 - correct)
    if area is None:
        yield _estimate("auroc", None, None, NO_INTERVAL, answers, scope)
        yield _estimate("augrc", lost, None, NO_INTERVAL, answers, scope)
        return
    moves = auroc_influence(confidence, correct, answers.clusters).phi
    if answers.is_independent:
        interval, method = delong_interval(confidence, correct, level=scope.level), "DeLong"
    else:
        interval, method = _clustered(area, moves, answers, scope), "Obuchowski: influence values over clusters"
    yield _estimate("auroc", area, interval, method if interval else NO_INTERVAL, answers, scope)
    hits = float(correct.mean())
    slope = (1 - area) * (1 - 2 * hits) - (1 - hits)
    through = slope * (correct - hits) - hits * (1 - hits) * moves
    interval = _clustered(lost, through, answers, scope)
    how = "influence values over clusters" if interval else NO_INTERVAL
    yield _estimate("augrc", lost, interval, how, answers, scope)


def _labelled_estimates(answers: SureAnswers, scope: Scope) -> Iterator[Estimate]:
    if answers.labelled is None:
        return
    found = labelled_brier(answers.confidence, answers.correct, answers.labelled, answers.clusters, level=scope.level)
    raw = _estimate("brier", found.value, found.interval, found.method, answers, scope)
    yield Estimate(
        **{name: getattr(raw, name) for name in raw.__struct_fields__}
        | {"calibrated": True, "n_labels": found.n_labels, "notes": found.notes}
    )


def _clustered(value: float, phi: Floats, answers: SureAnswers, scope: Scope) -> Interval | None:
    if answers.n_clusters < 2:
        return None
    variance = cluster_variance(phi, answers.clusters)
    found = influence_interval(value, variance, answers.n_clusters, limits=(0.0, 1.0), level=scope.level)
    return found[0] if found else None


def _estimate(
    name: str, value: float | None, interval: Interval | None, method: str, answers: SureAnswers, scope: Scope
) -> Estimate:
    n = len(answers.confidence)
    return Estimate(
        name=name,
        slice=scope.slice,
        model=scope.model,
        prompt=scope.prompt,
        definition=f"{_DEFINITIONS[name]}; over {_OVER}",
        numerator=0.0 if value is None else value * n,
        denominator=float(n),
        value=value,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        level=scope.level,
        n=n,
        n_clusters=answers.n_clusters,
        n_labels=0,
        method=method if interval else NO_INTERVAL,
        calibrated=False,
        notes=("undefined: needs correct and wrong answers",) if value is None else (),
    )


def _risk_points(answers: SureAnswers) -> tuple[RiskPoint, ...]:
    curve = risk_coverage(answers.confidence, 1 - answers.correct)
    n = len(curve.coverage)
    chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).round().astype(np.int64)).tolist()
    return tuple(
        RiskPoint(
            threshold=float(curve.threshold[i]),
            coverage=float(curve.coverage[i]),
            risk=float(curve.risk[i]),
            generalised_risk=float(curve.generalised_risk[i]),
            n=round(float(curve.coverage[i]) * len(answers.confidence)),
        )
        for i in chosen
    )


def _reliability(answers: SureAnswers, level: float) -> tuple[ReliabilityBin, ...]:
    n = len(answers.confidence)
    code = equal_mass_bins(answers.confidence, max(1, min(MOST_BINS, math.isqrt(n))))
    bins = []
    for each in np.unique(code).tolist():
        own = code == each
        hits, size = int(answers.correct[own].sum()), int(own.sum())
        low, high = wilson_interval(hits, size, level=level)
        stated = float(answers.confidence[own].mean())
        bins.append(ReliabilityBin(confidence=stated, accuracy=hits / size, low=low, high=high, n=size))
    return tuple(bins)


def _notes(answers: SureAnswers, *, is_enough: bool) -> Iterator[str]:
    n = len(answers.confidence)
    if not is_enough:
        yield f"no figures: {FEWEST_ANSWERS} answers with a confidence needed, got {n}"
    elif answers.n_clusters < FEW_CLUSTERS:
        yield f"few clusters ({answers.n_clusters}): treat the intervals with caution"
    if answers.n_missing:
        yield f"{answers.n_missing} of {n + answers.n_missing} answers have no usable confidence and are left out"
    if n and len(np.unique(answers.confidence)) == 1:
        yield "every answer has the same confidence: it cannot tell right from wrong"
    if is_enough:
        yield "against the grader's verdicts: its errors are in every figure that is not marked calibrated"
