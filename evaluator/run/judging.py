"""What the judges are asked about a run, and what their votes make of its verdicts.

The judges are models in lanes of their own, with a journal of their own, `judgements.jsonl`. What
they are asked depends on the question and the text of the answer only: equal texts of several
models are judged once, and grading again asks nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack

import msgspec

from evaluator.config import Settings, judge_settings
from evaluator.errors import ConfigError, JournalError
from evaluator.graders.judge import (
    VoteReader,
    joined_name,
    judge_messages,
    load_rubric,
    panel_verdict,
    reply_schema,
)
from evaluator.graders.judge.panel import STEP
from evaluator.graders.reasoning import after_reasoning
from evaluator.journal import JournalWriter, RunDirectory, read_journal
from evaluator.providers import open_provider, with_defaults
from evaluator.records import Manifest, Message, ModelSettings, Probe, Request, Response, Verdict
from evaluator.run.bounds import Bounds
from evaluator.run.engine import Engine, open_requests
from evaluator.run.family import refuse_self_grading
from evaluator.run.lanes.opening import open_lanes
from evaluator.run.progress import Watcher

UNSURE_STEP = "leftover"
SURE = 0.8
"""A verdict of this probability or more needs no judge."""


class Judging(msgspec.Struct, frozen=True):
    """What the judges are asked: every request once, and which of them decide on which response."""

    requests: list[Request]
    ballots: dict[str, tuple[str, ...]]
    """By request id of the judged response: the ids of the judge requests, by judge and repeat."""


class Votes(msgspec.Struct, frozen=True):
    """What the judges have said so far."""

    reader: VoteReader
    ballots: dict[str, tuple[str, ...]]
    """As of `Judging`."""
    replies: dict[str, Response]
    """What the judges replied to `Judging.requests`, by request id."""
    votes: dict[str, Verdict]
    """How each of those requests was answered, pending ones included."""

    def settled(self, verdict: Verdict) -> Verdict:
        """Return a verdict of the rules with the votes on its response counted in."""
        named = msgspec.structs.replace(verdict, grader=joined_name(verdict.grader, self.reader.name))
        ballot = self.ballots.get(verdict.request_id)
        return named if ballot is None else panel_verdict(named, [self.votes[vote] for vote in ballot])


def with_judges(manifest: Manifest, settings: Settings, grader: str, *, allow_self_grading: bool) -> Manifest:
    """Return `manifest` with the judges of `settings`, and what that makes of its grader.

    Args:
        manifest: Of a run, whose models are judged.
        settings: Judges, whether they judge everything, and how often.
        grader: Name of the grader whose verdicts the judges settle.
        allow_self_grading: Accept a judge that is a model under test or of its family.

    Raises:
        ConfigError: If a judge or its rubric cannot be used, or a judge would grade its own family.
        ProviderError: If a judge's id is not usable.
    """
    judges = tuple(with_defaults(judge) for judge in judge_settings(settings))
    rubric = load_rubric(settings.judge_rubric).prompt
    if not allow_self_grading:
        refuse_self_grading(judges, manifest.models)
    return msgspec.structs.replace(
        manifest,
        graders=(joined_name(grader, rubric.version) if judges else grader,),
        judges=judges,
        judge_prompt=rubric if judges else None,
        judge_all=bool(judges) and settings.judge_all,
        judge_repeats=settings.judge_repeats if judges else 1,
    )


def graded_by(manifest: Manifest, grader: str) -> Manifest:
    """Return `manifest` with the name of `grader` as its own, and that of its judges' rubric if it has judges."""
    rubric = manifest.judge_prompt
    name = joined_name(grader, rubric.version) if manifest.judges and rubric else grader
    return msgspec.structs.replace(manifest, graders=(name,))


def judging_identity(manifest: Manifest) -> tuple[object, ...]:
    """Return what decides which judgements a run needs: not how fast or where they are made."""
    judges = tuple((judge.id, judge.sampling, judge.structured_output, judge.route) for judge in manifest.judges)
    return judges, manifest.judge_all, manifest.judge_repeats


def has_current_rubric(manifest: Manifest) -> bool:
    """Whether the rubric the judges of `manifest` were told is here, word for word."""
    if manifest.judge_prompt is None:
        return False
    try:
        return load_rubric(manifest.judge_prompt.version).prompt == manifest.judge_prompt
    except ConfigError:
        return False


def check_judge_prompt(manifest: Manifest) -> None:
    """Refuse to go on with judges whose rubric has another wording by now, or is not installed.

    Raises:
        JournalError: Saying how to judge anew.
    """
    if manifest.judges and not has_current_rubric(manifest):
        raise JournalError(
            f"run {manifest.run_id} cannot go on: the judge's prompt has another text since it was started; "
            f"judge it anew with: evaluator grade RUN --judge {manifest.judges[0].id}"
        )


def needs_judge(verdict: Verdict, response: Response, *, judge_all: bool) -> bool:
    """Whether the rules left the verdict on an answered response uncertain, or a judge has it already."""
    if verdict.step == STEP:
        return True
    if verdict.label is None or response.outcome != "answered":
        return False
    is_unsure = verdict.step == UNSURE_STEP or (verdict.probability is not None and verdict.probability < SURE)
    return judge_all or is_unsure


def plan_judging(
    manifest: Manifest, probes: Iterable[Probe], responses: Iterable[Response], verdicts: Iterable[Verdict]
) -> Judging:
    """Return what the judges of `manifest` are asked about the responses whose verdict is uncertain."""
    verdict_on = {verdict.request_id: verdict for verdict in verdicts}
    return judging_of(manifest, probes, ((response, verdict_on[response.request_id]) for response in responses))


def judging_of(
    manifest: Manifest, probes: Iterable[Probe], graded: Iterable[tuple[Response, Verdict]]
) -> Judging:  # fmt: skip
    """Return what the judges of `manifest` are asked about the responses whose verdict is uncertain."""
    by_id = {probe.probe_id: probe for probe in probes}
    requests: dict[str, Request] = {}
    ballots: dict[str, tuple[str, ...]] = {}
    for response, verdict in graded:
        if needs_judge(verdict, response, judge_all=manifest.judge_all):
            asked = _requests_about(manifest, by_id[response.probe_id], response)
            ballots[response.request_id] = tuple(request.request_id for request in asked)
            requests.update((request.request_id, request) for request in asked)
    return Judging(requests=[requests[key] for key in sorted(requests)], ballots=ballots)


def _requests_about(manifest: Manifest, probe: Probe, response: Response) -> list[Request]:
    text = after_reasoning(response.text) or response.text
    rubric = load_rubric(_rubric_of(manifest))
    flags = {judge.structured_output for judge in manifest.judges}
    messages = {flag: judge_messages(rubric, probe, text, structured=flag) for flag in flags}
    return [
        _request(judge, rubric.version, probe, messages[judge.structured_output], repeat)
        for judge in manifest.judges
        for repeat in range(manifest.judge_repeats)
    ]


def _rubric_of(manifest: Manifest) -> str:
    return manifest.judge_prompt.version if manifest.judge_prompt else ""


def _request(judge: ModelSettings, rubric: str, probe: Probe, messages: tuple[Message, ...], repeat: int) -> Request:
    schema = reply_schema(probe) if judge.structured_output else None
    # Neither the probe's id nor the model that answered: equal questions are asked once.
    identity = (judge.id, rubric, repeat, messages, judge.sampling, schema, *judge.route)
    return Request(
        request_id=hashlib.sha256(msgspec.json.encode(identity)).hexdigest(),
        probe_id=probe.probe_id,
        model=judge.id,
        prompt=rubric,
        repeat=repeat,
        messages=messages,
        sampling=judge.sampling,
        json_schema=schema,
    )


def votes_on(manifest: Manifest, probes: Sequence[Probe], judging: Judging, directory: RunDirectory) -> Votes:
    """Read what the judges have said so far."""
    answered = read_journal(directory.judgements_path).responses
    replies = {reply.request_id: reply for reply in answered.read(r.request_id for r in judging.requests)}
    reader = vote_reader(manifest)
    by_id = {probe.probe_id: probe for probe in probes}
    votes = {
        request.request_id: reader.grade(
            by_id[request.probe_id], replies.get(request.request_id) or request.response(outcome="pending")
        )
        for request in judging.requests
    }
    return Votes(reader=reader, ballots=judging.ballots, replies=replies, votes=votes)


def vote_reader(manifest: Manifest) -> VoteReader:
    """Return what reads the replies of the judges of `manifest`."""
    return VoteReader(_rubric_of(manifest), {judge.id for judge in manifest.judges if judge.structured_output})


async def reach_judges(manifest: Manifest, keys: Mapping[str, str]) -> None:
    """Make sure that every judge can be asked, before anything is sent to anyone.

    Raises:
        ProviderError: If one cannot.
    """
    async with AsyncExitStack() as stack:
        for judge in manifest.judges:
            await stack.enter_async_context(open_provider(judge, keys.get(judge.id)))


class JudgeSession:
    """Asks the judges what is still open."""

    def __init__(
        self, manifest: Manifest, probes: Sequence[Probe], judging: Judging, directory: RunDirectory, watcher: Watcher
    ) -> None:
        self._manifest = manifest
        self._probes = probes
        self._judging = judging
        self._directory = directory
        self._watcher = watcher
        self._engine: Engine | None = None
        self._stopped = False

    def stop(self) -> None:
        """Send nothing more; what is in flight may finish."""
        self._stopped = True
        if self._engine is not None:
            self._engine.stop()

    def open_requests(self) -> Sequence[Request]:
        """Return what the judges have not answered yet."""
        return open_requests(self._judging.requests, read_journal(self._directory.judgements_path))

    async def run(
        self, *, keys: Mapping[str, str], on_start: Callable[[int], None], bounds: Bounds | None = None
    ) -> None:
        """Ask every open request that `bounds` allow.

        Args:
            keys: The API key of each judge that has one.
            on_start: Called with the number of requests that are already done.
            bounds: Of money and time; default: none of money.

        Raises:
            ProviderError: If a judge cannot be asked; nothing was sent.
            JournalError: If the run directory cannot be used.
        """
        manifest = self._manifest
        async with AsyncExitStack() as stack:
            providers = {
                judge.id: await stack.enter_async_context(open_provider(judge, keys.get(judge.id)))
                for judge in manifest.judges
            }
            stack.enter_context(self._directory.locked())
            state = read_journal(self._directory.judgements_path)
            todo = open_requests(self._judging.requests, state)
            on_start(len(self._judging.requests) - len(todo))
            journal = await stack.enter_async_context(JournalWriter(self._directory.judgements_path, state))
            self._engine = Engine(journal, self._probes, vote_reader(manifest), self._watcher)
            if not self._stopped:
                bounds = bounds or Bounds()
                lanes = open_lanes(manifest.judges, providers, todo, state, bounds)
                await self._engine.ask(lanes, bounds)
