"""`evaluator report`: show a run again, for people and for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from evaluator.cli.options import OutOption, RunArgument


class ReportFormat(StrEnum):
    """How a result can be shown."""

    TERMINAL = "terminal"
    HTML = "html"
    JSON = "json"
    MARKDOWN = "md"
    JUNIT = "junit"
    PROMETHEUS = "prometheus"
    CSV = "csv"
    PARQUET = "parquet"


def report(
    run: RunArgument,
    formats: Annotated[
        list[ReportFormat] | None,
        typer.Option("--format", help="How to show it. Repeatable; default: terminal."),
    ] = None,
    audit: Annotated[
        str | None, typer.Option("--audit", metavar="FILE", help="Findings about the probes, as in audit.jsonl.")
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="evaluation.toml whose [calibration] limits hold.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output (`-`)."),
    ] = None,
    texts: Annotated[bool, typer.Option("--texts", help="csv, parquet: also questions and answers.")] = False,
    out: OutOption = "reports",
) -> None:
    """Show the result of a run, for people and for programs.

    It is computed anew from the journal and the verdicts. RUN may also be a
    summary.json, from whatever machine it comes; it has no single answers.

    \b
    terminal    tables as wide as the terminal
    html        one page with charts and every answer; index.html of the run
    md          Markdown for a pull request
    json        everything, as `evaluator schema summary` describes it
    junit       JUnit XML: one case per model and check
    prometheus  metrics for a textfile collector
    csv         one row per response; texts that a spreadsheet would run begin
                with an apostrophe
    parquet     the same rows, typed; needs --output or a pipe

    \b
    Examples:
      evaluator report 20261123-101500-k3f9
      evaluator report nightly --format html
      evaluator report reports/nightly --format md > comment.md
      evaluator report nightly --format junit --output junit.xml
      evaluator report nightly --format prometheus -o /var/lib/node_exporter/evaluator.prom
      evaluator report nightly --format parquet --texts -o verdicts.parquet
      evaluator report baseline/summary.json --format json
      evaluator report nightly --audit probes/core/audit.jsonl
    """
    from pathlib import Path

    from evaluator.cli.people import Given
    from evaluator.cli.reporting import ReportRequest, write_reports

    wanted = tuple(str(name) for name in dict.fromkeys(formats or [ReportFormat.TERMINAL]))
    given = Given(audit=Path(audit) if audit else None, config=Path(config) if config else None)
    write_reports(run, Path(out), ReportRequest(wanted, output, with_texts=texts), given)
