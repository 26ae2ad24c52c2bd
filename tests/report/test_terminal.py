from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from evaluator.report import render_terminal
from tests.report import example

BUILDERS = [example.one_model, example.two_models, example.twenty_models, example.undefined, example.hostile]
RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def section(text: str, title: str) -> list[str]:
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return next(lines[1:] for lines in blocks if lines[0] == title)


def test_the_report_of_two_models_is_the_golden_one(golden: Any) -> None:
    golden("terminal.txt", render_terminal(example.two_models()).encode())


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("width", [30, 40, 57, 80, 81, 100, 200])
def test_no_line_is_wider_than_the_terminal(build: Any, width: int) -> None:
    for line in render_terminal(build(), width=width).splitlines():
        assert cell_len(line) <= width
        assert line == line.rstrip()


@pytest.mark.parametrize("width", [30, 80, 120])
def test_every_figure_is_shown_at_every_width(width: int) -> None:
    text = render_terminal(example.two_models(), width=width)
    for figure in (
        "62.4%",
        "[54.9, 69.3]",
        "170",
        "60.4%",
        "61.9%",
        "13.4%",
        "+37.1",
        "168",
        "$0.42",
        "58.9% to 64.4%",
    ):
        assert figure in " ".join(text.split()), figure


@pytest.mark.parametrize("width", [-5, 0, 1, 29])
def test_a_terminal_too_narrow_for_words_gets_thirty_columns(width: int) -> None:
    assert render_terminal(example.two_models(), width=width) == render_terminal(example.two_models(), width=30)


def test_the_headline_comes_first_and_says_what_the_rate_is() -> None:
    text = render_terminal(example.two_models())
    titles = [block.splitlines()[0] for block in text.split("\n\n")]
    assert titles[1:4] == ["What became of the answers", "Hallucination rate", "Probes that have an answer"]
    assert "how often did it make something up? wrong / (wrong + abstained)" in " ".join(text.split())


def test_every_model_has_one_row_in_the_order_of_the_summary() -> None:
    summary = example.twenty_models()
    rows = section(render_terminal(summary, width=200), "Hallucination rate")[3:]
    assert [row.split()[0] for row in rows] == [result.model for result in summary.results]


def test_stacked_rows_still_show_the_whole_model_id() -> None:
    rows = section(render_terminal(example.twenty_models(), width=80), "Hallucination rate")
    assert [r.model for r in example.twenty_models().results] == [r.strip() for r in rows[4::2]]


def test_long_ids_are_cut_in_the_middle_where_the_table_leaves_little_room() -> None:
    model = f"server/{'very-' * 30}long-7b"
    result = example.model_result(model, (1, 2, 3, 0), (0, 1, 2, 0))
    rows = section(render_terminal(example.summary_of(result, result)), "What became of the answers")
    assert re.match(r"  server/very-\S*…\S*-long-7b +1 +3 +5 +0$", rows[-1])


def test_wide_characters_keep_the_columns_in_line() -> None:
    results = (example.model_result(m, (1, 2, 3, 0), (0, 1, 2, 0)) for m in ("server/日本語モデル", "server/abc"))
    rows = section(render_terminal(example.summary_of(*results)), "What became of the answers")[-2:]
    assert cell_len(rows[0]) == cell_len(rows[1])


@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("colour", [False, True])
def test_hostile_names_reach_the_terminal_escaped_only(width: int, colour: bool) -> None:
    text = render_terminal(example.hostile(), width=width, colour=colour)
    ours = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert not RAW.search(ours)
    assert "\x1b[31m" not in text


def test_markup_in_names_is_shown_and_not_obeyed() -> None:
    assert "[red]x[/red]" in render_terminal(example.hostile(), width=200, colour=True)


def test_colour_adds_styles_and_not_one_fact() -> None:
    plain, coloured = (render_terminal(example.two_models(), colour=colour) for colour in (False, True))
    assert "\x1b" not in plain
    assert "\x1b[1m" in coloured
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()


def test_the_environment_does_not_change_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    before = render_terminal(example.two_models(), colour=True)
    for name, value in (("COLUMNS", "20"), ("NO_COLOR", "1"), ("TERM", "dumb"), ("FORCE_COLOR", "1")):
        monkeypatch.setenv(name, value)
    assert render_terminal(example.two_models(), colour=True) == before


def test_a_run_without_results_says_so() -> None:
    text = render_terminal(msgspec.structs.replace(example.one_model(), results=()))
    assert "Nothing was measured" in text
