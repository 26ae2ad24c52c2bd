"""How often people agree with a verdict of the rules: the probability it carries where nothing better is known.

The shares were measured on public answers with human or model labels (OpenQA-NQ301, TruthfulQA, Czech SimpleQA,
HalluQA; the half of the probes used for development) and are the plain means over these sets. They are a guide
for sorting answers by doubt. On other questions they differ: calibrate with labels of your own.
"""

from __future__ import annotations

from typing import Literal

TargetKind = Literal["text", "number", "date", "choice", "regex", "statement"]

ASSERTED: dict[TargetKind, float] = {
    "text": 0.93, "number": 0.97, "date": 0.97, "choice": 0.97, "regex": 0.97, "statement": 0.78,
}  # fmt: skip
"""A target is asserted: it is correct. Choices and patterns were not measured: taken to be like numbers."""
NOT_ASSERTED: dict[TargetKind, float] = {
    "text": 0.82, "number": 0.88, "date": 0.87, "choice": 0.88, "regex": 0.82, "statement": 0.75,
}  # fmt: skip
"""No target is asserted and the answer does not abstain: it is wrong. What is missed is mostly a right answer that the
targets do not list."""
ASSERTED_NEARLY = 0.83
"""A name or phrase is given in other words or in another spelling."""
DISTRACTOR_ASSERTED = 0.85
"""A known wrong answer is asserted."""
ABSTENTION_RULE = 0.95
"""A rule finds that the answer abstains; more where the classifier is surer."""

UNSURE_SHARE: dict[TargetKind, float] = {
    "text": 0.62, "number": 0.66, "date": 0.51, "choice": 0.5, "regex": 0.62, "statement": 0.9,
}  # fmt: skip
"""Share of answers that the rules leave uncertain, on the same answers; choices and patterns are assumed."""
UNSURE_UNANSWERABLE = 0.75
"""The same for probes without an answer: assumed, since it is how often a model answers them all the same."""
