from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evaluator.report import render_markdown, render_terminal
from evaluator.report.markdown import escape
from tests.report import example

HTML = MarkdownIt("gfm-like", {"linkify": False}).disable("linkify")


def html_of(markdown: str) -> str:
    return HTML.render(markdown).replace("<!-- -->", "")


def test_the_report_of_two_models_is_the_golden_one(golden: Any) -> None:
    golden("report.md", render_markdown(example.two_models()).encode())


@pytest.mark.parametrize("build", [example.one_model, example.two_models, example.twenty_models, example.undefined])
def test_the_facts_are_those_of_the_terminal(build: Any) -> None:
    figures = re.compile(r"[$<>+-]?\d+(?:,\d{3})*(?:\.\d+)?%?")
    terminal = set(figures.findall(render_terminal(build(), width=250)))
    markdown = set(figures.findall(render_markdown(build()).replace("&#36;", "$").replace("\\", "")))
    assert terminal == markdown


def test_every_table_has_the_same_number_of_cells_in_every_row() -> None:
    for build in (example.one_model, example.twenty_models, example.hostile):
        for block in render_markdown(build()).split("\n\n"):
            if block.startswith("|"):
                assert len({line.count("|") for line in block.splitlines()}) == 1, block


def test_hostile_names_stay_text() -> None:
    markdown = render_markdown(example.hostile())
    html = html_of(markdown)
    assert set(re.findall(r"<(\w+)", html)) <= {
        "h2",
        "h3",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
    }
    assert "&lt;script&gt;alert(1)&lt;/script&gt;|a`b`\\u202egpj.exe\\u200b\\x00@octocat #12 " in html
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u200b\u202e]", markdown)


def test_names_mention_nobody_and_link_nowhere() -> None:
    markdown = render_markdown(example.hostile())
    assert not re.search(r"@\w|#\d|https?:/|www\.", markdown.replace("&#", ""))


def test_a_note_cannot_become_a_heading_a_list_or_a_rule() -> None:
    for note in ("# heading", "- item", "1. item", "---", "> quote", "+ x", "=== ", "1)"):
        html = html_of(f"- {escape(note)}")
        assert html.count("<") == 4, html
        assert html.startswith("<ul>\n<li>")


def test_rates_stay_readable_in_the_source() -> None:
    assert r"62.4% \[54.9, 69.3] (n 170)" in render_markdown(example.two_models())


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_escaped_text_is_shown_as_it_was(text: str) -> None:
    shown = html_of(f"x {escape(text)} x")
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    assert " ".join(shown.split()) == " ".join(f"<p>x {text} x</p>".split())


@given(st.text(st.sampled_from("|\\`<>*_[]()#!@~$&-+.:\n 1a"), max_size=30))
def test_a_cell_never_breaks_its_table(text: str) -> None:
    html = html_of(f"| a | b |\n| :-- | --: |\n| {escape(text)} | 2 |\n")
    assert html.count("<td") == 2
    assert not re.search(r"<(a|em|strong|code|s|img|del)\b", html)
