"""`evaluator resume`: continue a run after any death."""

from __future__ import annotations

from evaluator.cli.options import JsonOption, MaxMinutesOption, OutOption, RunArgument


def resume(
    run: RunArgument, out: OutOption = "reports", max_minutes: MaxMinutesOption = None, as_json: JsonOption = False
) -> None:
    """Continue a run after any death.

    Asks only what has no answer yet; failed requests are tried again.

    \b
    Examples:
      evaluator resume 20261123-101500-k3f9
      evaluator resume reports/nightly --max-minutes 30
    """
    from evaluator.cli.asking import resume_run

    resume_run(run, out=out, max_minutes=max_minutes, as_json=as_json)
