"""What people found out about a run: labels in gold.jsonl, an audit of its probes in audit.jsonl."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evaluator.audit import ProbeAudit, read_audit
from evaluator.config import calibration_limits
from evaluator.gold_labels import gold_set
from evaluator.journal import RunDirectory
from evaluator.labels import text_sha256
from evaluator.records import Manifest, Response
from evaluator.stats import People


def found_by_people(
    manifest: Manifest, directory: RunDirectory, responses: Iterable[Response], *, audit: Path | None = None
) -> People:
    """Read what people said of a run, with the limits its settings give.

    Args:
        audit: A file to read in place of the run's own audit.jsonl.

    Raises:
        EvaluatorError: If a file is damaged; the message names the line.
    """
    design, labels = directory.read_gold()
    wanted = {label.request_id for label in labels}
    # Of a million responses a few hundred are labelled.
    texts = {r.request_id: text_sha256(r.text) for r in responses if r.request_id in wanted} if wanted else {}
    limits = calibration_limits(manifest.config)
    return People(gold=gold_set(design, labels, texts), limits=limits, audit=_audit(directory, audit))


def _audit(directory: RunDirectory, audit: Path | None) -> ProbeAudit | None:
    path = audit or directory.audit_path
    return read_audit(path) if audit is not None or path.exists() else None
