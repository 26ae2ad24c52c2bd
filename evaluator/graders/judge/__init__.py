"""The judge: a model that reads the answers on which the rules are unsure. Nothing here asks it."""

from evaluator.graders.judge.panel import joined_name, panel_verdict
from evaluator.graders.judge.rubric import JUDGE_PROMPT, judge_messages, reply_schema
from evaluator.graders.judge.vote import VoteReader

__all__ = ["JUDGE_PROMPT", "VoteReader", "joined_name", "judge_messages", "panel_verdict", "reply_schema"]
