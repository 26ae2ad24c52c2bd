"""Verdicts for responses that are already there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from evaluator.protocols import Grader
from evaluator.records import Probe, Response, Verdict


class Regrading(msgspec.Struct, frozen=True):
    """New verdicts, and how they differ from the old ones."""

    verdicts: list[Verdict]
    changed: list[tuple[Verdict, Verdict]]
    """(old, new) where label or ungraded reason differ."""


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


def regrade(
    probes: Sequence[Probe], responses: Iterable[Response], grader: Grader, old: Sequence[Verdict]
) -> Regrading:
    """Grade every response anew and compare with the old verdicts."""
    before = {verdict.request_id: verdict for verdict in old}
    verdicts = grade_responses(probes, responses, grader)
    pairs = [(before[verdict.request_id], verdict) for verdict in verdicts if verdict.request_id in before]
    changed = [(old, new) for old, new in pairs if (old.label, old.ungraded) != (new.label, new.ungraded)]
    return Regrading(verdicts=verdicts, changed=changed)
