"""`evaluator report`: show a run again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import OutOption, RunArgument

if TYPE_CHECKING:
    from pathlib import Path

    from evaluator.cli.people import Given
    from evaluator.records import Summary


class ReportFormat(StrEnum):
    """How a summary can be shown."""

    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "md"


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
    out: OutOption = "reports",
) -> None:
    """Show the result of a run.

    It is computed anew from the journal and the verdicts. RUN may also be a
    summary.json, from whatever machine it comes.

    \b
    Examples:
      evaluator report 20261123-101500-k3f9
      evaluator report reports/nightly --format md > comment.md
      evaluator report baseline/summary.json --format json
      evaluator report nightly --audit probes/core/audit.jsonl
    """
    import sys
    from pathlib import Path

    from evaluator.cli.people import Given
    from evaluator.cli.result import print_table
    from evaluator.report import render_markdown, summary_bytes

    given = Given(audit=Path(audit) if audit else None, config=Path(config) if config else None)
    summary = load_summary(run, Path(out), given)
    for name in dict.fromkeys(formats or [ReportFormat.TERMINAL]):
        if name is ReportFormat.JSON:
            sys.stdout.write(summary_bytes(summary).decode("ascii"))
        elif name is ReportFormat.MARKDOWN:
            sys.stdout.write(render_markdown(summary))
        else:
            print_table(summary)


def load_summary(run: str, out: Path, given: Given | None = None) -> Summary:
    """Return the summary of a run, or the one in a file.

    Args:
        given: Files to read in place of the run's own audit and settings.

    Raises:
        JournalError: If there is no such run or it is damaged.
        ConfigError: If files are given to a summary, which is what it is.
    """
    import os
    from pathlib import Path

    from evaluator.cli.result import conclude
    from evaluator.errors import ConfigError, JournalError
    from evaluator.graders import default_grader
    from evaluator.journal import RunDirectory
    from evaluator.report import read_summary
    from evaluator.run.regrade import grade_responses
    from evaluator.run.session import final_responses, load_plan

    if os.path.isfile(run):  # noqa: PTH113  # is_file() raises for a name that is too long
        if given is not None and (given.audit or given.config):
            raise ConfigError(f"--audit and --config: need a run to compute anew, got the summary {run}")
        try:
            return read_summary(Path(run).read_bytes(), run)
        except OSError as exc:
            raise JournalError(f"{run}: cannot be read: {exc.strerror}") from exc
    directory = RunDirectory.find(run, out)
    plan = load_plan(directory)
    responses = final_responses(plan, directory)
    known = {verdict.request_id: verdict for verdict in directory.read_verdicts()}
    verdicts = grade_responses(plan.probes, responses, default_grader(), known=known)
    return conclude(plan, directory, responses, verdicts, given=given).summary
