"""A run small enough to count by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from evaluator.records import (
    Estimate,
    Manifest,
    ModelResult,
    ModelSettings,
    Probe,
    PromptRef,
    Response,
    Summary,
    Verdict,
)
from evaluator.stats import summarise

# A busy machine is no defect, and the first example pays for importing scipy.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")

MANIFEST = Manifest(
    run_id="r1",
    started_at="2026-01-01T00:00:00+00:00",
    evaluator="0",
    config={},
    probe_sets=(),
    models=(ModelSettings(id="m"),),
    prompts=(PromptRef(name="permit", version="1", sha256="0"),),
    graders=("cascade-1",),
    packages={},
    seed=0,
    repeats=1,
    n_requests=0,
    plan_sha256="0",
)


@dataclass
class RecordedRun:
    """Probes, responses and verdicts added one by one."""

    repeats: int = 1
    models: tuple[str, ...] = ("m",)
    probes: list[Probe] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def probe(self, probe_id: str, reason: str | None = None, **fields: Any) -> str:
        targets = ("x",) if reason is None else ()
        self.probes.append(Probe(probe_id=probe_id, question="q", targets=targets, unanswerable=reason, **fields))
        return probe_id

    def answer(self, probe_id: str, label: str, *, model: str = "m", repeat: int = 0, **fields: Any) -> None:
        """Add a response with its verdict; a label that is no label is why it is ungraded."""
        prompt = fields.pop("prompt", "permit")
        is_label = label in {"correct", "wrong", "abstained"}
        default_outcome = "answered" if is_label or label in {"empty", "substituted"} else label
        key = {"probe_id": probe_id, "model": model, "prompt": prompt, "repeat": repeat}
        request_id = f"{model}/{prompt}/{probe_id}/{repeat}"
        of_verdict = {name: fields.pop(name) for name in ("step", "abstention_kind") if name in fields}
        outcome = fields.pop("outcome", default_outcome)
        self.responses.append(Response(request_id=request_id, outcome=outcome, **key, **fields))
        verdict = {"label": label} if is_label else {"ungraded": label}
        self.verdicts.append(Verdict(request_id=request_id, grader="cascade-1", **key, **verdict, **of_verdict))

    def ask(self, probe_id: str, labels: str | Sequence[str], reason: str | None = None, **fields: Any) -> None:
        """Add a probe and one response per label, as repeats; `cwa` spells three labels."""
        self.probe(probe_id, reason, **fields)
        names = {"c": "correct", "w": "wrong", "a": "abstained", "u": "empty"}
        for repeat, label in enumerate(labels):
            self.answer(probe_id, names.get(label, label), repeat=repeat)

    @property
    def manifest(self) -> Manifest:
        models = tuple(ModelSettings(id=model) for model in self.models)
        fields = {name: getattr(MANIFEST, name) for name in MANIFEST.__struct_fields__}
        return Manifest(**{**fields, "models": models, "repeats": self.repeats})

    def summary(self, **options: Any) -> Summary:
        return summarise(self.manifest, self.probes, self.responses, self.verdicts, **options)

    def result(self) -> ModelResult:
        return self.summary().results[0]

    def estimate(self, name: str, slice_name: str) -> Estimate:
        return estimate_in(self.result().estimates, name, slice_name)


def estimate_in(estimates: Iterable[Estimate], name: str, slice_name: str) -> Estimate:
    (found,) = [estimate for estimate in estimates if (estimate.name, estimate.slice) == (name, slice_name)]
    return found


@pytest.fixture(scope="session")
def recorded_run() -> type[RecordedRun]:
    return RecordedRun


@pytest.fixture(scope="session")
def oracle(shared: Path) -> dict[str, Any]:
    """Cases of the oracle file by id."""
    cases = json.loads((shared / "oracles.json").read_text(encoding="utf-8"))["cases"]
    return {case["id"]: case for case in cases}
