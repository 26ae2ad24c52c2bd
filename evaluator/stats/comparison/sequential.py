"""Looking again and again without crying wolf: tests and intervals that hold at every look at once.

A scheduled run that tests anew each time will alarm sooner or later though nothing changed. An
e-process is a bet against "no change" whose stake cannot grow on average while nothing changes, so
a stake of 1/α is reached with probability α at most, however often one looks.

The bet is fair only on answers that are fresh on both sides. Comparing every run with the same
baseline answers repeats the baseline's luck at each look; `next_look` refuses that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.intervals import Interval

FEWEST_BASELINE_REPEATS = 5
_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a scheduled run is compared with."""

    is_fresh: bool
    """Both sides are asked anew at every look (A/B)."""
    repeats: int = 1
    """Answers per probe the baseline holds, when it is not fresh."""


@dataclass(frozen=True, slots=True)
class Look:
    """Whether one more look is fair, and with which baseline answers."""

    repeat: int | None
    """Repeat of the baseline to compare with; None when it is asked anew, or when refused."""
    refusal: str | None = None
    """Why the look would not be fair."""


def next_look(baseline: Baseline, n_looks_before: int) -> Look:
    """Decide whether the next look at an e-process is fair.

    With a baseline that is kept, look t uses its repeat t and no other, so every pair of answers is
    fresh on both sides; a baseline of K repeats lasts for K looks. Fewer than five repeats are refused.

    Args:
        baseline: What the run is compared with.
        n_looks_before: Looks already taken against this baseline, >= 0.

    Source:
        Ramdas, Grünwald, Vovk & Shafer (2023), Statistical Science 38(4):576-601: an e-process needs
        e-values that are fair given everything seen before.

    >>> next_look(Baseline(is_fresh=False, repeats=1), 0).refusal
    'need a baseline with at least 5 repeats, or one asked anew at every look, got a kept one with 1'
    >>> next_look(Baseline(is_fresh=False, repeats=5), 4).repeat
    4
    """
    if baseline.is_fresh:
        return Look(None)
    if baseline.repeats < FEWEST_BASELINE_REPEATS:
        return Look(
            None,
            f"need a baseline with at least {FEWEST_BASELINE_REPEATS} repeats, or one asked anew at every look, "
            f"got a kept one with {baseline.repeats}",
        )
    if n_looks_before >= baseline.repeats:
        return Look(
            None,
            f"the baseline's {baseline.repeats} repeats are used up after {n_looks_before} looks: ask it again",
        )
    return Look(n_looks_before)


def discordance_log_e(only_a: float, only_b: float, *, a: float = 0.5) -> float:
    """Natural logarithm of the beta-mixture e-value of the discordant pairs seen so far.

    e = B(b + a, c + a) / B(a, a) · 2^(b + c): the likelihood of b against c under a rate drawn from
    Beta(a, a), over that under 1/2.

    Args:
        only_a: Discordant pairs in favour of A over all looks, >= 0.
        only_b: Discordant pairs in favour of B over all looks, >= 0.
        a: Of the mixture, > 0.

    Returns:
        log e; 0 before any pair.

    Raises:
        ValueError: If an argument is out of range.

    Assumes:
        Independent pairs, fresh on both sides (`next_look`), discordant either way with equal
        probability while nothing changes.

    Source:
        Robbins (1970), Annals of Mathematical Statistics 41(5):1397-1409; Ville (1939).

    >>> discordance_log_e(0, 0)
    0.0
    >>> round(math.exp(discordance_log_e(12, 1)), 3)
    50.784
    """
    from scipy.special import betaln

    if min(only_a, only_b) < 0 or a <= 0:
        msg = f"need counts >= 0 and a > 0, got {only_a}, {only_b} and a = {a}"
        raise ValueError(msg)
    mixture = float(betaln(only_a + a, only_b + a)) - float(betaln(a, a))
    return mixture + (only_a + only_b) * math.log(2)


def rate_excess_log_e(hits: float, trials: float, limit: float, *, a: float = 0.5) -> float:
    """Natural logarithm of the e-value against "the hits have a mean rate of at most `limit`".

    The likelihood ratio of a rate q > limit to the limit itself, averaged over q ~ Beta(a, a) above
    the limit: e = B(k + a, n - k + a)·P(q > limit | k, n) / (B(a, a)·P(q > limit)) / (l^k·(1 - l)^(n - k)).
    At a limit of 1/2 it is the one-sided form of `discordance_log_e`, for "not worse".

    Args:
        hits: k over all looks, 0 <= hits <= trials.
        trials: n over all looks.
        limit: In (0, 1).
        a: Of the mixture, > 0.

    Returns:
        log e; 0 before any trial.

    Raises:
        ValueError: If an argument is out of range.

    Assumes:
        Independent trials given the past. They may have different rates, as fixed probes do, while
        their mean at every look is at most the limit: by the inequality of the means each factor
        E[1 + b(x - l)] of a look multiplies to at most 1 (Waudby-Smith & Ramdas 2024, JRSS B 86(1):1-27).

    >>> rate_excess_log_e(0, 0, 0.5)
    0.0
    >>> round(math.exp(rate_excess_log_e(12, 13, 0.5)), 2), rate_excess_log_e(1, 13, 0.5) < 0
    (101.52, True)
    """
    from scipy.special import betaincc, betaln

    if not (0 <= hits <= trials and 0 < limit < 1 and a > 0):
        msg = f"need 0 <= hits <= trials, limit in (0, 1) and a > 0, got {hits}, {trials}, {limit} and a = {a}"
        raise ValueError(msg)
    above, above_before = float(betaincc(hits + a, trials - hits + a, limit)), float(betaincc(a, a, limit))
    if above == 0.0:
        return -math.inf
    mixture = float(betaln(hits + a, trials - hits + a)) - float(betaln(a, a))
    likelihood = hits * math.log(limit) + (trials - hits) * math.log1p(-limit)
    return mixture + math.log(above) - math.log(above_before) - likelihood


def late_excess_log_e(hits: Sequence[float], trials: Sequence[float], limit: float) -> float:
    """Natural logarithm of the e-value against "at no look was the mean rate above `limit`".

    The evidence of `rate_excess_log_e` from look s on, averaged over s with the weights 1/(s·(s + 1)):
    calm looks before a change do not drown it. Starts that are still to come count as 1.

    Args:
        hits: Of each look, shape (n_looks,).
        trials: Of each look.
        limit: In (0, 1).

    Returns:
        log e; 0 before any look.

    Source:
        A mixture of e-processes is one (Ramdas et al. 2023, section 3); for mixtures over the time of a
        change Shin, Ramdas & Rinaldo (2024), e-detectors, arXiv:2203.03532.

    >>> late_excess_log_e([], [], 0.5)
    0.0
    >>> calm = [5, 5, 5, 5, 5, 5], [10, 10, 10, 10, 10, 10]
    >>> late, whole = late_excess_log_e([*calm[0], 19], [*calm[1], 20], 0.5), rate_excess_log_e(49, 80, 0.5)
    >>> round(late, 1), round(whole, 1)
    (4.8, 0.3)
    """
    n_looks = len(hits)
    logs = [-math.log(n_looks + 1)]
    for start in range(n_looks):
        weight = -math.log((start + 1) * (start + 2))
        logs.append(weight + rate_excess_log_e(sum(hits[start:]), sum(trials[start:]), limit))
    largest = max(logs)
    return largest + math.log(sum(math.exp(one - largest) for one in logs))


def e_process(only_a: Sequence[int], only_b: Sequence[int]) -> Floats:
    """e-value after every look, from the discordant pairs of each look.

    Args:
        only_a: Discordant pairs in favour of A at each look, shape (n_looks,).
        only_b: The same for B.

    Returns:
        Shape (n_looks,), infinity where it is beyond a float.

    >>> e_process([3, 4, 5], [0, 1, 0]).round(3).tolist()
    [2.5, 3.352, 50.784]
    """
    seen_a, seen_b = np.cumsum(only_a).tolist(), np.cumsum(only_b).tolist()
    logs = [discordance_log_e(b, c) for b, c in zip(seen_a, seen_b, strict=True)]
    with np.errstate(over="ignore"):
        return np.exp(np.array(logs, dtype=np.float64))


def first_alarm(e_values: Sequence[float] | Floats, alpha: float) -> int | None:
    """First look at which the e-value reaches 1/alpha, from 0; None if it never does.

    While nothing changes this ever happens with probability alpha at most (Ville 1939).

    >>> first_alarm([2.5, 3.4, 24.8], 0.05)
    2
    """
    _check_alpha(alpha)
    reached = np.flatnonzero(np.asarray(e_values, dtype=np.float64) >= 1 / alpha)
    return int(reached[0]) if len(reached) else None


def e_bh(e_values: Sequence[float] | Floats, alpha: float) -> list[bool]:
    """Choose among many e-values so that at most a share alpha of the choices is false on average.

    The k largest are chosen for the largest k with e_(k) >= M / (k·alpha); they may depend on each
    other in any way.

    Source:
        Wang & Ramdas (2022), JRSS B 84(3):822-852.

    >>> e_bh([100.0, 1.0, 45.0, 0.2], 0.05)
    [True, False, True, False]
    """
    _check_alpha(alpha)
    es = np.asarray(e_values, dtype=np.float64)
    order = np.argsort(-es, kind="stable")
    ranks = np.arange(1, len(es) + 1)
    passing = np.flatnonzero(es[order] >= len(es) / (ranks * alpha))
    chosen = np.zeros(len(es), dtype=bool)
    chosen[order[: passing[-1] + 1 if len(passing) else 0]] = True
    return [bool(one) for one in chosen]


def bernoulli_confidence_sequence(
    successes: int, trials: int, *, alpha: float = 0.05, t_opt: float = 100.0, alpha_opt: float = 0.05
) -> Interval:
    """Interval for a rate that holds at all sample sizes at once.

    Args:
        successes: Hits so far, 0 <= successes <= trials.
        trials: Independent responses so far, >= 1.
        alpha: Chance that the sequence ever misses the rate, in (0, 1).
        t_opt: Sample size at which the interval is to be tightest, > 0.
        alpha_opt: The alpha it is tuned for, in (0, 1).

    Returns:
        (low, high) in [0, 1]; the intersection with all earlier ones holds as well.

    Raises:
        ValueError: If an argument is out of range.

    Source:
        Howard, Ramdas, McAuliffe & Sekhon (2021), Annals of Statistics 49(2):1055-1080,
        beta-binomial mixture; values as in the authors' confseq.

    >>> bernoulli_confidence_sequence(700, 1000)
    (0.6516..., 0.7459...)
    """
    from scipy.optimize import brentq

    _check_alpha(alpha)
    _check_alpha(alpha_opt)
    if not (trials >= 1 and 0 <= successes <= trials and t_opt > 0):
        msg = f"need trials >= 1, 0 <= successes <= trials and t_opt > 0, got {successes}, {trials}, {t_opt}"
        raise ValueError(msg)
    threshold = math.log(1 / alpha)
    spread = 2 * math.log(1 / alpha_opt) + math.log(1 + 2 * math.log(1 / alpha_opt))

    def excess(rate: float) -> float:
        return _mixture_log_martingale(successes, trials, rate, t_opt / spread) - threshold

    lowest, highest = _TOLERANCE, 1 - _TOLERANCE
    # Zero or one itself has no likelihood; the sequence never excludes the observed rate.
    found = min(max(successes / trials, lowest), highest)
    low = float(brentq(excess, lowest, found)) if excess(lowest) > 0 else 0.0
    high = float(brentq(excess, found, highest)) if excess(highest) > 0 else 1.0
    return low, high


def _mixture_log_martingale(successes: int, trials: int, rate: float, scale: float) -> float:
    """log M at the hypothesis `rate`; scale·rate·(1 - rate) is the mixture's variance parameter."""
    from scipy.special import betaln

    variance = rate * (1 - rate)
    r = max((scale - 1) * variance, 1e-3 * variance)
    prior_hit, prior_miss = r / (1 - rate), r / rate
    hits, misses = successes, trials - successes
    likelihood = hits * math.log(rate) + misses * math.log(1 - rate)
    mixture = float(betaln(prior_hit + hits, prior_miss + misses)) - float(betaln(prior_hit, prior_miss))
    return mixture - likelihood


def spent_alpha(look: int, alpha: float) -> float:
    """Share of alpha for look number `look` when nobody knows how many there will be.

    alpha_t = 6·alpha / (pi²·t²); all looks together spend alpha.

    >>> round(spent_alpha(1, 0.05), 6), round(sum(spent_alpha(t, 0.05) for t in range(1, 5000)), 4)
    (0.030396, 0.05)
    """
    _check_alpha(alpha)
    if look < 1:
        msg = f"need look >= 1, got {look}"
        raise ValueError(msg)
    return 6 * alpha / (math.pi * look) ** 2


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        msg = f"need alpha in (0, 1), got {alpha}"
        raise ValueError(msg)
