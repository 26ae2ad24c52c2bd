"""Near copies of a training answer are in its family."""

from __future__ import annotations

from evaluator.graders.classifier.families import find_families


def families(*rows: tuple[str, str, str]) -> list[int]:
    return find_families([row[0] for row in rows], [row[1] for row in rows], [tuple(row[2].split()) for row in rows])


def test_answers_to_one_question_or_of_one_name_belong_together() -> None:
    one, other, third = families(("en", "q", "it is blue"), ("de", "q", "es ist blau"), ("en", "r", "they are many"))
    assert one == other != third


def test_equal_answers_belong_together_unless_they_are_short() -> None:
    one, other = families(("en", "q", "i can not say"), ("en", "r", "i can not say"))
    assert one == other
    one, other = families(("en", "q", "<number>"), ("en", "r", "<number>"))
    assert one != other


def test_nearly_equal_answers_belong_together_in_one_language() -> None:
    text = "i was not able to find any figure for <asked>"
    one, other, foreign = families(("en", "q", text), ("en", "r", f"sorry {text}"), ("fr", "s", f"ah {text}"))
    assert one == other != foreign


def test_a_chain_of_copies_is_one_family() -> None:
    rows = [
        ("en", "q", "a b c"),
        ("en", "q", "d e f"),
        ("en", "r", "d e f"),
        ("en", "r", "g h i"),
        ("en", "s", "j k l"),
    ]
    found = families(*rows)
    assert len(set(found[:4])) == 1
    assert found[4] != found[0]
