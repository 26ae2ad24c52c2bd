"""`evaluator runs`: the runs on this disk, their trend, and which of them may go."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption, OutOption, RunArgument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from evaluator.journal.runs import Kind
    from evaluator.retention import Retained

runs_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
HistoryOption = Annotated[
    list[Path] | None,
    typer.Option("--history", metavar="FILE", help="Its baselines are kept. Repeatable. Default: OUT/history.jsonl."),
]


class TrendFormat(StrEnum):
    """How a trend can be shown."""

    TERMINAL = "terminal"
    MARKDOWN = "md"
    HTML = "html"
    JSON = "json"


@runs_app.callback()
def runs() -> None:
    """List, keep and remove runs, and see how their rates move.

    \b
    Examples:
      evaluator runs list
      evaluator runs trend reports/history.jsonl
      evaluator runs prune --keep 30 --older-than 90d --yes
    """


@runs_app.command("list")
def list_(out: OutOption = "reports", as_json: JsonOption = False) -> None:
    """List the runs under --out, oldest first.

    \b
    Examples:
      evaluator runs list
      evaluator runs list --out /srv/reports --json
    """
    from evaluator.journal import list_runs
    from evaluator.retention import Retained

    _show(
        [Retained(run=run, reason=None) for run in list_runs(Path(out))], Path(out), (), as_json=as_json, prunes=False
    )


@runs_app.command("pin")
def pin(
    run: RunArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Let it be pruned again.")] = False,
    out: OutOption = "reports",
) -> None:
    """Keep a run from being pruned, as a baseline.

    \b
    Examples:
      evaluator runs pin baseline-2026-11
      evaluator runs pin baseline-2026-11 --undo
    """
    from evaluator.cli.messages import say
    from evaluator.journal import RunDirectory, pin_run

    directory = RunDirectory.find(run, Path(out))
    pin_run(directory, pinned=not undo)
    say(f"run {directory.run_id} {'may be pruned again' if undo else 'is pinned: it is never pruned'}")


@runs_app.command("prune")
def prune(
    keep: Annotated[int | None, typer.Option("--keep", metavar="N", min=0, help="Keep the N newest runs.")] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Remove only older runs: 90d, 12w, 36h.")
    ] = None,
    history: HistoryOption = None,
    with_labelled: Annotated[
        bool, typer.Option("--with-labelled", help="Also remove runs with what people said; nothing can rebuild it.")
    ] = False,
    with_other_files: Annotated[
        bool, typer.Option("--with-other-files", help="Also remove runs that hold files the evaluator did not write.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do remove them. Without: only say which.")] = False,
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Remove old runs. Without --yes nothing is removed, only listed.

    With both --keep and --older-than a run goes that meets both. Never removed: runs that
    are being written, pinned runs, baselines that a history names, damaged runs, links; without
    --with-labelled, runs with labels or findings by people; and without --with-other-files, runs
    whose directory holds files that the evaluator did not write.

    \b
    Examples:
      evaluator runs prune --older-than 90d
      evaluator runs prune --keep 30 --older-than 90d --yes
    """
    from datetime import UTC, datetime

    from evaluator.cli.messages import say
    from evaluator.errors import ConfigError
    from evaluator.journal import baselines_named, choose_runs, list_runs, remove_run

    if keep is None and older_than is None:
        raise ConfigError("runs prune: need --keep N or --older-than AGE")
    folder = Path(out)
    default = folder / "history.jsonl"
    histories = history or ([default] if default.is_file() else [])
    missing = [path for path in histories if not path.is_file()]
    if missing:
        raise ConfigError(f"--history {missing[0]}: no such file, so its baselines are not known")
    flags: dict[Kind, bool] = {"labelled": with_labelled, "other_files": with_other_files}
    chosen = choose_runs(
        list_runs(folder),
        keep=keep,
        older_than=_age(older_than) if older_than is not None else None,
        now=datetime.now(UTC),
        baselines=baselines_named(histories),
        also=[kind for kind, is_given in flags.items() if is_given],
    )
    leaving = [one.run.run_id for one in chosen if one.reason is None]
    for run_id in leaving if yes else ():
        remove_run(folder, run_id)
    _show(chosen, folder, tuple(leaving) if yes else (), as_json=as_json, prunes=True)
    if leaving and not yes:
        say(f"nothing was removed; {len(leaving)} runs would be: add --yes")


def _age(text: str) -> timedelta:
    import re
    from datetime import timedelta

    from evaluator.errors import ConfigError

    found = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if not found:
        raise ConfigError(f"--older-than: need a number of hours, days or weeks as 36h, 90d or 12w, got {text[:40]!a}")
    return timedelta(hours=int(found[1]) * {"h": 1, "d": 24, "w": 24 * 7}[found[2]])


def _show(chosen: Sequence[Retained], out: Path, removed: tuple[str, ...], *, as_json: bool, prunes: bool) -> None:
    import sys

    from evaluator.cli.result import terminal_width
    from evaluator.report import render_runs, runs_bytes
    from evaluator.retention import RunList

    listed = RunList(out=str(out), runs=tuple(chosen), removed=removed)
    if as_json:
        sys.stdout.write(runs_bytes(listed).decode("ascii"))
    else:
        width = terminal_width()
        sys.stdout.write(render_runs(listed, prunes=prunes, width=width, colour=sys.stdout.isatty()))
    sys.stdout.flush()


@runs_app.command("trend")
def trend(
    history: Annotated[Path, typer.Argument(metavar="HISTORY", help="The file of gate --history.")],
    format_: Annotated[TrendFormat, typer.Option("--format", help="How to show it.")] = TrendFormat.TERMINAL,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write it here; default: standard output.")
    ] = None,
    last: Annotated[int, typer.Option("--last", metavar="N", min=1, help="Only the last N runs.")] = 100,
) -> None:
    """Show how the rates of scheduled runs moved.

    Each rate comes with the interval of its run alone, and with a confidence sequence: an
    interval for the rate on these probes that holds at all runs at once, while nothing
    changes. A run outside the sequence of those before it is a sign of change.

    \b
    Examples:
      evaluator runs trend reports/history.jsonl
      evaluator runs trend reports/history.jsonl --format html --to trend.html
    """
    import sys

    from evaluator.cli.result import terminal_width
    from evaluator.errors import ConfigError
    from evaluator.journal import HistoryFile, write_atomically
    from evaluator.report import render_trend, render_trend_html, render_trend_markdown, trend_bytes
    from evaluator.stats.gating.trend import trend_of

    if not history.is_file():
        raise ConfigError(f"{history}: need the file that gate --history writes, got none")
    found = trend_of(HistoryFile(history).read(), last=last)
    if format_ is TrendFormat.JSON:
        text = trend_bytes(found).decode("ascii")
    elif format_ is TrendFormat.HTML:
        text = render_trend_html(found)
    elif format_ is TrendFormat.MARKDOWN:
        text = render_trend_markdown(found)
    else:
        text = render_trend(found, width=terminal_width(), colour=to is None and sys.stdout.isatty())
    if to is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        write_atomically(to, text.encode("utf-8"))
    except OSError as exc:
        raise ConfigError(f"--to {to}: cannot be written: {exc.strerror}") from exc
