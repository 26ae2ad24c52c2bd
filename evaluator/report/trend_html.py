"""The trend of a history as one HTML file: drawings as SVG, no script, no network."""

from __future__ import annotations

from evaluator.history import Trend, TrendLine
from evaluator.report import format as fmt
from evaluator.report.runs import trend_page
from evaluator.report.safe_text import safe_text
from evaluator.report.section import cell_text

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{{ title }}</title><style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem }
svg { width: 100%; min-width: 34rem; height: auto; background: #fff; border-radius: 6px }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; white-space: nowrap }
.wide { overflow-x: auto }
summary { cursor: pointer }
@media print { details { display: block } }
</style></head><body>
<h1>{{ title }}</h1>
{% for section in sections %}<section><h2>{{ section.title }}</h2>
<div class="wide">{{ section.drawing }}</div>
<details><summary>The numbers</summary><div class="wide"><table>
<tr><th>{{ section.label }}</th>{% for name in section.columns %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in section.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></div></details></section>
{% endfor %}<p>{{ note }}</p>
</body></html>
"""


def render_trend_html(trend: Trend) -> str:
    """Show a trend as one self-contained HTML file."""
    from jinja2 import Environment
    from markupsafe import Markup

    page = trend_page(trend)
    sections = []
    for line, section in zip(trend.lines, page.sections, strict=False):
        table = section.table
        if table is None:
            continue
        sections.append(
            {
                "title": section.title,
                # Made here, by a library that escapes what it writes into it.
                "drawing": Markup(drawing(line, fmt.level(trend.level))),  # noqa: S704
                "label": table.label,
                "columns": [column.title for column in table.columns],
                "rows": [[row.label, *map(cell_text, table.columns, row.cells)] for row in table.rows],
            }
        )
    template = Environment(autoescape=True).from_string(_PAGE)
    return template.render(title=page.title, sections=sections, note=page.sections[-1].remarks[0]) + "\n"


def drawing(line: TrendLine, level: str) -> str:
    """Draw one line of a trend as SVG: each run with its interval, and the sequence of all so far behind."""
    import altair as alt
    import vl_convert

    rows = [
        {
            "name": f"{place} {safe_text(point.run_id, limit=24)}",
            "value": point.value,
            "low": point.low,
            "high": point.high,
            "from": point.sequence_low,
            "to": point.sequence_high,
            "gate": point.outcome,
        }
        for place, point in enumerate(line.points, start=1)
        if point.value is not None
    ]
    x = alt.X("name:N", sort=None, axis=alt.Axis(title=None, labelAngle=-45))
    rate = alt.Y("value:Q", title="rate", scale=alt.Scale(zero=False))
    base = alt.Chart(alt.InlineData(values=rows))
    band = base.mark_area(opacity=0.25, color="#4c78a8").encode(x=x, y=alt.Y("from:Q"), y2="to:Q")
    whisker = base.mark_rule(color="#333").encode(x=x, y=alt.Y("low:Q"), y2="high:Q")
    colours = alt.Scale(domain=["pass", "undecided", "fail"], range=["#1b7837", "#b8860b", "#c51b27"])
    shapes = alt.Scale(domain=["pass", "undecided", "fail"], range=["circle", "diamond", "triangle-up"])
    legend = alt.Legend(orient="top", title="gate")
    points = base.mark_point(filled=True, size=70).encode(
        x=x,
        y=rate,
        color=alt.Color("gate:N", scale=colours, legend=legend),
        shape=alt.Shape("gate:N", scale=shapes, legend=legend),
    )
    title = f"whiskers: each run at 95%; band: all runs so far, {level}"
    chart = alt.layer(band, whisker, points).properties(width=620, height=240, title=title)
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))
