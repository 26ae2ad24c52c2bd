"""`evaluator resume`: continue a run after any death."""

from __future__ import annotations

from evaluator.cli.options import (
    AllowUnknownPriceOption,
    JsonOption,
    MaxMinutesOption,
    MaxUsdOption,
    MaxWaitOption,
    NoPreflightOption,
    OutOption,
    RunArgument,
    YesOption,
)


def resume(
    run: RunArgument,
    out: OutOption = "reports",
    max_minutes: MaxMinutesOption = None,
    max_wait: MaxWaitOption = None,
    max_usd: MaxUsdOption = None,
    allow_unknown_price: AllowUnknownPriceOption = False,
    no_preflight: NoPreflightOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Continue a run after any death.

    Asks only what has no answer yet; failed requests are tried again. A cap on spending counts
    what earlier sessions spent; a new one replaces it.

    \b
    Examples:
      evaluator resume 20261123-101500-k3f9
      evaluator resume reports/nightly --max-minutes 30
      evaluator resume reports/nightly --max-usd 20
    """
    from evaluator.cli.asking import resume_run
    from evaluator.cli.spending import Spending
    from evaluator.cli.time_limits import TimeLimits

    spending = Spending(
        max_usd=max_usd,
        allow_unknown_price=allow_unknown_price or None,
        has_preflight=not no_preflight,
        assume_yes=yes,
    )
    limits = TimeLimits(max_minutes=max_minutes, max_wait=max_wait)
    resume_run(run, out=out, limits=limits, spending=spending, as_json=as_json)
