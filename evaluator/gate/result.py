"""The verdict on the whole run, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.gate.decide import worst
from evaluator.gating import GateFinding, GateOutcome


def overall(findings: Sequence[GateFinding]) -> tuple[GateOutcome, str]:
    """The outcome of a gate and why: any fail fails it, any undecided check leaves it undecided."""
    outcome = worst([one.outcome for one in findings])
    n_all = len(findings)
    counted = {name: sum(one.outcome == name for one in findings) for name in ("pass", "fail", "undecided")}
    if outcome == "pass":
        return outcome, f"all {n_all} checks passed"
    parts = [f"{counted['fail']} failed", f"{counted['undecided']} undecided", f"{counted['pass']} passed"]
    said = [part for part in parts if not part.startswith("0 ")]
    return outcome, f"of {n_all} checks {', '.join(said)}" if said else "nothing was checked"
