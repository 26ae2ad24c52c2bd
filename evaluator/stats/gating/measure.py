"""All checks of a policy on all results of a run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from evaluator.gating import Decider, GateFinding
from evaluator.policy import COST_METRICS, INSTRUMENT_METRICS, GateCheck, GatePolicy
from evaluator.records import ModelResult
from evaluator.stats.clusters import Floats
from evaluator.stats.comparison.calibrated import CalibratedRun
from evaluator.stats.comparison.multiplicity import holm
from evaluator.stats.comparison.pairing import Couple, Ground, Measured
from evaluator.stats.gating.estimated import estimated_limit, estimated_margin, find_estimate, with_budget
from evaluator.stats.gating.instrument import counted_finding, counted_margin, instrument_findings
from evaluator.stats.gating.limits import blank_finding, limit_finding
from evaluator.stats.gating.margins import calibrated_margin, margin_finding, means_of
from evaluator.stats.metrics import METRICS, Metric

COUNTED = (*INSTRUMENT_METRICS, *COST_METRICS)
_BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """A run with what it is compared with."""

    run: Measured
    own: Ground
    """All probes of the run."""
    baseline: Measured | None = None
    couples: tuple[Couple, ...] = ()
    """The run's results as A, the baseline's as B."""
    shared: Ground | None = None
    """The probes of both."""
    ignores_models: bool = False
    """Leave out models that are on one side only."""
    means: Mapping[int, Floats] = field(default_factory=dict)
    labelled: Mapping[str, CalibratedRun] = field(default_factory=dict)
    """Labelled answers by run id, where both sides have theirs at hand."""

    @classmethod
    def of(
        cls,
        run: Measured,
        own: Ground,
        baseline: Measured,
        couples: Sequence[Couple],
        shared: Ground,
        *,
        ignores_models: bool,
    ) -> Gated:
        """Join both sides, with the label means of every result."""
        return cls(
            run=run,
            own=own,
            baseline=baseline,
            couples=tuple(couples),
            shared=shared,
            ignores_models=ignores_models,
            means=means_of(list(couples), shared),
        )

    def couple_of(self, result: ModelResult) -> Couple | None:
        """What a result is compared with."""
        return next((couple for couple in self.couples if couple.a is result), None)


def check_policy(policy: GatePolicy, gated: Gated) -> None:
    """Refuse names that nothing of the run has.

    Raises:
        ValueError: Naming the check, what was wanted and what came.
    """
    results = gated.run.summary.results
    extra = {estimate.name: estimate.slice for result in results for estimate in result.estimates}
    for number, check in enumerate(policy.checks, start=1):
        where = f"gate.check[{number}]" if policy.check else "the default policy"
        _known(f"{where}: metric", check.metric, [*_BY_NAME, *(n for n in extra if n not in _BY_NAME), *COUNTED])
        for model in check.models:
            _known(f"{where}: models", model, [result.model for result in results])
        for prompt in check.prompts:
            _known(f"{where}: prompts", prompt, [result.prompt for result in results])
        if check.sense == "margin" and gated.baseline is None:
            raise ValueError(f'{where}: a margin needs --baseline RUN or baseline = "..." in [gate]')
        if check.slice is not None:
            _check_slice(where, check, gated)


def _check_slice(where: str, check: GateCheck, gated: Gated) -> None:
    name = check.slice or ""
    if check.metric in COUNTED:
        if name != "all":
            raise ValueError(f"{where}: slice: {check.metric} is counted over all, got {name[:80]!a}")
        return
    metric = _BY_NAME.get(check.metric)
    if metric is None:
        slices = [e.slice for r in gated.run.summary.results for e in r.estimates if e.name == check.metric]
        _known(f"{where}: slice", name, slices)
        return
    _known(f"{where}: slice", name, gated.own.slices)
    if not metric.covers(name):
        raise ValueError(f"{where}: {metric.name} is defined on {', '.join(metric.slices)}, not on {name[:80]}")


def _known(where: str, name: str, known: Iterable[str]) -> None:
    names = list(dict.fromkeys(known))
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names[:20])}"
    raise ValueError(f"{where}: unknown {name[:80]!r}; {hint}")


def measure(policy: GatePolicy, gated: Gated) -> tuple[GateFinding, ...]:
    """Measure every check, instrument first, with p-values adjusted for their number.

    Args:
        policy: Checked by `check_policy`.
        gated: The run and its baseline.
    """
    run_id = gated.run.run_id
    findings = [
        finding
        for result in gated.run.summary.results
        for finding in instrument_findings(policy, result, run_id=run_id)
    ]
    findings += _gone(policy, gated)
    for check in policy.checks:
        for result in gated.run.summary.results:
            if _is_meant(check, result):
                findings += _finding(check, result, policy, gated)
    return adjusted(findings, policy)


def adjusted(findings: Sequence[GateFinding], policy: GatePolicy) -> tuple[GateFinding, ...]:
    """Adjust the p-values of all findings together."""
    tested = [i for i, one in enumerate(findings) if one.p_worse is not None]
    raw = [findings[i].p_worse or 0.0 for i in tested]
    values = holm(raw).tolist() if policy.correction == "holm" and raw else raw
    by_place = dict(zip(tested, values, strict=True))
    return tuple(msgspec.structs.replace(one, p_adjusted=by_place.get(i)) for i, one in enumerate(findings))


def _is_meant(check: GateCheck, result: ModelResult) -> bool:
    is_model = not check.models or result.model in check.models
    return is_model and (not check.prompts or result.prompt in check.prompts)


def _finding(check: GateCheck, result: ModelResult, policy: GatePolicy, gated: Gated) -> Iterator[GateFinding]:
    run_id, level = gated.run.run_id, policy.level
    metric = None if check.calibrated else _BY_NAME.get(check.metric)
    if check.sense == "margin":
        yield from _against_baseline(check, result, metric, policy, gated)
    elif check.metric in COUNTED:
        yield counted_finding(check, result, run_id=run_id, level=level)
    elif metric is None:
        budgets = gated.run.summary.budgets
        yield estimated_limit(check, result, run_id=run_id, level=level, budgets=budgets)
    else:
        yield limit_finding(check, metric, result, gated.own, run_id=run_id, level=level)


def _against_baseline(
    check: GateCheck, result: ModelResult, metric: Metric | None, policy: GatePolicy, gated: Gated
) -> Iterator[GateFinding]:
    couple, level = gated.couple_of(result), policy.level
    if couple is None or gated.shared is None or gated.baseline is None:
        if not gated.ignores_models:
            yield _unpaired(check, result, level)
        return
    run_ids = (gated.run.run_id, gated.baseline.run_id)
    slice_name = check.slice or (metric.slices[0] if metric else "all")
    if check.metric in COUNTED:
        yield counted_margin(check, result, couple.b, run_ids=run_ids, level=level)
    elif check.calibrated and check.metric in _BY_NAME and set(run_ids) <= gated.labelled.keys():
        runs = (gated.labelled[run_ids[0]], gated.labelled[run_ids[1]])
        finding = calibrated_margin(check, _BY_NAME[check.metric], couple, gated.shared, runs, level)
        yield with_budget(finding, find_estimate(check, result), gated.run.summary.budgets)
    elif metric is None:
        budgets = gated.run.summary.budgets
        yield estimated_margin(check, (result, couple.b), run_ids=run_ids, level=level, budgets=budgets)
    elif slice_name not in gated.shared.slices:
        note = "undefined: the shared probes have none of this slice"
        yield msgspec.structs.replace(blank_finding(check, result, slice_name, level), notes=(note,))
    else:
        yield margin_finding(check, metric, couple, gated.means, gated.shared, level)


def _unpaired(check: GateCheck, result: ModelResult, level: float) -> GateFinding:
    slice_name = check.slice or (_BY_NAME[check.metric].slices[0] if check.metric in _BY_NAME else "all")
    text = "a baseline that has this model and prompt, or --allow-different models"
    return msgspec.structs.replace(
        blank_finding(check, result, slice_name, level),
        notes=("undefined: the baseline does not have this model and prompt",),
        decide=(Decider(kind="baseline", n_more=None, text=text),),
    )


def _gone(policy: GatePolicy, gated: Gated) -> Iterator[GateFinding]:
    """Models of the baseline that the run does not have: nothing says that they still work."""
    if gated.baseline is None or gated.ignores_models or not any(c.sense == "margin" for c in policy.checks):
        return
    coupled = {id(couple.b) for couple in gated.couples}
    for result in gated.baseline.summary.results:
        if id(result) not in coupled and any(_is_meant(check, result) for check in policy.checks):
            check = GateCheck(metric="coverage", min=policy.min_coverage)
            text = "a run that has this model and prompt, or --allow-different models"
            yield msgspec.structs.replace(
                blank_finding(check, result, "all", policy.level),
                kind="instrument",
                notes=("undefined: the baseline has this model and prompt, the run does not",),
                decide=(Decider(kind="answers", n_more=None, text=text),),
            )
