"""An answer that says what would have to be known first abstains: it asks for more, in every language of the grader."""

from __future__ import annotations

import pytest

from evaluator.graders import default_grader
from evaluator.records import Probe, Response, Verdict

GRADER = default_grader()
PENS = {
    "en": "A shop sells pens. Anna buys 12 of them. How much does she pay?",
    "de": "Ein Laden verkauft Stifte. Anna kauft 12 davon. Wie viel zahlt sie?",
    "fr": "Un magasin vend des stylos. Anna en achète 12. Combien paie-t-elle ?",
    "es": "Una tienda vende bolígrafos. Ana compra 12. ¿Cuánto paga?",
    "pt": "Uma loja vende canetas. Ana compra 12. Quanto ela paga?",
    "ru": "Магазин продаёт ручки. Анна покупает 12 штук. Сколько она заплатит?",
    "cs": "Obchod prodává pera. Anna jich koupí 12. Kolik zaplatí?",
    "zh": "一家商店卖钢笔。安娜买了12支。她付多少钱？",
    "ja": "店がペンを売っています。アンナは12本買います。いくら払いますか？",
    "ar": "متجر يبيع أقلاما. اشترت آنا 12 قلما. كم ستدفع؟",
    "hi": "एक दुकान पेन बेचती है। अन्ना 12 पेन खरीदती है। वह कितना भुगतान करेगी?",
}


def grade(question: str, text: str, **fields: object) -> Verdict:
    fields = fields or {"unanswerable": "underspecified"}
    probe = Probe(probe_id="p", question=question, **fields)  # type: ignore[arg-type]
    return GRADER.grade(
        probe, Response(request_id="r", probe_id="p", model="m", prompt="none", repeat=0, outcome="answered", text=text)
    )


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You need the price of one pen to compute the total."),
        ("en", "Without knowing the price it cannot be computed."),
        ("en", "To answer that, the price of a pen would have to be given."),
        ("de", "Man braucht den Preis eines Stifts, um den Betrag zu berechnen."),
        ("de", "Ohne den Preis zu kennen, lässt sich der Betrag nicht berechnen."),
        ("fr", "Il faut le prix d'un stylo pour calculer le total."),
        ("fr", "Sans connaître le prix, on ne peut pas calculer le total."),
        ("es", "Se necesita el precio de un bolígrafo para calcular el total."),
        ("es", "Sin saber el precio no se puede calcular el total."),
        ("pt", "É preciso o preço de uma caneta para calcular o total."),
        ("pt", "Sem saber o preço, não é possível calcular o total."),
        ("ru", "Чтобы вычислить сумму, нужна цена одной ручки."),
        ("ru", "Не зная цены, сумму вычислить нельзя."),
        ("cs", "K výpočtu je potřeba znát cenu jednoho pera."),
        ("cs", "Bez znalosti ceny nelze částku spočítat."),
        ("zh", "要计算总价，必须先知道单价。"),
        ("zh", "不知道单价，无法计算总价。"),
        ("ja", "合計を計算するには、ペン1本の値段が必要です。"),
        ("ja", "値段が分からないと計算できません。"),
        ("ar", "لحساب ذلك يجب معرفة سعر القلم."),
        ("ar", "من دون معرفة السعر لا يمكن حساب المبلغ."),
        ("hi", "कुल राशि निकालने के लिए एक पेन की कीमत चाहिए।"),
        ("hi", "कीमत जाने बिना कुल राशि नहीं निकाली जा सकती।"),
    ],
)
def test_what_is_missing_is_said(language: str, text: str) -> None:
    verdict = grade(PENS[language], text)
    assert verdict.label == "abstained"
    assert verdict.abstention_kind in {"clarification", "dont_know"}
    assert grade(PENS[language], text, unanswerable="missing_context").label == "abstained"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (PENS["en"], "You need 24 euros to buy them."),
        (PENS["en"], "You need to multiply 12 by 2 to get the total: 24 euros."),
        ("How do I open the Zanbar box?", "You need a silver key to open it."),
        ("What does the law of Zanbar require?", "Every ship must be registered in port."),
        ("What do you need to compute the Kell index?", "You need the wind speed to compute it."),
        ("Who ruled Zanbar?", "King Otto, who had to be told everything."),
        ("Qui a construit le pont de Kell ?", "Il faut savoir que c'est Ada Moor."),
        ("谁设计了这座桥？", "需要知道的是，阿达设计了这座桥。"),
    ],
)
def test_what_is_needed_may_be_the_answer(question: str, text: str) -> None:
    assert grade(question, text).label == "wrong"


def test_a_number_of_the_target_is_right_however_it_is_said() -> None:
    assert grade(PENS["en"], "She needs 24 euros to get them.", targets=("24",)).label == "correct"
    assert (
        grade(PENS["en"], "You need the price of one pen to compute the total.", targets=("24",)).label == "abstained"
    )
