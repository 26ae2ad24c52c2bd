"""What a judge did, counted."""

from __future__ import annotations

import pytest

from evaluator.records import Response, Usage, Verdict
from evaluator.stats import judge_uses


def vote(key: str, said: str, judge: str) -> Verdict:
    fields = {"label": said} if said in {"correct", "wrong"} else {"ungraded": said}
    return Verdict(request_id=key, probe_id="p", model=judge, prompt="judge-1", repeat=0, grader="judge-1", **fields)  # type: ignore[arg-type]


def reply(key: str, judge: str, **fields: object) -> Response:
    return Response(  # type: ignore[arg-type]
        request_id=key, probe_id="p", model=judge, prompt="judge-1", repeat=0, outcome="answered", **fields
    )


def test_agreement_is_over_texts_with_all_repeats_labelled() -> None:
    said = {
        "a0": "correct",
        "a1": "correct",
        "b0": "correct",
        "b1": "wrong",
        "c0": "wrong",
        "c1": "judge_unparsable",
        "d0": "wrong",
        "d1": "pending",
    }
    votes = {key: vote(key, word, "j") for key, word in said.items()}
    # Two responses with the text of `a` share its ballot and count once.
    ballots = [("a0", "a1"), ("a0", "a1"), ("b0", "b1"), ("c0", "c1"), ("d0", "d1")]
    (use,) = judge_uses(["j"], ballots, votes, {})
    assert (use.n_asked, use.n_pending, use.ungraded) == (7, 1, {"judge_unparsable": 1})
    assert (use.n_agreeing, use.n_repeated, use.self_consistency) == (1, 2, 0.5)
    # Wilson for 1 of 2.
    assert use.self_consistency_low == pytest.approx(0.0945, abs=1e-4)
    assert use.self_consistency_high == pytest.approx(0.9055, abs=1e-4)


def test_judges_are_counted_apart_with_what_they_cost() -> None:
    votes = {"a": vote("a", "correct", "one"), "b": vote("b", "wrong", "two")}
    replies = {
        "a": reply("a", "one", usage=Usage(prompt_tokens=7, completion_tokens=3), cost_usd=0.5, ambiguous_sends=2),
        "b": reply("b", "two"),
    }
    one, two = judge_uses(["one", "two"], [("a", "b")], votes, replies)
    assert (one.usd, one.n_unpriced, one.prompt_tokens, one.completion_tokens, one.ambiguous_sends) == (0.5, 0, 7, 3, 2)
    assert (two.usd, two.n_unpriced, two.prompt_tokens, two.ambiguous_sends) == (None, 1, None, 0)
    assert one.self_consistency is None, "one reply cannot agree with itself"
    assert one.self_consistency_low is None


def test_a_judge_that_was_never_needed_has_asked_nothing() -> None:
    (use,) = judge_uses(["j"], [], {}, {})
    assert (use.n_asked, use.n_pending, use.usd, use.prompt_tokens) == (0, 0, None, None)
