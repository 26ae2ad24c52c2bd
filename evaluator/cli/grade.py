"""`evaluator grade`: new verdicts for old responses."""

from __future__ import annotations

from evaluator.cli.options import JsonOption, OutOption, RunArgument


def grade(run: RunArgument, out: OutOption = "reports", as_json: JsonOption = False) -> None:
    """Grade a run again without asking any model.

    Says which verdicts changed.

    \b
    Examples:
      evaluator grade 20261123-101500-k3f9
      evaluator grade reports/nightly --json
    """
    from pathlib import Path

    from evaluator.cli.display import counted
    from evaluator.cli.messages import say
    from evaluator.cli.result import show
    from evaluator.graders import default_grader
    from evaluator.journal import RunDirectory
    from evaluator.report import summary_bytes
    from evaluator.run.regrade import regrade
    from evaluator.run.session import final_responses, load_plan
    from evaluator.stats import summarise

    directory = RunDirectory.find(run, Path(out))
    grader = default_grader()
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
