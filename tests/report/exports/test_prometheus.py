from __future__ import annotations

import re
from typing import Any

import pytest

from evaluator.report.exports.prometheus import prometheus_text
from tests.report import example


def families(data: bytes) -> dict[str, Any]:
    parser = pytest.importorskip("prometheus_client.parser")
    return {family.name: family for family in parser.text_string_to_metric_families(data.decode())}


def test_every_estimate_is_read_back() -> None:
    summary = example.two_models()
    samples = families(prometheus_text(summary))["evaluator_estimate"].samples
    found = {tuple(sample.labels.values()): sample.value for sample in samples}
    defined = [e for result in summary.results for e in result.estimates if e.value is not None]
    assert found
    for e in defined:
        model = next(r.model for r in summary.results if e in r.estimates)
        assert found[model, "none", e.name, e.slice, str(e.calibrated).lower()] == e.value
    assert len(found) == len({(id(e)) for e in defined})


def test_what_is_undefined_has_no_sample() -> None:
    text = prometheus_text(example.undefined()).decode()
    assert "NaN" not in text
    assert not re.search(r'evaluator_estimate{[^}]*slice="unanswerable"', text)


def test_every_family_has_help_and_type_once_and_a_valid_name() -> None:
    text = prometheus_text(example.twenty_models()).decode()
    for name in re.findall(r"^# TYPE (\S+) gauge$", text, re.MULTILINE):
        assert re.fullmatch(r"evaluator_[a-z_]+", name)
        assert text.count(f"# HELP {name} ") == text.count(f"# TYPE {name} ") == 1


def test_outcomes_add_up_to_what_was_planned() -> None:
    summary = example.two_models()
    samples = families(prometheus_text(summary))["evaluator_requests"].samples
    assert sum(sample.value for sample in samples) == sum(result.n_planned for result in summary.results)


def test_the_start_of_the_run_is_a_time() -> None:
    (sample,) = families(prometheus_text(example.one_model()))["evaluator_run_started_timestamp_seconds"].samples
    assert sample.value == 1795426200.0


def test_hostile_names_stay_labels() -> None:
    data = prometheus_text(example.hostile())
    labels = {s.labels["model"] for s in families(data)["evaluator_estimate"].samples}
    assert len(labels) == 1
    assert "<script>" in labels.pop()
    assert all(re.match(r"# (HELP|TYPE) |evaluator_\w+(\{.*\})? \S+$", line) for line in data.decode().splitlines())
