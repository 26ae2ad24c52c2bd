"""From a summary and the single answers to one HTML file that needs no network and runs no text of a model.

Every text goes through Jinja's escaping, or is data that scripts put into the page as text. The
content security policy allows the page's own scripts and styles by their hashes, and nothing else:
no request can leave, whatever stands in an answer.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from evaluator.records import Summary
from evaluator.report import format as fmt
from evaluator.report.contents import report_facts, report_sections, report_title
from evaluator.report.html.answers import AnswerTable, Asked
from evaluator.report.html.charts import charts
from evaluator.report.html.headline import RATES, headline_rows
from evaluator.report.html.heat import heat_maps
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, cell_text

_LONG = 300


@dataclass(frozen=True)
class _Fact:
    name: str
    value: str


def render_html(summary: Summary, answers: AnswerTable | None = None) -> bytes:
    """Write the page.

    Args:
        summary: Of the run.
        answers: Its single answers; None where there is only a summary.
    """
    drawn, headline = charts(summary), headline_rows(summary)
    specs = msgspec.json.encode([chart.spec for chart in drawn])
    # Vega is 0.9 MB: a page without charts goes without it.
    scripts = [_vega(), _own("page.js")] if drawn else [_own("page.js")]
    style = _own("page.css")
    page = _template().render(
        policy=_policy(scripts, style),
        title=report_title(summary),
        facts=report_facts(summary),
        rates=[title for _, _, title in RATES],
        headline=headline,
        has_corrected=any(w.is_corrected for row in headline for ws in row.whiskers for w in ws),
        has_ranks=bool(summary.rankings),
        charts=drawn,
        heat_maps=heat_maps(summary),
        sections=report_sections(summary),
        provenance=_provenance(summary),
        asked=answers.asked if answers is not None else None,
        left_out=_left_out(answers.asked) if answers is not None else "",
        style=style,
        scripts=scripts,
        specs=_inert(specs),
        data=_inert(answers.data) if answers is not None else "null",
    )
    return str(page).encode("utf-8", "replace")


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, as the chart library ships them."""
    import vl_convert

    # Without a snippet the bundle sets window.vegaEmbed; its type says that one is needed.
    bundle = str(vl_convert.javascript_bundle())  # type: ignore[call-arg]
    return bundle.replace("</script", "<\\/script")


def _own(name: str) -> str:
    return files("evaluator.report.html").joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: list[str], style: str) -> str:
    allowed = " ".join(map(_source_hash, scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_source_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inert(data: bytes) -> str:
    """Write JSON so that no parser of HTML or JavaScript sees anything but data in it."""
    text = data.decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _left_out(asked: Asked) -> str:
    if asked.n_answers == asked.n_answers_total:
        return ""
    return (
        f"To keep this file small it holds the answers to {fmt.count(asked.n_probes)} of "
        f"{fmt.counted(asked.n_probes_total, 'probe')}: {fmt.count(asked.n_answers)} of "
        f"{fmt.count(asked.n_answers_total)} answers, chosen by a hash of the probe's id. All numbers above are from "
        "all answers; every answer is in journal.jsonl, and in `evaluator report --format csv --texts`."
    )


def _provenance(summary: Summary) -> list[_Fact]:
    manifest = summary.manifest
    facts = [
        _Fact("run", manifest.run_id),
        _Fact("started", manifest.started_at),
        _Fact("evaluator", manifest.evaluator),
        _Fact("plan (SHA-256)", manifest.plan_sha256),
        *(_Fact(f"probes {ref.name} {ref.version or ''}".strip(), ref.sha256) for ref in manifest.probe_sets),
        *(_Fact(f"prompt {ref.name}", f"{ref.version} {ref.sha256}") for ref in manifest.prompts),
        _Fact("graders", ", ".join(manifest.graders)),
        *_hosts(summary),
        _Fact("packages", ", ".join(f"{name} {version}" for name, version in sorted(manifest.packages.items()))),
        _Fact("schema", f"{summary.schema} {summary.schema_version}"),
    ]
    return [_Fact(safe_text(fact.name, limit=_LONG), safe_text(fact.value, limit=2_000)) for fact in facts]


def _hosts(summary: Summary) -> list[_Fact]:
    facts = []
    for result in summary.results:
        for what, mix in (("served by", result.served_by), ("answered as", result.served_models)):
            if mix:
                ordered = sorted(mix.items(), key=lambda item: (-item[1], item[0]))
                facts.append(_Fact(f"{result.model} {what}", ", ".join(f"{name} ({n:,})" for name, n in ordered)))
    return facts


@cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["heading"] = _heading
    environment.filters["cell"] = lambda cell, column: cell_text(column, cell)
    return environment.from_string(_own("page.html.j2"))


def _heading(column: Column) -> str:
    parts = ", ".join(filter(None, column.parts)) if not column.is_rate else ""
    return f"{column.title} ({parts})" if parts and column.title else column.title or parts
