"""The contents of a report: which sections it has, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from evaluator.records import Manifest, ModelResult, ProbeSetRef, Summary
from evaluator.report import format as fmt
from evaluator.report.behaviour import behaviour_sections
from evaluator.report.confidence import confidence_sections
from evaluator.report.expense import expense_section
from evaluator.report.freshness import freshness_sections
from evaluator.report.hosts import host_sections
from evaluator.report.judges import judge_sections
from evaluator.report.lookup import SLICES, find_estimate
from evaluator.report.precision import budget_sections, validity_sections
from evaluator.report.rates import Rate, note_text, rate_section, some_labels
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Page, Row, Section, Table
from evaluator.report.topics import topic_sections

NAME_LIMIT = 300
MOST_RATE_NOTES = 12
_HALLUCINATION = tuple(Rate(slice_, "hallucination_rate", slice_) for slice_ in SLICES)
_KNOWLEDGE = (
    Rate("accuracy", "accuracy", "answerable"),
    Rate("over-abstention", "over_abstention_rate", "answerable"),
    Rate("omniscience index", "omniscience_index", "answerable", is_index=True),
)
_LABELS_LEAD = (
    "Abstained: it said it does not know, corrected the question, asked back or refused. "
    "Ungraded: no usable answer; in no rate."
)
_HALLUCINATION_LEAD = (
    "When it did not get it right, how often did it make something up? wrong / (wrong + abstained); n is that sum. "
    "Lower is better."
)
_KNOWLEDGE_LEAD = (
    "Accuracy: how often it got it right. Over-abstention: how often it declined although there is an answer. "
    "Index: 100 (correct - wrong) / n, from -100 to +100; n is all graded."
)
_CALIBRATED_LEAD = "The same rates, corrected for the grader's errors with labels by people."


def report_page(summary: Summary) -> Page:
    """Build the whole report about `summary`."""
    return Page(report_title(summary), report_facts(summary), report_sections(summary))


def report_sections(summary: Summary) -> tuple[Section, ...]:
    """Say everything a report says about `summary`, the headline first."""
    results = labelled_results(summary)
    if not results:
        return (Section("Nothing was measured", "The run has no results."), _notes(summary, results))
    return (
        _labels(results),
        rate_section("Hallucination rate", _HALLUCINATION_LEAD, results, _HALLUCINATION),
        rate_section("Probes that have an answer", _KNOWLEDGE_LEAD, results, _KNOWLEDGE),
        *_calibrated(results),
        *budget_sections(summary.budgets, results),
        *validity_sections(summary.validity, results),
        *freshness_sections(summary.freshness, results),
        *confidence_sections(summary.confidence, results),
        *behaviour_sections(results),
        *topic_sections(results),
        *judge_sections(summary.judges),
        *host_sections(results),
        expense_section(results),
        _notes(summary, results),
    )


def labelled_results(summary: Summary) -> list[tuple[str, ModelResult]]:
    """Name every result by its model, and its prompt where prompts differ; a single one needs no name."""
    if len(summary.results) == 1:
        return [("", summary.results[0])]
    has_prompts = len({result.prompt for result in summary.results}) > 1
    return [
        (safe_text(f"{r.model} · {r.prompt}" if has_prompts else r.model, limit=NAME_LIMIT), r) for r in summary.results
    ]


def report_title(summary: Summary) -> str:
    """Name the run, and the model when there is one only."""
    run = f"Run {safe_text(summary.manifest.run_id, limit=NAME_LIMIT)}"
    return f"{run}: {safe_text(summary.results[0].model, limit=NAME_LIMIT)}" if len(summary.results) == 1 else run


def report_facts(summary: Summary) -> str:
    """Say in one line what was asked, when, how often and who graded."""
    manifest = summary.manifest
    prompts = sorted({safe_text(result.prompt, limit=40) for result in summary.results} - {""})
    n_models = len({result.model for result in summary.results})
    graders = ", ".join(safe_text(grader, limit=40) for grader in manifest.graders)
    facts = [
        *_probe_sets(manifest),
        _several(n_models, "model") if len(summary.results) != 1 else "",
        _several(manifest.repeats, "repeat"),
        f"prompt {', '.join(prompts)}" if prompts else "",
        f"graded by {graders}" if graders else "",
        f"imported from {safe_text(manifest.imported_from, limit=NAME_LIMIT)}" if manifest.imported_from else "",
        safe_text(manifest.started_at, limit=40),
    ]
    return " · ".join(filter(None, facts))


def _probe_sets(manifest: Manifest) -> list[str]:
    return [
        f"{safe_text(' '.join(filter(None, (s.name, s.version))), limit=60)} ({_extent(s)})"
        for s in manifest.probe_sets
    ]


def _extent(ref: ProbeSetRef) -> str:
    if ref.sampled_from is None:
        return _several(ref.n_probes, "probe")
    return f"{fmt.count(ref.n_probes)} of {_several(ref.sampled_from, 'probe')}"


def _several(n: int, noun: str) -> str:
    return f"{fmt.count(n)} {noun}{'' if n == 1 else 's'}"


def _labels(results: Sequence[tuple[str, ModelResult]]) -> Section:
    names = ("correct", "wrong", "abstained", "ungraded")
    rows = []
    for label, result in results:
        counts = result.counts.get("all")
        cells = tuple((fmt.count(getattr(counts, name, None)),) for name in names)
        rows.append(Row(label, cells))
    columns = tuple(Column(name) for name in names)
    return Section("What became of the answers", _LABELS_LEAD, Table("model", columns, tuple(rows)))


def _calibrated(results: Sequence[tuple[str, ModelResult]]) -> tuple[Section, ...]:
    rates = [
        rate
        for rate in (*_HALLUCINATION, *_KNOWLEDGE)
        if any(find_estimate(result, rate.name, rate.slice_, calibrated=True) for _, result in results)
    ]
    parts = ([r for r in rates if r in _HALLUCINATION], [r for r in rates if r in _KNOWLEDGE])
    titles = ("Hallucination rate, corrected with human labels", "Answerable probes, corrected with human labels")
    return tuple(
        rate_section(title, _CALIBRATED_LEAD, results, part, calibrated=True)
        for title, part in zip(titles, parts, strict=True)
        if part
    )


def _notes(summary: Summary, results: Sequence[tuple[str, ModelResult]]) -> Section:
    remarks = [note_text(note) for note in summary.notes]
    on_rates = _notes_on_rates(results, frozenset(remarks))
    remarks += on_rates[:MOST_RATE_NOTES]
    if len(on_rates) > MOST_RATE_NOTES:
        remarks.append(f"{fmt.count(len(on_rates) - MOST_RATE_NOTES)} more notes on rates are in summary.json.")
    if len(results) > 1:
        remarks.append("Overlapping intervals do not rank models; only a paired comparison does.")
    return Section("Notes", remarks=(*remarks, "Every other metric, slice and definition is in summary.json."))


def _notes_on_rates(results: Sequence[tuple[str, ModelResult]], said: frozenset[str]) -> list[str]:
    holders: dict[tuple[str, str], list[str]] = {}
    for is_corrected, rate in product((False, True), (*_HALLUCINATION, *_KNOWLEDGE)):
        for label, result in results:
            estimate = find_estimate(result, rate.name, rate.slice_, calibrated=is_corrected)
            notes = estimate.notes if estimate is not None and estimate.value is not None else ()
            # What is ungraded has a section of its own, with its bounds.
            for note in (note_text(each) for each in dict.fromkeys(notes) if "ungraded" not in each):
                if note not in said:
                    title = f"{rate.title} (corrected)" if is_corrected else rate.title
                    holders.setdefault((note, title), []).append(label)
    measured: dict[tuple[str, str], list[str]] = {}
    for (note, what), labels in holders.items():
        measured.setdefault((note, some_labels(labels, len(results))), []).append(what)
    return [f"{note} ({', '.join(filter(None, (*what, who)))})" for (note, who), what in measured.items()]
