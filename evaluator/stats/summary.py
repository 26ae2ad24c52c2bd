"""From the records of a run to its summary: the one entry of this room."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from evaluator.audit import ProbeAudit
from evaluator.audit import probe_hash as probe_hash
from evaluator.calibration_limits import Thresholds
from evaluator.gold_labels import GoldSet
from evaluator.records import (
    OUTCOMES,
    SUMMARY_VERSION,
    Counts,
    Estimate,
    FreshComparison,
    Manifest,
    ModelResult,
    Probe,
    Response,
    Summary,
    UncertaintyBudget,
    Verdict,
)
from evaluator.stats.calibration.conditions import DEFAULT_THRESHOLDS
from evaluator.stats.calibration.run import ProbeFacts, RunCalibration, calibrate_run
from evaluator.stats.calibration.valid_probes import probe_validity
from evaluator.stats.columns import ABSENT, UNGRADED, Columns, Rows
from evaluator.stats.comparison.calibrated import CalibratedRun
from evaluator.stats.confidence.answers import AnswerKeys
from evaluator.stats.confidence.run import run_confidence
from evaluator.stats.costs import cost_of, latency_of
from evaluator.stats.estimates import Ints, Scope, SliceCells, metric_estimate
from evaluator.stats.freshness import Varieties, fresh_comparisons, varieties_of
from evaluator.stats.intervals import check_level
from evaluator.stats.metrics import METRICS
from evaluator.stats.slices import Indices, Pair, Placed, cluster_codes, slice_members, twin_pairs
from evaluator.stats.standings import with_standings
from evaluator.stats.twins import discrimination_estimates


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people found out about a run, beside what a grader did."""

    gold: GoldSet | None = None
    """Labels of texts that are still in the run, and the draw they were asked for."""
    limits: Thresholds = DEFAULT_THRESHOLDS
    """When a calibrated rate is refused or carries a warning."""
    audit: ProbeAudit | None = None
    """What was found of a random sample of the probes."""


def summarise(
    manifest: Manifest,
    probes: Sequence[Probe],
    responses: Iterable[Response],
    verdicts: Iterable[Verdict],
    *,
    level: float = 0.95,
    people: People | None = None,
) -> Summary:
    """Turn the records of a run into every number reported about it.

    The order of the records does not matter: any permutation gives the same bytes. Responses and
    verdicts are read once and not kept, so generators do.

    Args:
        manifest: What was planned: models, prompts and repeats.
        probes: The probes of the run.
        responses: At most one per request.
        verdicts: At most one per response; a response without one is ungraded.
        level: Target coverage of the intervals, in (0, 1).
        people: What they found: labels, by which rates appear a second time, calibrated, or refused
            with the reason; and an audit of the probes.

    Returns:
        One result per model and prompt: the planned ones in the manifest's order, then any other
        that occurs. Every probe is planned `manifest.repeats` times, or as often as it has
        responses if that is more; what has no response is `pending`. Of an imported run only
        the responses it holds are planned.

    Raises:
        ValueError: If two probes share an id, two responses or two verdicts share a request, a
            response is to an unknown probe, a verdict has no response, or level is out of range.
    """
    check_level(level)
    plan = _Plan.of(probes)
    told = people or People()
    keys = AnswerKeys(probes[place] for place in plan.places) if manifest.repeats > 1 else None
    columns = Columns(plan.positions, responses, verdicts, keys=keys)
    rows = columns.rows_by_group()
    nothing = np.array([], dtype=np.int64)
    # Nobody can ask again what was recorded elsewhere: what is missing there was never planned.
    repeats = 0 if manifest.imported_from else manifest.repeats
    calibration = calibrate_run(told.gold, manifest, columns, plan.facts, limits=told.limits)
    groups = {group: rows.get(group, nothing) for group in _ordered_groups(manifest, set(rows))}
    results = tuple(
        _with_calibrated(_model_result(columns, own, plan, _Asked(*group, repeats, level)), calibration, level)
        for group, own in groups.items()
    )
    hashes = plan.hashes
    found = Summary(
        manifest=manifest,
        results=results,
        comparisons=(),
        probes=hashes,
        notes=(
            *_pending_notes(results),
            *_missing_notes(manifest, results),
            *_served_notes(results),
            *calibration.notes,
        ),
        budgets=tuple(_budgets(results, calibration)),
        confidence=tuple(run_confidence(columns, groups, plan.facts, calibration.truths, level=level)),
        validity=probe_validity(told.audit, hashes, results, plan.facts, level) if told.audit else None,
        freshness=tuple(_freshness(varieties_of(manifest, probes), results, plan, level)),
        schema_version=SUMMARY_VERSION,
    )
    return with_standings(found, probes, level=level)


def labelled_answers(
    manifest: Manifest,
    probes: Sequence[Probe],
    responses: Iterable[Response],
    verdicts: Iterable[Verdict],
    people: People,
) -> CalibratedRun:
    """Join the labels with the graded responses of a run, to compare corrected rates.

    Args and errors are those of `summarise`.
    """
    plan = _Plan.of(probes)
    columns = Columns(plan.positions, responses, verdicts)
    calibration = calibrate_run(people.gold, manifest, columns, plan.facts, limits=people.limits)
    return CalibratedRun(calibration, tuple(plan.positions))


@dataclass(frozen=True, slots=True)
class _Plan:
    """The probes in canonical order, with what follows from them alone."""

    hashes: dict[str, str]
    """Of the content of each, by its id."""
    places: Sequence[int]
    """Where each of them stands among the probes as they were asked."""
    positions: dict[str, int]
    is_answerable: npt.NDArray[np.bool_]
    clusters: Indices
    slices: dict[str, Indices]
    twins: list[Pair]

    @property
    def facts(self) -> ProbeFacts:
        return ProbeFacts(self.is_answerable, self.clusters, self.slices)

    @classmethod
    def of(cls, probes: Iterable[Probe]) -> _Plan:
        found = list(map(Placed.of, probes))
        places = array("q", sorted(range(len(found)), key=lambda place: found[place].probe_id))
        ordered = tuple(map(found.__getitem__, places))
        positions = {probe.probe_id: i for i, probe in enumerate(ordered)}
        if len(positions) < len(ordered):
            twice = next(one.probe_id for one, two in pairwise(ordered) if one.probe_id == two.probe_id)
            msg = f"need one probe per id, got two for {twice!r}"
            raise ValueError(msg)
        return cls(
            hashes=dict(zip(positions, (probe.content for probe in ordered), strict=True)),
            places=places,
            positions=positions,
            is_answerable=np.array([probe.is_answerable for probe in ordered], dtype=np.bool_),
            clusters=cluster_codes(ordered),
            slices=slice_members(ordered),
            twins=twin_pairs(ordered),
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """One model under one prompt, how often each probe was planned, and the level."""

    model: str
    prompt: str
    repeats: int
    level: float


def _ordered_groups(manifest: Manifest, found: set[tuple[str, str]]) -> list[tuple[str, str]]:
    planned = [(model.id, prompt.name) for model in manifest.models for prompt in manifest.prompts]
    models = list(dict.fromkeys([*(model.id for model in manifest.models), *sorted(model for model, _ in found)]))
    prompts = list(dict.fromkeys([*(prompt.name for prompt in manifest.prompts), *sorted(name for _, name in found)]))
    wanted = found.union(planned)
    return [(model, prompt) for model in models for prompt in prompts if (model, prompt) in wanted]


def _model_result(columns: Columns, rows: Rows, plan: _Plan, asked: _Asked) -> ModelResult:
    tallies = _tally(columns, rows, len(plan.hashes), asked.repeats)
    n_planned = int(tallies.sum())
    n_missing = n_planned - len(rows)
    is_ungraded = columns.taken("label", rows) == UNGRADED
    counts = {name: _counts(tallies[members]) for name, members in plan.slices.items()}
    return ModelResult(
        model=asked.model,
        prompt=asked.prompt,
        n_planned=n_planned,
        outcomes=_outcomes(columns, rows, n_missing),
        ungraded=_ungraded(columns, rows[is_ungraded], n_missing),
        counts=counts,
        abstention_kinds=columns.count("abstention_kind", rows),
        steps=columns.count("step", rows),
        served_models=columns.count("served_model", rows),
        served_by=columns.count("served_by", rows),
        estimates=tuple(_estimates(tallies, plan, asked)),
        cost=cost_of(columns, rows, n_correct=counts["all"].correct),
        latency=latency_of(columns, rows),
        tallies=dict(zip(plan.positions, _shared_tuples(tallies), strict=True)),
    )


def _tally(columns: Columns, rows: Rows, n_probes: int, repeats: int) -> Ints:
    """Labels per probe, shape (n_probes, 4); what is planned and missing counts as ungraded."""
    cell = columns.taken("probe", rows).astype(np.int64) * 4 + columns.taken("label", rows)
    tallies = np.bincount(cell, minlength=4 * n_probes).reshape(n_probes, 4)
    tallies[:, UNGRADED] += np.maximum(repeats - tallies.sum(axis=1), 0)
    return tallies


def _shared_tuples(tallies: Ints) -> Iterator[tuple[int, int, int, int]]:
    """The rows as tuples, equal ones as one object: of a million rows few differ."""
    code = np.zeros(len(tallies), dtype=np.int64)
    for column in tallies.T:
        # Made dense each time, so that no count is too large for it.
        _, code = np.unique(code * (int(column.max(initial=0)) + 1) + column, return_inverse=True)
    _, first = np.unique(code, return_index=True)
    shared = [(correct, wrong, abstained, ungraded) for correct, wrong, abstained, ungraded in tallies[first].tolist()]
    return map(shared.__getitem__, code.tolist())


def _counts(tallies: Ints) -> Counts:
    correct, wrong, abstained, ungraded = tallies.sum(axis=0).tolist()
    return Counts(correct=correct, wrong=wrong, abstained=abstained, ungraded=ungraded)


def _with_calibrated(result: ModelResult, calibration: RunCalibration, level: float) -> ModelResult:
    added = calibration.estimates((result.model, result.prompt), result.counts, level)
    return msgspec.structs.replace(result, estimates=(*result.estimates, *added)) if added else result


def _budgets(results: Iterable[ModelResult], calibration: RunCalibration) -> Iterator[UncertaintyBudget]:
    for result in results:
        if (result.model, result.prompt) in calibration.items:
            yield from calibration.budgets((result.model, result.prompt), result.estimates)


def _freshness(
    varieties: dict[str, Varieties], results: Iterable[ModelResult], plan: _Plan, level: float
) -> Iterator[FreshComparison]:
    for result in results if varieties else ():
        yield from fresh_comparisons(varieties, result, plan.is_answerable, plan.clusters, level)


def _outcomes(columns: Columns, rows: Rows, n_missing: int) -> dict[str, int]:
    found = np.bincount(columns.taken("outcome", rows), minlength=len(OUTCOMES)).tolist()
    outcomes = dict(zip(OUTCOMES, found, strict=True))
    return {str(name): count + (n_missing if name == "pending" else 0) for name, count in outcomes.items()}


def _ungraded(columns: Columns, rows: Rows, n_missing: int) -> dict[str, int]:
    """Why responses are ungraded; where no verdict says so, the outcome does."""
    counts = columns.count("ungraded", rows)
    unread = _outcomes(columns, rows[columns.taken("ungraded", rows) == ABSENT], n_missing)
    for outcome, count in unread.items():
        # An answer that no grader has looked at yet is waiting for one.
        reason = "pending" if outcome in {"answered", "refused"} else outcome
        counts[reason] = counts.get(reason, 0) + count
    return {reason: counts[reason] for reason in sorted(counts) if counts[reason]}


def _estimates(tallies: Ints, plan: _Plan, asked: _Asked) -> list[Estimate]:
    data = {
        name: SliceCells.from_tallies(tallies[members], plan.is_answerable[members], plan.clusters[members])
        for name, members in plan.slices.items()
    }
    estimates = [
        metric_estimate(metric, cells, _scope(asked, name))
        for metric in METRICS
        for name, cells in data.items()
        if metric.covers(name)
    ]
    return estimates + discrimination_estimates(tallies, plan.twins, plan.clusters, _scope(asked, "twins"))


def _scope(asked: _Asked, slice_name: str) -> Scope:
    return Scope(slice=slice_name, model=asked.model, prompt=asked.prompt, level=asked.level)


def _pending_notes(results: Iterable[ModelResult]) -> Iterable[str]:
    n_planned = sum(result.n_planned for result in results)
    n_pending = sum(result.outcomes["pending"] for result in results)
    if n_pending:
        yield f"{n_pending} of {n_planned} requests are pending: every rate covers the others only"


def _missing_notes(manifest: Manifest, results: Iterable[ModelResult]) -> Iterable[str]:
    for result in results if manifest.imported_from else ():
        n_answered = sum(any(tally) for tally in result.tallies.values())
        if n_answered < len(result.tallies):
            yield f"{result.model}: the file has answers to {n_answered} of {len(result.tallies)} probes"


def _served_notes(results: Iterable[ModelResult]) -> Iterable[str]:
    for result in results:
        asked = result.model.partition("/")[2] or result.model
        # A dated name of the model that was asked is that model.
        others = [name for name in result.served_models if not name.startswith(asked)]
        if others:
            yield f"{result.model}: the server says that another model answered: {', '.join(sorted(others)[:3])}"
