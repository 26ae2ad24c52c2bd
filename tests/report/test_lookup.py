from __future__ import annotations

from evaluator.report.lookup import estimates_by_topic, find_estimate
from tests.report import example

RESULT = example.two_models().results[0]


def test_raw_and_corrected_estimates_are_not_mixed_up() -> None:
    raw = find_estimate(RESULT, "hallucination_rate", "all")
    corrected = find_estimate(RESULT, "hallucination_rate", "all", calibrated=True)
    assert raw is not None
    assert corrected is not None
    assert (raw.calibrated, corrected.calibrated) == (False, True)


def test_what_was_not_measured_is_none() -> None:
    assert find_estimate(RESULT, "hallucination_rate", "topic=nothing") is None
    assert find_estimate(RESULT, "accuracy", "all") is None


def test_topics_are_found_by_their_own_name() -> None:
    result = example.model_result("m", (1, 1, 1, 0), (0, 1, 1, 0), topics={"a=b": (1, 2), "": (0, 1)})
    assert set(estimates_by_topic(result, "hallucination_rate")) == {"a=b", ""}
    assert estimates_by_topic(result, "accuracy") == {}
