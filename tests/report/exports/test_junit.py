from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from evaluator.report.exports.junit import Check, junit_xml
from evaluator.report.exports.run_checks import run_checks
from tests.report import example

# What build servers agree on: https://github.com/testmoapp/junitxml, reduced to what is written here.
ALLOWED = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "timestamp", "time"}, {"testcase"}),
    "testcase": ({"classname", "name", "time"}, {"failure", "error", "system-out"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "system-out": (set(), set()),
}
CHECKS = (
    Check("m", "complete", "passed", "9 of 9"),
    Check("m", "hallucination", "failed", "62% [54, 70], wanted at most 50%", "look at history"),
    Check("k", "hallucination", "undecided", "48% [40, 56], wanted at most 50%", "ask 200 more probes"),
)


def parsed(data: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(data)
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.attrib) == attributes
        assert {child.tag for child in element} <= children
    for suite in [root, *root.iter("testsuite")]:
        cases = list(suite.iter("testcase"))
        assert int(suite.get("tests", "")) == len(cases)
        assert int(suite.get("failures", "")) == len(list(suite.iter("failure")))
        assert int(suite.get("errors", "")) == len(list(suite.iter("error")))
        assert all(len(case) == 1 for case in cases)
    return root


def test_each_subject_is_a_suite_and_each_check_a_case() -> None:
    root = parsed(junit_xml("nightly", CHECKS, timestamp="2026-11-23T09:30:00+00:00"))
    cases = [(case.get("classname"), case.get("name"), case[0].tag) for case in root.iter("testcase")]
    assert cases == [
        ("nightly.m", "complete", "system-out"),
        ("nightly.m", "hallucination", "failure"),
        ("nightly.k", "hallucination", "error"),
    ]


def test_what_did_not_pass_says_its_figure_and_what_to_do() -> None:
    root = parsed(junit_xml("nightly", CHECKS, timestamp=""))
    (failure,) = root.iter("failure")
    assert failure.get("message") == "62% [54, 70], wanted at most 50%"
    assert (failure.text or "").endswith("Next: look at history")


@pytest.mark.parametrize("build", [example.one_model, example.two_models, example.twenty_models, example.undefined])
def test_every_model_of_a_run_is_checked(build: object) -> None:
    summary = build()  # type: ignore[operator]
    root = parsed(junit_xml("run", run_checks(summary), timestamp=summary.manifest.started_at))
    assert len(root) == len(summary.results)


def test_a_run_with_open_requests_and_ungraded_answers_fails_with_bounds_and_the_next_step() -> None:
    checks = {(c.subject, c.name): c for c in run_checks(example.two_models())}
    complete = checks[example.MODELS[0], "every request has an answer"]
    assert (complete.status, complete.message) == ("failed", "297 of 300 requests have an answer")
    assert complete.next_step == "evaluator resume 2026-11-23-first"
    graded = checks[example.MODELS[0], "at most 1.0% of the responses are ungraded"]
    assert graded.status == "failed"
    assert re.search(r"would lie within [\d.]+% to [\d.]+%", graded.message)


def test_a_measured_rate_says_interval_and_counts_and_prefers_the_corrected_one() -> None:
    checks = {(c.subject, c.name): c for c in run_checks(example.two_models())}
    measured = checks[example.MODELS[0], "hallucination_rate on all is measured"]
    assert measured.message == "63.4% [55.5, 70.6] at 95%, 96.4 of 152.1, corrected with 120 labels"


def test_a_rate_that_cannot_be_measured_is_undecided() -> None:
    statuses = {check.name: check.status for check in run_checks(example.undefined())}
    assert statuses["hallucination_rate on answerable is measured"] == "undecided"
    assert "hallucination_rate on unanswerable is measured" not in statuses


def test_hostile_names_are_text() -> None:
    summary = example.hostile()
    data = junit_xml(example.HOSTILE, run_checks(summary), timestamp="\x00\ufffe\ud800")
    parsed(data)
    assert b"\x1b" not in data
    assert b"<script" not in data


def test_equal_checks_give_equal_bytes() -> None:
    assert junit_xml("a", CHECKS, timestamp="t") == junit_xml("a", CHECKS, timestamp="t")
