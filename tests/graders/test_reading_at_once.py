"""An answer read at once is read as its parts are, one by one, and as it would be without any short cut."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from evaluator.graders import normalise, phrases, stance
from evaluator.graders.normalise import expand_contractions, fold, tokens, tokens_of_parts
from evaluator.graders.sentence import blank_runs, make_sentence, read_answer

# What the reading treats in a way of its own: short forms, abbreviations, numerals, marks, accents, other scripts.
_PIECES = [
    *["No", "It's", "don't", "can't", "cannot", "we'll", "U.S.", "e.g.", "J. R.", "3.", "1,234", "3,14", "7th", "2.40"],
    *[
        ",",
        ";",
        "(",
        ")",
        "[",
        "]",
        "|",
        "/",
        ":",
        "-",
        "_",
        "`",
        "’",
        "'",
        '"',
        ".",
        "!",
        "?",
        " ",
        "  ",
        "\n",
        "\x1f",
    ],
    *[
        "é",
        "e\u0301",
        "\u0301",
        "Å",
        "й",
        "Straße",
        "ﬁ",
        "北京",
        "です。",
        "हिन्दी",
        "الوقت",
        "½",
        "Σ",
        "İ",
        "word",
        "a1b",
        "x",
    ],
]
texts = st.lists(st.sampled_from(_PIECES), max_size=12).map("".join) | st.text(max_size=30)


@given(st.lists(texts, min_size=1, max_size=6))
@settings(max_examples=400, deadline=None)
@example(["it's", " 'd"])
@example(["don`t", "é"])
@example(["e", "\u0301a"])
@example(["a.b", ".c."])
def test_parts_read_at_once_are_the_parts_read_alone(parts: list[str]) -> None:
    assert tokens_of_parts(parts) == [tuple(tokens(part)) for part in parts]


@given(texts)
@settings(max_examples=400, deadline=None)
def test_an_answer_is_the_sentences_it_is_made_of(text: str) -> None:
    for sentence in read_answer(text).sentences:
        assert sentence == make_sentence(sentence.text)


@given(texts)
@settings(max_examples=400, deadline=None)
@example("the U.S. won, in 1,234 post-punk shows: [x] a|b/c_d")
def test_tokens_are_what_the_patterns_find(text: str) -> None:
    folded = expand_contractions(fold(text))
    folded = normalise._INITIALS.sub(lambda found: found[0].replace(".", "") + " ", folded)
    found = map(normalise._clean, normalise._TOKEN.findall(folded))
    assert tokens(text) == [token for token in found if token != "\x1f"]


@given(
    st.text(alphabet=st.characters(codec="utf-8", max_codepoint=0x2FFF, exclude_categories=["Cs", "M"]), max_size=12)
)
@settings(max_examples=400, deadline=None)
def test_folding_by_table_is_folding_by_rule(text: str) -> None:
    whole = unicodedata.normalize("NFKC", text).casefold().translate(str.maketrans(normalise._LETTERS))
    assert text.isascii() or fold(text) == normalise._without_accents(whole)


@given(st.lists(st.sampled_from(["who", "was", "it", "the", "members"]), max_size=9), st.data())
@settings(max_examples=200, deadline=None)
def test_runs_of_the_question_are_blanked_wherever_they_stand(asked: list[str], data: st.DataObject) -> None:
    said = data.draw(st.lists(st.sampled_from(["who", "was", "it", "the", "members", "x"]), max_size=14))
    runs = [asked[at : at + 4] for at in range(len(asked) - 3)]
    hidden = {at + n for at in range(len(said) - 3) if said[at : at + 4] in runs for n in range(4)}
    (blanked,) = blank_runs((make_sentence(" ".join(said)),), tuple(asked))
    assert blanked.tokens == tuple("," if at in hidden else word for at, word in enumerate(said))


_PHRASES = " ".join(text for kind in stance.KINDS for lists in phrases._DATA[kind].values() for text in lists)


@given(st.lists(st.sampled_from(sorted(filter(str.isalpha, set(_PHRASES.split())))), max_size=12))
@settings(max_examples=300, deadline=None)
@example(["i", "do", "not", "know"])
@example(["nevim"])
def test_one_pattern_for_all_phrases_finds_what_each_finds(words: list[str]) -> None:
    text = f" {' '.join(words)} ".encode()
    found = any(phrases.compile_phrases(kind).search(text) for kind in stance.KINDS)
    assert (phrases.compile_any(stance.KINDS).search(text) is not None) == found
