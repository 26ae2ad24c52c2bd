"""A probe set, wherever it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from evaluator.jsonl import encode_line
from evaluator.records import Probe, ProbeSetRef, Record
from evaluator.set_records import SetMeta


class ProbeSet(Record, frozen=True):
    """The probes of one source, in order, and what is known about them."""

    ref: ProbeSetRef
    probes: Sequence[Probe]
    """In memory, or in a file from which each is read when asked for."""
    meta: SetMeta | None = None
    """None when there is no set.toml."""
    file: str | None = None
    """The file of the probes; None when they were made."""
    lines: dict[str, int] = msgspec.field(default_factory=dict)
    """By probe_id, the line of `file`, counted from 1."""


def content_sha256(probes: Iterable[Probe]) -> str:
    """Return the SHA-256 over the canonical lines of `probes`, in order.

    >>> content_sha256([])[:8]
    'e3b0c442'
    """
    digest = hashlib.sha256()
    for probe in probes:
        digest.update(encode_line(probe))
    return digest.hexdigest()
