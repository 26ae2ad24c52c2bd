"""JUnit XML, which every build server shows: one case per check, what failed with its reason.

A check that could not be decided is an `error`, never a pass: build servers show it apart from what failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from evaluator.report.safe_text import safe_text

CheckStatus = Literal["passed", "failed", "undecided"]
NAME_LIMIT = 300
TEXT_LIMIT = 20_000
_ELEMENTS = {"failed": "failure", "undecided": "error"}


@dataclass(frozen=True)
class Check:
    """One claim about one model, and whether it holds."""

    subject: str
    """Whom it is about: a model, and its prompt where prompts differ. Checks of one subject are one suite."""
    name: str
    status: CheckStatus
    message: str
    """The figure with its interval and what was wanted, in one line."""
    next_step: str = ""
    """What to do about it; for what did not pass."""


def junit_xml(title: str, checks: Sequence[Check], *, timestamp: str) -> bytes:
    """Write `checks` as a JUnit report.

    Args:
        title: Names the whole report, and begins the name of every class.
        checks: In the order to show; those of one subject become one suite.
        timestamp: When the run was started, ISO 8601.

    >>> print(junit_xml("nightly", [Check("m", "complete", "passed", "9 of 9")], timestamp="2026-11-23").decode())
    <?xml version='1.0' encoding='utf-8'?>
    <testsuites name="nightly" tests="1" failures="0" errors="0" skipped="0">
      <testsuite name="m" tests="1" failures="0" errors="0" skipped="0" timestamp="2026-11-23" time="0">
        <testcase classname="nightly.m" name="complete" time="0">
          <system-out>9 of 9</system-out>
        </testcase>
      </testsuite>
    </testsuites>
    <BLANKLINE>
    """
    suites: dict[str, list[Check]] = {}
    for check in checks:
        suites.setdefault(check.subject, []).append(check)
    root = ElementTree.Element("testsuites", {"name": _text(title), **_totals(checks)})
    for subject, members in suites.items():
        facts = {"name": _text(subject), **_totals(members), "timestamp": _text(timestamp), "time": "0"}
        suite = ElementTree.SubElement(root, "testsuite", facts)
        for check in members:
            _add_case(suite, f"{title}.{subject}", check)
    ElementTree.indent(root)
    found = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return bytes(found) + b"\n"


def _totals(checks: Sequence[Check]) -> dict[str, str]:
    n_of = {status: str(sum(check.status == status for check in checks)) for status in ("failed", "undecided")}
    return {"tests": str(len(checks)), "failures": n_of["failed"], "errors": n_of["undecided"], "skipped": "0"}


def _add_case(suite: ElementTree.Element, class_name: str, check: Check) -> None:
    names = {"classname": _text(class_name), "name": _text(check.name), "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", names)
    message = _text(check.message, TEXT_LIMIT)
    if check.status == "passed":
        ElementTree.SubElement(case, "system-out").text = message
        return
    inner = ElementTree.SubElement(case, _ELEMENTS[check.status], {"message": message, "type": check.status})
    inner.text = "\n".join(
        filter(None, (message, f"Next: {_text(check.next_step, TEXT_LIMIT)}" * bool(check.next_step)))
    )


def _text(text: str, limit: int = NAME_LIMIT) -> str:
    # U+FFFE and U+FFFF are characters, but not of XML.
    return safe_text(text, limit=limit).replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")
