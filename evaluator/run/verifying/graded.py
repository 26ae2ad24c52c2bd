"""What the graders made of the answers: every verdict made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluator.errors import JournalError
from evaluator.graders import default_grader
from evaluator.journal import RunDirectory
from evaluator.journal.verdicts import MAX_LINE_BYTES
from evaluator.jsonl import read_records
from evaluator.records import Manifest, Probe, Response, Verdict
from evaluator.run.judging import graded_by, has_current_rubric, judging_of, votes_on
from evaluator.run.regrade import grade_responses
from evaluator.run.verifying.part import Part

VERDICTS = "verdicts.jsonl"
_IDENTITY = ("probe_id", "model", "prompt", "repeat")
_FIELDS = (*_IDENTITY, "grader", "label", "ungraded", "abstention_kind", "step", "probability", "evidence")


def check_verdicts(
    part: Part,
    directory: RunDirectory,
    manifest: Manifest,
    probes: Sequence[Probe],
    responses: Mapping[str, Response],
    *,
    has_text: bool,
) -> dict[str, Verdict]:
    """Check that every answer has one verdict, and grade it again; return the verdicts as they are.

    Raises:
        JournalError: If a line is damaged.
    """
    if not directory.verdicts_path.exists():
        part.skip("there is no verdicts.jsonl: evaluator grade makes it")
        return {}
    found = _read(part, directory, responses)
    n_missing = len(responses.keys() - found.keys())
    if n_missing:
        part.differ(VERDICTS, "request_id", "a verdict on every answer", f"{n_missing:,} answers without one")
    again = _graded_again(part, directory, manifest, probes, responses, has_text=has_text)
    for request_id, (line, verdict) in found.items():
        _compare(part, line, verdict, responses[request_id], again.get(request_id) if again is not None else None)
        if again is None:
            _check_grader(part, line, verdict, manifest)
    part.text = f"{len(found):,} verdicts{' made again' if again is not None else ', not made again'}"
    return {request_id: verdict for request_id, (_, verdict) in found.items()}


def _compare(part: Part, line: int, verdict: Verdict, response: Response, expected: Verdict | None) -> None:
    """Compare a verdict with the one made again, else with the answer it is about."""
    part.n += 1
    other: Verdict | Response = response if expected is None else expected
    for name in _IDENTITY if expected is None else _FIELDS:
        if getattr(verdict, name) != getattr(other, name):
            part.differ(VERDICTS, name, getattr(other, name), getattr(verdict, name), line=line)


def _check_grader(part: Part, line: int, verdict: Verdict, manifest: Manifest) -> None:
    """Check that the manifest names who made a verdict, whether or not a judge was heard after it."""
    named = {*manifest.graders, *(name.partition("+")[0] for name in manifest.graders)}
    if verdict.grader not in named:
        part.differ(VERDICTS, "grader", ", ".join(manifest.graders), verdict.grader, line=line)


def _read(part: Part, directory: RunDirectory, responses: Mapping[str, Response]) -> dict[str, tuple[int, Verdict]]:
    found: dict[str, tuple[int, Verdict]] = {}
    lines = read_records(directory.verdicts_path, Verdict, JournalError, max_line_bytes=MAX_LINE_BYTES)
    for number, verdict in lines:
        if verdict.request_id in found:
            first = found[verdict.request_id][0]
            part.differ(
                VERDICTS, "request_id", f"one verdict an answer, and line {first} has it", "another", line=number
            )
        elif verdict.request_id not in responses:
            part.differ(VERDICTS, "request_id", "an answer of journal.jsonl", verdict.request_id, line=number)
        else:
            found[verdict.request_id] = (number, verdict)
    return found


def _graded_again(
    part: Part,
    directory: RunDirectory,
    manifest: Manifest,
    probes: Sequence[Probe],
    responses: Mapping[str, Response],
    *,
    has_text: bool,
) -> dict[str, Verdict] | None:
    """Grade every answer as the run did; None, with the reason noted, where that cannot be done here."""
    if not has_text:
        part.skip("the answers are withheld")
        return None
    grader = default_grader()
    here = graded_by(manifest, grader.name).graders
    if manifest.graders != here:
        part.skip(f"graded by {', '.join(manifest.graders)}; here is {', '.join(here)}")
        return None
    if manifest.judges and not has_current_rubric(manifest):
        part.skip("the judge's prompt has another text here")
        return None
    ordered = [responses[request_id] for request_id in sorted(responses)]
    verdicts = grade_responses(probes, ordered, grader)
    if manifest.judges:
        judging = judging_of(manifest, probes, zip(ordered, verdicts, strict=True))
        verdicts = list(map(votes_on(manifest, probes, judging, directory).settled, verdicts))
    return {verdict.request_id: verdict for verdict in verdicts}
