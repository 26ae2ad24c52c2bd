"""What a lane makes of a failed attempt: ask again, give the request up, pause, or halt."""

from __future__ import annotations

from typing import Literal

from evaluator.providers.address import is_loopback
from evaluator.records import Failure, Response
from evaluator.run.lanes.breaker import Breaker
from evaluator.run.lanes.item import Attempt
from evaluator.run.lanes.lane import Lane
from evaluator.run.lanes.retries import MALFORMED_ATTEMPTS, RATE_LIMITED_ATTEMPTS, backoff_s, pause_s

Next = Literal["again", "final", "left"]
"""Ask again, keep the failure as the request's end, or leave it pending because the lane halted."""

PERMANENT_TO_HALT = 20
"""Requests in a row that are refused for good: then it is not the requests."""
UNREADABLE_TO_HALT = 3
"""Bodies in a row that are no answer of an API: a proxy or a login page stands in its place."""
CHALLENGES_TO_HALT = 3
"""Pauses in a row after which a network in front of the API will not let us through."""
RECHECK_S = 5.0
"""Pause after one refusal of a key that worked."""
LOADING_S = 3.0
"""Between looks at a server that is loading its model."""
HERE_PATIENCE_S = 60.0
"""A server on this machine that cannot be reached for so long was stopped."""
NEW_PATIENCE_S = 120.0
"""An API that never answered in this session is more likely misconfigured than overloaded."""
OVERLOAD_STATUSES = frozenset({429, 529})


def next_after(lane: Lane, attempt: Attempt, response: Response, now: float, *, is_offline: bool = False) -> Next:
    """Learn from a failed attempt and return what becomes of its request.

    Args:
        lane: The lane of the attempt; it may pause or halt.
        attempt: What was sent.
        response: With its failure.
        now: The time.
        is_offline: Whether no lane at all gets answers: then no request is to blame.
    """
    failure = response.failure
    if failure is None:
        return "final"
    if lane.trouble_since is None:
        lane.trouble_since = now
    is_own = _REACTIONS[failure.kind](lane, attempt, response, now)
    item = attempt.item
    if is_own and not (is_offline and failure.kind == "transient"):
        item.charged += 1
    elif not attempt.is_probe:
        item.refused += 1
    if _is_given_up(lane, attempt, failure):
        return "final" if lane.halted is None else "left"
    if lane.halted is not None:
        return "left"
    lane.put_back(item, now + backoff_s(item.charged or 1, jitter=lane.jitter) if is_own else now)
    return "again"


def _is_given_up(lane: Lane, attempt: Attempt, failure: Failure) -> bool:
    item = attempt.item
    return (
        failure.kind == "permanent"
        or item.charged >= lane.settings.max_attempts
        or item.malformed >= MALFORMED_ATTEMPTS
        or item.refused >= RATE_LIMITED_ATTEMPTS
    )


def _on_permanent(lane: Lane, attempt: Attempt, response: Response, now: float) -> bool:  # noqa: ARG001
    lane.gate.on_answer(attempt.sent_at)  # A bad one, but the API is there.
    lane.permanent_in_a_row += 1
    if lane.permanent_in_a_row >= PERMANENT_TO_HALT:
        lane.halt(f"{lane.permanent_in_a_row} failures in a row, the last: {_told(response)}")
    return True


def _on_malformed(lane: Lane, attempt: Attempt, response: Response, now: float) -> bool:  # noqa: ARG001
    lane.gate.on_answer(attempt.sent_at)
    attempt.item.malformed += 1
    # What has an id or says how it ended comes from the API, however bad it is.
    is_from_api = response.provider_request_id or response.finish_reason or "empty" in response.flags
    lane.unreadable_in_a_row += not is_from_api
    if lane.unreadable_in_a_row >= UNREADABLE_TO_HALT:
        lane.halt(f"something else answers in place of the API: {_told(response)}")
    return True


def _on_halted(lane: Lane, attempt: Attempt, response: Response, now: float) -> bool:
    is_first_refusal = response.failure is not None and response.failure.status == 401 and lane.n_answers > 0
    if is_first_refusal and not attempt.is_probe:
        _pause(lane, attempt, response, now + RECHECK_S, now)
    else:
        lane.halt(_told(response))
    return False


def _on_rate_limit(lane: Lane, attempt: Attempt, response: Response, now: float) -> bool:
    failure = response.failure
    if failure is not None:
        lane.limit.on_overload(now)
        wait_s = pause_s(failure, lane.gate.closings, jitter=lane.jitter)
        _pause(lane, attempt, response, now + wait_s, now)
    return False


def _on_loading(lane: Lane, attempt: Attempt, response: Response, now: float) -> bool:
    _pause(lane, attempt, response, now + LOADING_S, now)
    return False


def _on_transient(lane: Lane, attempt: Attempt, response: Response, now: float) -> bool:
    failure = response.failure
    if failure is None:
        return False
    was_sent = failure.maybe_paid or failure.status is not None
    if failure.status in OVERLOAD_STATUSES:
        lane.limit.on_overload(now)
    is_challenge = failure.status == 403
    if is_challenge and lane.gate.closings >= CHALLENGES_TO_HALT and not lane.gate.is_stale(attempt.sent_at):
        lane.halt(f"the network in front of the API does not let us through: {_told(response)}")
        return False
    # Old news does not count: the gate closed for it already.
    is_news = not lane.gate.is_stale(attempt.sent_at)
    is_tripped = is_news and (lane.breaker.on_failure(was_sent=was_sent) or attempt.is_probe or is_challenge)
    wait_s = Breaker.open_s(lane.gate.closings, was_sent=was_sent) * lane.jitter.uniform(0.8, 1.0)
    if failure.wait_s is not None:
        wait_s = pause_s(failure, 0, jitter=lane.jitter)
    if is_tripped or failure.wait_s is not None:
        _pause(lane, attempt, response, now + wait_s, now, _patience_s(lane, was_sent=was_sent))
    return was_sent


def _patience_s(lane: Lane, *, was_sent: bool) -> float:
    is_here = lane.settings.base_url is not None and is_loopback(lane.settings.base_url)
    if is_here and not was_sent:
        return max(HERE_PATIENCE_S, lane.ready_s)
    return lane.max_wait_s if lane.n_answers else max(NEW_PATIENCE_S, lane.ready_s)


def _pause(
    lane: Lane, attempt: Attempt, response: Response, until: float, now: float, patience_s: float | None = None
) -> None:
    """Close the lane's gate, or halt the lane when that would take longer than anybody wants to wait."""
    since = now if lane.trouble_since is None else lane.trouble_since
    patience_s = lane.max_wait_s if patience_s is None else min(patience_s, lane.max_wait_s)
    if until - since > patience_s:
        asked_s = response.failure.wait_s if response.failure else None
        what = f"no answer for {now - since:.0f} s" if asked_s is None else f"asks to wait {asked_s:.0f} s"
        lane.halt(f"{what}: {_told(response)}", resume_in_s=asked_s)
    elif lane.gate.close(until, _told(response), now=now, sent_at=attempt.sent_at):
        lane.limit.restart()


def _told(response: Response) -> str:
    return response.failure.message if response.failure else ""


_REACTIONS = {
    "permanent": _on_permanent,
    "malformed": _on_malformed,
    "halted": _on_halted,
    "rate_limited": _on_rate_limit,
    "loading": _on_loading,
    "transient": _on_transient,
}
