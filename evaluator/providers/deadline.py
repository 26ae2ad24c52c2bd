"""How long an attempt may take: a deadline, and a little longer for an answer that may have been paid for."""

from __future__ import annotations

from evaluator.records import ModelSettings

MAX_LATE_S = 60.0


def last_deadline_s(settings: ModelSettings) -> float:
    """Return the seconds after which an attempt is cut off.

    At `timeout_s` its request is given up or asked again; an answer that comes later is still taken
    until this time, which is at most a minute after.
    """
    return settings.timeout_s + min(settings.timeout_s, MAX_LATE_S)
