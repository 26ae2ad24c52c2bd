"""What `run` and `resume` share: keys, weights, signals, the session, the result."""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import msgspec
import typer

from evaluator.cli.display import Display
from evaluator.cli.interruption import run_session
from evaluator.cli.judging import ask_judges, resume_command, say_open_judgements
from evaluator.cli.messages import say
from evaluator.cli.needs import fetch_weights, keys_of
from evaluator.cli.open_files import make_room_for
from evaluator.cli.result import conclude, grade_run, save, save_again, show
from evaluator.cli.spending import Account, Spending, budget_of, confirm, look_first, open_of, say_uncounted
from evaluator.cli.time_limits import TimeLimits
from evaluator.config import Settings
from evaluator.errors import ConfigError, JournalError
from evaluator.graders import default_grader
from evaluator.journal import Expense, JournalState, RunDirectory, odd_place
from evaluator.probeset import read_probe_sets, sample_probe_sets
from evaluator.records import ModelSettings, Summary, Verdict
from evaluator.run.bounds import Bounds
from evaluator.run.judging import check_judge_prompt, graded_by, judging_identity, reach_judges, with_judges
from evaluator.run.progress import Progress
from evaluator.run.readiness import wait_until_ready
from evaluator.run.session import RunPlan, Session, load_plan, prepare, replan


@dataclass(frozen=True)
class StartOptions:
    """How a run is started, beside its settings."""

    run_id: str | None = None
    reuse: str | None = None
    allow_self_grading: bool = False
    limits: TimeLimits = field(default_factory=TimeLimits)
    spending: Spending = field(default_factory=Spending)


def start_run(settings: Settings, options: StartOptions, *, as_json: bool) -> None:
    """Plan a new run and ask it; an existing run id of the same plan is continued."""
    bounds = options.limits.bounds()
    if not settings.probes:
        raise ConfigError("need at least one probe set: --probes PATH or probes = [...] in the config file")
    probe_sets = sample_probe_sets(read_probe_sets(settings.probes), settings.sample, seed=settings.seed)
    grader = default_grader()
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    directory = RunDirectory.named(options.run_id or new_run_id(datetime.now(UTC)), Path(settings.out))
    plan = prepare(settings, probe_sets, grader, run_id=directory.run_id, started_at=started_at)
    allow = options.allow_self_grading
    manifest = with_judges(plan.manifest, settings, grader.name, allow_self_grading=allow)
    plan = msgspec.structs.replace(plan, manifest=manifest)
    reused = RunDirectory.find(options.reuse, Path(settings.out)).read_journal() if options.reuse else None
    if directory.exists:
        plan = continue_same(plan, directory)
    else:
        confirm(plan, options.spending)
    # As this command says, also for a run that began with another cap.
    cap, allow_unknown = settings.max_usd, settings.allow_unknown_price
    spending = replace(options.spending, max_usd=cap, allow_unknown_price=allow_unknown)
    Asking(plan, directory, reused, bounds, spending).ask(as_json=as_json)


def resume_run(run: str, *, out: str, limits: TimeLimits, spending: Spending, as_json: bool) -> None:
    """Continue the run named `run`."""
    bounds = limits.bounds()
    directory = RunDirectory.find(run, Path(out))
    plan = load_plan(directory)
    check_judge_prompt(plan.manifest)
    # Imported answers have no model to ask, but their judges may have been interrupted.
    is_for_judges = plan.manifest.imported_from is not None and bool(plan.manifest.judges)
    Asking(plan if is_for_judges else replan(directory), directory, None, bounds, spending).ask(as_json=as_json)


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and does not collide."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def continue_same(plan: RunPlan, directory: RunDirectory) -> RunPlan:
    """Return the plan of the existing run, when it is the one asked for.

    Raises:
        JournalError: If a run of that id asked something else.
    """
    existing = replan(directory)
    if [ref.sha256 for ref in existing.manifest.probe_sets] != [ref.sha256 for ref in plan.manifest.probe_sets]:
        raise JournalError(
            f"run {directory.run_id} exists at {directory.path}, but its probes were changed since; "
            "choose another --run-id"
        )
    if existing.manifest.plan_sha256 != plan.manifest.plan_sha256:
        raise JournalError(
            f"run {directory.run_id} exists at {directory.path} with other probes, models or settings; "
            "choose another --run-id"
        )
    asked, has = plan.manifest, existing.manifest
    if asked.judges and judging_identity(asked) != judging_identity(has):
        raise JournalError(
            f"run {directory.run_id} exists at {directory.path} with other judges; "
            f"judge it anew with: evaluator grade {directory.path} --judge {asked.judges[0].id}"
        )
    check_judge_prompt(has)
    say(f"continuing run {directory.run_id}")
    for model, before in zip(asked.models, has.models, strict=True):
        if model.base_url != before.base_url:
            say(f"{model.id} is asked at {model.base_url} from now on; before it was {before.base_url}")
    # How to reach the models is as this command says; what they are asked is as the run began.
    return msgspec.structs.replace(existing, manifest=msgspec.structs.replace(has, models=asked.models))


@dataclass(frozen=True)
class Asking:
    """One session of a run: what is asked, within which bounds."""

    plan: RunPlan
    directory: RunDirectory
    reuse: JournalState | None
    bounds: Bounds
    spending: Spending

    def ask(self, *, as_json: bool) -> None:
        """Ask what is open, then show the result and exit with the code that tells the truth."""
        plan, directory = self.plan, self.directory
        models, judges = plan.manifest.models if plan.requests else (), plan.manifest.judges
        keys, judge_keys = keys_of(models), keys_of(judges)
        fetch_weights((*models, *judges))
        say_doubts(directory, (*models, *judges))
        self._await_servers((*models, *judges), {**judge_keys, **keys})
        if plan.requests:
            asyncio.run(reach_judges(plan.manifest, judge_keys))
        account = Account(plan, directory, {**judge_keys, **keys})
        todo = open_of(plan, directory)
        expenses = look_first(plan, todo, {**judge_keys, **keys}, self.spending)
        budget = budget_of(plan, directory, todo, self.spending, expenses)
        bounds = msgspec.structs.replace(self.bounds, budget=budget)
        number, known = self._ask_models(keys, expenses, bounds) if plan.requests else (None, {})
        plan, is_regraded = name_grader(plan, directory)
        graded = grade_run(plan, directory, default_grader(), known=known)
        if judges and number is None:
            number = ask_judges(plan, directory, graded, bounds)
        conclusion = conclude(plan, directory, graded)
        summary = save_again(conclusion, directory)[0] if is_regraded else save(conclusion, directory)
        show(summary, directory, as_json=as_json)
        account.tell()
        say_uncounted(budget)
        end(summary, directory, number)

    def _await_servers(self, models: Sequence[ModelSettings], keys: Mapping[str, str]) -> None:
        """With --max-wait, wait for servers that are still starting."""
        remote = [model for model in models if model.base_url is not None]
        if self.bounds.ready_s and remote:
            ready_s = self.bounds.ready_s
            if self.bounds.stop_at is not None:
                ready_s = min(ready_s, max(self.bounds.stop_at - time.monotonic(), 0.0))
            asyncio.run(wait_until_ready(remote, keys, max_wait_s=ready_s, on_notice=say))

    def _ask_models(
        self, keys: Mapping[str, str], expenses: Sequence[Expense], bounds: Bounds
    ) -> tuple[int | None, Mapping[str, Verdict]]:
        """Ask the models; return the number of a signal, and what was graded on the way."""
        display = Display(self.plan.probes, Progress(len(self.plan.requests), budget=bounds.budget))
        session = Session(self.plan, self.directory, keys=keys, grader=default_grader(), watcher=display)
        work = session.run(reuse=self.reuse, on_start=display.start, bounds=bounds, expenses=expenses)
        # What is loaded by now stays: nobody need look for cycles in it again and again.
        gc.freeze()
        number = asyncio.run(run_session(session, display, work))
        return number, session.verdicts.by_id


def name_grader(plan: RunPlan, directory: RunDirectory) -> tuple[RunPlan, bool]:
    """Let the manifest name the grader of this version, which grades the whole run; tell whether it was another.

    A run that began with an older version would else keep the name of a grader that did not make its verdicts.
    """
    now = graded_by(plan.manifest, default_grader().name)
    before = plan.manifest.graders
    if now.graders == before:
        return plan, False
    say(f"all answers are graded by {', '.join(now.graders)}; until now this run was graded by {', '.join(before)}")
    with directory.locked():
        # Its models stay as the manifest on the disk says: this command may reach them elsewhere.
        directory.change_grading(msgspec.structs.replace(directory.read_manifest(), graders=now.graders))
    return msgspec.structs.replace(plan, manifest=now), True


def say_doubts(directory: RunDirectory, models: Sequence[ModelSettings]) -> None:
    """Say what about this machine could get in the way of a run, before it begins."""
    n_connections = sum(model.concurrency or 1 for model in models)
    for doubt in (odd_place(directory.path), make_room_for(n_connections)):
        if doubt is not None:
            say(f"warning: {doubt}")


def end(summary: Summary, directory: RunDirectory, number: int | None) -> NoReturn:
    """Say what is missing and exit with the code that tells the truth.

    Args:
        number: Of the signal that ended the work, if one did.
    """
    n_open = sum(result.outcomes["pending"] + result.outcomes["failed"] for result in summary.results)
    n_planned = sum(result.n_planned for result in summary.results)
    if n_open:
        say(f"{n_open:,} of {n_planned:,} requests have no answer; continue with: {resume_command(directory)}")
    n_open += say_open_judgements(summary, directory)
    if number is not None:
        raise typer.Exit(128 + number)
    raise typer.Exit(4 if n_open else 0)
