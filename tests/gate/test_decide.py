"""A gate passes and fails only what is proven, and says so."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.gate import Ruling, decide, overall
from evaluator.gating import GateFinding
from tests.gate.findings import evidence, finding, instrument, limit

RULING = Ruling(fail_alpha=0.05)


def decided(one: GateFinding, **ruling: Any) -> GateFinding:
    (found,) = decide([one], Ruling(**{"fail_alpha": 0.05, **ruling}))
    return found


@pytest.mark.parametrize(
    ("low", "high", "p", "outcome"),
    [
        (-0.02, 0.049, 0.4, "pass"),
        (-0.02, 0.05, 0.4, "undecided"),
        (0.001, 0.049, 0.02, "pass"),
        (0.001, 0.06, 0.02, "fail"),
        (0.001, 0.06, 0.06, "undecided"),
        (0.0, 0.06, 0.05, "undecided"),
        (0.06, 0.2, 0.001, "fail"),
    ],
)
def test_a_margin_needs_the_bound_within_it_to_pass_and_a_corrected_rise_to_fail(
    low: float, high: float, p: float, outcome: str
) -> None:
    assert decided(finding(low=low, high=high, p_adjusted=p)).outcome == outcome
    mirrored = finding(low=-high, high=-low, better="high", metric="accuracy", p_adjusted=p)
    assert decided(mirrored).outcome == outcome


@pytest.mark.parametrize(
    ("sense", "low", "high", "outcome"),
    [
        ("max", 0.1, 0.3, "pass"),
        ("max", 0.1, 0.31, "undecided"),
        ("max", 0.31, 0.5, "fail"),
        ("min", 0.3, 0.5, "pass"),
        ("min", 0.29, 0.5, "undecided"),
        ("min", 0.1, 0.29, "fail"),
    ],
)
def test_a_limit_passes_within_fails_beyond_and_is_undecided_when_the_interval_covers_it(
    sense: str, low: float, high: float, outcome: str
) -> None:
    assert decided(limit(sense, 0.3, low, high, p_adjusted=0.01)).outcome == outcome


def test_a_limit_beyond_which_nothing_lies_can_be_met() -> None:
    assert decided(limit("max", 1.0, 0.9, 1.0)).outcome == "pass"
    assert decided(limit("min", 0.0, 0.0, 0.1)).outcome == "pass"


@pytest.mark.parametrize("fields", [{"value": None, "low": None, "high": None}, {"low": None, "high": None}])
def test_a_number_that_is_undefined_or_has_no_interval_is_undecided_with_the_reason(fields: dict[str, Any]) -> None:
    found = decided(finding(notes=("undefined: no graded response",), **fields))
    assert found.outcome == "undecided"
    assert "no graded response" in found.reason


def test_what_would_decide_is_kept_only_where_something_is_open() -> None:
    assert decided(finding(low=-0.1, high=0.1)).decide
    assert not decided(finding()).decide
    assert not decided(finding(low=0.1, high=0.2, p_adjusted=0.0)).decide


@pytest.mark.parametrize("policy", ["undecided", "fail"])
def test_an_instrument_failure_is_never_a_pass_and_nothing_else_of_that_model_is_judged(policy: str) -> None:
    broken = instrument("ungraded_share", "max", 0.05, 0.2)
    worse = finding(low=0.1, high=0.3, p_adjusted=0.001)
    other = finding(model="other")
    found = decide([broken, finding(), worse, other], Ruling(fail_alpha=0.05, instrument=policy))  # type: ignore[arg-type]
    assert [one.outcome for one in found] == [policy, "undecided", "undecided", "pass"]
    assert "would be a fail" in found[2].reason
    assert found[0].decide


def test_an_instrument_number_at_its_limit_is_within() -> None:
    assert decided(instrument("coverage", "min", 0.99, 0.99)).outcome == "pass"
    assert decided(instrument("ungraded_share", "max", 0.05, 0.05)).outcome == "pass"
    assert decided(instrument("coverage", "min", 0.99, None, notes=("undefined: x",))).outcome == "undecided"


def test_unknown_costs_are_undecided_known_ones_are_counted() -> None:
    cost = instrument("usd", "max", 5.0, None)
    as_cost = {"kind": "cost"}
    assert decided(finding(**{**fields_of(cost), **as_cost})).outcome == "undecided"
    paid = instrument("usd", "max", 5.0, 5.01)
    assert decided(finding(**{**fields_of(paid), **as_cost})).outcome == "fail"


def fields_of(one: GateFinding) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def test_with_looks_only_the_evidence_of_all_runs_fails_a_margin() -> None:
    worse = {"low": 0.01, "high": 0.2, "p_adjusted": 1e-6}
    assert decided(finding(evidence=evidence(), **worse), look=3).outcome == "undecided"
    assert decided(finding(evidence=evidence(alarm=True), **worse), look=3).outcome == "fail"
    within = finding(evidence=evidence(alarm=True))
    assert decided(within, look=3).outcome == "fail"


def test_without_a_fair_look_a_run_fails_at_the_alpha_of_its_look() -> None:
    refused = evidence(refusal="the baseline has 1 repeat")
    worse = {"low": 0.01, "high": 0.2, "evidence": refused}
    assert decided(finding(p_adjusted=0.001, **worse), look=10, fail_alpha=0.0002).outcome == "undecided"
    found = decided(finding(p_adjusted=0.0001, **worse), look=10, fail_alpha=0.0002)
    assert found.outcome == "fail"


def test_a_judge_that_drifted_decides_nothing() -> None:
    found = decided(finding(low=0.1, high=0.2, p_adjusted=0.0), judge_drifted=True)
    assert (found.outcome, "judge changed" in found.reason) == ("undecided", True)
    assert decided(finding(), judge_drifted=True).outcome == "undecided"


def test_the_whole_fails_if_one_fails_and_passes_only_if_all_do() -> None:
    passed, failed, undecided = (
        decided(one) for one in (finding(), finding(low=0.1, high=0.2, p_adjusted=0.0), finding(low=-0.1, high=0.2))
    )
    assert overall([passed, undecided, failed]) == ("fail", "of 3 checks 1 failed, 1 undecided, 1 passed")
    assert overall([passed, undecided])[0] == "undecided"
    assert overall([passed, passed]) == ("pass", "all 2 checks passed")
    assert overall([])[0] == "undecided"
