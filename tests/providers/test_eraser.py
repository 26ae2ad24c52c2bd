"""A key that a server repeats is blotted out in every form that decoding would bring back."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluator.providers.eraser import LEAST_SECRET, KeyEraser
from evaluator.providers.wires.reading import decode

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=LEAST_SECRET, max_size=60)


def escaped(key: str, forms: list[int]) -> str:
    """The key as the inside of a JSON string, each letter in one of the forms JSON has for it."""
    spelled = []
    for n, letter in enumerate(key):
        form = forms[n % len(forms)]
        plain = json.dumps(letter)[1:-1]
        spelled.append((plain, f"\\u{ord(letter):04x}", f"\\u{ord(letter):04X}", plain.replace("/", "\\/"))[form])
    return "".join(spelled)


@example(key="0000000\\", forms=[0])
@given(key=KEYS, forms=st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_no_decoding_brings_the_key_back(key: str, forms: list[int]) -> None:
    erase = KeyEraser(key)
    body = b'{"error": "no such key: ' + escaped(key, forms).encode() + b'"}'
    cleaned = decode(erase(body))
    assert cleaned is not None, "what is JSON stays JSON"
    assert key not in cleaned["error"]
    assert key not in unquote(erase(f"see ?key={quote(key, safe='')}".encode()).decode())
    assert key not in erase.text(f"GET /{key} \ud800")


@pytest.mark.parametrize("key", [None, "EMPTY", "none", "ollama"])
def test_a_placeholder_is_no_secret_and_its_word_stays_in_answers(key: str | None) -> None:
    assert KeyEraser(key)(b"An EMPTY set; none; ollama") == b"An EMPTY set; none; ollama"


def test_what_is_not_the_key_stays_as_it_is() -> None:
    data = b'{"text": "100% of \\u0073k, caf\\u00e9 \\n sk-secre"}'
    assert KeyEraser("sk-secret")(data) == data
