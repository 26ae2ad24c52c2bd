"""How often comparisons are wrong: intervals that miss, tests that cry wolf, streams of looks. All seeded."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from evaluator.stats.comparison.bootstrap import bootstrap_difference
from evaluator.stats.comparison.difference import Influence, influence_difference, ratio_influence
from evaluator.stats.comparison.multiplicity import benjamini_hochberg, holm
from evaluator.stats.comparison.paired import (
    mcnemar_exact,
    mcnemar_mid_p,
    newcombe_paired_interval,
    sign_flip_p_value,
    tango_interval,
)
from evaluator.stats.comparison.ranks import rank_sets
from evaluator.stats.comparison.sequential import (
    Baseline,
    bernoulli_confidence_sequence,
    discordance_log_e,
    e_bh,
    next_look,
    spent_alpha,
)

Floats = npt.NDArray[np.float64]
pytestmark = pytest.mark.slow
ALPHA = 0.05
ALARM = math.log(1 / ALPHA)


def slack(rate: float, n_trials: int) -> float:
    """Three standard errors of a simulated rate."""
    return 3 * math.sqrt(rate * (1 - rate) / n_trials)


def discordant_runs(rates: tuple[float, float], n: int, n_trials: int, seed: int) -> npt.NDArray[np.int64]:
    """(only A, only B) of n independent pairs, shape (n_trials, 2)."""
    rest = 1 - sum(rates)
    return np.random.default_rng(seed).multinomial(n, (*rates, rest), size=n_trials)[:, :2]


@pytest.mark.parametrize(("rates", "n"), [((0.08, 0.04), 300), ((0.02, 0.02), 300), ((0.3, 0.1), 60)])
def test_tango_and_newcombe_cover_a_paired_difference(rates: tuple[float, float], n: int) -> None:
    truth, n_trials, held = rates[0] - rates[1], 4000, np.zeros(2)
    for only_a, only_b in discordant_runs(rates, n, n_trials, 1).tolist():
        low, high = tango_interval(only_a, only_b, n)
        held[0] += low <= truth <= high
        both = (n - only_a - only_b) // 2
        low, high = newcombe_paired_interval(both, only_a, only_b, n - only_a - only_b - both)
        held[1] += low <= truth <= high
    assert 0.93 <= held[0] / n_trials <= 0.975
    assert 0.93 <= held[1] / n_trials <= 0.985


@pytest.mark.parametrize("rate", [0.06, 0.02])
def test_mcnemar_errs_as_often_as_it_says(rate: float) -> None:
    pairs, n_trials = discordant_runs((rate, rate), 200, 10_000, 2), 10_000
    exact = np.array([mcnemar_exact(b, c) for b, c in pairs.tolist()])
    mid = np.array([mcnemar_mid_p(b, c) for b, c in pairs.tolist()])
    assert (exact <= ALPHA).mean() <= 0.05
    assert (mid <= ALPHA).mean() <= 0.055
    assert (exact <= ALPHA).mean() < (mid <= ALPHA).mean(), "mid-p is the less timid one"
    assert n_trials == len(mid)


def label_cells(
    pi: tuple[tuple[float, ...], tuple[float, ...]], shape: tuple[int, int], n_trials: int, *, shared: float, seed: int
) -> npt.NDArray[np.int64]:
    """Correct, wrong, abstained of two models per cluster, shape (n_trials, 2, n_clusters, 3).

    Clusters have their own rates (Dirichlet, icc 0.3), and both models share the random numbers of a
    share of the probes, so that they tend to fail on the same ones.
    """
    n_clusters, size = shape
    random = np.random.default_rng(seed)
    cells = np.zeros((n_trials, 2, n_clusters, 3), dtype=np.int64)
    uniform = random.random((n_trials, n_clusters, size))
    same = random.random((n_trials, n_clusters, size)) < shared
    lean = random.normal(0, 0.8, (n_trials, n_clusters, 1))
    for side in (0, 1):
        own = np.where(same, uniform, random.random((n_trials, n_clusters, size)))
        # A cluster's lean moves the uniform numbers but keeps their distribution.
        leaning = stats.norm.cdf((stats.norm.ppf(own) + lean) / math.sqrt(1 + 0.8**2))
        edges = np.cumsum(pi[side])
        label = np.minimum((leaning[..., None] > edges).sum(axis=-1), 2)
        for code in range(3):
            cells[:, side, :, code] = (label == code).sum(axis=-1)
    return cells


def hallucination(cells: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    wrong = cells[..., 1].astype(np.float64)
    return wrong, wrong + cells[..., 2]


def truth_of(pi: tuple[float, ...]) -> float:
    return pi[1] / (pi[1] + pi[2])


EVEN = ((0.5, 0.3, 0.2), (0.45, 0.3, 0.25))
RARE = ((0.5, 0.05, 0.45), (0.5, 0.08, 0.42))
FREQUENT = ((0.3, 0.62, 0.08), (0.35, 0.6, 0.05))


@pytest.mark.parametrize("pi", [EVEN, RARE, FREQUENT])
@pytest.mark.parametrize("shape", [(200, 1), (40, 5), (150, 2)])
def test_the_linearised_difference_of_hallucination_rates_covers(
    pi: tuple[tuple[float, ...], tuple[float, ...]], shape: tuple[int, int]
) -> None:
    n_trials, truth = 2000, truth_of(pi[0]) - truth_of(pi[1])
    numerators, denominators = hallucination(label_cells(pi, shape, n_trials, shared=0.6, seed=3))
    clusters, held = np.arange(shape[0]), 0
    for n, d in zip(numerators, denominators, strict=True):
        sides = [ratio_influence(n[side], d[side], clusters) for side in (0, 1)]
        found = influence_difference(*sides)
        held += found.low <= truth <= found.high  # type: ignore[operator]
    assert 0.93 <= held / n_trials <= 0.975


def test_taking_the_two_models_for_independent_wastes_the_pairing() -> None:
    numerators, denominators = hallucination(label_cells(EVEN, (200, 1), 300, shared=0.8, seed=4))
    ratios = []
    for n, d in zip(numerators, denominators, strict=True):
        sides = [ratio_influence(n[side], d[side], np.arange(200)) for side in (0, 1)]
        apart = Influence(value=sides[1].value, phi=sides[1].phi, clusters=np.arange(200, 400))
        ratios.append(
            influence_difference(*sides).standard_error / influence_difference(sides[0], apart).standard_error
        )
    assert np.mean(ratios) < 0.8


def test_the_bootstrap_covers_a_difference_of_hallucination_rates() -> None:
    n_trials, truth, held = 400, truth_of(EVEN[0]) - truth_of(EVEN[1]), 0
    numerators, denominators = hallucination(label_cells(EVEN, (60, 3), n_trials, shared=0.6, seed=5))
    for n, d in zip(numerators, denominators, strict=True):
        found = bootstrap_difference(n, d, n_replicates=1000, seed=1)
        held += found.low <= truth <= found.high
    assert abs(held / n_trials - 0.95) <= slack(0.95, n_trials) + 0.01


@pytest.mark.parametrize("n_clusters", [12, 60])
def test_sign_flips_err_as_often_as_they_say_on_clustered_repeats(n_clusters: int) -> None:
    n_trials = 1500
    cells = label_cells((EVEN[0], EVEN[0]), (n_clusters, 4), n_trials, shared=0.3, seed=6)
    differences = (cells[:, 0, :, 0] - cells[:, 1, :, 0]) / 2.0
    rejected = np.mean([sign_flip_p_value(d, seed=1, n_flips=2000)[0] <= ALPHA for d in differences])
    assert rejected <= ALPHA + slack(ALPHA, n_trials)
    # Sums of a few counts tie often, and ties count against a difference.
    assert rejected > 0.01


@pytest.mark.parametrize(("pi", "expected"), [((EVEN[0], EVEN[0]), "no change"), ((RARE[1], RARE[0]), "at the margin")])
def test_a_gate_on_one_sided_bounds_errs_one_time_in_twenty(
    pi: tuple[tuple[float, ...], tuple[float, ...]], expected: str
) -> None:
    """Fail: the lower one-sided 95% bound is above 0. Pass: the upper one is below the margin."""
    n_trials, margin = 2000, truth_of(pi[0]) - truth_of(pi[1])
    numerators, denominators = hallucination(label_cells(pi, (120, 2), n_trials, shared=0.6, seed=7))
    failed = passed = 0
    for n, d in zip(numerators, denominators, strict=True):
        sides = [ratio_influence(n[side], d[side], np.arange(120)) for side in (0, 1)]
        found = influence_difference(*sides, level=0.9)
        failed += found.low > 0  # type: ignore[operator]
        passed += found.high < margin  # type: ignore[operator]
    wrong = failed if expected == "no change" else passed
    assert wrong / n_trials <= ALPHA + slack(ALPHA, n_trials) + 0.005
    assert wrong / n_trials > 0.02


def test_holm_bounds_any_false_claim_and_bh_the_share_of_them() -> None:
    random, n_trials = np.random.default_rng(8), 4000
    z = random.normal(size=(n_trials, 30)) * math.sqrt(0.5) + random.normal(size=(n_trials, 1)) * math.sqrt(0.5)
    z[:, :6] += 3.5
    raw = 2 * stats.norm.sf(np.abs(z))
    any_false, shares = [], []
    for row in raw:
        any_false.append((holm(row)[6:] <= ALPHA).any())
        claimed = benjamini_hochberg(row) <= ALPHA
        shares.append(claimed[6:].sum() / max(1, claimed.sum()))
    assert np.mean(any_false) <= ALPHA + slack(ALPHA, n_trials)
    assert np.mean(shares) <= ALPHA + slack(ALPHA, n_trials)
    assert (raw[:, 6:] <= ALPHA).any(axis=1).mean() > 0.4, "without correction there is a false claim in most"


def test_rank_sets_hold_all_ranks_at_once() -> None:
    random, n_models, n_trials, held = np.random.default_rng(9), 6, 1500, 0
    truth = np.array([0.30, 0.30, 0.35, 0.45, 0.45, 0.6])
    pairs = [(i, j) for i in range(n_models) for j in range(i)]
    best = [1 + int((truth < rate).sum()) for rate in truth]
    worst = [n_models - int((truth > rate).sum()) for rate in truth]
    for _ in range(n_trials):
        hits = random.random((400, n_models)) < truth
        counts = [(int((hits[:, i] & ~hits[:, j]).sum()), int((hits[:, j] & ~hits[:, i]).sum())) for i, j in pairs]
        ps = holm([mcnemar_exact(*count) for count in counts])
        better = np.zeros((n_models, n_models), dtype=bool)
        for (i, j), (only_i, only_j), p in zip(pairs, counts, ps.tolist(), strict=True):
            if p <= ALPHA:
                better[(i, j) if only_i < only_j else (j, i)] = True
        sets = rank_sets(better)
        # No model is claimed to be better than one that is as good or better.
        held += all(a <= lo and hi <= b for (a, b), lo, hi in zip(sets, best, worst, strict=True))
    assert held / n_trials >= 0.95 - slack(0.95, n_trials)


LOOKS, PAIRS = 52, 20


def null_streams(n_streams: int) -> npt.NDArray[np.int64]:
    """Discordant pairs in favour of A at each weekly look, of 20, while nothing changes."""
    return np.random.default_rng(10).binomial(PAIRS, 0.5, size=(n_streams, LOOKS))


def log_e_streams(only_a: npt.NDArray[np.int64], n_pairs: npt.NDArray[np.int64]) -> Floats:
    seen_a, seen = np.cumsum(only_a, axis=1), np.cumsum(n_pairs, axis=1)
    return np.vectorize(discordance_log_e)(seen_a, seen - seen_a)


def test_the_e_process_rarely_alarms_in_a_year_without_change() -> None:
    only_a = null_streams(2000)
    logs = log_e_streams(only_a, np.full_like(only_a, PAIRS))
    assert (logs.max(axis=1) >= ALARM).mean() <= 0.03


def test_testing_anew_at_every_look_cries_wolf() -> None:
    """The mistake the e-process is there for must be seen."""
    only_a = null_streams(2000)
    per_run = (2 * only_a - PAIRS) / math.sqrt(PAIRS)
    assert (np.abs(per_run) >= 1.96).any(axis=1).mean() > 0.8
    seen = PAIRS * np.arange(1, LOOKS + 1)
    cumulative = (2 * np.cumsum(only_a, axis=1) - seen) / np.sqrt(seen)
    assert 0.25 < (np.abs(cumulative) >= 1.96).any(axis=1).mean() < 0.45
    spent = stats.norm.isf([spent_alpha(look, ALPHA) / 2 for look in range(1, LOOKS + 1)])
    assert (np.abs(cumulative) >= spent).any(axis=1).mean() <= ALPHA


def test_the_e_process_finds_a_change() -> None:
    only_a = np.random.default_rng(11).binomial(PAIRS, 0.7, size=(500, LOOKS))
    logs = log_e_streams(only_a, np.full_like(only_a, PAIRS))
    first = (logs >= ALARM).argmax(axis=1)
    assert (logs.max(axis=1) >= ALARM).all()
    assert np.median(first) < 8


def answers_of(probabilities: Floats, random: np.random.Generator, n: int) -> npt.NDArray[np.bool_]:
    return random.random((n, len(probabilities))) < probabilities


def alarmed(baselines: npt.NDArray[np.bool_], runs: npt.NDArray[np.bool_]) -> bool:
    only_a = (baselines & ~runs).sum(axis=1).cumsum()
    only_b = (~baselines & runs).sum(axis=1).cumsum()
    return any(discordance_log_e(b, c) >= ALARM for b, c in zip(only_a.tolist(), only_b.tolist(), strict=True))


def test_a_frozen_baseline_cries_wolf_and_is_refused() -> None:
    """One baseline run for all looks: its luck returns at every look, so no e-value is fair."""
    random, n_streams, alarms = np.random.default_rng(12), 300, 0
    for _ in range(n_streams):
        probabilities = random.beta(1, 1, 200)
        frozen = answers_of(probabilities, random, 1)
        alarms += alarmed(np.repeat(frozen, LOOKS, axis=0), answers_of(probabilities, random, LOOKS))
    assert alarms / n_streams > 0.3
    assert next_look(Baseline(is_fresh=False, repeats=1), 0).refusal is not None


@pytest.mark.parametrize("baseline", [Baseline(is_fresh=True), Baseline(is_fresh=False, repeats=12)])
def test_what_is_allowed_does_not_cry_wolf(baseline: Baseline) -> None:
    random, n_streams, alarms = np.random.default_rng(13), 400, 0
    n_looks = 0
    while n_looks < LOOKS and next_look(baseline, n_looks).refusal is None:
        n_looks += 1
    assert n_looks == (LOOKS if baseline.is_fresh else 12)
    for _ in range(n_streams):
        probabilities = random.beta(1, 1, 200)
        # A kept baseline gives each look the repeat of its number: all of them fresh as well.
        alarms += alarmed(answers_of(probabilities, random, n_looks), answers_of(probabilities, random, n_looks))
    assert alarms / n_streams <= ALPHA


def test_e_bh_over_many_models_bounds_the_share_of_false_alarms() -> None:
    n_models, n_trials = 20, 400
    random = np.random.default_rng(14)
    rates = np.full(n_models, 0.5)
    rates[:5] = 0.75
    shares = []
    for _ in range(n_trials):
        only_a = random.binomial(80, rates)
        es = [math.exp(discordance_log_e(b, 80 - b)) for b in only_a.tolist()]
        chosen = np.array(e_bh(es, ALPHA))
        shares.append(chosen[5:].sum() / max(1, chosen.sum()))
    assert np.mean(shares) <= ALPHA


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_confidence_sequence_holds_at_all_sizes_at_once(rate: float) -> None:
    random, n_streams, missed = np.random.default_rng(15), 200, 0
    sizes = [*range(1, 40), *range(40, 400, 20)]
    wilson_missed = 0
    for _ in range(n_streams):
        hits = np.cumsum(random.random(400) < rate)
        seen = [(int(hits[n - 1]), n) for n in sizes]
        missed += any(not low <= rate <= high for low, high in (bernoulli_confidence_sequence(*s) for s in seen))
        z = [(k / n - rate) / math.sqrt(rate * (1 - rate) / n) for k, n in seen]
        wilson_missed += max(map(abs, z)) > 1.96
    assert missed / n_streams <= ALPHA + slack(ALPHA, n_streams)
    assert wilson_missed / n_streams > 0.2, "an interval for one look misses somewhere on the way"
