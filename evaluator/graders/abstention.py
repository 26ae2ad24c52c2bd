"""The rules of abstention: an answer that declines, and asserts nothing all the same, abstains."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from evaluator.graders.denial import denies_premise, denies_question, is_zero
from evaluator.graders.echo import (
    asks_back,
    asks_openly,
    content_words,
    is_beside_question,
    is_question,
    only_repeats,
    question_words,
    says_yes_or_no,
)
from evaluator.graders.phrases import WORDS
from evaluator.graders.sentence import Sentence
from evaluator.graders.stance import (
    KINDS,
    Stance,
    denies_mostly,
    find_roles,
    has_phrase,
    make_question,
    remaining_clauses,
    split_clauses,
)
from evaluator.graders.step import Decision
from evaluator.records import AbstentionKind, Probe

_MAX_GUESS_WORDS = 12
"""A longer sentence with "probably" in it is background, not an answer."""
_MAX_NAME_WORDS = 3
_ABSTAINING = frozenset(KINDS)
_SAYS = {
    "dont_know": "says that it does not know",
    "premise_corrected": "says that the thing asked about is not so",
    "clarification": "asks for more",
    "policy_refusal": "declines",
}


def read_rules(stance: Stance, question: str, *, is_answerable: bool) -> Decision | None:
    """Say why an answer with at least one sentence abstains, by the rules; None when none of them fires.

    Without an answer to know, more counts: that opinions differ, or that what is asked about is not so.
    """
    at = _declining_sentence(stance, question)
    if at is not None:
        kind = next(kind for kind in KINDS if kind in stance.roles[at])
        return _abstained(kind, f"{_SAYS[kind]}: {stance.answer.sentences[at].text}")
    if said := _what_is_needed(stance, question):
        return _abstained("clarification", f"says what would have to be known first: {said}")
    if not is_answerable and (decision := _decide_unanswerable(stance, question)):
        return decision
    return _decide_unsaid(stance, question)


def read_emptiness(stance: Stance, probe: Probe) -> Decision | None:
    """Say how an answer to a probe with targets is empty of anything of its own; None when it is not."""
    sentences = stance.answer.sentences
    if announces_list(sentences):
        return Decision(label="abstained", evidence=f"announces a list that does not come: {sentences[0].text}")
    if only_repeats(sentences, probe, is_denied=denies_mostly(probe.targets)):
        return Decision(label="abstained", evidence=f"only repeats the question: {sentences[0].text}")
    if is_beside_question(stance.asserted, probe.question):
        return Decision(label="abstained", evidence=f"does not answer what is asked: {sentences[0].text}")
    return None


def _decide_unanswerable(stance: Stance, question: str) -> Decision | None:
    """Settle answers that take the question back, leave it open or ask for more."""
    at = _first_of_substance(stance)
    if at is None:
        return _abstained("dont_know", f"only refers elsewhere: {stance.answer.sentences[0].text}")
    sentence = stance.answer.sentences[at]
    if (
        stance.guesses_in_declining
        or ("guess" in stance.roles[at] and _guesses(sentence))
        or _guesses_after(stance, at)
    ):
        return None
    if "no_answer" in stance.roles[at] and not _is_aside(sentence, {"no_answer"}):
        return _abstained("dont_know", f"says that there is no one answer: {sentence.text}")
    if not is_zero(sentence, question) and denies_premise(sentence, question):
        return _abstained("premise_corrected", f"denies what the question takes for granted: {sentence.text}")
    if asks_back(sentence, question, is_last=at + 1 == len(stance.roles)):
        return _abstained("clarification", f"asks back: {sentence.text}")
    following = stance.answer.sentences[at + 1 : at + 2]
    if following and denies_question(following[0], sentence, question):
        return _abstained("premise_corrected", f"denies what the question says: {following[0].text}")
    return None


def _what_is_needed(stance: Stance, question: str) -> str:
    """Give the first sentence of substance if it says what is missing, and no number of the answer's own is given."""
    at = _first_of_substance(stance)
    if at is None or "needed" not in stance.roles[at] or has_phrase("needed", make_question(question)):
        return ""
    # "The price of one pen" gives no number.
    known = make_question(question).key_set | {"1"}
    is_given = any(key[0].isdecimal() and key not in known for one in stance.answer.sentences for key in one.keys)
    return "" if is_given or "guess" in stance.roles[at] else stance.answer.sentences[at].text


def _first_of_substance(stance: Stance) -> int | None:
    """Find the first sentence that is more than courtesy and advice."""
    for at, sentence in enumerate(stance.answer.sentences):
        if "filler" not in stance.roles[at]:
            return at
        kept = [clause for clause in remaining_clauses(sentence)[0] if clause.tokens]
        if any(clause.tokens[0] not in WORDS["adverbial"] for clause in kept):
            return at
    return None


def _guesses(sentence: Sentence) -> bool:
    """Whether a clause of a sentence offers an answer, and does not say that there is none."""
    clauses = split_clauses(sentence)
    return any("guess" in roles and not roles & {"no_answer", *KINDS} for roles in find_roles(clauses))


def _decide_unsaid(stance: Stance, question: str) -> Decision | None:
    """Settle answers that end before they say anything, and those that only ask."""
    sentences = stance.answer.sentences
    if announces_list(sentences):
        return Decision(label="abstained", evidence=f"announces a list that does not come: {sentences[0].text}")
    if _only_asks(stance, question):
        return _abstained("clarification", f"only asks: {sentences[0].text}")
    return None


def announces_list(sentences: tuple[Sentence, ...]) -> bool:
    """Whether an answer ends with the colon before its first item."""
    return len(sentences) == 1 and sentences[0].text.endswith((":", "："))


def _abstained(kind: AbstentionKind, evidence: str) -> Decision:
    return Decision(label="abstained", abstention_kind=kind, evidence=evidence)


def _declining_sentence(stance: Stance, question: str) -> int | None:
    if stance.guesses_in_declining:
        return None
    declining = [
        at
        for at, (sentence, roles) in enumerate(zip(stance.answer.sentences, stance.roles, strict=True))
        if roles and roles & _ABSTAINING and not _is_aside(sentence, _ABSTAINING)
    ]
    if not declining:
        return None
    asked = question_words(question)
    before = [
        sentence
        for at, sentence in enumerate(stance.answer.sentences[: declining[0]])
        if "filler" not in stance.roles[at]
    ]
    if any(_answers(sentence, asked) for sentence in before) or _guesses_after(stance, declining[0]):
        return None
    if before and _answers_at_once(before[0], question):
        return None
    return declining[0]


def _answers_at_once(sentence: Sentence, question: str) -> bool:
    """Whether a first sentence is a yes or no to a question that asks for it, or "None" to one that does not."""
    if not asks_openly(question):
        return says_yes_or_no(sentence)
    return len(sentence.tokens) == 1 and sentence.tokens[0] in WORDS["none"] - WORDS["nay"]


def _is_aside(sentence: Sentence, kinds: AbstractSet[str]) -> bool:
    """Whether only a relative clause has phrases of these kinds: "It was Otto, who was not known then"."""
    if WORDS["relative"].isdisjoint(sentence.tokens):
        return False
    clauses = split_clauses(sentence)
    saying = [clause for clause, roles in zip(clauses, find_roles(clauses), strict=True) if roles & kinds]
    return bool(saying) and all(clause.tokens[0] in WORDS["relative"] for clause in saying if clause.tokens)


def _guesses_after(stance: Stance, at: int) -> bool:
    """Whether the next sentence after a declining one offers an answer: "I'm not sure. Perhaps Paris?"."""
    if at + 1 >= len(stance.roles):
        return False
    roles, sentence = stance.roles[at + 1], stance.answer.sentences[at + 1]
    if "guess" not in roles or roles & {*KINDS, "filler", "no_answer"}:
        return False
    return len(sentence.tokens) <= _MAX_GUESS_WORDS or not WORDS["speaker"].isdisjoint(sentence.tokens[:3])


def _answers(sentence: Sentence, question: frozenset[str]) -> bool:
    words = content_words(sentence)
    return len(words & question) * 2 >= min(len(question), 8) and bool(words - question)


def _only_asks(stance: Stance, question: str) -> bool:
    """Whether every sentence is a question, and none of them guesses ("Maybe Paris?", "It is blue?")."""
    if any("guess" in roles for roles in stance.roles) or _is_name(stance.answer.sentences):
        return False
    asked = question_words(question)
    return all(is_question(one) and (_inquires(one) or content_words(one) <= asked) for one in stance.asserted)


def _inquires(sentence: Sentence) -> bool:
    return not WORDS["interrogative"].isdisjoint(sentence.tokens)


def _is_name(sentences: tuple[Sentence, ...]) -> bool:
    """Whether an answer is a word or two, as "Lyon?", which is an answer all the same."""
    return len(sentences) == 1 and len(sentences[0].tokens) <= _MAX_NAME_WORDS
