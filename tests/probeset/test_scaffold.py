from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from evaluator.errors import ProbeFileError
from evaluator.probeset import check_probe_set, read_probe_set, scaffold


def test_a_new_set_passes_the_check_with_nothing_to_mend(tmp_path: Path) -> None:
    scaffold("tax-law", tmp_path / "tax-law", "c0ffee")
    found = read_probe_set(tmp_path / "tax-law")
    check = check_probe_set(found, today=date(2030, 1, 1))
    assert [(finding.code, finding.severity) for finding in check.findings] == [("P502", "info")]
    assert found.meta is not None
    assert found.meta.name == "tax-law"
    assert "c0ffee" in (found.meta.canary or "")


def test_its_examples_are_twins_of_three_reasons(tmp_path: Path) -> None:
    scaffold("s", tmp_path, "c")
    probes = read_probe_set(tmp_path).probes
    assert len({probe.unanswerable for probe in probes} - {None}) == 3
    assert all(probe.twin for probe in probes)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(ProbeFileError, match=r"README\.md: exists"):
        scaffold("s", tmp_path, "c")
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize("name", ["", "A", "a b", "../a", "-a", "a" * 65])
def test_a_name_that_cannot_begin_an_id_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProbeFileError, match="name: need"):
        scaffold(name, tmp_path, "c")
