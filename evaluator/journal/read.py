"""Read a journal back: what was answered, and what was in flight when a process died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from evaluator.errors import JournalError
from evaluator.journal.entries import Answered, Entry, FailedAttempt, Intent, Spare, Torn
from evaluator.jsonl import decode_line, encode_line
from evaluator.records import Response

MAX_LINE_BYTES = 256 * 1024 * 1024


class Attempts(msgspec.Struct):
    """What the journal knows of the attempts of one request that has no final response."""

    sent: int = 0
    failed: int = 0
    maybe_paid_failures: int = 0

    @property
    def ambiguous(self) -> int:
        """Attempts that may have been billed: in flight at a death, or failed after sending."""
        return self.sent - self.failed + self.maybe_paid_failures


class JournalState(msgspec.Struct):
    """Everything a journal holds, by request id."""

    responses: dict[str, Response]
    """The last final response of each request."""
    open_attempts: dict[str, Attempts]
    """Requests that were sent and have no response that ends them."""
    mend: bytes = b""
    """What to append before the next entry, when the last line was cut off."""


def read_journal(path: Path) -> JournalState:
    """Read `path` from the start.

    A last line that was cut off by a crash is tolerated, and so is one that a resume marked as
    torn.

    Raises:
        JournalError: If any other line cannot be read; the message names it.
    """
    state = JournalState(responses={}, open_attempts={})
    if not path.exists():
        return state
    decoder = msgspec.json.Decoder(Entry)
    suspect: tuple[int, str] | None = None
    for number, line in _lines(path):
        try:
            entry = decode_line(line, decoder)
        except ValueError as exc:
            if not line.endswith(b"\n"):
                # The torn end stays as evidence: it becomes a line of its own, and the next says so.
                state.mend = b"\n" + encode_line(Torn(line=number))
                break
            _refuse(path, suspect)
            suspect = (number, str(exc))
            continue
        if isinstance(entry, Torn) and suspect and entry.line == suspect[0]:
            suspect = None
            continue
        _refuse(path, suspect)
        _apply(state, entry)
        state.mend = b"" if line.endswith(b"\n") else b"\n"
    _refuse(path, suspect)
    return state


def _refuse(path: Path, suspect: tuple[int, str] | None) -> None:
    if suspect:
        raise JournalError(f"{path}:{suspect[0]}: damaged line: {suspect[1]}; restore the file from a copy")


def _apply(state: JournalState, entry: Entry) -> None:
    match entry:
        case Intent():
            state.open_attempts.setdefault(entry.request_id, Attempts()).sent += 1
        case FailedAttempt():
            attempts = state.open_attempts.setdefault(entry.request_id, Attempts())
            attempts.failed += 1
            attempts.maybe_paid_failures += entry.failure.maybe_paid
        case Spare():
            _apply_spare(state, entry.response)
        case Answered():
            response = entry.response
            state.open_attempts.pop(response.request_id, None)
            state.responses[response.request_id] = response
            if response.outcome == "failed":
                state.open_attempts[response.request_id] = Attempts(
                    sent=response.attempts, failed=response.attempts, maybe_paid_failures=response.ambiguous_sends
                )


def _apply_spare(state: JournalState, response: Response) -> None:
    known = state.responses.get(response.request_id)
    if known is not None and known.outcome != "failed":
        return
    attempts = state.open_attempts.pop(response.request_id, Attempts())
    # The attempt that gave the spare was counted as one that may have been paid for nothing.
    ambiguous = max(attempts.ambiguous - 1, 0)
    state.responses[response.request_id] = msgspec.structs.replace(
        response, attempts=max(attempts.sent, 1), ambiguous_sends=ambiguous
    )


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(MAX_LINE_BYTES):
                number += 1
                yield number, line
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
