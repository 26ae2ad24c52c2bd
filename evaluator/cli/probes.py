"""`evaluator probes`: the workshop for probe sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption

if TYPE_CHECKING:
    from evaluator.probeset import Finding, ProbeSet

probes_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@probes_app.callback()
def probes() -> None:
    """Check probe sets before they are asked, and generate fresh ones.

    \b
    Examples:
      evaluator probes check probes/core
      evaluator probes generate --family elements --seed 7 -n 200 --out elements-7
    """


@probes_app.command("check")
def check(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Folders with probes.jsonl, .jsonl files, or family:NAME?seed=S&n=N."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Check probe sets: format, duplicates, twins, targets, sources, leaks. Exit code 1 on errors.

    \b
    Examples:
      evaluator probes check probes/core
      evaluator probes check my-set.jsonl --json
      evaluator probes check "family:elements?seed=7&n=200"
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


@probes_app.command("generate")
def generate(
    family: Annotated[str | None, typer.Option("--family", metavar="NAME", help="Which family; see --list.")] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="Another seed gives other probes.")] = 0,
    n: Annotated[int, typer.Option("-n", metavar="N", help="How many probes; twins count as two.")] = 100,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write probes.jsonl and set.toml there. Default: stdout."),
    ] = None,
    list_families: Annotated[bool, typer.Option("--list", help="List the families.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make fresh probes that nobody has trained on: the same family, seed and n give the same probes.

    The truth of a probe is computed or comes from a table; `run --probes "family:NAME?seed=S&n=N"`
    asks the same probes without writing them first.

    \b
    Examples:
      evaluator probes generate --list
      evaluator probes generate --family elements --seed 7 -n 200 --out elements-7
      evaluator probes generate --family arithmetic --seed 1 -n 20 > probes.jsonl
    """
    from evaluator.config import FAMILY_PREFIX
    from evaluator.errors import ConfigError

    if list_families:
        _list_families(as_json=as_json)
        return
    if family is None:
        raise ConfigError("probes generate: need --family NAME, or --list to see the families")
    _generate(f"{FAMILY_PREFIX}{family}?seed={seed}&n={n}", out, as_json=as_json)


def _list_families(*, as_json: bool) -> None:
    import sys

    from evaluator.jsonl import encode_line
    from evaluator.probeset import family_names, find_family
    from evaluator.report import safe_text

    for name in family_names():
        family = find_family(name)
        if as_json:
            row = {"name": family.name, "version": family.version, "summary": family.summary}
            sys.stdout.write(encode_line(row).decode("ascii"))
        else:
            typer.echo(safe_text(f"{family.name:<12} {family.version:>3}  {family.summary}"))


def _generate(reference: str, out: Path | None, *, as_json: bool) -> None:
    import sys

    from evaluator.cli.messages import say
    from evaluator.jsonl import encode_line
    from evaluator.probeset import read_probe_set, write_probe_set

    probe_set = read_probe_set(reference)
    if out is not None:
        write_probe_set(probe_set, out)
        say(f"{out}: {probe_set.ref.n_probes} probes of {reference}")
    elif not as_json:
        for probe in probe_set.probes:
            sys.stdout.write(encode_line(probe).decode("ascii"))
    if as_json:
        sys.stdout.write(encode_line(probe_set.ref).decode("ascii"))


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
