"""One number of one model against a limit."""

from __future__ import annotations

from functools import cache

import msgspec
import numpy as np

from evaluator.comparison import Side
from evaluator.gating import GateFinding
from evaluator.policy import GateCheck
from evaluator.records import ModelResult
from evaluator.stats.comparison.pairing import Ground
from evaluator.stats.estimates import Ints, Scope, SliceCells, metric_estimate
from evaluator.stats.gating.deciding import Uncertainty, deciders
from evaluator.stats.gating.tail import bad_interval, badness, p_beyond, standard_error, two_sided
from evaluator.stats.intervals import Interval
from evaluator.stats.metrics import Metric

INVERTED = "the interval, inverted"
NO_TEST = "none"


def blank_finding(check: GateCheck, result: ModelResult, slice_name: str, level: float) -> GateFinding:
    """A finding without a value yet."""
    return GateFinding(
        kind="margin" if check.sense == "margin" else "limit",
        metric=check.metric,
        definition="",
        slice=slice_name,
        model=result.model,
        prompt=result.prompt,
        calibrated=check.calibrated,
        better="high" if check.sense == "min" else "low",
        sense=check.sense,
        bound=check.bound,
        value=None,
        low=None,
        high=None,
        level=level,
        new=None,
        old=None,
        p_worse=None,
        p_adjusted=None,
        method="none",
        test=NO_TEST,
        n=0,
        n_clusters=0,
        n_labels=0,
        n_left_out=0,
        notes=(),
    )


def tallies_of(result: ModelResult, ground: Ground) -> Ints:
    """Correct, wrong, abstained and ungraded of every probe, shape (n_probes, 4)."""
    nothing = (0, 0, 0, 0)
    rows = [result.tallies.get(name, nothing) for name in ground.probe_ids]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def limit_finding(
    check: GateCheck, metric: Metric, result: ModelResult, ground: Ground, *, run_id: str, level: float
) -> GateFinding:
    """Hold a metric of counted labels against its limit.

    Args:
        check: With `max` or `min`.
        metric: Its definition.
        result: Of the run.
        ground: All probes of the run.
        run_id: Of the run.
        level: One-sided certainty.
    """
    slice_name = check.slice or metric.slices[0]
    members = ground.slices[slice_name]
    cells = SliceCells.from_tallies(
        tallies_of(result, ground)[members], ground.is_answerable[members], ground.clusters[members]
    )

    @cache
    def bounds(at: float) -> Interval | None:
        scope = Scope(slice=slice_name, model=result.model, prompt=result.prompt, level=at)
        found = metric_estimate(metric, cells, scope)
        return None if found.low is None or found.high is None else (found.low, found.high)

    scope = Scope(slice=slice_name, model=result.model, prompt=result.prompt, level=two_sided(level))
    estimate = metric_estimate(metric, cells, scope)
    finding = blank_finding(check, result, slice_name, level)
    p_worse = p_beyond(bounds, check.bound, finding.better) if estimate.value is not None else None
    finding = msgspec.structs.replace(
        finding,
        definition=metric.definition,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        new=Side(
            run_id=run_id,
            model=result.model,
            prompt=result.prompt,
            numerator=estimate.numerator,
            denominator=estimate.denominator,
            value=estimate.value,
        ),
        p_worse=p_worse,
        method=estimate.method,
        test=INVERTED if p_worse is not None else NO_TEST,
        n=estimate.n,
        n_clusters=estimate.n_clusters,
        notes=estimate.notes,
    )
    return with_deciders(finding, n_probes=len(members))


def with_deciders(
    finding: GateFinding,
    *,
    n_probes: int,
    repeats_share: float | None = None,
    repeats: float = 1.0,
    labels_share: float = 0.0,
) -> GateFinding:
    """Add what would decide the finding, if its bounds do not make it pass.

    Args:
        finding: With its value and bounds.
        n_probes: Probes it rests on.
        repeats_share: Share of its variance that repeats would shrink.
        repeats: How many there are.
        labels_share: Share that labels would shrink.
    """
    if finding.value is None or finding.low is None or finding.high is None:
        return finding
    value, limit = badness(finding.value, finding.better), _limit(finding)
    floor = 0.0 if finding.sense == "margin" else limit
    if bad_interval(finding.low, finding.high, finding.better)[1] < limit:
        return finding
    known = Uncertainty(
        n_probes=n_probes,
        error=standard_error(finding.low, finding.high, two_sided(finding.level)),
        repeats_share=repeats_share,
        repeats=repeats,
        labels_share=labels_share,
        n_labels=finding.n_labels,
    )
    return msgspec.structs.replace(
        finding, decide=tuple(deciders((limit - value, value - floor), known, finding.level))
    )


def _limit(finding: GateFinding) -> float:
    return finding.bound if finding.sense == "margin" else badness(finding.bound, finding.better)
