"""Findings against a policy: pass, fail or undecided, never a guess."""

from evaluator.gate.decide import Ruling, decide
from evaluator.gate.result import overall

__all__ = ["Ruling", "decide", "overall"]
