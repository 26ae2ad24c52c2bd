"""`evaluator schema`: the JSON Schema of every file."""

from __future__ import annotations

from typing import Annotated

import typer


def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="probe, answers, verdict, manifest, summary, ...")],
) -> None:
    """Print the JSON Schema of a file format.

    For validators, and for completion in editors.

    \b
    Examples:
      evaluator schema probe > probe.schema.json
      evaluator schema summary
    """
    import sys

    from evaluator.report import json_schema

    sys.stdout.write(json_schema(name).decode("ascii"))
