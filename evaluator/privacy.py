"""Who may see what is sent: read through records.py, which is the file to start with."""

from __future__ import annotations

from typing import Literal

from evaluator.record import Record


class Privacy(Record, frozen=True):
    """Who may see the questions; None and () ask for nothing."""

    data_collection: Literal["allow", "deny"] | None = None
    """deny: only hosts that do not store or train on what they are sent."""
    zdr: bool | None = None
    """true: only hosts with zero data retention."""
    allowed_hosts: tuple[str, ...] = ()
    """Only these; a slug as `deepinfra`, or one variant of a host as `deepinfra/turbo`."""
    forbidden_hosts: tuple[str, ...] = ()
    pinned_host: str | None = None
    """This one or none: no other host answers when it fails."""
    quantizations: tuple[Literal["int4", "int8", "fp4", "fp6", "fp8", "fp16", "bf16", "fp32", "unknown"], ...] = ()
