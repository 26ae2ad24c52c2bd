"""Votes to a verdict: a majority of all that were asked, or none."""

from __future__ import annotations

from itertools import permutations

import pytest

from evaluator.graders.judge import VoteReader, panel_verdict
from evaluator.records import Probe, Request, Sampling, Verdict

CHEAP = Verdict(
    request_id="r", probe_id="p", model="m", prompt="none", repeat=0, grader="g", label="wrong", step="leftover"
)
PROBE = Probe(probe_id="p", question="Q?", targets=("x",))


def vote(said: str, judge: str = "server/j") -> Verdict:
    """A vote by its label, its kind of abstention, or its fault."""
    kinds = {"dont_know", "premise_corrected", "clarification", "policy_refusal"}
    fields: dict[str, object] = {"label": said} if said in {"correct", "wrong"} else {"ungraded": said}
    if said in kinds:
        fields = {"label": "abstained", "abstention_kind": said}
    return Verdict(
        request_id="v", probe_id="p", model=judge, prompt="judge-1", repeat=0, grader="judge-1", evidence=said, **fields
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("votes", "label", "probability"),
    [
        (["correct"], "correct", None),
        (["correct", "correct"], "correct", 1.0),
        (["correct", "wrong", "correct"], "correct", 2 / 3),
        (["dont_know", "premise_corrected", "correct"], "abstained", 2 / 3),
        (["wrong", "wrong", "judge_failed"], "wrong", 2 / 3),
        (["wrong", "wrong", "pending"], "wrong", 2 / 3),
    ],
)
def test_more_than_half_of_all_votes_decide(votes: list[str], label: str, probability: float | None) -> None:
    for order in permutations(votes):
        verdict = panel_verdict(CHEAP, [vote(said) for said in order])
        assert (verdict.label, verdict.ungraded, verdict.step) == (label, None, "judge")
        assert verdict.probability == probability


@pytest.mark.parametrize(
    ("votes", "reason"),
    [
        (["correct", "wrong"], "no_majority"),
        (["correct", "wrong", "dont_know"], "no_majority"),
        (["correct", "judge_unparsable"], "no_majority"),
        (["correct", "judge_failed", "judge_failed"], "no_majority"),
        (["correct", "wrong", "pending"], "pending"),
        (["pending"], "pending"),
        (["judge_unparsable"], "judge_unparsable"),
        (["judge_refused"], "judge_refused"),
        (["judge_failed", "judge_refused", "judge_refused"], "judge_refused"),
        (["judge_refused", "judge_failed"], "judge_failed"),
    ],
)
def test_without_a_majority_the_response_is_ungraded(votes: list[str], reason: str) -> None:
    for order in permutations(votes):
        verdict = panel_verdict(CHEAP, [vote(said) for said in order])
        assert (verdict.label, verdict.ungraded, verdict.probability) == (None, reason, None)


def test_the_kind_of_abstention_is_the_most_frequent_one() -> None:
    verdict = panel_verdict(CHEAP, [vote("clarification"), vote("dont_know"), vote("dont_know")])
    assert verdict.abstention_kind == "dont_know"
    assert verdict.evidence == "server/j: clarification; server/j: dont_know; server/j: dont_know"


@pytest.mark.parametrize(
    ("outcome", "text", "expected"),
    [
        ("answered", "VERDICT: correct", "correct"),
        ("answered", "VERDICT: incorrect", "wrong"),
        ("answered", "VERDICT: clarification", "abstained"),
        ("answered", "correct", "judge_unparsable"),
        ("malformed", "", "judge_unparsable"),
        ("refused", "VERDICT: correct", "judge_refused"),
        ("blocked", "VERDICT: correct", "judge_refused"),
        ("truncated", "VERDICT: correct", "judge_truncated"),
        ("failed", "VERDICT: correct", "judge_failed"),
        ("pending", "", "pending"),
    ],
)
def test_only_a_whole_reply_is_a_vote(outcome: str, text: str, expected: str) -> None:
    request = Request(
        request_id="v", probe_id="p", model="server/j", prompt="judge-1", repeat=0, messages=(), sampling=Sampling()
    )
    verdict = VoteReader("judge-1", ()).grade(PROBE, request.response(outcome=outcome, text=text))
    assert (verdict.label or verdict.ungraded) == expected


def test_the_word_of_another_model_than_the_judge_is_no_vote() -> None:
    request = Request(
        request_id="r", probe_id="p", model="judge", prompt="j", repeat=0, messages=(), sampling=Sampling()
    )
    fields = {"outcome": "answered", "text": "VERDICT: correct", "flags": ("substituted",)}
    verdict = VoteReader("judge-1", ()).grade(PROBE, request.response(**fields))
    assert (verdict.label, verdict.ungraded) == (None, "substituted")
