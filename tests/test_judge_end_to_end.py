"""The judge through the command line: asked about what is unsure, never twice, never blindly believed."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluator.providers.weights import gguf_path
from tests.chat_server import ChatServer, Reply, answer, chat_server
from tests.cli.command import evaluator
from tests.test_end_to_end import interrupt

N = 36
ANSWERS = ("Mercury, it is said.", "I should think that is Venus.", "I don't know.")
FAST = "max_attempts = 3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = []
    for number in range(N):
        probe: dict[str, Any] = {"probe_id": f"p{number:03}", "question": f"Which planet has number {number}?"}
        probe |= {"unanswerable": "nonexistent", "why": "SECRET-WHY"} if number % 2 else {"targets": ["Mercury"]}
        lines.append(json.dumps(probe))
    (tmp_path / "probes.jsonl").write_text("\n".join(lines))
    (tmp_path / "evaluation.toml").write_text(FAST)
    return tmp_path


def number_in(request: dict[str, Any]) -> int:
    found = re.search(r"number (\d+)\?", request["messages"][-1]["content"])
    assert found
    return int(found[1])


def under_test(request: dict[str, Any], n: int) -> Reply:
    """Right, wrong and abstaining by turns."""
    return answer(ANSWERS[number_in(request) // 2 % 3])


def is_answerable(request: dict[str, Any]) -> bool:
    return "ACCEPTED ANSWERS" in request["messages"][-1]["content"]


def judged_wrong(request: dict[str, Any]) -> str:
    return "incorrect" if is_answerable(request) else "attempts"


def saying(word_of: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any], int], Reply]:
    return lambda request, n: answer(f"It says so.\nVERDICT: {word_of(request)}")


def always(text: str) -> Callable[[dict[str, Any], int], Reply]:
    return lambda request, n: answer(text)


def first_run(folder: Path, *more: str, model: str = "server/tested-model-x") -> None:
    """Ask the model under test, without a judge."""
    with chat_server(under_test) as server:
        arguments = ("--probes", "probes.jsonl", "--model", model, "--base-url", server.base_url, "--run-id", "r")
        done = evaluator("run", "evaluation.toml", *arguments, *more, cwd=folder)
        assert done.returncode == 0, done.stderr


def grade(folder: Path, *servers: ChatServer, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Grade the run with one judge for every server."""
    tables = "".join(
        f'[[judge]]\nid = "server/judge{number}"\nbase_url = "{server.base_url}"\nmax_attempts = 3\nconcurrency = 4\n'
        for number, server in enumerate(servers)
    )
    (folder / "judges.toml").write_text(tables)
    return evaluator("grade", "r", "--config", "judges.toml", *more, cwd=folder)


def summary(folder: Path, run: str = "r") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "reports" / run / "summary.json").read_text())
    return loaded


def verdicts(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "reports/r/verdicts.jsonl").read_text().splitlines()]


def unsure(folder: Path) -> int:
    return Counter(verdict["step"] for verdict in verdicts(folder))["leftover"]


def test_a_judge_of_the_run_settles_what_the_rules_left_and_is_named(folder: Path) -> None:
    with chat_server(under_test) as server, chat_server(saying(judged_wrong)) as judge:
        done = evaluator(
            *("run", "--probes", "probes.jsonl", "--model", "server/tested-model-x", "--base-url", server.base_url),
            *("--judge", "server/judge", "--judge-base-url", judge.base_url, "--run-id", "r"),
            cwd=folder,
        )
        assert done.returncode == 0, done.stderr
        n_judged = sum(judge.ledger.values())
        again = evaluator("resume", "r", cwd=folder)
        assert again.returncode == 0, again.stderr
        assert sum(judge.ledger.values()) == n_judged, "a judgement is made once"
    found = summary(folder)
    steps = found["results"][0]["steps"]
    assert steps["judge"] == n_judged > 0
    assert "leftover" not in steps
    assert sum(steps.values()) == N
    assert found["manifest"]["graders"] == ["cascade-4+judge-1"]
    assert [model["id"] for model in found["manifest"]["judges"]] == ["server/judge"]
    assert found["manifest"]["judge_prompt"]["version"] == "judge-1"
    assert {verdict["grader"] for verdict in verdicts(folder)} == {"cascade-4+judge-1"}
    use = found["judges"][0]
    assert (use["model"], use["n_asked"], use["n_pending"]) == ("server/judge", n_judged, 0)
    assert (use["prompt_tokens"], use["completion_tokens"]) == (10 * n_judged, 5 * n_judged)
    assert found["results"][0]["cost"]["prompt_tokens"] == 10 * N, "the judge's tokens are not the model's"
    assert "Judges" in done.stdout
    assert "server/judge" in evaluator("report", "r", "--format", "md", cwd=folder).stdout
    assert evaluator("report", "r", "--format", "json", cwd=folder).stdout == json.dumps(found, indent=2) + "\n"
    (folder / "reports/r/verdicts.jsonl").unlink()
    assert json.loads(evaluator("report", "r", "--format", "json", cwd=folder).stdout) == found


def test_the_same_command_continues_its_judging_and_other_judges_are_refused(folder: Path) -> None:
    with chat_server(under_test) as server, chat_server(saying(judged_wrong)) as judge:
        (folder / "evaluation.toml").write_text(
            f"""
            probes = ["probes.jsonl"]
            judge_repeats = 2
            [[model]]
            id = "server/tested-model-x"
            base_url = "{server.base_url}"
            [[judge]]
            id = "server/judge"
            base_url = "{judge.base_url}"
            """
        )
        arguments = ("run", "evaluation.toml", "--run-id", "r")
        assert evaluator(*arguments, cwd=folder).returncode == 0
        n_judged = sum(judge.ledger.values())
        assert n_judged == 2 * unsure_texts(folder)
        again = evaluator(*arguments, "--concurrency", "2", cwd=folder)
        assert again.returncode == 0, again.stderr
        assert sum(judge.ledger.values()) == n_judged
        other = evaluator(*arguments, "--judge-repeats", "3", cwd=folder)
        assert other.returncode == 2
        assert "other judges" in other.stderr
        assert (sum(server.ledger.values()), sum(judge.ledger.values())) == (N, n_judged)


def test_the_judge_never_learns_who_answered_or_what_is_hoped_for(folder: Path) -> None:
    first_run(folder)
    with chat_server(saying(judged_wrong)) as judge:
        done = grade(folder, judge, more=("--judge-all",))
        assert done.returncode == 0, done.stderr
        assert len(judge.asked) == N
        for request in judge.asked:
            sent = json.dumps(request).lower()
            for secret in ("tested-model-x", "secret-why", "nonexistent", "unanswerable", "abstain", "p0"):
                assert secret not in sent, secret
            assert ("mercury" in request["messages"][-1]["content"].lower().split("begin answer")[0]) == (
                number_in(request) % 2 == 0
            ), "targets are shown for answerable probes, and only there"


def test_grading_again_asks_nobody_and_gives_the_same_bytes(folder: Path) -> None:
    first_run(folder)
    n_unsure = unsure(folder)
    with chat_server(saying(judged_wrong)) as judge:
        assert grade(folder, judge).returncode == 0
        assert sum(judge.ledger.values()) == n_unsure
        before = summary(folder)
        assert grade(folder, judge).returncode == 0
        assert sum(judge.ledger.values()) == n_unsure
    # The server is gone: neither of these may need it.
    for arguments in (("grade", "r"), ("grade", "r", "--config", "judges.toml")):
        done = evaluator(*arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "0 verdicts changed" in done.stderr
        assert summary(folder) == before
    done = evaluator("grade", "r", "--no-judge", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "judge" not in summary(folder)["results"][0]["steps"]
    assert summary(folder)["judges"] == []


def test_agreement_with_labels_is_measured_with_the_judge_and_asks_nobody(folder: Path) -> None:
    first_run(folder)
    by_person = ("grade", "r", "--against", "labels.jsonl", "--json")
    labels = [
        {"probe_id": verdict["probe_id"], "model": verdict["model"], "label": "abstained", "annotator": "anna"}
        for verdict in verdicts(folder)
        if verdict["step"] == "leftover"
    ]
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, labels)))
    before = evaluator(*by_person, cwd=folder)
    assert before.returncode == 0, before.stderr
    with chat_server(always("VERDICT: dont_know")) as judge:
        assert grade(folder, judge).returncode == 0
        refused = grade(folder, judge, more=("--against", "labels.jsonl"))
        assert refused.returncode == 2
        assert "ask no judge" in refused.stderr
    after = evaluator(*by_person, cwd=folder)
    assert after.returncode == 0, after.stderr
    assert json.loads(before.stdout)["grader"] == "cascade-4"
    assert json.loads(after.stdout)["grader"] == "cascade-4+judge-1"
    assert before.stdout != after.stdout


def test_equal_texts_of_two_models_are_judged_once(folder: Path) -> None:
    lines = [
        {"model": model, "probe_id": f"p{number:03}", "text": "I should think that is Venus."}
        for model in ("one", "two")
        for number in range(N)
    ]
    (folder / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    imported = ("import", "--probes", "probes.jsonl", "--answers", "answers.jsonl", "--run-id", "r")
    assert evaluator(*imported, cwd=folder).returncode == 0
    with chat_server(saying(judged_wrong)) as judge:
        assert grade(folder, judge).returncode == 0
        assert sum(judge.ledger.values()) == unsure_texts(folder)
    assert [result["counts"]["all"]["wrong"] for result in summary(folder)["results"]] == [N, N]


def unsure_texts(folder: Path) -> int:
    return len({verdict["probe_id"] for verdict in verdicts(folder) if verdict["step"] == "judge"})


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (always("It is correct."), "judge_unparsable"),
        (always("VERDICT: correct or VERDICT: incorrect"), "judge_unparsable"),
        (always("VERDICT: CORRECTISH"), "judge_unparsable"),
        (lambda request, n: answer("VERDICT: inco", finish="length"), "judge_truncated"),
        (lambda request, n: answer("", finish="content_filter"), "judge_refused"),
        (always(""), "judge_unparsable"),
    ],
)
def test_a_judge_without_a_vote_leaves_the_response_ungraded(
    folder: Path, script: Callable[[dict[str, Any], int], Reply], reason: str
) -> None:
    first_run(folder)
    n_unsure, before = unsure(folder), summary(folder)["results"][0]["counts"]["all"]
    with chat_server(script) as judge:
        done = grade(folder, judge)
    assert done.returncode == 0, done.stderr
    result = summary(folder)["results"][0]
    assert result["ungraded"] == {reason: n_unsure}
    assert result["counts"]["all"]["wrong"] == before["wrong"] - n_unsure
    assert summary(folder)["judges"][0]["ungraded"] == {reason: n_unsure}
    assert reason in evaluator("report", "r", cwd=folder).stdout


def test_a_judge_that_fails_is_asked_again_and_the_model_is_not(folder: Path) -> None:
    first_run(folder)
    n_unsure = unsure(folder)
    broken = {"is": True}

    def script(request: dict[str, Any], n: int) -> Reply:
        if broken["is"] and number_in(request) % 4 == 0:
            return Reply(b'{"error": {"message": "Unsupported"}}', status=400)
        return saying(judged_wrong)(request, n)

    with chat_server(script) as judge:
        done = grade(folder, judge)
        assert done.returncode == 4, done.stderr
        assert "evaluator resume reports/r" in done.stderr
        n_failed = summary(folder)["results"][0]["ungraded"]["judge_failed"]
        assert n_failed
        broken["is"] = False
        before = sum(judge.ledger.values())
        # The same command would do as well; `resume` would need the model's server, which is gone.
        assert grade(folder, judge).returncode == 0
        assert sum(judge.ledger.values()) - before == n_failed
    assert summary(folder)["results"][0]["steps"]["judge"] == n_unsure
    assert summary(folder)["results"][0]["ungraded"] == {}


def test_a_halted_judge_leaves_its_votes_pending_and_the_command_says_so(folder: Path) -> None:
    first_run(folder)
    n_unsure = unsure(folder)
    with chat_server(lambda request, n: Reply(b'{"error": {"message": "bad key"}}', status=401)) as judge:
        done = grade(folder, judge)
        assert done.returncode == 4
        assert "halted" in done.stderr
        assert sum(judge.ledger.values()) <= 4
    assert summary(folder)["results"][0]["ungraded"] == {"pending": n_unsure}
    assert summary(folder)["judges"][0]["n_pending"] == n_unsure


def test_a_rate_limit_is_waited_for(folder: Path) -> None:
    first_run(folder)

    def script(request: dict[str, Any], n: int) -> Reply:
        if n == 1 and number_in(request) % 4 == 0:
            return Reply(b'{"error": {"message": "slow down"}}', status=429, headers={"retry-after": "0"})
        return saying(judged_wrong)(request, n)

    with chat_server(script) as judge:
        done = grade(folder, judge)
        assert done.returncode == 0, done.stderr
        assert max(judge.ledger.values()) == 2
    assert summary(folder)["results"][0]["ungraded"] == {}


def test_kill_9_in_mid_judging_and_the_same_command_ask_only_what_is_missing(folder: Path) -> None:
    first_run(folder)
    n_unsure = unsure(folder)

    def slow(request: dict[str, Any], n: int) -> Reply:
        reply = saying(judged_wrong)(request, n)
        reply.delay_s = 0.05
        return reply

    with chat_server(slow) as judge, chat_server(under_test) as model:
        (folder / "judges.toml").write_text(
            f'[[judge]]\nid = "server/judge0"\nbase_url = "{judge.base_url}"\nconcurrency = 4\n'
        )
        arguments = ("grade", "r", "--config", "judges.toml")
        code, _ = interrupt(arguments, folder, signal.SIGKILL, lambda: sum(judge.ledger.values()) > n_unsure / 3)
        assert code == -signal.SIGKILL
        assert sum(judge.ledger.values()) < n_unsure
        done = evaluator(*arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        asked_twice = sum(judge.ledger.values()) - n_unsure
        assert 0 <= asked_twice <= 4
        assert len(judge.ledger) == n_unsure
        assert not model.ledger
    assert summary(folder)["judges"][0]["ambiguous_sends"] == asked_twice
    assert summary(folder)["results"][0]["steps"]["judge"] == n_unsure


def test_a_signal_in_mid_judging_is_resumed_by_resume(folder: Path) -> None:
    def slow(request: dict[str, Any], n: int) -> Reply:
        reply = saying(judged_wrong)(request, n)
        reply.delay_s = 0.05
        return reply

    with chat_server(under_test) as server, chat_server(slow) as judge:
        arguments = (
            *("run", "--probes", "probes.jsonl", "--model", "server/tested-model-x", "--base-url", server.base_url),
            *("--judge", "server/judge", "--judge-base-url", judge.base_url, "--run-id", "r", "--concurrency", "4"),
        )
        code, err = interrupt(arguments, folder, signal.SIGINT, lambda: sum(judge.ledger.values()) > 2)
        assert code == 130, err
        assert "requests to judges have no reply" in err
        n_asked = sum(server.ledger.values())
        assert summary(folder)["judges"][0]["n_asked"] == sum(judge.ledger.values()), "what was in flight was kept"
        done = evaluator("resume", "r", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert sum(server.ledger.values()) == n_asked == N
        assert max(judge.ledger.values()) == 1
        assert summary(folder)["judges"][0]["n_pending"] == 0


def test_a_panel_decides_by_majority_and_names_its_votes(folder: Path) -> None:
    first_run(folder)
    n_unsure = unsure(folder)
    wrong, unknown = saying(judged_wrong), always("VERDICT: dont_know")
    with chat_server(wrong) as one, chat_server(unknown) as two, chat_server(unknown) as three:
        assert grade(folder, one, two, three).returncode == 0
        judged = [verdict for verdict in verdicts(folder) if verdict["step"] == "judge"]
        assert len(judged) == n_unsure
        for verdict in judged:
            assert (verdict["label"], verdict["abstention_kind"]) == ("abstained", "dont_know")
            assert verdict["probability"] == pytest.approx(2 / 3)
            assert "server/judge0: " in verdict["evidence"]
            assert "server/judge2: dont_know" in verdict["evidence"]
        assert grade(folder, one, two).returncode == 0
        assert sum(one.ledger.values()) == n_unsure, "votes that were given hold for another panel"
    assert summary(folder)["results"][0]["ungraded"] == {"no_majority": n_unsure}


def test_repeats_of_one_judge_measure_its_self_consistency(folder: Path) -> None:
    first_run(folder)

    def fickle(request: dict[str, Any], n: int) -> Reply:
        flips = n == 2 and number_in(request) % 4 == 0
        return answer("VERDICT: dont_know") if flips else saying(judged_wrong)(request, n)

    with chat_server(fickle) as judge:
        done = grade(folder, judge, more=("--judge-repeats", "3"))
    assert done.returncode == 0, done.stderr
    use = summary(folder)["judges"][0]
    flipped = sum(verdict["probability"] < 1 for verdict in verdicts(folder) if verdict["step"] == "judge")
    assert use["n_repeated"] == unsure_texts(folder)
    assert use["n_agreeing"] == use["n_repeated"] - flipped
    assert 0 < use["self_consistency_low"] < use["self_consistency"] < use["self_consistency_high"] < 1
    assert "agrees with itself on" in done.stdout


@pytest.mark.parametrize("judge", ["server/qwen3-8b", "server/QWEN3-8B", "server/qwen2.5-72b-instruct"])
def test_self_grading_is_refused_before_anything_is_sent(folder: Path, judge: str) -> None:
    with chat_server(under_test) as server, chat_server(saying(judged_wrong)) as jury:
        arguments = (
            *("run", "--probes", "probes.jsonl", "--model", "server/qwen3-8b", "--base-url", server.base_url),
            *("--judge", judge, "--judge-base-url", jury.base_url, "--run-id", "r"),
        )
        refused = evaluator(*arguments, cwd=folder)
        assert refused.returncode == 2
        assert "--allow-self-grading" in refused.stderr
        assert not server.asked
        assert not (folder / "reports").exists()
        allowed = evaluator(*arguments, "--allow-self-grading", cwd=folder)
        assert allowed.returncode == 0, allowed.stderr
        assert jury.asked


def test_a_judge_that_cannot_be_reached_stops_the_run_before_it_starts(folder: Path) -> None:
    with chat_server(under_test) as server:
        done = evaluator(
            *("run", "--probes", "probes.jsonl", "--model", "server/tested-model-x", "--base-url", server.base_url),
            *("--judge", "server/judge", "--judge-base-url", "http://127.0.0.1:9/v1", "--run-id", "r"),
            cwd=folder,
        )
        assert done.returncode == 2
        assert "server/judge" in done.stderr
        assert not server.asked


def test_the_key_of_a_judge_is_its_own(folder: Path) -> None:
    first_run(folder)
    with chat_server(saying(judged_wrong)) as judge:
        table = f'[[judge]]\nid = "server/judge0"\nbase_url = "{judge.base_url}"\napi_key_env = "JURY_KEY"\n'
        (folder / "judges.toml").write_text(table)
        arguments = ("grade", "r", "--config", "judges.toml")
        assert evaluator(*arguments, cwd=folder).returncode == 2
        done = evaluator(*arguments, cwd=folder, env={"JURY_KEY": "sk-jury", "SERVER_API_KEY": "sk-model"})
        assert done.returncode == 0, done.stderr
        assert {headers["authorization"] for headers in judge.headers} == {"Bearer sk-jury"}
    written = b"".join(path.read_bytes() for path in (folder / "reports").rglob("*") if path.is_file())
    assert b"sk-jury" not in written


def test_a_structured_judge_is_bound_to_the_words_and_read_as_json(folder: Path) -> None:
    first_run(folder)
    n_unsure = unsure(folder)
    script = lambda request, n: answer(json.dumps({"verdict": judged_wrong(request)}))  # noqa: E731
    with chat_server(script) as judge:
        table = f'[[judge]]\nid = "server/judge0"\nbase_url = "{judge.base_url}"\nstructured_output = true\n'
        (folder / "judges.toml").write_text(table)
        done = evaluator("grade", "r", "--config", "judges.toml", cwd=folder)
        assert done.returncode == 0, done.stderr
        for request in judge.asked:
            schema = request["response_format"]["json_schema"]["schema"]
            first = "correct" if is_answerable(request) else "attempts"
            assert schema["properties"]["verdict"]["enum"][0] == first
    assert summary(folder)["judges"][0]["n_asked"] == n_unsure
    assert summary(folder)["results"][0]["ungraded"] == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--judge-all",), "need a judge"),
        (("--judge", "recorded/x"), "recorded answers"),
        (("--judge", "nobody/x"), "unknown provider"),
        (("--judge", "server/x", "--judge", "server/x"), "named 2 times"),
        (("--judge", "server/x", "--judge-repeats", "0"), "judge_repeats"),
        (("--judge", "server/x", "--no-judge"), "--no-judge"),
        (("--judge", "local/smollm2-135m", "--judge-base-url", "http://127.0.0.1:9"), "no judge takes it"),
    ],
)
def test_wrong_judge_flags_are_one_line_and_ask_nobody(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    first_run(folder)
    before = summary(folder)
    done = evaluator("grade", "r", *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert summary(folder) == before


def test_the_embedded_model_judges_with_structured_output(folder: Path) -> None:
    if gguf_path("smollm2-135m") is None:
        pytest.skip("the embedded model's weights are not here: evaluator models fetch local/smollm2-135m")
    few = (folder / "probes.jsonl").read_text().splitlines()[:3]
    (folder / "probes.jsonl").write_text("\n".join(few))
    first_run(folder)
    n_unsure = unsure(folder)
    assert n_unsure == 2, "one for each rubric"
    table = '[[judge]]\nid = "local/smollm2-135m"\nstructured_output = true\nmax_tokens = 32\n'
    (folder / "judges.toml").write_text(table)
    done = evaluator("grade", "r", "--config", "judges.toml", cwd=folder, timeout_s=300)
    assert done.returncode == 0, done.stderr
    use = summary(folder)["judges"][0]
    assert use["n_asked"] == n_unsure
    assert use["ungraded"] == {}, "a bound reply is always one of the words"
    assert use["usd"] == 0
