"""Which probes to look at, as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.item_analysis import SUSPICIONS, ItemAnalysis, ItemResult
from evaluator.records import ProbeValidity
from evaluator.report import format as fmt
from evaluator.report.safe_text import safe_text

MOST_ITEMS = 40
_LINE_LIMIT = 160


@dataclass(frozen=True)
class ItemTexts:
    """What was asked, for people who read the list."""

    question: str
    targets: str
    passage: str = ""
    """What was shown with the question."""


def render_items(analysis: ItemAnalysis, texts: dict[str, ItemTexts]) -> str:
    """Write the flagged probes of an analysis for a terminal.

    Args:
        analysis: Of one or several runs.
        texts: By probe_id.
    """
    return "\n".join(_lines(analysis, texts)) + "\n"


def _lines(analysis: ItemAnalysis, texts: dict[str, ItemTexts]) -> Iterator[str]:
    runs = ", ".join(safe_text(run, limit=80) for run in analysis.runs[:5])
    yield (
        f"{fmt.count(analysis.n_flagged)} of {fmt.counted(analysis.n_probes, 'probe')} to look at, from the answers of "
        f"{fmt.counted(analysis.n_models, 'model')} in {runs}"
        f"{', ...' if len(analysis.runs) > 5 else ''}; none is left out of any rate"
    )
    for kind, meaning in SUSPICIONS.items():
        yield f"  {kind} {fmt.count(analysis.by_kind.get(kind, 0))}: {meaning}"
    flagged = [item for item in analysis.items if item.flags]
    for item in flagged[:MOST_ITEMS]:
        yield ""
        yield from _item_lines(item, texts[item.probe_id])
    if len(flagged) > MOST_ITEMS:
        yield f"\nand {fmt.count(len(flagged) - MOST_ITEMS)} more: --json has all"
    for note in analysis.notes:
        yield f"note: {safe_text(note, limit=_LINE_LIMIT)}"


def _item_lines(item: ItemResult, text: ItemTexts) -> Iterator[str]:
    right = "right" if item.answerable else "declined"
    yield (
        f"{safe_text(item.probe_id, limit=80)}: {fmt.percent(item.right_share)} {right} over {item.n_models} models, "
        f"r {fmt.coefficient(item.item_rest_r)}"
    )
    yield f"  asked: {safe_text(text.question, limit=_LINE_LIMIT)}"
    if text.passage:
        yield f"  passage: {safe_text(text.passage, limit=_LINE_LIMIT)}"
    yield f"  target: {safe_text(text.targets, limit=_LINE_LIMIT)}"
    for flag in item.flags:
        yield f"  {flag.kind}: {safe_text(flag.message, limit=_LINE_LIMIT)}"


def render_validity(run_id: str, validity: ProbeValidity | None) -> str:
    """Write what an audit found, for a terminal.

    Args:
        run_id: Of the run.
        validity: None when no probe of the run was audited.
    """
    name = safe_text(run_id, limit=80)
    if validity is None:
        return f"{name}: no probe of it was audited\n"
    flaws = ", ".join(f"{flaw} {n}" for flaw, n in validity.flaws.items())
    lines = [
        f"{name}: {fmt.count(validity.n_invalid)} of {fmt.count(validity.n_audited)} audited probes invalid"
        f"{f' ({flaws})' if flaws else ''}; of all {fmt.count(validity.n_probes)}: {fmt.percent(validity.share)} "
        f"{fmt.percent_interval(validity.low, validity.high)} ({fmt.level(validity.level)} interval)",
        *(f"note: {safe_text(note, limit=300)}" for note in validity.notes),
    ]
    return "\n".join(lines) + "\n"
