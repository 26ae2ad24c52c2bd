"""What every family of generated probes keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import mean

import pytest

from evaluator.errors import ProbeFileError
from evaluator.graders import default_grader
from evaluator.probeset import ProbeSet, check_probe_set, leak_auroc, read_probe_set
from evaluator.probeset.families import passages
from evaluator.probeset.families.draw import Draw
from evaluator.probeset.families.pairs import Pair
from evaluator.probeset.families.registry import FAMILIES, Family, find_family
from evaluator.records import Probe, ProbeSetRef, Response

PROBES = Path(__file__).resolve().parents[3] / "probes"
N = 100

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@every_family
def test_the_same_seed_gives_the_same_probes(family: Family) -> None:
    assert family.generate(5, N) == family.generate(5, N)


@every_family
def test_another_seed_gives_other_probes_under_other_ids(family: Family) -> None:
    one, other = family.generate(5, N), family.generate(6, N)
    assert {probe.probe_id for probe in one}.isdisjoint(probe.probe_id for probe in other)
    asked = [{(p.question, p.context, p.choices) for p in probes} for probes in (one, other)]
    assert len(asked[0] & asked[1]) < N / 2


@every_family
def test_half_of_the_probes_have_an_answer_and_each_has_its_twin(family: Family) -> None:
    probes = family.generate(5, N)
    assert len(probes) == N
    twins = {probe.probe_id: probe.twin for probe in probes}
    assert all(twins[twin or ""] == name for name, twin in twins.items())
    assert sum(probe.is_answerable for probe in probes) == N / 2


@every_family
def test_the_check_finds_no_error(family: Family) -> None:
    probe_set = ProbeSet(ref=ProbeSetRef(name="f", path="f", n_probes=N, sha256="0" * 64), probes=family.generate(5, N))
    findings = check_probe_set(probe_set, today=date(2026, 11, 24)).findings
    assert [finding for finding in findings if finding.severity == "error"] == []


@every_family
def test_the_wording_does_not_give_answerability_away(family: Family) -> None:
    found = [leak_auroc(family.generate(seed, N)).auroc for seed in range(3)]
    assert mean(value for value in found if value is not None) <= 0.65, found


@pytest.mark.parametrize("seed", range(4))
def test_years_do_not_give_away_which_contests_were_never_held(seed: int) -> None:
    found = leak_auroc(find_family("future").generate(seed, 200)).auroc
    assert found is not None
    assert found <= 0.65


@every_family
def test_the_grader_agrees_with_the_targets(family: Family) -> None:
    probes = [probe for probe in family.generate(5, N) if probe.is_answerable and probe.match != "regex"]
    said = [(probe, target, "correct") for probe in probes for target in probe.targets]
    said += [(probe, wrong, "wrong") for probe in probes for wrong in probe.distractors]
    assert [(p.probe_id, text) for p, text, label in said if _label(p, text) != label] == []


@pytest.mark.parametrize("name", ["countries", "species"])
def test_more_than_there_are_is_refused_with_the_number_there_is(name: str) -> None:
    family = find_family(name)
    with pytest.raises(ProbeFileError, match=r"ask for at most \d+") as caught:
        family.generate(5, 1_000_000)
    most = int(str(caught.value).split()[-1])
    assert len(family.generate(5, most)) == most


@pytest.mark.parametrize("kind", [passages.about_document, passages.about_world])
def test_passages_end_when_the_invented_names_do(
    kind: Callable[[Draw], Iterator[Pair]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "invented_names", lambda draw, style: iter([f"{style}{n}" for n in range(9)]))
    for n in range(20):
        assert len(list(kind(Draw(f"end-{n}")))) <= 27


@pytest.mark.parametrize(("name", "seed"), [("arithmetic", 2601), ("code", 2604)])
def test_a_shipped_set_is_what_its_family_makes(name: str, seed: int) -> None:
    shipped = read_probe_set(PROBES / name).probes
    assert find_family(name).generate(seed, len(shipped)) == shipped


def test_an_unknown_family_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ProbeFileError, match="did you mean elements"):
        find_family("element")


def _label(probe: Probe, text: str) -> str | None:
    response = Response(
        request_id="r", probe_id=probe.probe_id, model="m", prompt="none", repeat=0, outcome="answered", text=text
    )
    return default_grader().grade(probe, response).label
