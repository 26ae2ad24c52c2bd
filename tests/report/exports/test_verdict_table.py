from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import EvaluatorError
from evaluator.records import Probe, Response, Usage, Verdict
from evaluator.report.exports.verdict_table import TYPES, column_names, csv_chunks, verdict_rows, write_parquet

PROBES = (
    Probe(probe_id="a", question="Capital of France?", targets=("Paris", "Paris, France"), topic="geography"),
    Probe(probe_id="u", question="Capital of Atlantis?", unanswerable="nonexistent"),
)


def graded(probe_id: str = "a", text: str = "Paris", **fields: Any) -> tuple[Response, Verdict]:
    ids: dict[str, Any] = {"request_id": f"r-{probe_id}", "probe_id": probe_id, "model": "m", "prompt": "none"}
    response = Response(**ids, repeat=0, outcome="answered", text=text, **fields)
    return response, Verdict(**ids, repeat=0, grader="cascade-1", label="correct", step="match", evidence="= Paris")


def rows_of(*pairs: tuple[Response, Verdict], **options: Any) -> list[dict[str, str]]:
    with_texts = options.get("with_texts", False)
    text = "".join(csv_chunks(verdict_rows("run", PROBES, pairs, **options), with_texts=with_texts))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_response_is_one_row_with_all_columns() -> None:
    (row,) = rows_of(graded(cost_usd=0.25, latency_s=1.5, usage=Usage(prompt_tokens=9)), gold={"r-a": "wrong"})
    assert tuple(row) == column_names(with_texts=False) == tuple(TYPES)
    wanted = {"run_id": "run", "topic": "geography", "label": "correct", "gold_label": "wrong", "prompt_tokens": "9"}
    assert wanted.items() <= row.items()
    assert (row["cost_usd"], row["latency_s"], row["completion_tokens"], row["ungraded"]) == ("0.25", "1.5", "", "")


def test_texts_are_there_when_asked_for() -> None:
    (row,) = rows_of(graded(text='It is\nParis, "the" city'), with_texts=True)
    assert row["response"] == 'It is\nParis, "the" city'
    assert row["targets"] == "Paris | Paris, France"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "＝1", "\r=1"])
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    (row,) = rows_of(graded(text=text), with_texts=True)
    assert row["response"].startswith("'")


@pytest.mark.parametrize("text", ["Paris", "1969", "'tis", "a=b", "0.5", ""])
def test_other_texts_are_as_they_were(text: str) -> None:
    (row,) = rows_of(graded(text=text), with_texts=True)
    assert row["response"] == text


def test_control_and_direction_characters_are_escapes_in_csv() -> None:
    (row,) = rows_of(graded(text="a\x1b[31m\x00\u202eb\ud800"), with_texts=True)
    assert row["response"] == r"a\x1b[31m\x00\u202eb\ud800"


def test_a_table_without_rows_has_its_header() -> None:
    assert rows_of() == []


def test_parquet_holds_the_same_rows_typed_and_the_texts_as_they_are(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "v.parquet"
    pairs = [graded(text="=1+1\x00"), graded("u", "Poseidonis", latency_s=0.5)]
    n = write_parquet(path, verdict_rows("run", PROBES, pairs, with_texts=True), with_texts=True)
    table = pq.read_table(path)
    assert n == table.num_rows == 2
    assert tuple(table.column_names) == column_names(with_texts=True)
    assert table.column("response").to_pylist() == ["=1+1\x00", "Poseidonis"]
    assert table.column("latency_s").to_pylist() == [None, 0.5]
    assert table.column("unanswerable").to_pylist() == [None, "nonexistent"]


def test_an_empty_parquet_file_has_its_columns(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    assert write_parquet(tmp_path / "v.parquet", iter(())) == 0
    assert tuple(pq.read_table(tmp_path / "v.parquet").column_names) == tuple(TYPES)


@pytest.mark.parametrize("pair", [graded(text="\ud800")])
def test_half_a_surrogate_pair_is_refused_in_parquet(tmp_path: Path, pair: tuple[Response, Verdict]) -> None:
    with pytest.raises(EvaluatorError, match="half a surrogate pair"):
        write_parquet(tmp_path / "v.parquet", verdict_rows("run", PROBES, [pair], with_texts=True), with_texts=True)
