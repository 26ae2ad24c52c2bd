from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evaluator.audit import AuditDesign, probe_hash
from evaluator.errors import ConfigError, LabelsFileError
from evaluator.labels import draw_probes, read_probe_sheet, write_probe_sheet
from evaluator.records import Probe

PROBES = tuple(Probe(probe_id=f"p{i:03d}", question=f"=1+{i}", targets=(f"t{i}",)) for i in range(100))
SUSPECT = [f"p{i:03d}" for i in range(10)]
NOW = "2026-01-01T00:00:00+00:00"


def sheet(tmp_path: Path, design: AuditDesign) -> Path:
    path = tmp_path / "audit.csv"
    write_probe_sheet(path, design, {p.probe_id: p for p in PROBES}, {})
    return path


def fill(path: Path, values: dict[str, dict[str, str]]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row.update(values.get(row["probe_id"].lstrip("'"), {}))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_half_of_the_sample_is_suspect_as_far_as_there_are_so_many() -> None:
    design = draw_probes(PROBES, SUSPECT, n=12, seed=1)
    assert [(s.name, s.n_probes, len(s.drawn)) for s in design.strata] == [("suspect", 10, 6), ("other", 90, 6)]
    design = draw_probes(PROBES, SUSPECT, n=50, seed=1)
    assert [len(s.drawn) for s in design.strata] == [10, 40]
    assert set(design.strata[0].drawn) == set(SUSPECT)


def test_without_suspects_it_is_a_simple_random_sample() -> None:
    (stratum,) = draw_probes(PROBES, (), n=5, seed=1).strata
    assert (stratum.name, stratum.n_probes, len(stratum.drawn)) == ("all", 100, 5)


def test_a_larger_sample_holds_the_smaller_and_another_seed_draws_others() -> None:
    small, large, other = (draw_probes(PROBES, (), n=n, seed=s).strata[0].drawn for n, s in ((5, 1), (20, 1), (5, 2)))
    assert large[:5] == small
    assert set(other) != set(small)


def test_every_probe_is_drawn_equally_often() -> None:
    hits = dict.fromkeys((p.probe_id for p in PROBES), 0)
    for seed in range(1000):
        for name in draw_probes(PROBES, (), n=10, seed=seed).strata[0].drawn:
            hits[name] += 1
    # Binomial(1000, 0.1): mean 100, standard deviation 9.5.
    assert all(60 < n < 140 for n in hits.values())


@pytest.mark.parametrize("n", [0, 101, 3])
def test_a_sample_that_cannot_be_drawn_is_refused(n: int) -> None:
    with pytest.raises(ConfigError, match="--draw: need"):
        draw_probes(PROBES, SUSPECT, n=n, seed=1)


def test_a_sheet_comes_back_as_findings(tmp_path: Path) -> None:
    design = draw_probes(PROBES, (), n=5, seed=1)
    first, second, *_ = design.strata[0].drawn
    path = sheet(tmp_path, design)
    fill(
        path, {first: {"valid": "Yes"}, second: {"valid": "no", "flaw": "wrong target", "auditor": "bo", "note": "-x"}}
    )
    audit = read_probe_sheet(path, auditor="anna", now=NOW)
    assert audit.design == design
    found = {finding.probe_id: finding for finding in audit.findings}
    assert set(found) == {first, second}
    assert (found[first].is_valid, found[first].auditor) == (True, "anna")
    assert (found[second].flaw, found[second].auditor, found[second].note) == ("wrong_target", "bo", "-x")
    own = next(p for p in PROBES if p.probe_id == first)
    assert found[first].probe_hash == probe_hash(own)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"valid": "maybe"}, "valid: need yes or no, got 'maybe'"),
        ({"valid": "no", "flaw": "ugly"}, "flaw: need one of wrong_target"),
        ({"valid": "yes", "flaw": "unclear"}, "flaw: need none of a valid probe"),
        ({"valid": "yes", "probe_id": "p999"}, "probe_id: need one of the sample, got 'p999'"),
    ],
)
def test_a_wrong_row_is_named(cells: dict[str, str], message: str, tmp_path: Path) -> None:
    design = draw_probes(PROBES, (), n=5, seed=1)
    path = sheet(tmp_path, design)
    fill(path, {design.strata[0].drawn[0]: cells})
    with pytest.raises(LabelsFileError, match=message):
        read_probe_sheet(path, auditor="", now=NOW)


def test_a_sheet_under_another_name_says_what_has_to_lie_beside_it(tmp_path: Path) -> None:
    renamed = tmp_path / "filled.csv"
    renamed.write_text("probe_id,valid\n", encoding="utf-8")
    with pytest.raises(LabelsFileError, match=r"need filled\.csv\.audit\.jsonl beside it"):
        read_probe_sheet(renamed, auditor="a", now=NOW)


def test_a_sheet_is_never_overwritten(tmp_path: Path) -> None:
    design = draw_probes(PROBES, (), n=5, seed=1)
    path = sheet(tmp_path, design)
    with pytest.raises(LabelsFileError, match="exists"):
        write_probe_sheet(path, design, {p.probe_id: p for p in PROBES}, {})


def test_what_a_spreadsheet_would_run_is_marked(tmp_path: Path) -> None:
    text = sheet(tmp_path, draw_probes(PROBES, (), n=5, seed=1)).read_text(encoding="utf-8-sig")
    assert "\"'=1+" in text
    assert '"=1+' not in text
