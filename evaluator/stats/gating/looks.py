"""One more look at a baseline: fresh pairs of answers, and what all looks together say.

A pair is one answer of the run and one of the baseline to the same probe, each used in no other
look. While both come from the same distribution, it is as likely that only the run's answer is a hit
for the worse as that only the baseline's is, whatever the probe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from evaluator.gating import Evidence, GateFinding
from evaluator.history import HistoryEntry, HistoryRate
from evaluator.records import ModelResult, Summary
from evaluator.stats.comparison.pairing import Couple, Ground
from evaluator.stats.comparison.sequential import Baseline, e_bh, late_excess_log_e, next_look, spent_alpha
from evaluator.stats.estimates import Ints
from evaluator.stats.gating.limits import tallies_of
from evaluator.stats.metrics import METRICS, Metric

Key = tuple[str, str, str, str]
"""Model, prompt, metric and slice."""
NOTHING_DRAWN = -1
_BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
_LARGEST_LOG = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Whether this run may be looked at, and with which answers of the baseline."""

    baseline_sha256: str | None
    repeat: int | None = None
    """Of a kept baseline."""
    refusal: str | None = None


def answers_sha256(summary: Summary) -> str:
    """Hash of what a run's answers were counted as: another baseline under the same name is another one."""
    counted = sorted((result.model, result.prompt, sorted(result.tallies.items())) for result in summary.results)
    return hashlib.sha256(msgspec.json.encode((summary.manifest.run_id, counted))).hexdigest()


def next_turn(
    baseline: Summary, entries: Sequence[HistoryEntry], *, run_id: str, is_fresh: bool, allowed: Iterable[str]
) -> Turn:
    """Decide whether the look is fair; see `next_look`.

    Args:
        baseline: What the run is compared with.
        entries: The runs before it.
        run_id: Of the gated run.
        is_fresh: The baseline is said to be asked anew for this look.
        allowed: Differences from the baseline that were accepted.
    """
    sha256, name = answers_sha256(baseline), baseline.manifest.run_id
    unlike = [kind for kind in allowed if kind not in {"probes", "models"}]
    if unlike:
        return Turn(baseline_sha256=sha256, refusal=f"run and baseline differ in {', '.join(unlike)}")
    if name == run_id or any(entry.run_id == name for entry in entries):
        return Turn(baseline_sha256=sha256, refusal=f"the answers of {name} were looked at as a run of this history")
    before = [entry for entry in entries if entry.baseline_sha256 == sha256]
    if is_fresh and before:
        return Turn(
            baseline_sha256=sha256, refusal=f"the answers of {name} are not fresh: {before[-1].run_id} had them"
        )
    n_looks = sum(entry.baseline_repeat is not None for entry in before)
    look = next_look(Baseline(is_fresh=is_fresh, repeats=baseline.manifest.repeats), n_looks)
    return Turn(baseline_sha256=sha256, repeat=look.repeat, refusal=look.refusal)


def fresh_pairs(finding: GateFinding, couple: Couple, ground: Ground, turn: Turn) -> tuple[int, int]:
    """Pairs where only the run's answer is a hit for the worse, and where only the baseline's is.

    A hit for the worse is what the metric's numerator counts: an answer made up for the hallucination
    rate, an abstention for over-abstention, an answer that is not right for accuracy. All repeats of a
    fresh baseline are paired; of a kept one the repeat of this turn is.

    Args:
        finding: A margin on counted labels.
        couple: The run's result and the baseline's.
        ground: The probes of both.
        turn: Without a refusal.
    """
    metric, members = _BY_NAME[finding.metric], ground.slices[finding.slice]
    is_answerable = ground.is_answerable[members]
    names = [ground.probe_ids[i] for i in members.tolist()]
    n_pairs = 1
    if turn.repeat is None:
        n_pairs = min(_repeats(couple.a), _repeats(couple.b))
    new = _drawn(couple.a, couple.run_a.run_id, tallies_of(couple.a, ground)[members], names)
    old = _drawn(couple.b, couple.run_b.run_id, tallies_of(couple.b, ground)[members], names)
    only_new = only_old = 0
    for j in range(n_pairs):
        bad_new = _badness(metric, _nth(new, j), is_answerable)
        bad_old = _badness(metric, _nth(old, j if turn.repeat is None else turn.repeat), is_answerable)
        with np.errstate(invalid="ignore"):
            only_new += int((bad_new > bad_old).sum())
            only_old += int((bad_new < bad_old).sum())
    return only_new, only_old


def _repeats(result: ModelResult) -> int:
    return max((sum(tally) for tally in result.tallies.values()), default=0)


def _drawn(result: ModelResult, run_id: str, tallies: Ints, names: Sequence[str]) -> Ints:
    """The labels of every probe in an order of chance, the same at every look, shape (n_probes, K).

    A summary holds counts of the repeats, not their order. Repeats are exchangeable, so any order that
    does not look at the labels is as good as the true one.
    """
    longest = int(tallies.sum(axis=1).max()) if len(tallies) else 0
    drawn = np.full((len(names), longest), NOTHING_DRAWN, dtype=np.int64)
    for row, (name, tally) in enumerate(zip(names, tallies.tolist(), strict=True)):
        labels = np.repeat(np.arange(4), tally)
        seed = hashlib.sha256(f"{run_id}\0{result.model}\0{result.prompt}\0{name}".encode(errors="surrogatepass"))
        order = np.random.default_rng(int.from_bytes(seed.digest()[:8])).permutation(len(labels))
        drawn[row, : len(labels)] = labels[order]
    return drawn


def _nth(drawn: Ints, position: int) -> Ints:
    return drawn[:, position] if position < drawn.shape[1] else np.full(len(drawn), NOTHING_DRAWN)


def _badness(metric: Metric, labels: Ints, is_answerable: np.ndarray) -> np.ndarray:
    """What each label adds to the numerator, more is worse; NaN where there is no label."""
    sign = 1.0 if metric.better == "low" else -1.0
    answerable = np.array([*metric.numerator.answerable, np.nan, np.nan])
    unanswerable = np.array([*metric.numerator.unanswerable, np.nan, np.nan])
    found: np.ndarray = sign * np.where(is_answerable, answerable[labels], unanswerable[labels])
    return found


def key_of(finding: GateFinding | HistoryRate) -> Key:
    """Which check of which model."""
    return finding.model, finding.prompt, finding.metric, finding.slice


def is_looked_at(finding: GateFinding) -> bool:
    """Whether a check is decided by looks: a margin on counted labels."""
    is_margin = finding.kind == "margin" and finding.sense == "margin" and not finding.calibrated
    return is_margin and finding.metric in _BY_NAME and finding.value is not None


def evidence_of(
    findings: Sequence[GateFinding],
    looks: Mapping[Key, tuple[int, int]],
    entries: Sequence[HistoryEntry],
    turn: Turn,
    *,
    is_fresh: bool,
    alpha: float,
) -> dict[Key, Evidence]:
    """Join this look with those before it against the same baseline, and choose who alarms.

    Args:
        findings: Of the gate.
        looks: The fresh pairs of this run; empty when it was refused.
        entries: The runs before it.
        turn: Of this run.
        is_fresh: Whether every look has a baseline of its own.
        alpha: Chance of any false alarm, ever.

    Source:
        Ville (1939) for one check, with the time of the change unknown (`late_excess_log_e`); e-BH of
        Wang & Ramdas (2022) across checks, which at the first alarm bounds the chance that it is false.
    """
    wanted = [finding for finding in findings if is_looked_at(finding)]
    before = [entry for entry in entries if _is_of(entry, turn, is_fresh=is_fresh)]
    found: dict[Key, Evidence] = {}
    for finding in wanted:
        key = key_of(finding)
        past = [rate for entry in before for rate in entry.rates if key_of(rate) == key and rate.only_new is not None]
        pairs = [(rate.only_new or 0, rate.only_old or 0) for rate in past]
        pairs += [looks[key]] if key in looks else []
        only_new, only_old = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
        found[key] = Evidence(
            n_looks=len(pairs),
            only_new=only_new,
            only_old=only_old,
            log_e=late_excess_log_e([pair[0] for pair in pairs], [sum(pair) for pair in pairs], 0.5),
            threshold=len(wanted) / alpha,
            alarm=False,
            refusal=turn.refusal if key not in looks else None,
        )
    values = [float(np.exp(min(one.log_e, _LARGEST_LOG))) for one in found.values()]
    chosen = e_bh(values, alpha) if values else []
    return {
        key: msgspec.structs.replace(one, alarm=alarm) for (key, one), alarm in zip(found.items(), chosen, strict=True)
    }


def _is_of(entry: HistoryEntry, turn: Turn, *, is_fresh: bool) -> bool:
    if is_fresh:
        return entry.baseline_repeat is None and entry.baseline is not None
    return entry.baseline_sha256 == turn.baseline_sha256 and entry.baseline_repeat is not None


def look_alpha(look: int, alpha: float) -> float:
    """Largest p-value that fails at look number `look`, when looks may go on for ever.

    >>> round(look_alpha(1, 0.025), 4), round(look_alpha(10, 0.025), 6)
    (0.0152, 0.000152)
    """
    return spent_alpha(look, alpha)
