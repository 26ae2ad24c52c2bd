"""How often the judges were asked, failed, and agreed with themselves."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from evaluator.judge_use import JudgeUse
from evaluator.records import Response, Verdict
from evaluator.stats.intervals import wilson_interval


def judge_uses(
    judges: Sequence[str],
    ballots: Iterable[Sequence[str]],
    votes: Mapping[str, Verdict],
    replies: Mapping[str, Response],
) -> tuple[JudgeUse, ...]:
    """Sum up each judge of a run.

    Args:
        judges: Model ids, in the order to report.
        ballots: For each judged response the ids of its judge requests; equal texts share them.
        votes: What came of every judge request, by id.
        replies: The final responses of the judges, by id.
    """
    texts = set(map(tuple, ballots))
    return tuple(
        _use(
            judge,
            [[votes[i] for i in text if votes[i].model == judge] for text in texts],
            [reply for reply in replies.values() if reply.model == judge],
        )
        for judge in judges
    )


def _use(judge: str, rounds: Collection[Sequence[Verdict]], replies: Collection[Response]) -> JudgeUse:
    faults = Counter(str(vote.ungraded) for votes in rounds for vote in votes if vote.ungraded is not None)
    n_pending = faults.pop("pending", 0)
    # A fault has its own count: only texts on which every repeat gave a label can agree or not.
    repeated = [{vote.label for vote in votes} for votes in rounds if len(votes) > 1]
    complete = [labels for labels in repeated if None not in labels]
    n_agreeing = sum(len(labels) == 1 for labels in complete)
    low, high = wilson_interval(n_agreeing, len(complete)) if complete else (None, None)
    prices = [reply.cost_usd for reply in replies if reply.cost_usd is not None]
    return JudgeUse(
        model=judge,
        n_asked=sum(map(len, rounds)) - n_pending,
        n_pending=n_pending,
        ungraded=dict(sorted(faults.items())),
        n_agreeing=n_agreeing,
        n_repeated=len(complete),
        self_consistency=n_agreeing / len(complete) if complete else None,
        self_consistency_low=low,
        self_consistency_high=high,
        prompt_tokens=_tokens(replies, "prompt_tokens"),
        completion_tokens=_tokens(replies, "completion_tokens"),
        usd=math.fsum(prices) if prices else None,
        n_unpriced=len(replies) - len(prices),
        ambiguous_sends=sum(reply.ambiguous_sends for reply in replies),
    )


def _tokens(replies: Iterable[Response], name: str) -> int | None:
    known = [getattr(reply.usage, name) for reply in replies if reply.usage is not None]
    counts = [count for count in known if count is not None]
    return sum(counts) if counts else None
