"""A rate with the share of it removed that comes from invalid probes, by an audited random sample."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.stats.intervals import Interval, wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What people found in a random sample of the probes."""

    n_audited: int
    n_invalid: int
    """Probes with a wrong target, an answer where none was meant to be, or no clear meaning."""

    def share(self, level: float = 0.95) -> tuple[float, Interval]:
        """r = v/m with its Wilson interval.

        Raises:
            ValueError: If nothing was audited or more was invalid than audited.
        """
        interval = wilson_interval(self.n_invalid, self.n_audited, level=level)
        return self.n_invalid / self.n_audited, interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityBounds:
    """The rate on valid probes."""

    value: float | None
    """None where the rate on invalid probes is not known: then only the bounds are."""
    low: float
    high: float


def valid_rate(rate: float, invalid_share: float, rate_on_invalid: float) -> float:
    """H_valid = (H - r·H_inv) / (1 - r), clipped to [0, 1].

    Args:
        rate: H over all probes, in [0, 1].
        invalid_share: r, in [0, 1).
        rate_on_invalid: H_inv, in [0, 1].

    Raises:
        ValueError: If an argument is out of range.

    Source:
        The law of total probability over valid and invalid probes.

    >>> round(valid_rate(0.3, 0.1, 0.9), 6)
    0.233333
    """
    if not (0 <= rate <= 1 and 0 <= invalid_share < 1 and 0 <= rate_on_invalid <= 1):
        msg = f"need rates in [0, 1] and an invalid share in [0, 1), got {rate}, {rate_on_invalid}, {invalid_share}"
        raise ValueError(msg)
    return min(max((rate - invalid_share * rate_on_invalid) / (1 - invalid_share), 0.0), 1.0)


def valid_rate_bounds(rate: float, invalid_share: float) -> Interval:
    """[(H - r)/(1 - r), H/(1 - r)], clipped: all that is known when the rate on invalid probes is not.

    Source:
        Horowitz & Manski (1995), Econometrica 63(2):281-302, for contaminated samples.

    >>> low, high = valid_rate_bounds(0.3, 0.1)
    >>> round(low, 4), round(high, 4)
    (0.2222, 0.3333)
    """
    return valid_rate(rate, invalid_share, 1.0), valid_rate(rate, invalid_share, 0.0)


def corrected_for_invalid_probes(
    rate: float, interval: Interval, audit: Audit, *, rate_on_invalid: float | None = None, level: float = 0.95
) -> ValidityBounds:
    """The rate on valid probes, with limits that hold for every share of invalid probes the audit allows.

    The limits take the ends of both intervals together, so they are wider than the level needs.

    Args:
        rate: H over all probes, in [0, 1].
        interval: Of the rate.
        audit: Of a simple random sample of the same probes.
        rate_on_invalid: Of the audited invalid probes; None when nobody looked.
        level: Target coverage of the audit's interval, in (0, 1).

    Raises:
        ValueError: If the audit found only invalid probes, or an argument is out of range.
    """
    share, shares = audit.share(level)
    unknown = (0.0, 1.0) if rate_on_invalid is None else (rate_on_invalid, rate_on_invalid)
    corners = [valid_rate(end, r, on_invalid) for end in interval for r in (*shares, share) for on_invalid in unknown]
    value = None if rate_on_invalid is None else valid_rate(rate, share, rate_on_invalid)
    return ValidityBounds(value=value, low=min(corners), high=max(corners))
