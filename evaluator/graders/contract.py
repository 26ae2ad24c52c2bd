"""What every grader promises, as a check that its author can run.

from evaluator.graders.contract import broken_promises

def test_my_grader():
    assert broken_promises(MyGrader()) == ()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from evaluator.graders.step import MAX_EVIDENCE_CHARS
from evaluator.protocols import Grader
from evaluator.records import OUTCOMES, Outcome, Probe, Response, Verdict

ANSWERABLE = Probe(
    probe_id="contract-a", question="What is the capital of France?", targets=("Paris",), distractors=("Lyon",)
)
UNANSWERABLE = Probe(
    probe_id="contract-u", question="Who signed the Treaty of Zanbar in 1817?", unanswerable="nonexistent"
)
TEXTS = (
    "Paris", "It is Lyon.", "I don't know.", "There is no such treaty.", "", " \n\u200b", "\ud800", "\x1b[31mParis",
    "Paris " * 4_000, "(" * 25_000, "I don't know. " * 1_500, "北" * 25_000, "\u0301" * 12_000,
)  # fmt: skip
"""Plain, empty, odd and long texts; none of them may make a grader raise or vary."""


def broken_promises(grader: Grader) -> tuple[str, ...]:
    """Say in one sentence each what a grader does that no grader may do; empty when it keeps to the contract.

    What it checks: verdicts belong to the response they are about, name the grader, repeat, hold one line of evidence
    and a probability in (0, 1]; an outcome that is no answer, an empty text and another model's answer are ungraded; a
    probe without targets is never answered correctly. Whether labels agree with people is for `grade --against`.
    """
    return tuple(sentence for check in _CHECKS for sentence in dict.fromkeys(check(grader)))


def _respond(probe: Probe, text: str, outcome: Outcome = "answered", flags: tuple[str, ...] = ()) -> Response:
    return Response(
        request_id="contract-r",
        probe_id=probe.probe_id,
        model="contract-m",
        prompt="permit",
        repeat=3,
        outcome=outcome,
        text=text,
        flags=flags,
    )


def _check_form(grader: Grader) -> Iterator[str]:
    if not grader.name.strip() or any(character.isspace() for character in grader.name):
        yield f"name: need one word with a version, as in mine-1, got {grader.name!r}"
    for probe in (ANSWERABLE, UNANSWERABLE):
        for text in TEXTS:
            response = _respond(probe, text)
            verdict = grader.grade(probe, response)
            yield from (f"{fault} (text {text[:20]!a})" for fault in _faults(grader, response, verdict))
            if grader.grade(probe, response) != verdict:
                yield f"the same response gets another verdict the second time (text {text[:20]!a})"


def _faults(grader: Grader, response: Response, verdict: Verdict) -> Iterator[str]:
    for field in ("request_id", "probe_id", "model", "prompt", "repeat"):
        if getattr(verdict, field) != getattr(response, field):
            yield f"{field}: need that of the response, got {getattr(verdict, field)!r}"
    if verdict.grader != grader.name:
        yield f"grader: need the name {grader.name!r}, got {verdict.grader!r}"
    if len(verdict.evidence) > MAX_EVIDENCE_CHARS or not verdict.evidence.isprintable():
        yield f"evidence: need one printable line of at most {MAX_EVIDENCE_CHARS} characters"
    if verdict.probability is not None and not 0 < verdict.probability <= 1:
        yield f"probability: need a number in (0, 1], got {verdict.probability}"


def _check_ungraded(grader: Grader) -> Iterator[str]:
    for probe in (ANSWERABLE, UNANSWERABLE):
        for text in ("", " \n\u200b"):
            if grader.grade(probe, _respond(probe, text)).ungraded != "empty":
                yield "an empty text needs to be ungraded as empty: it is no abstention"
        for outcome in set(OUTCOMES) - {"answered", "refused"}:
            found = grader.grade(probe, _respond(probe, "Paris", outcome)).ungraded
            if found != outcome:
                yield f"the outcome {outcome} needs to be ungraded as {outcome}, got {found}"
        if grader.grade(probe, _respond(probe, "Paris", flags=("substituted",))).ungraded != "substituted":
            yield "an answer with the flag substituted needs to be ungraded as substituted: another model gave it"


def _check_labels(grader: Grader) -> Iterator[str]:
    for text in (*TEXTS, "yes", "King Otto", "1903"):
        if grader.grade(UNANSWERABLE, _respond(UNANSWERABLE, text)).label == "correct":
            yield f"a probe without targets cannot be answered correctly (text {text[:20]!a})"
    for probe in (ANSWERABLE, UNANSWERABLE):
        refused = grader.grade(probe, _respond(probe, "", "refused"))
        if (refused.label, refused.abstention_kind) != ("abstained", "policy_refusal"):
            yield "the outcome refused needs the label abstained with the kind policy_refusal"


_CHECKS: tuple[Callable[[Grader], Iterator[str]], ...] = (_check_form, _check_ungraded, _check_labels)
