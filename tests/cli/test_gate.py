"""`evaluator gate`: a person or a pipeline learns whether a run is good enough, and why."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import EvaluatorError
from tests.cli.command import evaluator
from tests.cli.gate_runs import UNSURE, bold, make_run, run_command


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_run("base", {"m": bold(0.3), "n": bold(0.6)})
        make_run("same", {"m": bold(0.3), "n": bold(0.6)})
        make_run("bolder", {"m": bold(0.9), "n": bold(0.6)})
        make_run("shyer", {"m": bold(0.3, skill=1), "n": bold(0.6)})
        make_run("lucky", {"m": bold(0.3), "n": bold(0.6)}, seed=5)
        make_run("edited", {"m": bold(0.3), "n": bold(0.6)}, edited=4)
        make_run("other", {"m": bold(0.3), "fresh": bold(0.6)})
    return folder


@pytest.fixture
def runs(imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gated(*arguments: str) -> tuple[int, dict[str, Any]]:
    code, shown, error = run_command("gate", *arguments, "--json")
    assert error is None, error
    return code, json.loads(shown)


def refused(*arguments: str) -> str:
    _, shown, error = run_command("gate", *arguments)
    assert isinstance(error, EvaluatorError), shown
    return str(error)


@pytest.mark.parametrize(
    ("run", "code", "outcome"),
    [("same", 0, "pass"), ("bolder", 1, "fail"), ("shyer", 1, "fail"), ("lucky", 3, "undecided")],
)
def test_the_exit_code_is_the_outcome(runs: Path, run: str, code: int, outcome: str) -> None:
    found = gated(run, "--baseline", "base")
    assert (found[0], found[1]["outcome"]) == (code, outcome)
    assert found[1]["schema"] == "evaluator/gate/1"


def test_a_user_sees_the_verdict_first_and_what_would_decide_it(runs: Path) -> None:
    done = evaluator("gate", "lucky", "--baseline", "base", cwd=runs)
    assert done.returncode == 3
    lines = done.stdout.splitlines()
    assert lines[0] == "UNDECIDED: gate of run lucky against base"
    assert max(map(len, lines)) <= 80
    assert "more probes like these would make it" in " ".join(done.stdout.split())
    assert "\x1b" not in done.stdout


def test_both_directions_fail_by_name(runs: Path) -> None:
    for run, metric in (("bolder", "hallucination_rate"), ("shyer", "over_abstention_rate")):
        _, found = gated(run, "--baseline", "base")
        assert {one["metric"] for one in found["findings"] if one["outcome"] == "fail"} == {metric}


def test_a_saved_summary_is_as_good_as_its_run(runs: Path) -> None:
    shutil.copy(runs / "reports" / "base" / "summary.json", runs / "baseline.json")
    assert gated("bolder", "--baseline", "baseline.json") == gated("bolder", "--baseline", "base")
    assert "need the run as a run directory" in refused("baseline.json", "--baseline", "base")


def test_nothing_is_written_and_equal_input_gives_equal_bytes(runs: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(runs.rglob("*")) if path.is_file()}

    before = contents()
    assert gated("same", "--baseline", "base") == gated("same", "--baseline", "base")
    assert contents() == before


def policy(runs: Path, text: str, name: str = "evaluation.toml") -> str:
    (runs / name).write_text(text)
    return name


def test_a_policy_sets_limits_on_any_metric_and_slice(runs: Path) -> None:
    name = policy(
        runs,
        """
        [gate]
        baseline = "reports/base"
        [[gate.check]]
        metric = "hallucination_rate"
        slice = "unanswerable"
        max = 0.5
        [[gate.check]]
        metric = "accuracy"
        slice = "answerable"
        min = 0.2
        [[gate.check]]
        metric = "hallucination_rate"
        slice = "topic=odd"
        margin = 0.3
        models = ["m"]
        """,
    )
    code, found = gated("bolder", "--policy", name)
    kinds = [(one["kind"], one["metric"], one["slice"], one["model"], one["outcome"]) for one in found["findings"]]
    assert code == 1
    assert ("limit", "hallucination_rate", "unanswerable", "m", "fail") in kinds
    assert ("limit", "accuracy", "answerable", "n", "pass") in kinds
    assert [k[3] for k in kinds if k[2] == "topic=odd"] == ["m"]
    assert found["policy_from"] == "evaluation.toml"
    assert found["baseline"]["run_id"] == "base"


def test_limits_alone_need_no_baseline(runs: Path) -> None:
    name = policy(runs, '[[gate.check]]\nmetric = "accuracy"\nmin = 0.1\n')
    code, found = gated("same", "--policy", name)
    assert (code, found["baseline"], found["left_out"]) == (0, None, None)
    assert "a margin needs --baseline RUN" in refused("same")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gate]\nlevle = 0.9\n", "unknown key 'levle'; did you mean 'level'?"),
        ('[[gate.check]]\nmetric = "accuracy"\nmarign = 0.1\n', "unknown key 'marign'; did you mean 'margin'?"),
        ('[[gate.check]]\nmetric = "accuracy"\n', "need exactly one of margin, max or min, got none"),
        ('[[gate.check]]\nmetric = "accuracy"\nmin = 0.1\nmax = 0.2\n', "got max and min"),
        ('[[gate.check]]\nmetric = "accuracy"\nmargin = -0.1\n', "margin: need how much worse is acceptable"),
        ('[[gate.check]]\nmetric = "accuracy"\nmin = nan\n', "min: need a finite number, got nan"),
        ("[gate]\nlevel = 95\n", "level: need a number between 0.5 and 1, got 95"),
        ("[gate]\nmax_ungraded = 5\n", "max_ungraded: need a share from 0 to 1, got 5"),
        ('[[gate.check]]\nmetric = "acuracy"\nmin = 0.1\n', "metric: unknown 'acuracy'; did you mean 'accuracy'?"),
        ('[gate]\ninstrument = "maybe"\n', "gate.instrument: need one of undecided, fail, got 'maybe'"),
        (
            '[gate]\nallow_different = ["probe"]\n',
            "allow_different[0]: need one of grader, prompt, probes, settings, served, models, got 'probe'",
        ),
        ("probes = []\n", "need a table [gate], got none"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_place(runs: Path, text: str, message: str) -> None:
    name = policy(runs, text)
    assert message in refused("same", "--baseline", "base", "--policy", name)


def test_the_policy_of_the_run_itself_is_the_default(runs: Path) -> None:
    path = runs / "reports" / "same" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["config"]["gate"] = {"check": [{"metric": "accuracy", "min": 0.9}]}
    path.write_text(json.dumps(manifest))
    code, found = gated("same")
    assert (code, found["policy_from"]) == (1, "the [gate] that the run was started with")


def edit_manifest(runs: Path, run: str, change: Any) -> None:
    path = runs / "reports" / run / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_apples_are_not_held_against_oranges(runs: Path) -> None:
    assert "4 probes differ in content" in refused("edited", "--baseline", "base")
    code, found = gated("edited", "--baseline", "base", "--allow-different", "probes")
    assert (code, found["allowed"], found["left_out"]["changed"]) == (0, ["probes"], 4)
    assert any("those probes are left out" in note for note in found["notes"])
    edit_manifest(runs, "same", lambda manifest: manifest.update(graders=["cascade-9"]))
    assert "graded by cascade-9" in refused("same", "--baseline", "base")
    edit_manifest(runs, "lucky", lambda manifest: manifest["prompts"][0].update(sha256="00"))
    assert "--allow-different prompt" in refused("lucky", "--baseline", "base")
    edit_manifest(runs, "bolder", lambda manifest: manifest["models"][0].update(sampling={"temperature": 1.0}))
    assert "different sampling settings; to compare anyway: --allow-different settings" in refused(
        "bolder", "--baseline", "base"
    )


def test_another_model_behind_the_same_name_is_refused(runs: Path) -> None:
    for run, served in (("base", "m-2026-01"), ("same", "m-2026-02")):
        path = runs / "reports" / run / "journal.jsonl"
        path.write_text(
            path.read_text().replace('"outcome":"answered"', f'"outcome":"answered","served_model":"{served}"')
        )
    message = refused("same", "--baseline", "base")
    assert "the server says m-2026-02 answered the run, and m-2026-01 the baseline" in message
    assert gated("same", "--baseline", "base", "--allow-different", "served")[1]["allowed"] == ["served"]


def test_other_hosts_than_in_the_baseline_are_named(runs: Path) -> None:
    for run, host in (("base", "alpha"), ("same", "beta")):
        path = runs / "reports" / run / "journal.jsonl"
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace('"outcome":"answered"', f'"outcome":"answered","served_by":"{host}"'), encoding="utf-8"
        )
    code, found = gated("same", "--baseline", "base")
    assert code == 0
    assert "m: answered by beta (100%); in the baseline by alpha (100%)" in found["notes"]


def test_models_on_one_side_only_are_undecided_unless_accepted_and_named(runs: Path) -> None:
    code, found = gated("other", "--baseline", "base")
    assert (code, found["outcome"]) == (3, "undecided")
    code, found = gated("other", "--baseline", "base", "--allow-different", "models")
    assert code == 0
    assert {
        "accepted: fresh is in the run only: held against no baseline",
        "accepted: n is in the baseline only: left out",
    } <= set(found["notes"])


def test_a_gate_that_would_check_nothing_is_refused(runs: Path) -> None:
    make_run("strangers", {"x": bold(0.3)})
    message = refused("strangers", "--baseline", "base", "--allow-different", "models")
    assert "nothing to check: no check of the default" in message


def test_runs_without_a_common_probe_are_refused(runs: Path) -> None:
    make_run("tiny", bold(0.5), n=3)
    text = (runs / "tiny.probes.jsonl").read_text().replace("p00", "q00")
    (runs / "q.probes.jsonl").write_text(text)
    (runs / "q.answers.jsonl").write_text((runs / "tiny.answers.jsonl").read_text().replace("p00", "q00"))
    run_command("import", "--probes", "q.probes.jsonl", "--answers", "q.answers.jsonl", "--run-id", "q")
    assert "run and baseline share no probe" in refused("q", "--baseline", "base")


def test_an_incomplete_run_is_never_a_pass_nor_blamed_on_the_model(runs: Path) -> None:
    path = runs / "reports" / "bolder" / "journal.jsonl"
    path.write_text(re.sub(r'"outcome":"answered","text":"[^"]*"', '"outcome":"failed"', path.read_text(), count=9))
    (runs / "reports" / "bolder" / "verdicts.jsonl").unlink()
    code, found = gated("bolder", "--baseline", "base")
    assert code == 3
    by_metric = {one["metric"]: one for one in found["findings"] if one["model"] == "m"}
    assert by_metric["coverage"]["outcome"] == "undecided"
    assert by_metric["coverage"]["decide"][0]["text"] == "9 answers are missing: evaluator resume"
    assert "would be a fail" in by_metric["hallucination_rate"]["reason"]
    name = policy(runs, '[gate]\ninstrument = "fail"\n')
    assert gated("bolder", "--baseline", "base", "--policy", name)[0] == 1


def test_costs_have_limits_and_unknown_ones_are_no_pass(runs: Path) -> None:
    name = policy(runs, '[gate]\nmax_usd = 1.0\n[[gate.check]]\nmetric = "accuracy"\nmin = 0.1\n')
    code, found = gated("same", "--policy", name)
    (cost, _) = [one for one in found["findings"] if one["kind"] == "cost"]
    assert (code, cost["value"], cost["outcome"]) == (3, None, "undecided")


def test_junit_has_a_case_for_every_check_and_undecided_is_no_pass(runs: Path) -> None:
    from xml.etree import ElementTree

    for run, tag in (("bolder", "failure"), ("lucky", "error")):
        _, shown, _ = run_command("gate", run, "--baseline", "base", "--format", "junit")
        root = ElementTree.fromstring(shown.encode("utf-8"))
        cases = list(root.iter("testcase"))
        assert [suite.get("name") for suite in root] == ["m · imported", "n · imported"]
        assert len(cases) == 8
        (found, *_) = [inner for case in cases for inner in case if inner.tag == tag]
        assert "allowed +5.0" in (found.get("message") or "")
    assert "more probes like these would make it" in shown


def test_markdown_and_json_say_the_same(runs: Path) -> None:
    _, shown, _ = run_command("gate", "bolder", "--baseline", "base", "--format", "md")
    assert shown.startswith("## FAIL: gate of run bolder against base\n")
    assert "| hallucination (all) | FAIL |" in shown


def test_calibrated_margins_rest_on_the_labels_of_both_runs(runs: Path) -> None:
    for run in ("same", "lucky"):
        label_all(run)
    name = policy(
        runs, '[[gate.check]]\nmetric = "hallucination_rate"\nmargin = 0.2\ncalibrated = true\nmodels = ["m"]\n'
    )
    _, found = gated("lucky", "--baseline", "same", "--policy", name)
    (one,) = [one for one in found["findings"] if one["kind"] == "margin"]
    assert (one["calibrated"], one["n_labels"] > 0, one["method"].startswith("post-stratified")) == (True, True, True)
    assert run_command("grade", "same")[0] == 0
    _, found = gated("lucky", "--baseline", "reports/same/summary.json", "--policy", name)
    (other,) = [one for one in found["findings"] if one["kind"] == "margin"]
    assert other["method"].startswith("square-and-add")
    assert other["value"] == pytest.approx(one["value"], abs=0.02)


def label_all(run: str) -> None:
    """Draw a sample and label it: a made-up number is wrong, as is one abstention in fifteen."""
    sheet = f"{run}.csv"
    assert run_command("label", "draw", run, "--per-model", "60", "--out", sheet)[0] == 0
    with Path(sheet).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for place, row in enumerate(rows):
        is_wrong = "99999" in row["response"] or place % 15 == 0
        row["label"] = "wrong" if is_wrong else "abstained" if UNSURE in row["response"] else "correct"
    with Path(sheet).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    code, _, error = run_command("label", "import", run, sheet, "--annotator", "anna")
    assert code == 0, error
