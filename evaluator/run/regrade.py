"""Verdicts for responses that are already there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import tee
from operator import itemgetter

from evaluator.errors import JournalError
from evaluator.journal.verdicts import StoredVerdicts
from evaluator.protocols import Grader
from evaluator.record_file import RecordFile, by_id
from evaluator.records import Probe, Response, Verdict

Pair = tuple[Response, Verdict]


class Graded(Collection[Pair]):
    """Every response with its verdict, in the order of the request ids; made anew each time they are gone through."""

    def __init__(self, responses: Collection[Response], pairs: Callable[[], Iterator[Pair]]) -> None:
        self.responses = responses
        self._pairs = pairs

    @classmethod
    def of(cls, responses: Sequence[Response], verdicts: Sequence[Verdict]) -> Graded:
        """Join responses and verdicts that have the same order."""
        return cls(responses, lambda: zip(responses, verdicts, strict=True))

    def __len__(self) -> int:
        return len(self.responses)

    def __iter__(self) -> Iterator[Pair]:
        return self._pairs()

    def __contains__(self, pair: object) -> bool:
        return any(pair == own for own in self)

    def verdicts(self) -> Iterator[Verdict]:
        """Go through the verdicts alone."""
        return (verdict for _, verdict in self)

    def with_verdicts(self, changed: Callable[[Verdict], Verdict]) -> Graded:
        """Return the same responses with other verdicts on them."""
        return Graded(self.responses, lambda: ((response, changed(verdict)) for response, verdict in self))


def unzipped(graded: Iterable[Pair]) -> tuple[Iterator[Response], Iterator[Verdict]]:
    """Go through the pairs once, side by side: what one side is ahead of the other waits in memory."""
    left, right = tee(graded)
    return map(itemgetter(0), left), map(itemgetter(1), right)


def graded_before(
    probes: Sequence[Probe], responses: Collection[Response], grader: Grader, known: StoredVerdicts
) -> Graded:
    """Return the responses with the verdicts that are known; one without a verdict that still fits is graded once."""
    probe_of = by_id(probes, "probe_id")
    new: dict[str, Verdict] = {}

    def pairs() -> Iterator[Pair]:
        for response, verdict in known.beside(responses):
            if verdict is None or not _fits(verdict, response):
                verdict = new.get(response.request_id) or grader.grade(probe_of[response.probe_id], response)
                new[response.request_id] = verdict
            yield response, verdict

    return Graded(responses, pairs)


def grade_all(
    probes: Sequence[Probe],
    responses: Collection[Response],
    grader: Grader,
    *,
    known: Mapping[str, Verdict] | None = None,
    told: Callable[[Collection[Response]], Iterable[Response]] = iter,
) -> Graded:
    """Grade every response now; `known` verdicts that still fit are taken as they are.

    The verdicts wait in a file that is gone with the process.

    Args:
        told: Goes through the responses and says how far it is.

    Raises:
        JournalError: If that file cannot be written.
    """
    verdicts = verdict_file()
    for verdict in _verdicts(probes, told(responses), grader, known or {}):
        verdicts.append(verdict)
    return Graded(responses, lambda: zip(responses, verdicts, strict=True))


def grade_responses(
    probes: Sequence[Probe],
    responses: Iterable[Response],
    grader: Grader,
    *,
    known: Mapping[str, Verdict] | None = None,
) -> list[Verdict]:
    """Return one verdict per response, in order; `known` verdicts that still fit are taken as they are."""
    return list(_verdicts(probes, responses, grader, known or {}))


def _verdicts(
    probes: Sequence[Probe], responses: Iterable[Response], grader: Grader, known: Mapping[str, Verdict]
) -> Iterator[Verdict]:
    probe_of = by_id(probes, "probe_id")
    for response in responses:
        verdict = known.get(response.request_id)
        if verdict is None or not _fits(verdict, response):
            verdict = grader.grade(probe_of[response.probe_id], response)
        yield verdict


def verdict_file() -> RecordFile[Verdict]:
    """Return an empty file for verdicts, which is gone with the process."""
    return RecordFile.unnamed(Verdict, "request_id", JournalError)


def _fits(verdict: Verdict, response: Response) -> bool:
    # Only a failed request is ever asked again, so only its verdict can be older than its answer.
    is_same = (verdict.probe_id, verdict.model) == (response.probe_id, response.model)
    return is_same and (verdict.ungraded == "failed") == (response.outcome == "failed")


def changed_verdicts(old: StoredVerdicts, new: Iterable[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return (old, new) where label or ungraded reason differ; the new ones are ordered by request id."""
    return [
        (before, after)
        for after, before in old.beside(new)
        if before is not None and (before.label, before.ungraded) != (after.label, after.ungraded)
    ]
