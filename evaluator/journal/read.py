"""Read a journal back: what was answered, and what was in flight when a process died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from evaluator.errors import JournalError
from evaluator.journal.entries import (
    Answered,
    BatchEnded,
    BatchIntent,
    BatchMade,
    Entry,
    Expense,
    FailedAttempt,
    Intent,
    Spare,
    Torn,
)
from evaluator.journal.index import Place
from evaluator.journal.spent import Attempts, Spent, trusted_cost_usd
from evaluator.journal.stored import StoredResponses, Told
from evaluator.jsonl import decode_line, encode_line
from evaluator.records import Response

MAX_LINE_BYTES = 256 * 1024 * 1024
READ_BYTES = 1 << 20


class OpenBatch(msgspec.Struct):
    """A batch that was about to be handed in, or was, and whose replies are not in the journal."""

    intent: BatchIntent
    batch_id: str | None = None
    """None when a process died before it knew: the provider may have it."""


class JournalState(msgspec.Struct):
    """Everything a journal holds, by request id."""

    responses: StoredResponses
    """The last final response of each request; read from the file when asked for."""
    open_attempts: dict[str, Attempts] = msgspec.field(default_factory=dict)
    """Requests that were sent and have no response that ends them."""
    mend: bytes = b""
    """What to append before the next entry, when the last line was cut off."""
    batches: dict[str, OpenBatch] = msgspec.field(default_factory=dict)
    """By our tag: those without an end."""
    batch_ids: set[str] = msgspec.field(default_factory=set)
    """Of every batch that was ever made."""
    ended: Spent = msgspec.field(default_factory=Spent)
    """What the attempts with a known end cost; what was taken over from elsewhere cost nothing here."""

    @property
    def spent(self) -> Spent:
        """What all attempts cost, those included that were in flight at a death."""
        spent = self.ended + Spent()
        for attempts in self.open_attempts.values():
            for most_usd in attempts.in_flight_usd:
                spent.add(None, most_usd)
        return spent


def read_journal(path: Path) -> JournalState:
    """Read `path` from the start.

    A last line that was cut off by a crash is tolerated, and so is one that a resume marked as
    torn.

    Raises:
        JournalError: If any other line cannot be read; the message names it.
    """
    state = JournalState(responses=StoredResponses(path))
    if not path.exists():
        return state
    decoder = msgspec.json.Decoder(Entry)
    suspect: tuple[int, str] | None = None
    for number, place, line in _lines(path):
        try:
            entry = decode_line(line, decoder)
        except ValueError as exc:
            marker = encode_line(Torn(line=suspect[0])) if suspect else b""
            if marker.startswith(line):
                # The crash came while the end that an earlier one tore was being marked.
                state.mend, suspect = marker[len(line) :], None
                break
            if not line.endswith(b"\n"):
                # The torn end stays as evidence: it becomes a line of its own, and the next says so.
                state.mend = b"\n" + encode_line(Torn(line=number))
                break
            _refuse(path, suspect)
            suspect = (number, str(exc))
            continue
        state.mend = b"" if line.endswith(b"\n") else b"\n"
        if isinstance(entry, Torn) and suspect and entry.line == suspect[0]:
            suspect = None
            continue
        _refuse(path, suspect)
        _apply(state, entry, place)
    _refuse(path, suspect)
    _count_later_sends(state)
    return state


def _count_later_sends(state: JournalState) -> None:
    """A request whose answer came late may have been sent once more before anybody knew."""
    ids = list(state.open_attempts)
    outcomes = zip(ids, state.responses.outcomes(ids), strict=True)
    for request_id in [key for key, outcome in outcomes if outcome not in {None, "failed"}]:
        told, later = Told.of(state.responses[request_id]), state.open_attempts[request_id]
        attempts, ambiguous = told.attempts + later.sent, told.ambiguous_sends + later.ambiguous
        state.responses.tell(request_id, told._replace(attempts=attempts, ambiguous_sends=ambiguous))


def _refuse(path: Path, suspect: tuple[int, str] | None) -> None:
    if suspect:
        raise JournalError(f"{path}:{suspect[0]}: damaged line: {suspect[1]}; restore the file from a copy")


def _apply(state: JournalState, entry: Entry, place: Place) -> None:
    match entry:
        case Intent():
            state.open_attempts.setdefault(entry.request_id, Attempts()).send(entry.most_usd)
        case Answered():
            _apply_answer(state, entry.response, place)
        case FailedAttempt():
            attempts = state.open_attempts.setdefault(entry.request_id, Attempts())
            most_usd = attempts.end()
            attempts.fail(entry.failure, entry.cost_usd, most_usd)
            if entry.failure.maybe_paid or entry.cost_usd is not None:
                state.ended.add(entry.cost_usd, most_usd)
        case Expense():
            state.ended.add(entry.cost_usd, entry.most_usd)
        case Spare():
            _apply_spare(state, entry.response, place)
        case BatchIntent() | BatchMade() | BatchEnded():
            _apply_batch(state, entry)


def _apply_batch(state: JournalState, entry: BatchIntent | BatchMade | BatchEnded) -> None:
    match entry:
        case BatchIntent():
            state.batches[entry.tag] = OpenBatch(entry)
            for request_id, most_usd in zip(entry.request_ids, entry.most_usd, strict=True):
                state.open_attempts.setdefault(request_id, Attempts()).send(most_usd)
        case BatchMade():
            state.batch_ids.add(entry.batch_id)
            if entry.tag in state.batches:
                state.batches[entry.tag].batch_id = entry.batch_id
        case BatchEnded():
            batch = state.batches.pop(entry.tag, None)
            for request_id in batch.intent.request_ids if batch and entry.is_void else ():
                attempts = state.open_attempts.get(request_id)
                if attempts is not None:
                    attempts.unsend()


def _apply_answer(state: JournalState, response: Response, place: Place) -> None:
    attempts = state.open_attempts.pop(response.request_id, None)
    if attempts is not None and attempts.in_flight_usd:
        most_usd, cost_usd = attempts.end(), trusted_cost_usd(response)
        if response.failure is None or response.failure.maybe_paid or cost_usd is not None:
            state.ended.add(cost_usd, most_usd)
        for of_the_dead in attempts.in_flight_usd:
            state.ended.add(None, of_the_dead)
    state.responses.add(response, place)
    if response.outcome == "failed":
        state.open_attempts[response.request_id] = Attempts()
        state.open_attempts[response.request_id].of_failed(response)


def _apply_spare(state: JournalState, response: Response, place: Place) -> None:
    if state.responses.outcome(response.request_id) not in {None, "failed"}:
        return
    attempts = state.open_attempts.pop(response.request_id, None) or Attempts()
    attempts.rescue()
    for of_the_dead in attempts.in_flight_usd:
        state.ended.add(None, of_the_dead)
    state.responses.add(response, place, Told.of(attempts.told_in(response)))


def _lines(path: Path) -> Iterator[tuple[int, Place, bytes]]:
    """Yield every line with its number and its place."""
    try:
        with path.open("rb", buffering=READ_BYTES) as stream:
            number = offset = 0
            while line := stream.readline(MAX_LINE_BYTES):
                number += 1
                yield number, (offset, len(line)), line
                offset += len(line)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
