"""What of two runs can be compared: which probes, which models, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from evaluator.comparison import LeftOut
from evaluator.records import ModelResult, Probe, Summary
from evaluator.stats.slices import Indices, cluster_codes, slice_members

Kind = Literal["grader", "prompt", "probes"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """A run as it is compared: its summary, and its probes where they are at hand."""

    summary: Summary
    probes: tuple[Probe, ...] | None = None

    @property
    def run_id(self) -> str:
        """Name of the run."""
        return self.summary.manifest.run_id


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why two runs should not be compared, unless it is allowed."""

    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class Couple:
    """Two results to compare, and the runs they come from."""

    run_a: Measured
    a: ModelResult
    run_b: Measured
    b: ModelResult

    @property
    def sides(self) -> tuple[tuple[Measured, ModelResult], tuple[Measured, ModelResult]]:
        """Each result with its run."""
        return (self.run_a, self.a), (self.run_b, self.b)


@dataclass(frozen=True, slots=True)
class Couples:
    """The results to compare, and what could not be coupled."""

    found: tuple[Couple, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The probes two runs share, with what follows from them."""

    probe_ids: tuple[str, ...]
    is_answerable: npt.NDArray[np.bool_]
    clusters: Indices
    slices: Mapping[str, Indices]
    left_out: LeftOut
    changed: tuple[str, ...] = field(default=())


def common_ground(a: Measured, b: Measured) -> Ground:
    """Find the probes that both runs have with the same content.

    Args:
        a: The first run.
        b: The second; may be the first itself. At least one of the two has its probes.

    Raises:
        ValueError: If neither run has its probes.
    """
    probes = a.probes if a.probes is not None else b.probes
    if probes is None:
        msg = "need the probes of at least one of the two runs"
        raise ValueError(msg)
    ordered = sorted(probes, key=lambda probe: probe.probe_id)
    hashes_a, hashes_b = a.summary.probes, b.summary.probes
    both = hashes_a.keys() & hashes_b.keys()
    changed = tuple(sorted(name for name in both if hashes_a[name] != hashes_b[name]))
    usable = both - set(changed)
    left_out = LeftOut(only_in_a=len(hashes_a) - len(both), only_in_b=len(hashes_b) - len(both), changed=len(changed))
    # Clusters follow links through all probes of the run, also those that are left out.
    is_used = np.array([probe.probe_id in usable for probe in ordered], dtype=bool)
    used = [probe for probe, one in zip(ordered, is_used.tolist(), strict=True) if one]
    return Ground(
        probe_ids=tuple(probe.probe_id for probe in used),
        is_answerable=np.array([probe.is_answerable for probe in used], dtype=bool),
        clusters=cluster_codes(ordered)[is_used],
        slices=slice_members(used),
        left_out=left_out,
        changed=changed,
    )


def couple_runs(a: Measured, b: Measured, models: Sequence[tuple[str, str]] | None) -> Couples:
    """Couple the results of two runs: the same model under the same prompt.

    Args:
        a: The first run.
        b: The second.
        models: (model of A, model of B) to compare; None for every model that is in both.
    """
    results_a, results_b = _by_model(a), _by_model(b)
    if models is None:
        models = [(model, model) for model in results_a if model in results_b]
    found, obstacles, notes = list[Couple](), list[Obstacle](), list[str]()
    for model_a, model_b in models:
        of_a, of_b = results_a[model_a], results_b[model_b]
        shared = [prompt for prompt in of_a if prompt in of_b]
        found += [Couple(a, of_a[prompt], b, of_b[prompt]) for prompt in shared]
        only = [(run, name) for run, own in ((a, of_a), (b, of_b)) for name in own if name not in shared]
        if shared:
            notes += [f"{model_a}: prompt {name} is in run {run.run_id} only: left out" for run, name in only]
        elif len(of_a) == len(of_b) == 1:
            found += [Couple(a, one, b, other) for one in of_a.values() for other in of_b.values()]
            obstacles.append(_other_prompts(a, of_a, b, of_b))
        else:
            notes.append(f"{model_a}: no prompt in both runs ({', '.join(of_a)} and {', '.join(of_b)}): left out")
    return Couples(tuple(found), (*obstacles, *_changed_prompts(found)), tuple(dict.fromkeys(notes)))


def couple_within(run: Measured, models: Sequence[tuple[str, str]] | None, *, across_prompts: bool = False) -> Couples:
    """Couple the results of one run: every two models under the same prompt.

    Args:
        run: The run.
        models: Pairs of models to compare; None for all.
        across_prompts: Couple a model under one prompt with itself under another as well.
    """
    wanted = {frozenset(pair) for pair in models} if models is not None else None
    named = {name for pair in models or () for name in pair}
    results = [result for result in run.summary.results if wanted is None or result.model in named]
    found = []
    for one, other in combinations(results, 2):
        is_same_prompt = one.prompt == other.prompt
        if is_same_prompt == (one.model == other.model) or (not is_same_prompt and not across_prompts):
            continue
        if wanted is not None and frozenset((one.model, other.model)) not in wanted:
            continue
        # As the user named them, if they did.
        swapped = one.model != other.model and (other.model, one.model) in (models or ())
        found.append(Couple(run, other, run, one) if swapped else Couple(run, one, run, other))
    return Couples(tuple(found))


def obstacles_between(a: Measured, b: Measured, ground: Ground) -> Iterator[Obstacle]:
    """Say what makes the labels or the probes of two runs incomparable."""
    if (grading_a := _grading(a)) != (grading_b := _grading(b)):
        yield Obstacle("grader", f"run {a.run_id} was graded by {grading_a}, run {b.run_id} by {grading_b}")
    if ground.changed:
        names = ", ".join(ground.changed[:_NAMED]) + (", ..." if len(ground.changed) > _NAMED else "")
        yield Obstacle("probes", f"{len(ground.changed)} probes differ in content between the runs ({names})")


def setting_notes(couples: Iterable[Couple]) -> Iterator[str]:
    """Say where two runs asked one model with different settings; that may be what is compared."""
    for couple in couples:
        settings = [
            next((model.sampling for model in run.summary.manifest.models if model.id == result.model), None)
            for run, result in couple.sides
        ]
        if couple.run_a is not couple.run_b and settings[0] != settings[1]:
            yield f"{couple.a.model}: the two runs asked with different sampling settings"


def _by_model(run: Measured) -> dict[str, dict[str, ModelResult]]:
    found: dict[str, dict[str, ModelResult]] = {}
    for result in run.summary.results:
        found.setdefault(result.model, {})[result.prompt] = result
    return found


def _grading(run: Measured) -> str:
    manifest = run.summary.manifest
    judges = [judge.id for judge in manifest.judges]
    how = [", ".join(manifest.graders)]
    if judges:
        prompt = manifest.judge_prompt.sha256[:8] if manifest.judge_prompt else "none"
        scope = "all answers" if manifest.judge_all else "unsure answers"
        how.append(f"judges {', '.join(judges)} on {scope}, {manifest.judge_repeats}x, judge prompt {prompt}")
    return " with ".join(how)


def _changed_prompts(couples: Iterable[Couple]) -> Iterator[Obstacle]:
    seen = set()
    for couple in couples:
        texts = [
            {ref.name: ref.sha256 for ref in run.summary.manifest.prompts}.get(couple.a.prompt)
            for run in (couple.run_a, couple.run_b)
        ]
        if couple.a.prompt == couple.b.prompt and texts[0] != texts[1] and couple.a.prompt not in seen:
            seen.add(couple.a.prompt)
            yield Obstacle("prompt", f"prompt {couple.a.prompt} has another text in each run")


def _other_prompts(
    a: Measured, of_a: Mapping[str, ModelResult], b: Measured, of_b: Mapping[str, ModelResult]
) -> Obstacle:
    return Obstacle(
        "prompt", f"run {a.run_id} asked with prompt {', '.join(of_a)}, run {b.run_id} with {', '.join(of_b)}"
    )
