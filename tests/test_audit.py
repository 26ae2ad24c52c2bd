from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.audit import (
    AuditDesign,
    AuditStratum,
    ProbeAudit,
    ProbeFinding,
    probe_hash,
    probes_sha256,
    read_audit,
    write_audit,
)
from evaluator.errors import ProbeFileError
from evaluator.records import Probe

PROBES = [Probe(probe_id=f"p{i}", question=f"q{i}?", targets=("x",)) for i in range(4)]
HASHES = {probe.probe_id: probe_hash(probe) for probe in PROBES}
DESIGN = AuditDesign(
    seed=1,
    probes_sha256=probes_sha256(HASHES.items()),
    strata=(AuditStratum(name="all", n_probes=4, drawn=("p0", "p1", "p2")),),
)


def finding(name: str, *, valid: bool, auditor: str = "anna", seen: str | None = None) -> ProbeFinding:
    return ProbeFinding(
        probe_id=name,
        probe_hash=seen or HASHES[name],
        is_valid=valid,
        flaw=None if valid else "wrong_target",
        auditor=auditor,
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    audit = ProbeAudit(DESIGN, (finding("p0", valid=True), finding("p1", valid=False)))
    write_audit(tmp_path / "audit.jsonl", audit)
    assert read_audit(tmp_path / "audit.jsonl") == audit


def test_the_majority_decides_and_an_auditor_counts_once() -> None:
    said = (
        finding("p0", valid=True),
        finding("p0", valid=False),
        finding("p0", valid=False, auditor="ben"),
        finding("p1", valid=True),
        finding("p1", valid=False, auditor="ben"),
    )
    assert ProbeAudit(DESIGN, said).invalid(HASHES) == {"p0": True}


def test_findings_on_other_contents_or_undrawn_probes_do_not_count() -> None:
    said = (finding("p0", valid=False, seen="0" * 16), finding("p3", valid=False), finding("p2", valid=True))
    assert ProbeAudit(DESIGN, said).invalid(HASHES) == {"p2": False}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "need the design of the draw on the first line"),
        ('{"probe_id":"p0","probe_hash":"a","is_valid":true}\n', "schema: need evaluator/audit/1"),
        ('{"schema":"evaluator/audit/2","seed":1}\n', "got 'evaluator/audit/2'"),
        ('{"schema":"evaluator/audit/1","seed":1}\n', "need seed, probes_sha256 and strata"),
        ("DESIGN" + '{"probe_id":"p0","is_valid":true}\n', "2: need probe_id, probe_hash and is_valid"),
        ("DESIGN" + '{"probe_id":"p0","probe_hash":"a","is_valid":true,"flaw":"other"}\n', "2: flaw: need none"),
        ("DESIGN" + '{"probe_id":"p0","probe_hash":"a","is_valid":"no"}\n', "2: is_valid"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, lines: str, message: str) -> None:
    path = tmp_path / "audit.jsonl"
    write_audit(path, ProbeAudit(DESIGN, ()))
    path.write_text(lines.replace("DESIGN", path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(ProbeFileError, match=r"audit\.jsonl") as caught:
        read_audit(path)
    assert message in str(caught.value)


def test_a_stratum_draws_no_probe_twice_and_not_more_than_it_has() -> None:
    for drawn in (("a", "a"), ("a", "b", "c")):
        with pytest.raises(ValueError, match="drawn: need at most n_probes"):
            AuditStratum(name="all", n_probes=2, drawn=drawn)
