"""Verdicts for responses that are already there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evaluator.protocols import Grader
from evaluator.records import Probe, Response, Verdict


def grade_responses(
    probes: Sequence[Probe],
    responses: Iterable[Response],
    grader: Grader,
    *,
    known: Mapping[str, Verdict] | None = None,
) -> list[Verdict]:
    """Return one verdict per response, in order; `known` verdicts are taken as they are."""
    by_id = {probe.probe_id: probe for probe in probes}
    given = known or {}
    return [
        given.get(response.request_id) or grader.grade(by_id[response.probe_id], response) for response in responses
    ]


def changed_verdicts(old: Iterable[Verdict], new: Iterable[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return (old, new) where label or ungraded reason differ."""
    before = {verdict.request_id: verdict for verdict in old}
    pairs = [(before[verdict.request_id], verdict) for verdict in new if verdict.request_id in before]
    return [(old, new) for old, new in pairs if (old.label, old.ungraded) != (new.label, new.ungraded)]
