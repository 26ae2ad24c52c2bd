"""One number of a run against the same number of its baseline, paired by probe."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from evaluator.comparison import Difference
from evaluator.gating import GateFinding
from evaluator.policy import GateCheck
from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.calibrated import CalibratedRun, calibrated_difference
from evaluator.stats.comparison.pairing import Couple, Ground
from evaluator.stats.comparison.scores import label_means, paired_scores
from evaluator.stats.comparison.testing import Question, Settings, tested_difference
from evaluator.stats.estimates import Ints
from evaluator.stats.gating.limits import blank_finding, tallies_of, with_deciders
from evaluator.stats.gating.tail import badness, standard_error, two_sided
from evaluator.stats.metrics import Metric

FEWEST_REPEATS = 2


def margin_finding(
    check: GateCheck, metric: Metric, couple: Couple, means: Mapping[int, Floats], ground: Ground, level: float
) -> GateFinding:
    """Compare a metric of counted labels with the baseline.

    Args:
        check: With `margin`.
        metric: Its definition.
        couple: The run's result as A, the baseline's as B.
        means: `label_means` by id() of the result.
        ground: The probes of both.
        level: One-sided certainty.
    """
    slice_name = check.slice or metric.slices[0]
    scores = paired_scores(metric, slice_name, (means[id(couple.a)], means[id(couple.b)]), ground)
    found = tested_difference(couple, Question(metric, slice_name), scores, Settings(level=two_sided(level)))
    finding = _finding(check, couple, found, level)
    share, repeats = repeats_part(metric, slice_name, couple, ground, finding)
    return with_deciders(finding, n_probes=found.n, repeats_share=share, repeats=repeats)


def calibrated_margin(
    check: GateCheck,
    metric: Metric,
    couple: Couple,
    ground: Ground,
    runs: tuple[CalibratedRun, CalibratedRun],
    level: float,
) -> GateFinding:
    """Compare a rate corrected with labels with the baseline's, from the labelled answers of both.

    Args:
        check: With `margin` and `calibrated`.
        metric: Its definition.
        couple: The run's result as A, the baseline's as B.
        ground: The probes of both.
        runs: The labelled answers of both.
        level: One-sided certainty.
    """
    question = Question(metric, check.slice or metric.slices[0])
    found = calibrated_difference(couple, question, ground, runs, Settings(level=two_sided(level)))
    return _finding(check, couple, found, level)


def _finding(check: GateCheck, couple: Couple, found: Difference, level: float) -> GateFinding:
    return msgspec.structs.replace(
        blank_finding(check, couple.a, found.slice, level),
        definition=found.definition,
        better=found.better,
        value=found.difference,
        low=found.low,
        high=found.high,
        new=found.a,
        old=found.b,
        p_worse=one_sided_p(found),
        method=found.method,
        test=found.test,
        n=found.n,
        n_clusters=found.n_clusters,
        n_left_out=found.n_left_out,
        notes=found.notes,
    )


def one_sided_p(found: Difference) -> float | None:
    """p-value of "A is not worse than B" from the two-sided one."""
    if found.p_value is None or found.difference is None:
        return None
    is_worse = badness(found.difference, found.better) > 0
    return found.p_value / 2 if is_worse else 1 - found.p_value / 2


def repeats_part(
    metric: Metric, slice_name: str, couple: Couple, ground: Ground, finding: GateFinding
) -> tuple[float | None, float]:
    """Share of the difference's variance that is luck of single answers, and the repeats per probe.

    Returns:
        (None, 1) when no probe was repeated on both sides.
    """
    if finding.low is None or finding.high is None or finding.low == finding.high:
        return None, 1.0
    members = ground.slices[slice_name]
    parts = [
        _luck(metric, tallies_of(result, ground)[members, :3], ground.is_answerable[members])
        for result in (couple.a, couple.b)
    ]
    if any(part is None for part in parts):
        return None, 1.0
    total = standard_error(finding.low, finding.high, two_sided(finding.level)) ** 2
    luck = sum(part[0] for part in parts if part is not None)
    repeats = min(part[1] for part in parts if part is not None)
    return min(1.0, luck / total), repeats


def _luck(metric: Metric, graded: Ints, is_answerable: npt.NDArray[np.bool_]) -> tuple[float, float] | None:
    """Variance that single answers add to a ratio of sums of means per probe, and their number per probe.

    Of the linearised score e of an answer, (num - R·den) / Σ mean den: each probe adds s²_e / K.
    """
    counts = graded.sum(axis=1)
    is_repeated = counts >= FEWEST_REPEATS
    if not is_repeated.any():
        return None
    shares, k = graded[is_repeated] / counts[is_repeated, np.newaxis], counts[is_repeated]
    kinds = is_answerable[is_repeated][:, np.newaxis]
    numerators = np.where(kinds, metric.numerator.answerable, metric.numerator.unanswerable)
    denominators = np.where(kinds, metric.denominator.answerable, metric.denominator.unanswerable)
    size = float((shares * denominators).sum())
    if size <= 0:
        return None
    ratio = float((shares * numerators).sum()) / size
    scores = (numerators - ratio * denominators) / size
    within = ((shares * scores**2).sum(axis=1) - (shares * scores).sum(axis=1) ** 2) * k / (k - 1)
    return float((within / k).sum()), float(k.mean())


def means_of(couples: list[Couple], ground: Ground) -> dict[int, Floats]:
    """`label_means` of every result, by its id()."""
    return {id(result): label_means(result, ground) for couple in couples for result in (couple.a, couple.b)}
