"""The topics in which models make most up."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import Estimate, ModelResult
from evaluator.report.lookup import estimates_by_topic
from evaluator.report.rates import rate_cell, rate_columns
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Row, Section, Table

SMALLEST_N = 10
MOST_TOPICS = 5
_TOPIC_LIMIT = 60


def topic_sections(results: Sequence[tuple[str, ModelResult]]) -> tuple[Section, ...]:
    """Show the highest hallucination rates by topic, over all models, or nothing when there are none."""
    found = [
        (label, topic, estimate)
        for label, result in results
        for topic, estimate in estimates_by_topic(result, "hallucination_rate").items()
    ]
    shown = sorted((each for each in found if _is_large_enough(each[2])), key=_badness)[:MOST_TOPICS]
    if not shown:
        return ()
    rows = tuple(Row(_name(label, topic, len(results)), (rate_cell(estimate),)) for label, topic, estimate in shown)
    which = f"The {len(shown)} highest" if len(shown) > 1 else "The highest"
    lead = (
        f"{which} of {len(found)} rates, n at least {SMALLEST_N}. With so many slices looked at, "
        "some are high by chance alone: read the intervals, and test a suspicion on new probes."
    )
    columns = rate_columns(["hallucination rate"], [estimate for _, _, estimate in shown])
    kind = "topic" if len(results) == 1 else "topic, model"
    return (Section("Topics with the most made up", lead, Table(kind, columns, rows)),)


def _is_large_enough(estimate: Estimate) -> bool:
    return estimate.value is not None and estimate.denominator >= SMALLEST_N


def _badness(each: tuple[str, str, Estimate]) -> tuple[float, float, str, str]:
    label, topic, estimate = each
    return (-(estimate.value or 0.0), -(estimate.low or 0.0), topic, label)


def _name(label: str, topic: str, n_models: int) -> str:
    shown = safe_text(topic, limit=_TOPIC_LIMIT)
    return shown if n_models == 1 else f"{shown} · {label}"
