"""Who judged what the rules left uncertain, and how well that went."""

from __future__ import annotations

from collections.abc import Sequence

from evaluator.judge_use import JudgeUse
from evaluator.report import format as fmt
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Section

_LEAD = "Answers on which the rules were unsure were read by a model. Its cost is not in the cost of the models."


def judge_sections(uses: Sequence[JudgeUse]) -> tuple[Section, ...]:
    """Say one line about each judge; nothing when there was none."""
    return (Section("Judges", _LEAD, remarks=tuple(map(_line, uses))),) if uses else ()


def _line(use: JudgeUse) -> str:
    reasons = ", ".join(f"{fmt.count(n)} {safe_text(reason, limit=40)}" for reason, n in use.ungraded.items())
    facts = [
        f"{safe_text(use.model, limit=300)}: {fmt.count(use.n_asked)} replies",
        f"{fmt.count(use.n_pending)} pending" if use.n_pending else "",
        f"no vote: {reasons}" if reasons else "",
        _consistency(use),
        f"{fmt.count(use.prompt_tokens)} tokens in, {fmt.count(use.completion_tokens)} out",
        f"cost {fmt.usd(use.usd)}{' in part' if use.usd is not None and use.n_unpriced else ''}",
        f"{fmt.count(use.ambiguous_sends)} may have been billed without a reply" if use.ambiguous_sends else "",
    ]
    return "; ".join(filter(None, facts))


def _consistency(use: JudgeUse) -> str:
    if use.self_consistency is None:
        return ""
    interval = fmt.percent_interval(use.self_consistency_low, use.self_consistency_high)
    share = f"{fmt.percent(use.self_consistency)} {interval}"
    return f"agrees with itself on {share} of {fmt.count(use.n_repeated)} texts"
