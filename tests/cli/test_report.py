"""`evaluator report` in every format, from a run and from a summary."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.command import evaluator

PROBES = (
    {"probe_id": "a", "question": "Capital of France?", "targets": ["Paris"], "topic": "geography"},
    {"probe_id": "u", "question": "Capital of Atlantis?", "unanswerable": "nonexistent", "why": "no such country"},
)
ANSWERS = (
    {"model": "one", "probe_id": "a", "text": "Paris"},
    {"model": "one", "probe_id": "u", "text": "=HYPERLINK(1)"},
    {"model": "two", "probe_id": "a", "text": "Lyon"},
    {"model": "two", "probe_id": "u", "text": "I don't know."},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the imported run `r`."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "probes.jsonl").write_text("".join(f"{json.dumps(p)}\n" for p in PROBES))
    (folder / "answers.jsonl").write_text("".join(f"{json.dumps(a)}\n" for a in ANSWERS))
    done = evaluator("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_csv_has_one_row_per_response(folder: Path) -> None:
    done = evaluator("report", "r", "--format", "csv", "--texts", cwd=folder)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 0
    assert {(row["model"], row["probe_id"]): row["label"] for row in rows} == {
        ("one", "a"): "correct",
        ("one", "u"): "wrong",
        ("two", "a"): "wrong",
        ("two", "u"): "abstained",
    }
    assert "'=HYPERLINK(1)" in {row["response"] for row in rows}


def test_junit_prometheus_and_parquet_are_written_where_asked(folder: Path) -> None:
    import pyarrow.parquet as pq

    for name, file in (("junit", "j.xml"), ("prometheus", "m.prom"), ("parquet", "v.parquet")):
        done = evaluator("report", "r", "--format", name, "--output", file, cwd=folder)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote {file}\n")
    assert ElementTree.parse(folder / "j.xml").getroot().tag == "testsuites"
    assert "evaluator_estimate{" in (folder / "m.prom").read_text()
    assert pq.read_table(folder / "v.parquet").num_rows == 4
    assert not list(folder.glob(".*.part"))


def test_a_summary_has_no_answers_to_list_but_every_other_format(folder: Path) -> None:
    done = evaluator("report", "reports/r/summary.json", "--format", "csv", cwd=folder)
    assert done.returncode == 2
    assert "need a run directory" in done.stderr
    for name in ("terminal", "json", "md", "junit", "prometheus"):
        done = evaluator("report", "reports/r/summary.json", "--format", name, cwd=folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == evaluator("report", "r", "--format", name, cwd=folder).stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--format", "json", "--format", "md", "--output", "x"), "--output: need one --format, got json, md"),
        (("--texts",), "--texts: need --format csv or parquet, got terminal"),
        (("--format", "md", "--output", "no/such/folder/x"), "no/such/folder/x: cannot be written: No such file"),
        (("--format", "json", "--format", "parquet"), "--format parquet: need --output FILE"),
    ],
)
def test_what_cannot_be_written_is_refused(folder: Path, flags: tuple[str, ...], said: str) -> None:
    done = evaluator("report", "r", *flags, cwd=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_page_of_a_run_is_its_index_with_every_answer(folder: Path) -> None:
    done = evaluator("report", "r", "--format", "html", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote reports/r/index.html\n")
    page = (folder / "reports/r/index.html").read_text(encoding="utf-8")
    assert "HYPERLINK(1)" in page
    done = evaluator("report", "reports/r/summary.json", "--format", "html", "-o", "s.html", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "wrote s.html\n")
    assert "HYPERLINK" not in (folder / "s.html").read_text(encoding="utf-8")
