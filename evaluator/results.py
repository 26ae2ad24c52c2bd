"""Results beside the summary: what one asks of a run after it is done."""

from __future__ import annotations

from evaluator.records import Label, Record

AGREEMENT_SCHEMA = "evaluator/agreement/1"
LABELS_SCHEMA = "evaluator/labels/1"
MODEL_ANNOTATOR = "llm:"
"""How the name of an annotator begins that is a model, not a person."""


class LabelsRef(Record, frozen=True, omit_defaults=False):
    """Which labels a grader was compared with, down to the bytes of their file."""

    path: str
    sha256: str
    """SHA-256 of the file as it lies on the disk."""
    annotator: str
    n_labels: int
    """Answers this annotator labelled."""
    n_without_response: int
    """Of these, labels for an answer that the run does not hold, or whose text has changed."""
    n_responses_without_label: int
    """Answers of the run that nobody labelled: they were not looked at."""

    @property
    def is_by_model(self) -> bool:
        """Whether the annotator is a model, not a person."""
        return self.annotator.startswith(MODEL_ANNOTATOR)


class Figure(Record, frozen=True, omit_defaults=False):
    """One number about the agreement of labels and verdicts, with its interval."""

    value: float | None
    """None when it is undefined; the reason says why."""
    low: float | None
    high: float | None
    n: int
    """Answers the number is computed from: its denominator where it is a share."""
    method: str
    """How the interval was made."""
    reason: str | None
    """Why the value or its interval is missing."""


class ClassFigures(Record, frozen=True, omit_defaults=False):
    """How well the grader finds one label; each figure lies in [0, 1]."""

    n_gold: int
    n_verdicts: int
    precision: Figure
    """Of the answers the grader gives this label, the share the annotator gives it too."""
    recall: Figure
    """Of the answers the annotator gives this label, the share the grader gives it too."""
    f1: Figure


class AgreementFigures(Record, frozen=True, omit_defaults=False):
    """How far verdicts agree with labels, over one set of answers."""

    n: int
    """Answers with a label and a verdict; every figure is about these."""
    n_ungraded: int
    """Labelled answers the grader left ungraded: in no figure."""
    n_clusters: int
    table: tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
    """Rows the annotator's label, columns the verdict, both in the order correct, wrong, abstained."""
    percent_agreement: Figure
    """Share of the answers with the same label, in [0, 1]."""
    correct_or_not: Figure
    """Share with the same answer to "is it correct?": for label sets that do not know abstained."""
    cohen_kappa: Figure
    gwet_ac1: Figure
    macro_f1: Figure
    """Mean F1 of the classes that occur among the labels."""
    classes: dict[Label, ClassFigures]
    notes: tuple[str, ...]


class Agreement(Record, frozen=True, omit_defaults=False):
    """How far a grader agrees with labels given by somebody else."""

    run_id: str
    grader: str
    labels: LabelsRef
    level: float
    """Target coverage of every interval."""
    n_compared: int
    n_ungraded: int
    """Labelled answers the grader left ungraded; they are counted here and in no class."""
    ungraded: dict[str, int]
    """Why they are ungraded."""
    overall: AgreementFigures
    by_model: dict[str, AgreementFigures]
    by_step: dict[str, AgreementFigures]
    """By the step of the grader that decided, where the grader says."""
    schema: str = AGREEMENT_SCHEMA


class AnnotatorAgreement(Record, frozen=True, omit_defaults=False):
    """How far people agree who labelled the same answers; what adjudicators settled is not counted."""

    annotators: tuple[str, ...]
    n: int
    """Answers labelled by two or more: every figure is about these."""
    n_single: int
    """Answers labelled by one; they enter AC1's chance agreement only."""
    n_clusters: int
    percent_agreement: Figure
    """Share of the pairs of labels on one answer that are the same, mean over the answers."""
    gwet_ac1: Figure
    krippendorff_alpha: Figure
    notes: tuple[str, ...]


class CellProgress(Record, frozen=True, omit_defaults=False):
    """How far the labelling of one cell of the draw is."""

    model: str
    prompt: str
    answerable: bool
    verdict: Label
    n_responses: int
    n_drawn: int
    n_labelled: int
    """Of those drawn, answers with at least one label."""


class Disagreement(Record, frozen=True, omit_defaults=False):
    """An answer that annotators label differently, and nobody has adjudicated."""

    request_id: str
    probe_id: str
    labels: dict[str, Label]
    """By annotator."""


class LabelStatus(Record, frozen=True, omit_defaults=False):
    """How far the labelling of a run is, and how far its annotators agree."""

    run_id: str
    seed: int | None
    """Of the draw; None when nothing was drawn, and for all that follows from it."""
    allocation: str | None
    has_same_verdicts: bool | None
    """Whether the verdicts are still those the cells were made from."""
    cells: tuple[CellProgress, ...]
    n_drawn: int
    n_labelled: int
    """Of those drawn, answers with at least one label."""
    n_outside: int
    """Answers with a label that are not in the draw: they are in no calibration."""
    n_stale: int
    """Labels of answers whose text is not in the run any more: they count nowhere."""
    by_annotator: dict[str, int]
    """Labels by annotator, without those that settle a disagreement."""
    n_adjudicated: int
    level: float
    """Target coverage of every interval."""
    agreement: AnnotatorAgreement | None
    """None when no answer has labels by two people."""
    disagreements: tuple[Disagreement, ...]
    schema: str = LABELS_SCHEMA
