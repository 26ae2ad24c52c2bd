"""The verdict of a gate: as text, as Markdown, as JUnit XML and as JSON."""

from __future__ import annotations

from evaluator.gating import GatedRun, GateFinding, GateResult
from evaluator.report import format as fmt
from evaluator.report.canonical_json import canonical_json
from evaluator.report.exports.junit import Check, CheckStatus, junit_xml
from evaluator.report.markdown import markdown_page
from evaluator.report.safe_text import safe_text
from evaluator.report.scale import scale_of
from evaluator.report.section import Column, Page, Row, Section, Table
from evaluator.report.terminal import terminal_page

_NAME_LIMIT = 300
_WORDS = {"pass": "PASS", "fail": "FAIL", "undecided": "UNDECIDED"}
_TITLES = {"pass": "passed", "fail": "failed", "undecided": "undecided"}


def render_gate(result: GateResult, *, width: int = 80, colour: bool = False) -> str:
    """Show `result` as text of at most `width` columns, like `render_terminal`."""
    return terminal_page(gate_page(result), width=width, colour=colour)


def render_gate_markdown(result: GateResult) -> str:
    """Show `result` as GitHub Markdown, with the same facts as the terminal."""
    return markdown_page(gate_page(result))


def render_gate_junit(result: GateResult) -> bytes:
    """Write `result` as JUnit XML: one case per check and model, what is undecided as an error."""
    against = f" against {_name(result.baseline.run_id)}" if result.baseline else ""
    checks = [_junit_check(one) for one in result.findings]
    return junit_xml(f"gate of {_name(result.run.run_id)}{against}", checks, timestamp=result.run.started_at)


def _junit_check(one: GateFinding) -> Check:
    statuses: dict[str, CheckStatus] = {"pass": "passed", "fail": "failed", "undecided": "undecided"}
    return Check(
        subject=f"{_name(one.model)} · {_name(one.prompt)}",
        name=f"{check_name(one)} {allowed_text(one)}",
        status=statuses[one.outcome],
        message=f"{value_text(one)}, allowed {allowed_text(one)}: {_name(one.reason)}{_sides(one)}",
        next_step="; ".join(_name(decider.text) for decider in one.decide),
    )


def gate_bytes(result: GateResult) -> bytes:
    """Write `result` as canonical JSON: equal results give equal bytes.

    Raises:
        ValueError: For a NaN, an infinity or half a surrogate pair, which JSON cannot hold.
    """
    return canonical_json(result)


def gate_page(result: GateResult) -> Page:
    """Say everything a report says about `result`, the verdict first."""
    groups: dict[tuple[str, str], list[GateFinding]] = {}
    for one in result.findings:
        groups.setdefault((one.model, one.prompt), []).append(one)
    sections = [_section(model, prompt, members) for (model, prompt), members in groups.items()]
    return Page(_title(result), _facts(result), (*sections, *_drift(result), _notes(result)))


def _title(result: GateResult) -> str:
    against = f" against {_name(result.baseline.run_id)}" if result.baseline else ""
    return f"{_WORDS[result.outcome]}: gate of run {_name(result.run.run_id)}{against}"


def _facts(result: GateResult) -> str:
    left = result.left_out
    kinds = (
        ((left.only_in_a, "only in the run"), (left.only_in_b, "only in the baseline"), (left.changed, "changed"))
        if left
        else ()
    )
    absent = ", ".join(f"{fmt.count(n)} {kind}" for n, kind in kinds if n)
    facts = [
        result.reason,
        _probes(result.run),
        f"probes left out: {absent}" if absent else "",
        f"accepted as different: {', '.join(result.allowed)}" if result.allowed else "",
        f"look {result.look} of the history" if result.look else "",
    ]
    return " · ".join(filter(None, facts))


def _probes(run: GatedRun) -> str:
    repeats = f", {fmt.count(run.repeats)} repeats" if run.repeats > 1 else ""
    return f"{fmt.counted(run.n_probes, 'probe')}{repeats}"


def _section(model: str, prompt: str, members: list[GateFinding]) -> Section:
    columns = (
        Column("", is_text=True),
        Column("allowed"),
        Column("value", ("value", "bounds", "n"), is_rate=True),
    )
    rows = tuple(Row(check_name(one), ((_WORDS[one.outcome],), (allowed_text(one),), _value(one))) for one in members)
    return Section(
        f"{_name(model)} · {_name(prompt)}",
        table=Table("check", columns, rows),
        remarks=tuple(remark for one in members for remark in _remarks(one)),
    )


def check_name(one: GateFinding) -> str:
    """Name a check: metric, slice, and which kind of rate."""
    name = _name(one.metric).removesuffix("_rate").replace("over_abstention", "over-abstention").replace("_", " ")
    slice_ = "" if one.kind in {"instrument", "cost"} else f" ({_name(one.slice)})"
    return f"{name}{slice_}{', calibrated' if one.calibrated else ''}"


def allowed_text(one: GateFinding) -> str:
    """Say what the check allows, in the unit of its values."""
    scale = scale_of(one.metric)
    if one.sense == "margin":
        sign = "+" if one.better == "low" else "-"
        return f"{sign}{scale.gap(one.bound).lstrip('+-')}"
    return f"{'<=' if one.sense == 'max' else '>='} {scale.value(one.bound)}"


def value_text(one: GateFinding) -> str:
    """Write the value with its bounds and n."""
    value, interval, n = _value(one)
    return " ".join(filter(None, (value, interval, f"(n {n})" if n else "")))


def _value(one: GateFinding) -> tuple[str, str, str]:
    scale, n = scale_of(one.metric), fmt.count(one.n) if one.n else ""
    is_gap = one.sense == "margin"
    if one.value is None:
        return fmt.UNDEFINED, "", n
    value = scale.gap(one.value) if is_gap else scale.value(one.value)
    if one.low is None or one.high is None or one.low == one.high:
        return value, "", n
    return value, scale.gap_interval(one.low, one.high) if is_gap else scale.interval(one.low, one.high), n


def _remarks(one: GateFinding) -> list[str]:
    notes = [
        f"{check_name(one)}: {safe_text(note, limit=_NAME_LIMIT)}." for note in one.notes if note not in one.reason
    ]
    if one.outcome == "pass" and one.reason.startswith(("within", "it is within")) and "though" not in one.reason:
        return notes
    said = [f"{check_name(one)}: {safe_text(one.reason, limit=_NAME_LIMIT)}{_sides(one)}.", *notes]
    said += [f"{check_name(one)}: {safe_text(decider.text, limit=_NAME_LIMIT)}." for decider in one.decide]
    return said


def _sides(one: GateFinding) -> str:
    if one.new is None or one.old is None:
        return ""
    scale = scale_of(one.metric)
    return f" ({scale.value(one.old.value)} before, {scale.value(one.new.value)} now)"


def _drift(result: GateResult) -> tuple[Section, ...]:
    drift = result.drift
    if drift is None:
        return ()
    rate = f"{fmt.count(drift.n_errors)} of {fmt.count(drift.n)} labelled anchor answers graded wrongly"
    return (Section("What moved", remarks=(f"{drift.verdict}: {drift.reason}.", f"{rate}.")),)


def _notes(result: GateResult) -> Section:
    remarks = [safe_text(note, limit=_NAME_LIMIT) for note in result.notes]
    certainty = fmt.level(result.policy.level)
    if any(one.sense == "margin" for one in result.findings):
        remarks.append(
            f"Margins: the run minus the baseline, probe by probe. A check passes when the {certainty} bound lies "
            "within the margin, and fails when it shows that the run got worse."
        )
    if result.n_tests > 1 and result.look is None:
        remarks.append(
            f"Every bound is one-sided, at {certainty}. A fail is corrected for {fmt.count(result.n_tests)} tests "
            f"({'Holm' if result.policy.correction == 'holm' else 'not at all'}); a pass needs all checks."
        )
    if result.look is not None:
        remarks.append(
            f"However often this gate runs, it fails with probability {fmt.percent(1 - result.policy.level)} at most "
            "while nothing gets worse (e-process over the history, e-BH across the checks)."
        )
    remarks.append(f"Policy: {safe_text(result.policy_from, limit=_NAME_LIMIT)}. Everything else is in the JSON.")
    return Section("Notes", remarks=tuple(remarks))


def _name(text: str) -> str:
    return safe_text(text, limit=_NAME_LIMIT)
