"""Every metric, as a table: what is counted over what, on which slices, and in words.

A metric is a ratio of two weighted counts. The weights say what one correct, wrong or abstained
response adds to the numerator and to the denominator; they may differ between probes that can be
answered and probes that cannot. Ungraded responses have no weight anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Weights = tuple[float, float, float]
"""What a correct, a wrong and an abstained response add."""
NOTHING: Weights = (0, 0, 0)
PENALISED_THRESHOLDS = (0.0, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """Weights for responses to answerable and to unanswerable probes."""

    answerable: Weights = NOTHING
    unanswerable: Weights = NOTHING

    @property
    def flat(self) -> tuple[float, ...]:
        """All six weights in the order of the columns of `SliceCells.cells`."""
        return (*self.answerable, *self.unanswerable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One definition: numerator over denominator, both weighted counts."""

    name: str
    definition: str
    """Formula and meaning; printed with every number."""
    slices: tuple[str, ...]
    """Slice names; one that ends in `=` stands for every slice it begins."""
    numerator: Weighting
    denominator: Weighting
    better: Literal["low", "high"]
    low: float = 0.0
    """Smallest possible value."""
    high: float = 1.0
    """Largest possible value."""
    needs_both_kinds: bool = False
    """Undefined unless the slice has answerable and unanswerable probes; depends on their shares."""

    @property
    def is_proportion(self) -> bool:
        """Whether the value is a share of responses: each counts once, as a hit or not."""
        pairs = zip(self.numerator.flat, self.denominator.flat, strict=True)
        return all(pair in {(0, 0), (0, 1), (1, 1)} for pair in pairs)

    def covers(self, slice_name: str) -> bool:
        """Whether the metric is reported on the slice."""
        return any(slice_name.startswith(name) if name.endswith("=") else slice_name == name for name in self.slices)


def on_answerable(numerator: Weights, denominator: Weights) -> tuple[Weighting, Weighting]:
    """Weightings of a metric that looks at answerable probes only."""
    return Weighting(answerable=numerator), Weighting(answerable=denominator)


def _rate(name: str, definition: str, weights: tuple[Weights, Weights], better: Literal["low", "high"]) -> Metric:
    numerator, denominator = on_answerable(*weights)
    return Metric(
        name=name,
        definition=definition,
        slices=("answerable",),
        numerator=numerator,
        denominator=denominator,
        better=better,
    )


def _penalised_score(threshold: float) -> Metric:
    # Rounded, or 0.9 / (1 - 0.9) would charge 9.000000000000002.
    penalty = round(threshold / (1 - threshold), 9)
    numerator, denominator = on_answerable((1, -penalty, 0), (1, 1, 1))
    return Metric(
        name=f"penalised_score_t{threshold:g}",
        definition=(
            f"(C - W * t/(1 - t)) / (C + W + A) on answerable probes at t = {threshold:g}: right +1, abstained 0, "
            f"wrong -{penalty:g}; answering pays only above probability t (Kalai et al. 2025, arXiv:2509.04664)"
        ),
        slices=("answerable",),
        numerator=numerator,
        denominator=denominator,
        better="high",
        low=0.0 - penalty,
    )


def _abstention(name: str, definition: str, numerator: Weighting, denominator: Weighting) -> Metric:
    return Metric(
        name=name,
        definition=f"{definition}; positive = the probe is unanswerable",
        slices=("all",),
        numerator=numerator,
        denominator=denominator,
        better="high",
        needs_both_kinds=True,
    )


HALLUCINATION_RATE = Metric(
    name="hallucination_rate",
    definition=(
        "W / (W + A): when it did not get it right, how often did it make something up; "
        "on answerable probes AA-Omniscience's rate (arXiv:2511.13029)"
    ),
    slices=("all", "answerable", "unanswerable", "topic=", "reason=", "language="),
    numerator=Weighting(answerable=(0, 1, 0), unanswerable=(0, 1, 0)),
    denominator=Weighting(answerable=(0, 1, 1), unanswerable=(0, 1, 1)),
    better="low",
)

OMNISCIENCE_INDEX = Metric(
    name="omniscience_index",
    definition=(
        "100 * (C - W) / (C + W + A) on answerable probes, -100 to 100; "
        "index/100 = accuracy - hallucination_rate * (1 - accuracy) (AA-Omniscience, arXiv:2511.13029)"
    ),
    slices=("answerable",),
    numerator=Weighting(answerable=(100, -100, 0)),
    denominator=Weighting(answerable=(1, 1, 1)),
    better="high",
    low=-100.0,
    high=100.0,
)

METRICS: tuple[Metric, ...] = (
    HALLUCINATION_RATE,
    _rate("accuracy", "C / (C + W + A) on answerable probes", ((1, 0, 0), (1, 1, 1)), "high"),
    _rate(
        "attempted_error_rate",
        "W / (C + W) on answerable probes: of the answers it gave, how many were wrong",
        ((0, 1, 0), (1, 1, 0)),
        "low",
    ),
    _rate(
        "over_abstention_rate",
        "A / (C + W + A) on answerable probes: how often it declined what has an answer",
        ((0, 0, 1), (1, 1, 1)),
        "low",
    ),
    OMNISCIENCE_INDEX,
    _rate(
        "f_score",
        "2C / (2C + 2W + A) on answerable probes: harmonic mean of C/N and C/(C + W) (SimpleQA, arXiv:2411.04368)",
        ((2, 0, 0), (2, 2, 1)),
        "high",
    ),
    *(_penalised_score(threshold) for threshold in PENALISED_THRESHOLDS),
    _abstention(
        "abstention_precision",
        "abstentions on unanswerable probes / all abstentions",
        Weighting(unanswerable=(0, 0, 1)),
        Weighting(answerable=(0, 0, 1), unanswerable=(0, 0, 1)),
    ),
    _abstention(
        "abstention_recall",
        "abstentions on unanswerable probes / responses to unanswerable probes",
        Weighting(unanswerable=(0, 0, 1)),
        Weighting(unanswerable=(1, 1, 1)),
    ),
    _abstention(
        "abstention_f1",
        "2TP / (2TP + FP + FN): harmonic mean of abstention precision and recall (AbstentionBench, arXiv:2506.09038)",
        Weighting(unanswerable=(0, 0, 2)),
        Weighting(answerable=(0, 0, 1), unanswerable=(1, 1, 2)),
    ),
)
