"""What was paid and how long it took."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import Cost, ModelResult
from evaluator.report import format as fmt
from evaluator.report.section import Column, Row, Section, Table


def expense_section(results: Sequence[tuple[str, ModelResult]]) -> Section:
    """Show cost, tokens and latency of every model."""
    columns = (
        Column("cost", ("total", "per 1,000", "per correct")),
        Column("tokens", ("in", "out")),
        Column("latency", ("median", "95th pct.")),
    )
    rows = tuple(Row(label, _cells(result)) for label, result in results)
    remarks = _unsure([result.cost for _, result in results])
    return Section("Cost and time", "", Table("model", columns, rows), remarks)


def _cells(result: ModelResult) -> tuple[tuple[str, ...], ...]:
    cost, latency = result.cost, result.latency
    return (
        (fmt.usd(cost.usd), fmt.usd(cost.usd_per_1000_probes), fmt.usd(cost.usd_per_correct)),
        (fmt.count(cost.prompt_tokens), fmt.count(cost.completion_tokens)),
        (fmt.seconds(latency.median_s), fmt.seconds(latency.p95_s)),
    )


def _unsure(costs: Sequence[Cost]) -> tuple[str, ...]:
    remarks = []
    partly = [cost for cost in costs if cost.n_unpriced and cost.n_priced]
    if partly:
        unpriced = sum(cost.n_unpriced for cost in partly)
        n_all = unpriced + sum(cost.n_priced for cost in partly)
        remarks.append(
            f"The price of {fmt.count(unpriced)} of {fmt.count(n_all)} responses is unknown: not in the cost."
        )
    sends = sum(cost.ambiguous_sends for cost in costs)
    if sends:
        amounts = [cost.maybe_paid_usd for cost in costs if cost.ambiguous_sends]
        known = [amount for amount in amounts if amount is not None]
        most = f"at most {fmt.usd(sum(known))}" if len(known) == len(amounts) else "an unknown amount"
        several = "request" if sends == 1 else "requests"
        remarks.append(f"{fmt.count(sends)} {several} may have been billed without giving an answer: {most}.")
    return tuple(remarks)
