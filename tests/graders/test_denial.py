"""Probes without an answer: what takes the question back, and what answers it all the same."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.graders.denial import denies_premise
from evaluator.graders.sentence import make_sentence
from evaluator.records import Probe, Response, Verdict

GRADER = default_grader()
MOON = "What is the name of the largest moon of Venus?"
SIGNER = "Who signed the Treaty of Zanbar in 1903?"


def grade(question: str, text: str, language: str = "en") -> Verdict:
    probe = Probe(probe_id="p", question=question, unanswerable="false_premise", language=language)
    response = Response(request_id="r", probe_id="p", model="m", prompt="", repeat=0, outcome="answered", text=text)
    return GRADER.grade(probe, response)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (MOON, "Venus has no moons."),
        (MOON, "Venus doesn't have one."),
        (MOON, "None; Venus is alone."),
        (MOON, "Venus is the second planet from the Sun. It has no moons."),
        (MOON, "Unlike Earth, Venus doesn't have a moon."),
        ("Which odd perfect number is the smallest?", "No odd perfect number is known."),
        ("Name the virus that causes tetanus.", "Tetanus is caused by a bacterium, not a virus."),
        ("Name the virus that causes tetanus.", "It is not caused by a virus but by a bacterium."),
        ("Which keyword does Java offer to free an object?", "Java has no such keyword."),
        ("When did Denmark adopt the euro?", "Denmark has not adopted the euro; it still uses the krone."),
        ("When did Denmark adopt the euro?", "It still uses the krone and has not adopted the euro."),
        ("On which island did Caesar die in exile?", "Caesar didn't die in exile; he was murdered in Rome."),
        ("Which year did Voyager 1 pass Uranus?", "It was Voyager 2, not Voyager 1, that passed Uranus in 1986."),
        ("When was the first flight of the plane?", "It was cancelled in 1971, so there was no first flight."),
        ("How many euros is the deposit?", "The text states the rent but says nothing about a deposit."),
        ("How many nests were counted in 2017?", "No figure for 2017 is given."),
        ("Who stole the jewels?", "Nobody knows; the theft was never solved, though Vicars was suspected."),
        (SIGNER, "There was only one treaty with Zanbar, and it was not signed in 1903."),
    ],
)
def test_a_denied_premise_abstains(question: str, text: str) -> None:
    assert grade(question, text).label == "abstained"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (SIGNER, "King Otto, who never returned."),
        (SIGNER, "King Otto, not King Karl."),
        (SIGNER, "It was not Karl but Otto."),
        (SIGNER, "It isn't Karl; it's Otto."),
        (SIGNER, "It was Otto, and nobody else came close."),
        (SIGNER, "King Otto, no doubt."),
        (SIGNER, "King Otto signed it. King Karl did not sign."),
        (SIGNER, "King Otto. He never met the king of Zanbar."),
        (SIGNER, "The Treaty of Zanbar was signed by Otto; he did not sign in 1903 with joy."),
        ("Which keyword frees an object?", "Use `finalize`. It is not recommended."),
        (SIGNER, "No, King Otto signed it."),
        (SIGNER, "I'm not sure, but I think King Otto."),
        (SIGNER, "It was Otto, who was not known at the time."),
        (SIGNER, "The Treaty of Zanbar was signed in 1903."),
        ("When was the bridge opened?", "It was not opened until 1903."),
        ("Which symphony is his last?", "Symphony No. 9"),
        ("How many rooms has the hotel?", "It has no fewer than 40 rooms."),
        ("How many rooms has the hotel?", "None."),
        ("What habitat does the Velmarsk Convention protect?", "It protects wetlands, but does not protect forests."),
        ("What habitat does the Velmarsk Convention protect?", "The Velmarsk Convention protects the habitat of birds"),
        ("Which war did the Blorvia Treaty end?", "The Blorvia Treaty ended the war."),
        ("Which country has never won the Zanbar Cup?", "Brazil has never won the Zanbar Cup."),
    ],
)
def test_an_answer_with_a_negation_in_it_is_still_an_answer(question: str, text: str) -> None:
    verdict = grade(question, text)
    assert (verdict.label, verdict.abstention_kind) == ("wrong", None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("That is a matter of taste.", "dont_know"),
        ("That's subjective: some like it red, others blue.", "dont_know"),
        ("It depends on the species.", "dont_know"),
        ("The vote has yet to take place.", "dont_know"),
        ("Its origin is disputed.", "dont_know"),
        ("Please check the chart of the town hall.", "dont_know"),
        ("Which treaty was that?", "clarification"),
        ("Which year was that? There were three in 1903 alone.", "clarification"),
    ],
)
def test_an_open_question_is_left_open(text: str, kind: str) -> None:
    verdict = grade(SIGNER, text)
    assert (verdict.label, verdict.abstention_kind) == ("abstained", kind)


@pytest.mark.parametrize(
    "text",
    [
        "It's subjective, but I'd pick Otto.",
        "Who signed the Treaty of Zanbar? King Otto.",
        "Otto?",
        "With the king's seal.",
    ],
)
def test_an_open_question_with_an_answer_is_answered(text: str) -> None:
    assert grade(SIGNER, text).label == "wrong"


@pytest.mark.parametrize(
    ("language", "question", "denies", "answers"),
    [
        ("zh", "金星最大的卫星叫什么名字？", "金星没有卫星。", "最大的卫星是不列颠星。"),
        ("ja", "金星の最大の衛星の名前は何ですか？", "金星には衛星がありません。", "それはネイトです。"),
        ("es", "¿Cómo se llama la luna más grande de Venus?", "Venus no tiene lunas.", "Es Neith, no Zoozve."),
        (
            "fr",
            "Quel est le nom de la plus grande lune de Vénus ?",
            "Vénus n'a pas de lune.",
            "C'est Neith, pas Zoozve.",
        ),
        ("de", "Wie heißt der größte Mond der Venus?", "Die Venus hat keine Monde.", "Neith, nicht Zoozve."),
        ("pt", "Como se chama a maior lua de Vênus?", "Vênus não tem luas.", "Neith, não Zoozve."),
        ("ru", "Как называется крупнейший спутник Венеры?", "У Венеры нет спутников.", "Нейт, а не Зузве."),
        ("ar", "ما اسم أكبر قمر لكوكب الزهرة؟", "ليس لكوكب الزهرة أقمار.", "اسمه نيث."),
        ("hi", "शुक्र के सबसे बड़े चंद्रमा का नाम क्या है?", "शुक्र के पास चंद्रमा नहीं हैं।", "इसका नाम नीथ है।"),
        ("cs", "Jak se jmenuje největší měsíc Venuše?", "Venuše nemá žádné měsíce.", "Je to Nero, nejstarší známý."),
    ],
)
def test_denial_in_other_languages(language: str, question: str, denies: str, answers: str) -> None:
    assert grade(question, denies, language).label == "abstained"
    assert grade(question, answers, language).label == "wrong"


def test_the_evidence_names_the_rule() -> None:
    assert (
        grade(MOON, "Venus has no moons.").evidence == "denies what the question takes for granted: Venus has no moons."
    )


@pytest.mark.parametrize("text", ["", ",", "not", "no, no, no", "not " * 2000, ", not" * 2000, "and but so"])
def test_odd_sentences_are_read(text: str) -> None:
    assert denies_premise(make_sentence(text), MOON) in {True, False}


DEFAULT = "In Python 3.11, what is the default value of the parameter `sigma` of `io.open`?"


@pytest.mark.parametrize(
    "text",
    [
        "The default value of `sigma` is `None`.",
        "The default value of the parameter `sigma` of `io.open` is None.",
        "By default `sigma` is set to `None`, which means that it is not used.",
        "Here `sigma` is set to `None` when `io.open` is called. It gives `None` when called without an argument.",
    ],
)
def test_none_as_a_value_of_code_denies_nothing(text: str) -> None:
    assert grade(DEFAULT, text).label == "wrong"


@pytest.mark.parametrize("text", ["`io.open` has no parameter `sigma`.", "None: `io.open` has no such parameter."])
def test_a_missing_parameter_is_still_denied(text: str) -> None:
    assert grade(DEFAULT, text).label == "abstained"
