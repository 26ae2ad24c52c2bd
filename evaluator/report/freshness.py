"""Fixed probes, which models may have been trained on, against fresh ones."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import FreshComparison, ModelResult
from evaluator.report import format as fmt
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Row, Section, Table

_NAME_LIMIT = 60
_RATES = {"accuracy": "accuracy", "hallucination_rate": "hallucination"}
_LEAD = (
    "Probes of one family, fixed in a file that may be in training data, and fresh ones that were generated for this "
    "run. Difference: fixed - fresh, in percentage points. A model that knows the fixed probes by heart is more "
    "accurate on them, or makes less up."
)
_COLUMNS = (
    Column("fixed", ("", "n")),
    Column("fresh", ("", "n")),
    Column("difference", ("", "interval")),
)


def freshness_sections(
    comparisons: Sequence[FreshComparison], results: Sequence[tuple[str, ModelResult]]
) -> tuple[Section, ...]:
    """Show how fixed and fresh probes differ, or nothing when a run does not hold both."""
    labels = {(result.model, result.prompt): label for label, result in results}
    shown = [each for each in comparisons if each.fixed is not None or each.fresh is not None]
    if not shown:
        return ()
    rows = tuple(Row(_label(each, labels), _cells(each)) for each in shown)
    n_tested = sum(each.difference is not None for each in shown)
    remarks = [_remark(each, labels) for each in shown if _is_suspicious(each)]
    if remarks and n_tested > 1:
        remarks.append(f"{n_tested} differences were looked at: one in twenty leaves out 0 by chance alone.")
    return (Section("Fixed against fresh probes", _LEAD, Table("family, rate", _COLUMNS, rows), tuple(remarks)),)


def _label(each: FreshComparison, labels: dict[tuple[str, str], str]) -> str:
    name = "all families" if each.family == "all" else safe_text(each.family, limit=_NAME_LIMIT)
    parts = (name, _RATES.get(each.name, each.name), labels.get((each.model, each.prompt), ""))
    return " · ".join(filter(None, parts))


def _cells(each: FreshComparison) -> tuple[tuple[str, ...], ...]:
    difference, interval = "n/a", ""
    if each.difference is not None and each.low is not None and each.high is not None:
        difference = fmt.index(100 * each.difference)
        interval = fmt.index_interval(100 * each.low, 100 * each.high)
    return (
        (fmt.percent(each.fixed), fmt.count(each.n_fixed)),
        (fmt.percent(each.fresh), fmt.count(each.n_fresh)),
        (difference, interval),
    )


def _is_suspicious(each: FreshComparison) -> bool:
    """Whether the whole interval lies on the side of a model that was trained on the fixed probes."""
    if each.low is None or each.high is None:
        return False
    return each.low > 0 if each.name == "accuracy" else each.high < 0


def _remark(each: FreshComparison, labels: dict[tuple[str, str], str]) -> str:
    return f"{_label(each, labels)}: better on the fixed probes than chance explains, as after training on them."
