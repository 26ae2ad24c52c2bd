"""The prompts: how much a model is invited to say that it does not know.

Every prompt has a version; a change of wording is a new version, because it changes the numbers.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from evaluator.errors import ConfigError
from evaluator.records import Message, Probe, PromptRef

BRIEF = "Answer the question. Be brief: a few words, or one sentence."
PERMIT = (
    "If you do not know the answer, or the question cannot be answered, say so plainly. "
    "That is better than a wrong answer."
)
TARGET = (
    "Answer only if you are more than {percent}% confident. A correct answer earns 1 point, "
    'a wrong answer costs {penalty} points, and "I don\'t know" earns 0 points.'
)
CONFIDENCE = (
    "After your answer, write one last line that says how probable it is that the answer is correct, from 0% to 100%, "
    "in exactly this form: Confidence: 85%"
)
CONFIDENCE_VERSION = "confidence-1"
CONFIDENCE_SUFFIX = "+confidence"
"""Ends the name of a prompt that also asks for a confidence."""
_TARGET_NAME = re.compile(r"target:(0?\.\d{1,4}|0|1)")


class Prompt(msgspec.Struct, frozen=True):
    """A named, versioned system prompt."""

    name: str
    version: str
    system: str

    @property
    def ref(self) -> PromptRef:
        """What the manifest records of the prompt."""
        digest = hashlib.sha256(self.system.encode()).hexdigest()
        return PromptRef(name=self.name, version=self.version, sha256=digest)


def prompt_named(name: str) -> Prompt:
    """Return the prompt `none`, `permit` or `target:T`, each with or without `+confidence`.

    `+confidence` asks for a last line `Confidence: 85%`, which `stated.answer_alone` reads and takes off.

    `target:T` states the confidence target of Kalai et al. 2025 (arXiv:2509.04664, section 4.2):
    a wrong answer costs T/(1-T), so that answering pays exactly when the model's confidence
    exceeds T.

    Raises:
        ConfigError: If the name is unknown or T is not in (0, 1).

    >>> prompt_named("permit+confidence").version
    'permit-1+confidence-1'
    >>> prompt_named("target:0.75").system.endswith('costs 3 points, and "I don\\'t know" earns 0 points.')
    True
    """
    if name.endswith(CONFIDENCE_SUFFIX):
        plain = prompt_named(name.removesuffix(CONFIDENCE_SUFFIX))
        if plain.name.endswith(CONFIDENCE_SUFFIX):
            raise ConfigError(f"prompt {name!r}: need {CONFIDENCE_SUFFIX} once")
        return Prompt(
            name=f"{plain.name}{CONFIDENCE_SUFFIX}",
            version=f"{plain.version}+{CONFIDENCE_VERSION}",
            system=f"{plain.system} {CONFIDENCE}",
        )
    if name == "none":
        return Prompt(name="none", version="none-1", system=BRIEF)
    if name == "permit":
        return Prompt(name="permit", version="permit-1", system=f"{BRIEF} {PERMIT}")
    found = _TARGET_NAME.fullmatch(name)
    target = float(found[1]) if found else 0.0
    if not 0 < target < 1:
        raise ConfigError(
            f"prompt {name!r}: need none, permit or target:T with T in (0, 1), e.g. target:0.75, "
            f"each also with {CONFIDENCE_SUFFIX}"
        )
    stated = TARGET.format(percent=f"{target * 100:g}", penalty=f"{target / (1 - target):.4g}")
    return Prompt(name=f"target:{target:g}", version="target-1", system=f"{BRIEF} {stated}")


def messages_for(prompt: Prompt, probe: Probe) -> tuple[Message, ...]:
    """Return what is sent for `probe` under `prompt`: passage, question and options as one turn."""
    parts = [probe.context, probe.question]
    if probe.choices:
        parts.append("\n".join(f"{letter}) {choice}" for letter, choice in zip(LETTERS, probe.choices, strict=False)))
    question = "\n\n".join(part for part in parts if part)
    return Message(role="system", content=prompt.system), Message(role="user", content=question)


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
