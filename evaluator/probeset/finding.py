"""What a check of a probe set found."""

from __future__ import annotations

from typing import Literal

from evaluator.records import Record

Severity = Literal["error", "warning", "info"]


class Finding(Record, frozen=True):
    """One thing to mend in a probe set, or to know about it."""

    code: str
    """Stable name of the rule, e.g. `P201`; set.toml can accept it on purpose."""
    severity: Severity
    message: str
    hint: str
    probe_id: str | None = None
    """None when the finding is about the whole set."""
