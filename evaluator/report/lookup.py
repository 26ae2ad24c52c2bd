"""Finding one number among the estimates of a model."""

from __future__ import annotations

from evaluator.records import Estimate, ModelResult

SLICES = ("all", "answerable", "unanswerable")


def find_estimate(result: ModelResult, name: str, slice_: str, *, calibrated: bool = False) -> Estimate | None:
    """Return the estimate called `name` on `slice_`, or None when it was not made."""
    for estimate in result.estimates:
        if (estimate.name, estimate.slice, estimate.calibrated) == (name, slice_, calibrated):
            return estimate
    return None


def estimates_by_topic(result: ModelResult, name: str) -> dict[str, Estimate]:
    """Return the uncorrected estimates called `name` of every topic."""
    found = (e for e in result.estimates if e.name == name and not e.calibrated)
    return {e.slice.removeprefix("topic="): e for e in found if e.slice.startswith("topic=")}
