from __future__ import annotations

from typing import Any

import msgspec

from evaluator.records import Cost, Latency, ModelResult
from evaluator.report.expense import expense_section
from tests.report import example

UNKNOWN = Cost(None, None, None, 0, 30, 0, None, None, None, None)


def result(**cost: Any) -> ModelResult:
    plain = example.model_result("m", (9, 9, 9, 0), (0, 9, 9, 0))
    return msgspec.structs.replace(plain, cost=msgspec.structs.replace(plain.cost, **cost))


def test_cost_tokens_and_latency_are_shown() -> None:
    table = expense_section([("", result())]).table
    assert table is not None
    assert table.rows[0].cells == (("$0.42", "$1.39", "$0.0035"), ("41,250", "18,902"), ("1.2 s", "6.8 s"))


def test_what_is_unknown_is_not_zero() -> None:
    silent = msgspec.structs.replace(result(), cost=UNKNOWN, latency=Latency(0, None, None, None))
    section = expense_section([("a", silent), ("b", result())])
    assert section.table is not None
    assert {part for cell in section.table.rows[0].cells for part in cell} == {"unknown"}


def test_where_nothing_is_known_one_line_says_so() -> None:
    silent = msgspec.structs.replace(result(), cost=UNKNOWN, latency=Latency(0, None, None, None))
    section = expense_section([("", silent)])
    assert section.table is None
    assert section.lead.startswith("Unknown")


def test_unpriced_and_ambiguous_requests_are_added_up_over_models() -> None:
    remarks = expense_section(
        [("a", result(n_priced=7, n_unpriced=3)), ("b", result(n_priced=10, n_unpriced=0))]
    ).remarks
    assert remarks == (
        "The price of 3 of 10 responses is unknown: not in the cost.",
        "2 requests may have been billed without giving an answer: at most $0.0042.",
    )


def test_one_unknown_amount_makes_the_sum_unknown() -> None:
    remarks = expense_section([("a", result()), ("b", result(maybe_paid_usd=None))]).remarks
    assert remarks[-1] == "2 requests may have been billed without giving an answer: an unknown amount."


def test_everything_known_needs_no_remark() -> None:
    assert expense_section([("", result(n_unpriced=0, ambiguous_sends=0))]).remarks == ()
