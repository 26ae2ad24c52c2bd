"""A run of four answers, as labels are checked against it."""

from __future__ import annotations

import pytest

from evaluator.labels import LabelledRun
from evaluator.records import Probe, Response

PROBES = (
    Probe(probe_id="1-2", question="Who?\nReally?", targets=("Ann", "Anna"), context="=Passage", question_en="Who?"),
    Probe(probe_id="b", question="Which?", targets=("x",), match="choice", choices=("x", "y")),
    Probe(probe_id="c", question="When?", unanswerable="future", why="Not yet."),
)
TEXTS = {
    "r1": ("1-2", "Ann; =1+1"),
    "r2": ("b", "1969-07-20"),
    "r3": ("c", "Łódź “quoted”, „so“"),
    "r4": ("c", "I ' am\r\nnot"),
}


@pytest.fixture(scope="session")
def labelled_run() -> LabelledRun:
    responses = {
        request_id: Response(
            request_id=request_id,
            probe_id=probe_id,
            model="=m",
            prompt="none",
            repeat=0,
            outcome="answered",
            text=text,
        )
        for request_id, (probe_id, text) in TEXTS.items()
    }
    return LabelledRun(run_id="2026", responses=responses, probes={probe.probe_id: probe for probe in PROBES})
