"""What a probe set is made of, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluator.report import format as fmt
from evaluator.report.safe_text import safe_text
from evaluator.set_records import Balance, SetReport

MOST_ROWS = 40
_NAME_LIMIT = 40
_COLUMNS = ("probes", "answerable", "unanswerable", "in twins")


def render_set_stats(report: SetReport) -> str:
    """Write the counts of one set for a terminal."""
    stats, ref = report.stats, report.probe_set
    name = " ".join(filter(None, (ref.name, ref.version, f"({ref.licence})" if ref.licence else "")))
    lines = [
        f"{safe_text(name, limit=200)}: {fmt.counted(stats.n_probes, 'probe')}, "
        f"{fmt.count(stats.n_answerable)} answerable, {fmt.count(stats.n_unanswerable)} unanswerable",
        f"content {ref.sha256[:16]}, {fmt.counted(stats.n_twin_pairs, 'twin pair')} ({fmt.percent(stats.twin_share)} "
        f"of the probes), {fmt.counted(stats.n_clusters, 'independent group')}",
        "",
    ]
    balances: tuple[tuple[str, Mapping[str, Balance]], ...] = (
        ("topic", stats.topic_balance),
        ("language", stats.language_balance),
        ("difficulty", stats.difficulty_balance),
    )
    for title, balance in balances:
        lines += [*_balance_table(title, balance), ""]
    lines += _counts_line("reasons", stats.reasons)
    lines += _counts_line("match", stats.match_types)
    return "\n".join(lines) + "\n"


def _balance_table(title: str, balance: Mapping[str, Balance]) -> Iterable[str]:
    shown = list(balance.items())[:MOST_ROWS]
    rows = [(title, *_COLUMNS), *((safe_text(name, limit=_NAME_LIMIT), *_cells(row)) for name, row in shown)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for label, *cells in rows:
        yield "  ".join([label.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))])
    if len(balance) > MOST_ROWS:
        yield f"and {fmt.count(len(balance) - MOST_ROWS)} more: --json has all"


def _cells(row: Balance) -> tuple[str, ...]:
    counts = (row.n, row.answerable, row.unanswerable)
    return (*map(fmt.count, counts), fmt.percent(row.in_twins / row.n if row.n else None))


def _counts_line(title: str, counts: Mapping[str, int]) -> list[str]:
    return [f"{title}: " + (", ".join(f"{name} {fmt.count(n)}" for name, n in counts.items()) or "none")]
