"""The statistical part of `evaluator plan`: what difference it could detect, and what a given one takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluator.detection import Detection
from evaluator.errors import ConfigError
from evaluator.records import Probe


@dataclass(frozen=True)
class PowerFlags:
    """What the flags say of the comparison."""

    detect: float | None
    like: str | None
    metric: str
    slice: str | None
    n_labels: int


def detection_of(probes: Sequence[Probe], repeats: int, flags: PowerFlags, out: Path) -> Detection | None:
    """Say what a plan can detect; None when it has no probe that the metric looks at and nobody asked.

    Raises:
        ConfigError: If a flag is out of range or does not fit the others.
    """
    from evaluator.cli.compare import measured_run
    from evaluator.stats.comparison.planned import assumed, detection, observed_in, wish_for

    if flags.detect is not None and not 0 < flags.detect < 1:
        raise ConfigError(f"--detect: need a difference in (0, 1), as 0.03, got {flags.detect:g}")
    if not 1 <= flags.n_labels <= 1_000_000:
        raise ConfigError(f"--labels: need 1 to 1000000, got {flags.n_labels}")
    try:
        wish = wish_for(flags.metric, flags.slice, difference=flags.detect, n_labels=flags.n_labels)
        if flags.like is None:
            return detection(probes, repeats, wish, assumed(probes, wish))
        run = measured_run(flags.like, out)
        if run.probes is None:
            raise ConfigError(f"--like: need a run directory, which holds the probes, got {flags.like}")
        return detection(probes, repeats, wish, observed_in(run, wish))
    except ValueError as exc:
        if flags.detect is None and flags.like is None:
            return None
        raise ConfigError(str(exc)) from exc
