"""What was answered: every line of the journal against the plan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from evaluator.journal import Answered, FailedAttempt, Intent, RunDirectory
from evaluator.journal.entries import Entry
from evaluator.jsonl import decode_line
from evaluator.records import Manifest, Probe, Request, Response
from evaluator.run.engine import DONE_OUTCOMES
from evaluator.run.importing import request_id_of
from evaluator.run.verifying.part import Part

JOURNAL = "journal.jsonl"
_IDENTITY = ("probe_id", "model", "prompt", "repeat")


def check_answers(
    part: Part,
    directory: RunDirectory,
    manifest: Manifest,
    probes: tuple[Probe, ...],
    planned: Mapping[str, Request] | None,
) -> dict[str, Response]:
    """Check every entry of the journal; return the final response of each request that was asked.

    Raises:
        JournalError: If a line is damaged.
    """
    responses = directory.read_journal().responses
    known = _Known({probe.probe_id for probe in probes}, {model.id for model in manifest.models}, manifest, planned)
    done: dict[str, int] = {}
    for number, entry in _entries(directory.journal_path):
        if isinstance(entry, Intent | FailedAttempt):
            known.check_id(part, number, entry.request_id)
        elif isinstance(entry, Answered):
            known.check_response(part, number, entry.response)
            first = done.get(entry.response.request_id)
            if first is not None:
                part.differ(
                    JOURNAL, "response.request_id", f"one answer a request, and line {first} has it",
                    entry.response.request_id, line=number,
                )  # fmt: skip
            if entry.response.outcome in DONE_OUTCOMES:
                done[entry.response.request_id] = number
    if manifest.imported_from is not None:
        ids = sorted(responses)
        found = hashlib.sha256("\n".join(ids).encode()).hexdigest()
        part.compare("manifest.json", "plan_sha256", found, manifest.plan_sha256)
        part.compare("manifest.json", "n_requests", len(ids), manifest.n_requests)
    part.text = f"{len(responses):,} answers in {part.n:,} comparisons of ids with the plan"
    # An answer to nothing that was asked is named above; no grader could read it.
    asked = (one for one in responses.values() if one.probe_id in known.probes and one.model in known.models)
    return {response.request_id: response for response in asked}


class _Known:
    """What the lines of a journal may be about."""

    def __init__(
        self, probes: set[str], models: set[str], manifest: Manifest, planned: Mapping[str, Request] | None
    ) -> None:
        self.probes = probes
        self.models = models
        self.is_imported = manifest.imported_from is not None
        self.planned = planned

    def check_id(self, part: Part, line: int, request_id: str) -> None:
        if self.planned is not None:
            part.n += 1
            if request_id not in self.planned:
                part.differ(JOURNAL, "request_id", "a request of the plan", request_id, line=line)

    def check_response(self, part: Part, line: int, response: Response) -> None:
        part.n += 1
        if response.probe_id not in self.probes:
            part.differ(JOURNAL, "response.probe_id", "a probe of probes.jsonl", response.probe_id, line=line)
        if response.model not in self.models:
            part.differ(JOURNAL, "response.model", "a model of manifest.json", response.model, line=line)
        if self.is_imported:
            expected = request_id_of(response.model, response.probe_id, response.repeat)
            if expected != response.request_id:
                part.differ(JOURNAL, "response.request_id", expected, response.request_id, line=line)
        elif self.planned is not None:
            self._check_identity(part, line, response)

    def _check_identity(self, part: Part, line: int, response: Response) -> None:
        request = (self.planned or {}).get(response.request_id)
        if request is None:
            part.differ(JOURNAL, "response.request_id", "a request of the plan", response.request_id, line=line)
            return
        for name in _IDENTITY:
            expected, found = getattr(request, name), getattr(response, name)
            if expected != found:
                part.differ(JOURNAL, f"response.{name}", expected, found, line=line)


def _entries(path: Path) -> Iterator[tuple[int, Entry]]:
    """Entries by line; torn lines, which `read_journal` has accepted, are passed over."""
    if not path.exists():
        return
    decoder = msgspec.json.Decoder(Entry)
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                yield number, decode_line(line, decoder)
            except ValueError:
                continue
