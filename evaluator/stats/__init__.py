"""Verdicts to estimates: records in, records out; no file, no clock, no hidden chance."""

from evaluator.stats.judges import judge_uses
from evaluator.stats.summary import People, labelled_answers, summarise

__all__ = ["People", "judge_uses", "labelled_answers", "summarise"]
