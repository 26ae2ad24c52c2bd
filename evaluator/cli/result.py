"""From a journal to the result: verdicts, summary, and what is shown of them."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import msgspec

from evaluator.cli.display import counted
from evaluator.cli.people import Given, found_by_people
from evaluator.comparison import Comparison
from evaluator.journal import RunDirectory, write_seal
from evaluator.judge_use import JudgeUse
from evaluator.protocols import Grader
from evaluator.records import Response, Summary, Verdict, VerdictChange
from evaluator.report import (
    agreement_bytes,
    comparison_bytes,
    render_agreement,
    render_comparison,
    render_terminal,
    summary_bytes,
)
from evaluator.results import Agreement
from evaluator.run.final import FinalResponses
from evaluator.run.judging import has_current_rubric, judging_of, votes_on
from evaluator.run.regrade import Graded, Pair, changed_verdicts, grade_all, unzipped
from evaluator.run.session import RunPlan
from evaluator.stats import judge_uses, summarise


def finish(
    plan: RunPlan, directory: RunDirectory, grader: Grader, *, known: Mapping[str, Verdict] | None = None
) -> Summary:
    """Grade what the journal holds and write verdicts.jsonl and summary.json.

    Args:
        known: Verdicts of this very grader that need not be made again, by request id.
    """
    return save(conclude(plan, directory, grade_run(plan, directory, grader, known=known)), directory)


def grade_run(
    plan: RunPlan, directory: RunDirectory, grader: Grader, *, known: Mapping[str, Verdict] | None = None
) -> Graded:
    """Grade what the journal holds, saying how far it is.

    Args:
        known: Verdicts of this very grader that need not be made again, by request id.
    """
    responses = FinalResponses(directory, plan.manifest, plan.probes)
    said = partial(counted, what="grading")
    return grade_all(plan.probes, responses, grader, known=known, told=said)


class Conclusion(NamedTuple):
    """The last word on every response, and the summary of them."""

    graded: Graded
    summary: Summary


class Settled(NamedTuple):
    """Verdicts with the votes of the judges counted in, and what each judge did for them."""

    graded: Graded
    judges: tuple[JudgeUse, ...] = ()


def settle(plan: RunPlan, directory: RunDirectory, graded: Graded) -> Settled:
    """Count in what the run's judges have said so far, where it has judges; asks nobody.

    Args:
        graded: By the rules, or settled before.
    """
    manifest = plan.manifest
    if not manifest.judges or not has_current_rubric(manifest):
        return Settled(graded)
    judging = judging_of(manifest, plan.probes, graded)
    votes = votes_on(manifest, plan.probes, judging, directory)
    ids = [judge.id for judge in manifest.judges]
    uses = judge_uses(ids, judging.ballots.values(), votes.votes, votes.replies)
    return Settled(graded.with_verdicts(votes.settled), uses)


def conclude(
    plan: RunPlan,
    directory: RunDirectory,
    graded: Graded,
    *,
    given: Given | None = None,
    seen: Callable[[Response, Verdict], None] | None = None,
) -> Conclusion:
    """Settle the verdicts and summarise them with what people found; writes nothing.

    Args:
        given: Files to read in place of the run's own.
        seen: Told of every answer and the last word on it, on the way.
    """
    settled = settle(plan, directory, graded)
    people = found_by_people(plan.manifest, directory, graded.responses, given)
    responses, verdicts = unzipped(settled.graded if seen is None else _shown(settled.graded, seen))
    with _no_collections():
        summary = summarise(plan.manifest, plan.probes, responses, verdicts, people=people)
    return Conclusion(settled.graded, msgspec.structs.replace(summary, judges=settled.judges))


def _shown(graded: Graded, seen: Callable[[Response, Verdict], None]) -> Iterator[Pair]:
    for pair in graded:
        seen(*pair)
        yield pair


@contextmanager
def _no_collections() -> Iterator[None]:
    """Keep the collector of circular garbage away while millions of records pass, which refer to nothing back."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def save(conclusion: Conclusion, directory: RunDirectory) -> Summary:
    """Write verdicts.jsonl, summary.json and the seal of all files; return the summary."""
    directory.write_verdicts(conclusion.graded.verdicts())
    directory.write_summary(summary_bytes(conclusion.summary))
    write_seal(directory.path, conclusion.summary.manifest.run_id)
    return conclusion.summary


def save_again(conclusion: Conclusion, directory: RunDirectory) -> tuple[Summary, list[tuple[Verdict, Verdict]]]:
    """Save what another grader made of a run; what it says otherwise goes to changes.jsonl, and is returned."""
    changed = changed_verdicts(directory.verdicts, conclusion.graded.verdicts())
    summary = save(conclusion, directory)
    directory.add_changes(VerdictChange(old=before, new=after) for before, after in changed)
    return summary, changed


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
