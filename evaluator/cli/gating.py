"""From a run, a baseline and a policy to the verdict of a gate."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from evaluator.cli.anchor import anchor_look
from evaluator.cli.compare import labelled_runs, measured_run
from evaluator.cli.history import Past, Ruled
from evaluator.config import read_settings
from evaluator.errors import ConfigError
from evaluator.gate import Ruling, decide, overall
from evaluator.gating import GatedRun, GateResult
from evaluator.journal import RunDirectory
from evaluator.policy import ALLOWED, GatePolicy
from evaluator.records import Manifest
from evaluator.stats.comparison.pairing import Couples, Ground, Measured, common_ground, couple_runs
from evaluator.stats.gating.measure import Gated, check_policy, measure
from evaluator.stats.gating.obstacles import differences_between, host_notes

_SAME = "the run is its own baseline: no difference can show"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What the command line says beside the run."""

    run: str
    baseline: str | None = None
    policy: Path | None = None
    history: Path | None = None
    is_fresh: bool = False
    anchor: str | None = None
    anchor_labels: Path | None = None
    allowed: tuple[str, ...] = ()
    out: Path = Path("reports")


def run_gate(options: GateOptions) -> GateResult:
    """Gate a run.

    Raises:
        ConfigError: If the policy or the names in it are wrong, or run and baseline cannot be compared.
        JournalError: If a run cannot be read.
    """
    measured = measured_run(options.run, options.out)
    policy, policy_from = find_policy(options.policy, measured.summary.manifest)
    gated, allowed, notes = _join(measured, policy, options)
    try:
        check_policy(policy, gated)
    except ValueError as exc:
        raise ConfigError(f"{policy_from}: {exc}") from exc
    findings = measure(policy, gated)
    if all(one.kind == "instrument" for one in findings):
        raise ConfigError(f"gate: nothing to check: no check of {policy_from} is about a model of run and baseline")
    ruled = Ruled(findings, Ruling(fail_alpha=1 - policy.level, instrument=policy.instrument))
    if options.history is None:
        if options.anchor is not None:
            raise ConfigError("--anchor: need --history FILE, with which the anchor set is compared")
        return _result(gated, policy, policy_from, ruled, allowed, notes)
    past = Past(path=options.history, is_fresh=options.is_fresh, allowed=tuple(allowed))
    anchor = anchor_look(options.anchor, options.anchor_labels, options.out) if options.anchor else None
    with past.file.locked():
        ruled, entry = past.judge(gated, policy, ruled.findings, anchor)
        result = _result(gated, policy, policy_from, ruled, allowed, notes)
        past.remember(entry, result.outcome)
    return result


def _result(
    gated: Gated, policy: GatePolicy, policy_from: str, ruled: Ruled, allowed: Sequence[str], notes: Sequence[str]
) -> GateResult:
    findings = decide(ruled.findings, ruled.ruling)
    outcome, reason = overall(findings)
    return GateResult(
        outcome=outcome,
        reason=reason,
        run=_gated_run(gated.run),
        baseline=_gated_run(gated.baseline) if gated.baseline else None,
        policy=msgspec.structs.replace(policy, check=policy.checks),
        policy_from=policy_from,
        n_tests=sum(one.p_worse is not None for one in findings),
        fail_alpha=ruled.ruling.fail_alpha,
        allowed=tuple(allowed),
        left_out=gated.shared.left_out if gated.shared else None,
        findings=findings,
        drift=ruled.drift,
        look=ruled.ruling.look,
        notes=(*notes, *ruled.notes),
    )


def find_policy(path: Path | None, manifest: Manifest) -> tuple[GatePolicy, str]:
    """The policy of a file, else of the run's own evaluation.toml, else the default.

    Raises:
        ConfigError: If the file has no [gate] or cannot be read.
    """
    if path is not None:
        found = read_settings(path).gate
        if found is None:
            raise ConfigError(f"{path}: need a table [gate], got none")
        return found, str(path)
    recorded = manifest.config.get("gate")
    if recorded is not None:
        try:
            return msgspec.convert(recorded, GatePolicy), "the [gate] that the run was started with"
        except msgspec.ValidationError as exc:
            raise ConfigError(f"manifest.json: config.gate: {exc}; give --policy FILE") from exc
    return GatePolicy(), "the default, both rates at most 5 points worse"


def _join(run: Measured, policy: GatePolicy, options: GateOptions) -> tuple[Gated, list[str], list[str]]:
    """Join run and baseline; return also what was accepted as different, and notes."""
    if run.probes is None:
        raise ConfigError("gate: need the run as a run directory; a summary.json does not hold the probes")
    own = common_ground(run, run)
    name = options.baseline or policy.baseline
    if name is None:
        return Gated(run=run, own=own), [], []
    baseline = measured_run(name, options.out)
    shared = common_ground(run, baseline)
    if not shared.probe_ids:
        left = shared.left_out
        raise ConfigError(
            f"gate: run and baseline share no probe: {left.only_in_a} are only in the run, {left.only_in_b} only in "
            f"the baseline, {left.changed} have other contents"
        )
    couples = couple_runs(run, baseline, None)
    own_notes = [_SAME] if run.run_id == baseline.run_id else []
    accepted = {*options.allowed, *policy.allow_different}
    allowed, notes = _accept(run, baseline, couples, shared, accepted)
    notes += [note for note in couples.notes if "models" in accepted]
    if "models" in accepted:
        allowed.append("models")
        notes += _one_sided(run, baseline)
    gated = Gated.of(run, own, baseline, couples.found, shared, ignores_models="models" in accepted)
    needs_labels = any(check.calibrated and check.sense == "margin" for check in policy.checks)
    if needs_labels and baseline.probes is not None:
        folders = [str(RunDirectory.find(one, options.out).path) for one in (options.run, name)]
        gated = dataclasses.replace(gated, labelled=labelled_runs(folders, options.out))
    return gated, allowed, [*own_notes, *notes]


def _accept(
    run: Measured, baseline: Measured, couples: Couples, shared: Ground, accepted: Collection[str]
) -> tuple[list[str], list[str]]:
    found = differences_between(run, baseline, couples, shared)
    refused = [one for one in found if one.kind not in accepted]
    if refused:
        flags = " ".join(dict.fromkeys(f"--allow-different {one.kind}" for one in refused))
        raise ConfigError(f"gate: {'; '.join(one.message for one in refused)}; to compare anyway: {flags}")
    kinds = [kind for kind in ALLOWED if any(one.kind == kind for one in found)]
    notes = [f"accepted: {one.message}{'; those probes are left out' if one.kind == 'probes' else ''}" for one in found]
    return list(kinds), [*notes, *host_notes(couples.found)]


def _one_sided(run: Measured, baseline: Measured) -> list[str]:
    new, old = ({result.model for result in side.summary.results} for side in (run, baseline))
    notes = [f"accepted: {model} is in the run only: held against no baseline" for model in sorted(new - old)]
    return notes + [f"accepted: {model} is in the baseline only: left out" for model in sorted(old - new)]


def _gated_run(run: Measured) -> GatedRun:
    manifest = run.summary.manifest
    return GatedRun(
        run_id=manifest.run_id,
        started_at=manifest.started_at,
        graders=manifest.graders,
        n_probes=len(run.summary.probes),
        repeats=manifest.repeats,
    )
