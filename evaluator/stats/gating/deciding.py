"""What would decide an undecided check: how many more probes, repeats or labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from evaluator.gating import Decider
from evaluator.stats.comparison.power import POWER
from evaluator.stats.intervals import normal_quantile

MOST = 10_000_000
"""More than this is no advice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Where the error of a checked number comes from."""

    n_probes: int
    error: float
    """Standard error."""
    repeats_share: float | None = None
    """Share of the variance that is luck of single answers; None when no probe was repeated."""
    repeats: float = 1.0
    """Repeats per probe that were graded, on average."""
    labels_share: float = 0.0
    n_labels: int = 0


def deciders(gaps: tuple[float, float], known: Uncertainty, level: float) -> Iterator[Decider]:
    """Say what would decide a check with probability 4 in 5 if its value stays as it is.

    Args:
        gaps: From the value to what a pass needs, and to what a fail needs; only a positive one can be closed.
        known: The error and its sources.
        level: One-sided certainty of the check.

    >>> next(deciders((0.04, 0.01), Uncertainty(n_probes=300, error=0.03), 0.95)).n_more
    744
    """
    gap = max(gaps)
    if gap <= 0 or known.error <= 0:
        return
    direction = "pass" if gaps[0] >= gaps[1] else "fail"
    wanted = (normal_quantile(2 * level - 1) + NormalDist().inv_cdf(POWER)) * known.error / gap
    factor = wanted**2
    """By how much the variance is too large."""
    if known.labels_share > 0:
        yield from _labels(factor, known, direction)
    yield from _repeats(factor, known, direction)
    yield from _probes(factor, known, direction)


def _probes(factor: float, known: Uncertainty, direction: str) -> Iterator[Decider]:
    # The labels' part stays whatever the number of probes.
    room = 1 / factor - known.labels_share
    if room <= 0:
        return
    n_more = math.ceil(known.n_probes * ((1 - known.labels_share) / room - 1))
    if 0 < n_more <= MOST:
        yield Decider(kind="probes", n_more=n_more, text=f"{n_more:,} more probes like these {_would(direction)}")


def _repeats(factor: float, known: Uncertainty, direction: str) -> Iterator[Decider]:
    if not known.repeats_share:
        return
    room = 1 / factor - (1 - known.repeats_share)
    if room <= 0:
        return
    n_more = math.ceil(known.repeats * (known.repeats_share / room - 1))
    if 0 < n_more <= MOST:
        text = f"{n_more:,} more repeats of every probe, in run and baseline, {_would(direction)}"
        yield Decider(kind="repeats", n_more=n_more, text=text)


def _labels(factor: float, known: Uncertainty, direction: str) -> Iterator[Decider]:
    room = 1 / factor - (1 - known.labels_share)
    if room <= 0:
        return
    n_more = math.ceil(known.n_labels * (known.labels_share / room - 1))
    if 0 < n_more <= MOST:
        yield Decider(kind="labels", n_more=n_more, text=f"{n_more:,} more labels by people {_would(direction)}")


def _would(direction: str) -> str:
    return f"would make it {direction} 4 times in 5, if the value stays as it is"
