"""What the commands of `evaluator probes` do with one probe set."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from evaluator.jsonl import encode_line

if TYPE_CHECKING:
    from evaluator.set_records import SetCheck


def begin_set(folder: Path, *, with_schemas: bool) -> None:
    """Write a new set, and say how to go on."""
    from uuid import uuid4

    from evaluator.cli.messages import say
    from evaluator.probeset import scaffold
    from evaluator.report import json_schema

    files = scaffold(folder.resolve().name, folder, str(uuid4()))
    for path in files:
        say(f"wrote {path.as_posix()}")
    if with_schemas:
        for name in ("probe", "set"):
            path = folder / f"{name}.schema.json"
            path.write_bytes(json_schema(name))
            say(f"wrote {path.as_posix()}")
        meta = folder / "set.toml"
        # Editors that know TOML read where its schema is from the first line.
        meta.write_text(f"#:schema ./set.schema.json\n{meta.read_text(encoding='utf-8')}", encoding="utf-8")
    say(f"now replace the examples; then: evaluator probes check {folder.as_posix()}")


def check_sets(paths: Sequence[str], *, as_json: bool) -> bool:
    """Check every set and print what was found.

    Returns:
        Whether any of them has an error.
    """
    from datetime import UTC, datetime

    from evaluator.probeset import check_probe_set, read_probe_set

    today = datetime.now(UTC).date()
    has_error = False
    for path in paths:
        found = check_probe_set(read_probe_set(path), today=today)
        has_error |= found.n_errors > 0
        if as_json:
            sys.stdout.write(encode_line(found).decode("ascii"))
        else:
            _print_check(found)
    return has_error


def _print_check(check: SetCheck) -> None:
    from evaluator.report import safe_text
    from evaluator.report.format import counted

    for finding in check.findings:
        place = f"{finding.file}:{finding.line}: " if finding.line else ""
        about = f" {finding.probe_id}" if finding.probe_id else ""
        hint = f" ({finding.hint})" if finding.hint else ""
        typer.echo(safe_text(f"{place}{finding.severity} {finding.code}{about}: {finding.message}{hint}"))
    ref = check.probe_set
    counts = ((ref.n_probes, "probe"), (check.n_errors, "error"), (check.n_warnings, "warning"))
    typer.echo(safe_text(f"{ref.path}: {', '.join(counted(n, noun) for n, noun in counts)}"))


def show_stats(paths: Sequence[str], *, as_json: bool) -> None:
    """Print what every set is made of."""
    from evaluator.probeset import read_probe_set, stats_of
    from evaluator.report import render_set_stats
    from evaluator.set_records import SetReport

    for number, path in enumerate(paths):
        found = read_probe_set(path)
        report = SetReport(probe_set=found.ref, stats=stats_of(found))
        if as_json:
            sys.stdout.write(encode_line(report).decode("ascii"))
        else:
            typer.echo(("\n" if number else "") + render_set_stats(report), nl=False)


def list_all_families(*, as_json: bool) -> None:
    """Print the name, version and summary of every family."""
    from evaluator.probeset import family_names, find_family
    from evaluator.report import safe_text

    for name in family_names():
        family = find_family(name)
        if as_json:
            row = {"name": family.name, "version": family.version, "summary": family.summary}
            sys.stdout.write(encode_line(row).decode("ascii"))
        else:
            typer.echo(safe_text(f"{family.name:<12} {family.version:>3}  {family.summary}"))


def generate_set(reference: str, out: Path | None, *, as_json: bool) -> None:
    """Generate the probes of `family:NAME?seed=S&n=N` to a folder or to stdout."""
    from evaluator.cli.messages import say
    from evaluator.probeset import read_probe_set, write_probe_set
    from evaluator.report.format import counted

    probe_set = read_probe_set(reference)
    if out is not None:
        write_probe_set(probe_set, out)
        say(f"{out}: {counted(probe_set.ref.n_probes, 'probe')} of {reference}")
    elif not as_json:
        for probe in probe_set.probes:
            sys.stdout.write(encode_line(probe).decode("ascii"))
    if as_json:
        sys.stdout.write(encode_line(probe_set.ref).decode("ascii"))
