"""Which rows of a run have a label that a calibration may rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evaluator.gold_labels import GoldSet, final_labels, opinions
from evaluator.label_design import LabelDesign, verdicts_sha256
from evaluator.records import Label, Manifest
from evaluator.results import MODEL_ANNOTATOR
from evaluator.stats.calibration.conditions import DEFAULT_THRESHOLDS, Condition, Thresholds, refusal, warning

FEWEST_TWICE = 10
"""Answers that several people labelled from which their agreement says something."""
_DRAW_AGAIN = "draw again: evaluator label draw RUN; labels of unchanged answers are kept"


@dataclass(frozen=True, slots=True)
class UsableLabels:
    """One label per response that was drawn and labelled, and what was left out."""

    by_request: Mapping[str, Label]
    conditions: tuple[Condition, ...]
    """Refusals mean that no label may be used."""
    notes: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        """Whether a condition forbids to calibrate the run at all."""
        return any(condition.refuses for condition in self.conditions)


def usable_labels(
    gold: GoldSet,
    manifest: Manifest,
    verdicts: Mapping[str, Label],
    limits: Thresholds = DEFAULT_THRESHOLDS,
) -> UsableLabels:
    """Choose the labels a calibration may rest on: of drawn responses, by people, one per response.

    Where several people labelled a response the adjudicator's label counts, else the majority's;
    without a majority the response counts as not labelled.

    Args:
        gold: Labels whose response still has the text that was labelled, and the draw.
        manifest: Of the run.
        verdicts: The label of every graded response, by request id.
        limits: When to refuse or warn.
    """
    by_people = tuple(label for label in gold.labels if not label.annotator.startswith(MODEL_ANNOTATOR))
    found = _run_refusal(gold.design, manifest, verdicts)
    if found is not None or gold.design is None:
        return UsableLabels({}, (found,) if found else (), ())
    drawn = gold.design.drawn
    of_drawn = tuple(label for label in by_people if label.request_id in drawn)
    final = final_labels(of_drawn)
    graded = {request_id: label for request_id, label in final.by_request.items() if request_id in verdicts}
    notes = (
        *_count_note(len(gold.labels) - len(by_people), "given by a model, not by a person"),
        *_count_note(len(by_people) - len(of_drawn), "of responses that were not drawn"),
        *_count_note(gold.n_stale, "given to a text that is not in the run any more"),
        *_tie_notes(len(final.open)),
    )
    said = opinions(of_drawn)
    n_annotators = len({name for each in said.values() for name in each})
    conditions = (*_warnings(len(graded), len(drawn), n_annotators, limits), *_human_warning(said.values(), limits))
    return UsableLabels(graded, conditions, notes)


def graders_behind(manifest: Manifest) -> tuple[str, ...]:
    """Name the graders, the judges and the judges' prompt, as the design of a draw does."""
    prompt = manifest.judge_prompt
    named = (f"{prompt.version} {prompt.sha256}",) if prompt is not None and manifest.judges else ()
    return (*manifest.graders, *(judge.id for judge in manifest.judges), *named)


def _run_refusal(design: LabelDesign | None, manifest: Manifest, verdicts: Mapping[str, Label]) -> Condition | None:
    if design is None or not design.drawn:
        sentence = "labels need a recorded random draw, got none: labels picked by hand say nothing of the others"
        return refusal("no_design", sentence, "draw responses first: evaluator label draw RUN")
    if design.run_id != manifest.run_id:
        sentence = f"labels drawn from run {manifest.run_id} needed, got a draw from {design.run_id}"
        return refusal("other_run", sentence, "use the gold.jsonl of this run")
    graders = graders_behind(manifest)
    if design.graders != graders:
        sentence = (
            f"the draw was made by verdicts of {', '.join(design.graders) or 'no grader'}; "
            f"those of this run are by {', '.join(graders)}"
        )
        return refusal("stale_graders", sentence, _DRAW_AGAIN)
    if design.verdicts_sha256 != verdicts_sha256(_pairs(verdicts)):
        sentence = "the verdicts or the answers changed after the draw, so its cells are not those of today"
        return refusal("stale_verdicts", sentence, _DRAW_AGAIN)
    return None


def _pairs(verdicts: Mapping[str, Label]) -> Iterable[tuple[str, str]]:
    # A million items of a mapping that looks each of them up are slow.
    pairs = getattr(verdicts, "pairs", verdicts.items)
    return pairs()


def _warnings(n_labelled: int, n_drawn: int, n_annotators: int, limits: Thresholds) -> Iterable[Condition]:
    if n_labelled and n_labelled < limits.labelled_share * n_drawn:
        sentence = f"{n_labelled} of {n_drawn} drawn responses are labelled"
        yield warning("unfinished_labels", sentence, "unbiased only if those without a label are not the hard ones")
    if n_labelled and n_annotators < 2:
        sentence = "all labels are by one person, whose errors are taken as the truth"
        yield warning("one_annotator", sentence, "have a fifth of them labelled twice")


def _human_warning(said: Iterable[Mapping[str, Label]], limits: Thresholds) -> Iterable[Condition]:
    twice = [each for each in said if len(each) > 1]
    n_apart = sum(len(set(each.values())) > 1 for each in twice)
    if len(twice) >= FEWEST_TWICE and n_apart > limits.max_human_disagreement * len(twice):
        sentence = (
            f"people differ on {n_apart} of {len(twice)} answers that several labelled, "
            f"above {limits.max_human_disagreement:.0%}"
        )
        yield warning("annotators_disagree", sentence, "the rate is conditional on how these people decide")


def _count_note(n: int, what: str) -> tuple[str, ...]:
    return (f"{n} {'label' if n == 1 else 'labels'} left out of the calibration: {what}",) if n else ()


def _tie_notes(n: int) -> tuple[str, ...]:
    return (
        (f"{n} labelled {'response' if n == 1 else 'responses'} left out: no majority of the annotators",) if n else ()
    )
