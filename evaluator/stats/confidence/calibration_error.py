"""Does a confidence of 0.8 mean correct 8 times in 10? Calibration errors, and how large chance makes them."""

from __future__ import annotations

import math

import numpy as np

from evaluator.stats.clusters import Floats
from evaluator.stats.confidence.inputs import check_pairs
from evaluator.stats.estimates import Ints
from evaluator.stats.intervals import Interval

MOST_BINS = 15
_GRID = 4096
_NARROWEST = 0.001
_STEPS = 24


def smooth_ece(confidence: Floats, correct: Floats) -> float:
    """Smooth expected calibration error: no bins to choose, and continuous in its input.

    The residuals y - f are smoothed over the confidence axis by a Gaussian reflected at 0 and 1, and
    their absolute value is integrated; the width of the Gaussian is the error itself.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).

    Returns:
        In [0, 1]; 0 is calibrated. Chance alone makes it positive: see `chance_smooth_ece`.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Błasiok & Nakkiran (2023), arXiv:2309.12236, definition 2.

    >>> round(smooth_ece(np.array([0.9, 0.9, 0.9, 0.9]), np.array([1.0, 1, 0, 0])), 3)
    0.4
    """
    check_pairs(confidence, correct)
    return _smooth_error(_spectrum(confidence, correct - confidence, len(confidence)))


def smooth_ece_at(confidence: Floats, correct: Floats, width: float) -> float:
    """The smooth calibration error for one width of the Gaussian.

    Raises:
        ValueError: If the arguments do not fit or width < 0.001.
    """
    check_pairs(confidence, correct)
    if not width >= _NARROWEST:
        msg = f"need a width >= {_NARROWEST}, got {width}"
        raise ValueError(msg)
    return _smoothed(_spectrum(confidence, correct - confidence, len(confidence)), width)


def chance_smooth_ece(
    confidence: Floats, *, level: float = 0.95, seed: int = 0, n_replicates: int = 1000
) -> tuple[float, float]:
    """What the smooth calibration error would be if the confidence were perfectly calibrated.

    Args:
        confidence: In [0, 1], shape (n,); its order does not matter.
        level: Quantile of the upper limit, in (0, 1).
        seed: Of the draw.
        n_replicates: How often correctness is drawn from the confidence itself.

    Returns:
        (mean, quantile): an observed error below the quantile is what chance gives.

    Source:
        Bröcker & Smith (2007), Weather and Forecasting 22(3):651-661, consistency resampling.
    """
    check_pairs(confidence, np.zeros_like(confidence))
    random = np.random.default_rng(seed)
    levels, n = np.unique(confidence, return_counts=True)
    drawn = []
    for _ in range(n_replicates):
        residuals = random.binomial(n, levels) - n * levels
        drawn.append(_smooth_error(_spectrum(levels, residuals, len(confidence))))
    return float(np.mean(drawn)), float(np.quantile(drawn, level))


def smooth_ece_interval(
    confidence: Floats, correct: Floats, clusters: Ints, *, level: float = 0.95, n_replicates: int = 1000
) -> Interval | None:
    """Percentile bootstrap over clusters of the smooth calibration error, from a fixed seed.

    Under perfect calibration it lies above 0 as the error itself does: compare both with
    `chance_smooth_ece`.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).
        clusters: Code per answer, >= 0, shape (n,).
        level: Target coverage, in (0, 1).
        n_replicates: How often clusters are drawn anew.

    Returns:
        (low, high) that holds the error itself; None with fewer than two clusters.

    Source:
        Błasiok & Nakkiran (2023), arXiv:2309.12236, section 5; Efron (1979) for the bootstrap.
    """
    check_pairs(confidence, correct)
    # One canonical order: the draw must not depend on the order of the rows.
    order = np.lexsort((correct, confidence, clusters))
    confidence, residuals = confidence[order], (correct - confidence)[order]
    _, code = np.unique(clusters[order], return_inverse=True)
    n_clusters = int(code[-1]) + 1
    if n_clusters < 2:
        return None
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(n_replicates):
        weights = np.bincount(random.integers(0, n_clusters, n_clusters), minlength=n_clusters)[code]
        drawn.append(_smooth_error(_spectrum(confidence, residuals * weights, int(weights.sum()))))
    found = smooth_ece(confidence, residuals + confidence)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return min(low, found), max(high, found)


def equal_mass_bins(confidence: Floats, n_bins: int) -> Ints:
    """Number of the bin of each answer: bins of nearly equal size that never part equal confidences.

    Args:
        confidence: Shape (n,).
        n_bins: Bins wanted, >= 1; ties may leave fewer.

    Returns:
        Codes, ascending with confidence, shape (n,); some numbers may be unused.

    >>> equal_mass_bins(np.array([0.1, 0.9, 0.9, 0.9]), 2).tolist()
    [0, 1, 1, 1]
    """
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(n_bins, len(order)))
    by_rank = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    _, first, code, n = np.unique(confidence[order], return_index=True, return_inverse=True, return_counts=True)
    # Equal confidences go where the middle one of them stands.
    bins = np.empty(len(confidence), dtype=np.int64)
    bins[order] = by_rank[first + (n - 1) // 2][code]
    return bins


def binned_ece(confidence: Floats, correct: Floats, *, n_bins: int | None = None) -> tuple[float, float]:
    """Root mean square calibration error over bins of equal mass, debiased and as it stands.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).
        n_bins: None for min(15, sqrt(n)).

    Returns:
        (debiased, plug-in), both in [0, 1]. The plug-in is too large even when calibration is
        perfect; never show it alone.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Kumar, Liang & Ma (2019), arXiv:1909.10155, section 5.
    """
    check_pairs(confidence, correct)
    wanted = min(MOST_BINS, math.isqrt(len(confidence))) if n_bins is None else n_bins
    code = equal_mass_bins(confidence, max(1, wanted))
    n = np.bincount(code).astype(np.float64)
    is_used = n > 0
    hits, stated = np.bincount(code, weights=correct), np.bincount(code, weights=confidence)
    n, hits, stated = n[is_used], hits[is_used], stated[is_used]
    accuracy = hits / n
    squares = (accuracy - stated / n) ** 2
    # One answer in a bin says nothing about its own noise, so nothing about calibration either.
    noise = np.where(n > 1, accuracy * (1 - accuracy) / np.maximum(n - 1, 1), squares)
    shares = n / n.sum()
    return math.sqrt(max(0.0, float((shares * (squares - noise)).sum()))), math.sqrt(float((shares * squares).sum()))


def equal_width_errors(confidence: Floats, correct: Floats, *, n_bins: int = 15) -> tuple[float, float, float]:
    """The calibration errors of older papers, over bins of equal width: to compare with them, not to trust.

    Args:
        confidence: In [0, 1], shape (n,).
        correct: 0 or 1, shape (n,).
        n_bins: Bins of [0, 1], closed on the right.

    Returns:
        (mean, root mean square, largest) absolute difference of accuracy and mean confidence.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Naeini, Cooper & Hauskrecht (2015), AAAI; as in torchmetrics binary_calibration_error.

    >>> found = equal_width_errors(np.array([0.25, 0.25, 0.55, 0.75, 0.75]), np.array([0.0, 0, 1, 1, 1]), n_bins=2)
    >>> [round(error, 4) for error in found]
    [0.29, 0.2918, 0.3167]
    """
    check_pairs(confidence, correct)
    code = np.clip(np.ceil(confidence * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    n = np.bincount(code, minlength=n_bins).astype(np.float64)
    used = n > 0
    hits, stated = (np.bincount(code, weights=part, minlength=n_bins)[used] / n[used] for part in (correct, confidence))
    gaps, shares = np.abs(hits - stated), n[used] / n.sum()
    return float((shares * gaps).sum()), math.sqrt(float((shares * gaps**2).sum())), float(gaps.max())


def spiegelhalter_z(confidence: Floats, correct: Floats) -> float | None:
    """Spiegelhalter's z: approximately standard normal when the confidence is calibrated.

    Returns:
        Σ(y - f)(1 - 2f) / sqrt(Σ(1 - 2f)²·f·(1 - f)); None when every confidence is 0, 1/2 or 1,
        where it says nothing.

    Raises:
        ValueError: If the arguments do not fit.

    Source:
        Spiegelhalter (1986), Statistics in Medicine 5(5):421-433.

    >>> round(spiegelhalter_z(np.array([0.9, 0.8, 0.3]), np.array([0.0, 1, 1])), 4)
    2.2813
    """
    check_pairs(confidence, correct)
    lean = 1 - 2 * confidence
    variance = float((lean**2 * confidence * (1 - confidence)).sum())
    return float(((correct - confidence) * lean).sum()) / math.sqrt(variance) if variance > 0 else None


def _spectrum(confidence: Floats, residuals: Floats, n: int) -> Floats:
    """Cosine transform of the sum of residuals by confidence over n: what is reflected at 0 and 1 has no sines."""
    from scipy.fft import dct

    place = np.clip(confidence * _GRID - 0.5, 0, _GRID - 1)
    left = np.minimum(place.astype(np.int64), _GRID - 2)
    share = place - left
    mass = np.bincount(left, weights=residuals * (1 - share), minlength=_GRID)
    mass += np.bincount(left + 1, weights=residuals * share, minlength=_GRID)
    found: Floats = dct(mass / n, type=2, norm="ortho")
    return found


def _smoothed(spectrum: Floats, width: float) -> float:
    from scipy.fft import idct

    fading = np.exp(-((np.pi * np.arange(_GRID) * width) ** 2) / 2)
    return min(1.0, float(np.abs(idct(spectrum * fading, type=2, norm="ortho")).sum()))


def _smooth_error(spectrum: Floats) -> float:
    """Bisect for the width that equals the error at that width; the error falls as the width grows."""
    low, high = _NARROWEST, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle < _smoothed(spectrum, middle):
            low = middle
        else:
            high = middle
    return _smoothed(spectrum, high)
