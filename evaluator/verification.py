"""What `evaluator verify` says: what was recomputed, what agrees, and exactly what does not."""

from __future__ import annotations

from typing import Literal

from evaluator.record import Record

VERIFICATION_SCHEMA = "evaluator/verification/1"
SEAL_SCHEMA = "evaluator/seal/1"
BUNDLE_SCHEMA = "evaluator/bundle/1"
CheckStatus = Literal["agrees", "disagrees", "not_checked"]


class SealedFile(Record, frozen=True, omit_defaults=False):
    """One file as it was when the summary was written."""

    n_bytes: int
    sha256: str
    lines_per_block: int
    """Of the hashes in `blocks`; a run with many lines has larger blocks."""
    blocks: tuple[str, ...]
    """First 16 hex digits of the SHA-256 of each block of lines, to say where a file differs."""


class Seal(Record, frozen=True, omit_defaults=False):
    """seal.json: what the files of a run were when its summary was written."""

    run_id: str
    evaluator: str
    files: dict[str, SealedFile]
    schema: str = SEAL_SCHEMA


class Bundle(Record, frozen=True, omit_defaults=False):
    """bundle.json: what was published of a run."""

    run_id: str
    evaluator: str
    has_text: bool
    """Whether the answers are there; else their hashes are."""
    files: dict[str, SealedFile]
    schema: str = BUNDLE_SCHEMA


class Mismatch(Record, frozen=True, omit_defaults=False):
    """One place where a file does not say what follows from the others."""

    file: str
    line: int | None
    field: str
    expected: str
    found: str
    explained_by: str | None = None
    """The difference of versions that can explain it."""


class VerifiedPart(Record, frozen=True, omit_defaults=False):
    """One part of a run that was recomputed."""

    name: str
    status: CheckStatus
    n: int
    """Things compared: bytes, probes, lines, verdicts, numbers."""
    text: str
    """What was compared, or why it could not be."""
    n_disagreements: int = 0


class VersionDifference(Record, frozen=True, omit_defaults=False):
    """A version that is not the one the run was made with."""

    name: str
    then: str
    now: str | None


class Verification(Record, frozen=True, omit_defaults=False):
    """The result of verifying a run."""

    run_id: str
    agrees: bool
    """Whether nothing disagrees that no difference of versions explains."""
    has_text: bool
    parts: tuple[VerifiedPart, ...]
    disagreements: tuple[Mismatch, ...]
    """At most 200 of each part; `parts` has their number."""
    versions: tuple[VersionDifference, ...]
    schema: str = VERIFICATION_SCHEMA
