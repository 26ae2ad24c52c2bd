"""The journal: what is acknowledged is on disk, and any cut of the file opens or names its line."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from evaluator.errors import JournalError
from evaluator.journal import Answered, FailedAttempt, Intent, JournalWriter, read_journal
from evaluator.journal.entries import Entry
from evaluator.records import Failure, Response

AT = "2026-01-01T00:00:00+00:00"


def response(number: int, outcome: str = "answered", **fields: object) -> Response:
    return Response(
        request_id=f"r{number}",
        probe_id=f"p{number}",
        model="m",
        prompt="none",
        repeat=0,
        outcome=outcome,  # type: ignore[arg-type]
        text=f"né {number} \u2028",
        **fields,  # type: ignore[arg-type]
    )


def intent(number: int, attempt: int = 1) -> Intent:
    return Intent(request_id=f"r{number}", model="m", probe_id=f"p{number}", attempt=attempt, at=AT)


def write(path: Path, *entries: Entry) -> None:
    async def main() -> None:
        async with JournalWriter(path, read_journal(path)) as journal:
            for entry in entries:
                await journal.append(entry)

    asyncio.run(main())


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, intent(1), Answered(at=AT, response=response(1)), intent(2))
    state = read_journal(path)
    assert state.responses == {"r1": response(1)}
    assert state.open_attempts["r2"].ambiguous == 1
    assert path.read_bytes().isascii()


def test_a_missing_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert read_journal(tmp_path / "journal.jsonl").responses == {}


def test_a_failed_attempt_is_not_ambiguous_unless_it_may_have_been_paid(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    free = FailedAttempt(request_id="r1", at=AT, failure=Failure(kind="transient", message="refused"))
    paid = FailedAttempt(request_id="r1", at=AT, failure=Failure(kind="transient", message="cut", maybe_paid=True))
    write(path, intent(1), free)
    assert read_journal(path).open_attempts["r1"].ambiguous == 0
    write(path, intent(1, 2), paid)
    assert read_journal(path).open_attempts["r1"].ambiguous == 1
    write(path, intent(1, 3))
    assert read_journal(path).open_attempts["r1"].ambiguous == 2


def test_attempts_of_a_failed_response_are_remembered_for_the_next_try(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, intent(1), Answered(at=AT, response=response(1, "failed", attempts=5, ambiguous_sends=2)))
    attempts = read_journal(path).open_attempts["r1"]
    assert (attempts.sent, attempts.ambiguous) == (5, 2)


def test_every_cut_of_the_file_opens_and_can_be_continued(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    write(whole, intent(1), Answered(at=AT, response=response(1)), intent(2), Answered(at=AT, response=response(2)))
    data = whole.read_bytes()
    path = tmp_path / "journal.jsonl"
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        complete = data[:length].count(b'"kind":"response"') if data[:length].endswith((b"}", b"\n")) else None
        state = read_journal(path)
        before = dict(state.responses)
        if complete is not None and data[length - 1 : length] == b"\n":
            assert len(state.responses) == complete
        write(path, intent(9), Answered(at=AT, response=response(9)))
        again = read_journal(path)
        assert again.responses == before | {"r9": response(9)}
        assert path.read_bytes().startswith(data[:length]), "the journal is only ever appended to"


def test_an_answer_whose_line_lacks_only_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, intent(1), Answered(at=AT, response=response(1)))
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert read_journal(path).responses == {"r1": response(1)}
    write(path, intent(2))
    assert set(read_journal(path).open_attempts) == {"r2"}


@pytest.mark.parametrize("damage", [b"{}\n", b"garbage\n", b'{"kind":"intent"\n', b"\x00\x00\n", b"\xff\n"])
def test_other_damage_names_its_line(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, intent(1), intent(2))
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + damage + second)
    with pytest.raises(JournalError, match=r"journal\.jsonl:2: damaged line"):
        read_journal(path)
    path.write_bytes(first + damage)
    with pytest.raises(JournalError, match=r"journal\.jsonl:2: damaged line"):
        read_journal(path)


def test_entries_that_wait_together_share_one_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append(file), real(file))[1])
    path = tmp_path / "journal.jsonl"

    async def main() -> None:
        async with JournalWriter(path, read_journal(path)) as journal:
            calls.clear()
            await asyncio.gather(*(journal.append(intent(number)) for number in range(50)))

    asyncio.run(main())
    assert len(read_journal(path).open_attempts) == 50
    assert 1 <= len(calls) <= 3


def test_append_returns_only_after_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    synced_at = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced_at.append(path.read_bytes()), real(file))[1])

    async def main() -> None:
        async with JournalWriter(path, read_journal(path)) as journal:
            await journal.append(intent(7))
            assert b"r7" in synced_at[-1]

    asyncio.run(main())


def test_a_cancelled_caller_does_not_lose_its_entry(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    async def main() -> None:
        async with JournalWriter(path, read_journal(path)) as journal:
            waiting = asyncio.create_task(journal.append(Answered(at=AT, response=response(1))))
            await asyncio.sleep(0)
            waiting.cancel()

    asyncio.run(main())
    assert read_journal(path).responses == {"r1": response(1)}


def test_a_full_disk_is_an_error_and_nothing_is_acknowledged_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"

    async def main() -> None:
        async with JournalWriter(path, read_journal(path)) as journal:
            await journal.append(intent(1))
            monkeypatch.setattr(os, "fsync", _no_space)
            for _ in range(2):
                with pytest.raises(JournalError, match="No space left on device; make room"):
                    await journal.append(intent(2))

    asyncio.run(main())


def _no_space(_file: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_crash_while_a_torn_end_is_marked_is_mended_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, intent(1), intent(2))
    whole = path.read_bytes()
    torn = whole[:-20]
    path.write_bytes(torn)
    write(path, intent(3))
    marked = path.read_bytes()
    for length in range(len(torn) + 2, len(marked) + 1):
        path.write_bytes(marked[:length])
        write(path, intent(4))
        assert set(read_journal(path).open_attempts) >= {"r1", "r4"}, marked[:length]
