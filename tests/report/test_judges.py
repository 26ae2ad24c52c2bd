"""One line for each judge, with what it could not decide."""

from __future__ import annotations

import msgspec

from evaluator.judge_use import JudgeUse
from evaluator.report import read_summary, render_markdown, render_terminal, summary_bytes
from evaluator.report.judges import judge_sections
from tests.report.example import HOSTILE, one_model

USE = JudgeUse(
    model="server/judge",
    n_asked=1200,
    n_pending=3,
    ungraded={"judge_unparsable": 7},
    n_agreeing=19,
    n_repeated=20,
    self_consistency=0.95,
    self_consistency_low=0.7639,
    self_consistency_high=0.9911,
    prompt_tokens=90_000,
    completion_tokens=1_200,
    usd=0.25,
    n_unpriced=2,
    ambiguous_sends=1,
)


def test_a_line_says_what_the_judge_did() -> None:
    (section,) = judge_sections([USE])
    assert section.remarks == (
        "server/judge: 1,200 replies; 3 pending; no vote: 7 judge_unparsable; "
        "agrees with itself on 95.0% [76.4, 99.1] of 20 texts; 90,000 tokens in, 1,200 out; cost $0.25 in part; "
        "1 may have been billed without a reply",
    )


def test_without_judges_nothing_is_said() -> None:
    assert judge_sections([]) == ()
    assert "Judges" not in render_terminal(one_model())


def test_a_judged_summary_is_written_read_and_shown() -> None:
    summary = msgspec.structs.replace(one_model(), judges=(USE, msgspec.structs.replace(USE, model=HOSTILE)))
    assert read_summary(summary_bytes(summary), "x") == summary
    for text in (render_terminal(summary), render_markdown(summary)):
        assert "server/judge" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
