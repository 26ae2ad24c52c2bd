from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower

from evaluator.stats.comparison.power import (
    Spread,
    assumed_spread,
    design_effect,
    detectable_difference,
    label_variance,
    labels_needed,
    mean_score_spread,
    paired_variance,
    probes_needed,
    variance_components,
)

SPREADS = st.builds(
    Spread,
    omega2=st.floats(0.001, 0.5),
    sigma2_a=st.floats(0, 0.25),
    sigma2_b=st.floats(0, 0.25),
    repeats_a=st.integers(1, 10),
    repeats_b=st.integers(1, 10),
    design_effect=st.floats(1, 5),
)


def test_the_published_sample_size(oracle: dict[str, Any]) -> None:
    case = oracle["power_969"]
    assert probes_needed(case["inputs"]["delta"], Spread(omega2=case["inputs"]["omega2"])) == case["expected"]["n_ceil"]


def test_it_is_the_normal_power_of_statsmodels() -> None:
    # One sample: an infinite second group.
    effect = detectable_difference(200, Spread(omega2=0.25)) / 0.5
    known = NormalIndPower(ddof=0).solve_power(effect_size=effect, nobs1=200, alpha=0.05, ratio=0)
    assert known == pytest.approx(0.8, abs=1e-3)


@given(SPREADS, st.floats(0.005, 0.5))
def test_needed_and_detectable_are_each_others_inverse(spread: Spread, difference: float) -> None:
    n = probes_needed(difference, spread)
    assert n is not None
    assert detectable_difference(n, spread) <= difference * (1 + 1e-9)
    assert n == 1 or detectable_difference(n - 1, spread) > difference


def test_the_promised_power_is_kept() -> None:
    """Two models with repeats on clustered probes: a difference of the promised size is found 4 times in 5."""
    spread = Spread(omega2=0.02, sigma2_a=0.2, sigma2_b=0.15, repeats_a=2, repeats_b=3)
    truth = detectable_difference(150, spread)
    random = np.random.default_rng(1)
    error = math.sqrt(spread.per_probe / 150)
    gaps = truth + random.normal(0, math.sqrt(0.02), (4000, 150))
    gaps += random.normal(0, math.sqrt(0.1), gaps.shape) + random.normal(0, math.sqrt(0.05), gaps.shape)
    found = np.abs(gaps.mean(axis=1) / error) > 1.959964
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_more_repeats_cannot_beat_what_probes_differ_by() -> None:
    few = detectable_difference(100, Spread(omega2=0.1, sigma2_a=0.2, sigma2_b=0.2))
    many = detectable_difference(
        100, Spread(omega2=0.1, sigma2_a=0.2, sigma2_b=0.2, repeats_a=10_000, repeats_b=10_000)
    )
    assert detectable_difference(100, Spread(omega2=0.1)) < many < few
    assert many == pytest.approx(detectable_difference(100, Spread(omega2=0.1)), rel=1e-3)


def test_more_probes_cannot_beat_the_labels() -> None:
    labels = label_variance([0.4, 0.4, 0.2], [0.2, 0.4, 0.3], 60) * 2
    spread = Spread(omega2=0.1, label_variance=labels)
    floor = detectable_difference(10**9, spread)
    assert floor == pytest.approx(2.8016 * math.sqrt(labels), rel=1e-3)
    assert probes_needed(floor * 0.99, spread) is None
    assert probes_needed(floor * 1.1, spread) is not None


def test_the_variance_of_a_paired_difference_is_the_discordant_one() -> None:
    both, only_a, only_b = 0.2, 0.1, 0.05
    rate_a, rate_b = both + only_a, both + only_b
    correlation = (both - rate_a * rate_b) / math.sqrt(rate_a * (1 - rate_a) * rate_b * (1 - rate_b))
    expected = only_a + only_b - (only_a - only_b) ** 2
    assert paired_variance(rate_a, rate_b, correlation=correlation) == pytest.approx(expected)


def test_an_assumed_spread_is_the_one_of_models_that_fit_it() -> None:
    """Two models, half of whose expected scores they share: simulate what was assumed and measure it."""
    random = np.random.default_rng(4)
    # Expected scores 0 or 1 blurred: Beta(1, 1) has variance 1/12, a third of 1/4.
    common, own = random.random((2, 40_000)), random.random((2, 40_000)) < 0.5
    chances = np.where(own, common[0], common)
    repeated = (random.random((2, 40_000, 3)) < chances[:, :, None]) * 1.0
    correlation = np.corrcoef(chances)[0, 1]
    assumed = assumed_spread(0.5, correlation=correlation, noise=2 / 3, repeats=3)
    gaps = repeated[0].mean(axis=1) - repeated[1].mean(axis=1)
    assert gaps.var() == pytest.approx(assumed.per_probe, rel=0.03)


def test_components_are_found_again() -> None:
    random = np.random.default_rng(2)
    chances = random.beta(2, 2, 20_000)
    repeated = (random.random((20_000, 4)) < chances[:, None]) * 1.0
    between, within = variance_components(repeated)
    assert between == pytest.approx(0.05, rel=0.05)
    assert within == pytest.approx(0.2, rel=0.05)
    spread = mean_score_spread(repeated[:, :2], repeated[:, 2:])
    assert spread.omega2 == pytest.approx(0, abs=0.005)


def test_the_design_effect_is_the_one_that_is_simulated() -> None:
    random = np.random.default_rng(3)
    sizes = [1, 2, 3, 10] * 25
    shared = random.normal(0, math.sqrt(0.3), (4000, 100))
    totals = sum(size * shared[:, i] + random.normal(0, math.sqrt(0.7 * size), 4000) for i, size in enumerate(sizes))
    assert totals.var() / sum(sizes) == pytest.approx(design_effect(sizes, 0.3), rel=0.1)


def test_labels_needed_bring_the_width_asked_for() -> None:
    n = labels_needed([0.4, 0.4, 0.2], [0.2, 0.4, 0.3], 0.05, level=0.95)
    half = [1.959964 * math.sqrt(label_variance([0.4, 0.4, 0.2], [0.2, 0.4, 0.3], m)) for m in (n, n - 1)]
    assert half[0] <= 0.05 < half[1]


@pytest.mark.parametrize(
    "call",
    [
        lambda: detectable_difference(0, Spread(omega2=0.1)),
        lambda: detectable_difference(10, Spread(omega2=0.1), power=1),
        lambda: probes_needed(0, Spread(omega2=0.1)),
        lambda: Spread(omega2=-0.1),
        lambda: Spread(omega2=0.1, repeats_a=0),
        lambda: design_effect([], 0.1),
        lambda: paired_variance(0.2, 1.2),
        lambda: assumed_spread(0.5, noise=1.5),
        lambda: variance_components(np.zeros((5, 1))),
        lambda: label_variance([0.5, 0.4], [0.1, 0.1], 10),
        lambda: labels_needed([1.0], [0.1], 0, level=0.95),
    ],
)
def test_what_is_out_of_range_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match="need"):
        call()
