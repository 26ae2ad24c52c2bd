"""Run directories: found, locked, and refused with a hint."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from evaluator.errors import JournalError
from evaluator.journal import RunDirectory, check_run_id, write_atomically
from evaluator.records import Manifest, Probe

PROBE = Probe(probe_id="p", question="q?", targets=("a",))


def manifest(**changes: object) -> Manifest:
    plain = Manifest(
        run_id="r",
        started_at="2026-01-01T00:00:00+00:00",
        evaluator="0",
        config={},
        probe_sets=(),
        models=(),
        prompts=(),
        graders=(),
        packages={},
        seed=0,
        repeats=1,
        n_requests=0,
        plan_sha256="0",
    )
    return msgspec.structs.replace(plain, **changes)  # type: ignore[arg-type]


def test_a_run_is_found_by_path_and_by_id(tmp_path: Path) -> None:
    RunDirectory(tmp_path / "r").create(manifest(), [PROBE])
    for name in (str(tmp_path / "r"), "r"):
        directory = RunDirectory.find(name, tmp_path)
        assert directory.read_manifest() == manifest()
        assert directory.read_probes() == (PROBE,)


def test_an_unknown_run_names_those_there_are(tmp_path: Path) -> None:
    RunDirectory(tmp_path / "nightly").create(manifest(), [PROBE])
    with pytest.raises(JournalError, match="nightly"):
        RunDirectory.find("nigthly", tmp_path)


def test_a_run_is_not_created_twice(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "r")
    directory.create(manifest(), [PROBE])
    with pytest.raises(JournalError, match="exists"):
        directory.create(manifest(), [PROBE])


def test_a_newer_manifest_is_refused(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "r")
    directory.create(manifest(schema="evaluator/manifest/2"), [PROBE])
    with pytest.raises(JournalError, match="need schema evaluator/manifest/1, got evaluator/manifest/2"):
        directory.read_manifest()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"run_id": 3}'])
def test_a_damaged_manifest_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    directory = RunDirectory(tmp_path / "r")
    directory.create(manifest(), [PROBE])
    directory.manifest_path.write_bytes(content)
    with pytest.raises(JournalError, match=r"manifest\.json: "):
        directory.read_manifest()


def test_a_run_is_held_by_one_process(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "r")
    with directory.locked(), pytest.raises(JournalError, match="another process"), directory.locked():
        pass
    with directory.locked():
        pass


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "ä", "a b", "x" * 101])
def test_a_run_id_that_is_no_directory_name_is_refused(name: str) -> None:
    with pytest.raises(JournalError, match="run id"):
        check_run_id(name)


@pytest.mark.parametrize(
    "name", ["history.jsonl", "History.JSONL", "index.html", "summary.json", "nul", "COM1.x", "a."]
)
def test_a_run_id_that_a_file_or_a_device_has_is_refused(name: str) -> None:
    with pytest.raises(JournalError, match="run id: need"):
        check_run_id(name)


def test_a_run_where_a_file_lies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nightly.jsonl").touch()
    with pytest.raises(JournalError, match=r"nightly\.jsonl is a file"):
        RunDirectory.named("nightly.jsonl", tmp_path)
    assert RunDirectory.named("nightly", tmp_path).path == tmp_path / "nightly"


def test_a_failed_write_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
