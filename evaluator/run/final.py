"""The final responses of a run, read from its journal as often as somebody goes through them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from evaluator.errors import JournalError
from evaluator.journal import RunDirectory
from evaluator.records import Manifest, Probe, Response
from evaluator.run.stated import answer_alone


def answers_to(responses: Iterable[Response], request_ids: Collection[str]) -> Iterable[Response]:
    """Pick the responses to these requests; of a run's own, only their lines are read."""
    if isinstance(responses, FinalResponses):
        return responses.of(sorted(request_ids))
    return (response for response in responses if response.request_id in request_ids)


class FinalResponses(Collection[Response]):
    """Ordered by request id, each with what it stated as confidence taken off.

    Raises:
        JournalError: When the journal is damaged; on going through them, if it answers what was not asked.
    """

    def __init__(self, directory: RunDirectory, manifest: Manifest, probes: Iterable[Probe]) -> None:
        self._path: Path = directory.journal_path
        self._stored = directory.read_journal().responses
        self._probes = {probe.probe_id for probe in probes}
        self._models = {model.id for model in manifest.models}

    def __len__(self) -> int:
        return len(self._stored)

    def __iter__(self) -> Iterator[Response]:
        return self._alone(self._stored.by_id())

    def __contains__(self, response: object) -> bool:
        return isinstance(response, Response) and response in self.of([response.request_id])

    def of(self, request_ids: Iterable[str]) -> Iterator[Response]:
        """Yield the responses to these requests, in this order; a request without one is passed over."""
        return self._alone(self._stored.read(request_ids))

    def _alone(self, responses: Iterable[Response]) -> Iterator[Response]:
        probes, models = self._probes, self._models
        for response in responses:
            if response.probe_id not in probes or response.model not in models:
                what = f"{response.probe_id!r} by {response.model!r}"
                raise JournalError(f"{self._path}: answers {what}, which the run did not ask")
            yield answer_alone(response)
