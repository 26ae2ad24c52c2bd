"""`evaluator verify`: recompute every number of a run from its own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluator.cli.options import JsonOption, OutOption

if TYPE_CHECKING:
    from evaluator.verification import Verification


def verify(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run directory, an id under --out, or a published folder or .zip.")
    ],
    publish: Annotated[
        Path | None, typer.Option("--publish", metavar="DIR|FILE.zip", help="Write the files with their hashes here.")
    ] = None,
    no_text: Annotated[
        bool, typer.Option("--no-text", help="With --publish: hashes in place of what models and judges wrote.")
    ] = False,
    out: OutOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Recompute a run from its journal, and say exactly what does not agree.

    Checks every hash (files, prompts, probes, plan, request ids, labelled texts), grades
    every answer again by the same grader, and computes every number anew. Needs the run
    directory and this package, nothing else; asks nobody and changes nothing. Where
    another version of the package explains a difference, that is said.

    With --publish the run is written as a bundle for others. With --no-text it holds no
    answer and no reply of a judge, only their hashes; the probes, labels, verdicts and
    numbers are there, and `evaluator verify` of the bundle computes the numbers from them.

    \b
    Exit codes:
      0 all agrees    1 something does not    2 RUN cannot be read

    \b
    Examples:
      evaluator verify nightly-2026-11-23
      evaluator verify reports/final --publish final.zip --no-text
      evaluator verify final.zip --json
    """
    from evaluator.cli.messages import say
    from evaluator.cli.verifying import verify_run
    from evaluator.errors import ConfigError
    from evaluator.journal import RunDirectory
    from evaluator.run.publish import publish as write_bundle

    if no_text and publish is None:
        raise ConfigError("--no-text: need --publish DIR or FILE.zip, what is to be written without texts")
    if run.endswith(".zip"):
        if publish is not None:
            raise ConfigError("--publish: need a run directory, got a bundle")
        _show(_verify_archive(Path(run)), as_json=as_json)
        return
    directory = RunDirectory.find(run, Path(out))
    verification = verify_run(directory)
    if publish is not None and verification.agrees:
        bundle = write_bundle(directory, publish, with_text=not no_text)
        say(f"published {len(bundle.files)} files {'with' if bundle.has_text else 'without'} texts: {publish}")
    elif publish is not None:
        say("nothing was published: the run does not agree with itself")
    _show(verification, as_json=as_json)


def _verify_archive(path: Path) -> Verification:
    import tempfile

    from evaluator.cli.verifying import verify_run
    from evaluator.journal import RunDirectory
    from evaluator.run.publish import unpack

    with tempfile.TemporaryDirectory(prefix="evaluator-verify-") as name:
        unpack(path, Path(name))
        return verify_run(RunDirectory(Path(name)))


def _show(verification: Verification, *, as_json: bool) -> None:
    import sys

    from evaluator.cli.result import terminal_width
    from evaluator.report import render_verification, verification_bytes

    if as_json:
        sys.stdout.write(verification_bytes(verification).decode("ascii"))
    else:
        sys.stdout.write(render_verification(verification, width=terminal_width(), colour=sys.stdout.isatty()))
    sys.stdout.flush()
    if not verification.agrees:
        raise typer.Exit(1)
