"""`evaluator label`: people label a sample of the answers, so that the grader's errors can be measured."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evaluator.cli.options import JsonOption, RunArgument

label_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

RunsOption = Annotated[str, typer.Option("--out", "--runs", metavar="DIR", help="Where runs lie.")]
AnnotatorOption = Annotated[
    str | None, typer.Option("--annotator", metavar="NAME", help="Who labels. Default: your user name.")
]


class AllocationName(StrEnum):
    """How a sample is shared among the cells."""

    PROPORTIONAL = "proportional"
    NEYMAN = "neyman"


@label_app.callback()
def label() -> None:
    """Label a random sample of the answers by hand.

    First draw the sample, then label it at the terminal (ask) or in a spreadsheet (import).
    The labels lie in gold.jsonl of the run and outlive every new grading.

    \b
    correct    it commits to something that means the same as an accepted answer
    wrong      it commits to anything else; if the probe has no answer: it answered anyway
    abstained  it commits to nothing: says it does not know, corrects the question,
               asks back, or declines

    \b
    Examples:
      evaluator label draw RUN --per-model 150 --out labels.csv
      evaluator label ask RUN
    """


@label_app.command("draw")
def draw(
    run: RunArgument,
    sheet: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="The sheet to write.")],
    per_model: Annotated[int, typer.Option("--per-model", metavar="N", min=1, help="Answers drawn per model.")] = 150,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="S", help="Default: that of the last draw, else that of the run.")
    ] = None,
    allocation: Annotated[
        AllocationName,
        typer.Option("--allocation", help="Share by size of the cells, or also by how much they matter (neyman)."),
    ] = AllocationName.PROPORTIONAL,
    floor: Annotated[int, typer.Option("--floor", metavar="K", min=0, help="Least number drawn from a cell.")] = 10,
    blind: Annotated[bool, typer.Option("--blind", help="Do not show which model answered.")] = False,
    annotator: Annotated[
        str | None,
        typer.Option("--annotator", metavar="NAME", help="Write the name in, and leave out what NAME has labelled."),
    ] = None,
    runs: Annotated[str, typer.Option("--runs", metavar="DIR", help="Where runs lie.")] = "reports",
) -> None:
    """Draw a random sample of the answers and write it as a sheet for any spreadsheet.

    Within every model, prompt, kind of probe and verdict of the grader the same number of
    answers, or a share, is drawn at random; how is remembered in the run, and beside
    the sheet as FILE.csv.design.json. A larger draw holds the smaller one.

    People fill the column `label` with correct, wrong or abstained. An apostrophe at the
    beginning of a cell only keeps the spreadsheet from changing it.

    \b
    Examples:
      evaluator label draw 20261123-101500-k3f9 --out labels.csv
      evaluator label draw reports/nightly --per-model 300 --blind --out more.csv
    """
    from evaluator.cli.labelling import draw_sheet, find_run
    from evaluator.labels import DrawSettings, SheetOptions, check_annotator

    found = find_run(run, runs)
    design, _ = found.directory.read_gold()
    if seed is None:
        seed = design.seed if design else found.plan.manifest.seed
    settings = DrawSettings(seed=seed, per_model=per_model, allocation=allocation.value, floor=floor)
    name = check_annotator(annotator) if annotator is not None else ""
    options = SheetOptions(run_id=found.run_id, is_blind=blind, annotator=name)
    draw_sheet(found, settings, options, sheet)


@label_app.command("ask")
def ask(
    run: RunArgument,
    annotator: AnnotatorOption = None,
    only_disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Settle what annotators disagree about.")
    ] = False,
    runs: RunsOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Label the drawn answers at the terminal: one key for each.

    Neither the model nor the verdict is shown. Every label is safe on the disk before the
    next answer appears; stop and go on whenever you like. Without a terminal it reads one
    letter a line.

    \b
    Examples:
      evaluator label ask 20261123-101500-k3f9
      evaluator label ask reports/nightly --annotator anna
    """
    from evaluator.cli.labelling import ask_labels, find_run

    ask_labels(find_run(run, runs), annotator, adjudicates=only_disagreements, as_json=as_json)


@label_app.command("adjudicate")
def adjudicate(
    run: RunArgument, annotator: AnnotatorOption = None, runs: RunsOption = "reports", as_json: JsonOption = False
) -> None:
    """Settle what annotators disagree about; the same as: label ask RUN --disagreements.

    What is said here is the last word on an answer. The annotators' own labels stay, and
    agreement is computed from them alone.

    \b
    Example:
      evaluator label adjudicate reports/nightly --annotator carla
    """
    from evaluator.cli.labelling import ask_labels, find_run

    ask_labels(find_run(run, runs), annotator, adjudicates=True, as_json=as_json)


@label_app.command("import")
def import_sheet(
    run: RunArgument,
    sheet: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A sheet that was filled in.")],
    annotator: Annotated[
        str | None,
        typer.Option("--annotator", metavar="NAME", help="Who filled in the rows that name nobody."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Let annotators change their labels.")] = False,
    runs: RunsOption = "reports",
    as_json: JsonOption = False,
) -> None:
    """Take the labels of a sheet over into the run.

    Everything is checked first: run, answer, the text that was labelled, label, annotator.
    When a row is wrong nothing is taken. Rows without a label are left for later; taking
    the same sheet over again changes nothing.

    \b
    Examples:
      evaluator label import 20261123-101500-k3f9 labels.csv
      evaluator label import reports/nightly labels.csv --annotator anna --json
    """
    from evaluator.cli.labelling import find_run, show_status, take_over

    found = find_run(run, runs)
    take_over(found, sheet, annotator, replace=replace)
    show_status(found, as_json=as_json)


@label_app.command("status")
def status(run: RunArgument, runs: RunsOption = "reports", as_json: JsonOption = False) -> None:
    """Show how far the labelling is, how far annotators agree, and what to settle.

    \b
    Example:
      evaluator label status reports/nightly --json
    """
    from evaluator.cli.labelling import find_run, show_status

    show_status(find_run(run, runs), as_json=as_json)
