"""How the rates of a history move: each run alone, and all runs so far with a confidence sequence."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.history import HistoryEntry, HistoryRate, Trend, TrendLine, TrendPoint
from evaluator.stats.comparison.sequential import bernoulli_confidence_sequence
from evaluator.stats.gating.looks import Key, key_of
from evaluator.stats.intervals import Interval

ALPHA = 0.05
T_OPT = 1000.0
"""Answers at which the sequence is tightest."""


def trend_of(entries: Sequence[HistoryEntry], *, last: int = 100) -> Trend:
    """Return one line per model, prompt, metric and slice, in the order they appear.

    The sequence pools all answers since the probes, the prompt or the grader last changed. It is an
    interval for the rate on these very probes, not on others like them; see `rate_excess_log_e` for
    why probes of different rates do it no harm.

    Args:
        entries: Oldest first.
        last: How many runs to show; the sequence rests on all.
    """
    lines: dict[Key, list[TrendPoint]] = {}
    pooled: dict[Key, tuple[str, float, float]] = {}
    for number, entry in enumerate(entries):
        for rate in entry.rates:
            key, era = key_of(rate), f"{entry.plan_sha256} {' '.join(entry.graders)}"
            before = pooled.get(key, (era, 0.0, 0.0))
            hits, trials = before[1:] if before[0] == era else (0.0, 0.0)
            # The sequence of the runs before this one is what it is held against.
            expected = _sequence(hits, trials)
            hits, trials = hits + rate.numerator, trials + rate.denominator
            pooled[key] = (era, hits, trials)
            if number >= len(entries) - last:
                is_new_era = before[0] != era
                lines.setdefault(key, []).append(_point(entry, rate, expected, _sequence(hits, trials), is_new_era))
    return Trend(
        n_runs=len(entries),
        level=1 - ALPHA,
        lines=tuple(
            TrendLine(model=key[0], prompt=key[1], metric=key[2], slice=key[3], points=tuple(points))
            for key, points in lines.items()
        ),
    )


def _point(
    entry: HistoryEntry, rate: HistoryRate, expected: Interval | None, sequence: Interval | None, is_new_era: bool
) -> TrendPoint:
    return TrendPoint(
        run_id=entry.run_id,
        started_at=entry.started_at,
        outcome=entry.outcome,
        value=rate.value,
        low=rate.low,
        high=rate.high,
        sequence_low=sequence[0] if sequence else None,
        sequence_high=sequence[1] if sequence else None,
        is_outside=_is_outside(rate, expected),
        begins_anew=is_new_era,
    )


def _is_outside(rate: HistoryRate, expected: Interval | None) -> bool:
    if expected is None or rate.low is None or rate.high is None:
        return False
    return rate.low > expected[1] or rate.high < expected[0]


def _sequence(hits: float, trials: float) -> Interval | None:
    # Only shares of answers have one: an index or a score is no count.
    if trials < 1 or not 0 <= hits <= trials or hits != int(hits) or trials != int(trials):
        return None
    return bernoulli_confidence_sequence(int(hits), int(trials), alpha=ALPHA, t_opt=T_OPT)
