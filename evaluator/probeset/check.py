"""Everything that can be said against a probe set without asking a model.

    P0xx  one probe             P3xx  questions asked twice
    P1xx  targets and matching  P4xx  set.toml
    P2xx  twins                 P5xx  wording that gives answerability away

A new rule about one probe is one function and one line in `probe_rules.rules_on`; a rule about the
whole set is one function and one line in `SET_RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import msgspec

from evaluator.probeset.duplicates import duplicate_findings
from evaluator.probeset.leak import leak_auroc
from evaluator.probeset.probe_rules import rules_on
from evaluator.probeset.probe_set import ProbeSet
from evaluator.probeset.twin_rules import twin_findings
from evaluator.records import Probe
from evaluator.set_records import Allowed, Finding, LeakResult, SetCheck, SetMeta, Severity

MAX_LEAK_AUROC = 0.65
_RANK = {"error": 0, "warning": 1, "info": 2}


def check_probe_set(probe_set: ProbeSet, *, today: date) -> SetCheck:
    """Apply every rule; what set.toml allows on purpose is kept as info with its reason.

    Args:
        probe_set: The set as read.
        today: The day on which `valid_until` is judged.

    Returns:
        Its findings: errors first, then warnings, then info; within these by code and by place in
        the file.
    """
    leak = leak_auroc(probe_set.probes)
    found = [*_probe_findings(probe_set, today), *_set_findings(probe_set), leak_finding(leak)]
    place = {probe.probe_id: index for index, probe in enumerate(probe_set.probes)}
    findings = sorted(
        (_placed(finding, probe_set) for finding in _accepted(found, probe_set)),
        key=lambda f: (_RANK[f.severity], f.code, place.get(f.probe_id or "", -1)),
    )
    severities = [finding.severity for finding in findings]
    return SetCheck(
        probe_set=probe_set.ref,
        findings=tuple(findings),
        n_errors=severities.count("error"),
        n_warnings=severities.count("warning"),
        leak=leak,
    )


def _probe_findings(probe_set: ProbeSet, today: date) -> Iterator[Finding]:
    for code, severity, breach, hint in rules_on(today):
        for probe in probe_set.probes:
            message = breach(probe)
            if message:
                yield Finding(code=code, severity=severity, probe_id=probe.probe_id, message=message, hint=hint)


def _set_findings(probe_set: ProbeSet) -> Iterator[Finding]:
    yield from meta_findings(probe_set.meta)
    for rule in SET_RULES:
        yield from rule(probe_set.probes)


def meta_findings(meta: SetMeta | None) -> Iterator[Finding]:
    """A set that others use says which version it is, on what terms, and carries a canary."""
    for code, key, value, why in (
        ("P401", "canary", meta and meta.canary, "a unique string shows later whether a model was trained on the set"),
        ("P402", "licence", meta and meta.licence, "without one nobody may use the set"),
        ("P403", "version", meta and meta.version, "results are compared only within one version"),
    ):
        if not (value or "").strip():
            message = f"set.toml has no {key}" if meta else f"no set.toml, so no {key}"
            yield Finding(code=code, severity="warning", message=message, hint=f"set `{key}`: {why}")


def leak_finding(leak: LeakResult) -> Finding:
    """Surface cues make abstention trivial: a model need not know anything to say that it does not know."""
    if leak.auroc is None or leak.low is None or leak.high is None:
        message = (
            f"too few to test for surface cues: {leak.n_answerable} answerable, {leak.n_unanswerable} unanswerable"
        )
        hint = "the leak test needs 30 of each, in at least 10 independent groups"
        return Finding(code="P502", severity="info", message=message, hint=hint)
    message = (
        f"words alone tell unanswerable from answerable with AUROC {leak.auroc:.2f} "
        f"({leak.level:.0%} interval {leak.low:.2f} to {leak.high:.2f}; 0.5 is chance)"
    )
    severity: Severity
    if leak.low > MAX_LEAK_AUROC:
        severity, hint = "error", "give unanswerable probes twins with nearly the same wording"
    elif leak.auroc > MAX_LEAK_AUROC:
        severity, hint = "warning", f"above {MAX_LEAK_AUROC}, perhaps by chance: add twins"
    else:
        severity, hint = "info", f"at most {MAX_LEAK_AUROC}: nothing to do"
    return Finding(code="P501", severity=severity, message=message, hint=hint)


SET_RULES: tuple[Callable[[Sequence[Probe]], Iterator[Finding]], ...] = (
    twin_findings,
    duplicate_findings,
)


def _accepted(findings: list[Finding], probe_set: ProbeSet) -> Iterator[Finding]:
    allowed = probe_set.meta.allow if probe_set.meta else ()
    used: set[Allowed] = set()
    for finding in findings:
        entry = next((entry for entry in allowed if _covers(entry, finding)), None)
        if entry:
            used.add(entry)
            finding = msgspec.structs.replace(finding, severity="info", hint=f"accepted on purpose: {entry.why}")
        yield finding
    for entry in allowed:
        if entry not in used:
            where = f" for {entry.probe_id!r}" if entry.probe_id else ""
            message = f"set.toml allows {entry.code}{where}, which is not found"
            yield Finding(code="P404", severity="warning", message=message, hint="remove the entry from `allow`")


def _placed(finding: Finding, probe_set: ProbeSet) -> Finding:
    line = probe_set.lines.get(finding.probe_id or "")
    return msgspec.structs.replace(finding, file=probe_set.file, line=line) if line else finding


def _covers(entry: Allowed, finding: Finding) -> bool:
    return entry.code == finding.code and entry.probe_id in {None, finding.probe_id} and finding.severity != "info"
