"""What people found out about a run: labels in gold.jsonl, an audit of its probes in audit.jsonl."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evaluator.audit import ProbeAudit, read_audit
from evaluator.config import calibration_limits, read_settings
from evaluator.gold_labels import gold_set
from evaluator.journal import RunDirectory
from evaluator.labels import text_sha256
from evaluator.records import Manifest, Response
from evaluator.run.final import answers_to
from evaluator.stats import People


@dataclass(frozen=True)
class Given:
    """What a command names in place of what the run says."""

    audit: Path | None = None
    """Findings about its probes."""
    config: Path | None = None
    """evaluation.toml, of which [calibration] holds."""


def found_by_people(
    manifest: Manifest, directory: RunDirectory, responses: Iterable[Response], given: Given | None = None
) -> People:
    """Read what people said of a run, with the limits its settings give.

    Args:
        given: Files to read in place of the run's own.

    Raises:
        EvaluatorError: If a file is damaged; the message names the line.
    """
    design, labels = directory.read_gold()
    wanted = {label.request_id for label in labels}
    # Of a million responses a few hundred are labelled.
    texts = {r.request_id: text_sha256(r.text) for r in answers_to(responses, wanted)} if wanted else {}
    chosen = given or Given()
    limits = read_settings(chosen.config).calibration if chosen.config else calibration_limits(manifest.config)
    return People(gold=gold_set(design, labels, texts), limits=limits, audit=_audit(directory, chosen.audit))


def _audit(directory: RunDirectory, audit: Path | None) -> ProbeAudit | None:
    path = audit or directory.audit_path
    return read_audit(path) if audit is not None or path.exists() else None
