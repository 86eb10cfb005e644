"""Fit the topic head: scikit-learn's TF-IDF, terms scaled by contrast, a linear SVM; calibrated on held-out scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.tfidf import term_tables
from topic_stance.classifier.topics import TermModel, TopicHead, log_odds, probabilities
from topic_stance.data.records import DataError

from .contrast import contrast_scale

_LEAST_SLOPE = 0.01
"""Of a calibration: a higher score never means a lower probability."""


class TopicOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to fit the topic head."""

    c: float = 3.0
    min_df: int = 2
    ngrams: int = 1
    """Longest terms in words: 1, or 2 for pairs of words, too."""
    max_terms: int = 100_000
    folds: int = 5
    contrast: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.2
    """How much a term's scale grows with how unevenly it is spread over texts with a topic and texts without
    (`contrast_scale`); 0 leaves all terms alike."""
    authored_weight: float = 0.3
    """How much an authored article counts beside real ones; its topics are more frequent than the news's."""
    prior: Annotated[float, msgspec.Meta(gt=0, lt=1)] | None = None
    """Share of the news that is expected to carry a topic: calibration and thresholds go by it rather than by the share
    in what they are fitted on. For authored articles alone, where topics are as frequent as their authors made them."""


class TopicText(NamedTuple):
    """A text as the topic head learns from it: title and body, and their opening, the lead repeated in it."""

    whole: str
    opening: str


def fit_topics(
    texts: Sequence[TopicText],
    labels: Sequence[Sequence[str]],
    topics: tuple[str, ...],
    options: TopicOptions,
    seed: int,
    authored: Sequence[bool] | None = None,
) -> TopicHead:
    """The topic head from texts and their topics.

    authored: (n_texts,) which of them are no real news: they count less, and calibration and thresholds go by the real
    ones alone, where these are enough. Raises `DataError` for a topic that too few texts carry or lack.
    """
    wanted = np.array([[topic in given for topic in topics] for given in labels])
    _check_enough(wanted, topics, options.folds)
    terms, idf, matrix = _counted(texts, options)
    real = _real(authored, wanted, options.folds)
    weight = np.where(real, 1.0, options.authored_weight)
    held_out = held_out_scores(matrix, wanted, weight, options, seed)[real]
    models = [_separate(matrix, wanted[:, k], weight, options) for k in range(len(topics))]
    wanted = wanted[real]
    counts = np.ones(wanted.shape) if options.prior is None else _as_frequent(wanted, options.prior)
    calibration = np.array([calibrate(held_out[:, k], wanted[:, k], counts[:, k]) for k in range(len(topics))])
    probability = probabilities(held_out, calibration)
    coefficients = np.ascontiguousarray(np.array([weights for weights, _ in models]).T)
    return TopicHead(
        topics,
        terms,
        term_tables(terms),
        TermModel(idf[0], coefficients[: len(terms)]),
        TermModel(idf[1], coefficients[len(terms) :]),
        np.array([bias for _, bias in models]),
        calibration,
        np.array([best_threshold(probability[:, k], counts[:, k]) for k in range(len(topics))]),
    )


def _check_enough(wanted: NDArray[np.bool_], topics: Sequence[str], folds: int) -> None:
    for topic, column in zip(topics, wanted.T, strict=True):
        if not folds <= column.sum() <= len(column) - folds:
            raise DataError(
                f"topic {topic}: {int(column.sum())} of {len(column)} articles carry it; it needs at least "
                f"{folds} with and {folds} without: label more articles"
            )


def _counted(
    texts: Sequence[TopicText], options: TopicOptions
) -> tuple[list[str], tuple[NDArray[np.float64], NDArray[np.float64]], Any]:
    """The terms, their inverse document frequencies in whole texts and in openings, and the TF-IDF of both.

    The last is sparse, (n_texts, 2 * n_terms): whole texts on the left, openings on the right.
    """
    import scipy.sparse as sp
    from sklearn.feature_extraction.text import TfidfVectorizer

    whole = TfidfVectorizer(
        ngram_range=(1, options.ngrams), sublinear_tf=True, min_df=min(options.min_df, max(1, len(texts) // 20)),
        max_features=options.max_terms,
    )  # fmt: skip
    of_whole = whole.fit_transform([text.whole for text in texts])
    terms: list[str] = whole.get_feature_names_out().tolist()
    opening = TfidfVectorizer(ngram_range=(1, options.ngrams), sublinear_tf=True, vocabulary=terms)
    matrix = sp.hstack([of_whole, opening.fit_transform([text.opening for text in texts])]).tocsr()
    return terms, (whole.idf_.astype(np.float64), opening.idf_.astype(np.float64)), matrix


def _real(authored: Sequence[bool] | None, wanted: NDArray[np.bool_], folds: int) -> NDArray[np.bool_]:
    """Which texts are real news (n_texts,): all of them where those that are do not suffice."""
    real = ~np.array(authored, bool) if authored is not None else np.ones(len(wanted), bool)
    if (np.minimum(wanted[real].sum(0), (~wanted[real]).sum(0)) < folds).any():
        real[:] = True
    return real


def held_out_scores(
    matrix: Any, wanted: NDArray[np.bool_], weight: NDArray[np.float64], options: TopicOptions, seed: int
) -> NDArray[np.float64]:
    """Scores (n_texts, n_topics) of models that did not see the text."""
    fold = np.random.default_rng(seed).permutation(matrix.shape[0]) % options.folds
    scores = np.zeros(wanted.shape)
    for k in range(options.folds):
        for t in range(wanted.shape[1]):
            coefficients, bias = _separate(matrix[fold != k], wanted[fold != k, t], weight[fold != k], options)
            scores[fold == k, t] = matrix[fold == k] @ coefficients + bias
    return scores


def calibrate(
    scores: NDArray[np.float64], wanted: NDArray[np.bool_], weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """A row of `TopicHead.calibration`: (3,), by greatest likelihood, slopes above 0, targets smoothed as Platt does.

    weight: how much each text counts.
    """
    from scipy.optimize import minimize

    positive, negative = int(wanted.sum()), int((~wanted).sum())
    target = np.where(wanted, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(parameters: NDArray[np.float64]) -> float:
        odds = log_odds(scores[:, None], parameters[None])[:, 0]
        return float(np.average(np.logaddexp(0, odds) - target * odds, weights=weight))

    bounds = [(_LEAST_SLOPE, None), (_LEAST_SLOPE, None), (None, None)]
    found: NDArray[np.float64] = minimize(loss, np.array([1.0, 1.0, 0.0]), method="L-BFGS-B", bounds=bounds).x
    return found


def best_threshold(probability: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> float:
    """The probability threshold with the highest F1 that is to be expected of texts with these probabilities.

    That is half of this F1 (Lipton, Elkan and Naryanaswamy 2014). No label is looked at: where probabilities are right,
    this holds better on other texts than the threshold that is best on those at hand (RESULTS.md). `weight` as above.
    """
    order = np.argsort(-probability, kind="stable")
    counts = np.ones(len(order)) if weight is None else weight[order]
    right = np.cumsum(counts * probability[order])
    f1 = 2 * right / (np.cumsum(counts) + right[-1])
    return float(np.round(f1.max() / 2, 3))


def _as_frequent(wanted: NDArray[np.bool_], prior: float) -> NDArray[np.float64]:
    """What each text counts for each topic, so that a share of `prior` carries it: (n_texts, n_topics)."""
    share = wanted.mean(0)
    counts: NDArray[np.float64] = np.where(wanted, prior / share, (1 - prior) / (1 - share))
    return counts


def _separate(
    matrix: Any, wanted: NDArray[np.bool_], weight: NDArray[np.float64], options: TopicOptions
) -> tuple[NDArray[np.float64], float]:
    """Coefficients and bias of a linear SVM on terms scaled by their contrast."""
    import scipy.sparse as sp
    from sklearn.svm import LinearSVC

    scale = contrast_scale(matrix, wanted.astype(float), weight, options.contrast)
    model = LinearSVC(C=options.c, random_state=0).fit(matrix @ sp.diags(scale), wanted, weight)
    return model.coef_[0] * scale, float(model.intercept_[0])
