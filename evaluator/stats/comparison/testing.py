"""From paired scores to one tested difference: which interval and which test fit them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from evaluator.comparison import Correction, Difference, Side
from evaluator.stats.clusters import denominator_variation
from evaluator.stats.comparison.bootstrap import FEWEST_CLUSTERS
from evaluator.stats.comparison.difference import influence_difference, ratio_influence
from evaluator.stats.comparison.paired import mcnemar_mid_p, sign_flip_p_value, tango_interval
from evaluator.stats.comparison.pairing import Couple
from evaluator.stats.comparison.power import POWER, difference_of_error
from evaluator.stats.comparison.scores import PairedScores
from evaluator.stats.estimates import DENOMINATOR_VARIATION_LIMIT, FEW_CLUSTERS, NO_INTERVAL, UNGRADED_SHARE_TO_NOTE
from evaluator.stats.intervals import normal_quantile
from evaluator.stats.metrics import Metric

TANGO = "Tango score"
MCNEMAR = "McNemar mid-p"
NO_TEST = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How differences are tested."""

    level: float = 0.95
    power: float = POWER
    seed: int = 0
    correction: Correction = "holm"
    """How all p-values are adjusted together."""
    n_replicates: int = 0
    """Bootstrap replicates for ratios with denominators of their own; 0 linearises them instead."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which number of two models is compared."""

    metric: Metric
    slice: str


def tested_difference(couple: Couple, question: Question, scores: PairedScores, settings: Settings) -> Difference:
    """Compare two models by one metric.

    Independent probes that are a hit or not get McNemar's mid-p test and Tango's interval. Other
    scores per probe (repeats, clusters, an index) get the cluster sign-flip test and Student's
    interval. Ratios whose denominators depend on the model, like the hallucination rate, get both
    from the linearised difference; `redraw` replaces it by the cluster bootstrap.

    Args:
        couple: Who is compared.
        question: The metric and slice.
        scores: Their scores, of `paired_scores`.
        settings: How to test.

    Returns:
        The difference A - B, with p-value unadjusted; values are None where undefined.
    """
    is_defined = all(float(part.sum()) > 0 for part in scores.denominators)
    is_defined = is_defined and (scores.has_both_kinds or not question.metric.needs_both_kinds)
    blank = _blank(couple, question, scores, is_defined=is_defined)
    if not is_defined:
        return blank
    metric = question.metric
    limit = metric.high - metric.low
    sides = [
        ratio_influence(n, d, scores.clusters) for n, d in zip(scores.numerators, scores.denominators, strict=True)
    ]
    linear = influence_difference(sides[0], sides[1], level=settings.level, limit=limit)
    found = msgspec.structs.replace(
        blank,
        difference=linear.value,
        low=linear.low,
        high=linear.high,
        p_value=linear.p_value,
        method=linear.method,
        test=linear.test,
    )
    if scores.is_mean:
        found = _as_pairs(found, scores, settings)
    return msgspec.structs.replace(
        found,
        mde=_detectable(found, linear.standard_error, settings),
        notes=tuple(_notes(found, scores, settings)),
    )


def _blank(couple: Couple, question: Question, scores: PairedScores, *, is_defined: bool) -> Difference:
    sides = [
        Side(
            run_id=run.run_id,
            model=result.model,
            prompt=result.prompt,
            numerator=float(numerators.sum()),
            denominator=float(denominators.sum()),
            value=float(numerators.sum()) / float(denominators.sum()) if denominators.sum() > 0 else None,
        )
        for run, result, numerators, denominators in (
            (couple.run_a, couple.a, scores.numerators[0], scores.denominators[0]),
            (couple.run_b, couple.b, scores.numerators[1], scores.denominators[1]),
        )
    ]
    return Difference(
        metric=question.metric.name,
        definition=question.metric.definition,
        slice=question.slice,
        better=question.metric.better,
        a=sides[0],
        b=sides[1],
        difference=None,
        low=None,
        high=None,
        p_value=None,
        p_adjusted=None,
        method=NO_INTERVAL,
        test=NO_TEST,
        n=scores.n_paired,
        n_clusters=scores.n_clusters,
        only_a=None,
        only_b=None,
        mde=None,
        n_left_out=scores.n_left_out,
        notes=() if is_defined else (_why_undefined(question, scores),),
    )


def _why_undefined(question: Question, scores: PairedScores) -> str:
    if scores.n_paired == 0:
        return "undefined: no probe was graded on both sides"
    if question.metric.needs_both_kinds and not scores.has_both_kinds:
        return "undefined: needs answerable and unanswerable probes"
    return "undefined: on one side no graded response counts in the denominator"


def _as_pairs(found: Difference, scores: PairedScores, settings: Settings) -> Difference:
    """Test scores that count each probe once; all probes are in both denominators."""
    hits_a, hits_b = scores.numerators
    if scores.is_binary:
        only_a, only_b = int((hits_a > hits_b).sum()), int((hits_b > hits_a).sum())
        found = msgspec.structs.replace(found, only_a=only_a, only_b=only_b)
        if scores.is_independent:
            low, high = tango_interval(only_a, only_b, len(hits_a), level=settings.level)
            p_value = mcnemar_mid_p(only_a, only_b)
            return msgspec.structs.replace(found, low=low, high=high, p_value=p_value, method=TANGO, test=MCNEMAR)
    if scores.n_clusters < 2:
        return found
    sums = scores.cluster_sums(scores.numerators)
    p_value, how = sign_flip_p_value(sums[0] - sums[1], seed=settings.seed)
    return msgspec.structs.replace(found, p_value=p_value, test=f"sign flips over clusters, {how}")


def _detectable(found: Difference, error: float | None, settings: Settings) -> float | None:
    if error:
        return difference_of_error(error, level=settings.level, power=settings.power)
    if found.low is None or found.high is None:
        return None
    # Nothing varied: the interval knows more about the error than the standard error does.
    half = (found.high - found.low) / 2
    return difference_of_error(half / normal_quantile(settings.level), level=settings.level, power=settings.power)


def _notes(found: Difference, scores: PairedScores, settings: Settings) -> Iterator[str]:
    n_in_slice = scores.n_paired + scores.n_left_out
    if scores.n_left_out > UNGRADED_SHARE_TO_NOTE * n_in_slice:
        yield f"{scores.n_left_out} of {n_in_slice} probes left out: no graded answer on one side"
    if found.low is None:
        yield "no interval: it needs at least two clusters, got 1"
    elif scores.n_clusters < FEW_CLUSTERS:
        yield f"few clusters ({scores.n_clusters}): treat interval and p-value with caution"
    if scores.is_mean or scores.n_clusters < 2:
        return
    variation = max(denominator_variation(part) for part in scores.cluster_sums(scores.denominators))
    if np.isfinite(variation) and variation > DENOMINATOR_VARIATION_LIMIT and not settings.n_replicates:
        yield "few responses count in a denominator: check with the bootstrap"
    if settings.n_replicates and scores.n_clusters < FEWEST_CLUSTERS:
        yield f"not bootstrapped: it needs {FEWEST_CLUSTERS} clusters, got {scores.n_clusters}"
