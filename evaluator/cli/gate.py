"""`evaluator gate`: does a run hold its limits, and is it as good as its baseline?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption, OutOption, RunArgument

if TYPE_CHECKING:
    from evaluator.gating import GateResult


class Accepted(StrEnum):
    """What may differ between a run and its baseline when one says so."""

    GRADER = "grader"
    PROMPT = "prompt"
    PROBES = "probes"
    SETTINGS = "settings"
    SERVED = "served"
    MODELS = "models"


class GateFormat(StrEnum):
    """How the verdict can be shown."""

    TERMINAL = "terminal"
    JSON = "json"
    MARKDOWN = "md"
    JUNIT = "junit"


def gate(
    run: RunArgument,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="RUN", help="A run or a summary.json. Default: that of the policy."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="TOML with [gate]. Default: that of the run, else both rates."),
    ] = None,
    history: Annotated[
        Path | None,
        typer.Option("--history", metavar="FILE", help="Remember this run, and judge it with all before it."),
    ] = None,
    fresh_baseline: Annotated[
        bool, typer.Option("--fresh-baseline", help="The baseline was asked anew for this gate (A/B).")
    ] = False,
    anchor: Annotated[
        str | None,
        typer.Option(
            "--anchor", metavar="RUN", help="A run with labels by people, just graded again: did the judge drift?"
        ),
    ] = None,
    anchor_labels: Annotated[
        Path | None,
        typer.Option(
            "--anchor-labels", metavar="FILE", help="Its labels, as for grade --against. Default: its gold.jsonl."
        ),
    ] = None,
    allow_different: Annotated[
        list[Accepted] | None,
        typer.Option("--allow-different", help="Compare although these differ. Repeatable."),
    ] = None,
    formats: Annotated[
        list[GateFormat] | None,
        typer.Option("--format", help="How to show it. Repeatable; default: terminal."),
    ] = None,
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Decide whether a run is good enough: pass, fail or undecided.

    A check passes when the bound of its interval lies within the limit, or within the
    margin against the baseline, probe by probe. It fails when the interval shows that the
    limit is broken, or that the run got worse. Neither: undecided, with what would decide
    it. Without a policy: hallucination and over-abstention, 5 points more at most.

    What cannot be compared (other probes, prompt, grader, settings or served model) is
    refused. Too much ungraded or missing is never a pass. Nothing is written but --history.

    With --history the gate may run every night: all its false alarms together, for ever,
    have probability 1 - level. It needs a baseline with 5 repeats or more, one for each
    look, or --fresh-baseline; else it only fails on what is certain in a run alone.

    \b
    Exit codes:
      0 pass    1 fail    2 wrong usage or input, or not comparable    3 undecided

    \b
    Examples:
      evaluator gate nightly-2026-11-23 --baseline baseline/summary.json
      evaluator gate reports/candidate --baseline reports/main --policy evaluation.toml --format md
      evaluator gate nightly-2026-11-23 --baseline pinned --history reports/history.jsonl
    """
    from evaluator.cli.gating import GateOptions, run_gate
    from evaluator.gating import EXIT_CODES

    options = GateOptions(
        run=run,
        baseline=baseline,
        policy=policy,
        history=history,
        is_fresh=fresh_baseline,
        anchor=anchor,
        anchor_labels=anchor_labels,
        allowed=tuple(str(kind) for kind in allow_different or ()),
        out=Path(out),
    )
    result = run_gate(options)
    names = [GateFormat.JSON] if as_json else formats or [GateFormat.TERMINAL]
    for name in dict.fromkeys(names):
        _show(result, name)
    raise typer.Exit(EXIT_CODES[result.outcome])


def _show(result: GateResult, name: GateFormat) -> None:
    import sys

    from evaluator.cli.result import terminal_width
    from evaluator.report import gate_bytes, render_gate, render_gate_junit, render_gate_markdown

    if name is GateFormat.JSON:
        sys.stdout.write(gate_bytes(result).decode("ascii"))
    elif name is GateFormat.MARKDOWN:
        sys.stdout.write(render_gate_markdown(result))
    elif name is GateFormat.JUNIT:
        sys.stdout.write(render_gate_junit(result).decode("utf-8"))
    else:
        sys.stdout.write(render_gate(result, width=terminal_width(), colour=sys.stdout.isatty()))
    sys.stdout.flush()
