"""Models compared probe by probe: as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evaluator.comparison import Comparison, Difference, Ranking, Side
from evaluator.report import format as fmt
from evaluator.report.canonical_json import canonical_json
from evaluator.report.markdown import markdown_page
from evaluator.report.safe_text import safe_text
from evaluator.report.section import Column, Page, Row, Section, Table
from evaluator.report.terminal import terminal_page

MOST_ROWS = 12
"""Differences shown of one metric; the most certain ones where there are more."""
_NAME_LIMIT = 300
_LEADS = {
    "hallucination_rate": "When it did not get it right, how often did it make something up? Lower is better.",
    "accuracy": "How often it got right what has an answer. Higher is better.",
    "over_abstention_rate": "How often it declined although there is an answer. Lower is better.",
}
_CORRECTIONS = {
    "holm": "Adjusted p bounds the chance that any of the {n} tests claims a difference that is none (Holm).",
    "bh": "Adjusted p bounds the share of false claims among the {n} tests: for exploring (Benjamini-Hochberg).",
}


def render_comparison(comparison: Comparison, *, width: int = 80, colour: bool = False) -> str:
    """Show `comparison` as text of at most `width` columns, like `render_terminal`."""
    return terminal_page(comparison_page(comparison), width=width, colour=colour)


def render_comparison_markdown(comparison: Comparison) -> str:
    """Show `comparison` as GitHub Markdown, with the same facts as the terminal."""
    return markdown_page(comparison_page(comparison))


def comparison_bytes(comparison: Comparison) -> bytes:
    """Write `comparison` as canonical JSON: equal results give equal bytes.

    Raises:
        ValueError: For a NaN, an infinity or half a surrogate pair, which JSON cannot hold.
    """
    return canonical_json(comparison)


def comparison_page(comparison: Comparison) -> Page:
    """Say everything a report says about `comparison`, what was compared first."""
    groups: dict[tuple[str, str], list[Difference]] = {}
    for one in comparison.differences:
        groups.setdefault((one.metric, one.slice), []).append(one)
    ranked = {(ranking.metric, ranking.slice): ranking for ranking in comparison.rankings}
    sections: list[Section] = []
    for key, members in groups.items():
        sections += [_ranking(ranking) for ranking in comparison.rankings if (ranking.metric, ranking.slice) == key]
        sections.append(_differences(comparison, members, is_ranked=key in ranked))
    return Page(_title(comparison), _facts(comparison), (*sections, _notes(comparison)))


def _title(comparison: Comparison) -> str:
    names = [_name(run.run_id) for run in comparison.runs]
    if len(names) == 1:
        return f"Models of run {names[0]}, compared probe by probe"
    return f"Run {names[0]} (A) against run {names[1]} (B), compared probe by probe"


def _facts(comparison: Comparison) -> str:
    left = comparison.left_out
    n_shared = comparison.runs[0].n_probes - left.only_in_a - left.changed
    kinds = ((left.only_in_a, "only in A"), (left.only_in_b, "only in B"), (left.changed, "of other content"))
    absent = ", ".join(f"{fmt.count(n)} {kind}" for n, kind in kinds if n)
    facts = [
        fmt.counted(n_shared, "probe") + (" in common" if len(comparison.runs) > 1 else ""),
        f"left out: {absent}" if absent else "",
        f"accepted as different: {', '.join(comparison.allowed)}" if comparison.allowed else "",
    ]
    return " · ".join(filter(None, facts))


def _ranking(ranking: Ranking) -> Section:
    groups: dict[str, list[str]] = {place.model: [] for place in ranking.places}
    for number, group in enumerate(ranking.tie_groups):
        for model in group:
            groups[model].append(_letter(number))
    scale = _scale(ranking.metric)
    rows = tuple(
        Row(
            _name(place.model),
            (
                (scale.value(place.value),),
                (fmt.count(place.n),),
                (str(place.best) if place.best == place.worst else f"{place.best} to {place.worst}",),
                (" ".join(groups[place.model]),),
            ),
        )
        for place in ranking.places
    )
    columns = (Column(_title_of(ranking.metric)), Column("n"), Column("rank"), Column("tie group"))
    numbers = {place.n for place in ranking.places}
    remarks = ("The models were graded on different probes; ranks compare each pair on those of both.",)
    lead = (
        "Models that share a letter cannot be told apart. Rank: the places a model may have, "
        "all of them at once, after correction."
    )
    of_prompt = f", prompt {_name(ranking.prompt)}" if ranking.prompt else ""
    title = f"Rank by {_title_of(ranking.metric)} ({_name(ranking.slice)}{of_prompt})"
    return Section(title, lead, Table("model", columns, rows), remarks if len(numbers) > 1 else ())


def _differences(comparison: Comparison, members: Sequence[Difference], *, is_ranked: bool) -> Section:
    first = members[0]
    shown = sorted(members, key=_certainty)[:MOST_ROWS] if len(members) > MOST_ROWS else list(members)
    has_prompts = len({side.prompt for one in members for side in (one.a, one.b)}) > 1
    interval = f"{fmt.level(comparison.level)} interval"
    columns = (
        Column("A"),
        Column("B"),
        Column("A - B", ("value", interval, "n"), is_rate=True),
        Column("p"),
        Column("adjusted"),
        Column("detectable"),
    )
    rows = tuple(Row(_pair_name(one, has_prompts=has_prompts), _cells(one)) for one in shown)
    lead = f"{_LEADS.get(first.metric, f'{_name(first.definition)}.')} n: probes graded on both sides."
    if is_ranked and len(shown) < len(members):
        lead = f"The {len(shown)} most certain of {len(members)} differences. {lead}"
    table = Table("pair", columns, rows)
    title = f"{_capital(_title_of(first.metric))} ({_name(first.slice)})"
    return Section(title, lead, table, _remarks(shown, has_prompts=has_prompts))


def _cells(one: Difference) -> tuple[tuple[str, ...], ...]:
    scale = _scale(one.metric)
    interval, n = scale.interval(one.low, one.high), fmt.count(one.n)
    gap = (fmt.UNDEFINED, "", n) if one.difference is None else (scale.gap(one.difference), interval, n)
    return (
        (scale.value(one.a.value),),
        (scale.value(one.b.value),),
        gap,
        (fmt.p_value(one.p_value),),
        (fmt.p_value(one.p_adjusted),),
        (scale.gap(one.mde).lstrip("+"),),
    )


@dataclass(frozen=True)
class _Scale:
    """How the values of a metric and their differences are written."""

    value: Callable[[float | None], str]
    is_rate: bool = False
    """Differences of rates are written in percentage points."""

    def gap(self, difference: float | None) -> str:
        if difference is None:
            return fmt.UNDEFINED
        return fmt.index(100 * difference) if self.is_rate else self.value(difference)

    def interval(self, low: float | None, high: float | None) -> str:
        if low is None or high is None:
            return fmt.NO_INTERVAL
        if self.is_rate:
            return fmt.index_interval(100 * low, 100 * high)
        return (fmt.index_interval if self.value is fmt.index else fmt.coefficient_interval)(low, high)


def _scale(metric: str) -> _Scale:
    if metric == "omniscience_index":
        return _Scale(fmt.index)
    return _Scale(fmt.coefficient) if metric.startswith("penalised_score") else _Scale(fmt.percent, is_rate=True)


def _remarks(shown: Sequence[Difference], *, has_prompts: bool) -> tuple[str, ...]:
    holders: dict[str, list[str]] = {}
    for one in shown:
        for note in one.notes:
            holders.setdefault(safe_text(note, limit=_NAME_LIMIT), []).append(_pair_name(one, has_prompts=has_prompts))
    return tuple(f"{note}{_who(pairs, len(shown))}" for note, pairs in holders.items())


def _who(pairs: Sequence[str], n_all: int) -> str:
    if len(pairs) == n_all:
        return " (all pairs)" if n_all > 1 else ""
    return f" ({', '.join(pairs)})" if len(pairs) <= 2 else f" ({len(pairs)} of {n_all} pairs)"


def _pair_name(one: Difference, *, has_prompts: bool) -> str:
    a, b = (_side_name(side, has_prompts=has_prompts) for side in (one.a, one.b))
    return a if a == b else f"{a} - {b}"


def _side_name(side: Side, *, has_prompts: bool) -> str:
    return _name(f"{side.model} · {side.prompt}" if has_prompts else side.model)


def _notes(comparison: Comparison) -> Section:
    tests = sorted({(_name(one.test), _name(one.method)) for one in comparison.differences if one.p_value is not None})
    remarks = [safe_text(note, limit=_NAME_LIMIT) for note in comparison.notes]
    remarks += [
        f"Test and interval: {test}." if test == method else f"Test: {test}. Interval: {method}."
        for test, method in tests
    ]
    if comparison.n_tests:
        remarks.append(_CORRECTIONS[comparison.correction].format(n=fmt.count(comparison.n_tests)))
    remarks.append(
        f"Each interval holds for its own comparison. Detectable: the smallest true difference that this "
        f"comparison would find with probability {fmt.percent(comparison.power)}."
    )
    remarks.append("Differences of rates are in percentage points. Everything else is in the JSON (--json).")
    return Section("Notes", remarks=tuple(remarks))


def _certainty(one: Difference) -> float:
    return 2.0 if one.p_value is None else one.p_value


def _title_of(metric: str) -> str:
    return {"over_abstention_rate": "over-abstention"}.get(metric, _name(metric).replace("_", " "))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _letter(number: int) -> str:
    """Name a tie group: a to z, then a1, b1, ...

    >>> _letter(0), _letter(25), _letter(26)
    ('a', 'z', 'a1')
    """
    return f"{chr(ord('a') + number % 26)}{number // 26 or ''}"


def _name(text: str) -> str:
    return safe_text(text, limit=_NAME_LIMIT)
