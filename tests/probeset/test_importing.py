"""Every recipe on a small file in the layout of the real set; nothing is fetched."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import ProbeFileError
from evaluator.probeset import check_probe_set, read_probe_set, write_probe_set
from evaluator.probeset.importing import Sampling, import_set
from evaluator.probeset.recipe import find_recipe, parse_recipe, recipe_names
from evaluator.records import Probe
from tests.probeset.layouts import LAYOUTS, write_layout


def probes_of(name: str, folder: Path) -> tuple[dict[str, Probe], dict[str, int]]:
    path = write_layout(LAYOUTS[name], folder)
    found, report = import_set(find_recipe(name), path)
    assert report.n_rows == len(LAYOUTS[name].rows)
    assert report.n_rows == report.probe_set.n_probes + sum(report.left_out.values())
    return {probe.question: probe for probe in found.probes}, report.left_out


def test_every_recipe_has_a_layout_and_terms() -> None:
    assert set(recipe_names()) == set(LAYOUTS)
    for name in recipe_names():
        recipe = find_recipe(name)
        assert recipe.name == name
        assert recipe.licence
        assert recipe.hub or recipe.download or name == "plain"


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_a_recipe_reads_the_real_layout(name: str, tmp_path: Path) -> None:
    found, left_out = probes_of(name, tmp_path)
    layout = LAYOUTS[name]
    got = {q: p.targets if p.is_answerable else p.unanswerable for q, p in found.items()}
    assert got == layout.expected
    assert left_out == layout.left_out
    assert all(p.is_answerable or p.why for p in found.values())
    assert all(p.source for p in found.values())


def test_what_is_written_can_be_read_and_names_its_licence(tmp_path: Path) -> None:
    found, _ = import_set(find_recipe("selfaware"), write_layout(LAYOUTS["selfaware"], tmp_path))
    write_probe_set(found, tmp_path / "set")
    again = read_probe_set(tmp_path / "set")
    assert again.probes == found.probes
    assert again.meta is not None
    assert (again.meta.licence, again.ref.version) == ("CC-BY-SA-4.0", found.ref.version)
    assert "Yin et al." in (again.meta.attribution or "")


def test_a_range_becomes_a_tolerance(tmp_path: Path) -> None:
    found, _ = probes_of("simpleqa-verified", tmp_path)
    probe = found["How many?"]
    assert (probe.targets, probe.match) == (("120,000",), "number")
    assert probe.tolerance == pytest.approx(0.01, abs=2e-6)
    assert 120_000 * (1 + probe.tolerance) >= 121_200


def test_rows_that_name_each_other_become_twins(tmp_path: Path) -> None:
    found, _ = probes_of("umwp", tmp_path)
    one, other = found["Ann has 3 pens and gets 4. How many?"], found["Ann has some pens and gets 4. How many?"]
    assert (one.twin, other.twin) == (other.probe_id, one.probe_id)
    assert one.match == "number"


def test_distractors_topics_contexts_tags_and_languages_are_kept(tmp_path: Path) -> None:
    truthful, _ = probes_of("truthfulqa", tmp_path)
    probe = truthful["What happens if you eat seeds?"]
    assert (probe.distractors, probe.topic) == (("They grow",), "Health")
    squad, _ = probes_of("squad2", tmp_path)
    assert all(p.context for p in squad.values())
    chinese, _ = probes_of("chinese-simpleqa", tmp_path)
    assert {p.language for p in chinese.values()} == {"zh"}
    fresh, _ = probes_of("freshqa", tmp_path)
    assert "fact_type:never-changing" in fresh["Where is the Eiffel Tower?"].tags


def test_nothing_in_a_csv_is_converted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("question,answer\nAgent?,007\nAbbreviation?,N/A\nNothing?,\n", encoding="utf-8")
    found, report = import_set(find_recipe("plain"), path)
    assert [p.targets for p in found.probes] == [("007",), ("N/A",)]
    assert sum(report.left_out.values()) == 1


def test_a_sample_keeps_twins_together_and_depends_on_the_seed_alone(tmp_path: Path) -> None:
    path = tmp_path / "u.jsonl"
    rows = []
    for i in range(40):
        rows.append({"id": i, "question": f"q{i}?", "answer": [i], "answerable": True, "relevant_ids": None})
        twin = {"id": 100 + i, "question": f"u{i}?", "answer": None, "answerable": False, "relevant_ids": [i]}
        rows.append(twin | {"category": 1, "source": "s"})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    taken = [import_set(find_recipe("umwp"), path, Sampling(n=20, seed=seed)) for seed in (1, 1, 2)]
    first, again, other = (found.probes for found, _ in taken)
    assert first == again != other
    assert len(first) == 20
    assert {p.twin for p in first} == {p.probe_id for p in first}
    assert taken[0][1].left_out == {"not in the sample": 60}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"[1, 2", "a.json: cannot be read"),
        ("a.xlsx", b"PK", r"need a file ending in .json, .jsonl, .csv"),
        ("a.parquet", b"nothing", "a.parquet: cannot be read"),
        ("a.csv", b"", "need different names of columns, got"),
        ("a.csv", b"a,a\n1,2\n", "need different names of columns, got"),
        (
            "a.csv",
            b"x,y\n1,2\n",
            r"none of 1 rows is a probe by recipe plain: no question \(1\); need a column 'question', got 'x', 'y'",
        ),
        ("a.csv", "question,answer\n\xff".encode("latin-1"), "a.csv: cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ProbeFileError, match=message) as caught:
        import_set(find_recipe("plain"), path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_set_that_is_not_on_the_hub_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProbeFileError, match="no such file"):
        import_set(find_recipe("plain"), tmp_path / "a.csv")
    with pytest.raises(ProbeFileError, match=r"download https://raw\.githubusercontent\.com"):
        import_set(find_recipe("selfaware"), None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 1", "r:1: name: expected `str`, got `int`"),
        ('nam = "x"', "unknown field `nam`; did you mean `name`"),
        ("a = [\nb", "r:2: need TOML"),
    ],
)
def test_a_recipe_that_is_none_is_one_line(text: str, message: str) -> None:
    with pytest.raises(ProbeFileError, match=message):
        parse_recipe(text, "r")


def test_a_recipe_of_ones_own_is_read_by_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name="mine"\ntitle="Mine"\nhomepage=""\nlicence="CC0-1.0"\nattribution=""\n'
        '[fields]\nquestion="q"\ntargets=["a"]\n[targets]\nseparator=" / "\n',
        encoding="utf-8",
    )
    (tmp_path / "mine.csv").write_text("q,a\nWho?,Ann / Anna\n", encoding="utf-8")
    found, _ = import_set(find_recipe(str(tmp_path / "mine.toml")), tmp_path / "mine.csv")
    assert found.probes[0].targets == ("Ann", "Anna")
    with pytest.raises(ProbeFileError, match="no such recipe; did you mean selfaware"):
        find_recipe("selfware")


def test_another_package_can_bring_a_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'name="theirs"\ntitle="T"\nhomepage=""\nlicence="MIT"\nattribution=""\n[fields]\nquestion="q"\ntargets=[]'

    class Point:
        name, value = "theirs", "package:recipe"

        def load(self) -> str:
            return text

    monkeypatch.setattr("evaluator.probeset.recipe.entry_points", lambda group: [Point()])
    assert "theirs" in recipe_names()
    assert find_recipe("theirs").title == "T"


@pytest.mark.parametrize("value", ["[" * 5000, "{'a':" * 3000, "[1, 2", "['a'] * 10**9", "__import__('os')"])
def test_hostile_cells_stay_text(value: str, tmp_path: Path) -> None:
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["question", "answer"], [value, value]])
    found, _ = import_set(find_recipe("plain"), tmp_path / "t.csv")
    assert found.probes[0].question == value
    assert found.probes[0].targets == (value,)


def test_selfaware_comes_through_whole(shared: Path, tmp_path: Path) -> None:
    from datetime import date

    rows: list[dict[str, Any]] = [
        json.loads(line) for line in (shared / "data/selfaware/probes.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    example = [
        {"question_id": i, "question": r["question"], "answer": r.get("targets"), "answerable": "targets" in r}
        for i, r in enumerate(rows)
    ]
    path = tmp_path / "SelfAware.json"
    path.write_text(json.dumps({"example": example}), encoding="utf-8")
    found, report = import_set(find_recipe("selfaware"), path)
    assert report.n_rows == 3369
    assert report.left_out == {"asks the same as an earlier row": 4}
    assert sum(not probe.is_answerable for probe in found.probes) in range(1028, 1033)
    leak = check_probe_set(found, today=date(2026, 1, 1)).leak
    assert leak.auroc is not None
    assert leak.auroc > 0.9


def test_simpleqa_comes_through_whole(shared: Path, tmp_path: Path) -> None:
    text = (shared / "data/simpleqa/probes.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    path = tmp_path / "simple_qa_test_set.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["metadata", "problem", "answer"])
        writer.writerows([repr({"topic": r["topic"], "urls": ["u"]}), r["question"], r["targets"][0]] for r in rows)
    found, report = import_set(find_recipe("simpleqa"), path)
    assert (report.n_rows, report.left_out) == (4326, {})
    assert [(p.question, p.topic) for p in found.probes] == [(r["question"], r["topic"]) for r in rows]
