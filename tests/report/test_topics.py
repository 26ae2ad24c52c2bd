from __future__ import annotations

from evaluator.report.section import Section
from evaluator.report.topics import topic_sections
from tests.report import example


def shown(topics: dict[str, tuple[int, int]]) -> Section | None:
    result = example.model_result("m", (9, 9, 9, 0), (0, 9, 9, 0), topics=topics)
    return next(iter(topic_sections([("", result)])), None)


def names(section: Section | None) -> list[str]:
    assert section is not None
    assert section.table is not None
    return [row.label for row in section.table.rows]


def test_the_worst_come_first_and_at_most_five() -> None:
    assert names(shown(example.TOPICS)) == ["law", "history", "music", "medicine", "geography"]


def test_topics_with_fewer_than_ten_are_left_out() -> None:
    assert names(shown({"nine": (9, 9), "ten": (1, 10)})) == ["ten"]
    assert shown({"nine": (9, 9), "none": (0, 0)}) is None


def test_equal_rates_are_ordered_by_the_surer_one_then_by_name() -> None:
    assert names(shown({"small": (10, 10), "large": (40, 40), "also": (10, 10)})) == ["large", "also", "small"]


def test_it_says_how_many_slices_were_looked_at() -> None:
    section = shown(example.TOPICS)
    assert section is not None
    assert section.lead.startswith("The 5 highest of 7 rates, n at least 10. With so many slices looked at")


def test_each_has_its_interval_and_n() -> None:
    section = shown({"law": (18, 22)})
    assert section is not None
    assert section.table is not None
    assert section.table.rows[0].cells == (("81.8%", "[61.5, 92.7]", "22"),)


def test_several_models_are_named_beside_the_topic() -> None:
    results = [
        (f"m{i}", example.model_result("m", (9, 9, 9, 0), (0, 9, 9, 0), topics={"law": (5 + i, 20)})) for i in (0, 1)
    ]
    assert names(topic_sections(results)[0]) == ["law · m1", "law · m0"]
