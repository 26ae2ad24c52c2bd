"""What `run`, `resume` and `grade` share about judges: flags, reaching them, asking them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evaluator.cli.display import Display
from evaluator.cli.interruption import run_session
from evaluator.cli.messages import say
from evaluator.cli.needs import fetch_weights, keys_of
from evaluator.config import JudgeTable, Settings, read_settings
from evaluator.errors import ConfigError
from evaluator.journal import RunDirectory
from evaluator.records import Summary
from evaluator.run.bounds import Bounds
from evaluator.run.judging import JudgeSession, judging_of
from evaluator.run.progress import Progress
from evaluator.run.regrade import Graded
from evaluator.run.session import RunPlan


@dataclass(frozen=True)
class JudgeFlags:
    """The flags about judges, as given."""

    ids: Sequence[str] | None = None
    base_url: str | None = None
    judge_all: bool = False
    repeats: int | None = None


def with_judge_flags(settings: Settings, flags: JudgeFlags) -> Settings:
    """Return `settings` with every given flag in its place.

    Raises:
        ConfigError: If a flag is about a judge and there is none it could mean.
    """
    tables = settings.judge
    if flags.ids:
        known = {table.id: table for table in tables}
        tables = tuple(known.get(judge, JudgeTable(id=judge)) for judge in flags.ids)
    is_wanted = flags.judge_all or flags.repeats is not None or flags.base_url is not None
    if is_wanted and not tables:
        raise ConfigError("--judge-all, --judge-repeats and --judge-base-url: need a judge: --judge ID or [[judge]]")
    if flags.base_url is not None:
        if all(table.id.startswith("local/") for table in tables):
            raise ConfigError(f"--judge-base-url: no judge takes it, got {', '.join(table.id for table in tables)}")
        tables = tuple(
            table if table.id.startswith("local/") else msgspec.structs.replace(table, base_url=flags.base_url)
            for table in tables
        )
    return msgspec.structs.replace(
        settings,
        judge=tables,
        judge_all=settings.judge_all or flags.judge_all,
        judge_repeats=settings.judge_repeats if flags.repeats is None else flags.repeats,
    )


def judge_flags_settings(config: Path | None, flags: JudgeFlags) -> Settings:
    """Return the judges of a config file with the flags in their place."""
    return with_judge_flags(read_settings(config) if config else Settings(), flags)


def ask_judges(
    plan: RunPlan,
    directory: RunDirectory,
    graded: Graded,
    bounds: Bounds | None = None,
) -> int | None:
    """Ask the judges what is still open within `bounds`; return the number of the signal that ended it, if one did."""
    manifest = plan.manifest
    judging = judging_of(manifest, plan.probes, graded)
    budget = bounds.budget if bounds else None
    display = Display(plan.probes, Progress(len(judging.requests), budget=budget))
    session = JudgeSession(manifest, plan.probes, judging, directory, display)
    n_open = len(session.open_requests())
    if not n_open:
        return None
    keys = keys_of(manifest.judges)
    fetch_weights(manifest.judges)
    judges = ", ".join(judge.id for judge in manifest.judges)
    say(f"judging {len(judging.ballots):,} of {len(graded):,} answers: {n_open:,} requests to {judges}")
    return asyncio.run(run_session(session, display, session.run(keys=keys, on_start=display.start, bounds=bounds)))


def say_open_judgements(summary: Summary, directory: RunDirectory) -> int:
    """Say how many judge requests have no reply, pending or failed, and how to go on; return their number."""
    n_open = sum(use.n_pending + use.ungraded.get("judge_failed", 0) for use in summary.judges)
    if n_open:
        say(f"{n_open:,} requests to judges have no reply; continue with: {resume_command(directory)}")
    return n_open


def resume_command(directory: RunDirectory) -> str:
    """Return the command that continues the run."""
    return f"evaluator resume {directory.path}"
