"""A labelled run: answers graded by a judge that errs, and a draw of them labelled by people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pytest

from evaluator.gold_labels import GoldSet
from evaluator.label_design import LabelCell, LabelDesign, draw_key, verdicts_sha256
from evaluator.records import LABELS, GoldLabel, ModelResult, Summary
from tests.stats.calibration.textbook import GOOD

Judge = tuple[tuple[float, ...], ...]


@dataclass
class LabelledRun:
    """A run of models whose answers are right, wrong or abstained by chance, the truth being known here."""

    run: Any
    truths: dict[str, str] = field(default_factory=dict)
    design: LabelDesign | None = None
    labels: list[GoldLabel] = field(default_factory=list)
    n_stale: int = 0

    def answer_all(self, seed: int, *, n_probes: int, judge: Judge, repeats: int) -> None:
        rng = np.random.default_rng(seed)
        for i in range(n_probes):
            reason = "future" if i % 3 == 0 else None
            probe_id = self.run.probe(f"p{i:04}", reason, topic=("history", "sport")[i % 2])
            for model in self.run.models:
                for repeat in range(repeats):
                    truth = rng.choice(3, p=(0.0, 0.5, 0.5) if reason else (0.5, 0.3, 0.2))
                    verdict = rng.choice(3, p=judge[truth])
                    verdict = max(verdict, 1) if reason else verdict
                    self.run.answer(probe_id, LABELS[verdict], model=model, repeat=repeat)
                    self.truths[f"{model}/permit/{probe_id}/{repeat}"] = LABELS[truth]

    def draw(self, models: tuple[str, ...], *, per_cell: int, **fields: Any) -> None:
        """Draw `per_cell` answers of each cell of the models and label them with the truth."""
        answerable = {probe.probe_id: probe.is_answerable for probe in self.run.probes}
        members = defaultdict(list)
        for verdict in self.run.verdicts:
            if verdict.model in models and verdict.label is not None:
                key = (verdict.model, verdict.prompt, answerable[verdict.probe_id], verdict.label)
                members[key].append(verdict.request_id)
        cells = []
        for key, ids in sorted(members.items()):
            drawn = tuple(sorted(ids, key=lambda request_id: draw_key(7, request_id))[:per_cell])
            model, prompt, kind, label = key
            cells.append(
                LabelCell(
                    model=model,
                    prompt=prompt,
                    answerable=kind,
                    verdict=label,
                    n_responses=len(ids),
                    n_drawn=len(drawn),
                    drawn=drawn,
                )
            )
        graded = ((v.request_id, v.label) for v in self.run.verdicts if v.label is not None)
        known = {"run_id": "r1", "graders": ("cascade-1",), "verdicts_sha256": verdicts_sha256(graded)}
        self.design = LabelDesign(
            seed=7, allocation="proportional", floor=per_cell, cells=tuple(cells), **{**known, **fields}
        )
        self.labels = [self.label(request_id) for request_id in sorted(self.design.drawn)]

    def label(self, request_id: str, label: str | None = None, annotator: str = "ann", **fields: Any) -> GoldLabel:
        return GoldLabel(
            run_id="r1",
            request_id=request_id,
            response_sha256="0",
            label=label or self.truths[request_id],  # type: ignore[arg-type]
            annotator=annotator,
            labelled_at="2026-01-01T00:00:00+00:00",
            **fields,
        )

    @property
    def gold(self) -> GoldSet:
        return GoldSet(design=self.design, labels=tuple(self.labels), n_stale=self.n_stale)

    def summary(self, **manifest: Any) -> Summary:
        from evaluator.stats import People, summarise

        changed = msgspec.structs.replace(self.run.manifest, **manifest)
        return summarise(changed, self.run.probes, self.run.responses, self.run.verdicts, people=People(gold=self.gold))

    def result(self, model: str = "m") -> ModelResult:
        (found,) = [result for result in self.summary().results if result.model == model]
        return found


@pytest.fixture(scope="session")
def labelled_run(recorded_run: Any) -> Any:
    """Build a run of `models`, of which `labelled` have `per_cell` labels in every cell."""

    def build(
        seed: int = 1,
        *,
        models: tuple[str, ...] = ("m",),
        labelled: tuple[str, ...] = ("m",),
        n_probes: int = 240,
        per_cell: int = 20,
        judge: Judge = GOOD,
        repeats: int = 1,
        **fields: Any,
    ) -> LabelledRun:
        found = LabelledRun(recorded_run(models=models, repeats=repeats))
        found.answer_all(seed, n_probes=n_probes, judge=judge, repeats=repeats)
        found.draw(labelled, per_cell=per_cell, **fields)
        return found

    return build
