from __future__ import annotations

import math
from typing import Any

import pytest

from evaluator.records import Usage


def run_with(recorded_run: Any, *responses: dict[str, Any]) -> Any:
    run = recorded_run()
    for i, fields in enumerate(responses):
        run.probe(f"p{i}")
        run.answer(f"p{i}", fields.pop("label", "correct"), **fields)
    return run.result()


def test_a_priced_run_has_its_rates(recorded_run: Any) -> None:
    cost = run_with(
        recorded_run, {"cost_usd": 0.1}, {"cost_usd": 0.2}, {"cost_usd": 0.3, "label": "wrong"}, {"cost_usd": 0.0}
    ).cost
    assert cost.usd == pytest.approx(0.6)
    assert cost.usd_per_1000_probes == pytest.approx(150)
    assert cost.usd_per_correct == pytest.approx(0.2)
    assert (cost.n_priced, cost.n_unpriced) == (4, 0)


def test_a_partly_priced_run_has_a_sum_and_no_rate(recorded_run: Any) -> None:
    cost = run_with(recorded_run, {"cost_usd": 0.5}, {}).cost
    assert (cost.usd, cost.n_priced, cost.n_unpriced) == (0.5, 1, 1)
    assert (cost.usd_per_1000_probes, cost.usd_per_correct) == (None, None)


def test_an_unpriced_run_is_unknown_not_free(recorded_run: Any) -> None:
    cost = run_with(recorded_run, {}).cost
    assert (cost.usd, cost.n_unpriced) == (None, 1)
    assert run_with(recorded_run, {"cost_usd": 0.0}).cost.usd == 0.0


def test_nothing_correct_has_no_price_per_correct_answer(recorded_run: Any) -> None:
    cost = run_with(recorded_run, {"cost_usd": 0.5, "label": "wrong"}).cost
    assert cost.usd_per_correct is None
    assert cost.usd_per_1000_probes == 500


def test_what_was_not_sent_yet_is_not_unpriced(recorded_run: Any) -> None:
    cost = run_with(recorded_run, {"cost_usd": 0.5}, {"label": "pending"}).cost
    assert (cost.n_unpriced, cost.usd_per_1000_probes) == (0, 500)


def test_ambiguous_sends_have_an_upper_bound_only_when_all_are_known(recorded_run: Any) -> None:
    known = run_with(recorded_run, {"ambiguous_sends": 2, "maybe_paid_usd": 0.3}, {}).cost
    assert (known.ambiguous_sends, known.maybe_paid_usd) == (2, 0.3)
    unknown = run_with(recorded_run, {"ambiguous_sends": 2, "maybe_paid_usd": 0.3}, {"ambiguous_sends": 1}).cost
    assert (unknown.ambiguous_sends, unknown.maybe_paid_usd) == (3, None)
    assert run_with(recorded_run, {}).cost.maybe_paid_usd == 0


def test_attempts_that_gave_no_answer_are_part_of_what_was_paid(recorded_run: Any) -> None:
    cost = run_with(recorded_run, {"cost_usd": 0.5, "retries_usd": 0.25}, {"cost_usd": 0.25}).cost
    assert (cost.usd, cost.usd_per_1000_probes) == (1.0, 500)


def test_tokens_are_summed_where_they_are_told(recorded_run: Any) -> None:
    cost = run_with(recorded_run, {"usage": Usage(prompt_tokens=5, completion_tokens=0)}, {}).cost
    assert (cost.prompt_tokens, cost.completion_tokens, cost.reasoning_tokens) == (5, 0, None)


def test_latency_is_over_what_the_model_said(recorded_run: Any) -> None:
    latency = run_with(
        recorded_run,
        {"latency_s": 1.0},
        {"latency_s": 2.0, "outcome": "refused", "label": "abstained"},
        {"latency_s": 9.0},
        {"latency_s": 600.0, "label": "failed"},
        {},
    ).latency
    assert (latency.n, latency.median_s, latency.max_s) == (3, 2.0, 9.0)
    assert latency.p95_s == pytest.approx(8.3)


def test_nothing_timed_is_unknown(recorded_run: Any) -> None:
    latency = run_with(recorded_run, {}).latency
    assert (latency.n, latency.median_s, latency.p95_s, latency.max_s) == (0, None, None, None)


def test_a_sum_of_many_small_prices_is_exact(recorded_run: Any) -> None:
    prices = [0.1] * 10 + [1e-9] * 7
    cost = run_with(recorded_run, *({"cost_usd": price} for price in prices)).cost
    assert cost.usd == math.fsum(prices)
