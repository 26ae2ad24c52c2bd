"""`evaluator probes`: the workshop for probe sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption

if TYPE_CHECKING:
    from evaluator.probeset import Finding, ProbeSet

probes_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@probes_app.callback()
def probes() -> None:
    """Check probe sets before they are asked.

    \b
    Example:
      evaluator probes check probes/core
    """


@probes_app.command("check")
def check(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Folders with probes.jsonl, or .jsonl files.")],
    as_json: JsonOption = False,
) -> None:
    """Check probe sets: format, duplicates, twins, targets, sources, leaks. Exit code 1 on errors.

    \b
    Examples:
      evaluator probes check probes/core
      evaluator probes check my-set.jsonl --json
    """
    import sys
    from datetime import UTC, datetime

    from evaluator.jsonl import encode_line
    from evaluator.probeset import check_probe_set, read_probe_set

    today = datetime.now(UTC).date()
    has_error = False
    for path in paths:
        probe_set = read_probe_set(path)
        findings = check_probe_set(probe_set, today=today)
        has_error |= any(finding.severity == "error" for finding in findings)
        if as_json:
            sys.stdout.write(encode_line({"probe_set": probe_set.ref, "findings": findings}).decode("ascii"))
        else:
            _print(probe_set, findings)
    raise typer.Exit(1 if has_error else 0)


def _print(probe_set: ProbeSet, findings: tuple[Finding, ...]) -> None:
    from evaluator.report import safe_text

    for finding in findings:
        where = f" {finding.probe_id}" if finding.probe_id else ""
        hint = f" ({finding.hint})" if finding.hint else ""
        typer.echo(safe_text(f"{finding.severity} {finding.code}{where}: {finding.message}{hint}"))
    n_errors = sum(finding.severity == "error" for finding in findings)
    n_warnings = sum(finding.severity == "warning" for finding in findings)
    typer.echo(
        safe_text(f"{probe_set.ref.path}: {probe_set.ref.n_probes} probes, {n_errors} errors, {n_warnings} warnings")
    )
