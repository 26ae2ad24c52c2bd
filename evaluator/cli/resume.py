"""`evaluator resume`: continue a run after any death."""

from __future__ import annotations

from evaluator.cli.options import JsonOption, MaxMinutesOption, MaxWaitOption, OutOption, RunArgument


def resume(
    run: RunArgument,
    out: OutOption = "reports",
    max_minutes: MaxMinutesOption = None,
    max_wait: MaxWaitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Continue a run after any death.

    Asks only what has no answer yet; failed requests are tried again.

    \b
    Examples:
      evaluator resume 20261123-101500-k3f9
      evaluator resume reports/nightly --max-minutes 30
    """
    from evaluator.cli.asking import resume_run
    from evaluator.cli.time_limits import TimeLimits

    limits = TimeLimits(max_minutes=max_minutes, max_wait=max_wait)
    resume_run(run, out=out, limits=limits, as_json=as_json)
