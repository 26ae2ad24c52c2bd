"""Whether the measurement itself can be trusted: what is missing, what is ungraded, what it cost."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from evaluator.comparison import Side
from evaluator.gating import Decider, GateFinding
from evaluator.policy import GateCheck, GatePolicy
from evaluator.records import ModelResult
from evaluator.stats.gating.limits import blank_finding

COUNTED = "counted, no interval"
_DEFINITIONS = {
    "coverage": "requests that came to an end, neither pending nor failed / requests planned",
    "ungraded_share": "responses without a label / responses planned",
    "usd": "USD paid for the answers of this model under this prompt",
    "usd_per_1000_probes": "USD per 1,000 probes",
    "usd_per_correct": "USD per correct answer",
}


def counted_value(metric: str, result: ModelResult) -> tuple[float | None, float, float]:
    """Value, numerator and denominator of an instrument or cost metric; None when undefined or unknown."""
    n_planned = result.n_planned
    if metric == "coverage":
        n_open = result.outcomes.get("pending", 0) + result.outcomes.get("failed", 0)
        return (1 - n_open / n_planned if n_planned else None), n_planned - n_open, n_planned
    if metric == "ungraded_share":
        n_ungraded = sum(result.ungraded.values())
        return (n_ungraded / n_planned if n_planned else None), n_ungraded, n_planned
    value = getattr(result.cost, metric)
    return value, value or 0.0, 1.0


def counted_finding(check: GateCheck, result: ModelResult, *, run_id: str, level: float) -> GateFinding:
    """Hold a counted number against its limit: there is no chance in it, so no interval."""
    value, numerator, denominator = counted_value(check.metric, result)
    kind = "instrument" if check.metric in {"coverage", "ungraded_share"} else "cost"
    side = Side(
        run_id=run_id,
        model=result.model,
        prompt=result.prompt,
        numerator=numerator,
        denominator=denominator,
        value=value,
    )
    return msgspec.structs.replace(
        blank_finding(check, result, "all", level),
        kind=kind,
        definition=_DEFINITIONS[check.metric],
        better="high" if check.metric == "coverage" else "low",
        value=value,
        low=value,
        high=value,
        new=side,
        method=COUNTED,
        n=result.n_planned,
        decide=_advice(check.metric, result),
    )


def counted_margin(
    check: GateCheck, result: ModelResult, old: ModelResult, *, run_ids: tuple[str, str], level: float
) -> GateFinding:
    """Compare a counted number with the baseline's."""
    finding = counted_finding(check, result, run_id=run_ids[0], level=level)
    before = counted_finding(check, old, run_id=run_ids[1], level=level)
    value = None if finding.value is None or before.value is None else finding.value - before.value
    return msgspec.structs.replace(finding, value=value, low=value, high=value, old=before.new)


def instrument_findings(policy: GatePolicy, result: ModelResult, *, run_id: str) -> Iterator[GateFinding]:
    """The checks every policy makes of the measurement itself."""
    checks = [
        GateCheck(metric="coverage", min=policy.min_coverage),
        GateCheck(metric="ungraded_share", max=policy.max_ungraded),
    ]
    if policy.max_usd is not None:
        checks.append(GateCheck(metric="usd", max=policy.max_usd))
    for check in checks:
        yield counted_finding(check, result, run_id=run_id, level=policy.level)


def _advice(metric: str, result: ModelResult) -> tuple[Decider, ...]:
    if metric == "coverage":
        n_open = result.outcomes.get("pending", 0) + result.outcomes.get("failed", 0)
        return (Decider(kind="answers", n_more=n_open, text=f"{n_open:,} answers are missing: evaluator resume"),)
    if metric == "ungraded_share":
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(result.ungraded.items(), key=lambda x: -x[1]))
        text = f"mend what left them ungraded ({reasons or 'nothing'}), or grade again: evaluator grade"
        return (Decider(kind="grading", n_more=sum(result.ungraded.values()), text=text),)
    return ()
