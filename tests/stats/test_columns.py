from __future__ import annotations

from typing import Any

import pytest

from evaluator.records import Verdict
from evaluator.stats import columns, summarise


def test_a_request_answered_twice_is_refused(recorded_run: Any) -> None:
    run = recorded_run()
    run.ask("p", "c")
    run.responses *= 2
    with pytest.raises(ValueError, match="one response per request, got two for m/permit/p/0"):
        run.summary()


@pytest.mark.parametrize("label", ["c", "u"])
def test_a_request_graded_twice_is_refused(recorded_run: Any, label: str) -> None:
    run = recorded_run()
    run.ask("p", label)
    run.verdicts *= 2
    with pytest.raises(ValueError, match="one verdict per request, got two for m/permit/p/0"):
        run.summary()


def test_a_response_to_an_unknown_probe_is_refused(recorded_run: Any) -> None:
    run = recorded_run()
    run.answer("gone", "correct")
    with pytest.raises(ValueError, match="known probes, got 'gone'"):
        run.summary()


def test_a_verdict_on_nothing_is_refused(recorded_run: Any) -> None:
    run = recorded_run()
    run.ask("p", "c")
    run.responses.clear()
    with pytest.raises(ValueError, match="every verdict, got none for m/permit/p/0"):
        run.summary()


def test_a_verdict_on_another_probe_is_refused(recorded_run: Any) -> None:
    run = recorded_run()
    run.ask("p", "c")
    run.probe("other")
    key = {"request_id": "m/permit/p/0", "model": "m", "prompt": "permit", "repeat": 0}
    run.verdicts = [Verdict(probe_id="other", grader="g-1", label="correct", **key)]
    with pytest.raises(ValueError, match="m/permit/p/0 to name its probe, got 'other'"):
        run.summary()


def test_records_may_be_generators(recorded_run: Any) -> None:
    run = recorded_run()
    run.ask("p", "cw")
    streamed = summarise(run.manifest, run.probes, iter(run.responses), iter(run.verdicts))
    assert streamed == run.summary()


@pytest.mark.parametrize("size", [1, 3])
def test_batches_do_not_show(recorded_run: Any, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    run = recorded_run(repeats=2)
    for i in range(10):
        run.ask(f"p{i}", "cwau"[i % 4 :][:2], topic="sport", twin=f"p{i - 1}" if i % 2 else None)
    expected = run.summary()
    monkeypatch.setattr(columns, "BATCH", size)
    assert run.summary() == expected
    run.verdicts.append(run.verdicts[0])
    with pytest.raises(ValueError, match="one verdict per request, got two for m/permit/p0/0"):
        run.summary()
