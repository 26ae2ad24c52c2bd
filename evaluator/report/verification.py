"""What a verification found: as text and as JSON."""

from __future__ import annotations

from evaluator.report import format as fmt
from evaluator.report.canonical_json import canonical_json
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Page, Section
from evaluator.report.terminal import terminal_page
from evaluator.verification import Mismatch, Verification

_WORDS = {"agrees": "agrees", "disagrees": "DISAGREES", "not_checked": "not checked"}
_LIMIT = 400
MOST_SHOWN = 40


def render_verification(found: Verification, *, width: int = 80, colour: bool = False) -> str:
    """Show `found` as text of at most `width` columns, like `render_terminal`."""
    return terminal_page(verification_page(found), width=width, colour=colour)


def verification_bytes(found: Verification) -> bytes:
    """Write `found` as canonical JSON: equal results give equal bytes."""
    return canonical_json(found)


def verification_page(found: Verification) -> Page:
    """Say what was recomputed, then every disagreement."""
    n = sum(part.n_disagreements for part in found.parts)
    title = "agrees with itself" if found.agrees else f"does not agree with itself: {fmt.count(n)} disagreements"
    parts = tuple(f"{part.name} {_WORDS[part.status]}: {safe_text(part.text, limit=_LIMIT)}." for part in found.parts)
    sections = [Section("Recomputed", remarks=parts)]
    if found.disagreements:
        sections.append(Section("Disagreements", remarks=_disagreements(found, n)))
    if found.versions:
        told = "; ".join(f"{one.name} {one.then} then, {one.now or 'absent'} now" for one in found.versions)
        remark = f"Made with other versions: {safe_text(told, limit=_LIMIT)}."
        sections.append(Section("Versions", remarks=(remark,)))
    facts = "" if found.has_text else "a bundle without texts: answers are not graded again"
    return Page(f"Run {safe_text(found.run_id, limit=_LIMIT)} {title}", facts, tuple(sections))


def _disagreements(found: Verification, n: int) -> tuple[str, ...]:
    shown = [_sentence(one) for one in found.disagreements[:MOST_SHOWN]]
    if n > len(shown):
        shown.append(f"and {fmt.count(n - len(shown))} more; those kept are in the JSON (--json).")
    return tuple(shown)


def _sentence(one: Mismatch) -> str:
    place = f"{one.file}:{one.line}" if one.line is not None else one.file
    explained = f" (explained by {one.explained_by})" if one.explained_by else ""
    return safe_text(f"{place}: {one.field}: expected {one.expected}, found {one.found}{explained}", limit=2 * _LIMIT)
