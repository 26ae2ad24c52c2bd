"""No case of the oracle file is left out: each has the test that checks it, found here or named here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import multinomial_proportions_confint

from evaluator.stats.calibration.rogan_gladen import JudgeAccuracy, shared_calibration_bias
from evaluator.stats.calibration.validity import valid_rate
from evaluator.stats.confidence.calibration_error import equal_width_errors
from evaluator.stats.confidence.recalibration import isotonic_fit, platt_fit, temperature_fit
from evaluator.stats.intervals import beta_interval

TESTS = Path(__file__).resolve().parent.parent
METRICS, INTERVALS, CLUSTERS = "stats/test_metrics.py", "stats/test_intervals.py", "stats/test_clusters.py"
GLADEN, SEQUENTIAL = "stats/calibration/test_rogan_gladen.py", "stats/comparison/test_sequential.py"
POST, INVERSE = "stats/calibration/test_poststratified.py", "stats/calibration/test_transported.py"
SELECTIVE, PAIRED = "stats/confidence/test_selective.py", "stats/comparison/test_paired.py"
HERE = "stats/test_oracles.py"
INFLUENCE, BINOMIAL = "stats/calibration/test_influence.py", "contracts/test_all_intervals.py"
CALIBRATED, COMPARED, EXACT = (f"coverage/test_{name}_coverage.py" for name in ("calibrated", "comparison", "interval"))

CASES: dict[str, tuple[str, str]] = {
    "aa_omni_identity_1": (HERE, "test_the_omniscience_identity_holds_on_every_published_triple"),
    "aa_omni_identity_3": (HERE, "test_the_omniscience_identity_holds_on_every_published_triple"),
    "aa_omni_counts": (METRICS, "test_omniscience_counts_agree_with_the_oracle"),
    "simpleqa_claude35sonnet": (METRICS, "test_f_score_agrees_with_the_oracle"),
    "abstentionbench_bb_known_unknowns": (METRICS, "test_abstention_scores_agree_with_the_oracle"),
    "kalai_threshold": (METRICS, "test_penalised_scores_agree_with_the_oracle"),
    "wilson_newcombe_81_263": (INTERVALS, "test_wilson_agrees_with_the_oracle"),
    "wilson_newcombe_0_20": (INTERVALS, "test_wilson_agrees_with_the_oracle"),
    "clopper_pearson_set": (INTERVALS, "test_interval_agrees_with_the_oracle_set"),
    "jeffreys_set": (INTERVALS, "test_interval_agrees_with_the_oracle_set"),
    "agresti_coull_set": (INTERVALS, "test_interval_agrees_with_the_oracle_set"),
    "beta11_credible": (HERE, "test_the_beta_interval_is_that_of_the_oracle"),
    "goodman_7class": (INTERVALS, "test_goodman_and_newcombe_agree_with_the_oracles"),
    "sisonglaz_7class": (HERE, "test_sison_and_glaz_are_the_librarys"),
    "sisonglaz_3class": (HERE, "test_sison_and_glaz_are_the_librarys"),
    "newcombe_diff_56_70": (INTERVALS, "test_goodman_and_newcombe_agree_with_the_oracles"),
    "ratio_cluster_svyratio": (CLUSTERS, "test_ratio_standard_error_agrees_with_the_oracles"),
    "cluster_se_mean": (CLUSTERS, "test_ratio_standard_error_agrees_with_the_oracles"),
    "power_969": ("stats/comparison/test_power.py", "test_the_published_sample_size"),
    "fieller_ratio": (CLUSTERS, "test_fieller_agrees_with_the_oracle"),
    "lang_reiczigel_1": (GLADEN, "test_intervals_agree_with_the_oracle"),
    "lang_reiczigel_2": (GLADEN, "test_intervals_agree_with_the_oracle"),
    "lang_reiczigel_4": (GLADEN, "test_intervals_agree_with_the_oracle"),
    "lee2025_readme": (GLADEN, "test_the_interval_is_that_of_the_judge_reporting_code"),
    "lee2025_bias": (HERE, "test_a_judge_moves_a_rate_as_published"),
    "lee2025_allocation": ("stats/calibration/test_planning.py", "test_the_adaptive_allocation_is_the_published_one"),
    "epir_ex2_negative": (GLADEN, "test_a_rate_below_the_false_alarms_stays_negative"),
    "epir_rg_point_1": (GLADEN, "test_points_agree_with_the_oracle"),
    "epir_rg_point_2": (GLADEN, "test_points_agree_with_the_oracle"),
    "epir_rg_point_4": (GLADEN, "test_points_agree_with_the_oracle"),
    "ppi_lam1": (POST, "test_the_textbook_ppi_agrees_with_the_oracle"),
    "classical_lam0": (POST, "test_the_textbook_ppi_agrees_with_the_oracle"),
    "ppipp_tuned": (POST, "test_the_textbook_ppi_agrees_with_the_oracle"),
    "matrix_inversion_interior": (INVERSE, "test_inversions_agree_with_the_oracle"),
    "matrix_inversion_boundary": (INVERSE, "test_inversions_agree_with_the_oracle"),
    "judgy_refusal": (GLADEN, "test_judgys_refusal_is_refused"),
    "stratppi_lam1": (POST, "test_the_textbook_ppi_in_strata_agrees_with_the_oracle"),
    "ece_torchmetrics": (HERE, "test_errors_over_bins_of_equal_width_are_the_documented_ones"),
    "brier_sklearn": ("stats/confidence/test_brier.py", "test_the_score_of_the_documentation"),
    "auroc_ap_sklearn": ("stats/confidence/test_discrimination.py", "test_the_area_of_the_documentation"),
    "fd_all_equal": (SELECTIVE, "test_the_areas_are_those_of_fd_shifts"),
    "fd_perfect_binary": (SELECTIVE, "test_the_areas_are_those_of_fd_shifts"),
    "fd_plateaus": (SELECTIVE, "test_the_areas_are_those_of_fd_shifts"),
    "aurc_small_ties": (SELECTIVE, "test_the_areas_with_one_tie"),
    "isotonic_pava": (HERE, "test_the_isotonic_fit_is_the_oracles"),
    "mcnemar_agresti": (PAIRED, "test_mcnemar_gives_the_published_value"),
    "bh1995": ("stats/comparison/test_multiplicity.py", "test_the_worked_example_of_1995"),
    "signflip_exact": (PAIRED, "test_sign_flips_give_the_exact_value"),
    "confseq_bernoulli_1": (SEQUENTIAL, "test_the_confidence_sequence_gives_the_published_limits"),
    "confseq_bernoulli_2": (SEQUENTIAL, "test_the_confidence_sequence_gives_the_published_limits"),
    "confseq_bernoulli_3": (SEQUENTIAL, "test_the_confidence_sequence_gives_the_published_limits"),
    "confseq_bernoulli_5": (SEQUENTIAL, "test_the_confidence_sequence_gives_the_published_limits"),
    "confseq_bernoulli_6": (SEQUENTIAL, "test_the_confidence_sequence_gives_the_published_limits"),
    "group_sequential": (SEQUENTIAL, "test_the_limits_of_a_fixed_calendar_are_the_published_ones"),
    "irr_3x3": ("stats/test_agreement_coefficients.py", "test_the_oracle_is_reproduced"),
    "irr_raw_missing": ("stats/test_annotator_coefficients.py", "test_the_oracles_are_reproduced"),
    "point_biserial": (HERE, "test_the_item_rest_correlation_is_the_librarys"),
}
WITHOUT_INPUT = {
    "calib200_debiased": "its input is the case calib200_metrics, which the file does not hold",
    "temperature_platt": "its input is the case calib200_metrics, which the file does not hold",
}
COVERAGE: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        [
            *("cov_poststrat_floor_n30", "cov_poststrat_floor_n60", "cov_poststrat_equal_n60", "cov_poststrat_highH"),
            *("cov_poststrat_poor_judge", "cov_poststrat_excellent_judge_rare_H", "KNOWN_WEAK_cluster_rare_verdict"),
            *(f"cov_calibrated_cluster_{letter}" for letter in "abcde"),
        ],
        (CALIBRATED, "test_calibrated_intervals_cover"),
    ),
    **dict.fromkeys(
        ("cov_lang_reiczigel", "cov_lang_reiczigel_small", "cov_lang_reiczigel_weak"),
        (CALIBRATED, "test_lang_reiczigel_covers"),
    ),
    "NEG_random_labels_rare_cell": (CALIBRATED, "test_random_labels_need_a_smoothed_variance"),
    "NEG_ppipp_wald_small_n": (CALIBRATED, "test_a_normal_interval_with_few_labels_is_caught"),
    "cov_ppipp_logit_n150": (CALIBRATED, "test_the_logit_interval_with_many_random_labels_covers"),
    "raw_bias_headline": (CALIBRATED, "test_raw_rates_do_not_cover"),
    "NEG_shared_calibration_sign_reversal": (GLADEN, "test_sharing_one_calibration_can_turn_the_order_round"),
    "cov_wilson_iid": (EXACT, "test_wilson_covers_independent_responses"),
    "cov_clopper_pearson": (EXACT, "test_clopper_pearson_never_covers_less_than_its_level"),
    "cov_cluster_wilson_neff": (EXACT, "test_effective_wilson_covers_clusters"),
    "cov_cluster_wilson_few": (EXACT, "test_effective_wilson_covers_few_clusters"),
    "cov_paired_difference": (COMPARED, "test_tango_and_newcombe_cover_a_paired_difference"),
    "typeI_mcnemar": (COMPARED, "test_mcnemar_errs_as_often_as_it_says"),
    "typeI_repeated_looks": (COMPARED, "test_the_e_process_rarely_alarms_in_a_year_without_change"),
}
PROPERTIES: dict[str, tuple[str, str]] = {
    "influence-function variance with every item": (
        INFLUENCE,
        "test_without_clusters_the_variance_is_the_closed_form_with_its_finite_population",
    ),
    "pi>=0, sum(pi)=1": (INVERSE, "test_no_point_of_the_simplex_explains_the_verdicts_better"),
    "permuting class labels": (POST, "test_permuting_the_classes_permutes_the_shares"),
    "perfect judge": (POST, "test_a_perfect_judge_leaves_rate_and_interval_alone"),
    "lambda=0 PPI": (POST, "test_the_textbook_ppi_is_that_of_the_library"),
    "poststratified point == PPI++": (POST, "test_poststratification_is_ppi_with_the_best_weight"),
    "bounded rates: CI inside": (POST, "test_intervals_hold_their_value_and_stay_in_range"),
    "Brier = REL - RES + UNC": (
        "stats/confidence/test_brier.py",
        "test_the_parts_add_up_and_the_score_is_the_one_of_scikit_learn",
    ),
    "AUGRC (no ties": (SELECTIVE, "test_augrc_follows_from_auroc_and_accuracy"),
    "McNemar p unchanged": (HERE, "test_concordant_pairs_leave_mcnemar_alone"),
    "confidence sequences are nested": (SEQUENTIAL, "test_the_e_value_is_one_on_average_without_change"),
    "HR undefined": (METRICS, "test_hallucination_rate_is_undefined_when_everything_is_right"),
    "doubling every count": (BINOMIAL, "test_doubling_large_counts_narrows_it_by_the_root_of_two"),
    "cluster SE == iid SE": (CLUSTERS, "test_clusters_of_one_give_the_independent_standard_error"),
    "Holm >= raw p": (
        "stats/comparison/test_multiplicity.py",
        "test_adjusting_never_makes_surer_and_bh_is_the_bolder",
    ),
    "swapping judge and truth": (HERE, "test_exchanging_judge_and_truth_changes_the_correction_not_the_agreement"),
}


@pytest.fixture(scope="module")
def contents(shared: Path) -> dict[str, Any]:
    import json

    found: dict[str, Any] = json.loads((shared / "oracles.json").read_text(encoding="utf-8"))
    return found


def test_every_case_has_its_test(contents: dict[str, Any]) -> None:
    assert {case["id"] for case in contents["cases"]} == CASES.keys() | WITHOUT_INPUT.keys()


def test_every_coverage_specification_has_its_test(contents: dict[str, Any]) -> None:
    assert {spec["id"] for spec in contents["coverage_specs"]} == COVERAGE.keys()
    assert len(COVERAGE) == 27


def test_every_property_has_its_test(contents: dict[str, Any]) -> None:
    said = contents["property_tests"]
    assert len(said) == len(PROPERTIES)
    for start in PROPERTIES:
        assert sum(text.startswith(start) for text in said) == 1, start


@pytest.mark.parametrize("where", sorted({*CASES.values(), *COVERAGE.values(), *PROPERTIES.values()}))
def test_the_tests_that_are_named_exist(where: tuple[str, str]) -> None:
    path, name = where
    assert re.search(rf"^def {name}\(", (TESTS / path).read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["aa_omni_identity_1", "aa_omni_identity_3"])
def test_the_omniscience_identity_holds_on_every_published_triple(oracle: dict[str, Any], name: str) -> None:
    case = oracle[name]
    accuracy, rate = case["inputs"]["accuracy_pct"] / 100, case["inputs"]["hallucination_pct"] / 100
    index = 100 * (accuracy - rate * (1 - accuracy))
    assert index == pytest.approx(case["expected"]["omniscience_index"], abs=case["tolerance"])


def test_the_beta_interval_is_that_of_the_oracle(oracle: dict[str, Any]) -> None:
    case = oracle["beta11_credible"]
    inputs = case["inputs"]
    found = [beta_interval(k, n) for k, n in zip(inputs["x"], inputs["n"], strict=True)]
    assert np.array(found) == pytest.approx(np.array(case["expected"]), abs=case["tolerance"])


@pytest.mark.parametrize("name", ["sisonglaz_7class", "sisonglaz_3class"])
def test_sison_and_glaz_are_the_librarys(oracle: dict[str, Any], name: str) -> None:
    """Goodman's intervals are the ones in use; whoever wants the narrower ones has statsmodels."""
    case = oracle[name]
    found = multinomial_proportions_confint(case["inputs"]["counts"], alpha=0.05, method="sison-glaz")
    assert found == pytest.approx(np.array(case["expected"]), abs=case["tolerance"])


def test_a_judge_moves_a_rate_as_published(oracle: dict[str, Any]) -> None:
    """With a calibration that takes the judge for perfect the bias is all of what the judge adds."""
    case = oracle["lee2025_bias"]
    own = JudgeAccuracy(specificity=case["inputs"]["q0"], n_negative=1, sensitivity=case["inputs"]["q1"], n_positive=1)
    perfect = JudgeAccuracy(specificity=1.0, n_negative=1, sensitivity=1.0, n_positive=1)
    found = [rate + shared_calibration_bias(rate, own, perfect) for rate in case["inputs"]["theta"]]
    assert found == pytest.approx(case["expected"]["apparent"], abs=case["tolerance"])


def test_errors_over_bins_of_equal_width_are_the_documented_ones(oracle: dict[str, Any]) -> None:
    case = oracle["ece_torchmetrics"]
    confidence, correct = (np.array(case["inputs"][name], dtype=float) for name in ("conf", "y"))
    found = equal_width_errors(confidence, correct, n_bins=case["inputs"]["n_bins"])
    expected = [case["expected"][name] for name in ("l1", "l2", "max")]
    assert found == pytest.approx(expected, abs=case["tolerance"])


def test_the_isotonic_fit_is_the_oracles(oracle: dict[str, Any]) -> None:
    case = oracle["isotonic_pava"]
    x, y = (np.array(case["inputs"][name]) for name in ("x", "y"))
    assert isotonic_fit(x, y)(x) == pytest.approx(case["expected"], abs=case["tolerance"])


def test_the_item_rest_correlation_is_the_librarys(oracle: dict[str, Any]) -> None:
    case = oracle["point_biserial"]
    found = stats.pointbiserialr(case["inputs"]["item"], case["inputs"]["rest"])
    assert (found.statistic, found.pvalue) == pytest.approx(
        (case["expected"]["r"], case["expected"]["p"]), abs=case["tolerance"]
    )


def test_temperature_and_platt_are_what_maximum_likelihood_gives() -> None:
    """The oracle's own input is missing, so the fits are compared with statsmodels and a search."""
    import statsmodels.api as sm
    from scipy.optimize import minimize_scalar

    random = np.random.default_rng(5)
    stated = random.uniform(0.05, 0.95, 300)
    logits = np.log(stated / (1 - stated))
    correct = (random.random(300) < 1 / (1 + np.exp(0.5 - 1.3 * logits))) * 1.0
    model = sm.GLM(correct, sm.add_constant(logits), family=sm.families.Binomial()).fit()
    assert platt_fit(stated, correct) == pytest.approx(tuple(model.params), abs=1e-4)

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        return float(np.logaddexp(0, -scaled * (2 * correct - 1)).sum())

    assert temperature_fit(stated, correct) == pytest.approx(
        minimize_scalar(loss, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-9}).x, abs=1e-4
    )


@pytest.mark.parametrize("concordant", [0, 1, 50, 10_000])
def test_concordant_pairs_leave_mcnemar_alone(concordant: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    from evaluator.stats.comparison.paired import mcnemar_exact, mcnemar_mid_p

    expected = float(mcnemar([[concordant, 12], [5, concordant]], exact=True).pvalue)
    assert mcnemar_exact(12, 5) == pytest.approx(expected, abs=1e-12)
    assert mcnemar_mid_p(12, 5) < mcnemar_exact(12, 5)


def test_exchanging_judge_and_truth_changes_the_correction_not_the_agreement() -> None:
    from evaluator.stats.agreement_coefficients import observed_agreement
    from evaluator.stats.calibration.rogan_gladen import rogan_gladen

    table = np.array([[40.0, 10], [4, 46]])
    assert observed_agreement(table) == observed_agreement(table.T)
    by_judge = rogan_gladen(0.4, table[0, 0] / table[0].sum(), table[1, 1] / table[1].sum())
    by_truth = rogan_gladen(0.4, table[0, 0] / table[:, 0].sum(), table[1, 1] / table[:, 1].sum())
    assert abs(by_judge - by_truth) > 0.01
    assert valid_rate(0.3, 0.0, 1.0) == 0.3
