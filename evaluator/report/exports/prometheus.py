"""Results in the text format of Prometheus, for the textfile collector of a node exporter.

Undefined numbers have no sample: a missing point is honest, a zero is not. The run's id stands in
`evaluator_run_info` only, so that scheduled runs continue the same time series.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from evaluator.records import ModelResult, Summary
from evaluator.report.safe_text import safe_text

LABEL_LIMIT = 300
Labels = dict[str, str]


@dataclass
class _Family:
    name: str
    help: str
    samples: list[tuple[Labels, float]] = field(default_factory=list)

    def add(self, labels: Labels, value: float | None) -> None:
        if value is not None and math.isfinite(value):
            self.samples.append((labels, value))


def prometheus_text(summary: Summary) -> bytes:
    """Write the estimates, counts, costs and times of every model, as gauges."""
    found = [*_about_run(summary), *_estimates(summary.results), *_counts(summary.results), *_expense(summary.results)]
    lines = [line for family in found if family.samples for line in _lines(family)]
    return "".join(f"{line}\n" for line in lines).encode()


def _lines(family: _Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} gauge"
    for labels, value in family.samples:
        inner = ",".join(f'{name}="{_escape(text)}"' for name, text in labels.items())
        yield f"{family.name}{{{inner}}} {value!r}" if inner else f"{family.name} {value!r}"


def _escape(text: str) -> str:
    return safe_text(text, limit=LABEL_LIMIT).replace("\\", r"\\").replace('"', r"\"")


def _about_run(summary: Summary) -> list[_Family]:
    manifest = summary.manifest
    info = _Family("evaluator_run_info", "What was measured, when and by whom it was graded; always 1.")
    labels = {
        "run_id": manifest.run_id,
        "version": manifest.evaluator,
        "probe_sets": ",".join(f"{ref.name}@{ref.version or ref.sha256[:12]}" for ref in manifest.probe_sets),
        "graders": ",".join(manifest.graders),
    }
    info.add(labels, 1)
    started = _Family("evaluator_run_started_timestamp_seconds", "When the run was started, in Unix time.")
    started.add({}, _unix_time(manifest.started_at))
    return [info, started]


def _unix_time(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _estimates(results: Iterable[ModelResult]) -> list[_Family]:
    value = _Family("evaluator_estimate", "A metric of a model on a slice of the probes; see evaluator schema summary.")
    low = _Family("evaluator_estimate_low", "Lower end of the interval of the metric.")
    high = _Family("evaluator_estimate_high", "Upper end of the interval of the metric.")
    base = _Family("evaluator_estimate_denominator", "What the metric was divided by.")
    for result in results:
        for one in result.estimates:
            labels = {"model": result.model, "prompt": result.prompt, "metric": one.name, "slice": one.slice}
            labels["calibrated"] = "true" if one.calibrated else "false"
            value.add(labels, one.value)
            low.add(labels, one.low)
            high.add(labels, one.high)
            base.add(labels, one.denominator)
    return [value, low, high, base]


def _counts(results: Iterable[ModelResult]) -> list[_Family]:
    outcomes = _Family("evaluator_requests", "Requests by what became of them.")
    labels = _Family("evaluator_responses", "Responses by label, on a slice of the probes.")
    for result in results:
        who = {"model": result.model, "prompt": result.prompt}
        for outcome, n in sorted(result.outcomes.items()):
            outcomes.add({**who, "outcome": outcome}, n)
        for slice_, counts in sorted(result.counts.items()):
            for label in ("correct", "wrong", "abstained", "ungraded"):
                labels.add({**who, "slice": slice_, "label": label}, getattr(counts, label))
    return [outcomes, labels]


def _expense(results: Iterable[ModelResult]) -> list[_Family]:
    usd = _Family("evaluator_cost_usd", "What the answers cost, as far as prices are known.")
    per_correct = _Family("evaluator_cost_usd_per_correct", "Cost divided by correct answers.")
    maybe = _Family("evaluator_maybe_paid_usd", "At most this was paid beside it, for requests without an answer.")
    tokens = _Family("evaluator_tokens", "Tokens as the provider counted them.")
    latency = _Family("evaluator_latency_seconds", "Seconds per answered request, by quantile.")
    for result in results:
        who = {"model": result.model, "prompt": result.prompt}
        cost, times = result.cost, result.latency
        usd.add(who, cost.usd)
        per_correct.add(who, cost.usd_per_correct)
        maybe.add(who, cost.maybe_paid_usd)
        for kind, n in (("prompt", cost.prompt_tokens), ("completion", cost.completion_tokens)):
            tokens.add({**who, "kind": kind}, n)
        for quantile, seconds in (("0.5", times.median_s), ("0.95", times.p95_s), ("1", times.max_s)):
            latency.add({**who, "quantile": quantile}, seconds)
    return [usd, per_correct, maybe, tokens, latency]
