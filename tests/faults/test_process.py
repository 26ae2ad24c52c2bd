"""Rows 88 to 108: processes that die, disks that refuse, and answers that come late."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import stat
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import JournalWriteError
from evaluator.journal import JournalWriter, odd_place, read_journal
from evaluator.journal import write as write_module
from evaluator.journal.atomic import write_atomically
from evaluator.records import Request, Response
from tests.chat_server import Reply, answer, chat_server
from tests.cli.command import command, environment, evaluator
from tests.journal.test_journal import intent
from tests.run.test_engine import Bench, bench, reply

__all__ = ["bench"]


def probes(folder: Path, n: int = 30) -> None:
    lines = [f'{{"probe_id": "p{k}", "question": "Capital number {k}?", "targets": ["Canberra"]}}' for k in range(n)]
    (folder / "probes.jsonl").write_text("\n".join(lines))


def slow(request: dict[str, Any], n: int) -> Reply:
    found = answer("Canberra")
    found.delay_s = 0.1
    return found


def test_row_92_a_closed_terminal_ends_the_run_resumable_and_loses_nothing(tmp_path: Path) -> None:
    probes(tmp_path)
    with chat_server(slow) as server:
        words = ("--model", "server/m", "--base-url", server.base_url, "--concurrency", "4", "--run-id", "r")
        child = subprocess.Popen(
            command("run", "--probes", "probes.jsonl", *words),
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # What starts this test may ignore the signal, which would be inherited.
            preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_DFL),
        )
        while not server.ledger and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(signal.SIGHUP)
        _, err = child.communicate(timeout=60)
        assert child.returncode == 128 + signal.SIGHUP, err
        state = read_journal(tmp_path / "reports/r/journal.jsonl")
        assert len(state.responses) == sum(server.ledger.values())
        assert not state.open_attempts


@pytest.mark.parametrize("number", [errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_row_94_a_disk_that_refuses_is_never_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path, real, broken = tmp_path / "journal.jsonl", getattr(os, call), {"is": False}

    def refuse(*arguments: Any) -> Any:
        if broken["is"]:
            raise OSError(number, os.strerror(number))
        return real(*arguments)

    monkeypatch.setattr(write_module.os, call, refuse)

    async def main() -> list[bool]:
        acknowledged: list[bool] = []
        async with JournalWriter(path, read_journal(path)) as journal:
            await journal.append(intent(1))
            broken["is"] = True
            journal.put(intent(2), lambda: acknowledged.append(True))
            with pytest.raises(JournalWriteError, match=os.strerror(number)):
                await journal.drain()
            broken["is"] = False
            # After a failed sync the pages may be gone: nothing is taken for written any more.
            with pytest.raises(JournalWriteError):
                await journal.append(intent(3))
        return acknowledged

    assert asyncio.run(main()) == []
    assert set(read_journal(path).open_attempts) >= {"r1"}


@pytest.mark.parametrize("folder", ["Dropbox", "OneDrive - Company", "Google Drive", "Nextcloud"])
def test_row_96_a_sync_folder_is_warned_about(tmp_path: Path, folder: str) -> None:
    said = odd_place(tmp_path / folder / "reports" / "r")
    assert said is not None
    assert folder in said
    assert odd_place(tmp_path / "reports" / "r") is None


def test_row_96_a_network_share_is_warned_about(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("overlay / overlay rw 0 0\nnas:/x /mnt/nas nfs4 rw 0 0\n/dev/sda1 /mnt/nas/local ext4 rw 0 0\n")
    assert "nfs4" in (odd_place(Path("/mnt/nas/reports"), mounts) or "")
    assert odd_place(Path("/mnt/nas/local/reports"), mounts) is None
    assert odd_place(Path("/home/reports"), mounts) is None


def test_row_96_a_conflict_copy_is_not_read(tmp_path: Path) -> None:
    probes(tmp_path, 3)
    with chat_server(lambda request, n: answer("Canberra")) as server:
        words = ("--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
        assert evaluator("run", "--probes", "probes.jsonl", *words, cwd=tmp_path).returncode == 0
        run = tmp_path / "reports/r"
        (run / "journal (conflicted copy).jsonl").write_text("not a journal")
        assert evaluator("report", "r", cwd=tmp_path).returncode == 0


def test_row_100_no_answer_at_all_is_a_report_with_n_0(tmp_path: Path) -> None:
    probes(tmp_path, 3)
    with chat_server(lambda request, n: Reply(b'{"error": {"message": "no"}}', status=400)) as server:
        words = ("--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
        done = evaluator("run", "--probes", "probes.jsonl", *words, cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    (result,) = json.loads((tmp_path / "reports/r/summary.json").read_text())["results"]
    assert {each["n"] for each in result["estimates"]} == {0}
    assert {each["value"] for each in result["estimates"]} == {None}, "unknown, and not 0"
    for form in ("terminal", "md", "html", "csv", "junit"):
        shown = evaluator("report", "r", "--format", form, cwd=tmp_path)
        assert shown.returncode == 0, shown.stderr
        assert "nan" not in shown.stdout.lower().split()
    (tmp_path / "none.jsonl").write_text("")
    done = evaluator("run", "--probes", "none.jsonl", *words, cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_row_95_what_replaces_a_file_is_on_the_disk_before_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
        sync(file)

    def replaced(self: Path, target: Path) -> Path:
        done.append("replace" if self.parent == target.parent else "over a border")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    write_atomically(tmp_path / "file", [b"n", b"ew"])
    assert done == ["file", "replace", "folder"]
    assert (tmp_path / "file").read_bytes() == b"new"


def test_row_102_a_run_that_goes_on_with_other_versions_says_so_and_asks_the_same(tmp_path: Path) -> None:
    probes(tmp_path, 6)

    def script(request: dict[str, Any], n: int) -> Reply:
        return answer("Canberra") if is_rich else Reply(b'{"error": {"message": "no credit"}}', status=402)

    is_rich = False
    with chat_server(script) as server:
        words = ("--model", "server/m", "--base-url", server.base_url, "--run-id", "r")
        assert evaluator("run", "--probes", "probes.jsonl", *words, cwd=tmp_path).returncode == 4
        path = tmp_path / "reports/r/manifest.json"
        manifest = json.loads(path.read_text())
        now = manifest["packages"]["genai-prices"]
        same = evaluator("resume", "r", cwd=tmp_path)
        assert "mixed versions" not in same.stderr
        manifest["packages"]["genai-prices"] = "0.0.1"
        path.write_text(json.dumps(manifest))
        is_rich = True
        done = evaluator("resume", "r", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"begun with genai-prices 0.0.1 (now {now}): its answers are of mixed versions" in " ".join(
        done.stderr.split()
    )
    assert len(read_journal(tmp_path / "reports/r/journal.jsonl").responses) == 6
    assert len({json.dumps(request) for request in server.asked}) == 6, "the same bytes in every session"


def test_row_103_what_is_asked_and_written_does_not_depend_on_hashes_or_locale(tmp_path: Path) -> None:
    probes(tmp_path, 12)
    found = []
    for env in (
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "de_DE.UTF-8", "PYTHONIOENCODING": "cp1252"},
    ):
        with chat_server(lambda request, n: answer("Canberra")) as server:
            words = ("--model", "server/m", "--base-url", server.base_url, "--run-id", "r", "--out", f"o{len(found)}")
            done = evaluator("run", "--probes", "probes.jsonl", *words, cwd=tmp_path, env=env)
            assert done.returncode == 0, done.stderr
            sent = sorted(json.dumps(request) for request in server.asked)
        run = tmp_path / f"o{len(found)}/r"
        (result,) = json.loads((run / "summary.json").read_text(encoding="utf-8"))["results"]
        found.append((sent, set(read_journal(run / "journal.jsonl").responses), result["estimates"]))
    assert found[0] == found[1]


def late_bench(bench: Bench, late_s: float, second: str) -> dict[str, Any]:
    """Answer p3 first after its deadline of 0.3 s, then at once as `second` says; return what the journal holds."""

    async def script(request: Request, n: int) -> Response:
        if request.probe_id != "p3":
            return reply(request)
        if n == 1:
            await asyncio.sleep(late_s)
            return reply(request, text="late")
        if second == "never":
            await asyncio.sleep(60)
        await asyncio.sleep(0.25 if second == "slow" else 0.0)
        return reply(request, text="second")

    asked = bench.ask(m=script)["m"].asked.count("p3")
    lines = [line for line in bench.path.read_text().splitlines() if '"p3"' in line or '"spare"' in line]
    kept = next(r for r in read_journal(bench.path).responses.values() if r.probe_id == "p3")
    return {"asked": asked, "kept": kept, "spares": sum('"kind":"spare"' in line for line in lines)}


def test_row_108_a_late_answer_is_used_before_the_request_is_sent_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluator.run.lanes.retries.BACKOFF_FIRST_S", 4.0)
    found = late_bench(bench, 0.4, "at once")
    assert (found["asked"], found["kept"].text) == (1, "late")
    assert "late" in found["kept"].flags
    assert found["kept"].ambiguous_sends == 0, "it was paid once, for an answer"


def test_row_108_a_late_answer_is_a_spare_when_the_request_is_asked_again(bench: Bench) -> None:
    found = late_bench(bench, 0.45, "slow")
    assert (found["asked"], found["spares"]) == (2, 1)
    assert found["kept"].text == "second"
    assert found["kept"].attempts == 2
    assert found["kept"].ambiguous_sends == 1, "one of the two was paid for nothing"


def test_row_108_a_spare_counts_when_the_second_attempt_gives_nothing(bench: Bench) -> None:
    found = late_bench(bench, 0.4, "never")
    assert (found["asked"], found["kept"].text, found["spares"]) == (2, "late", 1)


def test_row_108_a_spare_that_outlives_the_process_is_not_asked_again(bench: Bench) -> None:
    late_bench(bench, 0.4, "never")
    lines = bench.path.read_bytes().splitlines(keepends=True)
    spare = next(n for n, line in enumerate(lines) if b'"kind":"spare"' in line)
    bench.path.write_bytes(b"".join(lines[: spare + 1]))
    state = read_journal(bench.path)
    kept = next(r for r in state.responses.values() if r.probe_id == "p3")
    assert (kept.text, kept.attempts, kept.ambiguous_sends) == ("late", 2, 1)


def test_row_105_cancelling_ends_the_engine_at_once(bench: Bench) -> None:
    async def hang(request: Request, n: int) -> Response:
        await asyncio.sleep(3600)
        return reply(request)

    async def main() -> float:
        task = asyncio.create_task(bench.ask_all({"m": hang}))
        await asyncio.sleep(0.1)
        start = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - start

    assert asyncio.run(main()) < 2


def test_row_107_lines_count_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    async def main() -> None:
        async with JournalWriter(path, read_journal(path)) as journal:
            for number in range(50):
                journal.put(intent(number))
            await journal.drain()

    asyncio.run(main())
    assert list(read_journal(path).open_attempts) == [f"r{number}" for number in range(50)]
