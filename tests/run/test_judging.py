"""What the judges are asked: once per question and text, with an id that never changes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from evaluator.config import JudgeTable, Settings
from evaluator.errors import ConfigError, JournalError
from evaluator.journal import RunDirectory
from evaluator.records import Manifest, ModelSettings, Probe, Response, Verdict
from evaluator.run.judging import check_judge_prompt, needs_judge, plan_judging, votes_on, with_judges

PROBE = Probe(probe_id="p", question="Which planet?", targets=("Mercury",))
SAME = Probe(probe_id="q", question="Which planet?", targets=("Mercury",))
OTHER = Probe(probe_id="o", question="Which planet?", unanswerable="unknown")
MANIFEST = Manifest(
    run_id="r",
    started_at="2026-11-23T09:30:00+00:00",
    evaluator="0",
    config={},
    probe_sets=(),
    models=(ModelSettings(id="server/m"),),
    prompts=(),
    graders=("cascade-1",),
    packages={},
    seed=0,
    repeats=1,
    n_requests=0,
    plan_sha256="",
)


def judged_by(*judges: str, repeats: int = 1, **fields: object) -> Manifest:
    tables = tuple(JudgeTable(id=judge, **fields) for judge in judges)  # type: ignore[arg-type]
    settings = Settings(judge=tables, judge_repeats=repeats)
    return with_judges(MANIFEST, settings, "cascade-1", allow_self_grading=False)


def response(key: str, probe: Probe, text: str, model: str = "m") -> Response:
    return Response(
        request_id=key, probe_id=probe.probe_id, model=model, prompt="none", repeat=0, outcome="answered", text=text
    )


def unsure(key: str, step: str = "leftover", **fields: object) -> Verdict:
    given = {"label": "wrong"} | fields
    return Verdict(
        request_id=key, probe_id="p", model="m", prompt="none", repeat=0, grader="cascade-1", step=step, **given
    )  # type: ignore[arg-type]


def ids(manifest: Manifest, *responses: Response) -> list[tuple[str, ...]]:
    judging = plan_judging(manifest, [PROBE, SAME, OTHER], responses, [unsure(r.request_id) for r in responses])
    return [judging.ballots[r.request_id] for r in responses]


def test_equal_questions_and_texts_are_one_request_whoever_answered() -> None:
    manifest = judged_by("server/j")
    one, two, three = ids(
        manifest, response("1", PROBE, "Mars", "a"), response("2", PROBE, "Mars", "b"), response("3", SAME, "Mars")
    )
    assert one == two == three
    thinking = ids(manifest, response("4", PROBE, "<think>Venus? No.</think>Mars"))
    assert thinking == [one], "only the answer is judged, not the thinking before it"


def test_whatever_changes_the_question_to_the_judge_changes_the_request() -> None:
    mars = response("1", PROBE, "Mars")
    found = [
        *ids(judged_by("server/j"), mars, response("2", PROBE, "Venus"), response("3", OTHER, "Mars")),
        *ids(judged_by("server/k"), mars),
        *ids(judged_by("server/j", structured_output=True), mars),
        *ids(judged_by("server/j", temperature=0.5), mars),
    ]
    assert len(set(found)) == len(found)
    (repeated,) = ids(judged_by("server/j", repeats=3), mars)
    assert len(set(repeated)) == 3
    assert repeated[0] == found[0][0], "the first repeat is the request that was asked before"


def test_a_long_text_that_differs_in_the_middle_only_is_another_request() -> None:
    head, tail = "a" * 9000, "z" * 9000
    one, two = ids(
        judged_by("server/j"), response("1", PROBE, f"{head}1{tail}"), response("2", PROBE, f"{head}2{tail}")
    )
    assert one != two


@pytest.mark.parametrize(
    ("verdict", "judge_all", "expected"),
    [
        (unsure("1"), False, True),
        (unsure("1", "matching"), False, False),
        (unsure("1", "matching"), True, True),
        (unsure("1", "matching", probability=0.79), False, True),
        (unsure("1", "matching", probability=0.8), False, False),
        (unsure("1", "outcome", label=None, ungraded="empty"), True, False),
        (unsure("1", "judge", label=None, ungraded="pending"), False, True),
    ],
)
def test_a_judge_is_for_what_the_rules_left(verdict: Verdict, judge_all: bool, expected: bool) -> None:
    assert needs_judge(verdict, response("1", PROBE, "Mars"), judge_all=judge_all) is expected


def test_a_refusal_in_the_providers_own_field_needs_no_judge() -> None:
    refused = msgspec.structs.replace(response("1", PROBE, "No."), outcome="refused")
    assert not needs_judge(unsure("1", "outcome", label="abstained"), refused, judge_all=True)


def test_without_any_reply_every_vote_is_pending(tmp_path: Path) -> None:
    manifest, mars, venus = judged_by("server/j"), response("1", PROBE, "Mars"), response("2", PROBE, "Venus")
    verdicts = [unsure("1"), unsure("2", "matching", label="correct")]
    judging = plan_judging(manifest, [PROBE], [mars, venus], verdicts)
    judged = list(map(votes_on(manifest, [PROBE], judging, RunDirectory(tmp_path)).settled, verdicts))
    assert [(v.label, v.ungraded, v.step) for v in judged] == [
        (None, "pending", "judge"),
        ("correct", None, "matching"),
    ]
    assert {verdict.grader for verdict in judged} == {"cascade-1+judge-1"}


def test_the_manifest_names_the_judges_and_their_prompt() -> None:
    manifest = judged_by("server/j", "local/smollm2-135m")
    assert manifest.graders == ("cascade-1+judge-1",)
    assert [judge.id for judge in manifest.judges] == ["server/j", "local/smollm2-135m"]
    assert manifest.judges[1].sampling.temperature == 0, "the embedded model repeats itself"
    assert with_judges(manifest, Settings(), "cascade-1", allow_self_grading=False) == MANIFEST


def test_a_prompt_of_another_wording_is_not_continued() -> None:
    manifest = judged_by("server/j")
    check_judge_prompt(manifest)
    check_judge_prompt(MANIFEST)
    assert manifest.judge_prompt is not None
    old = msgspec.structs.replace(manifest, judge_prompt=msgspec.structs.replace(manifest.judge_prompt, sha256="0"))
    with pytest.raises(JournalError, match="judge it anew"):
        check_judge_prompt(old)


def test_only_the_grading_of_a_manifest_may_change(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "r")
    directory.create(MANIFEST, [PROBE])
    directory.change_grading(judged_by("server/j"))
    assert directory.read_manifest() == judged_by("server/j")
    with pytest.raises(JournalError, match="only its grading"):
        directory.change_grading(msgspec.structs.replace(MANIFEST, seed=1))
    assert directory.read_manifest() == judged_by("server/j")


def test_recorded_answers_cannot_judge() -> None:
    with pytest.raises(ConfigError, match="recorded"):
        judged_by("recorded/x")
