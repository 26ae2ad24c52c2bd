"""Who answered, where a router passes questions on to hosts."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.records import ModelResult
from evaluator.report import format as fmt
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Row, Section, Table

MOST_ROWS = 12
LEAD = "One model on several hosts need not be one model: they may round its weights differently."


def host_sections(results: Sequence[tuple[str, ModelResult]]) -> tuple[Section, ...]:
    """Show which hosts generated the answers of each model, and how many answers somebody else gave."""
    rows = []
    for label, result in results:
        total = sum(result.served_by.values())
        by_size = sorted(result.served_by.items(), key=lambda item: (-item[1], item[0]))
        for host, n in by_size:
            name = f"{label}: {safe_text(host)}" if label else safe_text(host)
            rows.append(Row(name, ((fmt.count(n),), (fmt.percent(n / total),))))
    remarks = _substituted([result for _, result in results])
    if not rows and not remarks:
        return ()
    hidden = len(rows) - MOST_ROWS
    if hidden > 0:
        remarks = (f"{fmt.count(hidden)} hosts more are in summary.json.", *remarks)
    columns = (Column("answers"), Column("share"))
    table = Table("host", columns, tuple(rows[:MOST_ROWS])) if rows else None
    return (Section("Who answered", LEAD if rows else "", table, remarks),)


def _substituted(results: Sequence[ModelResult]) -> tuple[str, ...]:
    n = sum(result.ungraded.get("substituted", 0) for result in results)
    if not n:
        return ()
    several = "answer" if n == 1 else "answers"
    return (f"{fmt.count(n)} {several} came from another model or host than asked: kept, and in no rate.",)
