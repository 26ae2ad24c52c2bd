"""`evaluator verify`: whatever byte of a run is changed, it is named."""

from __future__ import annotations

import csv
import json
import random
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import EvaluatorError
from evaluator.graders import default_grader
from tests.cli.command import evaluator
from tests.cli.gate_runs import UNSURE, bold, make_run, run_command

N = 24


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was planned and asked (asked), and one that was imported and labelled (labelled)."""
    folder = tmp_path_factory.mktemp("verified")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_run("labelled", bold(0.5), n=N)
        answers = ("--model", "recorded/m", "--answers", "labelled.answers.jsonl", "--prompt", "permit")
        code, _, error = run_command("run", "--probes", "labelled.probes.jsonl", *answers, "--run-id", "asked")
        assert code == 0, error
        label(folder / "reports" / "labelled")
        code, _, error = run_command("grade", "labelled")
        assert code == 0, error
    return folder


def label(run: Path) -> None:
    """Draw a sample and label it, as people would."""
    code, _, error = run_command("label", "draw", "labelled", "--per-model", "20", "--out", "labels.csv")
    assert code == 0, error
    with Path("labels.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["label"] = "abstained" if UNSURE in row["response"] else "wrong"
    with Path("labels.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    code, _, error = run_command("label", "import", "labelled", "labels.csv", "--annotator", "anna")
    assert code == 0, error
    assert (run / "gold.jsonl").exists()


@pytest.fixture
def runs(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "reports"


def verified(run: str) -> tuple[int, dict[str, Any]]:
    code, shown, error = run_command("verify", run, "--json")
    assert error is None, error
    return code, json.loads(shown)


@pytest.mark.parametrize("run", ["asked", "labelled"])
def test_a_sound_run_agrees_with_itself_in_every_part(runs: Path, run: str) -> None:
    code, found = verified(run)
    assert (code, found["agrees"], found["disagreements"]) == (0, True, [])
    unchecked = {part["name"] for part in found["parts"] if part["status"] == "not_checked"}
    assert unchecked == (set() if run == "labelled" else {"labels"})
    assert found["schema"] == "evaluator/verification/1"


def named(run: str) -> list[tuple[str, int | None, str]]:
    code, found = verified(run)
    assert code == 1
    assert not found["agrees"]
    return [(one["file"], one["line"], one["field"]) for one in found["disagreements"]]


def edit(path: Path, line: int, change: Callable[[dict[str, Any]], Any]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    record = json.loads(lines[line - 1])
    change(record)
    lines[line - 1] = json.dumps(record) + "\n"
    path.write_text("".join(lines), encoding="utf-8")


def put(*keys: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    def change(record: dict[str, Any]) -> None:
        for key in keys[:-1]:
            record = record[key]
        record[keys[-1]] = value

    return change


def first_answer(runs: Path) -> int:
    lines = (runs / "asked" / "journal.jsonl").read_text().splitlines()
    return 1 + next(i for i, line in enumerate(lines) if json.loads(line)["kind"] == "response")


TAMPERED = [
    (("response", "text"), "It is 12345.", "verdicts.jsonl", "label"),
    (("response", "request_id"), "0" * 64, "journal.jsonl", "response.request_id"),
    (("response", "probe_id"), "p001", "journal.jsonl", "response.probe_id"),
    (("response", "probe_id"), "nobody", "journal.jsonl", "response.probe_id"),
    (("response", "model"), "recorded/other", "journal.jsonl", "response.model"),
    (("response", "repeat"), 7, "journal.jsonl", "response.repeat"),
    (("response", "prompt"), "none", "journal.jsonl", "response.prompt"),
    (("response", "outcome"), "blocked", "verdicts.jsonl", "ungraded"),
    (("response", "cost_usd"), 3.5, "summary.json", "results[0 recorded/m permit].cost.usd"),
]


@pytest.mark.parametrize(("keys", "value", "file", "field"), TAMPERED)
def test_a_changed_answer_is_named_where_it_stands_and_where_it_matters(
    runs: Path, keys: tuple[str, ...], value: Any, file: str, field: str
) -> None:
    line = first_answer(runs)
    edit(runs / "asked" / "journal.jsonl", line, put(*keys, value=value))
    found = named("asked")
    assert ("journal.jsonl", line, "bytes") in found
    assert (file, field) in {(one[0], one[2]) for one in found}


def test_a_changed_text_that_changes_no_verdict_is_named_by_its_bytes(runs: Path) -> None:
    path = runs / "asked" / "journal.jsonl"
    path.write_text(path.read_text().replace("99999.", "99998.", 1))
    found = named("asked")
    assert next(one for one in found if one[0] == "journal.jsonl")[2] == "bytes"


@pytest.mark.parametrize(
    ("keys", "value", "field"),
    [
        (("label",), "correct", "label"),
        (("step",), "elsewhere", "step"),
        (("evidence",), "so I say", "evidence"),
        (("grader",), "cascade-0", "grader"),
        (("probe_id",), "p020", "probe_id"),
        (("request_id",), "1" * 64, "request_id"),
    ],
)
def test_a_changed_verdict_is_named_with_what_the_grader_says(
    runs: Path, keys: tuple[str, ...], value: Any, field: str
) -> None:
    path = runs / "asked" / "verdicts.jsonl"
    line = next(i for i, text in enumerate(path.read_text().splitlines(), 1) if json.loads(text)["label"] == "wrong")
    edit(path, line, put(*keys, value=value))
    found = named("asked")
    assert ("verdicts.jsonl", line, field) in found
    assert ("verdicts.jsonl", line, "bytes") in found


def test_a_removed_a_doubled_and_a_swapped_line_are_named(runs: Path) -> None:
    path = runs / "asked" / "verdicts.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert any(one[0] == "verdicts.jsonl" and one[2] == "request_id" for one in named("asked"))
    path.write_text("".join([*lines, lines[0]]))
    assert ("verdicts.jsonl", N + 1, "request_id") in named("asked")
    path.write_text("".join([lines[1], lines[0], *lines[2:]]))
    assert {("verdicts.jsonl", 1, "bytes"), ("verdicts.jsonl", 2, "bytes")} <= set(named("asked"))
    journal = runs / "asked" / "journal.jsonl"
    path.write_text("".join(lines))
    answered = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([*answered, answered[first_answer(runs) - 1]]))
    assert ("journal.jsonl", len(answered) + 1, "response.request_id") in named("asked")


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("manifest.json", r'"plan_sha256": "\w{4}', '"plan_sha256": "0000', "plan_sha256"),
        ("manifest.json", r'"n_requests": \d+', '"n_requests": 9', "n_requests"),
        ("manifest.json", r'"seed": 0', '"seed": 1', "bytes"),
        ("manifest.json", r'("version": "permit-1",\s+"sha256": ")\w{4}', r"\g<1>0000", "prompts[0].sha256"),
        ("manifest.json", r'"started_at": "2', '"started_at": "3', "manifest.started_at"),
        ("probes.jsonl", r"What is 4 plus 4", "What is 4 plus 5", "content of labelled.probes (probe_sets[0].sha256)"),
        ("probes.jsonl", r'"targets":\["8"\]', '"targets":["9"]', "content of labelled.probes (probe_sets[0].sha256)"),
        ("summary.json", r'"wrong": (\d+)', '"wrong": 77', "counts.all.wrong"),
        ("summary.json", r'"value": 0\.\d+', '"value": 0.123', "value"),
        ("summary.json", r'"low": 0\.\d+', '"low": 0.001', "low"),
        ("summary.json", r'"n": 24', '"n": 25', ".n"),
        ("summary.json", r'"usd": null', '"usd": 1.0', "cost.usd"),
        ("summary.json", r'"p001": "\w{4}', '"p001": "0000', "probes.p001"),
        ("seal.json", r'("journal.jsonl": \{\s+"n_bytes": \d+,\s+"sha256": ")\w{4}', r"\g<1>0000", "sha256"),
        ("seal.json", r'"run_id": "asked"', '"run_id": "other"', "run_id"),
    ],
)
def test_a_changed_file_is_named_with_the_field(runs: Path, file: str, old: str, new: str, field: str) -> None:
    path = runs / "asked" / file
    text, n = re.subn(old, new, path.read_text(), count=1)
    assert n == 1
    path.write_text(text)
    assert any(field in one[2] for one in named("asked"))


@pytest.mark.parametrize("file", ["manifest.json", "probes.jsonl", "journal.jsonl", "verdicts.jsonl", "summary.json"])
def test_any_flipped_byte_is_noticed(runs: Path, file: str) -> None:
    path = runs / "asked" / file
    data, chance = path.read_bytes(), random.Random(file)
    for place in chance.sample(range(len(data)), 6):
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(7)
        path.write_bytes(bytes(changed))
        code, _, error = run_command("verify", "asked", "--json")
        # A manifest that is no manifest any more cannot be read at all.
        assert code == 1 or (isinstance(error, EvaluatorError) and file == "manifest.json"), place
    path.write_bytes(data)
    assert verified("asked")[0] == 0


@pytest.mark.parametrize("file", ["probes.jsonl", "journal.jsonl", "verdicts.jsonl", "summary.json"])
def test_a_missing_file_is_named_and_the_rest_still_checked(runs: Path, file: str) -> None:
    (runs / "asked" / file).unlink()
    code, found = verified("asked")
    assert code == 1
    assert any(one["file"] == file for one in found["disagreements"])
    assert len(found["parts"]) == 7


def test_labels_belong_to_the_text_they_were_given_to(runs: Path) -> None:
    path = runs / "labelled" / "gold.jsonl"
    original = path.read_text()
    edit(path, 3, put("response_sha256", value="0" * 64))
    found = named("labelled")
    assert ("gold.jsonl", 3, "response_sha256") in found
    assert ("gold.jsonl", 3, "bytes") in found
    path.write_text(original)
    edit(path, 3, put("label", value="abstained" if '"wrong"' in original.splitlines()[2] else "wrong"))
    assert ("gold.jsonl", 3, "bytes") in named("labelled")


def test_labels_that_were_added_later_are_no_disagreement_of_bytes(runs: Path) -> None:
    path = runs / "labelled" / "gold.jsonl"
    lines = path.read_text().splitlines()
    more = json.loads(lines[1]) | {"annotator": "ben"}
    path.write_text("\n".join([*lines, json.dumps(more)]) + "\n")
    _, found = verified("labelled")
    assert found["agrees"], found["disagreements"]
    (part,) = [part for part in found["parts"] if part["name"] == "bytes"]
    assert part["status"] == "agrees"
    assert "gold.jsonl has 1 lines more than when summary.json was written" in part["text"]


def test_first_labels_since_the_summary_are_no_disagreement_and_a_changed_number_still_is(runs: Path) -> None:
    gold = runs / "labelled" / "gold.jsonl"
    aside = gold.read_bytes()
    gold.unlink()
    assert run_command("grade", "labelled")[0] == 0
    gold.write_bytes(aside)
    code, found = verified("labelled")
    assert (code, found["disagreements"]) == (0, [])
    (part,) = [part for part in found["parts"] if part["name"] == "numbers"]
    assert "people said more since summary.json was written" in part["text"]
    path = runs / "labelled" / "summary.json"
    path.write_text(
        re.sub(r'"value": 0\.\d+', '"value": 0.123', path.read_text(encoding="utf-8"), count=1), encoding="utf-8"
    )
    assert any(one[2].endswith("value") for one in named("labelled"))


def test_answers_of_a_later_session_are_no_disagreement_of_bytes(runs: Path) -> None:
    path = runs / "asked" / "journal.jsonl"
    intent = next(line for line in path.read_text().splitlines() if json.loads(line)["kind"] == "intent")
    path.write_text(path.read_text() + intent + "\n")
    _, found = verified("asked")
    (part,) = [part for part in found["parts"] if part["name"] == "bytes"]
    assert part["status"] == "agrees"
    assert "journal.jsonl has" in part["text"]


def test_a_run_of_another_grader_is_not_graded_again_and_says_so(runs: Path) -> None:
    for name in ("manifest.json", "summary.json", "verdicts.jsonl"):
        path = runs / "asked" / name
        path.write_text(re.sub(r"cascade-\d+", "cascade-0", path.read_text()))
    (runs / "asked" / "seal.json").unlink()
    code, found = verified("asked")
    by_name = {part["name"]: part for part in found["parts"]}
    assert code == 0
    assert "graded by cascade-0; here is cascade-" in by_name["verdicts"]["text"]
    assert by_name["bytes"]["status"] == "not_checked"


def as_by_an_older_grader(run: Path, *names: str) -> None:
    for name in names:
        path = run / name
        path.write_text(re.sub(r"cascade-\d+", "cascade-0", path.read_text()))
    (run / "seal.json").unlink()


def test_a_verdict_by_a_grader_that_the_manifest_does_not_name_is_told(runs: Path) -> None:
    as_by_an_older_grader(runs / "asked", "manifest.json", "summary.json")
    code, found = verified("asked")
    by_name = {part["name"]: part for part in found["parts"]}
    assert code == 1
    assert by_name["verdicts"]["status"] == "disagrees"
    assert {each["field"] for each in found["disagreements"]} == {"grader"}


def test_a_run_that_is_resumed_with_a_newer_grader_names_it(runs: Path) -> None:
    run = runs / "asked"
    as_by_an_older_grader(run, "manifest.json", "summary.json", "verdicts.jsonl")
    path = run / "verdicts.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    turned = next(line for line in lines if line["label"] == "wrong")
    turned["label"] = "abstained"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = evaluator("resume", "asked", cwd=runs.parent)
    assert done.returncode == 0, done.stderr
    assert "until now this run was graded by cascade-0" in done.stderr
    assert json.loads((run / "manifest.json").read_text())["graders"] == [default_grader().name]
    (change,) = [json.loads(line) for line in (run / "changes.jsonl").read_text().splitlines()]
    assert (change["old"]["label"], change["new"]["label"]) == ("abstained", "wrong")
    assert verified("asked")[0] == 0


def test_other_versions_are_named_and_explain_the_last_digits_only(runs: Path) -> None:
    for name in ("manifest.json", "summary.json"):
        path = runs / "asked" / name
        path.write_text(re.sub(r'"scipy": "[^"]*"', '"scipy": "1.0.0"', path.read_text()))
    (runs / "asked" / "seal.json").unlink()
    path = runs / "asked" / "summary.json"
    text = path.read_text()
    value = re.search(r'"low": (0\.\d{12,})', text)
    assert value is not None
    path.write_text(text.replace(value[1], repr(float(value[1]) * (1 + 1e-13)), 1))
    code, found = verified("asked")
    assert [one["name"] for one in found["versions"]] == ["scipy"]
    assert code == 0
    assert all("scipy 1.0.0 then" in one["explained_by"] for one in found["disagreements"])
    path.write_text(text.replace(value[1], repr(float(value[1]) * 1.01), 1))
    assert verified("asked")[0] == 1


def test_a_bundle_without_texts_has_none_and_gives_the_same_numbers(runs: Path) -> None:
    code, _, error = run_command("verify", "labelled", "--publish", "out.zip", "--no-text")
    assert code == 0, error
    answers = [
        json.loads(line)["text"] for line in Path("labelled.answers.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with zipfile.ZipFile("out.zip") as archive:
        names = set(archive.namelist())
        everything = b"".join(archive.read(name) for name in names - {"probes.jsonl"}).decode()
        assert archive.read("summary.json") == (runs / "labelled" / "summary.json").read_bytes()
    assert names == {
        "bundle.json",
        "manifest.json",
        "probes.jsonl",
        "journal.jsonl",
        "verdicts.jsonl",
        "gold.jsonl",
        "summary.json",
    }
    assert not [answer for answer in answers if answer in everything]
    code, found = verified("out.zip")
    assert (code, found["agrees"], found["has_text"]) == (0, True, False)
    status = {part["name"]: part["status"] for part in found["parts"]}
    assert {status[name] for name in ("bytes", "probes", "answers", "labels", "numbers")} == {"agrees"}


def test_a_bundle_with_texts_is_a_run_to_verify(runs: Path, tmp_path: Path) -> None:
    assert run_command("verify", "asked", "--publish", "bundle")[0] == 0
    shutil.rmtree(runs)
    code, found = verified("bundle")
    assert (code, found["has_text"]) == (0, True)
    edit(tmp_path / "bundle" / "verdicts.jsonl", 1, put("label", value="correct"))
    assert verified("bundle")[0] == 1


def test_equal_runs_give_equal_bundles_and_none_is_overwritten(runs: Path) -> None:
    for name in ("a.zip", "b.zip"):
        run_command("verify", "asked", "--publish", name)
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()
    _, _, error = run_command("verify", "asked", "--publish", "a.zip")
    assert "need a name that does not exist yet" in str(error)


def test_a_run_that_disagrees_is_not_published(runs: Path) -> None:
    edit(runs / "asked" / "verdicts.jsonl", 1, put("evidence", value="x"))
    assert run_command("verify", "asked", "--publish", "a.zip")[0] == 1
    assert not Path("a.zip").exists()


def test_a_hostile_archive_writes_nothing_elsewhere(runs: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile("evil.zip", "w") as archive:
        archive.writestr("../../evil.txt", "x")
    assert "need the files of a bundle only" in str(run_command("verify", "evil.zip")[2])
    assert not (tmp_path.parent / "evil.txt").exists()
    Path("no.zip").write_bytes(b"not an archive")
    assert "need a .zip of a bundle" in str(run_command("verify", "no.zip")[2])


def test_a_user_sees_what_was_recomputed_and_where_it_differs(runs: Path, tmp_path: Path) -> None:
    done = evaluator("verify", "asked", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("Run asked agrees with itself\n")
    edit(runs / "asked" / "verdicts.jsonl", 1, put("step", value="\x1b[31mred"))
    done = evaluator("verify", "asked", cwd=tmp_path)
    assert done.returncode == 1
    assert "verdicts.jsonl:1: step: expected" in done.stdout
    assert "\x1b" not in done.stdout
    assert evaluator("verify", "nowhere", cwd=tmp_path).returncode == 2
