"""What should hold of every run before its numbers are used, as checks for a build server.

A run has no baseline and no policy: these checks say whether it measured what it set out to
measure. Limits on the rates themselves are for `evaluator gate`.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.records import Estimate, ModelResult, Summary
from evaluator.report import format as fmt
from evaluator.report.contents import labelled_results
from evaluator.report.exports.junit import Check
from evaluator.report.lookup import find_estimate
from evaluator.report.safe_text import safe_text

MOST_UNGRADED = 0.01
HEADLINE = (
    ("hallucination_rate", "all"),
    ("hallucination_rate", "answerable"),
    ("hallucination_rate", "unanswerable"),
    ("accuracy", "answerable"),
    ("over_abstention_rate", "answerable"),
)


def run_checks(summary: Summary) -> tuple[Check, ...]:
    """Check every model of the run."""
    run_id = safe_text(summary.manifest.run_id, limit=100)
    found: list[Check] = []
    for label, result in labelled_results(summary):
        subject = label or result.model
        found += [_complete(subject, result, run_id), _graded(subject, result)]
        found += _measured(subject, result)
    return tuple(found)


def _complete(subject: str, result: ModelResult, run_id: str) -> Check:
    n_open = result.outcomes.get("pending", 0) + result.outcomes.get("failed", 0)
    n_done = result.n_planned - n_open
    message = f"{fmt.count(n_done)} of {fmt.count(result.n_planned)} requests have an answer"
    next_step = f"evaluator resume {run_id}" if n_open else ""
    return Check(subject, "every request has an answer", "failed" if n_open else "passed", message, next_step)


def _graded(subject: str, result: ModelResult) -> Check:
    n_ungraded = sum(result.ungraded.values())
    share = n_ungraded / result.n_planned if result.n_planned else 0.0
    message = f"{fmt.percent(share)} of {fmt.count(result.n_planned)} responses are ungraded"
    name = f"at most {fmt.percent(MOST_UNGRADED)} of the responses are ungraded"
    if share <= MOST_UNGRADED:
        return Check(subject, name, "passed", message)
    rate = find_estimate(result, "hallucination_rate", "all")
    if rate is not None and rate.bound_low is not None:
        worst = f"{fmt.percent(rate.bound_low)} to {fmt.percent(rate.bound_high)}"
        message += f"; had all been graded, the hallucination rate would lie within {worst}"
    reasons = sorted(result.ungraded.items(), key=lambda item: (-item[1], item[0]))
    why = ", ".join(f"{fmt.count(n)} {safe_text(reason, limit=40)}" for reason, n in reasons)
    return Check(subject, name, "failed", message, f"see why: {why}")


def _measured(subject: str, result: ModelResult) -> Iterator[Check]:
    for name, slice_ in HEADLINE:
        if not result.counts.get(slice_) or not _size(result, slice_):
            continue
        title = f"{name} on {slice_} is measured"
        estimate = find_estimate(result, name, slice_, calibrated=True)
        if estimate is None or estimate.value is None:
            estimate = find_estimate(result, name, slice_) or estimate
        if estimate is not None and estimate.value is not None:
            yield Check(subject, title, "passed", _figure(estimate))
            continue
        notes = "; ".join(estimate.notes) if estimate is not None else ""
        yield Check(subject, title, "undecided", notes or "nothing to divide by", "ask more probes of this kind")


def _size(result: ModelResult, slice_: str) -> int:
    counts = result.counts[slice_]
    return counts.correct + counts.wrong + counts.abstained + counts.ungraded


def _figure(estimate: Estimate) -> str:
    interval = fmt.percent_interval(estimate.low, estimate.high)
    kind = f"corrected with {fmt.count(estimate.n_labels)} labels" if estimate.calibrated else "raw"
    counted = f"{estimate.numerator:g} of {estimate.denominator:g}"
    return f"{fmt.percent(estimate.value)} {interval} at {fmt.level(estimate.level)}, {counted}, {kind}"
