"""The charts of the page, as Vega-Lite made by Altair: drawn in the page by its own copy of Vega.

A chart is never the only place of a number: the tables of the page say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.records import ConfidenceFigures, Estimate, ModelResult, Summary
from evaluator.report import format as fmt
from evaluator.report.contents import labelled_results
from evaluator.report.html.headline import best_estimate
from evaluator.report.lookup import find_estimate
from evaluator.report.safe_text import safe_text

_WIDTH = 560
_PALETTE = ("#2f6fde", "#d1641a", "#1a9a6c", "#b03a8c", "#8a6d00", "#6a51c7", "#c0392b", "#0c8599")
_CONFIG: dict[str, Any] = {
    "background": None,
    "view": {"stroke": None},
    "font": "system-ui, sans-serif",
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 240,
    },
    "legend": {
        "labelColor": "var(--text)",
        "titleColor": "var(--soft)",
        "orient": "bottom",
        "columns": 2,
        "labelLimit": 320,
        "titleFontWeight": "normal",
    },
    "range": {"category": list(_PALETTE)},
}


@dataclass(frozen=True)
class Chart:
    """A chart with what it shows, in words."""

    title: str
    lead: str
    spec: dict[str, Any]


def charts(summary: Summary) -> tuple[Chart, ...]:
    """Make every chart there are numbers for."""
    results = [(label or safe_text(result.model, limit=200), result) for label, result in labelled_results(summary)]
    found = (_abstention(results), _corrected(results), _cost(results), *_confidence(summary.confidence))
    return tuple(chart for chart in found if chart is not None)


def _inline(values: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _percent() -> Any:
    """An axis in whole per cent, with no tick between two of them: it would show the same number twice."""
    import altair as alt

    return alt.Axis(format=".0%", tickMinStep=0.01)


def _finish(chart: Any) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict()
    spec["config"] = _CONFIG
    return spec


def _abstention(results: Sequence[tuple[str, ModelResult]]) -> Chart | None:
    """Hallucination against over-abstention: the lower left corner is where one wants to be."""
    import altair as alt

    values = [
        {"model": label, **_axis("x", abstained), **_axis("y", made_up)}
        for label, result in results
        if (abstained := best_estimate(result, "over_abstention_rate", "answerable")) is not None
        and (made_up := best_estimate(result, "hallucination_rate", "all")) is not None
        and abstained.value is not None
        and made_up.value is not None
    ]
    if not values:
        return None
    x = alt.X("x:Q", title="over-abstention (answerable probes)", axis=_percent())
    y = alt.Y("y:Q", title="hallucination rate", axis=_percent())
    base = alt.Chart(_inline(values)).encode(color=alt.Color("model:N", title=None))
    across = base.mark_rule(opacity=0.5).encode(x=alt.X("x_low:Q", title="", axis=_percent()), x2="x_high:Q", y=y)
    up = base.mark_rule(opacity=0.5).encode(x=x, y=alt.Y("y_low:Q", title="", axis=_percent()), y2="y_high:Q")
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("model:N"),
            alt.Tooltip("x_text:N", title="over-abstention"),
            alt.Tooltip("y_text:N", title="hallucination"),
        ],
    )
    chart = (across + up + points).properties(width=_WIDTH, height=320)
    lead = "A model can avoid one error by making the other. Good is the lower left. Lines are the intervals."
    return Chart("Made up against declined", lead, _finish(chart))


def _axis(name: str, estimate: Estimate) -> dict[str, Any]:
    interval = fmt.percent_interval(estimate.low, estimate.high)
    return {
        name: estimate.value,
        f"{name}_low": estimate.value if estimate.low is None else estimate.low,
        f"{name}_high": estimate.value if estimate.high is None else estimate.high,
        f"{name}_text": f"{fmt.percent(estimate.value)} {interval}",
    }


def _corrected(results: Sequence[tuple[str, ModelResult]]) -> Chart | None:
    """Raw rates beside those corrected for the grader's errors."""
    import altair as alt

    values = []
    for label, result in results:
        for is_corrected, kind in ((False, "raw"), (True, "corrected with labels")):
            estimate = find_estimate(result, "hallucination_rate", "all", calibrated=is_corrected)
            if estimate is not None and estimate.value is not None:
                values.append({"model": label, "kind": kind, **_axis("x", estimate)})
    if not any(value["kind"] != "raw" for value in values):
        return None
    y = alt.Y("model:N", title=None, sort=None)
    offset = alt.YOffset("kind:N", sort=["raw", "corrected with labels"])
    base = alt.Chart(_inline(values)).encode(y=y, yOffset=offset, color=alt.Color("kind:N", title=None))
    x = alt.X("x:Q", title="hallucination rate", axis=_percent())
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("x_low:Q", title="", axis=_percent()), x2="x_high:Q")
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        x=x, tooltip=[alt.Tooltip("model:N"), alt.Tooltip("kind:N"), alt.Tooltip("x_text:N", title="rate")]
    )
    chart = (bars + points).properties(width=_WIDTH, height=alt.Step(22))
    lead = "What the grader says, and what is left when its errors are taken out with labels by people."
    return Chart("Raw and corrected", lead, _finish(chart))


def _cost(results: Sequence[tuple[str, ModelResult]]) -> Chart | None:
    """Hallucination rate against cost, with those that no other model beats in both."""
    import altair as alt

    values = [value for label, result in results if (value := _cost_value(label, result)) is not None]
    if len(values) < 2:
        return None
    front = [values[i] for i in pareto_front([(value["usd"], value["y"]) for value in values])]
    x = alt.X("usd:Q", title="USD per 1,000 probes", scale=alt.Scale(type="log"))
    y = alt.Y("y:Q", title="hallucination rate", axis=_percent())
    line = (
        alt.Chart(_inline(front))
        .mark_line(interpolate="step-after", strokeDash=[4, 4], color="#888888")
        .encode(x=x, y=y)
    )
    said = {"usd_text": "per 1,000", "per_correct": "per correct answer", "y_text": "hallucination"}
    tooltip = [alt.Tooltip("model:N"), *(alt.Tooltip(f"{name}:N", title=title) for name, title in said.items())]
    points = (
        alt.Chart(_inline(values))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(x=x, y=y, color=alt.Color("model:N", title=None), tooltip=tooltip)
    )
    chart = (line + points).properties(width=_WIDTH, height=300)
    lead = "The dashed line joins the models that no other beats in both cost and hallucination rate."
    return Chart("Cost against made up", lead, _finish(chart))


def _cost_value(label: str, result: ModelResult) -> dict[str, Any] | None:
    cost, rate = result.cost, best_estimate(result, "hallucination_rate", "all")
    # A logarithmic axis has no place for what is free or unknown; the table of costs has.
    if not cost.usd_per_1000_probes or rate is None or rate.value is None:
        return None
    return {
        "model": label,
        "usd": cost.usd_per_1000_probes,
        "usd_text": fmt.usd(cost.usd_per_1000_probes),
        "per_correct": fmt.usd(cost.usd_per_correct),
        **_axis("y", rate),
    }


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Positions of the points that no other point beats in one coordinate without losing in the other.

    >>> pareto_front([(1.0, 0.5), (2.0, 0.6), (3.0, 0.2)])
    [0, 2]
    """
    front: list[int] = []
    best = float("inf")
    for i in sorted(range(len(points)), key=lambda i: points[i]):
        if points[i][1] < best:
            best = points[i][1]
            front.append(i)
    return front


def _confidence(figures: Sequence[ConfidenceFigures]) -> Iterator[Chart]:
    shown = [one for one in figures if one.slice == "answered" and one.reliability]
    if shown:
        yield _reliability(shown)
        yield _risk(shown)


def _name(one: ConfidenceFigures) -> str:
    return safe_text(f"{one.model} · {one.prompt} · {one.source.replace('_', ' ')}", limit=200)


def _reliability(figures: Sequence[ConfidenceFigures]) -> Chart:
    """Confidence against the share that was correct: on the diagonal, they agree."""
    import altair as alt

    values = [
        {"who": _name(one), "x": b.confidence, "y": b.accuracy, "low": b.low, "high": b.high, "n": b.n}
        for one in figures
        for b in one.reliability
    ]
    axis = _percent()
    diagonal = (
        alt.Chart(_inline([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
        .mark_line(strokeDash=[4, 4], color="#888888")
        .encode(x="x:Q", y="y:Q")
    )
    base = alt.Chart(_inline(values)).encode(
        x=alt.X("x:Q", title="confidence", axis=axis, scale=alt.Scale(domain=[0, 1])),
        color=alt.Color("who:N", title=None),
    )
    bars = base.mark_rule(opacity=0.5).encode(y=alt.Y("low:Q", title="correct", axis=axis), y2="high:Q")
    line = base.mark_line(point=True).encode(y=alt.Y("y:Q", title="correct", axis=axis), tooltip=["who:N", "n:Q"])
    chart = (diagonal + bars + line).properties(width=_WIDTH, height=320)
    lead = "Of answers given with this confidence, how many were correct? Below the dashed line is overconfidence."
    return Chart("Confidence and what came true", lead, _finish(chart))


def _risk(figures: Sequence[ConfidenceFigures]) -> Chart:
    """What is wrong among the answers that are accepted, when only the surest are."""
    import altair as alt

    values = [{"who": _name(one), "x": p.coverage, "y": p.risk} for one in figures for p in one.risk_coverage]
    chart = (
        alt.Chart(_inline(values))
        .mark_line()
        .encode(
            x=alt.X("x:Q", title="answers accepted, the surest first", axis=_percent()),
            y=alt.Y("y:Q", title="wrong among them", axis=_percent()),
            color=alt.Color("who:N", title=None),
        )
        .properties(width=_WIDTH, height=280)
    )
    return Chart(
        "Risk and coverage", "If only the surest answers were taken, how many of them would be wrong?", _finish(chart)
    )
