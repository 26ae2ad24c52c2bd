"""Rules about twins: two probes, one point apart, one of them answerable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evaluator.probeset.wording import edit_similarity, normalised
from evaluator.records import Probe
from evaluator.set_records import Finding, Severity

MIN_TWIN_SIMILARITY = 0.5

Passage = tuple[str, tuple[str, ...]]
"""The context and the choices shown with a question."""


def twin_findings(probes: Sequence[Probe]) -> Iterator[Finding]:
    """Check every declared twin; a pair that names each other is reported once."""
    by_id = {probe.probe_id: probe for probe in probes}
    judged: set[frozenset[str]] = set()
    for probe in probes:
        if probe.twin is None:
            continue
        twin = by_id.get(probe.twin)
        if twin is None:
            yield _finding("P201", probe, f"the twin {probe.twin!r} does not exist in this set", "correct `twin`")
            continue
        if twin is probe:
            yield _finding("P201", probe, "it names itself as its twin", "name the other probe of the pair in `twin`")
            continue
        if twin.twin != probe.probe_id:
            other = repr(twin.twin) if twin.twin else "no probe"
            message = f"the twin {twin.probe_id!r} names {other} as its twin"
            yield _finding("P202", probe, message, f"twins name each other: set its `twin` to {probe.probe_id!r}")
        pair = frozenset({probe.probe_id, twin.probe_id})
        if pair not in judged:
            judged.add(pair)
            yield from _pair_findings(probe, twin)


def _pair_findings(probe: Probe, twin: Probe) -> Iterator[Finding]:
    if probe.is_answerable == twin.is_answerable:
        which = "answerable" if probe.is_answerable else "unanswerable"
        hint = "one twin has targets, the other is unanswerable"
        yield _finding("P203", probe, f"it and its twin {twin.probe_id!r} are both {which}", hint)
    if asked(probe) == asked(twin):
        hint = "change the one point that makes it (un)answerable, in the question or in the context"
        yield _finding("P204", probe, f"it asks exactly what its twin {twin.probe_id!r} asks", hint)
    similarity = edit_similarity(probe.question, twin.question)
    if similarity < MIN_TWIN_SIMILARITY:
        message = f"it and its twin {twin.probe_id!r} share {similarity:.0%} of their words"
        hint = f"twins differ in one point; keep at least {MIN_TWIN_SIMILARITY:.0%}"
        yield _finding("P205", probe, message, hint, "warning")


def asked(probe: Probe) -> tuple[str, Passage]:
    """Return all that makes two questions the same question: the wording, and what is shown with it."""
    return normalised(probe.question), (normalised(probe.context or ""), tuple(map(normalised, probe.choices)))


def _finding(code: str, probe: Probe, message: str, hint: str, severity: Severity = "error") -> Finding:
    return Finding(code=code, severity=severity, probe_id=probe.probe_id, message=message, hint=hint)
