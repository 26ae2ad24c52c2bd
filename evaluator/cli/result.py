"""From a journal to the result: verdicts, summary, and what is shown of them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping

from evaluator.cli.display import counted
from evaluator.journal import RunDirectory
from evaluator.protocols import Grader
from evaluator.records import Summary, Verdict
from evaluator.report import agreement_bytes, render_agreement, render_terminal, summary_bytes
from evaluator.results import Agreement
from evaluator.run.regrade import grade_responses
from evaluator.run.session import RunPlan, final_responses
from evaluator.stats import summarise


def finish(
    plan: RunPlan, directory: RunDirectory, grader: Grader, *, known: Mapping[str, Verdict] | None = None
) -> Summary:
    """Grade what the journal holds and write verdicts.jsonl and summary.json.

    Args:
        known: Verdicts of this very grader that need not be made again, by request id.
    """
    responses = final_responses(plan, directory)
    verdicts = grade_responses(plan.probes, counted(responses, "grading"), grader, known=known)
    directory.write_verdicts(verdicts)
    summary = summarise(plan.manifest, plan.probes, responses, verdicts)
    directory.write_summary(summary_bytes(summary))
    return summary


def show(summary: Summary, directory: RunDirectory, *, as_json: bool) -> None:
    """Print the result on stdout: as a table with where the run lies, or as JSON."""
    if as_json:
        sys.stdout.write(summary_bytes(summary).decode("ascii"))
    else:
        print_table(summary)
        sys.stdout.write(f"Run: {directory.path}\n")
    sys.stdout.flush()


def show_agreement(agreement: Agreement, *, as_json: bool) -> None:
    """Print how far a grader agrees with labels on stdout, as tables or as JSON."""
    if as_json:
        sys.stdout.write(agreement_bytes(agreement).decode("ascii"))
    else:
        sys.stdout.write(render_agreement(agreement, width=_width(), colour=sys.stdout.isatty()))
    sys.stdout.flush()


def print_table(summary: Summary) -> None:
    """Print the summary for a person, as wide as the terminal and coloured when it is one."""
    sys.stdout.write(render_terminal(summary, width=_width(), colour=sys.stdout.isatty()))


def _width() -> int:
    return max(min(shutil.get_terminal_size((80, 24)).columns, 120), 40)
