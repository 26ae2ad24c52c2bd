"""`evaluator label`: a person labels a random sample, in a spreadsheet or with others."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.journal import RunDirectory
from tests.cli.command import command, environment, evaluator

N = 60
TEXTS = ("Canberra", "=Sydney", "I don't know.")


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("imported")
    probes, answers = [], []
    for n in range(N):
        fact = {"targets": ["Canberra"]} if n % 2 else {"unanswerable": "nonexistent", "why": "No such land."}
        probes.append({"probe_id": f"p{n}", "question": f"Capital of land {n}?\x1b[31m", **fact})
        answers += [{"probe_id": f"p{n}", "model": m, "text": TEXTS[(n // 2 + k) % 3]} for k, m in enumerate("ab")]
    (folder / "probes.jsonl").write_text("".join(json.dumps(probe) + "\n" for probe in probes))
    (folder / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    done = evaluator("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(imported: Path, tmp_path: Path) -> Path:
    """A folder with the run `reports/r`."""
    return shutil.copytree(imported, tmp_path, dirs_exist_ok=True)


def draw(folder: Path, name: str = "labels.csv", *more: str) -> subprocess.CompletedProcess[str]:
    return evaluator("label", "draw", "r", "--per-model", "20", "--floor", "3", "--out", name, *more, cwd=folder)


def label(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("label", *arguments),
        cwd=folder,
        env=environment(),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8-sig")
    separator = ";" if text.startswith("run_id;") else ","
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def judged(row: dict[str, str]) -> str:
    """What a careful person says."""
    if "know" in row["response"]:
        return "abstained"
    return "correct" if row["targets"] == row["response"] else "wrong"


def fill(path: Path, say: Callable[[dict[str, str]], str] = judged, annotator: str = "") -> None:
    found = rows(path)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(found[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(row | {"label": say(row), "annotator": annotator} for row in found)


def gold(folder: Path) -> list[tuple[str, str, str]]:
    labels = RunDirectory(folder / "reports/r").read_gold()[1]
    return [(label.request_id, label.annotator, label.label) for label in labels]


def status(folder: Path, *arguments: str) -> Any:
    done = evaluator("label", "status", "r", "--json", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_from_a_draw_over_a_spreadsheet_to_a_status(folder: Path) -> None:
    done = draw(folder)
    assert (done.returncode, done.stdout) == (0, "labels.csv\n"), done.stderr
    assert "drew 40 of 120 graded answers from 10 cells with seed 0; 40 are in the sheet" in done.stderr
    assert len(rows(folder / "labels.csv")) == 40
    fill(folder / "labels.csv")
    taken = label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    assert taken.returncode == 0, taken.stderr
    assert "40 of 40 labels are new; 0 rows have none yet" in taken.stderr
    assert "40 of 40 drawn answers have a label" in taken.stdout
    assert max(map(len, taken.stdout.splitlines())) <= 80
    found = status(folder)
    assert found["schema"] == "evaluator/labels/1"
    assert (found["n_drawn"], found["n_labelled"], found["by_annotator"]) == (40, 40, {"anna": 40})
    assert Counter(cell["n_drawn"] for cell in found["cells"]).total() == 10
    assert all(cell["n_labelled"] == cell["n_drawn"] >= 3 for cell in found["cells"])
    again = label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    assert "0 of 40 labels are new" in again.stderr


def test_the_design_stands_in_the_run_and_beside_the_sheet(folder: Path) -> None:
    draw(folder, "labels.csv", "--seed", "5", "--allocation", "neyman")
    header = json.loads((folder / "reports/r/gold.jsonl").read_text().splitlines()[0])
    assert (header["schema"], header["seed"], header["allocation"]) == ("evaluator/gold/1", 5, "neyman")
    assert json.loads((folder / "labels.csv.design.json").read_text()) == header


def test_a_filled_sheet_is_never_overwritten(folder: Path) -> None:
    draw(folder)
    before = (folder / "labels.csv").read_bytes()
    done = draw(folder)
    assert done.returncode == 2
    assert "labels.csv: exists, and people may have filled it in" in done.stderr
    assert (folder / "labels.csv").read_bytes() == before


def test_a_larger_draw_extends_and_another_seed_is_refused_once_there_are_labels(folder: Path) -> None:
    draw(folder)
    small = {row["request_id"] for row in rows(folder / "labels.csv")}
    fill(folder / "labels.csv")
    label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    refused = draw(folder, "more.csv", "--seed", "9")
    assert refused.returncode == 2
    assert "leave --seed out to extend" in refused.stderr
    assert not (folder / "more.csv").exists()
    done = draw(folder, "more.csv", "--per-model", "40", "--annotator", "anna")
    assert "drew 80 of 120" in done.stderr
    assert "40 of them have a label already" in done.stderr
    new = {row["request_id"] for row in rows(folder / "more.csv")}
    assert len(new) == 40
    assert not new & small
    assert status(folder)["n_labelled"] == 40


def test_another_seed_is_fine_before_anybody_has_labelled(folder: Path) -> None:
    draw(folder)
    assert draw(folder, "other.csv", "--seed", "9").returncode == 0
    assert rows(folder / "other.csv") != rows(folder / "labels.csv")


def test_labels_survive_another_grading(folder: Path) -> None:
    draw(folder)
    fill(folder / "labels.csv")
    label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    before = (folder / "reports/r/gold.jsonl").read_bytes()
    assert evaluator("grade", "r", cwd=folder).returncode == 0
    assert (folder / "reports/r/gold.jsonl").read_bytes() == before
    found = status(folder)
    assert (found["n_labelled"], found["n_stale"], found["has_same_verdicts"]) == (40, 0, True)


def test_the_grader_can_be_compared_with_gold_jsonl_itself(folder: Path) -> None:
    draw(folder)
    fill(folder / "labels.csv")
    label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    done = evaluator("grade", "r", "--against", "reports/r/gold.jsonl", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_compared"] == 40


def test_the_sheet_is_blind_to_the_verdict_and_if_wished_to_the_model(folder: Path) -> None:
    draw(folder, "labels.csv", "--blind")
    found = rows(folder / "labels.csv")
    assert {row["model"] for row in found} == {""}
    assert "cascade" not in (folder / "labels.csv").read_text()
    fill(folder / "labels.csv")
    assert label(folder, "import", "r", "labels.csv", "--annotator", "anna").returncode == 0


def test_nothing_is_written_unless_every_row_is_fine(folder: Path) -> None:
    draw(folder)
    before = (folder / "reports/r/gold.jsonl").read_bytes()
    fill(folder / "labels.csv", lambda row: "rihgt" if row["response"] == "Canberra" else judged(row))
    done = label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    assert done.returncode == 2
    assert "label: need one of correct, wrong, abstained, got 'rihgt'; nothing was taken" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert (folder / "reports/r/gold.jsonl").read_bytes() == before


def test_a_contradiction_needs_replace(folder: Path) -> None:
    draw(folder)
    fill(folder / "labels.csv")
    label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    fill(folder / "labels.csv", lambda row: "wrong")
    done = label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    assert done.returncode == 2
    assert "--replace" in done.stderr
    assert {word for _, _, word in gold(folder)} == {"correct", "wrong", "abstained"}
    assert label(folder, "import", "r", "labels.csv", "--annotator", "anna", "--replace").returncode == 0
    assert {word for _, _, word in gold(folder)} == {"wrong"}
    assert len(gold(folder)) == 40


def test_a_sheet_of_a_run_made_anew_is_refused(folder: Path) -> None:
    draw(folder)
    fill(folder / "labels.csv")
    shutil.rmtree(folder / "reports")
    answers = (folder / "answers.jsonl").read_text().replace("=Sydney", "Melbourne")
    (folder / "answers.jsonl").write_text(answers)
    evaluator("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r", cwd=folder)
    done = label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    assert done.returncode == 2
    assert "response: need 'Melbourne' as in the run, got '=Sydney'" in done.stderr


def test_the_design_beside_the_sheet_is_taken_when_the_run_has_lost_its_own(folder: Path) -> None:
    draw(folder)
    fill(folder / "labels.csv")
    (folder / "reports/r/gold.jsonl").unlink()
    done = label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    assert "took the design of the draw from beside the sheet" in done.stderr
    assert status(folder)["n_drawn"] == 40
    (folder / "reports/r/gold.jsonl").unlink()
    (folder / "labels.csv.design.json").unlink()
    done = label(folder, "import", "r", "labels.csv", "--annotator", "anna")
    assert done.returncode == 0
    assert "no random sample, and no calibration can use them" in done.stderr
    assert status(folder)["seed"] is None


def test_several_people_are_compared_and_their_disagreements_settled(folder: Path) -> None:
    draw(folder)
    shutil.copy(folder / "labels.csv", folder / "ben.csv")
    fill(folder / "labels.csv", annotator="anna")
    fill(folder / "ben.csv", lambda row: "wrong" if row["response"] == "Canberra" else judged(row), annotator="ben")
    label(folder, "import", "r", "labels.csv")
    done = label(folder, "import", "r", "ben.csv")
    assert done.returncode == 0, done.stderr
    assert "Agreement of 2 annotators on 40 answers" in done.stdout
    assert "evaluator label adjudicate r" in done.stdout
    found = status(folder)
    n_open = len(found["disagreements"])
    assert n_open > 2
    agreement = found["agreement"]
    assert agreement["percent_agreement"]["value"] == pytest.approx(1 - n_open / 40)
    for name in ("gwet_ac1", "krippendorff_alpha"):
        assert agreement[name]["low"] < agreement[name]["value"] < agreement[name]["high"]
    settled = label(folder, "adjudicate", "r", "--annotator", "carla", stdin="c\nw\n")
    assert settled.returncode == 0, settled.stderr
    assert "Labels so far\n  correct, wrong" in settled.stderr
    after = status(folder)
    assert len(after["disagreements"]) == n_open - 2
    assert after["n_adjudicated"] == 2
    assert after["agreement"] == agreement
    same = label(folder, "ask", "r", "--disagreements", "--annotator", "carla", "--json", stdin="")
    assert json.loads(same.stdout)["n_adjudicated"] == 2


def test_asking_without_a_terminal_reads_lines_and_goes_on_later(folder: Path) -> None:
    draw(folder)
    done = label(folder, "ask", "r", "--annotator", "anna", stdin="w\nabstained\nx\ns\nW\nu\na\nq\n")
    assert done.returncode == 0, done.stderr
    assert [word for _, _, word in gold(folder)] == ["wrong", "abstained", "abstained"]
    assert "need one key" in done.stderr
    assert "saved labels by anna: 3; answers left: 37" in done.stderr
    assert "1 of 40 (0% done)" in done.stderr
    later = label(folder, "ask", "r", "--annotator", "anna", "--json", stdin="w\n" * 100)
    assert json.loads(later.stdout)["n_labelled"] == 40
    assert "1 of 37" in later.stderr
    assert "there is nothing to label" in label(folder, "ask", "r", "--annotator", "anna").stderr
    assert len(label(folder, "ask", "r", "--annotator", "ben", stdin="w\n").stdout) > 0


def test_what_is_asked_is_blind_and_harmless(folder: Path) -> None:
    draw(folder)
    shown = label(folder, "ask", "r", "--annotator", "anna", stdin="s\n" * 40).stderr
    assert "\x1b" not in shown
    assert "Capital of land" in shown
    assert r"\x1b[31m" in shown
    assert "cascade" not in shown
    assert "It has no answer\n  nonexistent: No such land." in shown
    assert "Accepted answers\n  Canberra" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_correct_is_refused_where_there_is_no_answer(folder: Path) -> None:
    draw(folder)
    done = label(folder, "ask", "r", "--annotator", "anna", stdin="c\ns\n" * 60)
    assert "this probe has no answer: need wrong" in done.stderr
    answerable = {f"p{n}" for n in range(1, N, 2)}
    directory = RunDirectory(folder / "reports/r")
    probe_of = {one.request_id: one.probe_id for one in directory.read_journal().responses.values()}
    assert {probe_of[request_id] for request_id, _, _ in gold(folder)} <= answerable


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ask", "r", "--annotator", "anna"), "nothing was drawn yet; first: evaluator label draw RUN --out FILE.csv"),
        (("ask", "r", "--annotator", "llm:x"), "--annotator: need a person, got 'llm:x'"),
        (("ask", "nowhere"), "run 'nowhere': need a run directory"),
        (("import", "r", "no.csv"), "no.csv: cannot be read: No such file or directory"),
        (("draw", "r", "--out", "no/x.csv"), "cannot be written: No such file or directory"),
        (("draw", "r", "--out", "x.csv", "--per-model", "0"), "--per-model"),
        (("draw", "r"), "--out"),
    ],
)
def test_wrong_usage_is_said_and_writes_nothing(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    done = label(folder, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (folder / "reports/r/gold.jsonl").exists()


def test_damage_names_its_line(folder: Path) -> None:
    draw(folder)
    with (folder / "reports/r/gold.jsonl").open("ab") as stream:
        stream.write(b"{}\n")
    done = label(folder, "status", "r")
    assert done.returncode == 2
    assert "gold.jsonl:2: damaged line: object missing required field" in done.stderr
