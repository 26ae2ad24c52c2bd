"""What every interval for a proportion keeps, whichever its method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.stats.clusters import effective_trials, ratio_standard_error
from evaluator.stats.intervals import (
    agresti_coull_interval,
    clopper_pearson_interval,
    effective_wilson_interval,
    goodman_intervals,
    jeffreys_interval,
    newcombe_difference_interval,
    wilson_interval,
)

# A busy machine is no defect, and the first example pays for importing scipy.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")

Interval = Callable[..., tuple[float, float]]


def goodman_first(k: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    return goodman_intervals([k, n - k], level=level)[0]


def clustered_pairs(k: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Every response counted twice, in a cluster of two: worth no more than n."""
    ones, twos = np.repeat([2.0, 0.0], [k, n - k]), np.full(n, 2.0)
    if n == 1:
        return wilson_interval(k, n, level=level)
    n_eff = effective_trials(k / n, ratio_standard_error(ones, twos), 2 * n, n, level=level)
    return effective_wilson_interval(k / n, n_eff, level=level)


INTERVALS: list[Interval] = [
    wilson_interval,
    clopper_pearson_interval,
    jeffreys_interval,
    agresti_coull_interval,
    goodman_first,
    clustered_pairs,
]
every_interval = pytest.mark.parametrize("interval", INTERVALS, ids=lambda interval: interval.__name__)
counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


@every_interval
@given(count=counts, level=levels)
def test_holds_the_rate_within_0_and_1(interval: Interval, count: tuple[int, int], level: float) -> None:
    k, n = count
    low, high = interval(k, n, level=level)
    assert 0 <= low <= k / n <= high <= 1
    assert low < high


@every_interval
@given(count=counts, level=levels)
def test_exchanging_hits_and_misses_mirrors_it(interval: Interval, count: tuple[int, int], level: float) -> None:
    k, n = count
    low, high = interval(k, n, level=level)
    assert interval(n - k, n, level=level) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@every_interval
@given(count=counts)
def test_a_higher_level_is_wider(interval: Interval, count: tuple[int, int]) -> None:
    inner, outer = interval(*count, level=0.8), interval(*count, level=0.99)
    assert outer[0] <= inner[0]
    assert inner[1] <= outer[1]


@every_interval
@given(count=counts)
def test_doubling_the_counts_narrows_it(interval: Interval, count: tuple[int, int]) -> None:
    k, n = count
    once, twice = interval(k, n), interval(2 * k, 2 * n)
    assert twice[1] - twice[0] < once[1] - once[0]


@every_interval
def test_doubling_large_counts_narrows_it_by_the_root_of_two(interval: Interval) -> None:
    once, twice = interval(3000, 10_000), interval(6000, 20_000)
    assert (once[1] - once[0]) / (twice[1] - twice[0]) == pytest.approx(2**0.5, rel=2e-3)


@every_interval
@given(count=counts.filter(lambda count: count[0] < count[1]))
def test_more_hits_move_it_up(interval: Interval, count: tuple[int, int]) -> None:
    k, n = count
    one, two = interval(k, n), interval(k + 1, n)
    assert one[0] <= two[0] + 1e-12
    assert one[1] <= two[1] + 1e-12


@every_interval
@pytest.mark.parametrize("n", [1, 2, 20, 1000])
def test_no_event_is_not_no_doubt(interval: Interval, n: int) -> None:
    assert interval(0, n)[1] > 1 / (2 * n)
    assert interval(n, n)[0] < 1 - 1 / (2 * n)


@given(counts, levels)
def test_clopper_pearson_is_no_narrower_than_jeffreys(count: tuple[int, int], level: float) -> None:
    guarantee, jeffreys = clopper_pearson_interval(*count, level=level), jeffreys_interval(*count, level=level)
    assert guarantee[0] <= jeffreys[0] + 1e-12
    assert jeffreys[1] <= guarantee[1] + 1e-12


@given(counts, levels)
def test_agresti_coull_holds_wilson(count: tuple[int, int], level: float) -> None:
    outer, inner = agresti_coull_interval(*count, level=level), wilson_interval(*count, level=level)
    assert outer[0] <= inner[0] + 1e-12
    assert inner[1] <= outer[1] + 1e-12


@given(counts, counts, levels)
def test_the_difference_holds_its_value_and_changes_sign(
    one: tuple[int, int], two: tuple[int, int], level: float
) -> None:
    low, high = newcombe_difference_interval(*one, *two, level=level)
    assert -1 <= low <= one[0] / one[1] - two[0] / two[1] <= high <= 1
    assert newcombe_difference_interval(*two, *one, level=level) == pytest.approx((-high, -low))


@given(st.lists(st.integers(0, 100), min_size=2, max_size=6).filter(any), st.randoms(use_true_random=False))
def test_goodman_follows_its_classes(classes: list[int], shuffler: object) -> None:
    order = list(range(len(classes)))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    found = goodman_intervals(classes)
    assert goodman_intervals([classes[i] for i in order]) == [found[i] for i in order]
    assert sum(low for low, _ in found) <= 1 <= sum(high for _, high in found)
