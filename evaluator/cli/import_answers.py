"""`evaluator import`: a run from answers recorded elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evaluator.cli.options import JsonOption, OutOption, ProbesOption, RunIdOption


def import_answers(
    probes: ProbesOption = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="answers.jsonl or answers.jsonl.gz.")
    ] = None,
    run_id: RunIdOption = None,
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Grade answers that were recorded elsewhere.

    No model is asked. Each line of FILE is {"model", "probe_id", "text"} with optional "repeat",
    "finish_reason" and "usage".

    \b
    Examples:
      evaluator import --probes probes/core --answers answers.jsonl
      evaluator import --probes my-set --answers answers.jsonl.gz --run-id last-year --json
    """
    from datetime import UTC, datetime

    from evaluator.cli.asking import new_run_id
    from evaluator.cli.messages import say
    from evaluator.cli.result import finish, show
    from evaluator.errors import ConfigError
    from evaluator.graders import default_grader
    from evaluator.journal import RunDirectory, check_run_id, write_responses
    from evaluator.probeset import read_probe_sets
    from evaluator.run.importing import import_answers as read_import

    if not probes or answers is None:
        raise ConfigError("import: need --probes PATH and --answers FILE")
    now = datetime.now(UTC)
    name = check_run_id(run_id) if run_id else new_run_id(now)
    directory = RunDirectory(Path(out) / name)
    grader = default_grader()
    started_at = now.isoformat(timespec="seconds")
    probe_sets = read_probe_sets([Path(path) for path in probes])
    imported = read_import(answers, probe_sets, grader, run_id=name, started_at=started_at)
    say(f"grading {len(imported.responses):,} answers")
    with directory.locked():
        directory.create(imported.plan.manifest, imported.plan.probes)
        write_responses(directory.journal_path, ((started_at, response) for response in imported.responses))
        summary = finish(imported.plan, directory, grader)
    show(summary, directory, as_json=as_json)
