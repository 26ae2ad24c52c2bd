"""Answers to show in a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evaluator.records import Probe, Request, Response, Sampling, Verdict
from evaluator.report.html import AnswerSample, AnswerTable, Given


def given(probe: Probe, model: str, text: str) -> Given:
    request = Request(
        request_id=f"{model}-{probe.probe_id}",
        probe_id=probe.probe_id,
        model=model,
        prompt="none",
        repeat=0,
        messages=(),
        sampling=Sampling(),
    )
    response: Response = request.response(outcome="answered", text=text)
    verdict = Verdict(
        request_id=request.request_id,
        probe_id=probe.probe_id,
        model=model,
        prompt="none",
        repeat=0,
        grader="g-1",
        label="wrong",
        step="match",
        evidence=text[:100],
    )
    return Given(response, verdict)


def probes_of(*texts: str) -> list[Probe]:
    return [
        Probe(probe_id=f"p{i}", question=f"Is it {text[:1000]}?", targets=(text[:100] or "x",), topic=text[:50] or None)
        for i, text in enumerate(texts)
    ]


def answer_table(
    probes: Sequence[Probe], graded: Iterable[Given], gold: Mapping[str, str] | None = None, *, most_bytes: int
) -> AnswerTable:
    sample = AnswerSample(probes, most_bytes)
    for response, verdict in graded:
        sample.add(response, verdict)
    return sample.table(gold)


def table_of(*texts: str, most_bytes: int = 1_000_000) -> AnswerTable:
    """One probe and one answer of two models for each text."""
    probes = probes_of(*texts)
    graded = [given(probe, model, text) for probe, text in zip(probes, texts, strict=True) for model in ("m", "n")]
    return answer_table(probes, graded, {graded[0].response.request_id: "correct"}, most_bytes=most_bytes)
