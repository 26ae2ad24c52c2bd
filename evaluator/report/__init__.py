"""Results as JSON, as text for a terminal and as Markdown; and the schemas of all records."""

from __future__ import annotations

from evaluator.report.agreement import agreement_bytes, render_agreement, render_agreement_markdown
from evaluator.report.comparison import comparison_bytes, render_comparison
from evaluator.report.forecast import forecast_bytes, render_forecast
from evaluator.report.gate import gate_bytes, render_gate, render_gate_junit, render_gate_markdown
from evaluator.report.items import ItemTexts, render_items, render_validity
from evaluator.report.labels import label_status_bytes, render_label_status
from evaluator.report.markdown import render_markdown
from evaluator.report.runs import (
    render_runs,
    render_trend,
    render_trend_markdown,
    runs_bytes,
    trend_bytes,
)
from evaluator.report.safe_text import safe_text
from evaluator.report.schemas import json_schema
from evaluator.report.set_stats import render_set_stats
from evaluator.report.summary_json import read_summary, summary_bytes
from evaluator.report.terminal import render_terminal, terminal_blocks
from evaluator.report.trend_html import render_trend_html
from evaluator.report.verification import render_verification, verification_bytes

__all__ = [
    "ItemTexts",
    "agreement_bytes",
    "comparison_bytes",
    "forecast_bytes",
    "gate_bytes",
    "json_schema",
    "label_status_bytes",
    "read_summary",
    "render_agreement",
    "render_agreement_markdown",
    "render_comparison",
    "render_forecast",
    "render_gate",
    "render_gate_junit",
    "render_gate_markdown",
    "render_items",
    "render_label_status",
    "render_markdown",
    "render_runs",
    "render_set_stats",
    "render_terminal",
    "render_trend",
    "render_trend_html",
    "render_trend_markdown",
    "render_validity",
    "render_verification",
    "runs_bytes",
    "safe_text",
    "summary_bytes",
    "terminal_blocks",
    "trend_bytes",
    "verification_bytes",
]
