"""Labels that somebody gave to answers: read from a file and joined to the responses of a run."""

from evaluator.labels.match import MatchedLabels, match_labels
from evaluator.labels.read import LabelLine, LabelSet, read_labels

__all__ = ["LabelLine", "LabelSet", "MatchedLabels", "match_labels", "read_labels"]
