"""Match answers to multiple-choice probes, by letter or by the option's text."""

from __future__ import annotations

import re
import string

from evaluator.graders.normalise import fold
from evaluator.graders.sentence import Sentence
from evaluator.graders.step import Finding
from evaluator.graders.text import find_target
from evaluator.records import Probe

_BARE = re.compile(r"[\s*(\[]*([A-Za-z])[\s*)\].:]*")
_LEADING = re.compile(r"\s*\**[(\[]?([A-Z])(?:[)\].:]+|\*\*)(?:\s|\*|$)")
_LISTED = re.compile(r"^\s*\**[(\[]?([A-Z])[)\].:]", re.MULTILINE)
_CONCLUDED = re.compile(r"\banswer\s(?:is|should\sbe)\s?:?\s?\*{0,2}[(\[]?([A-Z])\b(?!['’])", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:answer|option|choice|odpověď|možnost|antwort|réponse|respuesta|opción|resposta|ответ|вариант)(?:\s{1,2}(?:is|je|ist|est|es|é|should\sbe))?\s{0,2}[:=]?\s{0,2}\*{0,2}[(\[]?([A-Z])\b(?!['’])"
    r"|(?:答案|选项|選項|答え)(?:是|为|は)?\s{0,2}[:：]?\s{0,2}[(（]?([A-Z])(?![A-Za-z])",
    re.IGNORECASE,
)


def match_choice(probe: Probe, asserted: tuple[Sentence, ...]) -> Finding:
    """Find which options are asserted; correct when there are some and all are targets."""
    named = _letters(asserted)
    chosen = [probe.choices[at] for at in named if at < len(probe.choices)]
    if not chosen:
        chosen = _quoted(probe, asserted)
    if not chosen:
        return Finding(evidence="no option is named")
    evidence = f"chose {', '.join(chosen)}"
    is_correct = all(choice in probe.targets for choice in chosen)
    return Finding(is_correct, not is_correct, evidence)


def _letters(asserted: tuple[Sentence, ...]) -> list[int]:
    text = "\n".join(sentence.text for sentence in asserted)
    concluded, named = _CONCLUDED.findall(text), [one or two for one, two in _NAMED.findall(text)]
    bare = _BARE.fullmatch(text)
    # Options that are gone through one by one are not chosen by their letters.
    if not bare and len(set(_LISTED.findall(text))) < 2:
        bare = _LEADING.match(text)
    letters = concluded[-1:] or ([bare[1]] if bare else named[-1:])
    return [string.ascii_uppercase.index(letter.upper()) for letter in letters]


def _quoted(probe: Probe, asserted: tuple[Sentence, ...]) -> list[str]:
    found = [choice for choice in probe.choices if find_target(choice, asserted, probe.language)]
    # An option inside a longer one that is also there ("York" in "New York") was not chosen itself.
    return [choice for choice in found if not any(choice != other and fold(choice) in fold(other) for other in found)]
