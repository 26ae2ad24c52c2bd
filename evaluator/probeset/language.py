"""Whether a question is written in the script of its language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

from evaluator.probeset.wording import tokens_of
from evaluator.records import Probe

_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LATIN = (
    "af ca cs cy da de en es et eu fi fr ga gl hr hu id is it la lt lv ms nb nl nn no pl pt ro sk sl sq sv sw tl tr vi"
)
_SCRIPTS: dict[str, frozenset[str]] = {
    **{code: frozenset({"LATIN"}) for code in _LATIN.split()},
    "ar": frozenset({"ARABIC"}),
    "hi": frozenset({"DEVANAGARI"}),
    "ja": frozenset({"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"}),
    "ru": frozenset({"CYRILLIC"}),
    "zh": frozenset({"CJK"}),
}
MIN_SHARE = 0.5
"""Names in another script are common; a question mostly in another script is a mistake."""
MAX_KANA_IN_CHINESE = 0.1


def script_mismatch(probe: Probe) -> str | None:
    """Compare the script of the question with the language code.

    Languages are told apart by script only; codes that are not in the table are not judged.
    """
    if not _CODE.fullmatch(probe.language):
        return f"language {probe.language!r} is not a code such as en, de or zh-CN"
    language = probe.language.partition("-")[0]
    expected = _SCRIPTS.get(language)
    scripts = Counter(script for token in tokens_of(probe.question) if (script := _script_of(token)))
    if expected is None or not scripts:
        return None
    total = scripts.total()
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    is_kana_in_chinese = language == "zh" and kana > MAX_KANA_IN_CHINESE * total
    if sum(scripts[script] for script in expected) < MIN_SHARE * total or is_kana_in_chinese:
        found = max(scripts, key=lambda script: (scripts[script] if script not in expected else 0, script))
        return f"language is {probe.language}, but the question is written in {found.capitalize()} script"
    return None


def _script_of(token: str) -> str | None:
    return next((_script(char) for char in token if char.isalpha()), None)


@cache
def _script(char: str) -> str:
    return unicodedata.name(char, "UNKNOWN").partition(" ")[0]
