"""Results beside the summary: what one asks of a run after it is done."""

from __future__ import annotations

from evaluator.records import Label, Record

AGREEMENT_SCHEMA = "evaluator/agreement/1"
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
