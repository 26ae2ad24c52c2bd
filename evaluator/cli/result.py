"""From a journal to the result: verdicts, summary, and what is shown of them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from evaluator.cli.display import counted
from evaluator.cli.people import Given, found_by_people
from evaluator.comparison import Comparison
from evaluator.journal import RunDirectory, write_seal
from evaluator.judge_use import JudgeUse
from evaluator.protocols import Grader
from evaluator.records import Response, Summary, Verdict
from evaluator.report import (
    agreement_bytes,
    comparison_bytes,
    render_agreement,
    render_comparison,
    render_terminal,
    summary_bytes,
)
from evaluator.results import Agreement
from evaluator.run.judging import count_votes, has_current_rubric, plan_judging
from evaluator.run.regrade import grade_responses
from evaluator.run.session import RunPlan, final_responses
from evaluator.stats import judge_uses, summarise


def finish(
    plan: RunPlan, directory: RunDirectory, grader: Grader, *, known: Mapping[str, Verdict] | None = None
) -> Summary:
    """Grade what the journal holds and write verdicts.jsonl and summary.json.

    Args:
        known: Verdicts of this very grader that need not be made again, by request id.
    """
    responses = final_responses(plan, directory)
    verdicts = grade_responses(plan.probes, counted(responses, "grading"), grader, known=known)
    return save(conclude(plan, directory, responses, verdicts), directory)


class Conclusion(NamedTuple):
    """The last word on every response, and the summary of them."""

    verdicts: Sequence[Verdict]
    summary: Summary


class Settled(NamedTuple):
    """Verdicts with the votes of the judges counted in, and what each judge did for them."""

    verdicts: Sequence[Verdict]
    judges: tuple[JudgeUse, ...] = ()


def settle(
    plan: RunPlan, directory: RunDirectory, responses: Sequence[Response], verdicts: Sequence[Verdict]
) -> Settled:
    """Count in what the run's judges have said so far, where it has judges; asks nobody.

    Args:
        verdicts: Of the rules, or settled before.
    """
    manifest = plan.manifest
    if not manifest.judges or not has_current_rubric(manifest):
        return Settled(verdicts)
    judging = plan_judging(manifest, plan.probes, responses, verdicts)
    judged = count_votes(manifest, plan.probes, verdicts, judging, directory)
    ids = [judge.id for judge in manifest.judges]
    return Settled(judged.verdicts, judge_uses(ids, judging.ballots.values(), judged.votes, judged.replies))


def conclude(
    plan: RunPlan,
    directory: RunDirectory,
    responses: Sequence[Response],
    verdicts: Sequence[Verdict],
    *,
    given: Given | None = None,
) -> Conclusion:
    """Settle the verdicts and summarise them with what people found; writes nothing.

    Args:
        given: Files to read in place of the run's own.
    """
    settled = settle(plan, directory, responses, verdicts)
    people = found_by_people(plan.manifest, directory, responses, given)
    summary = summarise(plan.manifest, plan.probes, responses, settled.verdicts, people=people)
    return Conclusion(settled.verdicts, msgspec.structs.replace(summary, judges=settled.judges))


def save(conclusion: Conclusion, directory: RunDirectory) -> Summary:
    """Write verdicts.jsonl, summary.json and the seal of all files; return the summary."""
    directory.write_verdicts(conclusion.verdicts)
    directory.write_summary(summary_bytes(conclusion.summary))
    write_seal(directory.path, conclusion.summary.manifest.run_id)
    return conclusion.summary


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
        sys.stdout.write(render_agreement(agreement, width=terminal_width(), colour=sys.stdout.isatty()))
    sys.stdout.flush()


def show_comparison(comparison: Comparison, *, as_json: bool) -> None:
    """Print how models compare on stdout, as tables or as JSON."""
    if as_json:
        sys.stdout.write(comparison_bytes(comparison).decode("ascii"))
    else:
        sys.stdout.write(render_comparison(comparison, width=terminal_width(), colour=sys.stdout.isatty()))
    sys.stdout.flush()


def print_table(summary: Summary) -> None:
    """Print the summary for a person, as wide as the terminal and coloured when it is one."""
    sys.stdout.write(render_terminal(summary, width=terminal_width(), colour=sys.stdout.isatty()))


def terminal_width() -> int:
    """Return how wide output for a person is, in columns."""
    return max(min(shutil.get_terminal_size((80, 24)).columns, 120), 40)
