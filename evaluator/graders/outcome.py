"""First step: what is not an answer is not graded."""

from __future__ import annotations

import re

from evaluator.graders.step import Case, Decision
from evaluator.records import Outcome, UngradedReason

_UNGRADED: dict[Outcome, UngradedReason] = {
    "blocked": "blocked",
    "truncated": "truncated",
    "malformed": "malformed",
    "failed": "failed",
    "pending": "pending",
}
_WORD_CHARACTER = re.compile(r"[^\W_]")
SUBSTITUTED = "substituted"
"""The response flag that says another model or host answered than the one asked."""
EMPTY = "empty"
"""The response flag that says the provider ended normally without any text."""


def decide_outcome(case: Case) -> Decision | Case:
    """Settle responses that carry no answer of the model that was asked."""
    response = case.response
    reason = "empty" if EMPTY in response.flags else _UNGRADED.get(response.outcome)
    if reason is not None:
        return Decision(ungraded=reason, evidence=response.detail or f"outcome {response.outcome}")
    if SUBSTITUTED in response.flags:
        served = response.served_model or "another model"
        return Decision(ungraded="substituted", evidence=response.detail or f"answered by {served}")
    if response.outcome == "refused":
        evidence = response.detail or "the provider reported a refusal"
        return Decision(label="abstained", abstention_kind="policy_refusal", evidence=evidence)
    return decide_empty(case)


def decide_empty(case: Case) -> Decision | Case:
    """Leave a text without a letter or digit ungraded: silence is not an abstention."""
    if _WORD_CHARACTER.search(case.text):
        return case
    return Decision(ungraded="empty", evidence="the answer has no letter and no digit")
