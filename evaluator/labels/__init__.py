"""Labels that people give to answers: which answers to label, on paper or at the terminal, and reading them back."""

from evaluator.labels.asking import Labelling, open_disagreements, open_questions
from evaluator.labels.check_sheet import LabelledRun, SheetLabels, check_annotator, check_label, sheet_labels
from evaluator.labels.draw import DrawSettings, blind_order, draw
from evaluator.labels.match import MatchedLabels, match_labels, text_sha256
from evaluator.labels.probe_draw import draw_probes
from evaluator.labels.probe_sheet import read_probe_sheet, write_probe_sheet
from evaluator.labels.read import LabelLine, LabelSet, read_labels
from evaluator.labels.sheet import (
    SheetOptions,
    question_text,
    read_design,
    sheet_bytes,
    targets_text,
    write_sheet,
)
from evaluator.labels.sheet_rows import read_sheet

__all__ = [
    "DrawSettings",
    "LabelLine",
    "LabelSet",
    "LabelledRun",
    "Labelling",
    "MatchedLabels",
    "SheetLabels",
    "SheetOptions",
    "blind_order",
    "check_annotator",
    "check_label",
    "draw",
    "draw_probes",
    "match_labels",
    "open_disagreements",
    "open_questions",
    "question_text",
    "read_design",
    "read_labels",
    "read_probe_sheet",
    "read_sheet",
    "sheet_bytes",
    "sheet_labels",
    "targets_text",
    "text_sha256",
    "write_probe_sheet",
    "write_sheet",
]
