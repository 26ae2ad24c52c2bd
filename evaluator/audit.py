"""audit.jsonl: what people found when they looked at a random sample of the probes themselves.

The first line is the design of the draw, every other one a finding. A probe is invalid when its targets
are wrong or lack an answer that is right, when it can be answered although it claims that it cannot, or
the other way round, and when nobody can tell what it asks. The file lies in a run directory or beside
the probes it is about.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from evaluator.errors import ProbeFileError
from evaluator.jsonl import read_records, write_records
from evaluator.record import Record
from evaluator.records import Probe

AUDIT_SCHEMA = "evaluator/audit/1"
Flaw = Literal["wrong_target", "missing_target", "has_answer", "has_no_answer", "unclear", "outdated", "other"]


class AuditStratum(Record, frozen=True, omit_defaults=False):
    """A part of the probes from which every one was drawn with the same probability."""

    name: str
    """`all`, or why these were looked at more closely, as `suspect`."""
    n_probes: int
    """Probes of the stratum when the sample was drawn."""
    drawn: tuple[str, ...]
    """Which ones, by probe_id, drawn at random or all of them."""

    def __post_init__(self) -> None:
        if not len(set(self.drawn)) == len(self.drawn) <= self.n_probes:
            raise ValueError(f"drawn: need at most n_probes ({self.n_probes}) different probes, got {len(self.drawn)}")


class AuditDesign(Record, frozen=True, omit_defaults=False):
    """How the probes to audit were drawn: a stratified random sample; one stratum is a simple one."""

    seed: int
    probes_sha256: str
    """`probes_sha256` of all probes that could have been drawn."""
    strata: tuple[AuditStratum, ...]
    schema: str = AUDIT_SCHEMA

    @property
    def n_probes(self) -> int:
        """Probes that could have been drawn."""
        return sum(stratum.n_probes for stratum in self.strata)


class ProbeFinding(Record, frozen=True):
    """What one person says of one probe."""

    probe_id: str
    probe_hash: str
    """`probe_hash` of the probe that was looked at; of another content the finding says nothing."""
    is_valid: bool
    flaw: Flaw | None = None
    """What is wrong with an invalid one."""
    note: str = ""
    auditor: str = ""
    audited_at: str = ""
    """UTC, ISO 8601."""

    def __post_init__(self) -> None:
        if self.is_valid and self.flaw is not None:
            raise ValueError(f"flaw: need none of a valid probe, got {self.flaw}")


class ProbeAudit(msgspec.Struct, frozen=True):
    """What audit.jsonl holds."""

    design: AuditDesign
    findings: tuple[ProbeFinding, ...]

    def invalid(self, hashes: dict[str, str]) -> dict[str, bool]:
        """Say of every audited probe whether it is invalid, by the majority of those who looked at it.

        Args:
            hashes: `probe_hash` of the probes as they are asked; findings on other contents, of probes
                that were not drawn, and ties do not count.
        """
        drawn = {probe_id for stratum in self.design.strata for probe_id in stratum.drawn}
        votes: defaultdict[str, Counter[bool]] = defaultdict(Counter)
        last = {(finding.probe_id, finding.auditor): finding for finding in self.findings}
        for finding in last.values():
            if finding.probe_id in drawn and hashes.get(finding.probe_id) == finding.probe_hash:
                votes[finding.probe_id][finding.is_valid] += 1
        return {name: said[False] > said[True] for name, said in sorted(votes.items()) if said[False] != said[True]}


class _Line(Record, frozen=True):
    """Either kind of line; which one is told by its fields."""

    schema: str | None = None
    seed: int | None = None
    probes_sha256: str | None = None
    strata: tuple[AuditStratum, ...] = ()
    probe_id: str = ""
    probe_hash: str = ""
    is_valid: bool | None = None
    flaw: Flaw | None = None
    note: str = ""
    auditor: str = ""
    audited_at: str = ""


def probe_hash(probe: Probe) -> str:
    """Content hash of a probe: 16 hex digits of SHA-256 over its JSON.

    >>> probe_hash(Probe(probe_id="p1", question="Capital of France?", targets=("Paris",)))
    '8979789313d74591'
    """
    return hashlib.sha256(msgspec.json.encode(probe)).hexdigest()[:16]


def probes_sha256(hashes: Iterable[tuple[str, str]]) -> str:
    """Hash a set of probes, whatever their order.

    Args:
        hashes: (probe_id, `probe_hash`) of each.

    >>> probes_sha256([("b", "1"), ("a", "2")]) == probes_sha256([("a", "2"), ("b", "1")])
    True
    """
    return hashlib.sha256(msgspec.json.encode(sorted(hashes))).hexdigest()


def read_audit(path: Path) -> ProbeAudit:
    """Read audit.jsonl strictly.

    Raises:
        ProbeFileError: If it cannot be read; the message names the line.
    """
    design: AuditDesign | None = None
    findings = []
    for number, line in read_records(path, _Line, ProbeFileError):
        try:
            if design is None:
                design = _design(line)
            else:
                findings.append(_finding(line))
        except ValueError as exc:
            raise ProbeFileError(f"{path}:{number}: {exc}") from exc
    if design is None:
        raise ProbeFileError(f"{path}: need the design of the draw on the first line, got an empty file")
    return ProbeAudit(design, tuple(findings))


def write_audit(path: Path, audit: ProbeAudit) -> None:
    """Write audit.jsonl.

    Raises:
        ProbeFileError: If it cannot be written.
    """
    try:
        with path.open("wb") as stream:
            write_records(stream, [audit.design, *audit.findings])
    except OSError as exc:
        raise ProbeFileError(f"{path}: cannot be written: {exc.strerror}") from exc


def _design(line: _Line) -> AuditDesign:
    if line.schema != AUDIT_SCHEMA:
        raise ValueError(f"schema: need {AUDIT_SCHEMA} on the first line, got {(line.schema or 'none')[:80]!a}")
    if line.seed is None or line.probes_sha256 is None or not line.strata or line.probe_id:
        raise ValueError("need seed, probes_sha256 and strata in the design of the draw, and nothing else")
    return AuditDesign(seed=line.seed, probes_sha256=line.probes_sha256, strata=line.strata)


def _finding(line: _Line) -> ProbeFinding:
    if line.schema is not None or not line.probe_id or not line.probe_hash or line.is_valid is None:
        raise ValueError("need probe_id, probe_hash and is_valid: true or false, in every line after the first")
    return ProbeFinding(
        probe_id=line.probe_id,
        probe_hash=line.probe_hash,
        is_valid=line.is_valid,
        flaw=line.flaw,
        note=line.note,
        auditor=line.auditor,
        audited_at=line.audited_at,
    )
