"""What a judge did in a run, and how it can fail. It stands alone because records.py holds it."""

from __future__ import annotations

from typing import Literal

import msgspec

JudgeFault = Literal["judge_unparsable", "judge_refused", "judge_truncated", "judge_failed", "no_majority"]
"""Why a response that went to a judge has no label."""


class JudgeUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One judge: how often it was asked, what it failed at, whether it agrees with itself, what it cost."""

    model: str
    n_asked: int
    """Replies that came, or failed for good; equal questions are asked once."""
    n_pending: int
    """Requests that have no reply yet."""
    ungraded: dict[str, int]
    """Replies that are no vote, by reason."""
    n_agreeing: int
    """Texts on which all repeats gave the same label."""
    n_repeated: int
    """Texts on which at least two repeats were asked and all gave a label."""
    self_consistency: float | None
    """n_agreeing / n_repeated; None when nothing was repeated."""
    self_consistency_low: float | None
    self_consistency_high: float | None
    """Wilson interval at the 95% level."""
    prompt_tokens: int | None
    completion_tokens: int | None
    usd: float | None
    """The sum of the known prices; None when none is known."""
    n_unpriced: int
    ambiguous_sends: int
    """Attempts that may have been billed without giving a reply."""
