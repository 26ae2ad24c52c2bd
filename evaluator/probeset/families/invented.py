"""Names that sound real and belong to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.table import table


def invented_names(draw: Draw, style: str) -> Iterator[str]:
    """Yield lower-case names of one style, each once, in random order.

    None of them is a word of the tables of this package, nor one of the English words and proper
    names of SCOWL (size 95, 2020.12.07): the names found there are listed as taken.

    Args:
        draw: Where the order comes from.
        style: person, place, latin, element or thing.

    >>> next(invented_names(Draw("doc"), "element")).endswith("ium")
    True
    """
    taken = frozenset(table("syllables")["taken"].split())
    names = all_names(style)
    yield from (name for name in draw.shuffled(names) if name not in taken)


def all_names(style: str) -> list[str]:
    """Return every name of a style, taken or not."""
    syllables = table("syllables")
    onsets, middles, endings = (text.split() for text in (syllables["onsets"], syllables["middles"], syllables[style]))
    return [onset + middle + ending for onset in onsets for middle in middles for ending in endings]
