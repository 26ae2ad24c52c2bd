from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar

from evaluator.stats.comparison.paired import (
    mcnemar_exact,
    mcnemar_mid_p,
    newcombe_paired_interval,
    sign_flip_p_value,
    tango_interval,
)
from evaluator.stats.intervals import normal_quantile

COUNTS = st.integers(0, 60)
# Newcombe (1998), Statistics in Medicine 17:2635, Table III, method 10: (both, only A, only B, neither).
TABLE_III = [
    ((36, 12, 2, 0), (0.0569, 0.3404)),
    ((20, 12, 2, 16), (0.0562, 0.3292)),
    ((18, 12, 2, 18), (0.0562, 0.3290)),
    ((36, 14, 0, 0), (0.1528, 0.4167)),
    ((35, 14, 0, 1), (0.1461, 0.4175)),
    ((18, 14, 0, 18), (0.1441, 0.3963)),
    ((2, 97, 1, 0), (0.8721, 0.9854)),
    ((1, 97, 1, 1), (0.8736, 0.9850)),
    ((0, 29, 1, 0), (0.6666, 0.9882)),
    ((2, 98, 0, 0), (0.9178, 0.9945)),
    ((0, 30, 0, 0), (0.8395, 1.0)),
    ((54, 0, 0, 0), (-0.0664, 0.0664)),
    ((53, 0, 0, 1), (-0.0729, 0.0729)),
    ((30, 0, 0, 24), (-0.0358, 0.0358)),
]


def test_mcnemar_gives_the_published_value(oracle: dict[str, Any]) -> None:
    case = oracle["mcnemar_agresti"]
    (_, only_a), (only_b, _) = case["inputs"]["table"]
    expected = case["expected"]["exact_p"]
    assert mcnemar_exact(only_a, only_b) == pytest.approx(expected, abs=case["tolerance"]["exact_p"])


@given(COUNTS, COUNTS)
def test_mcnemar_is_the_one_of_statsmodels(only_a: int, only_b: int) -> None:
    known = mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue
    assert mcnemar_exact(only_a, only_b) == pytest.approx(known, abs=1e-12)


@given(COUNTS, COUNTS)
def test_mid_p_is_the_sum_it_is_defined_as(only_a: int, only_b: int) -> None:
    n, smallest = only_a + only_b, min(only_a, only_b)
    below = sum(stats.binom.pmf(k, n, 0.5) for k in range(smallest))
    slow = 2 * (below + stats.binom.pmf(smallest, n, 0.5) / 2)
    assert mcnemar_mid_p(only_a, only_b) == pytest.approx(min(1, slow), abs=1e-12)
    assert 0 < mcnemar_mid_p(only_a, only_b) <= mcnemar_exact(only_a, only_b) <= 1
    assert mcnemar_mid_p(only_a, only_b) == mcnemar_mid_p(only_b, only_a)


def test_no_discordant_pair_is_no_evidence() -> None:
    assert mcnemar_exact(0, 0) == mcnemar_mid_p(0, 0) == 1


@pytest.mark.parametrize("test", [mcnemar_exact, mcnemar_mid_p])
def test_mcnemar_refuses_negative_counts(test: Any) -> None:
    with pytest.raises(ValueError, match="need discordant counts >= 0, got -1 and 2"):
        test(-1, 2)


def test_sign_flips_give_the_exact_value(oracle: dict[str, Any]) -> None:
    case = oracle["signflip_exact"]
    p, how = sign_flip_p_value(np.array(case["inputs"]["d"]))
    assert (p, how) == (pytest.approx(case["expected"]["p"], abs=1e-12), "exact")


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=9), st.sampled_from([1.0, 3.0, 7.0]))
def test_enumerated_sign_flips_are_those_of_the_textbook(wholes: list[int], scale: float) -> None:
    differences = np.array(wholes) / scale
    observed = abs(sum(wholes))
    signs = itertools.product((1, -1), repeat=len(wholes))
    extreme = [abs(sum(s * d for s, d in zip(own, wholes, strict=True))) >= observed for own in signs]
    assert sign_flip_p_value(differences)[0] == pytest.approx(sum(extreme) / len(extreme), abs=1e-12)


def test_drawn_sign_flips_are_close_to_scipy_and_never_zero() -> None:
    differences = np.random.default_rng(1).normal(0.25, 1, 40)
    known = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(2)
    ).pvalue
    p, how = sign_flip_p_value(differences, seed=3)
    assert how == "20,000 flips"
    assert p == pytest.approx(known, abs=0.015)
    assert sign_flip_p_value(np.ones(40))[0] == 1 / 20_001


def test_drawing_equal_magnitudes_together_changes_no_distribution() -> None:
    differences = np.array([1.0] * 14 + [-1.0] * 8 + [0.5] * 3 + [0.0] * 50)
    jittered = differences + np.linspace(-1e-6, 1e-6, 75) * (differences != 0)
    together, apart = sign_flip_p_value(differences, seed=1)[0], sign_flip_p_value(jittered, seed=1)[0]
    n_pairs = stats.binom(22, 0.5)
    slow = sum(
        n_pairs.pmf(k) * stats.binom(3, 0.5).pmf(j)
        for k in range(23)
        for j in range(4)
        if abs(2 * k - 22 + 0.5 * (2 * j - 3)) >= 7.5
    )
    assert together == pytest.approx(slow, abs=0.01)
    # Jitter parts the ties, so only half of them count.
    assert 0 < apart <= together


def test_sign_flips_are_reproducible() -> None:
    differences = np.random.default_rng(4).normal(0, 1, 30)
    assert sign_flip_p_value(differences, seed=5) == sign_flip_p_value(differences, seed=5)
    assert sign_flip_p_value(differences, seed=5) != sign_flip_p_value(differences, seed=6)


@pytest.mark.parametrize(("counts", "expected"), TABLE_III)
def test_newcombe_gives_his_table(counts: tuple[int, ...], expected: tuple[float, float]) -> None:
    assert newcombe_paired_interval(*counts) == pytest.approx(expected, abs=1e-4)


def test_tango_gives_published_limits() -> None:
    # Fagerland, Lydersen & Laake (2014): 1 and 7 of 21 pairs; R PropCIs 0.3-0: scoreci.mp(25, 28, 618, 0.90).
    assert tango_interval(1, 7, 21) == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert tango_interval(28, 25, 618, level=0.9) == pytest.approx((-0.0148, 0.0247), abs=6e-5)


@pytest.mark.parametrize(("only_a", "only_b", "n"), [(9, 3, 40), (1, 0, 30), (5, 5, 12), (20, 1, 22)])
def test_tango_inverts_the_score_test_of_the_textbook(only_a: int, only_b: int, n: int) -> None:
    """At each limit the score statistic, its nuisance found by maximising the likelihood, is z."""
    for limit in tango_interval(only_a, only_b, n):

        def loss(q: float, d: float = limit) -> float:
            cells = ((only_a, q + d), (only_b, q), (n - only_a - only_b, 1 - 2 * q - d))
            return -sum(count * np.log(max(p, 1e-300)) for count, p in cells if count)

        least, most = max(0.0, -limit), (1 - limit) / 2
        q = optimize.minimize_scalar(loss, bounds=(least, most), method="bounded", options={"xatol": 1e-12}).x
        z = (only_a - only_b - n * limit) / np.sqrt(n * (2 * q + limit - limit**2))
        assert abs(z) == pytest.approx(normal_quantile(0.95), rel=2e-4)


@given(COUNTS, COUNTS, st.integers(0, 200), st.sampled_from([0.8, 0.95]))
def test_paired_intervals_hold_the_value_and_have_a_width(only_a: int, only_b: int, rest: int, level: float) -> None:
    n = only_a + only_b + rest
    if n == 0:
        return
    value = (only_a - only_b) / n
    for interval in (
        tango_interval(only_a, only_b, n, level=level),
        newcombe_paired_interval(rest // 2, only_a, only_b, rest - rest // 2, level=level),
    ):
        assert -1 <= interval[0] <= value <= interval[1] <= 1
        assert interval[1] - interval[0] > 1e-4
    low, high = tango_interval(only_a, only_b, n, level=level)
    assert tango_interval(only_b, only_a, n, level=level) == pytest.approx((-high, -low), abs=1e-9)


def test_without_discordant_pairs_tango_is_z2_over_n_plus_z2() -> None:
    z2 = normal_quantile(0.95) ** 2
    assert tango_interval(0, 0, 50) == pytest.approx((-z2 / (50 + z2), z2 / (50 + z2)), abs=1e-7)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="need n > 0 and counts"):
        tango_interval(3, 3, 5)
    with pytest.raises(ValueError, match="need four counts"):
        newcombe_paired_interval(0, 0, 0, 0)
