from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import numpy as np
import pytest
from rich.cells import cell_len

from evaluator.report import agreement_bytes, render_agreement, render_agreement_markdown
from evaluator.report.schemas import json_schema
from evaluator.results import Agreement, LabelsRef
from evaluator.stats.agreement_figures import agreement_figures
from tests.report.example import HOSTILE

RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
TABLE = (120, 11, 3, 9, 88, 2, 1, 4, 62)


def example(table: tuple[int, ...] = TABLE, **fields: Any) -> Agreement:
    cells = np.repeat(np.eye(9).reshape(-1, 3, 3), table, axis=0)
    found = agreement_figures(cells, n_ungraded=7, level=0.95)
    labels = LabelsRef(
        path="labels.jsonl",
        sha256="ab" * 32,
        annotator="anna",
        n_labels=312,
        n_without_response=5,
        n_responses_without_label=40,
    )
    known: dict[str, Any] = {
        "run_id": "nightly",
        "grader": "cascade-1",
        "labels": labels,
        "level": 0.95,
        "n_compared": found.n,
        "n_ungraded": 7,
        "ungraded": {"empty": 4, "truncated": 3},
        "overall": found,
        "by_model": {"local/smollm2-135m": found, "openrouter/moonshotai/kimi-k2.6": found},
        "by_step": {"matching": found},
    }
    return Agreement(**{**known, **fields})


def by(annotator: str, **fields: Any) -> Agreement:
    return example(labels=msgspec.structs.replace(example().labels, annotator=annotator), **fields)


def hostile() -> Agreement:
    found = example()
    return by(
        HOSTILE,
        run_id=HOSTILE,
        grader=HOSTILE,
        by_model={HOSTILE: found.overall, "b": found.overall},
        by_step={HOSTILE: found.overall},
        ungraded={HOSTILE: 7},
    )


def nothing() -> Agreement:
    return example((0,) * 9, by_model={}, by_step={})


def section(text: str, title: str) -> list[str]:
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return next(lines[1:] for lines in blocks if lines[0] == title)


def test_the_report_is_the_golden_one(golden: Any) -> None:
    golden("agreement.txt", render_agreement(example()).encode())


def test_the_first_lines_say_what_was_compared() -> None:
    first, second, third = render_agreement(example()).splitlines()[:3]
    assert first == "cascade-1 against the labels by anna: 300 answers of run nightly"
    assert f"{second} {third}" == (
        "labels.jsonl · 7 labelled but ungraded (4 empty, 3 truncated) · 40 answers without a label · "
        "5 labels without an answer"
    )


def test_the_table_has_labels_down_and_verdicts_across() -> None:
    lines = section(render_agreement(example()), "Labels and verdicts")
    rows = {line.split()[0]: re.findall(r"[\d,]+(?: \([^)]*\))?", line) for line in lines[-4:]}
    assert rows["correct"] == ["120 (89.6%)", "11 (8.2%)", "3 (2.2%)", "134"]
    assert rows["abstained"] == ["1 (1.5%)", "4 (6.0%)", "62 (92.5%)", "67"]
    assert rows["all"] == ["130", "103", "67", "300"]


def test_every_figure_is_shown_with_its_interval() -> None:
    found = example().overall
    text = " ".join(render_agreement(example()).split())
    kappa = found.cohen_kappa
    assert f"{kappa.value:.2f} [{kappa.low:.2f}, {kappa.high:.2f}] 300" in text
    recall = found.classes["abstained"].recall
    assert f"92.5% [{100 * (recall.low or 0):.1f}, {100 * (recall.high or 0):.1f}]" in text


@pytest.mark.parametrize("annotator", ["llm:gpt-4o", "llm:bem"])
def test_labels_by_a_model_are_warned_of_first(annotator: str) -> None:
    for text in (render_agreement(by(annotator)), render_agreement_markdown(by(annotator))):
        assert text.index("these are not human labels") < text.index("Labels and verdicts")
        assert f"{annotator} is a model" in text


@pytest.mark.parametrize("annotator", ["human", "anna", "", "Willm: me"])
def test_labels_by_people_are_not_warned_of(annotator: str) -> None:
    assert "Warning" not in render_agreement(by(annotator))


def test_what_is_undefined_says_why() -> None:
    text = " ".join(render_agreement(nothing()).split())
    assert "agreement, correct or not, Cohen's kappa, Gwet's AC1, macro-F1: no answer has both" in text
    assert "abstained precision, abstained F1" not in text
    one_class = " ".join(render_agreement(example((0, 0, 0, 0, 9, 0, 0, 0, 0))).split())
    assert "Cohen's kappa n/a" in one_class
    assert "Cohen's kappa: labels and verdicts are all of one class" in one_class
    assert "correct recall: no label is correct" in one_class


def test_one_model_needs_no_table_of_models() -> None:
    assert "By model" not in render_agreement(example(by_model={"m": example().overall}))
    assert "By model" in render_agreement(example())


@pytest.mark.parametrize("build", [example, hostile, nothing])
@pytest.mark.parametrize("width", [30, 40, 80, 120])
def test_no_line_is_wider_than_the_terminal(build: Any, width: int) -> None:
    for line in render_agreement(build(), width=width).splitlines():
        assert cell_len(line) <= width
        assert line == line.rstrip()


def test_at_80_columns_the_tables_stand_side_by_side() -> None:
    text = render_agreement(example(), width=80)
    assert any("graded correct" in line and "graded abstained" in line for line in text.splitlines())
    assert any("precision" in line and "recall" in line and "F1" in line for line in section(text, "Each label"))


def test_hostile_names_are_harmless() -> None:
    assert not RAW.search(render_agreement(hostile()))
    markdown = render_agreement_markdown(hostile())
    assert not RAW.search(markdown)
    assert "<script>" not in markdown
    assert "@octocat" not in markdown


def test_markdown_has_the_same_figures() -> None:
    text, markdown = render_agreement(example()), render_agreement_markdown(example())
    assert markdown.startswith("## cascade-1 against the labels by anna: 300 answers of run nightly\n")
    for percent in set(re.findall(r"\d+\.\d%", text)):
        assert percent in markdown


def test_colour_changes_no_character_that_is_seen() -> None:
    plain, coloured = (render_agreement(example(), colour=colour) for colour in (False, True))
    assert "\x1b[" in coloured
    # Inside a style, blanks at the end of a line stay.
    assert [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()] == plain.splitlines()


@pytest.mark.parametrize("build", [example, hostile, nothing])
def test_the_file_is_canonical_and_fits_its_schema(build: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    data = agreement_bytes(build())
    assert data.isascii()
    assert data.endswith(b"}\n")
    assert msgspec.json.decode(data, type=Agreement) == build()
    contents = json.loads(data)
    assert contents["schema"] == "evaluator/agreement/1"
    schema = jsonschema.Draft202012Validator(json.loads(json_schema("agreement")))
    schema.validate(contents)
    assert not schema.is_valid({**contents, "schema": "evaluator/agreement/2"})


def test_the_order_of_names_does_not_change_the_bytes() -> None:
    found = example()
    turned = example(by_model=dict(reversed(found.by_model.items())))
    assert agreement_bytes(turned) == agreement_bytes(found)


def test_a_number_that_json_cannot_hold_is_refused() -> None:
    figure = msgspec.structs.replace(example().overall.gwet_ac1, value=float("nan"))
    broken = example(overall=msgspec.structs.replace(example().overall, gwet_ac1=figure))
    with pytest.raises(ValueError, match=r"gwet_ac1\.value: need a finite number"):
        agreement_bytes(broken)
