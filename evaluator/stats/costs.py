"""What a model's responses cost and how long they took."""

from __future__ import annotations

import math

import numpy as np

from evaluator.records import OUTCOMES, Cost, Latency
from evaluator.stats.columns import Column, Columns, Rows

_PENDING = OUTCOMES.index("pending")
_TIMED = (OUTCOMES.index("answered"), OUTCOMES.index("refused"))


def cost_of(columns: Columns, rows: Rows, *, n_correct: int) -> Cost:
    """Add up what is known to have been paid for the rows.

    Requests that are still pending cost nothing yet. `usd` is the sum of the known prices; the
    rates per 1,000 probes (each asked once) and per correct answer need every price.
    `maybe_paid_usd` is an upper bound, so one unknown amount makes it unknown.

    Args:
        columns: All responses.
        rows: The rows of one model and prompt.
        n_correct: Correct responses among them.
    """
    sent = rows[columns.taken("outcome", rows) != _PENDING]
    prices = columns.taken("cost_usd", sent)
    is_priced = ~np.isnan(prices)
    n_priced = int(is_priced.sum())
    # What attempts without an answer cost was paid for these rows, too.
    usd = math.fsum([*prices[is_priced], *columns.taken("retries_usd", sent)]) if n_priced else None
    total = usd if n_priced == len(sent) else None
    return Cost(
        usd=usd,
        usd_per_1000_probes=None if total is None else 1000 * total / len(sent),
        usd_per_correct=None if total is None or n_correct == 0 else total / n_correct,
        n_priced=n_priced,
        n_unpriced=len(sent) - n_priced,
        ambiguous_sends=int(columns.taken("ambiguous_sends", rows).sum()),
        maybe_paid_usd=_maybe_paid_usd(columns, rows),
        prompt_tokens=_known_sum(columns.taken("prompt_tokens", rows)),
        completion_tokens=_known_sum(columns.taken("completion_tokens", rows)),
        reasoning_tokens=_known_sum(columns.taken("reasoning_tokens", rows)),
    )


def latency_of(columns: Columns, rows: Rows) -> Latency:
    """Median, 95th percentile and maximum of the seconds of answered and refused requests."""
    timed = rows[np.isin(columns.taken("outcome", rows), _TIMED)]
    seconds = columns.taken("latency_s", timed)
    seconds = seconds[~np.isnan(seconds)]
    if not len(seconds):
        return Latency(n=0, median_s=None, p95_s=None, max_s=None)
    median, p95 = np.percentile(seconds, [50, 95])
    return Latency(n=len(seconds), median_s=float(median), p95_s=float(p95), max_s=float(seconds.max()))


def _maybe_paid_usd(columns: Columns, rows: Rows) -> float | None:
    ambiguous = rows[columns.taken("ambiguous_sends", rows) > 0]
    amounts = columns.taken("maybe_paid_usd", ambiguous)
    return None if np.isnan(amounts).any() else math.fsum(amounts)


def _known_sum(tokens: Column) -> int | None:
    known = tokens[~np.isnan(tokens)]
    return int(known.sum()) if len(known) else None
