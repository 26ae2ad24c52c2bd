"""Graders: from a response to a verdict, by rules in steps."""

from evaluator.graders.load import default_grader, load_grader
from evaluator.graders.pattern import check_patterns

__all__ = ["check_patterns", "default_grader", "load_grader"]
