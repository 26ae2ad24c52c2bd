"""Verdicts on answers that are there already: made once, kept where they still fit, gone through many times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluator.errors import JournalError
from evaluator.journal import RunDirectory, write_responses
from evaluator.jsonl import encode_line
from evaluator.records import Manifest, ModelSettings, Outcome, Probe, PromptRef, Response, Verdict
from evaluator.run.final import FinalResponses, answers_to
from evaluator.run.regrade import Graded, changed_verdicts, grade_all, graded_before, unzipped

PROBE = Probe(probe_id="p", question="Who?", targets=("x",))
MODELS = (ModelSettings(id="m"), ModelSettings(id="n"))
MANIFEST = Manifest(
    run_id="r", started_at="", evaluator="0", config={}, probe_sets=(), models=MODELS, graders=("g-1",), seed=0,
    prompts=(PromptRef(name="none", version="1", sha256="0"),), packages={}, repeats=1, n_requests=4, plan_sha256="0",
)  # fmt: skip


class Counting:
    """A grader that knows one label and counts how often it is asked."""

    name = "g-1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def grade(self, probe: Probe, response: Response) -> Verdict:
        self.asked.append(response.request_id)
        return verdict(response, "new")


def verdict(response: Response, evidence: str) -> Verdict:
    told = {"ungraded": "failed"} if response.outcome == "failed" else {"label": "wrong"}
    key = {name: getattr(response, name) for name in ("request_id", "probe_id", "model", "prompt", "repeat")}
    return Verdict(**key, grader="g-1", evidence=evidence, **told)


def response(request_id: str, outcome: Outcome = "answered", model: str = "m") -> Response:
    return Response(
        request_id=request_id, probe_id="p", model=model, prompt="none", repeat=0, outcome=outcome, text="x"
    )  # fmt: skip


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    found = RunDirectory(tmp_path / "r")
    found.create(MANIFEST, [PROBE])
    write_responses(found.journal_path, (("", response(name)) for name in "dbca"))
    return found


def final(directory: RunDirectory) -> FinalResponses:
    return FinalResponses(directory, MANIFEST, [PROBE])


def test_final_responses_come_in_the_order_of_their_ids_as_often_as_wanted(directory: RunDirectory) -> None:
    responses = final(directory)
    for _ in range(2):
        assert [one.request_id for one in responses] == ["a", "b", "c", "d"]
    assert [one.request_id for one in answers_to(responses, {"d", "b", "z"})] == ["b", "d"]
    assert len(responses) == 4
    assert response("b") in responses
    assert response("b", "failed") not in responses


def test_an_answer_of_a_model_that_was_not_asked_is_refused(directory: RunDirectory) -> None:
    with directory.journal_path.open("ab") as stream:
        stream.write(directory.journal_path.read_bytes().splitlines()[0].replace(b'"m"', b'"z"') + b"\n")
    with pytest.raises(JournalError, match="answers 'p' by 'z', which the run did not ask"):
        list(final(directory))


def test_only_what_has_no_verdict_that_fits_is_graded_and_only_once(directory: RunDirectory) -> None:
    old = [
        verdict(response("a"), "old"),
        verdict(response("b", "failed"), "old"),
        verdict(response("c", model="n"), ""),
    ]
    directory.verdicts_path.write_bytes(b"".join(map(encode_line, old)))
    grader = Counting()
    graded = graded_before([PROBE], final(directory), grader, directory.verdicts)
    for _ in range(2):
        assert [one.evidence for one in graded.verdicts()] == ["old", "new", "new", "new"]
    assert grader.asked == ["b", "c", "d"]


def test_verdicts_that_were_made_are_read_back_as_often_as_wanted(directory: RunDirectory) -> None:
    grader, told = Counting(), []

    def tell(responses: object) -> Iterator[Response]:
        for one in final(directory):
            told.append(one.request_id)
            yield one

    known = {"b": verdict(response("b"), "\u2028né\n"), "c": verdict(response("c", "failed"), "old")}
    graded = grade_all([PROBE], final(directory), grader, known=known, told=tell)
    for _ in range(2):
        assert [one.evidence for one in graded.verdicts()] == ["new", "\u2028né\n", "new", "new"]
    # Also two at a time.
    assert all(one == other for one, other in zip(graded, graded, strict=True))
    assert (grader.asked, told) == (["a", "c", "d"], ["a", "b", "c", "d"])
    assert sorted(path.name for path in directory.path.iterdir()) == ["journal.jsonl", "manifest.json", "probes.jsonl"]
    directory.write_verdicts(graded.verdicts())
    assert directory.read_verdicts() == list(graded.verdicts())


def test_changed_verdicts_are_those_with_another_label(directory: RunDirectory) -> None:
    ordered = list(final(directory))
    graded = Graded.of(ordered, [verdict(one, "new") for one in ordered])
    before = [verdict(response("a", "failed"), ""), verdict(response("b"), "other evidence")]
    directory.verdicts_path.write_bytes(b"".join(map(encode_line, before)))
    assert changed_verdicts(directory.verdicts, graded.verdicts()) == [(before[0], verdict(response("a"), "new"))]
    sides = unzipped(graded)
    assert list(sides[0]) == ordered
    assert list(sides[1]) == list(graded.verdicts())
