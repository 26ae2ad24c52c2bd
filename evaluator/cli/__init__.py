"""The command line: the only room that prints, reads the environment or exits."""

from __future__ import annotations

import os
import sys

from evaluator.errors import EvaluatorError


def main() -> None:
    """Run the command line; wrong input ends in one line on stderr and exit code 2."""
    from evaluator.cli.app import app

    try:
        app()
    except EvaluatorError as exc:
        from evaluator.report import safe_text

        sys.stderr.write(f"error: {safe_text(str(exc), limit=2000)}\n")
        sys.exit(2)
    except BrokenPipeError:
        # The reader of stdout went away (`| head`). Python would complain again while closing it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
