"""Verdicts for responses that are already there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evaluator.errors import JournalError
from evaluator.protocols import Grader
from evaluator.record_file import RecordFile, by_id
from evaluator.records import Probe, Response, Verdict


def grade_responses(
    probes: Sequence[Probe],
    responses: Iterable[Response],
    grader: Grader,
    *,
    known: Mapping[str, Verdict] | None = None,
) -> list[Verdict]:
    """Return one verdict per response, in order; `known` verdicts that still fit are taken as they are."""
    probe_of = by_id(probes, "probe_id")
    given = known or {}
    verdicts = []
    for response in responses:
        verdict = given.get(response.request_id)
        if verdict is None or not _fits(verdict, response):
            verdict = grader.grade(probe_of[response.probe_id], response)
        verdicts.append(verdict)
    return verdicts


def verdict_file() -> RecordFile[Verdict]:
    """Return an empty file for verdicts, which is gone with the process."""
    return RecordFile.unnamed(Verdict, "request_id", JournalError)


def _fits(verdict: Verdict, response: Response) -> bool:
    # Only a failed request is ever asked again, so only its verdict can be older than its answer.
    is_same = (verdict.probe_id, verdict.model) == (response.probe_id, response.model)
    return is_same and (verdict.ungraded == "failed") == (response.outcome == "failed")


def changed_verdicts(old: Iterable[Verdict], new: Iterable[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return (old, new) where label or ungraded reason differ."""
    before = {verdict.request_id: verdict for verdict in old}
    pairs = [(before[verdict.request_id], verdict) for verdict in new if verdict.request_id in before]
    return [(old, new) for old, new in pairs if (old.label, old.ungraded) != (new.label, new.ungraded)]
