"""Forecasts: what a run would ask and cost, without asking."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.config import JudgeTable, ModelTable, SamplingTable, Settings
from evaluator.graders import default_grader
from evaluator.money import Forecast, Price
from evaluator.probeset import read_probe_sets
from evaluator.run.forecast import ANSWER_TOKENS, REASONING_TOKENS, forecast
from evaluator.run.judging import with_judges
from evaluator.run.session import RunPlan, prepare

N_PROBES = 20
PRICED = Price(prompt=2.0, completion=10.0)


def planned(folder: Path, *models: ModelTable, judge: tuple[JudgeTable, ...] = (), **more: object) -> RunPlan:
    lines = [f'{{"probe_id": "p{n}", "question": "Who is {n}?", "targets": ["X"]}}' for n in range(N_PROBES)]
    (folder / "probes.jsonl").write_text("\n".join(lines) + "\n")
    settings = Settings(probes=((folder / "probes.jsonl").as_posix(),), model=models, judge=judge, **more)  # type: ignore[arg-type]
    grader = default_grader()
    plan = prepare(settings, read_probe_sets(settings.probes), grader, run_id="r", started_at="2026-11-24T00:00:00Z")
    manifest = with_judges(plan.manifest, settings, grader.name, allow_self_grading=False)
    return RunPlan(manifest=manifest, probes=plan.probes, requests=plan.requests)


def told(plan: RunPlan) -> Forecast:
    return forecast(plan, plan.requests)


def server(**fields: object) -> ModelTable:
    return ModelTable(id="server/m", base_url="http://127.0.0.1:1/v1", **fields)  # type: ignore[arg-type]


def test_requests_are_models_times_prompts_times_probes_times_repeats(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, server(price=PRICED), ModelTable(id="openai/gpt-5.5"), prompts=("none", "permit"), repeats=3
    )
    found = told(plan)
    assert found.n_requests == 2 * 2 * N_PROBES * 3
    assert [line.n_requests for line in found.lines] == [120, 120]
    assert (found.n_prompts, found.repeats, found.n_probes, found.n_done) == (2, 3, N_PROBES, 0)


def test_the_cost_is_tokens_times_price_and_at_most_the_limit(tmp_path: Path) -> None:
    found = told(planned(tmp_path, server(price=PRICED), sampling=SamplingTable(max_tokens=500)))
    (line,) = found.lines
    assert line.completion_tokens == N_PROBES * ANSWER_TOKENS
    assert line.usd == pytest.approx(line.prompt_tokens * 2e-6 + line.completion_tokens * 1e-5, rel=0.02)
    assert line.usd_most is not None
    assert line.usd_most > N_PROBES * 500 * 1e-5 > (line.usd or 0)
    assert (found.usd, found.usd_most) == (line.usd, line.usd_most)


def test_an_unknown_price_is_unknown_in_all_sums_and_never_zero(tmp_path: Path) -> None:
    found = told(planned(tmp_path, server(), ModelTable(id="openai/gpt-5.5")))
    unknown, known = found.lines
    assert (unknown.usd, unknown.usd_most, unknown.price_source) == (None, None, None)
    assert (found.usd, found.usd_most) == (None, None)
    assert found.usd_known == known.usd
    assert known.usd is not None
    assert known.usd > 0


def test_reasoning_is_counted_by_effort_and_bounded_by_the_limit(tmp_path: Path) -> None:
    def reasoning(**fields: object) -> int:
        return told(planned(tmp_path, ModelTable(id="openai/gpt-5.5", **fields))).lines[0].reasoning_tokens  # type: ignore[arg-type]

    assert reasoning() == N_PROBES * REASONING_TOKENS["medium"]
    assert reasoning(reasoning_effort="high") == N_PROBES * REASONING_TOKENS["high"]
    assert reasoning(reasoning_effort="none") == 0
    assert reasoning(reasoning_effort="high", max_tokens=64) == N_PROBES * 64


def test_judges_are_counted_by_repeat_and_at_most_for_every_answer(tmp_path: Path) -> None:
    judge = (JudgeTable(id="anthropic/claude-opus-4-7"),)
    some = told(planned(tmp_path, server(price=PRICED), judge=judge, judge_repeats=2)).lines[1]
    assert (some.role, some.n_requests_most) == ("judge", 2 * N_PROBES)
    assert 0 < some.n_requests < 2 * N_PROBES
    assert some.prompt_tokens / some.n_requests > 100
    all_judged = told(planned(tmp_path, server(price=PRICED), judge=judge, judge_all=True)).lines[1]
    assert all_judged.n_requests == all_judged.n_requests_most == N_PROBES
    plan = planned(tmp_path, server(price=PRICED), judge=judge, judge_all=True)
    half = forecast(plan, plan.requests[:10], n_judged=N_PROBES // 2).lines[1]
    assert half.n_requests == N_PROBES // 2
    assert (half.usd_most or 0) == pytest.approx((all_judged.usd_most or 0) / 2)


def test_what_is_answered_already_is_not_asked_again(tmp_path: Path) -> None:
    plan = planned(tmp_path, server(price=PRICED))
    whole, rest, nothing = told(plan), forecast(plan, plan.requests[:5]), forecast(plan, [])
    assert (rest.n_requests, rest.n_done) == (5, N_PROBES - 5)
    assert (rest.usd or 0) < (whole.usd or 0)
    assert (nothing.n_requests, nothing.usd, nothing.usd_most, nothing.minutes) == (0, 0, 0, 0)


def test_the_time_falls_with_concurrency(tmp_path: Path) -> None:
    slow = told(planned(tmp_path, server(concurrency=1)))
    fast = told(planned(tmp_path, server(concurrency=10)))
    assert slow.minutes == pytest.approx(10 * fast.minutes)
