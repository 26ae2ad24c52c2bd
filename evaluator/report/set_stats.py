"""What a probe set is made of, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluator.report import format as fmt
from evaluator.report.safe_text import safe_text
from evaluator.set_records import Balance, SetReport

MOST_ROWS = 40
_NAME_LIMIT = 40


def render_set_stats(report: SetReport) -> str:
    """Write the counts of one set for a terminal."""
    stats, ref = report.stats, report.probe_set
    name = " ".join(filter(None, (ref.name, ref.version, f"({ref.licence})" if ref.licence else "")))
    lines = [
        f"{safe_text(name, limit=200)}: {fmt.count(stats.n_probes)} probes, "
        f"{fmt.count(stats.n_answerable)} answerable, {fmt.count(stats.n_unanswerable)} unanswerable",
        f"content {ref.sha256[:16]}, {fmt.count(stats.n_twin_pairs)} twin pairs ({_share(stats.twin_share)} of the "
        f"probes), {fmt.count(stats.n_clusters)} independent groups",
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


def _share(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.0%}"


def _balance_table(title: str, balance: Mapping[str, Balance]) -> Iterable[str]:
    shown = list(balance.items())[:MOST_ROWS]
    names = [safe_text(name, limit=_NAME_LIMIT) for name, _ in shown]
    width = max(map(len, (title, *names)))
    yield f"{title:<{width}}  {'probes':>7} {'answerable':>11} {'unanswerable':>13} {'in twins':>9}"
    for name, (_, row) in zip(names, shown, strict=True):
        twins = _share(row.in_twins / row.n if row.n else None)
        yield f"{name:<{width}}  {row.n:>7,} {row.answerable:>11,} {row.unanswerable:>13,} {twins:>9}"
    if len(balance) > MOST_ROWS:
        yield f"and {len(balance) - MOST_ROWS:,} more: --json has all"


def _counts_line(title: str, counts: Mapping[str, int]) -> list[str]:
    return [f"{title}: " + (", ".join(f"{name} {n:,}" for name, n in counts.items()) or "none")]
