"""What difference a planned comparison can detect, and what it takes to detect a given one."""

from __future__ import annotations

from evaluator.record import Record


class DetectionNeed(Record, frozen=True, omit_defaults=False):
    """One way to detect the difference."""

    repeats: int
    n_probes: int | None
    """Probes that both models answer, for raw rates; None when it is more than ten million."""
    n_probes_calibrated: int | None
    """The same for rates corrected with labels."""
    n_labels: int | None
    """Labels of each model that the corrected rates need beside those probes."""


class Detection(Record, frozen=True, omit_defaults=False):
    """Two models, or one model at two times, on the same probes."""

    metric: str
    slice: str
    level: float
    power: float
    """Probability to find the difference."""
    like: str | None
    """The earlier run whose spread is taken; None when it is assumed."""
    n_probes: int
    """Probes of the slice in this plan."""
    repeats: int
    detectable: float
    """Smallest true difference of raw rates that this plan finds with probability `power`."""
    n_labels: int
    """Labels of each model behind the next figure."""
    detectable_calibrated: float
    wanted: float | None
    needs: tuple[DetectionNeed, ...]
    """Ways to detect the wanted difference."""
    omega2: float
    """Variance over probes of the difference of what the two models are expected to score."""
    sigma2: float
    """Variance of both models between repeats of one probe; 0 where no probe was repeated."""
    design_effect: float
    """How many times larger clusters make the variance."""
    label_spread: float
    """Variance that one label of each model would leave; m labels divide it by m."""
    assumptions: tuple[str, ...]
