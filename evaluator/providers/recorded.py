"""Answers recorded elsewhere: the format, and a provider that gives them again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from evaluator.errors import AnswersFileError, ProviderError
from evaluator.jsonl import read_records
from evaluator.records import Failure, ModelSettings, Outcome, RecordedAnswer, Request, Response

MAX_ANSWER_LINE_BYTES = 64 * 1024 * 1024
OUTCOME_OF_FINISH: dict[str, Outcome] = {
    "length": "truncated",
    "max_tokens": "truncated",
    "content_filter": "blocked",
    "refusal": "refused",
    "error": "failed",
}


class RecordedAnswers:
    """Gives the answers of one model in a file again; a `Provider`."""

    def __init__(self, answers: dict[tuple[str, int], RecordedAnswer], origin: str) -> None:
        self._answers = answers
        self._origin = origin

    async def answer(self, request: Request) -> Response:
        """Return the recorded answer, or a failure when the file has none."""
        found = self._answers.get((request.probe_id, request.repeat))
        if found is None:
            message = f"no recorded answer in {self._origin}"
            failure = Failure(kind="permanent", message=message)
            return request.response(outcome="failed", detail=message, failure=failure)
        return recorded_response(request, found)


def recorded_response(request: Request, answer: RecordedAnswer) -> Response:
    """Turn a recorded answer into the response to `request`."""
    outcome = OUTCOME_OF_FINISH.get(answer.finish_reason or "stop", "answered")
    detail = None if outcome == "answered" else f"recorded finish_reason {answer.finish_reason}"
    is_empty = outcome == "answered" and not answer.text.strip()
    if is_empty:
        outcome, detail = "malformed", "no text"
    return request.response(
        outcome=outcome,
        detail=detail,
        text=answer.text,
        finish_reason=answer.finish_reason,
        flags=("empty",) if is_empty else (),
        usage=answer.usage,
        confidence=answer.confidence,
    )


def read_native(path: Path) -> Iterator[tuple[int, RecordedAnswer]]:
    """Yield (line number, answer) of answers.jsonl.

    Raises:
        AnswersFileError: Naming file, line and field.
    """
    return read_records(path, RecordedAnswer, AnswersFileError, max_line_bytes=MAX_ANSWER_LINE_BYTES)


def read_answers(path: Path) -> Iterator[tuple[int, RecordedAnswer]]:
    """Yield (line number, answer) of answers.jsonl, each question answered once.

    Raises:
        AnswersFileError: Naming file, line and field.
    """
    return refuse_duplicates(path, read_native(path), unit="line")


def refuse_duplicates(
    path: Path, answers: Iterable[tuple[int, RecordedAnswer]], *, unit: str
) -> Iterator[tuple[int, RecordedAnswer]]:
    """Pass on (number, answer), refusing a second answer to the same question, and no answer at all.

    Args:
        unit: What the number counts: line or sample.

    Raises:
        AnswersFileError: Naming both places.
    """
    seen: dict[tuple[str, str, int], int] = {}
    for number, answer in answers:
        key = (answer.model, answer.probe_id, answer.repeat)
        if key in seen:
            raise AnswersFileError(
                f"{path}:{number}: need one answer per model, probe_id and repeat, "
                f"got a second for {answer.model}, {answer.probe_id}, {answer.repeat} (first on {unit} {seen[key]})"
            )
        seen[key] = number
        yield number, answer
    if not seen:
        raise AnswersFileError(f"{path}: need at least one answer, got an empty file")


@asynccontextmanager
async def open_recorded(settings: ModelSettings) -> AsyncIterator[RecordedAnswers]:
    """Read the answers of `recorded/NAME` from its file.

    Raises:
        ProviderError: If no file is given or it holds nothing of that model.
        AnswersFileError: If the file is damaged.
    """
    name = settings.id.partition("/")[2]
    if settings.answers is None:
        raise ProviderError(f"{settings.id}: need --answers FILE (or answers in [[model]])")
    found: dict[tuple[str, int], RecordedAnswer] = {}
    models: set[str] = set()
    for _, answer in read_answers(Path(settings.answers)):
        models.add(answer.model)
        if answer.model == name:
            found[answer.probe_id, answer.repeat] = answer
    if not found:
        offered = ", ".join(sorted(models)[:5])
        raise ProviderError(f"{settings.id}: {settings.answers} holds no answers of {name!r}; it has {offered}")
    yield RecordedAnswers(found, settings.answers)
