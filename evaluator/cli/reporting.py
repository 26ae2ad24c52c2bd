"""What `evaluator report` does: read a run once, write it in every format asked for."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from evaluator.cli.messages import say
from evaluator.cli.people import Given
from evaluator.cli.result import conclude, print_table
from evaluator.errors import ConfigError, EvaluatorError, JournalError
from evaluator.gold_labels import final_labels, gold_set
from evaluator.graders import default_grader
from evaluator.journal import RunDirectory
from evaluator.labels.match import text_sha256
from evaluator.records import Label, Summary
from evaluator.report import read_summary, render_markdown, summary_bytes
from evaluator.report.exports.junit import junit_xml
from evaluator.report.exports.prometheus import prometheus_text
from evaluator.report.exports.run_checks import run_checks
from evaluator.report.exports.verdict_table import Row, csv_chunks, verdict_rows, write_parquet
from evaluator.run.final import FinalResponses, answers_to
from evaluator.run.regrade import graded_before
from evaluator.run.session import RunPlan, load_plan

if TYPE_CHECKING:
    from evaluator.report.html import AnswerSample

STDOUT = "-"


@dataclass(frozen=True)
class ReportRequest:
    """What is wanted, and where it shall go."""

    formats: tuple[str, ...]
    output: str | None = None
    with_texts: bool = False


class Answers:
    """A run with its single answers, graded."""

    def __init__(self, directory: RunDirectory, given: Given | None = None, *, has_sample: bool = False) -> None:
        """Go through the answers once.

        Args:
            directory: Of the run.
            given: Files to read in place of the run's own audit and settings.
            has_sample: Whether to keep as many answers as a page shows.
        """
        self.directory = directory
        self.plan: RunPlan = load_plan(directory)
        responses = FinalResponses(directory, self.plan.manifest, self.plan.probes)
        by_rules = graded_before(self.plan.probes, responses, default_grader(), directory.verdicts)
        self.sample = _sample(self.plan) if has_sample else None
        seen = self.sample.add if self.sample is not None else None
        self.graded, self.summary = conclude(self.plan, directory, by_rules, given=given, seen=seen)

    @cached_property
    def gold(self) -> Mapping[str, Label]:
        """Labels that people gave to the answers as they are now, by request id."""
        design, labels = self.directory.read_gold()
        labelled = {label.request_id for label in labels}
        texts = {r.request_id: text_sha256(r.text) for r in answers_to(self.graded.responses, labelled)}
        return final_labels(gold_set(design, labels, texts).labels).by_request


def _sample(plan: RunPlan) -> AnswerSample:
    from evaluator.report.html import AnswerSample

    return AnswerSample(plan.probes)


def load_summary(run: str, out: Path, given: Given | None = None) -> Summary:
    """Return the summary of a run, or the one in a file.

    Args:
        given: Files to read in place of the run's own audit and settings.

    Raises:
        JournalError: If there is no such run or it is damaged.
        ConfigError: If files are given to a summary, which is what it is.
    """
    return _summary_file(run, given) or Answers(RunDirectory.find(run, out), given).summary


def _summary_file(run: str, given: Given | None) -> Summary | None:
    if not os.path.isfile(run):  # noqa: PTH113  # is_file() raises for a name that is too long
        return None
    if given is not None and (given.audit or given.config):
        raise ConfigError(f"--audit and --config: need a run to compute anew, got the summary {run}")
    try:
        return read_summary(Path(run).read_bytes(), run)
    except OSError as exc:
        raise JournalError(f"{run}: cannot be read: {exc.strerror}") from exc


def write_reports(run: str, out: Path, request: ReportRequest, given: Given | None = None) -> None:
    """Show `run` in every format of the request.

    Raises:
        ConfigError: If the formats cannot go where they shall.
        EvaluatorError: If the run or the output cannot be used.
    """
    _check(request)
    summary = _summary_file(run, given)
    has_sample = "html" in request.formats
    answers = Answers(RunDirectory.find(run, out), given, has_sample=has_sample) if summary is None else None
    for name in request.formats:
        if name in _TABLES:
            if answers is None:
                raise ConfigError(f"--format {name}: need a run directory; {run} is a summary, which has no answers")
            _TABLES[name](answers, request)
        elif name == "html":
            _html(summary or _summary_of(answers), answers, request.output)
        else:
            _write_summary(name, summary or _summary_of(answers), request.output)


def _summary_of(answers: Answers | None) -> Summary:
    if answers is None:
        raise JournalError("need a run directory or a summary.json")
    return answers.summary


def _check(request: ReportRequest) -> None:
    if request.output is not None and len(request.formats) > 1:
        raise ConfigError(f"--output: need one --format, got {', '.join(request.formats)}")
    if request.with_texts and not set(request.formats) & set(_TABLES):
        raise ConfigError(f"--texts: need --format csv or parquet, got {', '.join(request.formats)}")
    is_bare = "parquet" in request.formats and request.output in {None, STDOUT}
    if is_bare and (sys.stdout.isatty() or len(request.formats) > 1):
        raise ConfigError("--format parquet: need --output FILE; a terminal cannot show it")


def _write_summary(name: str, summary: Summary, output: str | None) -> None:
    if name == "terminal" and output in {None, STDOUT}:
        print_table(summary)
        return
    _deliver(_PAGES[name](summary), output)


def _junit(summary: Summary) -> bytes:
    manifest = summary.manifest
    return junit_xml(f"evaluator.{manifest.run_id}", run_checks(summary), timestamp=manifest.started_at)


def _terminal(summary: Summary) -> bytes:
    from evaluator.report import render_terminal

    return render_terminal(summary).encode()


_PAGES: dict[str, Callable[[Summary], bytes]] = {
    "terminal": _terminal,
    "json": summary_bytes,
    "md": lambda summary: render_markdown(summary).encode(),
    "junit": _junit,
    "prometheus": prometheus_text,
}


def _rows(answers: Answers, request: ReportRequest) -> Iterator[Row]:
    return verdict_rows(
        answers.plan.manifest.run_id,
        answers.plan.probes,
        answers.graded,
        gold=answers.gold,
        with_texts=request.with_texts,
    )


def _csv(answers: Answers, request: ReportRequest) -> None:
    chunks = csv_chunks(_rows(answers, request), with_texts=request.with_texts)
    if request.output in {None, STDOUT}:
        for chunk in chunks:
            sys.stdout.write(chunk)
        return
    with _replacing(Path(request.output or "")) as path, path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(chunks)
    say(f"wrote {request.output}")


def _parquet(answers: Answers, request: ReportRequest) -> None:
    rows = _rows(answers, request)
    if request.output not in {None, STDOUT}:
        with _replacing(Path(request.output or "")) as path:
            write_parquet(path, rows, with_texts=request.with_texts)
        say(f"wrote {request.output}")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "verdicts.parquet"
        write_parquet(path, rows, with_texts=request.with_texts)
        _write_bytes(path.read_bytes())


_TABLES: dict[str, Callable[[Answers, ReportRequest], None]] = {"csv": _csv, "parquet": _parquet}


def _html(summary: Summary, answers: Answers | None, output: str | None) -> None:
    """Write the page: into the run directory, unless it shall go elsewhere."""
    from evaluator.report.html import render_html

    table = None
    if answers is not None:
        table = answers.sample.table(answers.gold) if answers.sample is not None else None
        output = output or str(answers.directory.path / "index.html")
    _deliver(render_html(summary, table), output)


def _deliver(data: bytes, output: str | None) -> None:
    if output in {None, STDOUT}:
        _write_bytes(data)
        return
    with _replacing(Path(output or "")) as path:
        path.write_bytes(data)
    say(f"wrote {output}")


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a path beside `path` that takes its place when all went well.

    Raises:
        EvaluatorError: If it cannot be written; what was there before stays.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(path)
    except OSError as exc:
        raise EvaluatorError(f"{path}: cannot be written: {exc.strerror}") from exc
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _write_bytes(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
