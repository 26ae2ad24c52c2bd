"""Tell how far the probability of abstaining can be believed: how often answers abstain that are given it."""

from __future__ import annotations

from typing import Any

import numpy as np

N_BINS = 10
_N_DRAWS = 2000
_LEVEL = 0.95
_SEED = 7

Numbers = np.ndarray[Any, np.dtype[np.float64]]


def expected_calibration_error(given: Numbers, abstains: Numbers, weights: Numbers) -> float:
    """Give the mean distance of probability and share over bins of equal width, weighted by their answers.

    Source:
        Naeini, Cooper, Hauskrecht (2015), AAAI, doi:10.1609/aaai.v29i1.9602.
    """
    places = _bins(given)
    gaps = np.bincount(places, weights=weights * (given - abstains), minlength=N_BINS)
    return float(np.abs(gaps).sum() / weights.sum())


def error_interval(given: Numbers, abstains: Numbers, families: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Give a 95% interval of the error by drawing families with replacement.

    What chance alone makes of the error, which is never below 0, is taken off as the bootstrap finds it (Efron and
    Tibshirani 1993, An Introduction to the Bootstrap, 13.3): the basic interval, not below 0.
    """
    _, numbers = np.unique(families, return_inverse=True)
    n = int(numbers.max()) + 1
    rng = np.random.default_rng(_SEED)
    draws = [rng.multinomial(n, np.full(n, 1 / n))[numbers].astype(float) for _ in range(_N_DRAWS)]
    errors = [expected_calibration_error(given, abstains, weights) for weights in draws]
    seen = expected_calibration_error(given, abstains, np.ones(len(given)))
    low, high = np.quantile(errors, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return max(0.0, 2 * seen - float(high)), max(seen, 2 * seen - float(low))


def reliability_table(given: Numbers, abstains: Numbers, families: np.ndarray[Any, Any]) -> str:
    """Describe, as Markdown, how often answers abstain by the probability they were given."""
    places = _bins(given)
    lines = ["| probability of abstaining | answers | mean probability | share that abstains |", "|---|---|---|---|"]
    for place in range(N_BINS):
        here = places == place
        if here.any():
            span = f"{place / N_BINS:.1f} to {(place + 1) / N_BINS:.1f}"
            lines.append(f"| {span} | {here.sum()} | {given[here].mean():.1%} | {abstains[here].mean():.1%} |")
    error = expected_calibration_error(given, abstains, np.ones(len(given)))
    low, high = error_interval(given, abstains, families)
    n = len(np.unique(families))
    lines += [
        "",
        f"Expected calibration error {error:.3f} [{low:.3f}, {high:.3f}] ({len(given)} answers, {n} families).",
    ]
    return "\n".join(lines)


def _bins(given: Numbers) -> np.ndarray[Any, Any]:
    return np.asarray(np.minimum((given * N_BINS).astype(int), N_BINS - 1))
