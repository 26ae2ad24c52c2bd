"""When a calibrated number is refused or carries a warning, and what to do about it.

The limits are in `evaluator.calibration_limits`, where [calibration] of evaluation.toml changes them;
every condition that fires is printed with the number or in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluator.calibration_limits import Thresholds as Thresholds
from evaluator.records import LABELS
from evaluator.stats.calibration.influence import ShareRatio
from evaluator.stats.calibration.items import N_LABELS, CellTable
from evaluator.stats.calibration.planning import labels_for_half_width
from evaluator.stats.calibration.poststratified import Calibrated
from evaluator.stats.clusters import Floats

ConditionCode = Literal[
    "no_labels",
    "no_design",
    "other_run",
    "stale_graders",
    "stale_verdicts",
    "few_labels_in_cell",
    "few_clusters",
    "small_denominator",
    "not_informative",
    "few_labels_of_class",
    "judge_uninformative",
    "judge_inverted",
    "matrix_ill_conditioned",
    "outside_judge_range",
    "thin_cell",
    "unlabelled_cell",
    "weak_judge",
    "one_annotator",
    "annotators_disagree",
    "ungraded",
    "unfinished_labels",
    "rare_verdict_few_clusters",
    "transported",
    "few_donors",
    "differential_judge",
]
WRONG_CLASSES = (1, N_LABELS + 1)


DEFAULT_THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class Condition:
    """One reason to refuse a number or to read it with care."""

    code: ConditionCode
    sentence: str
    """What was wanted and what came."""
    next_step: str
    refuses: bool

    @property
    def note(self) -> str:
        """The condition as a note on an estimate or a summary."""
        return f"{'refused' if self.refuses else 'warning'} ({self.code}): {self.sentence}; {self.next_step}"


def refusal(code: ConditionCode, sentence: str, next_step: str) -> Condition:
    """A condition under which no number is given."""
    return Condition(code, sentence, next_step, refuses=True)


def warning(code: ConditionCode, sentence: str, next_step: str) -> Condition:
    """A condition under which a number is given with care."""
    return Condition(code, sentence, next_step, refuses=False)


def refusals(conditions: Sequence[Condition]) -> list[Condition]:
    """Those that refuse."""
    return [condition for condition in conditions if condition.refuses]


def cell_name(cell: int) -> str:
    """Name a cell for people.

    >>> cell_name(1), cell_name(5)
    ('verdict=wrong (answerable)', 'verdict=abstained (unanswerable)')
    """
    kind = "answerable" if cell < N_LABELS else "unanswerable"
    return f"verdict={LABELS[cell % N_LABELS]} ({kind})"


def youden_j(table: CellTable) -> float | None:
    """J = sensitivity + specificity - 1 of the verdict wrong against all other verdicts.

    Labels count with the inverse of the share of their cell that was labelled, because they were
    drawn by verdict.

    Returns:
        None when no label is wrong, or all are.

    Source:
        Youden (1950), Cancer 3(1):32-35; Rogan & Gladen (1978), Am J Epidemiol 107(1):71-76.
    """
    joint = table.sizes[:, None] * table.truth_given_cell() * (table.labelled > 0)[:, None]
    is_wrong = np.isin(np.arange(len(joint)), WRONG_CLASSES)
    wrong, other = joint[:, is_wrong].sum(axis=1), joint[:, ~is_wrong].sum(axis=1)
    if wrong.sum() == 0 or other.sum() == 0:
        return None
    return float(wrong[is_wrong].sum() / wrong.sum() + other[~is_wrong].sum() / other.sum()) - 1


def table_conditions(table: CellTable, limits: Thresholds = DEFAULT_THRESHOLDS) -> Iterator[Condition]:
    """What the counts of labels alone forbid or warn about.

    Args:
        table: Of the responses that can count in the rate.
        limits: When to do so.
    """
    if not table.counts.any():
        yield refusal("no_labels", "none of these responses has a label", "label some: evaluator label draw RUN")
        return
    weights, labelled = table.weights, table.labelled
    for cell in np.flatnonzero((table.sizes > 0) & (labelled < table.sizes)).tolist():
        n, name = int(labelled[cell]), cell_name(cell)
        share = f"{weights[cell]:.1%} of the responses"
        if weights[cell] > limits.small_cell_share and n < limits.min_cell_labels:
            wanted = f"{limits.min_cell_labels} labels needed on {name}, which holds {share}, got {n}"
            n_more = min(limits.thin_cell_labels, int(table.sizes[cell])) - n
            yield refusal("few_labels_in_cell", wanted, f"label {n_more} more responses of this cell")
        elif n == 0:
            yield warning("unlabelled_cell", f"no labels on {name}, {share}", "its verdicts are taken as true")
        elif n < limits.thin_cell_labels:
            wide = f"{limits.thin_cell_labels} make its part of the interval reliable"
            yield warning("thin_cell", f"{n} labels on {name}, {share}", wide)
    j = youden_j(table)
    if j is not None and j < limits.weak_judge_j:
        sentence = f"the verdict wrong has Youden J {j:.2f} against the labels, below {limits.weak_judge_j:g}"
        yield warning("weak_judge", sentence, "a better judge narrows the interval more than labels do")


def cluster_conditions(
    table: CellTable, n_clusters: int, limits: Thresholds = DEFAULT_THRESHOLDS
) -> Iterator[Condition]:
    """What too few independent clusters forbid or warn about.

    Args:
        table: Of the responses that can count in the rate.
        n_clusters: Clusters they form.
        limits: When to do so.
    """
    if n_clusters < limits.min_clusters:
        sentence = f"{limits.min_clusters} independent clusters of probes needed, got {n_clusters}"
        yield refusal("few_clusters", sentence, "add probes that do not depend on these")
    elif n_clusters < min(limits.few_clusters, int(table.sizes.sum())):
        rare = np.flatnonzero((table.sizes > 0) & (table.weights < limits.rare_verdict_share)).tolist()
        if rare:
            sentence = f"only {n_clusters} clusters and few responses with {cell_name(rare[0])}"
            next_step = "in simulation such a 95% interval held the truth in 92%; add probes"
            yield warning("rare_verdict_few_clusters", sentence, next_step)


def result_conditions(
    found: Calibrated, ratio: ShareRatio, *, level: float, limits: Thresholds = DEFAULT_THRESHOLDS
) -> Iterator[Condition]:
    """What the estimated shares and the interval forbid.

    Args:
        found: The estimate.
        ratio: Its rate.
        level: Target coverage of the interval.
        limits: When to do so.
    """
    yield from denominator_conditions(found.shares, found.effective_items, ratio, limits)
    if found.interval is None:
        return
    low, high = ratio.limits
    width = (found.interval[1] - found.interval[0]) / (high - low)
    if width > limits.max_width:
        sentence = f"the interval is {width:.0%} of the range wide, above {limits.max_width:.0%}: not informative"
        yield refusal("not_informative", sentence, _labels_that_help(found, (high - low) * limits.max_width / 2, level))


def denominator_conditions(
    shares: Floats, effective_items: float, ratio: ShareRatio, limits: Thresholds = DEFAULT_THRESHOLDS
) -> Iterator[Condition]:
    """Refuse a ratio whose denominator is close to nothing.

    Args:
        shares: Of the true classes, shape (6,).
        effective_items: Independent responses the data are worth.
        ratio: The rate.
        limits: When to do so.
    """
    size = ratio.size(shares) / float(ratio.denominator.max())
    n_items = size * effective_items
    if size < limits.min_denominator_share or n_items < limits.min_denominator_items:
        sentence = (
            f"{limits.min_denominator_share:.0%} of the responses and {limits.min_denominator_items:g} effective ones "
            f"needed in the denominator, got {size:.1%} and {n_items:.0f}"
        )
        per_response = float((ratio.numerator * shares).sum())
        yield refusal("small_denominator", sentence, f"per response the numerator is {per_response:.4g}")


def _labels_that_help(found: Calibrated, half_width: float, level: float) -> str:
    n_labels = labels_for_half_width(half_width, found.table.weights, np.sqrt(found.spreads), level=level)
    if n_labels <= found.n_labels:
        return "more labels will not help: add probes"
    return f"about {n_labels} labels in all are needed, and enough probes"
