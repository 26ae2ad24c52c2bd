"""Logs of Inspect (inspect_ai): `.json`, and `.eval`, which is a zip of JSON.

A sample's id is the probe id and its first epoch is repeat 0. What happened to the run as a whole
does not matter: a log that ended in an error is read as far as it goes.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from evaluator.errors import AnswersFileError
from evaluator.providers.formats.document import MAX_BYTES, decode, read_bounded, read_document, unreadable
from evaluator.records import RecordedAnswer, Usage

FINISH_OF_STOP = {"max_tokens": "length", "model_length": "length"}
_HEADERS = ("header.json", "_journal/start.json")


class _Usage(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0
    input_tokens_cache_read: int | None = None
    input_tokens_cache_write: int | None = None
    reasoning_tokens: int | None = None


class _Part(msgspec.Struct):
    refusal: bool | None = None


class _Message(msgspec.Struct):
    content: str | list[_Part] = ""


class _Choice(msgspec.Struct):
    message: _Message
    stop_reason: str = "unknown"


class _Output(msgspec.Struct):
    completion: str = ""
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: str | None = None
    fallback: Any = None


class _Sample(msgspec.Struct):
    id: str | int | None = None
    epoch: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    output: _Output = msgspec.field(default_factory=_Output)


class _Eval(msgspec.Struct):
    model: str


class _Header(msgspec.Struct):
    eval: _Eval


class _Log(_Header):
    samples: list[msgspec.Raw] | None = None


def read(path: Path) -> Iterator[tuple[int, RecordedAnswer]]:
    """Yield (sample number, answer) of a log.

    Raises:
        AnswersFileError: If it is no such log, or compressed in a way this Python cannot read.
    """
    if path.suffix == ".eval" or zipfile.is_zipfile(path):
        yield from _read_archive(path)
        return
    log = read_document(path, _Log)
    for number, raw in enumerate(log.samples or (), start=1):
        where = f"{path}:{number}"
        yield number, _answer(decode(bytes(raw), _Sample, where), log.eval.model, where)


def _read_archive(path: Path) -> Iterator[tuple[int, RecordedAnswer]]:
    left = MAX_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            names = dict.fromkeys(archive.namelist())
            header = next((name for name in _HEADERS if name in names), None)
            if header is None:
                raise AnswersFileError(f"{path}: need an Inspect log with {_HEADERS[0]}, got a zip without it")
            model = decode(_member(path, archive, header, left), _Header, f"{path}:{header}").eval.model
            samples = [name for name in names if name.startswith("samples/") and name.endswith(".json")]
            for number, name in enumerate(samples, start=1):
                where = f"{path}:{name}"
                data = _member(path, archive, name, left)
                left -= len(data)
                yield number, _answer(decode(data, _Sample, where), model, where)
    except zipfile.BadZipFile as exc:
        raise AnswersFileError(f"{path}: need a whole .eval log: {exc}") from exc
    except (OSError, EOFError, zlib.error) as exc:
        raise unreadable(path, exc) from exc


def _member(path: Path, archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    try:
        with archive.open(name) as stream:
            return read_bounded(stream, limit, f"{path}:{name}")
    except NotImplementedError as exc:
        raise AnswersFileError(
            f"{path}: this Python cannot decompress it; run: inspect log convert --to json --output-dir DIR {path.name}"
        ) from exc
    except RuntimeError as exc:
        raise AnswersFileError(f"{path}:{name}: cannot be read: {exc}") from exc


def _answer(sample: _Sample, model: str, where: str) -> RecordedAnswer:
    if sample.id is None:
        raise AnswersFileError(f"{where}: id: need the probe_id as the id of every sample, got none")
    output = sample.output
    return RecordedAnswer(
        model=model,
        probe_id=str(sample.id),
        repeat=sample.epoch - 1,
        text=output.completion,
        finish_reason=_finish_reason(output),
        usage=_usage(output.usage) if output.usage else None,
    )


def _finish_reason(output: _Output) -> str:
    # An answer that another model gave instead says nothing about the model that was asked.
    if not output.choices or output.fallback is not None:
        return "error"
    choice = output.choices[0]
    parts = choice.message.content
    if not isinstance(parts, str) and any(part.refusal for part in parts):
        return "refusal"
    if choice.stop_reason == "unknown" and output.error is not None:
        return "error"
    return FINISH_OF_STOP.get(choice.stop_reason, choice.stop_reason)


def _usage(usage: _Usage) -> Usage:
    # Inspect counts cached tokens beside the input tokens, not among them.
    cached = usage.input_tokens_cache_read or 0
    return Usage(
        prompt_tokens=usage.input_tokens + cached + (usage.input_tokens_cache_write or 0),
        completion_tokens=usage.output_tokens,
        cached_tokens=usage.input_tokens_cache_read,
        reasoning_tokens=usage.reasoning_tokens,
    )
