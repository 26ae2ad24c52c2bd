"""What `run` and `resume` share: keys, weights, signals, the session, the result."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer

from evaluator.cli.display import Display
from evaluator.cli.messages import say
from evaluator.cli.result import finish, show
from evaluator.config import Settings
from evaluator.errors import ConfigError, JournalError, ProviderError
from evaluator.graders import default_grader
from evaluator.journal import JournalState, RunDirectory, check_run_id, read_journal
from evaluator.probeset import read_probe_sets
from evaluator.providers import key_variable, provider_of
from evaluator.providers.client import is_loopback
from evaluator.providers.weights import fetch, gguf_path
from evaluator.records import ModelSettings
from evaluator.run.progress import Progress
from evaluator.run.session import RunPlan, Session, prepare, replan

GRACE_S = 30.0
"""How long requests in flight may finish after the first signal."""


def start_run(settings: Settings, *, run_id: str | None, reuse: str | None, assume_yes: bool, as_json: bool) -> None:
    """Plan a new run and ask it; an existing run id of the same plan is continued."""
    if not settings.probes:
        raise ConfigError("need at least one probe set: --probes PATH or probes = [...] in the config file")
    probe_sets = read_probe_sets([Path(path) for path in settings.probes])
    grader = default_grader()
    started_at = datetime.now(UTC).isoformat(timespec="seconds")
    name = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    plan = prepare(settings, probe_sets, grader, run_id=name, started_at=started_at)
    directory = RunDirectory(Path(settings.out) / name)
    reused = read_journal(RunDirectory.find(reuse, Path(settings.out)).journal_path) if reuse else None
    if directory.manifest_path.exists():
        plan = continue_same(plan, directory)
    else:
        confirm_price(plan, assume_yes=assume_yes)
    ask(plan, directory, reuse=reused, as_json=as_json)


def resume_run(run: str, *, out: str, as_json: bool) -> None:
    """Continue the run named `run`."""
    directory = RunDirectory.find(run, Path(out))
    ask(replan(directory), directory, reuse=None, as_json=as_json)


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and does not collide."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def continue_same(plan: RunPlan, directory: RunDirectory) -> RunPlan:
    """Return the plan of the existing run, when it is the one asked for.

    Raises:
        JournalError: If a run of that id asked something else.
    """
    existing = replan(directory)
    if existing.manifest.plan_sha256 != plan.manifest.plan_sha256:
        raise JournalError(
            f"run {directory.run_id} exists at {directory.path} with other probes, models or settings; "
            "choose another --run-id"
        )
    say(f"continuing run {directory.run_id}")
    return existing


def confirm_price(plan: RunPlan, *, assume_yes: bool) -> None:
    """Ask a person before anything is sent to a server whose price is not known."""
    remote = [m.id for m in plan.manifest.models if m.base_url is not None and not is_loopback(m.base_url)]
    if remote and not assume_yes and sys.stdin.isatty():
        n = sum(request.model in set(remote) for request in plan.requests)
        typer.confirm(f"Send {n:,} requests to {', '.join(remote)}? Their price is not known.", abort=True, err=True)


def keys_of(models: tuple[ModelSettings, ...]) -> dict[str, str]:
    """Read the API key of every model that has one from the environment.

    Raises:
        ProviderError: If a model names its variable and the variable is empty.
    """
    keys = {}
    for model in models:
        name = key_variable(model)
        value = os.environ.get(name, "") if name else ""
        if value:
            keys[model.id] = value
        elif model.api_key_env:
            raise ProviderError(f"{model.id}: need an API key in the environment variable {name}, got none")
    return keys


def fetch_weights(models: tuple[ModelSettings, ...]) -> None:
    """Fetch the weights of embedded models that are not on this machine yet."""
    for model in models:
        name = model.id.partition("/")[2]
        if provider_of(model.id) == "local" and gguf_path(name) is None:
            fetch(name, say, progress=sys.stderr.fileno())


def ask(plan: RunPlan, directory: RunDirectory, *, reuse: JournalState | None, as_json: bool) -> None:
    """Ask what is open, then show the result and exit with the code that tells the truth."""
    models = plan.manifest.models
    keys = keys_of(models)
    fetch_weights(models)
    grader = default_grader()
    display = Display(plan.probes, Progress(len(plan.requests)))
    session = Session(plan, directory, keys=keys, grader=grader, watcher=display)
    number = asyncio.run(_run_session(session, display, reuse))
    summary = finish(plan, directory, grader, known=session.verdicts)
    show(summary, directory, as_json=as_json)
    n_open = sum(result.outcomes["pending"] + result.outcomes["failed"] for result in summary.results)
    if n_open:
        say(f"{n_open:,} of {len(plan.requests):,} requests have no answer; continue with: {resume_command(directory)}")
    if number is not None:
        raise typer.Exit(128 + number)
    raise typer.Exit(4 if n_open else 0)


def resume_command(directory: RunDirectory) -> str:
    """Return the command that continues the run."""
    return f"evaluator resume {directory.path}"


async def _run_session(session: Session, display: Display, reuse: JournalState | None) -> int | None:
    """Run the session; return the number of the signal that ended it, if one did."""
    received: list[int] = []
    with _signals(session, received, display):
        try:
            with display:
                await session.run(reuse=reuse, on_start=display.start)
        except asyncio.CancelledError:
            if not received:
                raise
    return received[0] if received else None


@contextmanager
def _signals(session: Session, received: list[int], display: Display) -> Iterator[None]:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def on_signal(number: int) -> None:
        received.append(number)
        if task is None:
            return
        if len(received) > 1:
            task.cancel()
            return
        session.stop()
        loop.call_later(GRACE_S, task.cancel)
        display.note(f"stopping: waiting up to {GRACE_S:.0f} s for requests in flight; again to stop at once")

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
