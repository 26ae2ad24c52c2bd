"""All commands in one place; each one's code is in the file of its name."""

from __future__ import annotations

import typer

from evaluator import __version__
from evaluator.cli.compare import compare
from evaluator.cli.gate import gate
from evaluator.cli.grade import grade
from evaluator.cli.import_answers import import_answers
from evaluator.cli.label import label_app
from evaluator.cli.models import models_app
from evaluator.cli.plan import plan
from evaluator.cli.probes import probes_app
from evaluator.cli.report import report
from evaluator.cli.resume import resume
from evaluator.cli.run import run
from evaluator.cli.runs import runs_app
from evaluator.cli.schema import schema
from evaluator.cli.verify import verify

# Help is plain text: boxes and colours would triple the time it takes to appear.
app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"evaluator {__version__}")
        raise typer.Exit


@app.callback()
def evaluator(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Measure how often language models make things up, and whether they say "I don't know".

    \b
    Examples:
      evaluator run --probes probes/core --model local/smollm2-135m
      evaluator report RUN --format md
      evaluator COMMAND --help

    \b
    Exit codes:
      0 done, gate passed    1 a check failed (gate, verify, probes check, models check)
      2 wrong usage or input, nothing spent    3 gate undecided
      4 incomplete, resumable    129/130/143 interrupted, resumable
    """


_CODES = "\b\nExit codes:\n  0 done    2 wrong usage or input, nothing spent"
_ASKING = f"{_CODES}\n  4 incomplete    129/130/143 interrupted; go on with `evaluator resume RUN`"

app.command("run", epilog=_ASKING)(run)
app.command("plan")(plan)
app.command("resume", epilog=_ASKING)(resume)
app.command("import", epilog=_CODES)(import_answers)
app.command("grade")(grade)
app.command("report")(report)
app.command("compare")(compare)
app.command("gate")(gate)
app.command("verify")(verify)
app.command("schema")(schema)
app.add_typer(label_app, name="label")
app.add_typer(probes_app, name="probes")
app.add_typer(models_app, name="models")
app.add_typer(runs_app, name="runs")
