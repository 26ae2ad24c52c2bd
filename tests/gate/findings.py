"""Findings made by hand."""

from __future__ import annotations

from typing import Any

from evaluator.gating import Decider, Evidence, GateFinding


def finding(**fields: Any) -> GateFinding:
    known: dict[str, Any] = {
        "kind": "margin",
        "metric": "hallucination_rate",
        "definition": "W / (W + A)",
        "slice": "all",
        "model": "m",
        "prompt": "none",
        "calibrated": False,
        "better": "low",
        "sense": "margin",
        "bound": 0.05,
        "value": 0.0,
        "low": -0.02,
        "high": 0.02,
        "level": 0.95,
        "new": None,
        "old": None,
        "p_worse": 0.5,
        "p_adjusted": 0.5,
        "method": "Tango score",
        "test": "McNemar mid-p",
        "n": 200,
        "n_clusters": 200,
        "n_labels": 0,
        "n_left_out": 0,
        "notes": (),
        "decide": (Decider(kind="probes", n_more=10, text="10 more probes"),),
    }
    return GateFinding(**{**known, **fields})


def limit(sense: str, bound: float, low: float, high: float, **fields: Any) -> GateFinding:
    better = "low" if sense == "max" else "high"
    value = (low + high) / 2
    return finding(kind="limit", sense=sense, better=better, bound=bound, value=value, low=low, high=high, **fields)


def instrument(metric: str, sense: str, bound: float, value: float | None, **fields: Any) -> GateFinding:
    better = "low" if sense == "max" else "high"
    fields = {"p_worse": None, "p_adjusted": None, "method": "counted, no interval"} | fields
    return finding(
        kind="instrument",
        metric=metric,
        sense=sense,
        better=better,
        bound=bound,
        value=value,
        low=value,
        high=value,
        **fields,
    )


def evidence(**fields: Any) -> Evidence:
    known: dict[str, Any] = {
        "n_looks": 3,
        "only_new": 9,
        "only_old": 4,
        "log_e": 0.5,
        "threshold": 40.0,
        "alarm": False,
        "refusal": None,
    }
    return Evidence(**{**known, **fields})
