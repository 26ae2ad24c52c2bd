"""Whether the wording of a question gives away that it has no answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from evaluator.probeset.groups import groups_of
from evaluator.probeset.wording import tokens_of
from evaluator.records import Probe
from evaluator.set_records import LeakResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_PER_CLASS = 30
MIN_GROUPS_PER_CLASS = 10
N_FOLDS = 5


def leak_auroc(probes: Sequence[Probe], *, level: float = 0.95, seed: int = 0) -> LeakResult:
    """Cross-validated AUROC of a bag-of-words classifier of answerability.

    Logistic regression on words and word pairs of the question, five folds; twins and clusters are
    never on both sides of a fold, and each counts once in the interval.

    Args:
        probes: Any probes.
        level: Target coverage, in (0, 1).
        seed: Shuffles the folds.

    Returns:
        auroc in [0, 1] with low <= auroc <= high; all None with fewer than 30 probes of a class,
        or fewer than 10 independent groups that hold it.

    Assumes:
        Folds that share training data count as independent. For wording that carries no signal that
        makes the interval narrow: over 60 simulated sets of 160 probes it covered 0.5 in 82% of
        cases, and its lower bound never exceeded 0.65.

    Source:
        Interval from the influence curve: LeDell, Petersen and van der Laan (2015), EJS
        9(1):1583-1607, doi:10.1214/15-EJS1035; summed within clusters: Obuchowski (1997),
        Biometrics 53(2):567-578, doi:10.2307/2533958. Without clusters this is DeLong's variance
        up to its small-sample factor.

    >>> leak_auroc([]).auroc is None
    True
    """
    groups = groups_of(probes)
    classes = Counter(not probe.is_answerable for probe in probes)
    spread = Counter(
        is_positive for is_positive, _ in {(not p.is_answerable, g) for p, g in zip(probes, groups, strict=True)}
    )
    auroc = low = high = None
    if min(classes[True], classes[False]) >= MIN_PER_CLASS and min(spread[True], spread[False]) >= MIN_GROUPS_PER_CLASS:
        scores = _held_out_scores(probes, groups, seed)
        auroc, low, high = auroc_interval(scores, [not probe.is_answerable for probe in probes], groups, level=level)
    return LeakResult(
        auroc=auroc,
        low=low,
        high=high,
        level=level,
        n_answerable=classes[False],
        n_unanswerable=classes[True],
        n_groups=len(set(groups)),
    )


def auroc_interval(
    scores: Sequence[float], is_positive: Sequence[bool], groups: Sequence[str], *, level: float = 0.95
) -> tuple[float, float, float]:
    """AUROC of `scores` with a cluster-robust Wald interval.

    Args:
        scores: One per item; higher means more likely positive.
        is_positive: One per item, both values present.
        groups: One name per item; items with the same name are not independent.
        level: Target coverage, in (0, 1).

    Returns:
        (auroc, low, high), all in [0, 1]. Ties count one half.

    Raises:
        ValueError: If a class is missing or there are fewer than two groups.

    Source:
        DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44(3):837-845, doi:10.2307/2531595,
        structural components; clusters as in Obuchowski (1997), doi:10.2307/2533958.

    >>> auroc_interval([0.1, 0.4, 0.35, 0.8], [False, False, True, True], ["a", "b", "c", "d"])[0]
    0.75
    """
    import numpy as np

    score = np.asarray(scores, dtype=np.float64)
    positive = np.asarray(is_positive, dtype=np.bool_)
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if not positive.any() or positive.all() or len(names) < 2:
        raise ValueError(f"need both classes and two groups, got {positive.sum()} of {len(positive)} positive")
    placement = np.empty(len(score))
    placement[positive] = _share_below(score[positive], score[~positive])
    placement[~positive] = 1 - _share_below(score[~positive], score[positive])
    auroc = float(placement[positive].mean())
    influence = (placement - auroc) / np.where(positive, positive.sum(), (~positive).sum())
    per_group = np.bincount(group, weights=influence)
    variance = float(np.square(per_group).sum()) * len(names) / (len(names) - 1)
    half_width = NormalDist().inv_cdf((1 + level) / 2) * variance**0.5
    return auroc, max(0.0, auroc - half_width), min(1.0, auroc + half_width)


def _share_below(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of `others` below each value, ties counting one half."""
    import numpy as np

    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, side="left") + np.searchsorted(ordered, values, side="right")
    return below / (2 * len(ordered))


def _held_out_scores(probes: Sequence[Probe], groups: Sequence[str], seed: int) -> Sequence[float]:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    # Built once over all questions: a word that a training fold lacks gets weight zero either way.
    words = CountVectorizer(tokenizer=_words, token_pattern=None, lowercase=False, ngram_range=(1, 2), binary=True)
    counts = words.fit_transform([probe.question for probe in probes])
    labels = [int(not probe.is_answerable) for probe in probes]
    model = LogisticRegression(solver="liblinear", max_iter=1_000)
    folds = StratifiedGroupKFold(n_splits=N_FOLDS, shuffle=True, random_state=seed)
    scores = cross_val_predict(model, counts, labels, groups=groups, cv=folds, method="decision_function")
    return [float(score) for score in scores]


def _words(question: str) -> list[str]:
    # The empty first word makes the opening of a question a word pair of its own.
    return ["", *tokens_of(question)]
