"""What people said: every gold label against the text it was given to."""

from __future__ import annotations

from collections.abc import Mapping

from evaluator.gold_labels import text_sha256
from evaluator.journal import RunDirectory
from evaluator.journal.gold import numbered_labels
from evaluator.records import Manifest, Response
from evaluator.run.verifying.part import Part

GOLD = "gold.jsonl"


def check_labels(part: Part, directory: RunDirectory, manifest: Manifest, responses: Mapping[str, Response]) -> None:
    """Check that every label belongs to an answer of the run, with the text it has now.

    Raises:
        JournalError: If a line is damaged.
    """
    design, _ = directory.read_gold()
    n = 0
    for line, label in numbered_labels(directory.gold_path):
        n += 1
        part.compare(GOLD, "run_id", manifest.run_id, label.run_id, line=line)
        response = responses.get(label.request_id)
        if response is None:
            part.differ(GOLD, "request_id", "an answer of journal.jsonl", label.request_id, line=line)
            continue
        part.compare(GOLD, "response_sha256", text_sha256(response.text), label.response_sha256, line=line)
    if design is not None:
        part.compare(GOLD, "run_id of the draw", manifest.run_id, design.run_id, line=1)
        lost = sorted(design.drawn - responses.keys())
        part.n += 1
        if lost:
            part.differ(GOLD, "cells.drawn", "answers of journal.jsonl", f"{len(lost)} others, as {lost[0]}", line=1)
    part.text = f"{n:,} labels by the hash of their text"
