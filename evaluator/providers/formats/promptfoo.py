"""Results of promptfoo: `--output results.json` or `results.jsonl`.

Repeats are not numbered there: a repeat is another test with the same variables. Reasoning that a
provider of promptfoo puts into the output (showThinking) cannot be told from the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from evaluator.errors import AnswersFileError
from evaluator.providers.formats.document import decode, read_document, read_lines
from evaluator.records import RecordedAnswer, Usage

_PROVIDER_FAILED = 2
"""promptfoo's failureReason when no answer came; 1 is an answer that did not pass."""


class _Details(msgspec.Struct, rename="camel"):
    reasoning: int | None = None
    cache_read_input_tokens: int | None = None


class _TokenUsage(msgspec.Struct, rename="camel"):
    prompt: int | None = None
    completion: int | None = None
    completion_details: _Details | None = None


class _Guardrails(msgspec.Struct, rename="camel"):
    flagged: bool | None = None
    flagged_input: bool | None = None


class _Response(msgspec.Struct, rename="camel"):
    output: Any = None
    error: Any = None
    finish_reason: str | None = None
    is_refusal: bool | None = None
    guardrails: _Guardrails | None = None
    token_usage: _TokenUsage | None = None


class _Provider(msgspec.Struct):
    id: str | None = None
    label: str | None = None


class _Test(msgspec.Struct):
    description: str | None = None
    metadata: dict[str, Any] | None = None


class _Result(msgspec.Struct, rename="camel"):
    provider: _Provider
    prompt_idx: int
    test_idx: int
    vars: dict[str, Any] = {}
    test_case: _Test = msgspec.field(default_factory=_Test)
    response: _Response | None = None
    failure_reason: int = 0


class _Results(msgspec.Struct):
    results: list[msgspec.Raw]


class _Export(msgspec.Struct):
    results: _Results


def read(path: Path) -> Iterator[tuple[int, RecordedAnswer]]:
    """Yield (result number, answer), the repeats of a probe numbered in the order of their tests.

    Raises:
        AnswersFileError: If it is no such file, a result has no probe id, or equal probe ids or
            models do not mean the same.
    """
    prompts: dict[str, int] = {}
    variables: dict[str, dict[str, Any]] = {}
    n_answers: Counter[tuple[str, str]] = Counter()
    for number, result in sorted(_results(path), key=lambda pair: pair[1].test_idx):
        where = f"{path}:{number}"
        model, probe_id = _model(result, where), _probe_id(result, where)
        if prompts.setdefault(model, result.prompt_idx) != result.prompt_idx:
            raise AnswersFileError(
                f"{where}: need one prompt and one provider for the model {model!r}, got several; "
                f"run promptfoo with --filter-prompts, or give every provider its own label"
            )
        if variables.setdefault(probe_id, result.vars) != result.vars:
            raise AnswersFileError(f"{where}: vars: need one question for the probe_id {probe_id!r}, got another")
        yield number, _answer(result, model, probe_id, n_answers[model, probe_id])
        n_answers[model, probe_id] += 1


def _results(path: Path) -> Iterator[tuple[int, _Result]]:
    if path.name.removesuffix(".gz").endswith(".jsonl"):
        yield from read_lines(path, _Result)
        return
    for number, raw in enumerate(read_document(path, _Export).results.results, start=1):
        yield number, decode(bytes(raw), _Result, f"{path}:{number}")


def _model(result: _Result, where: str) -> str:
    name = result.provider.label or result.provider.id
    if not name:
        raise AnswersFileError(f"{where}: provider: need an id or a label, got neither")
    return name


def _probe_id(result: _Result, where: str) -> str:
    test = result.test_case
    for found in (result.vars.get("probe_id"), (test.metadata or {}).get("probe_id"), test.description):
        if found and isinstance(found, str | int):
            return str(found)
    raise AnswersFileError(f"{where}: vars: need the variable probe_id in every test, got none")


def _answer(result: _Result, model: str, probe_id: str, repeat: int) -> RecordedAnswer:
    response = result.response or _Response()
    return RecordedAnswer(
        model=model,
        probe_id=probe_id,
        repeat=repeat,
        text=_text(response.output),
        finish_reason=_finish_reason(response, has_failed=result.failure_reason == _PROVIDER_FAILED),
        usage=_usage(response.token_usage) if response.token_usage else None,
    )


def _text(output: object) -> str:
    if output is None:
        return ""
    # promptfoo parses an answer that is JSON.
    return output if isinstance(output, str) else msgspec.json.encode(output).decode("utf-8")


def _finish_reason(response: _Response, *, has_failed: bool) -> str | None:
    guardrails = response.guardrails or _Guardrails()
    if has_failed or response.error:
        return "error"
    if response.finish_reason in {"length", "content_filter"}:
        return response.finish_reason
    # A prompt that a filter rejected is marked as a refusal too, though no model saw it.
    if guardrails.flagged_input:
        return "content_filter"
    if response.is_refusal:
        return "refusal"
    if guardrails.flagged:
        return "content_filter"
    return "error" if response.output is None else response.finish_reason


def _usage(usage: _TokenUsage) -> Usage:
    details = usage.completion_details or _Details()
    return Usage(
        prompt_tokens=usage.prompt,
        completion_tokens=usage.completion,
        cached_tokens=details.cache_read_input_tokens,
        reasoning_tokens=details.reasoning,
    )
