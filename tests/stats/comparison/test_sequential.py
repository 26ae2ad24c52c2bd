from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from evaluator.stats.comparison.group_sequential import crossing_probability, look_limits
from evaluator.stats.comparison.sequential import (
    Baseline,
    bernoulli_confidence_sequence,
    discordance_log_e,
    e_bh,
    e_process,
    first_alarm,
    late_excess_log_e,
    next_look,
    rate_excess_log_e,
    spent_alpha,
)


@given(st.integers(0, 25), st.integers(0, 25))
def test_the_e_value_is_the_mixture_it_is_defined_as(only_a: int, only_b: int) -> None:
    prior = stats.beta(2, 2)
    slow, _ = integrate.quad(lambda p: prior.pdf(p) * p**only_a * (1 - p) ** only_b, 0, 1)
    assert discordance_log_e(only_a, only_b, a=2) == pytest.approx(math.log(slow * 2 ** (only_a + only_b)), abs=1e-6)


@pytest.mark.parametrize("n", [0, 1, 7, 40])
def test_the_e_value_is_one_on_average_without_change(n: int) -> None:
    mean = sum(stats.binom.pmf(k, n, 0.5) * math.exp(discordance_log_e(k, n - k)) for k in range(n + 1))
    assert mean == pytest.approx(1, abs=1e-9)


@given(st.integers(0, 30), st.integers(0, 30))
def test_each_further_pair_is_a_fair_bet(only_a: int, only_b: int) -> None:
    now = math.exp(discordance_log_e(only_a, only_b))
    after = [math.exp(discordance_log_e(*counts)) for counts in ((only_a + 1, only_b), (only_a, only_b + 1))]
    assert sum(after) / 2 == pytest.approx(now, rel=1e-9)


def test_the_process_adds_up_the_looks_and_does_not_overflow() -> None:
    found = e_process([3, 0, 2000], [1, 2, 0])
    assert found[:2] == pytest.approx([math.exp(discordance_log_e(3, 1)), math.exp(discordance_log_e(3, 3))])
    assert found[2] == math.inf
    assert first_alarm(found, 0.05) == 2
    assert first_alarm(found[:2], 0.05) is None


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=12), st.sampled_from([0.05, 0.2]))
def test_e_bh_chooses_the_most_it_may(es: list[float], alpha: float) -> None:
    n, ranked = len(es), sorted(es, reverse=True)
    passing = [k for k in range(1, n + 1) if ranked[k - 1] >= n / (k * alpha)]
    chosen = e_bh(es, alpha)
    assert sum(chosen) == (max(passing) if passing else 0)
    if any(chosen) and not all(chosen):
        kept, left = ([e for e, one in zip(es, chosen, strict=True) if one is flag] for flag in (True, False))
        assert min(kept) >= max(left)


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6])
def test_the_confidence_sequence_gives_the_published_limits(oracle: dict[str, Any], number: int) -> None:
    case = oracle[f"confseq_bernoulli_{number}"]
    given_inputs = dict(case["inputs"])
    counts = given_inputs.pop("successes"), given_inputs.pop("trials")
    assert bernoulli_confidence_sequence(*counts, **given_inputs) == pytest.approx(case["expected"], abs=1e-5)


@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.01, 0.05]))
def test_the_confidence_sequence_holds_what_was_seen_and_is_symmetric(hits: int, misses: int, alpha: float) -> None:
    if hits + misses == 0:
        return
    low, high = bernoulli_confidence_sequence(hits, hits + misses, alpha=alpha)
    assert 0 <= low <= hits / (hits + misses) <= high <= 1
    assert high - low > 1e-3
    mirrored = bernoulli_confidence_sequence(misses, hits + misses, alpha=alpha)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-6)


def test_the_limits_of_a_fixed_calendar_are_the_published_ones(oracle: dict[str, Any]) -> None:
    case = oracle["group_sequential"]
    n = case["inputs"]["K"]
    pocock, fleming = look_limits(n, shape="pocock"), look_limits(n)
    assert pocock == pytest.approx([case["expected"]["pocock"]] * n, abs=case["tolerance"])
    assert fleming[-1] == pytest.approx(case["expected"]["obf_final"], abs=case["tolerance"])
    assert fleming[0] == pytest.approx(fleming[-1] * math.sqrt(n))


def test_crossing_is_as_probable_as_a_multivariate_normal_says() -> None:
    limits = [2.5, 2.2, 2.0]
    times = np.array([1, 2, 3])
    covariance = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    box = stats.multivariate_normal(np.zeros(3), covariance).cdf(
        np.array(limits), lower_limit=-np.array(limits), rng=np.random.default_rng(1)
    )
    assert crossing_probability(limits) == pytest.approx(1 - box, abs=1e-4)
    assert look_limits(1) == pytest.approx([1.959964], abs=1e-4)


def test_all_looks_together_spend_alpha() -> None:
    assert sum(spent_alpha(look, 0.05) for look in range(1, 20_000)) == pytest.approx(0.05, abs=1e-5)


@pytest.mark.parametrize("repeats", [1, 2, 4])
def test_a_kept_baseline_of_few_repeats_is_refused(repeats: int) -> None:
    look = next_look(Baseline(is_fresh=False, repeats=repeats), 0)
    assert look.repeat is None
    assert look.refusal is not None
    assert "at least 5 repeats" in look.refusal


def test_a_kept_baseline_lasts_for_its_repeats_each_used_once() -> None:
    baseline = Baseline(is_fresh=False, repeats=6)
    assert [next_look(baseline, n).repeat for n in range(6)] == [0, 1, 2, 3, 4, 5]
    refusal = next_look(baseline, 6).refusal
    assert refusal == "the baseline's 6 repeats are used up after 6 looks: ask it again"


def test_a_fresh_baseline_may_always_be_looked_at() -> None:
    assert next_look(Baseline(is_fresh=True), 10_000).refusal is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: discordance_log_e(-1, 0),
        lambda: discordance_log_e(1, 1, a=0),
        lambda: first_alarm([1.0], 0),
        lambda: e_bh([1.0], 1),
        lambda: bernoulli_confidence_sequence(3, 2),
        lambda: bernoulli_confidence_sequence(0, 0),
        lambda: spent_alpha(0, 0.05),
        lambda: look_limits(0),
        lambda: look_limits(3, alpha=0),
    ],
)
def test_what_is_out_of_range_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match="need"):
        call()


@pytest.mark.parametrize(
    ("hits", "trials", "limit"), [(0, 0, 0.5), (12, 13, 0.5), (3, 40, 0.1), (9, 40, 0.1), (1, 1, 0.9)]
)
def test_the_one_sided_mixture_is_the_integral_it_stands_for(hits: int, trials: int, limit: float) -> None:
    from scipy.integrate import quad
    from scipy.stats import beta

    prior = beta(0.5, 0.5)

    def weighted(rate: float) -> float:
        ratio = (rate / limit) ** hits * ((1 - rate) / (1 - limit)) ** (trials - hits)
        return float(ratio * prior.pdf(rate) / prior.sf(limit))

    expected = quad(weighted, limit, 1, limit=400)[0]
    assert math.exp(rate_excess_log_e(hits, trials, limit)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rates", [(0.02, 0.4, 0.05, 0.13), (0.15, 0.15, 0.15, 0.15), (0.1, 0.1, 0.1, 0.1)])
def test_the_one_sided_mixture_is_fair_up_to_the_limit_also_for_probes_of_different_rates(
    rates: tuple[float, ...],
) -> None:
    expected = 0.0
    for outcome in itertools.product((0, 1), repeat=4):
        chance = math.prod(rate if hit else 1 - rate for rate, hit in zip(rates, outcome, strict=True))
        expected += chance * math.exp(rate_excess_log_e(sum(outcome), 4, 0.15))
    assert expected <= 1 + 1e-12
    assert (expected == pytest.approx(1)) == (set(rates) == {0.15})


def test_evidence_from_any_start_on_is_the_mixture_of_all_starts() -> None:
    hits, trials = [3, 0, 7], [5, 4, 8]
    parts = [rate_excess_log_e(sum(hits[s:]), sum(trials[s:]), 0.5) for s in range(3)]
    weights = [1 / 2, 1 / 6, 1 / 12]
    expected = sum(w * math.exp(part) for w, part in zip(weights, parts, strict=True)) + 1 - sum(weights)
    assert math.exp(late_excess_log_e(hits, trials, 0.5)) == pytest.approx(expected)


def test_evidence_from_any_start_on_is_fair() -> None:
    expected = 0.0
    for outcome in itertools.product((0, 1), repeat=5):
        expected += math.exp(late_excess_log_e(outcome, [1] * 5, 0.5)) / 32
    assert expected == pytest.approx(1)


@pytest.mark.parametrize("arguments", [(2, 1, 0.5), (-1, 1, 0.5), (0, 1, 0.0), (0, 1, 1.0)])
def test_the_one_sided_mixture_refuses_what_is_no_rate(arguments: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="need 0 <= hits <= trials"):
        rate_excess_log_e(*arguments)
