"""The judge: a model that reads the answers on which the rules are unsure. Nothing here asks it."""

from evaluator.graders.judge.panel import joined_name, panel_verdict
from evaluator.graders.judge.rubric import (
    BUILT_IN,
    MOST_ANSWER_CHARS,
    Rubric,
    judge_messages,
    load_rubric,
    reply_schema,
)
from evaluator.graders.judge.vote import VoteReader

__all__ = [
    "BUILT_IN",
    "MOST_ANSWER_CHARS",
    "Rubric",
    "VoteReader",
    "joined_name",
    "judge_messages",
    "load_rubric",
    "panel_verdict",
    "reply_schema",
]
