"""One session of a run: from its plan to a journal that holds every answer it could get."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from importlib.metadata import version
from itertools import compress, islice
from typing import TYPE_CHECKING

import msgspec

from evaluator import __version__
from evaluator.config import Settings, model_settings
from evaluator.errors import JournalError, ProbeFileError
from evaluator.graders import check_patterns
from evaluator.journal import Answered, Expense, JournalState, JournalWriter, RunDirectory
from evaluator.probeset import ProbeSet, content_sha256
from evaluator.protocols import Grader
from evaluator.providers import open_provider, with_defaults
from evaluator.providers.checks import has_batches
from evaluator.record_file import RecordFile, gathered
from evaluator.records import Manifest, ModelSettings, Probe, Request, Response
from evaluator.run.batch import BatchLane, Desk
from evaluator.run.bounds import Bounds
from evaluator.run.engine import DONE_OUTCOMES, Engine, open_requests
from evaluator.run.final import FinalResponses
from evaluator.run.lanes.opening import open_lanes
from evaluator.run.plan import by_model, ids_of, only, plan_requests, plan_sha256
from evaluator.run.progress import Watcher
from evaluator.run.prompts import prompt_named
from evaluator.run.regrade import verdict_file

if TYPE_CHECKING:
    from evaluator.providers.batch import BatchModel

RECORDED_PACKAGES = ("genai-prices", "httpx", "httpx-aiohttp", "msgspec", "numpy", "scikit-learn", "scipy", "xllamacpp")
TAKEN_AT_ONCE = 1000
"""Answers of another run that are in memory at a time while they are taken over."""


class RunPlan(msgspec.Struct, frozen=True):
    """What a run asks: its manifest, its probes and its requests."""

    manifest: Manifest
    probes: Sequence[Probe]
    requests: Sequence[Request]


def prepare(
    settings: Settings, probe_sets: Sequence[ProbeSet], grader: Grader, *, run_id: str, started_at: str
) -> RunPlan:
    """Plan a new run.

    Raises:
        ConfigError: If a setting is out of range.
        ProviderError: If a model id is not usable.
    """
    models = tuple(with_defaults(model) for model in model_settings(settings))
    probes = all_probes(probe_sets)
    for probe in probes:
        check_patterns(probe)
    # By their own names: target:.5 and target:0.50 are one prompt and are asked once.
    prompts = list({prompt.name: prompt for prompt in map(prompt_named, settings.prompts)}.values())
    requests = plan_requests(probes, models, prompts, repeats=settings.repeats)
    manifest = Manifest(
        run_id=run_id,
        started_at=started_at,
        evaluator=__version__,
        config=msgspec.to_builtins(settings),
        probe_sets=tuple(probe_set.ref for probe_set in probe_sets),
        models=models,
        prompts=tuple(prompt.ref for prompt in prompts),
        graders=(grader.name,),
        packages=package_versions(),
        seed=settings.seed,
        repeats=settings.repeats,
        n_requests=len(requests),
        plan_sha256=plan_sha256(requests),
    )
    return RunPlan(manifest=manifest, probes=probes, requests=requests)


def all_probes(probe_sets: Sequence[ProbeSet]) -> RecordFile[Probe]:
    """Return the probes of all sets, in their order; they stay on the disk."""
    first = probe_sets[0].probes if len(probe_sets) == 1 else ()
    if isinstance(first, RecordFile):
        return first
    return gathered((each.probes for each in probe_sets), Probe, "probe_id", ProbeFileError)


def replan(directory: RunDirectory) -> RunPlan:
    """Plan the requests of an existing run again.

    Raises:
        JournalError: If they are not the requests it was started with.
    """
    plan = load_plan(directory)
    manifest, probes = plan.manifest, plan.probes
    if manifest.imported_from is not None:
        raise JournalError(f"run {manifest.run_id} holds answers imported from a file; there is no model to ask")
    prompts = [prompt_named(ref.name) for ref in manifest.prompts]
    requests = plan_requests(probes, manifest.models, prompts, repeats=manifest.repeats)
    if plan_sha256(requests) != manifest.plan_sha256:
        changed = [ref.name for ref, prompt in zip(manifest.prompts, prompts, strict=True) if ref != prompt.ref]
        what = f"prompt {', '.join(changed)} has another text" if changed else "its probes or settings were changed"
        raise JournalError(
            f"run {manifest.run_id} cannot go on: {what} since it was started "
            f"with evaluator {manifest.evaluator} (this is {__version__}); start a new run"
        )
    return RunPlan(manifest=manifest, probes=probes, requests=requests)


def load_plan(directory: RunDirectory) -> RunPlan:
    """Plan an existing run without asking anything: also one that was imported.

    Raises:
        JournalError: If the run is damaged.
    """
    manifest, probes = directory.read_manifest(), directory.open_probes()
    _check_probes(directory, manifest, probes)
    n_requests = len(probes) * len(manifest.models) * len(manifest.prompts) * manifest.repeats
    if manifest.imported_from is None and n_requests != manifest.n_requests:
        raise JournalError(
            f"{directory.manifest_path}: n_requests: need {n_requests} (probes x models x prompts x repeats), "
            f"got {manifest.n_requests}; the file was changed"
        )
    return RunPlan(manifest=manifest, probes=probes, requests=[])


def _check_probes(directory: RunDirectory, manifest: Manifest, probes: Sequence[Probe]) -> None:
    found = iter(probes)
    for ref in manifest.probe_sets:
        if content_sha256(islice(found, ref.n_probes)) != ref.sha256:
            raise JournalError(
                f"{directory.probes_path}: not the probes of {ref.path} that were asked; restore the file"
            )
    n_more = sum(1 for _ in found)
    if n_more:
        raise JournalError(f"{directory.probes_path}: {n_more} probes more than were asked; restore the file")


class Session:
    """Asks what is still open in a run."""

    def __init__(
        self, plan: RunPlan, directory: RunDirectory, *, keys: Mapping[str, str], grader: Grader, watcher: Watcher
    ) -> None:
        """`keys` holds the API key of each model id that has one."""
        self._plan = plan
        self._directory = directory
        self._keys = keys
        self._grader = grader
        self._watcher = watcher
        self._engine: Engine | None = None
        self._stopped = False
        self.verdicts = verdict_file()
        """What this session graded."""

    def stop(self) -> None:
        """Send nothing more; what is in flight may finish."""
        self._stopped = True
        if self._engine is not None:
            self._engine.stop()

    async def run(
        self,
        *,
        reuse: JournalState | None = None,
        on_start: Callable[[int], None],
        bounds: Bounds | None = None,
        expenses: Sequence[Expense] = (),
    ) -> None:
        """Ask every open request that `bounds` allow.

        Every model is reached before the run directory is made, so that a run which cannot
        start leaves nothing behind.

        Args:
            reuse: The journal of another run; its finished answers to equal requests are taken over.
            on_start: Called with the number of requests that are already done.
            bounds: Of money and time; default: none of money.
            expenses: What was paid before for this run and is in no journal yet.

        Raises:
            ProviderError: If a model cannot be asked; nothing was sent.
            JournalError: If the run directory cannot be used.
        """
        manifest = self._plan.manifest
        async with AsyncExitStack() as stack:
            batched = [model for model in manifest.models if self._is_batched(model)]
            batches = {m.id: await stack.enter_async_context(self._open_batches(m)) for m in batched}
            providers = {
                model.id: await stack.enter_async_context(open_provider(model, self._keys.get(model.id)))
                for model in manifest.models
                if model.id not in batches
            }
            stack.enter_context(self._directory.locked())
            if not self._directory.exists:
                self._directory.create(manifest, self._plan.probes)
            state = self._directory.read_journal()
            todo = open_requests(self._plan.requests, state)
            mixed = mixed_versions(manifest)
            if mixed and todo:
                self._watcher.on_notice(mixed)
            journal = await stack.enter_async_context(JournalWriter(self._directory.journal_path, state))
            await asyncio.gather(*map(journal.append, expenses))
            todo = await self._take_over(reuse, todo, journal)
            on_start(len(self._plan.requests) - len(todo))
            self._engine = Engine(journal, self._plan.probes, self._grader, self._watcher, self.verdicts)
            if not self._stopped:
                bounds = bounds or Bounds()
                desk = Desk.of(journal, state, self._engine, self._watcher, bounds)
                desk.first_poll_s = self._first_poll_s(desk.first_poll_s)
                own = by_model(todo, [model.id for model in manifest.models])
                by_batch = [BatchLane(model, batches[model.id], own[model.id], desk).run() for model in batched]
                others = [model for model in manifest.models if model.id in providers]
                await self._engine.ask(open_lanes(others, providers, todo, state, bounds), bounds, by_batch)

    def _open_batches(self, model: ModelSettings) -> AbstractAsyncContextManager[BatchModel]:
        # Imported late: it loads the HTTP client, which a run of recorded answers does not need.
        from evaluator.providers.batch import open_batches

        return open_batches(model, self._keys.get(model.id))

    def _is_batched(self, model: ModelSettings) -> bool:
        return self._plan.manifest.config.get("batch") is True and has_batches(model)

    def _first_poll_s(self, usual: float) -> float:
        found = self._plan.manifest.config.get("batch_poll_s")
        return float(found) if isinstance(found, int | float) and found > 0 else usual

    async def _take_over(
        self, reuse: JournalState | None, todo: Sequence[Request], journal: JournalWriter
    ) -> Sequence[Request]:
        """Write finished answers of another run to the journal; return what is still to be asked."""
        if reuse is None:
            return todo
        at = self._plan.manifest.started_at
        is_done = [each in DONE_OUTCOMES for each in reuse.responses.outcomes(ids_of(todo))]
        found = reuse.responses.read(compress(ids_of(todo), is_done))
        while batch := list(islice(found, TAKEN_AT_ONCE)):
            taken = (msgspec.structs.replace(response, flags=(*response.flags, "reused")) for response in batch)
            await asyncio.gather(*(journal.append(Answered(at=at, response=response)) for response in taken))
        return only(todo, (not each for each in is_done))


def package_versions() -> dict[str, str]:
    """Return the versions that could change a number."""
    return {"python": platform.python_version()} | {name: version(name) for name in RECORDED_PACKAGES}


def mixed_versions(manifest: Manifest) -> str | None:
    """Return what differs between the versions that began a run and those that go on with it."""
    before = {"evaluator": manifest.evaluator} | manifest.packages
    now = {"evaluator": __version__} | package_versions()
    changed = [f"{name} {before[name]} (now {now[name]})" for name in now if before.get(name, now[name]) != now[name]]
    return f"this run was begun with {', '.join(changed)}: its answers are of mixed versions" if changed else None


def final_responses(plan: RunPlan, directory: RunDirectory) -> list[Response]:
    """Return the final responses of a run, ordered by request id, each with what it stated as confidence taken off.

    Raises:
        JournalError: If the journal is damaged or answers what the run did not ask.
    """
    return list(FinalResponses(directory, plan.manifest, plan.probes))
