"""`evaluator import`: a run from answers recorded elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evaluator.cli.options import JsonOption, OutOption, ProbesOption, RunIdOption


def import_answers(
    probes: ProbesOption = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="The file of recorded answers.")
    ] = None,
    format_name: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="What wrote the file: native, inspect, lm-eval, promptfoo, or a format that another package adds.",
        ),
    ] = "native",
    run_id: RunIdOption = None,
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Grade answers that were recorded elsewhere.

    No model is asked. The probe_id is what joins an answer to its probe.

    \b
    native     answers.jsonl: lines of {"model", "probe_id", "text"} with optional
               "repeat", "finish_reason" and "usage"
    inspect    a log, .json or .eval; the id of a sample is the probe_id
    lm-eval    samples_TASK_DATE.jsonl, with results_DATE.json beside it; the
               documents have the field probe_id, or id
    promptfoo  --output results.json or .jsonl; the tests have the variable probe_id

    \b
    Examples:
      evaluator import --probes probes/core --answers answers.jsonl
      evaluator import --probes my-set --answers answers.jsonl.gz --run-id last-year --json
      evaluator import --probes my-set --from inspect --answers logs/my-task.json
      evaluator import --probes my-set --from lm-eval --answers out/samples_my-task_DATE.jsonl
      evaluator import --probes my-set --from promptfoo --answers results.json
    """
    from datetime import UTC, datetime

    from evaluator.cli.asking import new_run_id
    from evaluator.cli.messages import say
    from evaluator.cli.result import finish, show
    from evaluator.errors import ConfigError
    from evaluator.graders import default_grader
    from evaluator.journal import RunDirectory, write_responses
    from evaluator.probeset import read_probe_sets
    from evaluator.report.format import counted
    from evaluator.run.importing import import_answers as read_import

    if not probes or answers is None:
        raise ConfigError("import: need --probes PATH and --answers FILE")
    now = datetime.now(UTC)
    directory = RunDirectory.named(run_id or new_run_id(now), Path(out))
    grader = default_grader()
    started_at = now.isoformat(timespec="seconds")
    probe_sets = read_probe_sets(probes)
    imported = read_import(
        answers, probe_sets, grader, run_id=directory.run_id, started_at=started_at, format_name=format_name
    )
    say(f"grading {counted(len(imported.responses), 'answer')}")
    with directory.locked():
        directory.create(imported.plan.manifest, imported.plan.probes)
        write_responses(directory.journal_path, ((started_at, response) for response in imported.responses))
        summary = finish(imported.plan, directory, grader)
    show(summary, directory, as_json=as_json)
