"""Responses that stay in the file: the last counts, whatever the order they are asked for in."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from pathlib import Path

import msgspec
import pytest

from evaluator.errors import JournalError
from evaluator.journal import Answered, FailedAttempt, Intent, JournalState, JournalWriter, Spare, read_journal
from evaluator.journal.entries import Entry
from evaluator.jsonl import encode_line
from evaluator.records import Failure, Outcome, Response

AT = "2026-01-01T00:00:00+00:00"


def sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def response(request_id: str, text: str = "x", outcome: Outcome = "answered") -> Response:
    return Response(
        request_id=request_id, probe_id="p", model="m", prompt="none", repeat=0, outcome=outcome, text=text
    )  # fmt: skip


def intent(request_id: str, attempt: int = 1) -> Intent:
    return Intent(request_id=request_id, model="m", probe_id="p", attempt=attempt, at=AT)


def answered(request_id: str, text: str = "x", outcome: Outcome = "answered") -> Answered:
    return Answered(at=AT, response=response(request_id, text, outcome))


def journal(folder: Path, *entries: Entry) -> Path:
    path = folder / "journal.jsonl"
    path.write_bytes(b"".join(map(encode_line, entries)))
    return path


@pytest.mark.parametrize("kind", ["hashes", "any text"])
def test_every_order_gives_the_last_response_of_each_request(tmp_path: Path, kind: str) -> None:
    ids = [sha(n) if kind == "hashes" else f"r{n}" for n in range(2500)]
    first = [answered(name, "first", "failed" if n % 3 else "answered") for n, name in enumerate(ids)]
    state = read_journal(journal(tmp_path, *first, *(answered(name, f"second {name}") for name in ids[::2])))
    found = {one.request_id: one for one in state.responses.by_id()}
    assert list(found) == sorted(ids)
    assert found == dict(state.responses)
    assert [one.request_id for one in state.responses.values()] == [*ids[1::2], *ids[::2]]
    assert all(found[name].text == (f"second {name}" if n % 2 == 0 else "first") for n, name in enumerate(ids))
    asked = [ids[7], "nobody", ids[8], ids[7]]
    assert [one.request_id for one in state.responses.read(asked)] == [ids[7], ids[8], ids[7]]
    assert list(state.responses.outcomes(asked)) == ["failed", None, "answered", "failed"]
    assert "nobody" not in state.responses
    with pytest.raises(KeyError):
        state.responses["nobody"]


def test_a_response_is_read_also_while_the_journal_grows(tmp_path: Path) -> None:
    path = journal(tmp_path, answered("a"), answered("b"))
    state = read_journal(path)

    async def add() -> None:
        async with JournalWriter(path, state) as writer:
            reading = iter(state.responses.values())
            assert next(reading).request_id == "a"
            await writer.append(answered("a", "later"))
            assert [one.request_id for one in reading] == ["b"]

    asyncio.run(add())
    assert state.responses["a"].text == "x", "as the journal was when it was looked through"
    assert read_journal(path).responses["a"].text == "later"


@pytest.mark.parametrize("change", ["other", "shorter", "gone"])
def test_a_journal_that_was_changed_meanwhile_is_refused(tmp_path: Path, change: str) -> None:
    path = journal(tmp_path, answered("a"), answered("b"))
    state = read_journal(path)
    data = path.read_bytes()
    path.unlink()
    if change != "gone":
        path.write_bytes(data[: len(data) // 2] if change == "shorter" else data.replace(b'"b"', b'"c"'))
    with pytest.raises(JournalError, match="cannot be read" if change == "gone" else "changed while it was read"):
        state.responses["b"]


def late_answers() -> list[Entry]:
    """Requests with an answer that came late: beside another, in place of one, and before one more sending."""
    paid = Failure(kind="transient", message="no answer within 1 s", maybe_paid=True)
    entries: list[Entry] = [answered(sha(n)) for n in range(5000)]
    entries += [Spare(at=AT, attempt=1, response=response(sha(4), "late"))]
    entries += [intent("in place"), FailedAttempt(request_id="in place", at=AT, failure=paid), intent("in place", 2)]
    entries += [Spare(at=AT, attempt=1, response=response("in place", "late"))]
    entries += [intent("again"), Spare(at=AT, attempt=1, response=response("again", "late")), intent("again", 2)]
    entries += [answered("failed", outcome="failed"), Spare(at=AT, attempt=1, response=response("failed", "late"))]
    return entries


def told(state: JournalState, request_id: str) -> tuple[str, int, int]:
    found = state.responses[request_id]
    return found.text, found.attempts, found.ambiguous_sends


def test_a_late_answer_counts_where_there_is_no_other(tmp_path: Path) -> None:
    state = read_journal(journal(tmp_path, *late_answers()))
    assert told(state, sha(4)) == ("x", 1, 0)
    assert told(state, "in place") == ("late", 2, 1), "the second attempt was in flight at the death"
    assert told(state, "again") == ("late", 2, 2)
    assert told(state, "failed") == ("late", 1, 0)
    assert told(read_journal(journal(tmp_path, *late_answers(), answered("in place", "own"))), "in place")[0] == "own"


def test_what_a_response_takes_does_not_depend_on_its_text(tmp_path: Path) -> None:
    n = 20_000
    path = journal(tmp_path, *(answered(sha(k), "long " * 100) for k in range(n)))
    tracemalloc.start()
    state = read_journal(path)
    assert sum(1 for one in state.responses.by_id() if one.outcome == "answered") == n
    used, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / n < 80, "16 bytes of key, twice; 8 of offset, twice; 1 of outcome; room to grow"
    assert peak / n < 200


def test_an_unknown_field_is_refused_when_the_journal_is_looked_through(tmp_path: Path) -> None:
    path = journal(tmp_path, intent("a"))
    line = msgspec.json.encode(answered("a")).replace(b'"outcome"', b'"new_field":1,"outcome"')
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(JournalError, match=r"journal\.jsonl:2: damaged line: .*new_field"):
        read_journal(path)
