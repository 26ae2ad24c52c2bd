"""Is it the system that changed, or the judge? Answers that people labelled, graded anew at every look."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evaluator.gating import Drift, DriftVerdict
from evaluator.history import AnchorLook, HistoryEntry
from evaluator.stats.comparison.sequential import late_excess_log_e
from evaluator.stats.intervals import clopper_pearson_interval

REFERENCE_LEVEL = 0.9
"""Two-sided: its upper end is a one-sided bound at 95%."""


def drift_of(now: AnchorLook, entries: Sequence[HistoryEntry], *, system_alarm: bool, alpha: float) -> Drift:
    """Hold the grader's errors on the anchor set against those of the first look.

    The first look at an anchor set gives the error rate that the grader is allowed: the upper
    Clopper-Pearson bound at 95%. An e-process over the later looks bets that it errs more.

    Args:
        now: How the grader did this time.
        entries: The looks before.
        system_alarm: Whether the run itself got worse.
        alpha: Chance of a false alarm over all looks, beside the 5% of the reference.

    Source:
        Li (2026), arXiv:2606.15474, for the two processes; `late_excess_log_e` for the test.
    """
    past = [entry.anchor for entry in entries if entry.anchor and entry.anchor.labels_sha256 == now.labels_sha256]
    first, later = (past[0], [*past[1:], now]) if past else (now, [])
    reference = clopper_pearson_interval(first.n_errors, first.n, level=REFERENCE_LEVEL)[1] if first.n else 1.0
    hits, trials = [look.n_errors for look in later], [look.n for look in later]
    log_e = late_excess_log_e(hits, trials, reference) if 0 < reference < 1 else 0.0
    is_judge = log_e >= math.log(1 / alpha)
    verdict, reason = _attributed(is_judge=is_judge, is_system=system_alarm, is_first=not past)
    return Drift(
        verdict=verdict,
        n_looks=len(past) + 1,
        n=now.n,
        n_errors=now.n_errors,
        reference=reference,
        log_e=log_e,
        threshold=1 / alpha,
        reason=reason,
    )


def _attributed(*, is_judge: bool, is_system: bool, is_first: bool) -> tuple[DriftVerdict, str]:
    if is_judge:
        return "judge", "the grader errs more often on the anchor set than when it was first seen"
    if is_system:
        return "system", "the run got worse, while the grader does as before on the anchor set"
    if is_first:
        return "none", "the first look at this anchor set: it sets what the grader is allowed"
    return "none", "neither the run nor the grader got worse"
