"""What was paid and how long it took."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import Cost, ModelResult
from evaluator.report import format as fmt
from evaluator.report.section import Column, Row, Section, Table


def expense_section(results: Sequence[tuple[str, ModelResult]]) -> Section:
    """Show cost, tokens and latency of every model, or that nothing is known of them."""
    if not any(_is_known(result) for _, result in results):
        return Section("Cost and time", "Unknown: the answers came without prices, token counts and times.")
    columns = (
        Column("cost", ("total", "per 1,000", "per correct")),
        Column("tokens", ("in", "out")),
        Column("latency", ("median", "95th pct.")),
    )
    rows = tuple(Row(label, _cells(result)) for label, result in results)
    remarks = _unsure([result.cost for _, result in results])
    return Section("Cost and time", "", Table("model", columns, rows), remarks)


def _is_known(result: ModelResult) -> bool:
    cost = result.cost
    figures = (cost.usd, cost.prompt_tokens, cost.completion_tokens, result.latency.median_s)
    return cost.ambiguous_sends > 0 or any(figure is not None for figure in figures)


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
