"""From the votes of all judges on one response to its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from evaluator.graders.step import bounded
from evaluator.records import Verdict

STEP = "judge"


def joined_name(grader: str, rubric: str) -> str:
    """Name the grader whose uncertain verdicts a judge settles.

    >>> joined_name("cascade-2", "judge-1")
    'cascade-2+judge-1'
    >>> joined_name("cascade-2+judge-1", "judge-2")
    'cascade-2+judge-2'
    """
    return f"{grader.partition('+')[0]}+{rubric}"


def panel_verdict(cheap: Verdict, votes: Sequence[Verdict]) -> Verdict:
    """Settle the response of `cheap` by its votes: one for every judge and repeat.

    A label needs more than half of all votes that were asked for, so a judge that fails never
    makes the others' word weigh more. Without one the response is ungraded: for the judge's
    own reason where no vote was given at all, else as `no_majority`.

    Args:
        cheap: The verdict of the rules, which the votes replace.
        votes: At least one; a vote that is still to come is ungraded as `pending`.
    """
    ballots = Counter(vote.label for vote in votes if vote.label is not None)
    label, n_agreeing = ballots.most_common(1)[0] if ballots else (None, 0)
    evidence = bounded("; ".join(f"{vote.model}: {_said(vote)}" for vote in votes))
    if label is None or 2 * n_agreeing <= len(votes):
        return _settled(cheap, ungraded=_reason(votes), evidence=evidence)
    kinds = Counter(vote.abstention_kind for vote in votes if vote.label == label)
    return _settled(
        cheap,
        label=label,
        abstention_kind=kinds.most_common(1)[0][0],
        probability=n_agreeing / len(votes) if len(votes) > 1 else None,
        evidence=evidence,
    )


def _said(vote: Verdict) -> str:
    # The evidence of a vote is the judge's word, or what it wrote instead of one.
    return vote.evidence if vote.label is not None else f"{vote.ungraded} ({vote.evidence[:60]})"


def _reason(votes: Sequence[Verdict]) -> str:
    reasons = [vote.ungraded for vote in votes if vote.ungraded is not None]
    if "pending" in reasons:
        return "pending"
    # Sorted, so that the reason does not hang on the order of the judges.
    return (
        min(Counter(reasons).items(), key=lambda item: (-item[1], item[0]))[0]
        if len(reasons) == len(votes)
        else "no_majority"
    )


def _settled(cheap: Verdict, **fields: object) -> Verdict:
    unset = {"label": None, "ungraded": None, "abstention_kind": None, "probability": None}
    return msgspec.structs.replace(cheap, **(unset | fields), step=STEP)
