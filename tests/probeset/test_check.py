from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from evaluator.jsonl import encode_line
from evaluator.probeset import Allowed, Finding, ProbeSet, SetMeta, check_probe_set, leak_auroc, read_probe_set
from evaluator.probeset.check import leak_finding
from evaluator.records import MatchType, Probe, ProbeSetRef

TODAY = date(2026, 3, 1)
META = SetMeta(name="n", version="1", licence="MIT", canary="c0ffee")
GOOD = Probe(probe_id="a", question="Which metal is liquid?", targets=("mercury",), source="handbook")
UNSOURCED = Probe(probe_id="b", question="Who wrote Faust?", targets=("Goethe",))


def check(*probes: Probe, meta: SetMeta | None = META) -> tuple[Finding, ...]:
    ref = ProbeSetRef(name="n", path="p", sha256="s", n_probes=len(probes))
    return check_probe_set(ProbeSet(ref=ref, probes=probes, meta=meta), today=TODAY).findings


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def with_cue(n: int, share: float) -> tuple[Probe, ...]:
    rng = random.Random(3)
    probes = []
    for i in range(n):
        words = rng.choices([f"w{k}" for k in range(200)], k=8)
        side: dict[str, Any] = {"unanswerable": "unknown"} if i % 2 else {"targets": ("t",)}
        words += ["reportedly"] if i % 2 and rng.random() < share else []
        probes.append(Probe(probe_id=f"p{i}", question=" ".join(words), **side))
    return tuple(probes)


def test_a_small_good_set_gets_only_the_note_on_the_leak_test() -> None:
    (finding,) = check(GOOD)
    assert (finding.code, finding.severity, finding.probe_id) == ("P502", "info", None)


def test_findings_come_errors_first_and_in_the_order_of_the_file() -> None:
    later = Probe(probe_id="0", question="Who wrote Emma?", targets=("Austen",))
    findings = check(UNSOURCED, later, meta=None)
    assert [(f.code, f.probe_id) for f in findings] == [
        ("P004", "b"),
        ("P004", "0"),
        ("P401", None),
        ("P402", None),
        ("P403", None),
        ("P502", None),
    ]
    assert all(finding.hint for finding in findings)


def test_what_set_toml_leaves_out_is_a_warning_each() -> None:
    assert codes(check(GOOD, meta=SetMeta(name="n", canary=" ", version="1"))) == ["P401", "P402", "P502"]


def test_expiry_depends_on_the_day_given() -> None:
    probe = Probe(probe_id="a", question="Who reigns?", targets=("Ann",), source="s", valid_until="2026-02-28")
    ref = ProbeSetRef(name="n", path="p", sha256="s", n_probes=1)
    probe_set = ProbeSet(ref=ref, probes=(probe,), meta=META)
    assert "P007" in codes(check_probe_set(probe_set, today=date(2026, 3, 1)).findings)
    assert "P007" not in codes(check_probe_set(probe_set, today=date(2026, 2, 28)).findings)


def test_an_allowed_finding_stays_visible_with_its_reason() -> None:
    meta = SetMeta(name="n", version="1", licence="MIT", canary="c", allow=(Allowed(code="P004", why="folklore"),))
    finding = next(f for f in check(UNSOURCED, meta=meta) if f.code == "P004")
    assert finding.severity == "info"
    assert finding.hint == "accepted on purpose: folklore"


def test_what_is_allowed_for_one_probe_is_not_allowed_for_another() -> None:
    allow = (Allowed(code="P004", probe_id="a", why="x"),)
    findings = check(UNSOURCED, meta=SetMeta(name="n", version="1", licence="MIT", canary="c", allow=allow))
    assert [(f.code, f.severity) for f in findings] == [("P004", "error"), ("P404", "warning"), ("P502", "info")]
    assert "'a'" in findings[1].message


def test_a_clear_leak_is_an_error() -> None:
    finding = leak_finding(leak_auroc(with_cue(200, 1.0)))
    assert (finding.code, finding.severity) == ("P501", "error")


def test_a_leak_that_may_be_chance_is_a_warning() -> None:
    finding = leak_finding(leak_auroc(with_cue(120, 0.6)))
    assert (finding.code, finding.severity) == ("P501", "warning")
    assert "AUROC 0.7" in finding.message


def test_no_leak_is_told_with_its_number() -> None:
    finding = leak_finding(leak_auroc(with_cue(200, 0.0)))
    assert (finding.code, finding.severity) == ("P501", "info")
    assert "AUROC 0." in finding.message


TEXT = st.text(min_size=1, max_size=30).filter(str.strip)


@given(
    question=TEXT,
    target=TEXT | st.from_regex(r"[-+]?[0-9.,eE%(){}*-]{1,12}", fullmatch=True),
    match=st.sampled_from(get_args(MatchType)),
    valid_until=st.none() | TEXT | st.dates().map(str),
    language=st.sampled_from(["en", "zh", "ja", "ru", "ar", "hi"]) | TEXT,
    twin=st.none() | st.sampled_from(["a", "b", "z"]),
)
def test_no_probe_that_can_be_read_breaks_the_check(
    question: str, target: str, match: MatchType, valid_until: str | None, language: str, twin: str | None
) -> None:
    fields: dict[str, Any] = {"valid_until": valid_until, "language": language, "match": match, "twin": twin}
    one = Probe(probe_id="a", question=question, targets=(target,), choices=(target,), distractors=(target,), **fields)
    two = Probe(probe_id="b", question=target, unanswerable="missing_context", context=question, **fields)
    findings = check(one, two)
    assert {"P003", "P004", "P108"} <= set(codes(findings))
    assert all(finding.probe_id in {"a", "b", None} for finding in findings)


def test_a_finding_names_the_line_of_its_probe(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_bytes(b"\n".join([b"", encode_line(GOOD).strip(), b"", encode_line(UNSOURCED).strip()]))
    findings = check_probe_set(read_probe_set(file), today=TODAY).findings
    assert {(f.code, f.file, f.line) for f in findings if f.probe_id == "b"} == {("P004", file.as_posix(), 4)}
    assert {(f.file, f.line) for f in findings if f.probe_id is None} == {(None, None)}
