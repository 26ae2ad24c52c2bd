"""Which models are kin: a model prefers its own words, so it should not grade them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evaluator.errors import ConfigError
from evaluator.records import ModelSettings

FAMILIES = {
    "openai": ("openai", "gpt", "chatgpt", "o", "codex"),
    "claude": ("anthropic", "claude"),
    "google": ("google", "gemini", "gemma"),
    "moonshot": ("moonshotai", "moonshot", "kimi"),
    "deepseek": ("deepseek",),
    "minimax": ("minimax", "abab"),
    "qwen": ("qwen", "qwq", "qvq"),
    "llama": ("llama", "codellama"),
    "mistral": ("mistralai", "mistral", "mixtral", "ministral", "magistral", "codestral", "devstral", "pixtral"),
    "glm": ("glm", "chatglm"),
    "grok": ("grok",),
    "phi": ("phi",),
    "olmo": ("olmo",),
    "granite": ("granite",),
    "command": ("cohere", "command"),
    "smollm": ("smollm",),
}
_FAMILY_OF = {word: family for family, words in FAMILIES.items() for word in words}
# "o3", but not the o of "4o" or "minicpm-o".
_WORDS = re.compile(r"o(?=\d)|[a-z]{2,}")


def families_of(model_id: str) -> frozenset[str]:
    """Return the families that a model id names.

    A family is named by a word of the last part of the id, or by the maker's part before it. A
    distilled model is of both its families. A name that says nothing has no family.

    >>> sorted(families_of("openrouter/deepseek/deepseek-r1-distill-llama-70b"))
    ['deepseek', 'llama']
    >>> families_of("openrouter/anthropic/claude-opus-4-8") == families_of("anthropic/claude-haiku")
    True
    >>> families_of("server/m")
    frozenset()
    """
    *makers, name = model_id.lower().replace("\\", "/").split("/")
    words = [*makers, *_WORDS.findall(name)]
    return frozenset(_FAMILY_OF[word] for word in words if word in _FAMILY_OF)


def refuse_self_grading(judges: Sequence[ModelSettings], models: Sequence[ModelSettings]) -> None:
    """Refuse a judge that is a model under test or of its family.

    Raises:
        ConfigError: Naming both; nothing was sent.
    """
    for judge in judges:
        for model in models:
            kinship = _kinship(judge, model)
            if kinship:
                raise ConfigError(
                    f"judge {judge.id!r} would grade {model.id!r}: {kinship}; "
                    "take another judge, or say --allow-self-grading"
                )


def _kinship(judge: ModelSettings, model: ModelSettings) -> str:
    if judge.id.casefold() == model.id.casefold():
        return "they are the same model"
    if _name(judge) == _name(model):
        return "they have the same name"
    shared = families_of(judge.id) & families_of(model.id)
    return f"both are of the family {min(shared)}" if shared else ""


def _name(settings: ModelSettings) -> str:
    return settings.id.casefold().rpartition("/")[2]
