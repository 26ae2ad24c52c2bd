"""The runs of a folder and the trend of a history: as text, Markdown, HTML and JSON."""

from __future__ import annotations

from evaluator.history import Trend, TrendLine, TrendPoint
from evaluator.report import format as fmt
from evaluator.report.canonical_json import canonical_json
from evaluator.report.markdown import markdown_page
from evaluator.report.safe_text import safe_text
from evaluator.report.scale import Scale, scale_of
from evaluator.report.section import Column, Page, Row, Section, Table
from evaluator.report.terminal import terminal_page
from evaluator.retention import Retained, RunFacts, RunList

_LIMIT = 200
_OUTCOMES = {"pass": "PASS", "fail": "FAIL", "undecided": "UNDECIDED"}


def render_runs(listed: RunList, *, prunes: bool, width: int = 80, colour: bool = False) -> str:
    """Show a list of runs as text; with `prunes`, whether each goes or why it stays."""
    return terminal_page(runs_page(listed, prunes=prunes), width=width, colour=colour)


def runs_bytes(listed: RunList) -> bytes:
    """Write a list of runs as canonical JSON."""
    return canonical_json(listed)


def runs_page(listed: RunList, *, prunes: bool) -> Page:
    """Say what the runs are."""
    columns = [Column("started", is_text=True), Column("models"), Column("open"), Column("labels"), Column("MB")]
    columns += [Column("", is_text=True)]
    rows = tuple(_run_row(one, listed, prunes=prunes) for one in listed.runs)
    size = sum(one.run.n_bytes for one in listed.runs)
    facts = f"{fmt.counted(len(listed.runs), 'run')}, {fmt.megabytes(size)} MB"
    sections = (Section("Oldest first", table=Table("run", tuple(columns), rows)),) if rows else ()
    return Page(f"Runs under {_name(listed.out)}", facts, sections)


def _run_row(one: Retained, listed: RunList, *, prunes: bool) -> Row:
    run = one.run
    state = _state(run)
    if prunes:
        state = f"stays: {one.reason}" if one.reason else "removed" if run.run_id in listed.removed else "would go"
    started = run.started_at[:16].replace("T", " ") or fmt.UNKNOWN
    cells = (
        (_name(started),),
        (fmt.count(len(run.models)),),
        (fmt.count(run.n_open),),
        (fmt.count(run.n_labels),),
        (fmt.megabytes(run.n_bytes),),
        (_name(state),),
    )
    return Row(_name(run.run_id), cells)


def _state(run: RunFacts) -> str:
    states = (
        (run.damage is not None, "damaged"),
        (run.is_locked, "being written"),
        (run.n_open is None, "no summary"),
        (bool(run.n_open), "incomplete"),
        (run.is_pinned, "pinned"),
    )
    return ", ".join(name for applies, name in states if applies)


def render_trend(trend: Trend, *, width: int = 80, colour: bool = False) -> str:
    """Show a trend as text of at most `width` columns."""
    return terminal_page(trend_page(trend), width=width, colour=colour)


def render_trend_markdown(trend: Trend) -> str:
    """Show a trend as GitHub Markdown."""
    return markdown_page(trend_page(trend))


def trend_bytes(trend: Trend) -> bytes:
    """Write a trend as canonical JSON."""
    return canonical_json(trend)


def trend_page(trend: Trend) -> Page:
    """Say how every rate moved, one section a rate."""
    remark = (
        f"All so far: an interval at {fmt.level(trend.level)} for the rate on these very probes, from all runs up to "
        "this one; it holds at all runs at once while nothing changes, and begins anew with other probes or another "
        "grader. Outside: the run's own interval lies beyond that of the runs before it."
    )
    sections = tuple(_trend_section(line) for line in trend.lines)
    return Page(f"Trend of {fmt.counted(trend.n_runs, 'run')}", "", (*sections, Section("Notes", remarks=(remark,))))


def trend_title(line: TrendLine) -> str:
    """Name a line of a trend."""
    return f"{_name(line.metric).replace('_', ' ')} ({_name(line.slice)}), {_name(line.model)} · {_name(line.prompt)}"


def _trend_section(line: TrendLine) -> Section:
    scale = scale_of(line.metric)
    columns = (
        Column("", is_text=True),
        Column("this run", ("value", "interval"), is_text=True),
        Column("all so far"),
        Column("", is_text=True),
    )
    rows = tuple(_trend_row(point, scale) for point in line.points)
    return Section(trend_title(line), table=Table("run", columns, rows))


def _trend_row(point: TrendPoint, scale: Scale) -> Row:
    said = ["outside"] * point.is_outside + ["begins anew"] * point.begins_anew
    cells = (
        (_OUTCOMES[point.outcome],),
        (scale.value(point.value), scale.interval(point.low, point.high)),
        (scale.interval(point.sequence_low, point.sequence_high),),
        (", ".join(said),),
    )
    return Row(_name(point.run_id), cells)


def _name(text: str) -> str:
    return safe_text(text, limit=_LIMIT)
