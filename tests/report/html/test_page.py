"""The page: one file, no network, and no text in it is ever more than text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from evaluator.comparison import Place
from evaluator.records import ConfidenceFigures, Ranking, ReliabilityBin, RiskPoint, Summary
from evaluator.report.html import page, render_html
from evaluator.report.html.charts import charts
from evaluator.report.html.headline import headline_rows
from evaluator.report.html.heat import heat_maps
from tests.report import example
from tests.report.html.answers import table_of

VEGA = "window.vegaEmbed = () => Promise.resolve()"


@pytest.fixture(autouse=True)
def _small_vega(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real bundle takes seconds to make; tests in a browser use it."""
    monkeypatch.setattr(page, "_vega", lambda: VEGA)


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def html(summary: Summary, *texts: str) -> str:
    return render_html(summary, table_of(*texts) if texts else None).decode()


def ranked() -> Summary:
    summary = example.two_models()
    first, second = (result.model for result in summary.results)
    places = (Place(first, 0.4, 10, 1, 2, (second,)), Place(second, 0.5, 10, 1, 2, (first,)))
    prompt = summary.results[0].prompt
    ranking = Ranking("hallucination_rate", "all", prompt, "low", places, ((first, second),))
    return msgspec.structs.replace(summary, rankings=(ranking,))


def confident() -> Summary:
    figures = ConfidenceFigures(
        model="m",
        prompt="none",
        source="stated",
        slice="answered",
        n=40,
        n_missing=0,
        accuracy=0.5,
        mean_confidence=0.7,
        estimates=(),
        chance_smooth_ece=None,
        calibration_p=None,
        risk_coverage=(RiskPoint(0.9, 0.5, 0.4, 0.2, 20), RiskPoint(0.1, 1.0, 0.5, 0.5, 40)),
        reliability=(ReliabilityBin(0.6, 0.5, 0.3, 0.7, 20), ReliabilityBin(0.9, 0.5, 0.3, 0.7, 20)),
        notes=(),
    )
    return msgspec.structs.replace(example.one_model(), confidence=(figures,))


@pytest.mark.parametrize("build", [example.one_model, example.two_models, example.undefined, example.hostile, ranked])
def test_only_the_tags_of_the_template_occur(build: Any) -> None:
    tags = Tags(html(build(), "an answer", example.HOSTILE))
    assert not {"iframe", "img", "object", "embed", "base", "link"} & set(tags.names)
    assert not [value for name, value in tags.attributes if name.startswith("on") or "javascript:" in value]
    assert not [value for name, value in tags.attributes if name in {"src", "href"} and not value.startswith("#")]


def test_the_policy_names_the_hash_of_every_script_and_style_and_no_host() -> None:
    text = html(example.two_models(), "x")
    policy = re.search(r'Policy" content="([^"]*)"', text)
    assert policy is not None
    allowed = policy[1].replace("&#39;", "'")
    assert "default-src 'none'" in allowed
    assert "unsafe" not in allowed
    assert "connect-src" not in allowed
    parts = re.findall(r'<script type="module">(.*?)</script>', text, re.DOTALL) + re.findall(
        r"<style>(.*?)</style>", text, re.DOTALL
    )
    assert len(parts) == 3
    for part in parts:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" in allowed


def test_data_cannot_end_the_element_it_stands_in() -> None:
    attack = "</script><script>alert(1)</script><!--\u2028"
    text = html(example.one_model(), attack)
    assert attack not in text
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert attack in msgspec.json.decode(data[1])["answers"][0]


def test_the_same_summary_gives_the_same_bytes() -> None:
    assert html(example.two_models(), "x") == html(example.two_models(), "x")


def test_models_that_cannot_be_told_apart_share_a_letter() -> None:
    assert {row.ties for row in headline_rows(ranked())} == {"a"}
    assert {row.rank for row in headline_rows(ranked())} == {"1–2"}


def test_the_fewest_hallucinations_come_first_and_undefined_rates_last() -> None:
    mixed = example.summary_of(
        example.model_result("undefined", (5, 0, 0, 0), (0, 0, 0, 0)),
        example.model_result("many", (0, 9, 1, 0), (0, 9, 1, 0)),
        example.model_result("few", (0, 1, 9, 0), (0, 1, 9, 0)),
    )
    assert [row.label for row in headline_rows(mixed)] == ["few", "many", "undefined"]


def test_a_corrected_rate_stands_above_the_raw_one() -> None:
    result = example.model_result("m", (10, 80, 10, 0), (0, 15, 35, 0), calibrated=True)
    (row,) = headline_rows(example.summary_of(result))
    assert [whisker.is_corrected for whisker in row.whiskers[0]] == [True, False]


def test_there_is_a_chart_for_what_was_measured_and_no_other() -> None:
    titles = {chart.title for chart in charts(example.two_models())}
    assert "Made up against declined" in titles
    assert "Confidence and what came true" not in titles
    assert {"Confidence and what came true", "Risk and coverage"} <= {chart.title for chart in charts(confident())}
    assert charts(example.undefined()) == ()


def every_axis(spec: Any) -> list[dict[str, Any]]:
    if isinstance(spec, list):
        return [axis for part in spec for axis in every_axis(part)]
    if not isinstance(spec, dict):
        return []
    inner = [axis for name, part in spec.items() if name != "config" for axis in every_axis(part)]
    return [*inner, spec["axis"]] if isinstance(spec.get("axis"), dict) else inner


@pytest.mark.parametrize("summary", [example.two_models(), confident()], ids=["rates", "confidence"])
def test_no_axis_in_per_cent_says_the_same_number_twice(summary: Summary) -> None:
    axes = [axis for chart in charts(summary) for axis in every_axis(chart.spec)]
    assert axes
    assert all(axis["tickMinStep"] == 0.01 for axis in axes if axis.get("format") == ".0%")


def test_heat_maps_need_two_slices_of_a_kind() -> None:
    one = example.model_result("m", (10, 20, 10, 2), (0, 9, 11, 0), topics={"art": (3, 9)})
    two = example.model_result("m", (10, 20, 10, 2), (0, 9, 11, 0), topics={"art": (3, 9), "law": (0, 0)})
    assert heat_maps(example.summary_of(one)) == ()
    (found,) = heat_maps(example.summary_of(two))
    assert [name for name, _ in found.rows] == ["art", "law"]
    assert [cells[0].shade for _, cells in found.rows] == [33, None]


def test_a_summary_without_answers_is_a_page_too() -> None:
    text = html(example.two_models())
    assert 'id="answers"' not in text
    assert 'id="data">null<' in text
