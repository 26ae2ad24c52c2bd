"""`evaluator grade`: new verdicts for old responses, or how far the grader agrees with labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import (
    JsonOption,
    JudgeAllOption,
    JudgeBaseUrlOption,
    JudgeOption,
    JudgeRepeatsOption,
    OutOption,
    RunArgument,
    SelfGradingOption,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluator.config import Settings
    from evaluator.journal import RunDirectory
    from evaluator.protocols import Grader
    from evaluator.records import Manifest, Verdict
    from evaluator.run.session import RunPlan


def grade(
    run: RunArgument,
    judge: JudgeOption = None,
    judge_base_url: JudgeBaseUrlOption = None,
    judge_all: JudgeAllOption = False,
    judge_repeats: JudgeRepeatsOption = None,
    allow_self_grading: SelfGradingOption = False,
    no_judge: Annotated[bool, typer.Option("--no-judge", help="By rules only; what judges said is kept.")] = False,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="evaluation.toml whose [[judge]] tables hold.")
    ] = None,
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
    """Grade a run again without asking its models.

    Says which verdicts changed, and keeps them in changes.jsonl of the run. With --judge it
    asks that model about the answers of which the rules are unsure; without, nobody is asked,
    and what the run's judges said before holds.

    With --against it measures the grader instead, the run's judges included: how far its
    verdicts agree with labels that people gave to the same answers.

    \b
    FILE has lines of {"probe_id", "model", "label"} with optional "repeat" and "annotator",
    or gold labels with a request_id; label is correct, wrong or abstained. An annotator
    whose name starts with llm: is a model.

    \b
    Examples:
      evaluator grade 20261123-101500-k3f9
      evaluator grade reports/nightly --judge server/phi-4 --judge-base-url http://127.0.0.1:8001/v1
      evaluator grade reports/nightly --against labels.jsonl
      evaluator grade reports/nightly --against labels.jsonl.gz --annotator anna --json
    """
    import msgspec

    from evaluator.cli.judging import JudgeFlags, judge_flags_settings
    from evaluator.errors import ConfigError
    from evaluator.graders import default_grader, load_grader
    from evaluator.journal import RunDirectory
    from evaluator.run.session import load_plan

    settings = judge_flags_settings(config, JudgeFlags(judge, judge_base_url, judge_all, judge_repeats))
    if annotator is not None and against is None:
        raise ConfigError("--annotator: need --against FILE, the labels to choose from")
    if settings.judge and (no_judge or against is not None):
        raise ConfigError("--no-judge and --against ask no judge: need no --judge and no [[judge]] beside them")
    directory = RunDirectory.find(run, Path(out))
    chosen = load_grader(grader) if grader is not None else default_grader()
    plan = load_plan(directory)
    manifest = _manifest(plan.manifest, settings, chosen, no_judge=no_judge, allow_self_grading=allow_self_grading)
    plan = msgspec.structs.replace(plan, manifest=manifest)
    if against is None:
        _grade_again(plan, directory, chosen, asks=bool(settings.judge), as_json=as_json)
    else:
        _compare(plan, directory, chosen, against, annotator=annotator, as_json=as_json)


def _manifest(
    manifest: Manifest, settings: Settings, grader: Grader, *, no_judge: bool, allow_self_grading: bool
) -> Manifest:
    """Name the grader and the judges: those given, or those the run has."""
    from evaluator.run.judging import check_judge_prompt, graded_by, with_judges

    if settings.judge or no_judge or manifest.judge_prompt is None:
        return with_judges(manifest, settings, grader.name, allow_self_grading=allow_self_grading)
    check_judge_prompt(manifest)
    return graded_by(manifest, grader.name)


def _grade_again(plan: RunPlan, directory: RunDirectory, grader: Grader, *, asks: bool, as_json: bool) -> None:
    from evaluator.cli.judging import ask_judges, say_open_judgements
    from evaluator.cli.result import conclude, grade_run, save_again, show

    with directory.locked():
        graded = grade_run(plan, directory, grader)
        # Before a judge is asked, so that `resume` knows whom to ask after a death.
        directory.change_grading(plan.manifest)
    number = ask_judges(plan, directory, graded) if asks else None
    with directory.locked():
        summary, changed = save_again(conclude(plan, directory, graded), directory)
    show(summary, directory, as_json=as_json)
    _say_changes(plan.manifest.graders[0], changed, len(graded))
    n_open = say_open_judgements(summary, directory)
    if number is not None:
        raise typer.Exit(128 + number)
    if n_open:
        raise typer.Exit(4)


def _say_changes(grader: str, changed: Sequence[tuple[Verdict, Verdict]], n_graded: int) -> None:
    from evaluator.cli.messages import say

    say(f"graded {n_graded:,} responses with {grader}; {len(changed):,} verdicts changed")
    for old, new in changed[:20]:
        before, after = old.label or f"ungraded ({old.ungraded})", new.label or f"ungraded ({new.ungraded})"
        say(f"  {new.model} {new.probe_id}: {before} -> {after} ({new.evidence})")
    if len(changed) > 20:
        say(f"  and {len(changed) - 20:,} more")


def _compare(
    plan: RunPlan, directory: RunDirectory, grader: Grader, path: Path, *, annotator: str | None, as_json: bool
) -> None:
    from evaluator.cli.display import counted
    from evaluator.cli.result import settle, show_agreement
    from evaluator.labels import match_labels, read_labels
    from evaluator.run.regrade import Graded, grade_responses
    from evaluator.run.session import final_responses
    from evaluator.stats.agreement import agreement

    labels = read_labels(path, annotator=annotator)
    responses = final_responses(plan, directory)
    unanswerable = {probe.probe_id for probe in plan.probes if not probe.is_answerable}
    matched = match_labels(labels, responses, unanswerable=unanswerable)
    labelled = [response for response in responses if response.request_id in matched.by_request]
    by_rules = grade_responses(plan.probes, counted(labelled, "grading"), grader)
    verdicts = settle(plan, directory, Graded.of(labelled, by_rules)).graded.verdicts()
    found = agreement(verdicts, matched.by_request, plan.probes, run_id=plan.manifest.run_id, labels=matched.ref)
    show_agreement(found, as_json=as_json)
