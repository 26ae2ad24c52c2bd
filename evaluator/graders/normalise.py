"""Bring text into the one form in which answers and targets are compared.

Every rule is here, with its source. Nothing is removed that carries meaning in its script:
accents go from Latin and Greek letters only, since й, Hindi vowel signs and kana marks are letters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

CLAUSE_MARK = ","
"""The token that stands for any punctuation that ends a clause."""

ARTICLES = frozenset(
    "a an the el la los las un una unos unas le les l une des der die das den dem ein eine einen einem einer o os as um uma".split()
)
"""SQuAD evaluate-v1.1 `remove_articles` drops a, an, the; the Romance and German ones follow the same reasoning."""

# Han, kana and bopomofo have no spaces between words, so each character is a word of its own
# (UAX #29, section 4.1: word boundaries in these scripts need a dictionary).
_UNSPACED = "\u3005\u3007\u3040-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
# Python's \w leaves out combining vowel signs; UAX #29 WB4 keeps them with their letter.
_MARKS = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e\u0610-\u061a\u064b-\u065f\u0670"
_TOKEN = re.compile(
    rf"\d+(?:[.,]\d+)*(?:st|nd|rd|th)?|[{_UNSPACED}]|(?:[^\W_\d{_UNSPACED}]|[{_MARKS}])(?:[^\W_{_UNSPACED}]|[{_MARKS}])*|[,;:()\[\]…—–|/，；：、（），،؛]"
)
_CLAUSE_MARKS = frozenset(",;:()[]…—–|/，；：、（），،؛")
_UNSPACED_GAP = re.compile(rf"(?<=[{_UNSPACED}])(?=[{_UNSPACED}])")
_LATIN_ACCENT = re.compile("([a-z\u0370-\u03ff])[\u0300-\u036f]+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")

# Letters that NFD does not decompose (Unicode Standard 7.1: their strokes and ligatures are not marks),
# quotation marks and dashes as on a keyboard, Arabic vowel points and tatweel (Unicode Standard 9.2,
# optional in writing), alef and yeh forms that writers use for each other, ё which Russian prints as е.
_LETTERS = str.maketrans(
    {
        **dict(zip("łøđıðþħŀ", "lodidthl", strict=True)),
        **{"æ": "ae", "œ": "oe", "ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي"},
        **{quote: "'" for quote in "‘’ʼ´`′‛ʻ"},
        **{dash: "-" for dash in "‐‑‒−"},
        **{chr(point): None for point in (*range(0x064B, 0x0653), 0x0670, 0x0640)},
        **{chr(point): None for point in (0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, 0xFEFF)},
    }
)
_CONTRACTIONS = (
    ("can't", "can not"),
    ("won't", "will not"),
    ("shan't", "shall not"),
    ("n't", " not"),
    ("'m ", " am "),
    ("'re ", " are "),
    ("'ve ", " have "),
    ("'ll ", " will "),
    ("it's", "it is"),
    ("there's", "there is"),
    ("that's", "that is"),
    ("'s ", " "),
)


def fold(text: str) -> str:
    """Remove differences of case, width, accent and typography.

    Source: NFKC and NFD from UAX #15, case folding from the Unicode Standard, section 3.13.

    >>> fold("Ｃafé Domènech’s ÅNGSTRÖM")
    "cafe domenech's angstrom"
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    if text.isascii():
        return text
    text = _LATIN_ACCENT.sub(r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", text)


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
    folded = expand_contractions(fold(text))
    if "." in folded:
        folded = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", folded)
    return [_clean(token) for token in _TOKEN.findall(folded)]


def _clean(token: str) -> str:
    if token in _CLAUSE_MARKS:
        return CLAUSE_MARK
    if "," in token and _GROUPED.fullmatch(token):
        return token.replace(",", "")
    return token


def without_articles(words: list[str]) -> list[str]:
    """Drop articles and clause marks, unless nothing else is there.

    >>> without_articles(["the", "end", ","])
    ['end']
    """
    kept = [word for word in words if word not in ARTICLES and word != CLAUSE_MARK]
    return kept or [word for word in words if word != CLAUSE_MARK]


@lru_cache(maxsize=50_000)
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


_NUMERALS = {
    **{
        word: str(at)
        for at, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
    },
    **{
        word: str(at)
        for at, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)
    },
    **{"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12"},
}
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


@lru_cache(maxsize=50_000)
def canonical(word: str) -> str:
    """Give the form of a folded word that is compared: singular, numbers in digits.

    >>> [canonical(word) for word in ("seventh", "7th", "VII".lower(), "cats")]
    ['7', '7', '7', 'cat']
    """
    found = _ORDINAL.fullmatch(word)
    return found[1] if found else _NUMERALS.get(word) or stem(word)


def is_unspaced(word: str) -> bool:
    """Whether a word is one character of a script without spaces."""
    return len(word) == 1 and _UNSPACED_GAP.search(word + word) is not None


# Case endings of nouns, adjectives and names without accents, after Dolamic and Savoy (2009),
# "Indexing and stemming approaches for the Czech language", IPM 45(6):714-720; Russian after
# the noun and adjective classes of the Snowball stemmer.
_ENDINGS = {
    "cs": frozenset(
        [
            "",
            *"a e i o u y em om um im ym ou am ech ich ych ach ami emi imi ymi ovi ove ova ovou ho eho iho mu emu imu".split(),
        ]
    ),
    "ru": frozenset(
        [
            "",
            *"а е и о у ы ь я ю й ой ей ом ем ам ям ах ях ами ями ов ев ий ый ая яя ое ее ого его ому ему ым им ую юю ые ие ых их".split(),
        ]
    ),
}
INFLECTED = frozenset(_ENDINGS)
"""Languages whose names take case endings."""


@lru_cache(maxsize=50_000)
def is_same_word(one: str, other: str, language: str) -> bool:
    """Whether two folded words are forms of one word.

    >>> is_same_word("alejandro", "alejandrem", "cs"), is_same_word("no", "know", "en")
    (True, False)
    """
    if one == other or stem(one) == stem(other):
        return True
    endings = _ENDINGS.get(language)
    if endings is None or len(one) < 3 or len(other) < 3:
        return False
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= 3 and any(
        one[cut:] in endings and other[cut:] in endings for cut in range(shared, max(shared - 3, 2), -1)
    )


def space_unspaced(text: str) -> str:
    """Put a space between neighbouring Han and kana characters, as `tokens` separates them.

    >>> space_unspaced("我不知道 ok")
    '我 不 知 道 ok'
    """
    return _UNSPACED_GAP.sub(" ", text)
