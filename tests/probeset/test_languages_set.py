"""The set `languages` asks the same in every language, so that abstention can be compared between them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evaluator.graders import default_grader
from evaluator.probeset import read_probe_set
from evaluator.records import REASONS, Probe, Request, Sampling, Verdict

PROBES = read_probe_set(Path(__file__).resolve().parent.parent.parent / "probes" / "languages").probes
LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "ja", "pt", "ru", "zh")
UNKNOWING = {
    "ar": "لا أعرف.",
    "de": "Das weiß ich nicht.",
    "en": "I don't know.",
    "es": "No lo sé.",
    "fr": "Je ne sais pas.",
    "hi": "मुझे नहीं पता।",
    "ja": "わかりません。",
    "pt": "Não sei.",
    "ru": "Я не знаю.",
    "zh": "我不知道。",
}
STATING = {
    "ar": "الجواب هو {}.",
    "de": "Die Antwort ist {}.",
    "en": "The answer is {}.",
    "es": "La respuesta es {}.",
    "fr": "La réponse est {}.",
    "hi": "उत्तर {} है।",
    "ja": "答えは{}です。",
    "pt": "A resposta é {}.",
    "ru": "Ответ: {}.",
    "zh": "答案是{}。",
}


def graded(probe: Probe, text: str) -> Verdict:
    request = Request(
        request_id="r", probe_id=probe.probe_id, model="m", prompt="none", repeat=0, messages=(), sampling=Sampling()
    )
    return default_grader().grade(probe, request.response(outcome="answered", text=text))


def test_every_language_has_the_same_forty_probes() -> None:
    by_language = {
        code: {probe.probe_id.removeprefix(f"{code}-") for probe in PROBES if probe.language == code}
        for code in LANGUAGES
    }
    assert {probe.language for probe in PROBES} == set(LANGUAGES)
    assert all(len(ids) >= 40 for ids in by_language.values())
    assert len({frozenset(ids) for ids in by_language.values()}) == 1


def test_translations_of_one_pair_share_a_cluster_and_an_english_gloss() -> None:
    n_probes = Counter(probe.cluster for probe in PROBES)
    assert set(n_probes.values()) == {2 * len(LANGUAGES)}
    assert [probe.probe_id for probe in PROBES if probe.language != "en" and not probe.question_en] == []


def test_all_reasons_occur_in_every_language() -> None:
    for code in LANGUAGES:
        assert {probe.unanswerable for probe in PROBES if probe.language == code} == {*REASONS, None}


@pytest.mark.parametrize("code", LANGUAGES)
def test_targets_distractors_and_not_knowing_are_read_in_every_language(code: str) -> None:
    for probe in (probe for probe in PROBES if probe.language == code):
        assert graded(probe, UNKNOWING[code]).label == "abstained", probe.probe_id
        for target in probe.targets:
            assert graded(probe, target).label == "correct", (probe.probe_id, target)
            assert graded(probe, STATING[code].format(target)).label == "correct", (probe.probe_id, target)
        for distractor in probe.distractors:
            assert graded(probe, STATING[code].format(distractor)).label == "wrong", (probe.probe_id, distractor)


def test_a_gloss_is_the_english_question_but_for_names() -> None:
    english = {probe.probe_id[3:]: probe.question for probe in PROBES if probe.language == "en"}
    differing = [
        probe.probe_id
        for probe in PROBES
        if probe.language != "en" and probe.question_en != english[probe.probe_id[3:]]
    ]
    assert differing == ["zh-ages-a", "zh-ages-u", "ar-ages-a", "ar-ages-u"], "a name that is a word there is another"
