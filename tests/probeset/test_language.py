from __future__ import annotations

import pytest

from evaluator.probeset.language import script_mismatch
from evaluator.records import Probe


def mismatch(language: str, question: str) -> str | None:
    return script_mismatch(Probe(probe_id="p", question=question, targets=("t",), language=language))


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "Who wrote “Война и мир” in Russia?"),
        ("zh", "GPT-4 是哪家公司开发的？"),
        ("zh-TW", "臺灣最高的山是哪一座？"),
        ("ja", "富士山の高さは何メートルですか。"),
        ("ja", "日本国首相官邸所在地"),
        ("ru", "Кто написал роман?"),
        ("ar", "من كتب هذا الكتاب؟"),
        ("hi", "भारत की राजधानी क्या है?"),
        ("cs", "Kdo napsal Švejka?"),
        ("vi", "Ai đã viết Truyện Kiều?"),
        ("el", "Who is not judged?"),
        ("en", "2 + 2 = ?"),
    ],
)
def test_the_right_script_is_left_alone(language: str, question: str) -> None:
    assert mismatch(language, question) is None


@pytest.mark.parametrize(
    ("language", "question", "script"),
    [
        ("zh", "Who wrote the book?", "Latin"),
        ("zh", "富士山の高さは何メートルですか。", "Hiragana"),
        ("ja", "Who wrote the book?", "Latin"),
        ("ru", "Who wrote the book?", "Latin"),
        ("ar", "Кто написал роман?", "Cyrillic"),
        ("hi", "من كتب هذا الكتاب؟", "Arabic"),
        ("en", "भारत की राजधानी क्या है?", "Devanagari"),
        ("fr", "谁写了这本书？", "Cjk"),
    ],
)
def test_the_wrong_script_is_named(language: str, question: str, script: str) -> None:
    text = mismatch(language, question)
    assert text is not None
    assert f"{script} script" in text


@pytest.mark.parametrize("language", ["English", "", "EN", "e", "en_US"])
def test_what_is_no_language_code_is_named(language: str) -> None:
    assert "is not a code" in (mismatch(language, "Who?") or "")
