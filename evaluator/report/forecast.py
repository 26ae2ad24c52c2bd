"""A forecast as a table and as JSON."""

from __future__ import annotations

import json

import msgspec

from evaluator.money import Forecast, ForecastLine
from evaluator.report import format as fmt
from evaluator.report.detection import detection_section
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Page, Row, Section, Table
from evaluator.report.terminal import terminal_page


def forecast_bytes(forecast: Forecast) -> bytes:
    """Write a forecast as JSON, ASCII with sorted keys."""
    document = msgspec.to_builtins(forecast)
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False).encode("ascii") + b"\n"


def render_forecast(forecast: Forecast, *, width: int = 80, colour: bool = False) -> str:
    """Show a forecast as text of at most `width` columns."""
    return terminal_page(forecast_page(forecast), width=width, colour=colour)


def forecast_page(forecast: Forecast) -> Page:
    """Return the sections of a forecast."""
    several = "repeat" if forecast.repeats == 1 else "repeats"
    prompts = "prompt" if forecast.n_prompts == 1 else "prompts"
    facts = (
        f"{fmt.counted(forecast.n_probes, 'probe')} · {forecast.n_prompts} {prompts} · {forecast.repeats} {several}"
        f" · {fmt.counted(forecast.n_done, 'request')} answered already"
    )
    lead = "Expected, for what is open; no model was asked. At most: if every answer were as long as its limit allows."
    columns = (
        Column("requests"),
        Column("tokens", ("in", "out")),
        Column("cost", ("expected", "at most")),
        Column("minutes"),
    )
    rows = [Row(_label(line), _cells(line)) for line in forecast.lines]
    if len(rows) > 1:
        rows.append(Row("in all", _totals(forecast)))
    section = Section("What it would ask and cost", lead, Table("model", columns, tuple(rows)), _remarks(forecast))
    power = (detection_section(forecast.detection),) if forecast.detection is not None else ()
    return Page("Plan", facts, (section, *power))


def _label(line: ForecastLine) -> str:
    name = safe_text(line.model)
    return f"{name} (judge)" if line.role == "judge" else name


def _cells(line: ForecastLine) -> tuple[tuple[str, ...], ...]:
    return (
        (fmt.count(line.n_requests),),
        (fmt.count(line.prompt_tokens), fmt.count(line.completion_tokens)),
        (fmt.usd(line.usd), fmt.usd(line.usd_most)),
        (fmt.minutes(line.minutes),),
    )


def _totals(forecast: Forecast) -> tuple[tuple[str, ...], ...]:
    return (
        (fmt.count(forecast.n_requests),),
        (fmt.count(forecast.prompt_tokens), fmt.count(forecast.completion_tokens)),
        (fmt.usd(forecast.usd), fmt.usd(forecast.usd_most)),
        (fmt.minutes(forecast.minutes),),
    )


def _remarks(forecast: Forecast) -> tuple[str, ...]:
    remarks = []
    unknown = [line.model for line in forecast.lines if line.usd is None]
    if unknown:
        names = ", ".join(dict.fromkeys(map(safe_text, unknown)))
        known = f" {fmt.usd(forecast.usd_known)} are the others' part." if forecast.usd_known else ""
        remarks.append(f"The price of {names} is unknown: state it as price.prompt and price.completion.{known}")
    if forecast.max_usd is not None:
        remarks.append(f"The run stops before it spends more than {fmt.usd(forecast.max_usd)}.")
    sources = sorted({line.price_source for line in forecast.lines if line.price_source and line.usd_most})
    if sources:
        remarks.append(f"Prices: {', '.join(sources)}.")
    if forecast.n_requests:
        remarks.append(f"Assumed: {'; '.join(map(safe_text, forecast.assumptions))}.")
    return (*remarks, *map(safe_text, forecast.notes))
