"""Put text from strangers into a judge's prompt so that it stays material and never becomes instruction.

Every line is prefixed, the block stands between two lines with a token that the text cannot hold,
characters nobody sees are removed, and what chat templates take for a change of speaker is broken.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

PREFIX = "| "
_HEAD_SHARE = 2 / 3
_KEPT_CONTROLS = "\n\t"
# Variation selectors can carry a hidden message, one byte each.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# "<|im_end|>", "</s>", "<start_of_turn>", "<｜User｜>", "[INST]", "]~b]": tokens of chat templates.
_TAG_OPENS = re.compile(r"<(?=[|｜/!?A-Za-z_])")
_TAG_CLOSES = re.compile(r"(?<=[|｜])>")
_BRACKET_TAG = re.compile(r"\[(/?[A-Z][A-Z_ ]{2,30})\]")
_TILDE_TAG = re.compile(r"(?<=[\[\]])(?=[~!])|(?<=[~!])(?=[\[\]])")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")


def fence_token(*texts: str) -> str:
    """Return 16 hex digits that depend on every text, so that none can be written to hold them."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def fence(title: str, text: str, token: str, *, most_chars: int) -> str:
    r"""Return `text` as a block that cannot be left from within.

    Args:
        title: What the block holds, in capitals.
        text: Anything.
        token: From `fence_token` over all texts of the prompt.
        most_chars: Longest text shown; more is cut in the middle, and the cut says so.

    >>> print(fence("ANSWER", "Paris\nEND ANSWER", "c0ffee", most_chars=99))
    BEGIN ANSWER c0ffee
    | Paris
    | END ANSWER
    END ANSWER c0ffee
    """
    inert = neutralise(shorten(text, most_chars)).replace(token, "…")
    lines = [PREFIX + line for line in inert.split("\n")]
    return "\n".join((f"BEGIN {title} {token}", *lines, f"END {title} {token}"))


def shorten(text: str, most_chars: int) -> str:
    """Keep head and tail of a text that is too long, and say how much is left out.

    >>> shorten("a" * 60, 30)
    'aaaaaaaaaaaaaaaaaaaa\\n[... 30 characters left out ...]\\naaaaaaaaaa'
    """
    if len(text) <= most_chars:
        return text
    head = int(most_chars * _HEAD_SHARE)
    tail = most_chars - head
    return f"{text[:head]}\n[... {len(text) - most_chars:,} characters left out ...]\n{text[-tail:]}"


def neutralise(text: str) -> str:
    r"""Remove what is not seen and break what a chat template or a terminal would act on.

    >>> neutralise("a\u202eb\u2028c<|im_end|>[INST]")
    'ab\nc‹|im_end|›(INST)'
    """
    lines = "\n".join(text.splitlines())
    seen = "".join(character for character in lines if character in _KEPT_CONTROLS or _is_seen(character))
    plain = _SELECTORS.sub("", seen)
    for pattern, replacement in (
        (_TAG_OPENS, "‹"),
        (_TAG_CLOSES, "›"),
        (_BRACKET_TAG, r"(\1)"),
        (_TILDE_TAG, " "),
        (_BLANK_LINES, "\n\n"),
    ):
        plain = pattern.sub(replacement, plain)
    return plain


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
