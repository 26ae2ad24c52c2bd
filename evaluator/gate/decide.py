"""One finding at a time: what its bounds, its p-value and the evidence of earlier runs say.

A pass and a fail each need proof. A pass: the bound on the bad side lies within the margin or limit.
A fail: the bound on the good side shows that it got worse, or lies beyond the limit, and does so
after correction for the number of checks. Neither: undecided. A gate passes only if every check
does, so passing needs no correction; any one check can fail it, so failing does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from evaluator.gating import GateFinding, GateOutcome
from evaluator.policy import InstrumentOutcome

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """How strict the gate is."""

    fail_alpha: float
    """Largest adjusted p-value that fails."""
    instrument: InstrumentOutcome = "undecided"
    look: int | None = None
    """Which run of a history this is; None: it stands alone."""
    judge_drifted: bool = False


def decide(findings: Iterable[GateFinding], ruling: Ruling) -> tuple[GateFinding, ...]:
    """Give every finding its outcome and reason.

    A model whose instrument check did not pass is judged by nothing else: a broken judge or half a
    run would be blamed on the model.
    """
    known = tuple(findings)
    decided = [_instrument(one, ruling) if one.kind == "instrument" else one for one in known]
    broken = {(one.model, one.prompt) for one in decided if one.kind == "instrument" and one.outcome != "pass"}
    return tuple(
        one if one.kind == "instrument" else _ruled(one, ruling, is_broken=(one.model, one.prompt) in broken)
        for one in decided
    )


def _instrument(one: GateFinding, ruling: Ruling) -> GateFinding:
    if one.value is None:
        return _say(one, "undecided", "; ".join(one.notes) or "undefined: nothing was planned")
    if _within(one.value, one):
        return _say(one, "pass", "within the limit")
    return _say(one, ruling.instrument, "the measurement is not good enough to judge the model by it")


def _ruled(one: GateFinding, ruling: Ruling, *, is_broken: bool) -> GateFinding:
    found = _counted(one) if one.kind == "cost" or one.method.startswith("counted") else _tested(one, ruling)
    if one.kind == "cost" or found.outcome == "undecided":
        return found
    if is_broken:
        return _say(found, "undecided", f"would be a {found.outcome}, but the measurement itself is out of its limits")
    if ruling.judge_drifted:
        return _say(found, "undecided", f"would be a {found.outcome}, but the judge changed: see the anchor set")
    return found


def _counted(one: GateFinding) -> GateFinding:
    if one.value is None:
        return _say(one, "undecided", "; ".join(one.notes) or "unknown: nobody said what it cost")
    if _within(one.value, one):
        return _say(one, "pass", "within the limit")
    return _say(one, "fail", "beyond the limit")


def _tested(one: GateFinding, ruling: Ruling) -> GateFinding:
    if one.value is None or one.low is None or one.high is None:
        reason = "; ".join(one.notes) or "undefined"
        return _say(one, "undecided", reason if one.value is None else f"no interval: {reason}")
    margin = one.sense == "margin"
    bad_low, bad_high = (one.low, one.high) if one.better == "low" else (-one.high, -one.low)
    limit = one.bound if margin or one.better == "low" else -one.bound
    floor = 0.0 if margin else limit
    evidence = one.evidence
    if evidence is not None and evidence.alarm:
        return _say(one, "fail", f"it got worse: so say {_runs(evidence.n_looks)} together")
    # A limit of exactly 0 or 1 can be met: no value lies beyond it.
    if bad_high < limit or (not margin and bad_high <= limit + ROUNDING):
        better = "it is within the margin" if margin else "it is within the limit"
        note = ", though it got worse" if margin and bad_low > 0 else ""
        return _say(one, "pass", better + note)
    if bad_low > floor:
        return _worse(one, ruling, is_beyond=bad_low >= limit)
    inside = "neither within the margin nor worse for certain" if margin else "the interval covers the limit"
    return _say(one, "undecided", inside)


def _worse(one: GateFinding, ruling: Ruling, *, is_beyond: bool) -> GateFinding:
    how_far = "by more than the margin" if is_beyond else "and not for certain within the margin"
    claim = f"it got worse, {how_far}" if one.sense == "margin" else "it is beyond the limit"
    evidence = one.evidence
    if evidence is not None and evidence.refusal is None:
        return _say(one, "undecided", f"{claim}, in this run alone: {_runs(evidence.n_looks)} do not show it yet")
    if one.p_adjusted is None or one.p_adjusted <= ruling.fail_alpha:
        return _say(one, "fail", claim)
    why = "alone, but not after correction for all checks"
    if ruling.look is not None:
        why = f"in this run alone: to look {ruling.look} times without crying wolf takes p <= {ruling.fail_alpha:.2g}"
    return _say(one, "undecided", f"{claim}, {why}")


def _within(value: float, one: GateFinding) -> bool:
    if one.sense == "min":
        return value >= one.bound - ROUNDING
    worse = value if one.better == "low" or one.sense == "max" else -value
    return worse <= one.bound + ROUNDING


def _runs(n: int) -> str:
    return "1 run" if n == 1 else f"{n} runs"


def _say(one: GateFinding, outcome: GateOutcome, reason: str) -> GateFinding:
    is_open = outcome == "undecided" or (one.kind == "instrument" and outcome == "fail")
    return msgspec.structs.replace(one, outcome=outcome, reason=reason, decide=one.decide if is_open else ())


def worst(outcomes: Sequence[GateOutcome]) -> GateOutcome:
    """Fail before undecided before pass; nothing at all is undecided.

    >>> worst(["pass", "undecided", "fail"]), worst(["pass"]), worst([])
    ('fail', 'pass', 'undecided')
    """
    order: tuple[GateOutcome, ...] = ("fail", "undecided")
    return next((one for one in order if one in outcomes), "pass" if outcomes else "undecided")
