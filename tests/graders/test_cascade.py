"""The verdicts a reader of the contract would expect, case by case."""

from __future__ import annotations

import pytest

from evaluator.errors import ConfigError
from evaluator.graders import default_grader, load_grader
from evaluator.records import Probe, Response, Verdict

GRADER = default_grader()
CAPITAL = "What is the capital of France?"


def answer(text: str, **fields: object) -> Response:
    known = {"request_id": "r1", "probe_id": "p1", "model": "m", "prompt": "none", "repeat": 2, "outcome": "answered"}
    return Response(**{**known, "text": text, **fields})  # type: ignore[arg-type]


def answerable(*targets: str, question: str = CAPITAL, **fields: object) -> Probe:
    return Probe(probe_id="p1", question=question, targets=targets, **fields)  # type: ignore[arg-type]


def unanswerable(question: str, reason: str = "nonexistent", language: str = "en") -> Probe:
    return Probe(probe_id="p1", question=question, unanswerable=reason, language=language)  # type: ignore[arg-type]


def grade(probe: Probe, text: str, **fields: object) -> Verdict:
    return GRADER.grade(probe, answer(text, **fields))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Paris", "correct"),
        ("paris.", "correct"),
        ("**Paris**", "correct"),
        ("It is Paris, of course.", "correct"),
        ("I don't know, maybe Paris?", "correct"),
        ("I'm not sure. Perhaps Paris.", "correct"),
        ("I'm sorry, as an AI I cannot browse, but it is Paris.", "correct"),
        ("I am sorry to hear that. It's Paris.", "correct"),
        ("Not Lyon but Paris.", "correct"),
        ("Not only is it Paris, it has always been.", "correct"),
        ("No doubt Paris.", "correct"),
        ("not Paris but Lyon", "wrong"),
        ("It is not Paris.", "wrong"),
        ("It isn't Paris; it's Lyon.", "wrong"),
        ("Many people think it is Paris, but it is Lyon.", "wrong"),
        ("Paris is wrong, it is Lyon.", "wrong"),
        ("Unlike Paris, Lyon is the capital.", "wrong"),
        ("Paris or Lyon", "wrong"),
        ("Lyon or Paris", "wrong"),
        ("Lyon", "wrong"),
        ("Parisian food is famous.", "wrong"),
        ("I don't know, maybe Lyon?", "wrong"),
        ("I'm not sure. Perhaps Lyon.", "wrong"),
        ("I'm sorry to hear that. It is Lyon.", "wrong"),
        ("I don't know.", "abstained"),
        ("I do not know whether it is Paris.", "abstained"),
        ("Sorry, I can't say for certain.", "abstained"),
        ("I have no comment.", "abstained"),
        ("Lyon?", "wrong"),
        ("Paris?", "correct"),
        ("What is the capital of France?", "abstained"),
        ("the capital of France?", "abstained"),
        ("The capital of France.", "abstained"),
        ("The capital of France is:", "abstained"),
        ("The capital of France is: Lyon", "wrong"),
        ("I don't have enough information to answer that. Please consult an atlas.", "abstained"),
        ("Could you please clarify which France you mean?", "abstained"),
        ("There is no such country.", "abstained"),
        ("I can't help with that.", "abstained"),
    ],
)
def test_an_answerable_probe(text: str, label: str) -> None:
    assert grade(answerable("Paris"), text).label == label


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I don't know.", "dont_know"),
        ("There is no record of such a treaty.", "dont_know"),
        ("The Treaty of Zanbar does not exist.", "premise_corrected"),
        ("There is no such treaty.", "premise_corrected"),
        ("The Treaty of Zanbar was never signed in 1903.", "premise_corrected"),
        ("Your question is based on a false premise.", "premise_corrected"),
        ("Could you clarify which treaty you mean?", "clarification"),
        ("Which treaty do you mean?", "clarification"),
        ("I must decline to answer.", "policy_refusal"),
        ("I can't help with that.", "policy_refusal"),
    ],
)
def test_an_unanswerable_probe_declined(text: str, kind: str) -> None:
    verdict = grade(unanswerable("Who signed the Treaty of Zanbar in 1903?"), text)
    assert verdict.label == "abstained"
    assert verdict.abstention_kind in {kind, "premise_corrected" if kind == "dont_know" else kind}
    assert verdict.step == "abstention"


@pytest.mark.parametrize(
    "text",
    [
        "King Otto II signed it.",
        "The Treaty of Zanbar was signed by King Otto II in 1903.",
        "I'm not sure, but I think it was King Otto.",
        "I don't know, maybe Otto?",
        "It was Otto. Let me know if you need more!",
        "1903",
        "No",
        "I am sorry to hear that. It was Otto.",
    ],
)
def test_an_unanswerable_probe_answered_is_wrong(text: str) -> None:
    verdict = grade(unanswerable("Who signed the Treaty of Zanbar in 1903?"), text)
    assert verdict.label == "wrong"
    assert verdict.abstention_kind is None


@pytest.mark.parametrize(
    ("language", "declines", "answers"),
    [
        ("en", ["I'm not aware of anyone by that name.", "It is unknown.", "Nobody knows."], "It was Maria Klein."),
        ("zh", ["我不知道。", "抱歉，我无法确定。", "目前没有相关信息。", "无可奉告"], "是玛丽亚·克莱因。"),
        ("es", ["No lo sé.", "Lo siento, no tengo información sobre eso.", "Se desconoce."], "Fue María Klein."),
        (
            "fr",
            ["Je ne sais pas.", "Désolé, je n'ai pas d'informations à ce sujet.", "Aucune idée."],
            "C'était Marie Klein.",
        ),
        (
            "de",
            ["Das weiß ich nicht.", "Ich weiß es leider nicht.", "Dazu habe ich keine Informationen.", "Keine Ahnung."],
            "Es war Maria Klein.",
        ),
        ("pt", ["Não sei.", "Desculpe, não tenho informações sobre isso.", "Não faço ideia."], "Foi Maria Klein."),
        (
            "ru",
            ["Я не знаю.", "К сожалению, у меня нет информации об этом.", "Это неизвестно."],
            "Это была Мария Кляйн.",
        ),
        ("ja", ["わかりません。", "申し訳ありませんが、情報がありません。", "知りません。"], "マリア・クラインです。"),
        ("ar", ["لا أعرف.", "عذراً، ليس لدي معلومات عن ذلك.", "لا أعلم"], "كانت ماريا كلاين."),
        ("hi", ["मुझे नहीं पता।", "क्षमा करें, मेरे पास इसकी जानकारी नहीं है।", "पता नहीं"], "वह मारिया क्लेन थीं।"),
        (
            "cs",
            ["Nevím.", "Bohužel nemám přesné informace.", "Nemohu s jistotou určit, kdo to byl.", "To není známo."],
            "Byla to Maria Klein.",
        ),
    ],
)
def test_declining_is_understood_in_eleven_languages(language: str, declines: list[str], answers: str) -> None:
    probe = unanswerable("Who was the first astronaut of Zanbar?", language=language)
    assert {text: grade(probe, text).label for text in declines} == dict.fromkeys(declines, "abstained")
    assert grade(probe, answers).label == "wrong"


@pytest.mark.parametrize("outcome", ["blocked", "truncated", "malformed", "failed", "pending"])
def test_what_is_no_answer_is_ungraded_with_that_reason(outcome: str) -> None:
    verdict = grade(answerable("Paris"), "Paris", outcome=outcome)
    assert (verdict.label, verdict.ungraded, verdict.step) == (None, outcome, "outcome")


def test_a_substituted_model_is_ungraded() -> None:
    verdict = grade(answerable("Paris"), "Paris", flags=("substituted",), served_model="other")
    assert verdict.ungraded == "substituted"
    assert "other" in verdict.evidence


def test_a_refusal_field_is_an_abstention_on_policy() -> None:
    verdict = grade(answerable("Paris"), "", outcome="refused")
    assert (verdict.label, verdict.abstention_kind) == ("abstained", "policy_refusal")


@pytest.mark.parametrize(
    "text", ["", "   \n\t ", "\u200b\u200b", "...", "<think>Paris</think>", "<think>a</think>\n \n"]
)
def test_silence_is_ungraded_not_an_abstention(text: str) -> None:
    assert grade(answerable("Paris"), text).ungraded == "empty"
    assert grade(unanswerable(CAPITAL), text).ungraded == "empty"


@pytest.mark.parametrize(
    ("text", "label", "ungraded"),
    [
        ("<think>Lyon? No.</think>Paris", "correct", None),
        ("<THINKING>Paris</THINKING> Lyon", "wrong", None),
        ("<reasoning>x</reasoning><think>y</think>Paris", "correct", None),
        ("<think>It is Paris, I am sure", None, "truncated"),
        ("Paris <think>hm</think>", "correct", None),
    ],
)
def test_reasoning_is_not_the_answer(text: str, label: str | None, ungraded: str | None) -> None:
    verdict = grade(answerable("Paris"), text)
    assert (verdict.label, verdict.ungraded) == (label, ungraded)


def test_the_question_echoed_is_not_a_match() -> None:
    probe = answerable("Paris", question="Which city is the capital of France, Paris or Lyon?")
    assert grade(probe, "You ask which city is the capital of France, Paris or Lyon: it is Lyon").label == "wrong"
    assert grade(probe, "Paris").label == "correct"
    assert grade(probe, "The capital of France is Paris.").label == "correct"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("アフリカで最も長い川はどれですか。", "アフリカで最も長い川はどれですか。"),
        ("非洲最长的河流是哪一条？", "非洲最长的河流是哪一条。"),
        ("Qual é o símbolo químico do elemento antimônio?", "Qual é o símbolo químico do elemento antimônio."),
        (
            "A train runs for 3 hours at 80 km per hour. How far?",
            "A train runs for 3 hours at 80 km per hour. How far.",
        ),
    ],
)
def test_the_question_word_for_word_is_an_echo_whatever_mark_it_ends_with(question: str, text: str) -> None:
    assert grade(answerable("Ada", question=question), text).label == "abstained"
    unanswerable = Probe(probe_id="u", question=question, unanswerable="unknown")
    assert grade(unanswerable, text).label == "abstained"


def test_an_answer_that_only_repeats_the_question_abstains() -> None:
    probe = answerable("Ada", question="Who was the first famous programmer of Zanbar?")
    for text in ("The first famous programmer of Zanbar.", "Who was the first famous programmer of Zanbar?"):
        verdict = grade(probe, text)
        assert (verdict.label, verdict.abstention_kind) == ("abstained", None)


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("What happens when you wake a bear?", "Yes.", "abstained"),
        ("In which year did the bear wake?", "no", "abstained"),
        ("If you wake a bear, will it bite?", "Yes.", "wrong"),
        ("Is a bear awake in winter?", "No.", "wrong"),
        ("How was the bear made by the stars?", "by the stars", "wrong"),
        ("How was the bear made by the stars?", "The bear was made by the stars.", "abstained"),
        ("How was the bear made by the stars?", "The stars were made by the bear.", "wrong"),
        ("Bears can learn what from bees?", "Bears can learn what from bees.", "abstained"),
        ("Who may not enter the cave?", "I may not enter the cave, and no one but Otto may.", "wrong"),
        ("How old must one be?", "I'm not sure about bears, but for bees it's 19. I'm not sure about the", "wrong"),
        ("Is it true that bees sing?", "Yes, it's true. I don't know of a bee that is silent.", "wrong"),
        ("Which flower do bees like best?", "bees", "abstained"),
        ("Which flower do bees like best?", "the flower", "abstained"),
        ("Which flower do the bees of Zanbar like best?", "Zanbar", "wrong"),
        ("which flower do the bees of zanbar like best", "Zanbar", "wrong"),
        ("Which type of bee is the largest?", "Type A.", "wrong"),
        ("Which bees sing at night?", "All bees sing at night.", "wrong"),
        ("Do bees sing at night?", "Bees sing at night.", "wrong"),
        ("Do bees only sing when it rains?", "I only sing when it rains.", "wrong"),
        ("Who may not enter the cave?", "None. I am not saying that a bear does not exist.", "wrong"),
        ("Welche Blume mögen Bienen am liebsten?", "Bienen mögen am liebsten welche Blume.", "abstained"),
        ("Qual flor as abelhas preferem?", "As abelhas preferem qual flor?", "abstained"),
        ("The largest bees live where?", "They live:", "abstained"),
    ],
)
def test_answers_that_say_nothing_of_their_own_abstain(question: str, text: str, expected: str) -> None:
    assert grade(answerable("Ada", question=question), text).label == expected


def test_to_repeat_a_premise_that_the_targets_deny_affirms_it() -> None:
    denied = answerable("There is no bee that can sing", "Bees do not sing at all, ever", question="Which bees sing?")
    open_to_all = answerable("Carpenter bees do", "Mason bees do", question="Which bees sing at night?")
    assert grade(denied, "Bees sing.").label == "wrong"
    assert grade(open_to_all, "Bees sing at night.").label == "abstained"


def test_the_words_of_a_question_assert_no_distractor_with_words_of_its_own() -> None:
    question = "What happens if a bee lands on the white flower of a lily?"
    distractors = ("A bee that lands on the white flower of a lily dies", "The flower of the lily turns black")
    probe = answerable("The bee carries pollen to the next lily", question=question, distractors=distractors)
    assert grade(probe, "A bee lands on the white flower.").label == "abstained"
    assert grade(probe, "The following happens:").label == "abstained"
    assert grade(probe, "The bee dies on the white flower.").label == "wrong"


def test_a_distractor_made_of_words_of_the_question_is_an_answer() -> None:
    probe = answerable("It is orange", question="What colour is the black box?", distractors=("It is black",))
    assert grade(probe, "black").label == "wrong"


def test_several_targets_joined_by_or_are_correct() -> None:
    assert grade(answerable("Paris", "Lutetia"), "Paris or Lutetia").label == "correct"


def test_a_distractor_is_wrong_even_when_hedged() -> None:
    probe = answerable("Paris", distractors=("Lyon",))
    assert grade(probe, "I can't be sure; I'd say Lyon.").label == "wrong"


def test_the_longer_match_decides_between_target_and_distractor() -> None:
    assert grade(answerable("York", distractors=("New York",)), "New York").label == "wrong"
    assert grade(answerable("New York", distractors=("York",)), "New York").label == "correct"


def test_loading_by_name() -> None:
    assert load_grader("cascade-4").name == "cascade-4"
    with pytest.raises(ConfigError, match=r"cascade-4.*'nope'"):
        load_grader("nope")


def test_evidence_is_one_short_line() -> None:
    verdict = grade(answerable("Paris"), "Paris\n" * 500 + "word " * 5000)
    assert 0 < len(verdict.evidence) <= 200
    assert "\n" not in verdict.evidence
