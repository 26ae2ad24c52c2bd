"""`evaluator grade`: new verdicts for old responses, or how far they agree with labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption, OutOption, RunArgument

if TYPE_CHECKING:
    from evaluator.journal import RunDirectory
    from evaluator.protocols import Grader


def grade(
    run: RunArgument,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="FILE", help="Compare with these labels instead; nothing is written."),
    ] = None,
    annotator: Annotated[
        str | None,
        typer.Option("--annotator", metavar="NAME", help="Whose labels, when FILE has those of several people."),
    ] = None,
    grader: Annotated[
        str | None,
        typer.Option("--grader", metavar="NAME", help="The grader, also one that another package adds."),
    ] = None,
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Grade a run again without asking any model.

    Says which verdicts changed. With --against it measures the grader instead: how far its
    verdicts agree with labels that people gave to the same answers.

    \b
    FILE has lines of {"probe_id", "model", "label"} with optional "repeat" and "annotator",
    or gold labels with a request_id; label is correct, wrong or abstained. An annotator
    whose name starts with llm: is a model.

    \b
    Examples:
      evaluator grade 20261123-101500-k3f9
      evaluator grade reports/nightly --json
      evaluator grade reports/nightly --against labels.jsonl
      evaluator grade reports/nightly --against labels.jsonl.gz --annotator anna --json
    """
    from evaluator.errors import ConfigError
    from evaluator.graders import default_grader, load_grader
    from evaluator.journal import RunDirectory

    if annotator is not None and against is None:
        raise ConfigError("--annotator: need --against FILE, the labels to choose from")
    directory = RunDirectory.find(run, Path(out))
    chosen = load_grader(grader) if grader is not None else default_grader()
    if against is None:
        _grade_again(directory, chosen, as_json=as_json)
    else:
        _compare(directory, chosen, against, annotator=annotator, as_json=as_json)


def _grade_again(directory: RunDirectory, grader: Grader, *, as_json: bool) -> None:
    from evaluator.cli.display import counted
    from evaluator.cli.messages import say
    from evaluator.cli.result import show
    from evaluator.report import summary_bytes
    from evaluator.run.regrade import regrade
    from evaluator.run.session import final_responses, load_plan
    from evaluator.stats import summarise

    with directory.locked():
        plan = load_plan(directory, grader)
        responses = final_responses(plan, directory)
        result = regrade(plan.probes, counted(responses, "grading"), grader, directory.read_verdicts())
        summary = summarise(plan.manifest, plan.probes, responses, result.verdicts)
        directory.write_verdicts(result.verdicts)
        directory.write_summary(summary_bytes(summary))
    show(summary, directory, as_json=as_json)
    say(f"graded {len(result.verdicts):,} responses with {grader.name}; {len(result.changed):,} verdicts changed")
    for old, new in result.changed[:20]:
        before, after = old.label or f"ungraded ({old.ungraded})", new.label or f"ungraded ({new.ungraded})"
        say(f"  {new.model} {new.probe_id}: {before} -> {after} ({new.evidence})")
    if len(result.changed) > 20:
        say(f"  and {len(result.changed) - 20:,} more")


def _compare(directory: RunDirectory, grader: Grader, path: Path, *, annotator: str | None, as_json: bool) -> None:
    from evaluator.cli.display import counted
    from evaluator.cli.result import show_agreement
    from evaluator.labels import match_labels, read_labels
    from evaluator.run.regrade import grade_responses
    from evaluator.run.session import final_responses, load_plan
    from evaluator.stats.agreement import agreement

    labels = read_labels(path, annotator=annotator)
    plan = load_plan(directory, grader)
    responses = final_responses(plan, directory)
    matched = match_labels(labels, responses)
    labelled = [response for response in responses if response.request_id in matched.by_request]
    verdicts = grade_responses(plan.probes, counted(labelled, "grading"), grader)
    found = agreement(verdicts, matched.by_request, plan.probes, run_id=plan.manifest.run_id, labels=matched.ref)
    show_agreement(found, as_json=as_json)
