"""Bring text into the one form in which answers and targets are compared.

Every rule is here, with its source. Nothing is removed that carries meaning in its script:
accents go from Latin and Greek letters only, since й, Hindi vowel signs and kana marks are letters.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Any

CLAUSE_MARK = ","
"""The token that stands for any punctuation that ends a clause."""

_FORMS: dict[str, Any] = tomllib.loads(
    files("evaluator.graders").joinpath("word_forms.toml").read_text(encoding="utf-8")
)
ARTICLES = frozenset(_FORMS["articles"].split())
"""Words that `without_articles` drops."""

# Han, kana and bopomofo have no spaces between words, so each character is a word of its own
# (UAX #29, section 4.1: word boundaries in these scripts need a dictionary).
_UNSPACED = "\u3005\u3007\u3040-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Python's \w leaves out combining vowel signs; UAX #29 WB4 keeps them with their letter.
_MARKS = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0610-\u061a\u064b-\u065f\u0670"
_NUMERAL = r"\d+(?:[.,]\d+)*(?:st|nd|rd|th)?"
_WORD = rf"(?:[^\W_\d{_UNSPACED}]|[{_MARKS}])(?:[^\W_{_UNSPACED}]|[{_MARKS}])*"
_TOKEN = re.compile(rf"{_NUMERAL}|[{_UNSPACED}]|{_WORD}|[,;:()\[\]…—–|/，；：、（），،؛]")
_ASCII_TOKEN = re.compile(rf"[a-z][a-z0-9]*|{_NUMERAL}|[,;:()\[\]|/\x1f]")
_PART_END = "\x1f"
"""Stands between the parts of a text that are read together."""
_CLAUSE_MARKS = frozenset(",;:()[]…—–|/，；：、（），،؛")
_DIGIT = re.compile("[0-9]")
# Without digits, a token of ASCII text is a run of letters or a mark.
_WORDS_APART = {code: " " for code in range(128) if not chr(code).isalpha()} | dict.fromkeys(map(ord, ",;:()[]|/"), ",")
_UNSPACED_GAP = re.compile(rf"(?<=[{_UNSPACED}])(?=[{_UNSPACED}])")
_LATIN_ACCENT = re.compile("([a-z\u0370-\u03ff])[\u0300-\u036f]+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")

# Letters that NFD does not decompose (Unicode Standard 7.1: their strokes and ligatures are not marks),
# quotation marks and dashes as on a keyboard, Arabic vowel points and tatweel (Unicode Standard 9.2,
# optional in writing), alef and yeh forms that writers use for each other, ё which Russian prints as е.
_POINTS = (*range(0x064B, 0x0653), 0x0670, 0x0640)
_INVISIBLE = (0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)
_LETTERS: dict[str, str | None] = dict(zip("łøđıðþħŀ", "lodidthl", strict=True))
_LETTERS |= {"æ": "ae", "œ": "oe", "ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي"}
_LETTERS |= dict.fromkeys("‘’ʼ´`′‛ʻ", "'") | dict.fromkeys("‐‑‒−", "-")
_LETTERS |= dict.fromkeys(map(chr, (*_POINTS, *_INVISIBLE)))
_TRANSLATION = str.maketrans(_LETTERS)
_CONTRACTIONS = (
    ("can't", "can not"),
    ("won't", "will not"),
    ("shan't", "shall not"),
    ("n't", " not"),
    ("'m ", " am "),
    ("'re ", " are "),
    ("'ve ", " have "),
    ("'ll ", " will "),
    ("'d ", " would "),
    ("it's", "it is"),
    ("there's", "there is"),
    ("that's", "that is"),
    ("'s ", " "),
)


def _without_accents(text: str) -> str:
    return unicodedata.normalize("NFC", _LATIN_ACCENT.sub(r"\1", unicodedata.normalize("NFD", text)))


# A letter and its accent are mostly one character, for which a table does the same.
_MARK = re.compile("[\u0300-\u036f]")
_ACCENTED = (*range(0xC0, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x2000))
_TRANSLATION |= {
    code: _without_accents(chr(code))
    for code in _ACCENTED
    if code not in _TRANSLATION and _without_accents(chr(code)) != chr(code)
}


def fold(text: str) -> str:
    """Remove differences of case, width, accent and typography.

    Source: NFKC and NFD from UAX #15, case folding from the Unicode Standard, section 3.13.

    >>> fold("Ｃafé Domènech’s ÅNGSTRÖM")
    "cafe domenech's angstrom"
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold().translate(_TRANSLATION)
    if text.isascii() or (_MARK.search(text) is None and unicodedata.is_normalized("NFC", text)):
        return text
    return _without_accents(text)


def expand_contractions(folded: str) -> str:
    """Write English short forms out, so that a negation is always the word `not`.

    >>> expand_contractions("i can't say; it isn't")
    'i can not say; it is not'
    """
    if "'" in folded:
        for short, long in _CONTRACTIONS:
            folded = folded.replace(short, long)
    return folded.replace("cannot", "can not")


def tokens(text: str) -> list[str]:
    """Split text into folded words and clause marks.

    Hyphens and other punctuation only separate (SQuAD evaluate-v1.1 `remove_punc`); a dotted
    abbreviation is one word; thousands commas vanish; each Han or kana character is a word.

    >>> tokens("The U.S. won, in 1,234 post-punk shows: 北京!")
    ['the', 'us', 'won', ',', 'in', '1234', 'post', 'punk', 'shows', ',', '北', '京']
    """
    words = _find_tokens(text)
    return [word for word in words if word != _PART_END] if _PART_END in text else words


def tokens_of_parts(parts: list[str]) -> list[tuple[str, ...]]:
    """Split every part of a text into its tokens, all at once where that comes to the same.

    >>> tokens_of_parts(["No.", "It's 5."])
    [('no',), ('it', 'is', '5')]
    """
    text = _PART_END.join(parts)
    # Beside other characters, a backtick is an apostrophe.
    if text.count(_PART_END) >= len(parts) or ("`" in text and not text.isascii()):
        return [tuple(tokens(part)) for part in parts]
    return [tuple(_split_words(part)) for part in _prepare(text).split(_PART_END)]


def _prepare(text: str) -> str:
    """Fold a text, write short forms out and abbreviations without their dots."""
    folded = expand_contractions(fold(text))
    # A dot inside an abbreviation is one that no space follows.
    n_ends = folded.count(". ") + folded.count(f".{_PART_END}") + folded.endswith(".")
    if folded.count(".") > n_ends:
        folded = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", folded)
    return folded


def _find_tokens(text: str) -> list[str]:
    return _split_words(_prepare(text))


def _split_words(folded: str) -> list[str]:
    if folded.isascii() and _DIGIT.search(folded) is None:
        return folded.translate(_WORDS_APART).replace(CLAUSE_MARK, f" {CLAUSE_MARK} ").split()
    pattern = _ASCII_TOKEN if folded.isascii() else _TOKEN
    return [token if token.isalnum() else _clean(token) for token in pattern.findall(folded)]


def _clean(token: str) -> str:
    if token in _CLAUSE_MARKS:
        return CLAUSE_MARK
    if "," in token:
        if _GROUPED.fullmatch(token):
            return token.replace(",", "")
        # Alone, it is the decimal point of most of Europe.
        return token.replace(",", ".") if token.count(",") == 1 and "." not in token else token
    return token


def without_articles(words: list[str], letters: frozenset[str] = frozenset()) -> list[str]:
    """Drop articles that are not among `letters`, and clause marks, unless nothing else is there.

    >>> without_articles(["the", "end", ","])
    ['end']
    """
    kept = [word for word in words if (word not in ARTICLES or word in letters) and word != CLAUSE_MARK]
    return kept or [word for word in words if word != CLAUSE_MARK]


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Remove the plural s, the one inflection that English, French, Spanish and Portuguese share.

    Source: the s-stemmer of Harman (1991), JASIS 42(1):7-15.

    >>> stem("cities"), stem("boxes"), stem("glass"), stem("cats")
    ('city', 'box', 'glass', 'cat')
    """
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1]


_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ROMAN_TENS = ["", "x", "xx", "xxx", "xl", "l", "lx", "lxx", "lxxx"]
_ROMAN_ONES = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"]


def _numerals() -> dict[str, str]:
    """Give the words and Roman numerals that stand for a number up to 99; single letters are initials."""
    found: dict[str, str] = {}
    for kind in ("cardinals", "ordinals"):
        found |= {word: str(value) for value, word in enumerate(_FORMS[kind].split())}
    for ten, word in enumerate(_TENS[2:], start=2):
        found |= {word: str(10 * ten), f"{word[:-1]}ieth": str(10 * ten)}
    for ten, tens in enumerate(_ROMAN_TENS):
        found |= {tens + ones: str(10 * ten + one) for one, ones in enumerate(_ROMAN_ONES) if len(tens + ones) > 1}
    return {word: value for word, value in found.items() if word not in _FORMS["not_roman"].split()}


_NUMERALS = _numerals()
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_SAME = {"bce": "bc", "ce": "ad"}
"""Two names of one era."""


@lru_cache(maxsize=16_384)
def canonical(word: str) -> str:
    """Give the form of a folded word that is compared: singular, numbers in digits.

    >>> [canonical(word) for word in ("seventh", "7th", "VII".lower(), "cats")]
    ['7', '7', '7', 'cat']
    """
    found = _ORDINAL.fullmatch(word)
    return found[1] if found else _NUMERALS.get(word) or _SAME.get(word) or stem(word)


_KEYS: dict[str, str] = {}
"""Words met with their canonical forms: a plain table is twice as fast as a cache that keeps the order of use."""
_MOST_KEYS = 50_000


def canonical_all(words: tuple[str, ...]) -> tuple[str, ...]:
    """Give the canonical forms of words.

    >>> canonical_all(("the", "seventh", "cats"))
    ('the', '7', 'cat')
    """
    keys = tuple(map(_KEYS.get, words))
    if None not in keys:
        return keys  # type: ignore[return-value]
    if len(_KEYS) > _MOST_KEYS:
        _KEYS.clear()
    _KEYS.update((word, canonical(word)) for word in words)
    return tuple(map(_KEYS.__getitem__, words))


def is_unspaced(word: str) -> bool:
    """Whether a word is one character of a script without spaces."""
    return len(word) == 1 and not word.isascii() and _UNSPACED_GAP.search(word + word) is not None


_ENDINGS = {language: frozenset(["", *endings.split()]) for language, endings in _FORMS["endings"].items()}
INFLECTED = frozenset(_ENDINGS)
"""Languages whose names take case endings."""


@lru_cache(maxsize=16_384)
def is_same_word(one: str, other: str, language: str) -> bool:
    """Whether two folded words are forms of one word.

    >>> is_same_word("alejandro", "alejandrem", "cs"), is_same_word("no", "know", "en")
    (True, False)
    """
    if one == other or stem(one) == stem(other):
        return True
    if language == "cs" and _is_alternated(one, other):
        return True
    endings = _ENDINGS.get(language)
    if endings is None or len(one) < 3 or len(other) < 3:
        return False
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 3 and any(
        one[cut:] in endings and (other[cut:] in endings or (cut == len(one) and _after_s(other[cut:], endings)))
        for cut in range(shared, max(shared - 3, 2), -1)
    )


def _after_s(rest: str, endings: frozenset[str]) -> bool:
    """Whether the s of a name was taken for a plural: "Thomas" and "Thomasi"."""
    return rest[:1] == "s" and rest[1:] in endings


_ALTERNATIONS = [tuple(pair.split("=")) for pair in _FORMS["alternations"].split()]


def _is_alternated(one: str, other: str) -> bool:
    if one[:2] != other[:2]:
        return False
    for plain, changed in _ALTERNATIONS:
        if one.endswith(plain) and other == one.removesuffix(plain) + changed:
            return True
    # A vowel that only the nominative has: "Karel", "Karla".
    without_vowel = one[:-2] + one[-1:]
    is_mobile = len(one) > 4 and one[-2] == "e" and other.startswith(without_vowel)
    return is_mobile and other[len(without_vowel) :] in _ENDINGS["cs"] - {""}


def space_unspaced(text: str) -> str:
    """Put a space between neighbouring Han and kana characters, as `tokens` separates them.

    >>> space_unspaced("我不知道 ok")
    '我 不 知 道 ok'
    """
    return _UNSPACED_GAP.sub(" ", text)
