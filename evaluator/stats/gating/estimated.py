"""Checks on numbers that cannot be counted again: calibrated rates, and metrics of their own kind.

All that is known of them is the estimate with its interval, so an interval at another level is made
from it, and two of them are compared as if they shared nothing. On shared probes that is cautious.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from evaluator.comparison import Side
from evaluator.gating import GateFinding
from evaluator.policy import GateCheck
from evaluator.records import Estimate, ModelResult, UncertaintyBudget
from evaluator.stats.gating.limits import INVERTED, NO_TEST, blank_finding, with_deciders
from evaluator.stats.gating.tail import Better, p_beyond, two_sided
from evaluator.stats.intervals import Interval, normal_quantile
from evaluator.stats.metrics import METRICS

MOVER = "square-and-add of both intervals, as if independent"
_RATES = {metric.name for metric in METRICS if (metric.low, metric.high) == (0, 1)}
_BETTER: dict[str, Better] = {metric.name: metric.better for metric in METRICS}


def find_estimate(check: GateCheck, result: ModelResult) -> Estimate | None:
    """The estimate a check is about; the first slice that has it where the check names none."""
    return next((one for one in result.estimates if _is_meant(one, check)), None)


def _is_meant(one: Estimate, check: GateCheck) -> bool:
    is_slice = check.slice is None or one.slice == check.slice
    return one.name == check.metric and one.calibrated == check.calibrated and is_slice


def interval_at(estimate: Estimate, level: float) -> Interval | None:
    """The estimate's interval at another two-sided level.

    Rates keep their standard error on the logit scale, everything else on its own. Where an end is
    0 or 1 the interval is given as it is for narrower ones, and not at all for wider ones.

    Source:
        The logit interval of the calibrated rates has this form; for others it is approximate.
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    value, low, high = estimate.value, estimate.low, estimate.high
    scale = normal_quantile(level) / normal_quantile(estimate.level)
    if estimate.name not in _RATES:
        return value - scale * (value - low), value + scale * (high - value)
    if not 0 < low <= value <= high < 1:
        return (low, high) if level <= estimate.level else None
    middle, below, above = _logit(value), _logit(low), _logit(high)
    return _expit(middle - scale * (middle - below)), _expit(middle + scale * (above - middle))


def _logit(rate: float) -> float:
    return math.log(rate / (1 - rate))


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def difference_at(new: Estimate, old: Estimate, level: float) -> Interval | None:
    """Interval of new - old from their own intervals.

    Source:
        Zou & Donner (2008), Statistics in Medicine 27(10):1693-1702 (MOVER), with no correlation.
    """
    a, b = interval_at(new, level), interval_at(old, level)
    if a is None or b is None or new.value is None or old.value is None:
        return None
    value = new.value - old.value
    return (
        value - math.hypot(new.value - a[0], b[1] - old.value),
        value + math.hypot(a[1] - new.value, old.value - b[0]),
    )


def estimated_limit(
    check: GateCheck, result: ModelResult, *, run_id: str, level: float, budgets: Iterable[UncertaintyBudget]
) -> GateFinding:
    """Hold an estimate against its limit."""
    estimate = find_estimate(check, result)
    finding = blank_finding(check, result, check.slice or (estimate.slice if estimate else "all"), level)
    if estimate is None:
        return _absent(finding)
    interval = interval_at(estimate, two_sided(level))
    p_worse = p_beyond(lambda at: interval_at(estimate, at), check.bound, finding.better) if interval else None
    finding = msgspec.structs.replace(
        _described(finding, estimate),
        value=estimate.value,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        new=_side(estimate, run_id),
        p_worse=p_worse,
        test=INVERTED if p_worse is not None else NO_TEST,
    )
    return with_budget(finding, estimate, budgets)


def estimated_margin(
    check: GateCheck,
    sides: tuple[ModelResult, ModelResult],
    *,
    run_ids: tuple[str, str],
    level: float,
    budgets: Iterable[UncertaintyBudget],
) -> GateFinding:
    """Compare an estimate with the baseline's.

    Args:
        check: With `margin`.
        sides: The run's result and the baseline's.
        run_ids: Of both.
        level: One-sided certainty.
        budgets: Of the run's rates.
    """
    new, old = (find_estimate(check, side) for side in sides)
    finding = blank_finding(check, sides[0], check.slice or (new.slice if new else "all"), level)
    finding = msgspec.structs.replace(finding, better=_BETTER.get(check.metric, "high"))
    if new is None or old is None:
        return _absent(finding, where="" if new is None else " of the baseline")
    interval = difference_at(new, old, two_sided(level))
    is_known = new.value is not None and old.value is not None and interval is not None
    p_worse = p_beyond(lambda at: difference_at(new, old, at), 0.0, finding.better) if is_known else None
    finding = msgspec.structs.replace(
        _described(finding, new),
        value=new.value - old.value if new.value is not None and old.value is not None else None,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        new=_side(new, run_ids[0]),
        old=_side(old, run_ids[1]),
        p_worse=p_worse,
        method=MOVER if interval else "none",
        test=INVERTED if p_worse is not None else NO_TEST,
        notes=tuple(dict.fromkeys((*new.notes, *old.notes))),
    )
    return with_budget(finding, new, budgets)


def _described(finding: GateFinding, estimate: Estimate) -> GateFinding:
    return msgspec.structs.replace(
        finding,
        definition=estimate.definition,
        method=estimate.method,
        n=estimate.n,
        n_clusters=estimate.n_clusters,
        n_labels=estimate.n_labels,
        notes=estimate.notes,
    )


def _absent(finding: GateFinding, where: str = "") -> GateFinding:
    note = f"the summary{where} has no such number"
    if finding.calibrated:
        note = f"the run{where} has no calibrated rate: label some answers (evaluator label draw)"
    return msgspec.structs.replace(finding, notes=(note,))


def _side(estimate: Estimate, run_id: str) -> Side:
    return Side(
        run_id=run_id,
        model=estimate.model,
        prompt=estimate.prompt,
        numerator=estimate.numerator,
        denominator=estimate.denominator,
        value=estimate.value,
    )


def with_budget(finding: GateFinding, estimate: Estimate | None, budgets: Iterable[UncertaintyBudget]) -> GateFinding:
    """Add what would decide the finding, by where the estimate's error comes from."""
    if estimate is None:
        return finding
    finding = msgspec.structs.replace(finding, n_labels=estimate.n_labels)
    key = (estimate.name, estimate.slice, estimate.model, estimate.prompt, estimate.calibrated)
    budget = next((one for one in budgets if (one.name, one.slice, one.model, one.prompt, one.calibrated) == key), None)
    return with_deciders(
        finding,
        n_probes=estimate.n,
        repeats_share=budget.repeats_share if budget else None,
        labels_share=budget.labels_share if budget else 0.0,
    )
