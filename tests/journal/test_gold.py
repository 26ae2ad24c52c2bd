from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from evaluator.errors import JournalError, LabelsFileError
from evaluator.journal import GoldFile, RunDirectory, read_gold
from evaluator.jsonl import encode_line
from evaluator.label_design import LabelCell, LabelDesign
from evaluator.records import GoldLabel

DESIGN = LabelDesign(
    run_id="r",
    seed=7,
    allocation="proportional",
    floor=1,
    graders=("cascade-1",),
    verdicts_sha256="0",
    cells=(
        LabelCell(
            model="m", prompt="none", answerable=True, verdict="wrong", n_responses=9, n_drawn=2, drawn=("q1", "q2")
        ),
    ),
)


def label(request_id: str, word: str = "wrong", **fields: Any) -> GoldLabel:
    given = {
        "run_id": "r",
        "request_id": request_id,
        "response_sha256": "s",
        "label": word,
        "annotator": "anna",
        "labelled_at": "2026-01-01T00:00:00+00:00",
    }
    return GoldLabel(**{**given, **fields})


@pytest.fixture
def gold(tmp_path: Path) -> GoldFile:
    return GoldFile(tmp_path / "gold.jsonl")


def write(gold: GoldFile, *records: object, tail: bytes = b"") -> None:
    gold.path.write_bytes(b"".join(map(encode_line, records)) + tail)


def test_nothing_is_there_before_a_draw(tmp_path: Path) -> None:
    assert RunDirectory(tmp_path).read_gold() == (None, ())


def test_labels_and_design_are_read_back_in_order(gold: GoldFile) -> None:
    assert gold.add([label("q2")]) == 1
    gold.write_design(DESIGN)
    assert gold.add([label("q1", "correct"), label("q3", "abstained")]) == 2
    assert RunDirectory(gold.path.parent).read_gold() == (
        DESIGN,
        (label("q2"), label("q1", "correct"), label("q3", "abstained")),
    )
    assert msgspec.json.decode(gold.path.read_bytes().splitlines()[0])["schema"] == "evaluator/gold/1"


def test_one_label_is_appended_and_synced(gold: GoldFile, monkeypatch: pytest.MonkeyPatch) -> None:
    gold.write_design(DESIGN)
    before, inode = gold.path.read_bytes(), gold.path.stat().st_ino
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file).st_ino), fsync(file))[1])
    gold.add([label("q1")])
    assert gold.path.read_bytes() == before + encode_line(label("q1"))
    assert (gold.path.stat().st_ino, synced) == (inode, [inode])


def test_the_same_again_changes_nothing(gold: GoldFile) -> None:
    gold.add([label("q1"), label("q2")])
    before = gold.path.read_bytes()
    assert gold.add([label("q1", labelled_at="later"), label("q2")]) == 0
    assert gold.path.read_bytes() == before


def test_a_contradiction_is_refused_and_nothing_is_written(gold: GoldFile) -> None:
    gold.add([label("q1")])
    before = gold.path.read_bytes()
    with pytest.raises(LabelsFileError, match=r"anna labelled request q1… wrong before, got correct.*--replace"):
        gold.add([label("q2"), label("q1", "correct")])
    assert gold.path.read_bytes() == before
    assert gold.add([label("q2"), label("q1", "correct")], replace=True) == 2
    assert gold.read().labels == (label("q1", "correct"), label("q2"))


def test_other_people_adjudicators_and_other_texts_are_no_contradiction(gold: GoldFile) -> None:
    gold.add([label("q1")])
    gold.add([label("q1", "correct", annotator="ben")])
    gold.add([label("q1", "correct", adjudicates=True)])
    assert len(gold.read().labels) == 3
    gold.add([label("q1", "abstained", response_sha256="new text")])
    assert [known.label for known in gold.read().labels] == ["abstained", "correct", "correct"]


def test_a_label_can_be_taken_back(gold: GoldFile) -> None:
    gold.write_design(DESIGN)
    gold.add([label("q1"), label("q2")])
    gold.remove(label("q1"))
    assert gold.read().labels == (label("q2"),)
    assert gold.read().design == DESIGN
    gold.remove(label("q1"))


@pytest.mark.parametrize("n_bytes", range(1, len(encode_line(label("q2"))) - 1))
def test_a_label_cut_off_at_any_byte_is_left_out_and_mended(gold: GoldFile, n_bytes: int) -> None:
    write(gold, DESIGN, label("q1"), tail=encode_line(label("q2"))[:n_bytes])
    assert gold.read().labels == (label("q1"),)
    gold.add([label("q3")])
    assert read_gold(gold.path).labels == (label("q1"), label("q3"))
    assert not gold.read().is_torn


def test_a_whole_last_line_without_newline_counts(gold: GoldFile) -> None:
    write(gold, DESIGN, tail=encode_line(label("q1")).rstrip())
    assert gold.read().labels == (label("q1"),)
    gold.add([label("q2")])
    assert gold.read().labels == (label("q1"), label("q2"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([b"{", b""], r":1: damaged line"),
        ([encode_line(label("q")).strip(), b"[1]", b""], r":2: damaged line: expected `object`"),
        ([encode_line(label("q")).strip(), b"", b""], r":2: damaged line"),
        ([encode_line(label("q")).strip(), encode_line(DESIGN).strip(), b""], r":2: .*on the first line only"),
        ([b'{"schema":"evaluator/gold/2"}', b""], r":1: damaged line"),
        ([encode_line(label("q")).strip().replace(b'"wrong"', b'"bad"'), b""], r":1: damaged line: label: invalid"),
        ([encode_line(label("q")).strip(), encode_line(label("q", "correct")).strip(), b""], r":2: .*wrong on line 1"),
        ([encode_line(DESIGN).strip(), encode_line(label("q", run_id="x")).strip(), b""], r":2: run_id: need 'r'"),
        ([b"\0", b""], r":1: .*NUL"),
        ([b"\xff{}", b""], r":1: damaged line"),
    ],
)
def test_damage_names_its_line(gold: GoldFile, lines: list[bytes], message: str) -> None:
    gold.path.write_bytes(b"\n".join(lines))
    before = gold.path.read_bytes()
    with pytest.raises(JournalError, match=message) as caught:
        gold.read()
    assert "\n" not in str(caught.value)
    with pytest.raises(JournalError):
        gold.add([label("q9")])
    assert gold.path.read_bytes() == before


def test_a_newer_design_is_refused(gold: GoldFile) -> None:
    write(gold, msgspec.structs.replace(DESIGN, schema="evaluator/gold/2"))
    with pytest.raises(JournalError, match=r":1: .*need evaluator/gold/1, got 'evaluator/gold/2'"):
        gold.read()


def test_a_design_that_cannot_be_is_refused(gold: GoldFile) -> None:
    write(gold, DESIGN)
    gold.path.write_bytes(gold.path.read_bytes().replace(b'"n_drawn":2', b'"n_drawn":10'))
    with pytest.raises(JournalError, match=r":1: .*n_drawn: need 0 to n_responses \(9\), got 10"):
        gold.read()


def test_a_file_that_is_too_large_is_refused(gold: GoldFile, monkeypatch: pytest.MonkeyPatch) -> None:
    write(gold, label("q"))
    monkeypatch.setattr("evaluator.journal.gold.MAX_BYTES", 10)
    with pytest.raises(JournalError, match="need at most 10 bytes"):
        gold.read()


def test_people_may_label_at_the_same_time(gold: GoldFile) -> None:
    def work(name: str) -> None:
        own = GoldFile(gold.path)
        for n in range(20):
            own.add([label(f"q{n}", annotator=name)])

    threads = [threading.Thread(target=work, args=(name,)) for name in ("anna", "ben", "carla")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(gold.read().labels) == 60


def test_a_file_held_by_another_process_is_said(gold: GoldFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluator.journal.gold.LOCK_TIMEOUT_S", 0.1)
    waiting = GoldFile(gold.path)
    with gold.locked(), pytest.raises(JournalError, match="is being written by another process"):
        waiting.add([label("q")])


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"cannot be locked|cannot be written"):
        GoldFile(tmp_path / "file" / "gold.jsonl").add([label("q")])


def test_a_pipe_in_its_place_is_not_waited_for(gold: GoldFile) -> None:
    os.mkfifo(gold.path)
    with pytest.raises(JournalError, match="cannot be read: need a regular file"):
        gold.read()


KILLED = """
import sys
from pathlib import Path
from evaluator.journal import GoldFile
from evaluator.records import GoldLabel
gold = GoldFile(Path(sys.argv[1]))
for n in range(10_000):
    gold.add([GoldLabel(run_id="r", request_id=f"q{n}", response_sha256="s", label="wrong", annotator="a",
                        labelled_at="")])
    print(n, flush=True)
"""


def test_no_label_that_was_acknowledged_is_lost_by_a_kill(gold: GoldFile) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(gold.path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    acknowledged = 20 + sum(line.endswith("\n") for line in process.stdout)
    process.wait()
    process.stdout.close()
    assert acknowledged <= len(gold.read().labels) <= acknowledged + 1
    gold.add([label("after")])
    assert gold.read().labels[-1] == label("after")
