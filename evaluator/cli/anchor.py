"""The anchor set: answers that people labelled once, held against today's verdicts on them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from evaluator.errors import ConfigError
from evaluator.gold_labels import final_labels, gold_set
from evaluator.graders import default_grader
from evaluator.history import AnchorLook
from evaluator.journal import RunDirectory, read_gold
from evaluator.labels import match_labels, read_labels
from evaluator.labels.match import text_sha256
from evaluator.records import Label, Response
from evaluator.run.regrade import grade_responses
from evaluator.run.session import final_responses, load_plan


def anchor_look(run: str, labels: Path | None, out: Path) -> AnchorLook:
    """Hold the verdicts of a labelled run against its labels.

    Args:
        run: The anchor run, as it was graded last.
        labels: What people say; None for its own gold.jsonl.
        out: Where runs lie.

    Raises:
        ConfigError: If no graded answer has a label.
        JournalError: If the run cannot be read.
        LabelsFileError: If the labels cannot.
    """
    directory = RunDirectory.find(run, out)
    plan = load_plan(directory)
    responses = final_responses(plan, directory)
    known = {verdict.request_id: verdict for verdict in directory.read_verdicts()}
    verdicts = grade_responses(plan.probes, responses, default_grader(), known=known)
    is_answerable = {probe.probe_id: probe.is_answerable for probe in plan.probes}
    probe_of = {response.request_id: response.probe_id for response in responses}
    truths = {
        key: _possible(label, is_answerable=is_answerable[probe_of[key]])
        for key, label in _labels(labels or directory.gold_path, responses).items()
    }
    given = ((verdict.label, truths.get(verdict.request_id)) for verdict in verdicts)
    graded = [(label, truth) for label, truth in given if label is not None and truth is not None]
    if not graded:
        raise ConfigError(f"--anchor {run}: need graded answers with labels by people, got none")
    return AnchorLook(
        run_id=plan.manifest.run_id,
        labels_sha256=hashlib.sha256(msgspec.json.encode(sorted(truths.items()))).hexdigest(),
        graders=plan.manifest.graders,
        n=len(graded),
        n_errors=sum(label != truth for label, truth in graded),
    )


def _labels(path: Path, responses: Sequence[Response]) -> Mapping[str, Label]:
    """The final label of every answer: of several annotators' gold labels, else of one annotator's file."""
    if path.name != "gold.jsonl":
        return match_labels(read_labels(path), responses).by_request
    gold = read_gold(path)
    texts = {response.request_id: text_sha256(response.text) for response in responses}
    return final_labels(gold_set(gold.design, gold.labels, texts).labels).by_request


def _possible(label: Label, *, is_answerable: bool) -> Label:
    """A premise that was put right is an abstention: nothing is correct where there is no answer."""
    return "abstained" if label == "correct" and not is_answerable else label
