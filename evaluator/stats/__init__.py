"""Verdicts to estimates: records in, records out; no file, no clock, no hidden chance."""

from evaluator.stats.judges import judge_uses
from evaluator.stats.summary import People, summarise

__all__ = ["People", "judge_uses", "summarise"]
