"""The trained classifier: weights from a file, applied to the features of an answer."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from evaluator.graders.classifier.features import answer_features
from evaluator.graders.stance import Stance
from evaluator.record import Record
from evaluator.records import AbstentionKind

ReplyKind = Literal["answers", "hedged_answer", "disclaimed_answer", AbstentionKind]
WEIGHTS_FILE = "weights.json"


class Weights(Record, frozen=True):
    """A multinomial logistic regression over binary features."""

    version: str
    kinds: tuple[ReplyKind, ...]
    bias: tuple[float, ...]
    """Per kind."""
    temperature: float
    """Scores are divided by it, so that probabilities are calibrated (Guo et al. 2017, arXiv:1706.04599)."""
    features: dict[str, tuple[float, ...]]
    """Per feature, one weight per kind."""


@cache
def load_weights() -> Weights:
    """Read the weights that ship with the package."""
    return msgspec.json.decode(files(__package__).joinpath(WEIGHTS_FILE).read_bytes(), type=Weights)


def reply_probabilities(weights: Weights, stance: Stance, question: str) -> dict[ReplyKind, float]:
    """Give the probability of each kind of reply; they add up to 1.

    Args:
        weights: the trained model.
        stance: a reading of the answer with at least one sentence.
        question: the question it was given.
    """
    rows = filter(None, map(weights.features.get, answer_features(stance, question)))
    # The sums are exact, so that the order of a set does not matter.
    scores = [math.fsum(column) / weights.temperature for column in zip(weights.bias, *rows, strict=True)]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = math.fsum(powers)
    return {kind: power / total for kind, power in zip(weights.kinds, powers, strict=True)}
