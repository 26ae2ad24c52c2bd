"""Train the classifier from the answers beside this file: `python -m evaluator.graders.classifier.train`.

It writes weights.json and the figures of CARD.md. Equal answers give equal bytes. With `--reliability` it writes
nothing and prints how far the probability of abstaining can be believed, each answer scored by a model that has not
seen its family.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec
import numpy as np

from evaluator.graders.classifier.calibration import reliability_table
from evaluator.graders.classifier.families import find_families
from evaluator.graders.classifier.features import answer_features, masked_words
from evaluator.graders.classifier.model import WEIGHTS_FILE, ReplyKind, Weights
from evaluator.graders.sentence import read_answer
from evaluator.graders.stance import read_stance
from evaluator.record import Record
from evaluator.records import AbstentionKind

HERE = Path(__file__).parent
VERSION = "2"
KINDS: tuple[ReplyKind, ...] = (*get_args(ReplyKind)[:3], *get_args(AbstentionKind))
N_ABSTAINING = len(get_args(AbstentionKind))
N_FOLDS = 10
_LEAST_QUESTIONS = 3
"""A feature seen with fewer questions is dropped: it may be about the topic."""
_STRENGTH = 0.3
"""Inverse of the ridge penalty."""
_FIGURES = "<!-- figures: written by train.py -->"


class Example(Record, frozen=True):
    """One line of a file of training answers."""

    question: str
    answer: str
    kind: ReplyKind
    family: str = ""
    """Answers with one name are variants or translations of each other."""


class Corpus(NamedTuple):
    """The training answers, read."""

    languages: list[str]
    questions: list[str]
    features: list[frozenset[str]]
    kinds: np.ndarray[Any, np.dtype[np.int64]]
    families: np.ndarray[Any, np.dtype[np.int64]]
    """Near copies have one number: they are trained on, or tested on, together."""


class Scores(NamedTuple):
    """What models that have not seen an answer's family say of it."""

    raw: np.ndarray[Any, np.dtype[np.float64]]
    """Shape (answers, kinds)."""
    temperatures: np.ndarray[Any, np.dtype[np.float64]]
    """Per answer, fitted on the answers of all other folds."""

    def probabilities(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Give the probability of each kind; shape (answers, kinds)."""
        return _softmax(self.raw / self.temperatures[:, None])

    def abstaining(
        self, corpus: Corpus
    ) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]]]:
        """Give, per answer, the probability that it abstains and whether (1 or 0) it does."""
        abstains = corpus.kinds >= len(KINDS) - N_ABSTAINING
        return self.probabilities()[:, -N_ABSTAINING:].sum(axis=1), abstains.astype(np.float64)


def read_corpus(folder: Path) -> Corpus:
    """Read the answers of all languages, one file each."""
    corpus = Corpus([], [], [], np.zeros(0, np.int64), np.zeros(0, np.int64))
    kinds, names, answers = [], [], []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            example = msgspec.json.decode(line, type=Example)
            stance = read_stance(read_answer(example.answer), example.question)
            if stance.answer.sentences:
                corpus.languages.append(path.stem)
                corpus.questions.append(example.question)
                corpus.features.append(answer_features(stance, example.question))
                kinds.append(KINDS.index(example.kind))
                names.append(example.family or example.question)
                answers.append(tuple(masked_words(stance, example.question)))
    families = find_families(corpus.languages, names, answers)
    return corpus._replace(kinds=np.array(kinds), families=np.array(families))


def fit(corpus: Corpus, rows: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[Any, Any]:
    """Fit a vectorizer and a logistic regression on some rows of the corpus."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    seen = Counter(name for row in rows for name in corpus.features[row])
    names = sorted(name for name, n in seen.items() if n >= _LEAST_QUESTIONS)
    vectorizer = CountVectorizer(analyzer=list, vocabulary=names, binary=True)
    matrix = vectorizer.transform([sorted(corpus.features[row]) for row in rows])
    model = LogisticRegression(C=_STRENGTH, max_iter=2000).fit(matrix, corpus.kinds[rows])
    return vectorizer, model


def cross_validated(corpus: Corpus) -> Scores:
    """Score every answer by a model that has not seen its family."""
    from sklearn.model_selection import GroupKFold

    raw, temperatures = np.zeros((len(corpus.kinds), len(KINDS))), np.ones(len(corpus.kinds))
    folds = list(GroupKFold(N_FOLDS).split(corpus.kinds, groups=corpus.families))
    for train, test in folds:
        vectorizer, model = fit(corpus, train)
        raw[test] = model.decision_function(vectorizer.transform([sorted(corpus.features[row]) for row in test]))
    for train, test in folds:
        temperatures[test] = fit_temperature(raw[train], corpus.kinds[train])
    return Scores(raw, temperatures)


def fit_temperature(scores: np.ndarray[Any, Any], kinds: np.ndarray[Any, Any]) -> float:
    """Find the temperature with the least log loss on cross-validated scores, on a grid of 0.02."""
    grid = np.arange(0.3, 3.0, 0.02)
    losses = [-np.log(_softmax(scores / one)[np.arange(len(kinds)), kinds]).mean() for one in grid]
    return round(float(grid[int(np.argmin(losses))]), 2)


def _softmax(scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def train(folder: Path = HERE / "answers") -> tuple[Weights, str]:
    """Train on all answers.

    Returns:
        The weights, and the cross-validated figures as Markdown.
    """
    corpus = read_corpus(folder)
    scores = cross_validated(corpus)
    temperature = fit_temperature(scores.raw, corpus.kinds)
    vectorizer, model = fit(corpus, np.arange(len(corpus.kinds)))
    columns = np.round(model.coef_.T, 3)
    names = vectorizer.get_feature_names_out()
    features = {str(name): tuple(map(float, row)) for name, row in zip(names, columns, strict=True) if row.any()}
    bias = tuple(float(value) for value in np.round(model.intercept_, 3))
    weights = Weights(version=VERSION, kinds=KINDS, bias=bias, temperature=temperature, features=features)
    given, abstains = scores.abstaining(corpus)
    return weights, f"{figures(corpus, scores)}\n\n{reliability_table(given, abstains, corpus.families)}"


def figures(corpus: Corpus, scores: Scores) -> str:
    """Describe how well answers of unseen families are read, per language."""
    given, said = scores.abstaining(corpus)
    probabilities, abstains = scores.probabilities(), said == 1
    lines = ["| language | answers | abstention found | answers taken for abstention | kind right | Brier |"]
    lines.append("|---|---|---|---|---|---|")
    languages = np.array(corpus.languages)
    for language in [*sorted(set(corpus.languages)), "all"]:
        here = languages == language if language != "all" else np.ones(len(languages), bool)
        found, false = (given[here & abstains] > 0.5).mean(), (given[here & ~abstains] > 0.5).mean()
        right = (probabilities[here].argmax(axis=1) == corpus.kinds[here]).mean()
        brier = ((given[here] - abstains[here]) ** 2).mean()
        lines.append(f"| {language} | {here.sum()} | {found:.1%} | {false:.1%} | {right:.1%} | {brier:.3f} |")
    return "\n".join(lines)


def main() -> None:
    """Write the weights and renew the figures of the card; or print the reliability table."""
    if sys.argv[1:] == ["--reliability"]:
        corpus = read_corpus(HERE / "answers")
        sys.stdout.write(reliability_table(*cross_validated(corpus).abstaining(corpus), corpus.families) + "\n")
        return
    weights, table = train()
    (HERE / WEIGHTS_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(weights, order="sorted"), indent=0))
    card = HERE / "CARD.md"
    head, _, _ = card.read_text(encoding="utf-8").partition(_FIGURES)
    card.write_text(f"{head}{_FIGURES}\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
