"""Names that sound real and belong to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.table import table

_ONSETS = (
    "bral cald corv dren elk fosm gryn harv ilm jorv kest lorm mavr nolv orv pelt quor rask selv tamr ulm vell "
    "wend yarv zold brenn crav dolv fenk gald hest jant krel lusk mord nerv polm rond skel tolv"
).split()
_MIDDLES = "a e i o u an en in on ar er or al el il ast est ist ond und amb emb ith oth and".split()
_ENDINGS = {
    "person": "wick mund sson veld brook quist burn stad fell gard".split(),
    "place": "mark stead ovia ania ora holm esk una ille avar".split(),
    "latin": "ensis orum idea alis osus ifer ellus atra ophila ulenta".split(),
    "element": "ium onium ernium idium astium orium".split(),
    "thing": "ox ip ul ab ent ard isk om ax ev".split(),
}


def invented_names(draw: Draw, style: str) -> Iterator[str]:
    """Yield lower-case names of one style, each once, in random order.

    None of them is a word of the tables of this package, nor one of the English words and proper
    names of SCOWL (size 95, 2020.12.07): the names found there are listed in `tables/taken.toml`.

    Args:
        draw: Where the order comes from.
        style: person, place, latin, element or thing.

    >>> next(invented_names(Draw("doc"), "element")).endswith("ium")
    True
    """
    taken = frozenset(table("taken")["taken"].split())
    names = all_names(style)
    yield from (name for name in draw.shuffled(names) if name not in taken)


def all_names(style: str) -> list[str]:
    """Return every name of a style, taken or not."""
    return [onset + middle + ending for onset in _ONSETS for middle in _MIDDLES for ending in _ENDINGS[style]]
