"""`evaluator grade`: new verdicts for old responses."""

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
    from evaluator.records import Verdict
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
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Grade a run again without asking its models.

    Says which verdicts changed. With --judge, asks that model about the answers of which the
    rules are unsure; without, nobody is asked and what the run's judges said before holds.

    \b
    Examples:
      evaluator grade 20261123-101500-k3f9
      evaluator grade reports/nightly --judge server/phi-4 --judge-base-url http://127.0.0.1:8001/v1
    """
    from evaluator.cli.judging import JudgeFlags, judge_flags_settings
    from evaluator.errors import ConfigError
    from evaluator.journal import RunDirectory

    settings = judge_flags_settings(config, JudgeFlags(judge, judge_base_url, judge_all, judge_repeats))
    if no_judge and settings.judge:
        raise ConfigError("--no-judge: need no --judge and no [[judge]] beside it")
    directory = RunDirectory.find(run, Path(out))
    plan = _plan(directory, settings, no_judge=no_judge, allow_self_grading=allow_self_grading)
    _grade(plan, directory, asks=bool(settings.judge), as_json=as_json)


def _plan(directory: RunDirectory, settings: Settings, *, no_judge: bool, allow_self_grading: bool) -> RunPlan:
    """Plan the grading: with the judges given, or those the run has."""
    import msgspec

    from evaluator.graders import default_grader
    from evaluator.run.judging import check_judge_prompt, with_judges
    from evaluator.run.session import load_plan

    plan = load_plan(directory, None)
    manifest, name = plan.manifest, default_grader().name
    if settings.judge or no_judge or not manifest.judges:
        manifest = with_judges(manifest, settings, name, allow_self_grading=allow_self_grading)
    else:
        check_judge_prompt(manifest)
    return msgspec.structs.replace(plan, manifest=manifest)


def _grade(plan: RunPlan, directory: RunDirectory, *, asks: bool, as_json: bool) -> None:
    from evaluator.cli.display import counted
    from evaluator.cli.judging import ask_judges, say_open_judgements
    from evaluator.cli.result import conclude, save, show
    from evaluator.graders import default_grader
    from evaluator.run.regrade import changed_verdicts, grade_responses
    from evaluator.run.session import final_responses

    with directory.locked():
        responses = final_responses(plan, directory)
        verdicts = grade_responses(plan.probes, counted(responses, "grading"), default_grader())
        # Before a judge is asked, so that `resume` knows whom to ask after a death.
        directory.change_grading(plan.manifest)
    number = ask_judges(plan, directory, responses, verdicts) if asks else None
    with directory.locked():
        old = directory.read_verdicts()
        conclusion = conclude(plan, directory, responses, verdicts)
        summary = save(conclusion, directory)
    show(summary, directory, as_json=as_json)
    _say_changes(plan.manifest.graders[0], changed_verdicts(old, conclusion.verdicts), len(responses))
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
