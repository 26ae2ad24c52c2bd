from __future__ import annotations

from typing import Any

import msgspec
import pytest

from evaluator.records import Summary
from evaluator.report.contents import report_facts, report_sections, report_title
from evaluator.report.section import Section
from tests.report import example

Z4 = (0, 0, 0, 0)


def sections(summary: Summary) -> dict[str, Section]:
    return {section.title: section for section in report_sections(summary)}


def cells(section: Section) -> dict[str, tuple[tuple[str, ...], ...]]:
    assert section.table is not None
    return {row.label: row.cells for row in section.table.rows}


def with_first(summary: Summary, **fields: Any) -> Summary:
    first = msgspec.structs.replace(summary.results[0], **fields)
    return msgspec.structs.replace(summary, results=(first, *summary.results[1:]))


def test_one_model_is_named_in_the_title_and_its_rates_stand_below_each_other() -> None:
    summary = example.one_model()
    assert report_title(summary) == "Run 2026-11-23-first: openrouter/moonshotai/kimi-k2.6"
    rates = cells(sections(summary)["Hallucination rate"])
    assert rates["answerable"] == (("65.0%", "[54.1, 74.5]", "80"),)
    assert list(rates) == ["all", "answerable", "unanswerable"]


def test_the_prompt_is_named_in_every_row_only_when_prompts_differ() -> None:
    same = [example.model_result("m", Z4, Z4, prompt="none") for _ in range(2)]
    mixed = [example.model_result("m", Z4, Z4, prompt=p) for p in ("none", "permit")]
    assert list(cells(sections(example.summary_of(*same))["Hallucination rate"])) == ["m"]
    assert list(cells(sections(example.summary_of(*mixed))["Hallucination rate"])) == ["m · none", "m · permit"]
    assert "1 model · 1 repeat · prompt none, permit" in report_facts(example.summary_of(*mixed))


def test_two_results_of_one_name_keep_their_own_figures() -> None:
    results = [example.model_result("m", (50, n, 10, 0), Z4) for n in (10, 30)]
    table = sections(example.summary_of(*results))["Hallucination rate"].table
    assert table is not None
    assert [row.cells[0][0] for row in table.rows] == ["50.0%", "75.0%"]


def test_counts_that_were_not_made_are_unknown_and_not_zero() -> None:
    shown = cells(sections(with_first(example.one_model(), counts={}))["What became of the answers"])
    assert shown[""] == (("unknown",),) * 4


def test_an_undefined_rate_says_why_once_for_all_slices() -> None:
    section = sections(example.undefined())["Hallucination rate"]
    assert cells(section)["all"] == (("n/a", "", "0"),)
    assert section.remarks == ("n/a (all, answerable, unanswerable): no response was wrong or abstained",)


def test_an_estimate_that_was_not_made_is_not_measured() -> None:
    section = sections(with_first(example.two_models(), estimates=()))["Hallucination rate"]
    assert "n/a (all, answerable, unanswerable, openrouter/moonshotai/kimi-k2.6): not measured" in section.remarks


def test_many_models_without_a_rate_are_counted_and_not_listed() -> None:
    results = [example.model_result(f"m{i}", (9, i // 3, 0, 0), Z4) for i in range(4)]
    remarks = sections(example.summary_of(*results))["Hallucination rate"].remarks
    assert remarks[0].startswith("n/a (all, answerable, 3 of 4 models): ")
    assert remarks[1].startswith("n/a (unanswerable, all models): ")


def test_corrected_rates_show_their_labels_or_why_they_are_refused() -> None:
    section = sections(example.two_models())["Hallucination rate, corrected with human labels"]
    assert section.table is not None
    assert section.table.columns[0].parts == ("value", "95% interval", "labels")
    assert cells(section)["openrouter/moonshotai/kimi-k2.6"][0][2] == "120"
    assert any("needs 10 labels of each verdict, got 4" in remark for remark in section.remarks)


def test_without_labels_there_is_no_word_of_correction() -> None:
    assert not any("corrected" in title for title in sections(example.one_model()))


@pytest.mark.parametrize(("level", "shown"), [(0.95, "95% interval"), (0.9, "90% interval"), (0.995, "99.5% interval")])
def test_the_level_of_the_interval_is_the_one_computed(level: float, shown: str) -> None:
    estimates = tuple(msgspec.structs.replace(e, level=level) for e in example.one_model().results[0].estimates)
    table = sections(with_first(example.one_model(), estimates=estimates))["Hallucination rate"].table
    assert table is not None
    assert table.columns[0].parts[1] == shown


def test_notes_of_headline_figures_are_shown_with_what_they_are_about() -> None:
    estimates = tuple(
        msgspec.structs.replace(e, notes=("few clusters",)) for e in example.one_model().results[0].estimates
    )
    remarks = sections(with_first(example.one_model(), estimates=estimates))["Notes"].remarks
    assert remarks[0] == ("few clusters (all, answerable, unanswerable, accuracy, over-abstention, omniscience index)")


def test_many_different_notes_on_rates_are_cut_and_counted() -> None:
    estimates = tuple(
        msgspec.structs.replace(e, notes=tuple(f"{e.slice} {i}" for i in range(9)))
        for e in example.one_model().results[0].estimates
    )
    remarks = sections(with_first(example.one_model(), estimates=estimates))["Notes"].remarks
    assert remarks[-2] == "15 more notes on rates are in summary.json."
    assert len(remarks) == 14


def test_an_import_names_its_file() -> None:
    manifest = msgspec.structs.replace(example.one_model().manifest, imported_from="dir/\x1bx.jsonl")
    facts = report_facts(msgspec.structs.replace(example.one_model(), manifest=manifest))
    assert r"imported from dir/\x1bx.jsonl" in facts


def test_a_result_in_which_everything_is_empty_is_still_shown() -> None:
    summary = with_first(
        example.one_model(), counts={}, estimates=(), outcomes={}, ungraded={}, tallies={}, n_planned=0, prompt=""
    )
    manifest = msgspec.structs.replace(summary.manifest, graders=(), probe_sets=(), models=())
    summary = msgspec.structs.replace(summary, manifest=manifest)
    assert cells(sections(summary)["Hallucination rate"])["all"] == (("n/a", "", ""),)
    assert report_facts(summary) == "1 repeat · 2026-11-23T09:30:00+00:00"
