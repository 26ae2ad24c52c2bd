"""Do models do better on probes they may have seen in training than on fresh ones of the same family?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluator.records import Estimate, FreshComparison, Manifest, ModelResult, Probe
from evaluator.stats.estimates import Ints, Scope, SliceCells, metric_estimate
from evaluator.stats.metrics import METRICS, Metric
from evaluator.stats.slices import Indices

FAMILY_TAG = "family:"
FEWEST = 10
"""Graded answers on each side; below, the two rates say nothing about each other."""
COMPARED = (("accuracy", "answerable"), ("hallucination_rate", "all"))
METHOD = "difference of two independent rates from their intervals (Zou and Donner 2008)"


@dataclass(frozen=True, slots=True)
class Varieties:
    """Probes of one family, as positions among the probes in order of their ids."""

    fixed: Ints
    fresh: Ints


def varieties_of(manifest: Manifest, probes: Sequence[Probe]) -> dict[str, Varieties]:
    """Find the families that a run holds both as fixed and as fresh probes.

    Args:
        manifest: Its probe sets say which were generated: those have a seed.
        probes: As they were asked: set after set, in the order of the manifest.
    """
    sets = manifest.probe_sets
    if sum(ref.n_probes for ref in sets) != len(probes) or len({ref.seed is None for ref in sets}) < 2:
        return {}
    is_fresh = np.repeat([ref.seed is not None for ref in sets], [ref.n_probes for ref in sets])
    order = sorted(range(len(probes)), key=lambda i: probes[i].probe_id)
    members: dict[str, tuple[list[int], list[int]]] = {}
    for position, i in enumerate(order):
        for tag in probes[i].tags:
            if tag.startswith(FAMILY_TAG):
                name = tag.removeprefix(FAMILY_TAG)
                members.setdefault(name, ([], []))[int(is_fresh[i])].append(position)
    return {
        name: Varieties(np.array(fixed, dtype=np.int64), np.array(fresh, dtype=np.int64))
        for name, (fixed, fresh) in sorted(members.items())
        if fixed and fresh
    }


def fresh_comparisons(
    varieties: Mapping[str, Varieties],
    result: ModelResult,
    is_answerable: npt.NDArray[np.bool_],
    clusters: Indices,
    level: float,
) -> Iterator[FreshComparison]:
    """Compare the rates of one model on fixed and on fresh probes, by family and over all of them.

    Args:
        varieties: As `varieties_of` finds them.
        result: With tallies of all probes, in order of their ids.
        is_answerable: Shape (n_probes,).
        clusters: Cluster code per probe.
        level: Target coverage, in (0, 1).

    Assumes:
        Fixed and fresh probes are samples of the same questions, drawn independently. A fact that both
        ask for makes the interval too wide, never too narrow.

    Source:
        Newcombe (1998), Statistics in Medicine 17:873-890, method 10; for any two intervals, and for
        sums: Zou & Donner (2008), Statistics in Medicine 27:1693-1702.
    """
    tallies: Ints = np.array(list(result.tallies.values()), dtype=np.int64).reshape(-1, 4)
    metrics = {metric.name: metric for metric in METRICS}
    for name, slice_name in COMPARED:
        scope = Scope(slice=slice_name, model=result.model, prompt=result.prompt, level=level)

        def estimate(positions: Ints, metric: Metric = metrics[name], scope: Scope = scope) -> Estimate:
            own = positions[is_answerable[positions]] if scope.slice == "answerable" else positions
            return metric_estimate(
                metric, SliceCells.from_tallies(tallies[own], is_answerable[own], clusters[own]), scope
            )

        pairs = {family: (estimate(found.fixed), estimate(found.fresh)) for family, found in varieties.items()}
        for family, pair in pairs.items():
            yield _comparison(family, [pair], result, level)
        usable = [pair for pair in pairs.values() if _is_usable(pair)]
        if len(usable) > 1:
            yield _comparison("all", usable, result, level)


def mover_interval(sides: Sequence[tuple[float, float, float]], weights: Sequence[float]) -> tuple[float, float]:
    """Interval of a weighted sum of independent quantities, from the interval of each.

    Args:
        sides: (value, low, high) of each.
        weights: Of the sum; a difference has the weights 1 and -1.

    Source:
        Zou & Donner (2008), Statistics in Medicine 27:1693-1702, equations 2 and 3.

    >>> low, high = mover_interval([(0.8, 0.6918, 0.8775), (0.6, 0.4905, 0.7004)], [1, -1])
    >>> round(low, 3), round(high, 3)
    (0.052, 0.334)
    """
    total = sum(weight * value for weight, (value, _, _) in zip(weights, sides, strict=True))
    below = above = 0.0
    for weight, (value, low, high) in zip(weights, sides, strict=True):
        down, up = (value - low, high - value) if weight >= 0 else (high - value, value - low)
        below += (weight * down) ** 2
        above += (weight * up) ** 2
    return total - math.sqrt(below), total + math.sqrt(above)


def _is_usable(pair: tuple[Estimate, Estimate]) -> bool:
    return all(side.value is not None and side.low is not None and side.denominator >= FEWEST for side in pair)


def _comparison(
    family: str, pairs: Sequence[tuple[Estimate, Estimate]], result: ModelResult, level: float
) -> FreshComparison:
    n_fixed, n_fresh = (sum(pair[side].n for pair in pairs) for side in (0, 1))
    values = [[pair[side].value for pair in pairs] for side in (0, 1)]
    fixed, fresh = (_mean(side) for side in values)
    difference = low = high = None
    if all(map(_is_usable, pairs)) and fixed is not None and fresh is not None:
        sides = [(e.value or 0.0, e.low or 0.0, 1.0 if e.high is None else e.high) for pair in pairs for e in pair]
        low, high = mover_interval(sides, [sign / len(pairs) for _ in pairs for sign in (1, -1)])
        difference = fixed - fresh
    return FreshComparison(
        model=result.model,
        prompt=result.prompt,
        family=family,
        name=pairs[0][0].name,
        slice=pairs[0][0].slice,
        n_fixed=n_fixed,
        n_fresh=n_fresh,
        fixed=fixed,
        fresh=fresh,
        difference=difference,
        low=low,
        high=high,
        level=level,
        method=METHOD if difference is not None else f"fewer than {FEWEST} answers on one side",
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
