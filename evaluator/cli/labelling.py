"""What the `label` commands do: draw a sample, ask a person, take sheets over, show how far it is."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import typer

from evaluator.cli.label_screen import ask_until_done
from evaluator.cli.messages import say
from evaluator.cli.result import finish, settle, terminal_width
from evaluator.errors import ConfigError, LabelsFileError
from evaluator.gold_labels import GoldSet, gold_set
from evaluator.graders import default_grader
from evaluator.journal import RunDirectory
from evaluator.label_design import LabelDesign
from evaluator.labels import (
    DrawSettings,
    LabelledRun,
    Labelling,
    SheetOptions,
    blind_order,
    check_annotator,
    draw,
    open_disagreements,
    open_questions,
    read_design,
    read_sheet,
    sheet_bytes,
    sheet_labels,
    text_sha256,
    write_sheet,
)
from evaluator.records import Response, Verdict
from evaluator.report import label_status_bytes, render_label_status
from evaluator.run.regrade import Graded, grade_responses
from evaluator.run.session import RunPlan, final_responses, load_plan
from evaluator.stats.annotators import label_status


@dataclass(frozen=True)
class RunToLabel:
    """A run whose answers people label."""

    directory: RunDirectory
    plan: RunPlan
    responses: Sequence[Response]

    @property
    def run_id(self) -> str:
        """The run's own name, also where its directory was renamed."""
        return self.plan.manifest.run_id

    @cached_property
    def labelled(self) -> LabelledRun:
        """The run as labels are checked against it."""
        return LabelledRun(
            run_id=self.run_id,
            responses={response.request_id: response for response in self.responses},
            probes={probe.probe_id: probe for probe in self.plan.probes},
        )

    @cached_property
    def verdicts(self) -> Sequence[Verdict]:
        """Today's verdicts, as a report shows them."""
        known = {verdict.request_id: verdict for verdict in self.directory.read_verdicts()}
        verdicts = grade_responses(self.plan.probes, self.responses, default_grader(), known=known)
        return list(settle(self.plan, self.directory, Graded.of(self.responses, verdicts)).graded.verdicts())

    def gold(self) -> GoldSet:
        """Return the labels that still hold, and the draw."""
        texts = {response.request_id: text_sha256(response.text) for response in self.responses}
        return gold_set(*self.directory.read_gold(), texts)


def find_run(run: str, runs: str) -> RunToLabel:
    """Find a run by its directory, or by its id under `runs`.

    Raises:
        JournalError: If there is no such run or it is damaged.
    """
    directory = RunDirectory.find(run, Path(runs))
    plan = load_plan(directory)
    return RunToLabel(directory, plan, final_responses(plan, directory))


def draw_sheet(found: RunToLabel, settings: DrawSettings, options: SheetOptions, path: Path) -> None:
    """Draw, write the sheet with its design, and remember the design in the run.

    Raises:
        ConfigError: If labels were given to a draw with another seed.
        LabelsFileError: If the sheet exists or cannot be written.
    """
    if path.exists():
        raise LabelsFileError(
            f"{path}: exists, and people may have filled it in; choose another --out, or move it away"
        )
    with found.directory.gold.locked():
        gold = found.gold()
        earlier = gold.design if gold.labels else None
        design = draw(found.plan.manifest, found.plan.probes, found.verdicts, settings, earlier=earlier)
        done = {label.request_id for label in gold.labels if label.annotator == options.annotator}
        ids = [request_id for request_id in blind_order(design) if request_id not in done]
        run = found.labelled
        data = sheet_bytes((run.responses[request_id] for request_id in ids), dict(run.probes), options)
        write_sheet(path, data, design)
        found.directory.gold.write_design(design)
    sys.stdout.write(f"{path}\n")
    _say_draw(found, design, gold, settings, n_rows=len(ids))


def _say_draw(found: RunToLabel, design: LabelDesign, gold: GoldSet, settings: DrawSettings, *, n_rows: int) -> None:
    n_graded = sum(cell.n_responses for cell in design.cells)
    models = {cell.model for cell in design.cells}
    say(
        f"drew {len(design.drawn):,} of {n_graded:,} graded answers from {len(design.cells):,} cells with seed "
        f"{design.seed}; {n_rows:,} are in the sheet"
    )
    if len(design.drawn) > settings.per_model * len(models):
        say(
            f"that is more than {settings.per_model:,} per model: a cell has its floor, and what was drawn before stays"
        )
    labelled = {label.request_id for label in gold.labels}
    if labelled:
        say(f"{len(labelled & design.drawn):,} of them have a label already")
    if labelled - design.drawn:
        say(f"{len(labelled - design.drawn):,} answers with a label are not in this draw: no calibration uses them")
    n_planned = found.plan.manifest.n_requests
    if len(found.responses) < n_planned:
        say(f"the run has {len(found.responses):,} of {n_planned:,} answers: draw again when it is complete")


def ask_labels(found: RunToLabel, annotator: str | None, *, adjudicates: bool, as_json: bool) -> None:
    """Ask a person for labels, then show the status.

    Raises:
        ConfigError: If nothing was drawn.
        EvaluatorError: If a label cannot be written; those before are safe.
    """
    name = check_annotator(annotator if annotator is not None else _user_name())
    gold = found.gold()
    if adjudicates:
        queue = open_disagreements(gold.design, gold.labels)
    elif gold.design is None:
        raise ConfigError(
            f"{found.directory.path}: nothing was drawn yet; first: evaluator label draw RUN --out FILE.csv"
        )
    else:
        queue = open_questions(gold.design, gold.labels, name)
    known = [request_id for request_id in queue if request_id in found.labelled.responses]
    labelling = Labelling(known, found.labelled, found.directory.gold, name, adjudicates=adjudicates)
    number = ask_until_done(labelling, found.labelled, gold.labels if adjudicates else ())
    say(f"saved labels by {name}: {labelling.n_labelled:,}; answers left: {labelling.n_open:,}")
    if labelling.n_labelled:
        bring_up_to_date(found.directory)
    show_status(found, as_json=as_json)
    if number is not None:
        raise typer.Exit(128 + number)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError) as exc:
        raise ConfigError("need --annotator NAME: who labels; the system does not tell") from exc


def take_over(found: RunToLabel, path: Path, annotator: str | None, *, replace: bool) -> None:
    """Write the labels of a sheet into the run, all or none.

    Raises:
        LabelsFileError: If the sheet is wrong or contradicts earlier labels.
    """
    from datetime import UTC, datetime

    name = check_annotator(annotator) if annotator is not None else None
    sheet = read_sheet(path)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    taken = sheet_labels(sheet, found.labelled, annotator=name, now=now)
    gold = found.directory.gold
    with gold.locked():
        travelled = read_design(path)
        design = _adopted(found, travelled)
        n_new = gold.add(taken.labels, replace=replace)
        if design is not None:
            gold.write_design(design)
    if sheet.encoding == "cp1252":
        say(f"{path}: is not UTF-8; read as Windows-1252, the labels are all there")
    say(f"{n_new:,} of {len(taken.labels):,} labels are new; {taken.n_empty:,} rows have none yet")
    _say_outside(found, (label.request_id for label in taken.labels))
    bring_up_to_date(found.directory)


def bring_up_to_date(directory: RunDirectory) -> None:
    """Compute summary.json anew, in which the labels now count; left alone where there is none yet."""
    if not directory.summary_path.exists():
        return
    known = {verdict.request_id: verdict for verdict in directory.read_verdicts()}
    with directory.locked():
        finish(load_plan(directory), directory, default_grader(), known=known)
    say("the rates in summary.json count these labels")


def _adopted(found: RunToLabel, travelled: LabelDesign | None) -> LabelDesign | None:
    """Return the design that came with a sheet, when the run has lost its own."""
    has, _ = found.directory.read_gold()
    if has is not None or travelled is None or travelled.run_id != found.run_id:
        return None
    if not travelled.drawn <= found.labelled.responses.keys():
        raise LabelsFileError("the design beside the sheet draws answers that the run does not hold; was it made anew?")
    say("took the design of the draw from beside the sheet")
    return travelled


def _say_outside(found: RunToLabel, request_ids: Iterable[str]) -> None:
    design, _ = found.directory.read_gold()
    if design is None:
        say("nothing was drawn in this run: its labels are no random sample, and no calibration can use them")
    else:
        if outside := set(request_ids) - design.drawn:
            say(f"{len(outside):,} of the answers are not in the draw: no calibration uses their labels")
        say(f"rates corrected with the labels: evaluator report {found.directory.path}")


def show_status(found: RunToLabel, *, as_json: bool) -> None:
    """Print how far the labelling is on stdout."""
    status = label_status(found.gold(), found.plan.probes, found.verdicts, run_id=found.run_id)
    if as_json:
        sys.stdout.write(label_status_bytes(status).decode("ascii"))
    else:
        sys.stdout.write(render_label_status(status, width=terminal_width(), colour=sys.stdout.isatty()))
    sys.stdout.flush()
