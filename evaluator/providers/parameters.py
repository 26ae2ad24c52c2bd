"""Which settings each model takes.

A provider answers a setting that its model does not take with an error, or drops it in silence. So
it is refused here before anything is sent, with what to write instead. The table holds what the
providers document; a model that it does not name may take everything, and the provider decides.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from evaluator.errors import ConfigError
from evaluator.records import ModelSettings, Sampling

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
Thinks = Literal["always", "by_default", "when_asked", "never"]


class Takes(msgspec.Struct, frozen=True, kw_only=True):
    """What a model takes in one state of mind."""

    temperature: tuple[float, float] | None = (0.0, 2.0)
    """Lowest and highest; None for a model that takes none."""
    top_p: tuple[float, float] | None = (0.0, 1.0)
    logprobs: bool = True


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What the models whose name begins like this take."""

    name: str
    """Regular expression on the name as the provider writes it; `.` and `-` in versions are one."""
    thinks: Thinks = "never"
    efforts: tuple[str, ...] = ()
    """Values of reasoning_effort that it takes."""
    plain: Takes = Takes()
    thinking: Takes = Takes()
    seed: bool = True
    schema: bool = True
    both: bool = True
    """Whether temperature and top_p go together."""

    def is_thinking(self, effort: str | None) -> bool:
        """Whether the model reasons before it answers at this effort."""
        if effort is None:
            return self.thinks in {"always", "by_default"}
        return effort != "none"


_NO_SAMPLING = Takes(temperature=None, top_p=None)
_NOTHING = Takes(temperature=None, top_p=None, logprobs=False)
_CLAUDE = Takes(temperature=(0.0, 1.0), logprobs=False)
_CLAUDE_THINKING = Takes(temperature=None, top_p=(0.95, 1.0), logprobs=False)
_ALL_BUT_NONE = EFFORTS[1:]

RULES: dict[str, tuple[Rule, ...]] = {
    "openai": (
        Rule(name=r"o\d|gpt-5(?!\.\d)|gpt-6", thinks="always", efforts=_ALL_BUT_NONE, thinking=_NOTHING),
        Rule(name=r"gpt-5\.[1-4](?!\d)", thinks="when_asked", efforts=EFFORTS, thinking=_NOTHING),
        Rule(name=r"gpt-5\.\d", thinks="by_default", efforts=EFFORTS, thinking=_NOTHING),
        Rule(name=r"gpt-[34]|chatgpt"),
        Rule(name="", thinks="when_asked", efforts=EFFORTS),
    ),
    "anthropic": (
        Rule(
            name=r"claude-opus-4\.6|claude-sonnet-4\.6",
            thinks="when_asked",
            efforts=("none", "low", "medium", "high", "max"),
            plain=_CLAUDE,
            thinking=_CLAUDE_THINKING,
            seed=False,
            both=False,
        ),
        Rule(
            name=r"claude-(?:opus|sonnet|haiku)-[1-3]|claude-(?:opus|sonnet|haiku)-4(?:\.[0-5])?(?![\d.])|claude-[1-3]",
            plain=_CLAUDE,
            seed=False,
            both=False,
        ),
        Rule(
            name="",
            thinks="when_asked",
            efforts=("none", "low", "medium", "high", "xhigh", "max"),
            plain=_NOTHING,
            thinking=_NOTHING,
            seed=False,
        ),
    ),
    "gemini": (
        Rule(name=r"gemini-[3-9](?:\.\d+)?-pro", thinks="always", efforts=("low", "medium", "high")),
        Rule(name=r"gemini-[3-9]", thinks="always", efforts=("minimal", "low", "medium", "high")),
        Rule(name=""),
    ),
    "deepseek": (
        Rule(
            name="",
            thinks="by_default",
            efforts=("none", "low", "high", "max"),
            thinking=_NO_SAMPLING,
            seed=False,
            schema=False,
        ),
    ),
    "moonshot": (
        Rule(
            name=r"kimi-k2\.\d",
            thinks="by_default",
            efforts=("none",),
            plain=Takes(temperature=(0.6, 0.6), top_p=None),
            thinking=Takes(temperature=(1.0, 1.0), top_p=None),
            seed=False,
        ),
        Rule(name=r"kimi-k3", thinks="by_default", efforts=("low", "high", "max"), thinking=_NO_SAMPLING, seed=False),
        Rule(name="", seed=False),
    ),
    "minimax": (
        Rule(
            name=r"minimax-m2",
            thinks="always",
            thinking=Takes(temperature=(0.01, 1.0), logprobs=False),
            seed=False,
            schema=False,
        ),
        Rule(
            name="",
            thinks="by_default",
            efforts=("none",),
            plain=Takes(temperature=(0.01, 1.0), logprobs=False),
            thinking=Takes(temperature=(0.01, 1.0), logprobs=False),
            seed=False,
            schema=False,
        ),
    ),
}
RULES["ollama"] = (Rule(name="", thinks="when_asked", efforts=("none", "low", "medium", "high")),)
FAMILY_OF_AUTHOR = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "gemini",
    "deepseek": "deepseek",
    "moonshotai": "moonshot",
    "minimax": "minimax",
}
"""Whose rules hold for a model that OpenRouter passes on."""
_VERSION = re.compile(r"(?<=\d)-(?=\d{1,2}(?!\d))")


def rule_for(family: str, name: str) -> Rule:
    """Return the rule of a model.

    >>> rule_for("anthropic", "claude-opus-4-7").plain.temperature is None
    True
    >>> rule_for("anthropic", "claude-opus-4.6").plain.temperature
    (0.0, 1.0)
    """
    plain = _VERSION.sub(".", name.casefold())
    return next((rule for rule in RULES.get(family, ()) if re.match(rule.name, plain)), Rule(name=""))


def takes_in_words(rule: Rule) -> str:
    """Say what the models of a rule take.

    >>> takes_in_words(rule_for("moonshot", "kimi-k2.6"))
    'reasons unless told not to; temperature 1 (0.6 without reasoning), no top_p; effort none; no seed'
    >>> takes_in_words(rule_for("openai", "gpt-4.1"))
    'temperature 0-2, top_p'
    """
    said = {"always": ["always reasons"], "by_default": ["reasons unless told not to"], "when_asked": ["can reason"]}
    words = said.get(rule.thinks, [])
    usual = rule.thinking if rule.is_thinking(None) else rule.plain
    temperature = _temperature_in_words(usual)
    if rule.is_thinking(None) and rule.plain.temperature != usual.temperature and "none" in rule.efforts:
        temperature += f" ({_temperature_in_words(rule.plain).removeprefix('temperature ')} without reasoning)"
    words.append(f"{temperature}, {'top_p' if usual.top_p else 'no top_p'}")
    words += [f"effort {', '.join(rule.efforts)}"] if rule.efforts else []
    words += [] if usual.logprobs else ["no logprobs"]
    words += [] if rule.seed else ["no seed"]
    words += [] if rule.schema else ["no JSON schema"]
    return "; ".join(words)


def _temperature_in_words(takes: Takes) -> str:
    if takes.temperature is None:
        return "no temperature"
    low, high = takes.temperature
    return f"temperature {low:g}" if low == high else f"temperature {low:g}-{high:g}"


def check_parameters(settings: ModelSettings, family: str, name: str) -> None:
    """Refuse a setting that the model does not take, on its own provider.

    Args:
        settings: What is asked of the model.
        family: A key of `RULES`.
        name: The model's name at its provider.

    Raises:
        ConfigError: Naming model, setting and what to write instead; nothing was sent.
    """
    rule, sampling, where = rule_for(family, name), settings.sampling, settings.id
    check_effort(settings)
    effort = sampling.reasoning_effort
    if effort is not None and effort not in rule.efforts:
        allowed = ", ".join(repr(each) for each in rule.efforts)
        advice = f"need one of {allowed} or nothing" if rule.efforts else "it takes none; remove it"
        raise _refusal(where, "reasoning_effort", f"{advice}, got {effort!r}")
    if sampling.seed is not None and not rule.seed:
        raise _refusal(where, "seed", "it takes none; remove it")
    if settings.structured_output and not rule.schema:
        raise _refusal(where, "structured_output", "it binds no reply to a JSON schema; remove it")
    check_sampling(where, rule, sampling)


def check_routed_parameters(settings: ModelSettings, family: str, name: str) -> None:
    """Refuse what the model takes on no host: hosts differ in the rest, and routing excludes those without it.

    Raises:
        ConfigError: Naming model, setting and what to write instead; nothing was sent.
    """
    rule, sampling = rule_for(family, name), settings.sampling
    check_effort(settings)
    if sampling.reasoning_effort == "none" and rule.thinks == "always":
        raise _refusal(settings.id, "reasoning_effort", "it always reasons; remove it, got 'none'")
    # Some hosts of a model give logprobs though its maker does not.
    check_sampling(settings.id, rule, msgspec.structs.replace(sampling, logprobs=None))


def check_effort(settings: ModelSettings) -> None:
    """Refuse a reasoning effort that no provider knows.

    Raises:
        ConfigError: Naming the known ones.
    """
    effort = settings.sampling.reasoning_effort
    if effort is not None and effort not in EFFORTS:
        raise _refusal(settings.id, "reasoning_effort", f"need one of {', '.join(EFFORTS)}, got {effort[:50]!r}")


def check_sampling(where: str, rule: Rule, sampling: Sampling) -> None:
    """Refuse temperature, top_p and logprobs where the model does not take them.

    Raises:
        ConfigError: Naming model, setting and what to write instead.
    """
    is_thinking = rule.is_thinking(sampling.reasoning_effort)
    takes = rule.thinking if is_thinking else rule.plain
    for name, value, bounds in (
        ("temperature", sampling.temperature, takes.temperature),
        ("top_p", sampling.top_p, takes.top_p),
    ):
        if value is None:
            continue
        if bounds is None:
            raise _refusal(where, name, f"it takes none{_way_out(rule, is_thinking, name)}, got {value:g}")
        low, high = bounds
        if not low <= value <= high:
            need = f"{low:g}" if low == high else f"a number from {low:g} to {high:g}"
            raise _refusal(where, name, f"need {need} or nothing, got {value:g}")
    if sampling.logprobs and not takes.logprobs:
        raise _refusal(where, "logprobs", f"it gives none{_way_out(rule, is_thinking, 'logprobs')}")
    if not rule.both and sampling.temperature is not None and sampling.top_p is not None:
        raise _refusal(where, "top_p", "it takes temperature or top_p, not both; remove one")


def _way_out(rule: Rule, is_thinking: bool, name: str) -> str:
    plain = {"temperature": rule.plain.temperature, "top_p": rule.plain.top_p, "logprobs": rule.plain.logprobs}
    can_stop = is_thinking and rule.thinks in {"by_default", "when_asked"} and "none" in rule.efforts and plain[name]
    if can_stop:
        return ' while it reasons; remove it, or write reasoning_effort = "none"'
    return "; remove it"


def _refusal(where: str, name: str, problem: str) -> ConfigError:
    return ConfigError(f"{where}: {name}: {problem} (what [sampling] says goes to every model)")
