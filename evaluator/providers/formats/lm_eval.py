"""Samples of the LM Evaluation Harness: `samples_TASK_DATE.jsonl`, written with --log_samples.

The file does not name the model; `results_DATE.json`, written beside it, does. Why a text ended is
in neither: an answer that was cut off looks like one that was finished.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from evaluator.errors import AnswersFileError
from evaluator.providers.formats.document import read_document, read_lines
from evaluator.records import RecordedAnswer

_Texts = tuple[Annotated[list[str], msgspec.Meta(min_length=1)]]
"""One request for a document, and a text for each of its repeats."""


class _Line(msgspec.Struct):
    doc_id: int | str | None = None
    doc: Any = None
    resps: Any = None
    filter: str = "none"


class _Results(msgspec.Struct):
    model_name: str | None = None


def read(path: Path) -> Iterator[tuple[int, RecordedAnswer]]:
    """Yield (line number, answer), one answer for every repeat.

    Raises:
        AnswersFileError: If a line holds no generated text, or the model cannot be found.
    """
    model: str | None = None
    first_filter: str | None = None
    for number, line in read_lines(path, _Line):
        where = f"{path}:{number}"
        model = model or _model(path)
        # The texts come again for every further filter of the task, unfiltered as before.
        first_filter = line.filter if first_filter is None else first_filter
        if line.filter != first_filter:
            continue
        probe_id = _probe_id(line, where)
        for repeat, text in enumerate(_texts(line, where)):
            yield number, RecordedAnswer(model=model, probe_id=probe_id, repeat=repeat, text=text)


def _model(path: Path) -> str:
    date = path.name.removesuffix(".gz").removesuffix(".jsonl").rpartition("_")[2]
    beside = sorted(other for other in path.parent.glob("*.json") if other.stem.endswith(f"_{date}"))
    for other in beside:
        name = read_document(other, _Results).model_name
        if name:
            return name
    raise AnswersFileError(f"{path}: need results_{date}.json beside it: the name of the model is there, got none")


def _probe_id(line: _Line, where: str) -> str:
    doc = line.doc if isinstance(line.doc, dict) else {}
    for found in (doc.get("probe_id"), doc.get("id"), line.doc_id):
        if isinstance(found, str | int) and not isinstance(found, bool):
            return str(found)
    raise AnswersFileError(f"{where}: doc: need the field probe_id in every document of the task, got none")


def _texts(line: _Line, where: str) -> list[str]:
    texts: list[str]
    try:
        (texts,) = msgspec.convert(line.resps, _Texts)
    except msgspec.ValidationError as exc:
        raise AnswersFileError(
            f"{where}: resps: need generated texts (a task with output_type: generate_until), got something else: {exc}"
        ) from exc
    return texts
