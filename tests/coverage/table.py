"""How often intervals hold the truth, scenario by scenario. Run by hand for the table:

    python -m tests.coverage.table [--reps 4000] [--only NAME]

The scenarios are those of the specification, the ones that must fail included.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from evaluator.stats.calibration.rogan_gladen import JudgeAccuracy, lang_reiczigel_interval, shared_calibration_bias
from evaluator.stats.comparison.paired import mcnemar_exact, mcnemar_mid_p, newcombe_paired_interval, tango_interval
from evaluator.stats.comparison.sequential import discordance_log_e
from evaluator.stats.intervals import clopper_pearson_interval, wilson_interval
from tests.coverage import test_calibrated_coverage as calibrated
from tests.coverage import test_interval_coverage as exact

Run = Callable[[int], float]


@dataclass(frozen=True)
class Scenario:
    """One row: what is simulated, and the share that must come out."""

    name: str
    what: str
    run: Run
    least: float
    most: float
    nominal: float = 0.95
    is_negative: bool = False
    """Made wrong on purpose: it has to fail, or nothing would be caught."""


def calibrated_scenario(name: str) -> Scenario:
    spec, (least, most) = calibrated.SPECS[name]
    return Scenario(name, "calibrated hallucination rate", lambda n: calibrated.coverage(spec, n), least, most)


def lang_reiczigel(name: str) -> Scenario:
    (rate, q0, q1, n, m), (least, most) = calibrated.LANG_REICZIGEL[name]

    def run(n_runs: int) -> float:
        random = np.random.default_rng(20261125)
        positive = random.binomial(n, rate * q1 + (1 - rate) * (1 - q0), size=n_runs)
        pairs = zip(
            random.binomial(m, q0, size=n_runs).tolist(), random.binomial(m, q1, size=n_runs).tolist(), strict=True
        )
        judges = [JudgeAccuracy(specificity=a / m, n_negative=m, sensitivity=b / m, n_positive=m) for a, b in pairs]
        # A judge that looks no better than chance is refused: there is no interval that could miss.
        kept = [(p, j) for p, j in zip(positive.tolist(), judges, strict=True) if j.youden_j > 0]
        found = [lang_reiczigel_interval(p / n, n, j) for p, j in kept]
        return calibrated.share_held(found, rate, len(kept))

    return Scenario(name, "Rogan-Gladen, Lang-Reiczigel interval", run, least, most)


def tuned_ppi(n_runs: int) -> float:
    spec = calibrated.Independent((0.0, 0.1, 0.9), calibrated.BINARY, 530, 30, "random")
    return calibrated.share_held([calibrated.wald_of_tuned_ppi(items) for items in spec.runs(n_runs)], 0.1, n_runs)


def logit_ppi(n_runs: int) -> float:
    spec = calibrated.Independent((0.0, 0.1, 0.9), calibrated.BINARY, 1150, 150, "random")
    return calibrated.coverage(spec, n_runs)


def raw_rate(n_runs: int) -> float:
    held = 0
    for items in calibrated.Independent(calibrated.RARE, calibrated.GOOD, 1000, 0).runs(n_runs):
        wrong, abstained = (int((items.cells == verdict).sum()) for verdict in (1, 2))
        low, high = wilson_interval(wrong, wrong + abstained)
        held += low <= 0.1 <= high
    return held / n_runs


def clustered(p: float, icc: float, shape: tuple[int, int]) -> Run:
    def run(n_runs: int) -> float:
        runs = exact.beta_binomial_runs(p, icc, shape, n_runs)
        return exact.clustered_coverage(exact.effective_wilson, runs, shape[1], p)

    return run


def wilson_grid(_: int) -> float:
    rates = [(p, n) for p in (0.02, 0.1, 0.5, 0.9) for n in (20, 50, 200)]
    return float(np.mean([exact.exact_coverage(wilson_interval, p, n) for p, n in rates]))


def clopper_pearson_worst(_: int) -> float:
    rates = [(p, n) for p in np.linspace(0.001, 0.999, 150) for n in (5, 10, 20, 50)]
    return min(exact.exact_coverage(clopper_pearson_interval, p, n) for p, n in rates)


def paired_difference(n_runs: int) -> float:
    rates, n = (0.08, 0.04), 300
    pairs = np.random.default_rng(1).multinomial(n, (*rates, 1 - sum(rates)), size=n_runs)[:, :2]
    held = 0
    for only_a, only_b in pairs.tolist():
        low, high = tango_interval(only_a, only_b, n)
        held += low <= rates[0] - rates[1] <= high
    return held / n_runs


def paired_newcombe(n_runs: int) -> float:
    pairs = np.random.default_rng(1).multinomial(300, (0.08, 0.04, 0.88), size=n_runs)[:, :2]
    held = 0
    for only_a, only_b in pairs.tolist():
        both = (300 - only_a - only_b) // 2
        low, high = newcombe_paired_interval(both, only_a, only_b, 300 - only_a - only_b - both)
        held += low <= 0.04 <= high
    return held / n_runs


def mcnemar_errors(test: Callable[[int, int], float]) -> Run:
    def run(n_runs: int) -> float:
        pairs = np.random.default_rng(2).multinomial(200, (0.06, 0.06, 0.88), size=n_runs)[:, :2]
        return sum(test(b, c) <= 0.05 for b, c in pairs.tolist()) / n_runs

    return run


def repeated_looks(n_runs: int) -> float:
    only_a = np.random.default_rng(10).binomial(20, 0.5, size=(n_runs, 52)).cumsum(axis=1)
    seen = 20 * np.arange(1, 53)
    logs = np.vectorize(discordance_log_e)(only_a, seen - only_a)
    return float((logs.max(axis=1) >= math.log(20)).mean())


def testing_anew(n_runs: int) -> float:
    only_a = np.random.default_rng(10).binomial(20, 0.5, size=(n_runs, 52))
    return float((np.abs((2 * only_a - 20) / math.sqrt(20)) >= 1.96).any(axis=1).mean())


def order_by_shared_calibration(_: int) -> float:
    """1 where the better model still looks better under a calibration that both share; 0 where the order turns."""

    def judge(q0: float, q1: float) -> JudgeAccuracy:
        return JudgeAccuracy(specificity=q0, n_negative=100, sensitivity=q1, n_positive=100)

    shared = judge(0.97, 0.85)
    first = 0.20 + shared_calibration_bias(0.20, judge(0.97, 0.95), shared)
    second = 0.25 + shared_calibration_bias(0.25, judge(0.97, 0.75), shared)
    return float(first < second)


RANDOM = "labels at random, a rare verdict"
SCENARIOS: tuple[Scenario, ...] = (
    *map(calibrated_scenario, calibrated.SPECS),
    Scenario(
        "NEG_random_labels_rare_cell",
        f"{RANDOM}, variance not smoothed",
        lambda n: calibrated.coverage(calibrated.RANDOM, n, "none"),
        0.0,
        0.9,
        is_negative=True,
    ),
    Scenario(
        "NEG_random_labels_rare_cell (smoothed)",
        f"{RANDOM}, as in every report",
        lambda n: calibrated.coverage(calibrated.RANDOM, n),
        0.93,
        1.0,
    ),
    *map(lang_reiczigel, calibrated.LANG_REICZIGEL),
    Scenario("NEG_ppipp_wald_small_n", "30 labels, normal interval", tuned_ppi, 0.0, 0.88, is_negative=True),
    Scenario("cov_ppipp_logit_n150", "150 random labels, logit interval", logit_ppi, 0.93, 0.975),
    Scenario("cov_wilson_iid", "Wilson, mean over the grid", wilson_grid, 0.945, 0.965),
    Scenario("cov_clopper_pearson", "Clopper-Pearson, worst of the grid", clopper_pearson_worst, 0.95, 1.0),
    Scenario("cov_cluster_wilson_neff", "raw rate, 40 clusters of 5", clustered(0.1, 0.3, (40, 5)), 0.93, 0.98),
    Scenario("cov_cluster_wilson_few", "raw rate, 15 clusters of 4", clustered(0.3, 0.5, (15, 4)), 0.93, 0.985),
    Scenario("cov_paired_difference", "paired difference, Tango", paired_difference, 0.93, 0.975),
    Scenario("cov_paired_difference (Newcombe)", "paired difference, Newcombe", paired_newcombe, 0.93, 0.985),
    Scenario("typeI_mcnemar", "McNemar mid-p, no difference", mcnemar_errors(mcnemar_mid_p), 0.0, 0.055, 0.05),
    Scenario("typeI_mcnemar (exact)", "McNemar exact, no difference", mcnemar_errors(mcnemar_exact), 0.0, 0.055, 0.05),
    Scenario("typeI_repeated_looks", "e-process, 52 looks, no change", repeated_looks, 0.0, 0.05, 0.05),
    Scenario(
        "typeI_repeated_looks (naive)", "a test anew at each look", testing_anew, 0.8, 1.0, 0.05, is_negative=True
    ),
    Scenario(
        "NEG_shared_calibration_sign_reversal",
        "order under one calibration for both models (0: turned)",
        order_by_shared_calibration,
        0.0,
        0.0,
        1.0,
        is_negative=True,
    ),
    Scenario("raw_bias_headline", "raw rate, judge right in 93-97%", raw_rate, 0.0, 0.1, is_negative=True),
)


def lines(n_reps: int, only: str = "") -> Iterator[str]:
    yield f"{'scenario':40} {'what':55} {'nominal':>7} {'found':>7}  required"
    for row in SCENARIOS:
        if only in row.name:
            found = row.run(n_reps)
            verdict = "ok" if row.least <= found <= row.most else "MISSED"
            note = ", must fail" if row.is_negative else ""
            required = f"{row.least:.3f}-{row.most:.3f}{note}: {verdict}"
            yield f"{row.name:40} {row.what[:55]:55} {row.nominal:7.2f} {found:7.3f}  {required}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reps", type=int, default=4000)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    for line in lines(options.reps, options.only):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
