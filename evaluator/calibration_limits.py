"""When a calibrated number is refused or carries a warning: the limits that [calibration] of evaluation.toml sets."""

from __future__ import annotations

from typing import Annotated

import msgspec

from evaluator.record import Record

Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Amount = Annotated[float, msgspec.Meta(ge=0)]


class Thresholds(Record, frozen=True):
    """The limits; the defaults are proposals, not taken from a paper unless the condition's comment names one."""

    min_cell_labels: Count = 5
    """Labels each verdict cell needs that holds more than `small_cell_share` of the responses."""
    small_cell_share: Share = 0.02
    thin_cell_labels: Count = 8
    """Below this many labels a cell is warned about."""
    min_clusters: Annotated[int, msgspec.Meta(ge=2)] = 10
    few_clusters: Count = 60
    """With fewer clusters than this, a verdict rarer than `rare_verdict_share` is warned about."""
    rare_verdict_share: Share = 0.1
    min_denominator_share: Share = 0.05
    min_denominator_items: Amount = 20.0
    """Effective responses the denominator needs."""
    max_width: Share = 0.4
    """Of the interval, as a share of the range of the rate."""
    min_class_labels: Count = 10
    """Labels of each true class that a transported calibration needs."""
    min_judge_j: Share = 0.2
    """The lower 95% limit of the judge's Youden J has to be above this."""
    weak_judge_j: Share = 0.5
    max_condition_number: Amount = 10.0
    outside_errors: Amount = 2.0
    """Standard errors by which a share may be impossible before the model counts as misspecified."""
    min_donors: Annotated[int, msgspec.Meta(ge=1)] = 4
    """Donors with labels below which a range is shown in place of an interval."""
    max_judge_gap: Share = 0.15
    """Difference of the judge's J between models above which its errors count as different."""
    ungraded_share: Share = 0.01
    labelled_share: Share = 0.9
    """Share of the drawn responses that should have a label."""
    max_human_disagreement: Share = 0.1
    """Share of doubly labelled responses on which people may differ before the rates count as conditional on one."""
