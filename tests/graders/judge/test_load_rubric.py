"""Rubrics are found by name, and one from another package is told to judges in place of the built-in."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from evaluator.errors import ConfigError
from evaluator.graders.judge import BUILT_IN, Rubric, judge_messages, load_rubric, rubric
from evaluator.records import Probe

MINE = Rubric("mine-3", "Grade strictly.", "Say what it does.", answerable_examples=())
NOT_A_RUBRIC = "text"
PROBE = Probe(probe_id="p", question="Which?", targets=("York",))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"mine-3": "MINE", "other-1": "MINE", "text-1": "NOT_A_RUBRIC", "gone-1": "MISSING"}
    points = [EntryPoint(name, f"{__name__}:{value}", "evaluator.rubrics") for name, value in names.items()]
    monkeypatch.setattr(rubric, "entry_points", lambda group: EntryPoints(points).select(group=group))


def test_the_built_in_rubric_needs_no_package() -> None:
    assert load_rubric("judge-1") is BUILT_IN


@pytest.mark.usefixtures("installed")
def test_an_installed_rubric_is_what_judges_are_told() -> None:
    found = load_rubric("mine-3")
    system, user = judge_messages(found, PROBE, "York it is", structured=False)
    assert system.content.startswith("Grade strictly.")
    assert user == judge_messages(BUILT_IN, PROBE, "York it is", structured=False)[1]
    assert found.prompt.version == "mine-3"
    assert found.prompt.sha256 != BUILT_IN.prompt.sha256


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nope", r"need a rubric out of judge-1, gone-1, mine-3, other-1, text-1, got 'nope'"),
        ("other-1", "need a Rubric of that version"),
        ("text-1", "need a Rubric of that version"),
        ("gone-1", "cannot be loaded"),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_rubric(name)
