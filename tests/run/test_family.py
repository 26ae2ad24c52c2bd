"""Kin does not grade kin."""

from __future__ import annotations

import pytest

from evaluator.errors import ConfigError
from evaluator.records import ModelSettings
from evaluator.run.family import families_of, refuse_self_grading


@pytest.mark.parametrize(
    ("judge", "model"),
    [
        ("server/m", "server/m"),
        ("server/m", "server/M"),
        ("local/m", "server/m"),
        ("openrouter/anthropic/claude-opus-4-8", "server/claude-haiku"),
        ("server/gpt-4o", "openai/o3-mini"),
        ("server/openai/anything", "server/gpt-5"),
        ("server/Kimi-K2", "moonshot/kimi-k2.6"),
        ("server/deepseek-r1-distill-llama-70b", "server/Llama-3.1-8B"),
        ("server/QwQ-32B", "local/models/Qwen3-8B-Q4_K_M.gguf"),
        ("gemini/gemini-3.1-flash", "server/gemma-3-27b"),
        ("server/minimax-m2", "minimax/MiniMax-M1"),
        ("local/smollm2-135m", "server/SmolLM3-3B"),
    ],
)
def test_the_same_model_or_family_is_refused(judge: str, model: str) -> None:
    for one, two in ((judge, model), (model, judge)):
        with pytest.raises(ConfigError, match="--allow-self-grading"):
            refuse_self_grading([ModelSettings(id=one)], [ModelSettings(id=two)])


@pytest.mark.parametrize(
    ("judge", "model"),
    [
        ("server/m1", "server/m2"),
        ("server/phi-4", "server/qwen3-8b"),
        ("server/gpt-5", "anthropic/claude-opus-4-8"),
        ("server/minicpm-o", "server/gpt-4o"),
        ("server/my-judge", "server/my-model"),
    ],
)
def test_strangers_may_grade_each_other(judge: str, model: str) -> None:
    refuse_self_grading([ModelSettings(id=judge)], [ModelSettings(id=model)])


def test_a_name_that_says_nothing_has_no_family() -> None:
    assert families_of("server/model-v2") == frozenset()
