"""When labels of other models may correct a rate, and with which warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evaluator.records import LABELS
from evaluator.stats.calibration.conditions import (
    DEFAULT_THRESHOLDS,
    WRONG_CLASSES,
    Condition,
    Thresholds,
    denominator_conditions,
    refusal,
    warning,
)
from evaluator.stats.calibration.influence import ShareRatio
from evaluator.stats.calibration.items import N_CLASSES, N_LABELS, CellTable
from evaluator.stats.calibration.rogan_gladen import JudgeAccuracy
from evaluator.stats.calibration.transported import KINDS, Confusion, Transported, pooled

_OWN_LABELS = "label this model itself"
_KIND_NAMES = ("answerable", "unanswerable")


def judge_accuracy(confusion: Confusion, kind: int) -> JudgeAccuracy | None:
    """How the judge tells wrong from the other classes on answerable (0) or unanswerable (1) probes.

    Returns:
        None when wrong, or all else, has no label.
    """
    classes = np.arange(N_CLASSES)[KINDS[kind]]
    wrong = WRONG_CLASSES[kind]
    others = classes[classes != wrong]
    n_positive, n_other = float(confusion.n_effective[wrong]), confusion.n_effective[others]
    n_negative = float(n_other.sum())
    if n_positive <= 0 or n_negative <= 0:
        return None
    taken_for_wrong = float((n_other * confusion.matrix[others, wrong]).sum()) / n_negative
    return JudgeAccuracy(
        specificity=1 - taken_for_wrong,
        n_negative=n_negative,
        sensitivity=float(confusion.matrix[wrong, wrong]),
        n_positive=n_positive,
    )


def donor_conditions(
    donors: Sequence[Confusion], table: CellTable, *, level: float, limits: Thresholds = DEFAULT_THRESHOLDS
) -> Iterator[Condition]:
    """What the labels of the donors forbid or warn about.

    Args:
        donors: How the judge treated each labelled model.
        table: Of the responses to correct; says which kinds of probes matter.
        level: Of the limit on Youden's J.
        limits: When to refuse or warn.
    """
    if not donors:
        yield refusal("no_labels", "neither this model nor another has labels", "label some: evaluator label draw RUN")
        return
    sentence = f"corrected with labels of {len(donors)} other {'model' if len(donors) == 1 else 'models'}, not its own"
    yield warning("transported", sentence, f"true only if the judge errs on this model as on those; {_OWN_LABELS}")
    if len(donors) < limits.min_donors:
        few = f"{limits.min_donors} labelled models needed for an interval, got {len(donors)}"
        yield warning("few_donors", few, "only their range is shown")
    overall = pooled(donors)
    for kind in np.flatnonzero(table.sizes.reshape(2, -1).any(axis=1)).tolist():
        yield from _class_conditions(overall, kind, limits)
        yield from _matrix_conditions(overall, kind, level, limits)
        yield from _gap_conditions(donors, kind, limits)


def transport_conditions(
    found: Transported, ratio: ShareRatio, n_items: int, limits: Thresholds = DEFAULT_THRESHOLDS
) -> Iterator[Condition]:
    """What the corrected shares and the interval forbid.

    Args:
        found: The estimate.
        ratio: Its rate.
        n_items: Responses it was made from.
        limits: When to refuse.
    """
    if found.worst_share < -limits.outside_errors:
        sentence = (
            "the verdicts are rarer or more frequent than the labelled models' error rates allow: a share "
            f"is {-found.worst_share:.1f} standard errors below 0"
        )
        yield refusal("outside_judge_range", sentence, f"the judge errs differently here; {_OWN_LABELS}")
    yield from denominator_conditions(found.shares, min(n_items, found.n_clusters), ratio, limits)
    if found.interval is not None:
        low, high = ratio.limits
        width = (found.interval[1] - found.interval[0]) / (high - low)
        if width > limits.max_width:
            sentence = f"the interval is {width:.0%} of the range wide, above {limits.max_width:.0%}: not informative"
            yield refusal("not_informative", sentence, _OWN_LABELS)


def _class_conditions(overall: Confusion, kind: int, limits: Thresholds) -> Iterator[Condition]:
    for label in np.arange(N_CLASSES)[KINDS[kind]].tolist():
        n = int(overall.n_labels[label])
        if n < limits.min_class_labels:
            name = f"{LABELS[label % N_LABELS]} ({_KIND_NAMES[kind]})"
            sentence = f"{limits.min_class_labels} labels that say {name} needed, got {n}"
            yield refusal("few_labels_of_class", sentence, "label more responses, or this model itself")


def _matrix_conditions(overall: Confusion, kind: int, level: float, limits: Thresholds) -> Iterator[Condition]:
    number = overall.condition_number(kind)
    if number > limits.max_condition_number:
        sentence = f"the judge's confusion has condition number {number:.1f}, above {limits.max_condition_number:g}"
        yield refusal("matrix_ill_conditioned", sentence, f"use a better judge, or {_OWN_LABELS}")
    judge = judge_accuracy(overall, kind)
    if judge is None:
        return
    j, lowest = judge.youden_j, judge.youden_j_low(level)
    shown = f"Youden J {j:.2f}, at least {lowest:.2f}, on {_KIND_NAMES[kind]} probes"
    if j <= 0:
        yield refusal(
            "judge_inverted", f"the verdict wrong tells nothing or the opposite: {shown}", "use another judge"
        )
    elif lowest <= limits.min_judge_j:
        sentence = f"a judge surely above {limits.min_judge_j:g} needed, got {shown}"
        yield refusal("judge_uninformative", sentence, "label more, or use a better judge")
    elif j < limits.weak_judge_j:
        yield warning("weak_judge", f"the judge is weak: {shown}", _OWN_LABELS)


def _gap_conditions(donors: Sequence[Confusion], kind: int, limits: Thresholds) -> Iterator[Condition]:
    judges = [judge_accuracy(donor, kind) for donor in donors]
    # Of a few labels J is mostly chance.
    least = limits.min_class_labels
    measured = [judge.youden_j for judge in judges if judge and min(judge.n_positive, judge.n_negative) >= least]
    if measured and max(measured) - min(measured) > limits.max_judge_gap:
        sentence = (
            f"the judge's Youden J differs between labelled models, {min(measured):.2f} to {max(measured):.2f}, "
            f"on {_KIND_NAMES[kind]} probes"
        )
        yield warning("differential_judge", sentence, f"its errors depend on the model: {_OWN_LABELS}")
