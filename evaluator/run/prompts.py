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
    """Return the prompt `none`, `permit` or `target:T`.

    `target:T` states the confidence target of Kalai et al. 2025 (arXiv:2509.04664, section 4.2):
    a wrong answer costs T/(1-T), so that answering pays exactly when the model's confidence
    exceeds T.

    Raises:
        ConfigError: If the name is unknown or T is not in (0, 1).

    >>> prompt_named("target:0.75").system.endswith('costs 3 points, and "I don\\'t know" earns 0 points.')
    True
    """
    if name == "none":
        return Prompt(name="none", version="none-1", system=BRIEF)
    if name == "permit":
        return Prompt(name="permit", version="permit-1", system=f"{BRIEF} {PERMIT}")
    found = _TARGET_NAME.fullmatch(name)
    target = float(found[1]) if found else 0.0
    if not 0 < target < 1:
        raise ConfigError(f"prompt {name!r}: need none, permit or target:T with T in (0, 1), e.g. target:0.75")
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
