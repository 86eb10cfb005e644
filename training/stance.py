"""Fit the stance head: logistic regressions over the features of every labelled (actor, topic) pair."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.stance import N_BLOCKS, RawFeatures, StanceHead, feature_table, vector
from topic_stance.data.records import STANCES, DataError, StanceLabel

from .contrast import contrast_scale
from .vectors import FeatureVectors


class StanceOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to fit the stance head."""

    c: float = 1.0
    least: int = 2
    block_scale: tuple[float, ...] = (1.5, 0.5, 1.0, 1.0)
    folds: int = 5
    found: float = 0.5
    """Weight of each actor with the quotes that the quote head finds, beside the labelled ones; 0 leaves them out."""
    passing: float = 0.3
    """Weight of stances towards topics that an article touches in passing; 0 leaves them out."""
    balance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    """How much of the imbalance between a stance and the others is weighed out: 1 gives both sides the same weight in
    all, 0 every example its own."""
    contrast: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.4
    """How much a feature's scale grows with how unevenly it is spread over the examples of a stance and the others
    (`contrast_scale`); 0 leaves all alike."""
    vectors: bool = True
    """Whether words that are said share a part of their weight by their vectors."""
    vector_scale: float = 0.7
    leanings: bool = True
    """Whether words share a part of their weight by how they lean on each topic, as readers guess."""


_LEAST_SHARE = 0.003


@dataclass(frozen=True)
class StanceExample:
    """One labelled pair: an actor's features, a topic, a stance, and the article (folds keep articles whole)."""

    raw: RawFeatures
    topic: int
    label: StanceLabel
    article: int
    weight: float = 1.0
    made: bool = False
    """Whether it was made out of another: temperatures are not fitted on it."""
    passing: bool = False
    """Whether the article touches the topic in passing: temperatures are not fitted on these either, and they have
    constants of their own, as they are neutral more often."""
    shares: tuple[float, float, float] | None = None
    """How sure the label is: shares of `STANCES`, as of several annotators. Learned from in place of the label."""


def fit_stance(
    examples: Sequence[StanceExample],
    topics: tuple[str, ...],
    options: StanceOptions,
    seed: int,
    vectors: FeatureVectors | None = None,
) -> StanceHead:
    """The stance head, its temperatures fitted on predictions of models that did not see the article.

    With vectors, a feature weighs what it has learned for itself and, for all topics and for each, the product of its
    vector with one that is learned: like features share that part. Raises `DataError` where a stance has no example.
    """
    shares = _shares(examples)
    check_every_stance([label for label, share in zip(STANCES, shares.T, strict=True) if (share > _LEAST_SHARE).any()])
    known = vectors.keys[vectors.known] if vectors is not None else np.array([], np.uint64)
    keys, idf = _vocabulary(examples, options.least, known)
    empty = StanceHead(
        topics,
        feature_table(keys),
        idf,
        np.zeros((len(keys), 1 + len(topics), 3), np.float32),
        np.zeros((len(topics), 3), np.float32),
        np.array(options.block_scale, np.float32),
        np.ones(len(topics), np.float32),
    )
    rows = [vector(example.raw, empty) for example in examples]
    constants = [example.topic + example.passing * len(topics) for example in examples]
    matrix = _crossed(rows, [example.topic for example in examples], constants, len(keys), len(topics))
    n_crossed = len(keys) * (1 + len(topics))
    projection = _projection(keys, vectors, 1 + len(topics), matrix.shape[1]) if vectors is not None else None
    if projection is not None:
        matrix = projection.of(matrix)
    labels = np.array([STANCES.index(example.label) for example in examples])
    of_example = np.array([example.weight for example in examples])
    as_found = np.array([not example.made and not example.passing for example in examples])
    topic = np.array([example.topic for example in examples])
    article = np.array([example.article for example in examples])
    held_out = _held_out_scores(matrix, n_crossed, labels, shares, of_example, article, options, seed)
    coefficients, bias = _regress(matrix, n_crossed, shares, of_example, options)
    if projection is not None:
        coefficients = projection.back(coefficients)
    weights = coefficients[:n_crossed].reshape(1 + len(topics), len(keys), 3).transpose(1, 0, 2)
    topic_bias = coefficients[n_crossed : n_crossed + len(topics)] + bias
    temperature = [
        _temperature(held_out[as_found & (topic == t)], labels[as_found & (topic == t)]) for t in range(len(topics))
    ]
    return empty._replace(
        weights=np.ascontiguousarray(weights, np.float32),
        bias=topic_bias.astype(np.float32),
        temperature=np.array(temperature, np.float32),
    )


def check_every_stance(labels: Collection[str]) -> None:
    """Raises `DataError` where one of the stances is not among the labels: it could not be told from the others."""
    missing = [label for label in STANCES if label not in labels]
    if missing:
        raise DataError(
            f"no actor whose quotes are labelled has the stance {' or '.join(missing)}; the stance head needs each of "
            f"{', '.join(STANCES)}: label more articles"
        )


def _held_out_scores(
    matrix: Any,
    n_crossed: int,
    labels: NDArray[np.int64],
    shares: NDArray[np.float64],
    of_example: NDArray[np.float64],
    article: NDArray[np.int64],
    options: StanceOptions,
    seed: int,
) -> NDArray[np.float64]:
    """Scores (n_examples, 3) of models that did not see the article; 0 where the others lack a stance."""
    fold = np.random.default_rng(seed).permutation(article.max() + 1)[article] % options.folds
    scores = np.zeros((len(labels), 3))
    for k in range(options.folds):
        seen = fold != k
        if len(np.unique(labels[seen])) == 3:
            coefficients, bias = _regress(matrix[seen], n_crossed, shares[seen], of_example[seen], options)
            scores[~seen] = matrix[~seen] @ coefficients + bias
    return scores


def _vocabulary(
    examples: Sequence[StanceExample], least: int, known: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """The features that occur often enough or are known beforehand, sorted, and their inverse document frequencies.

    An example counts what it weighs: what is made out of another does not make a word of that less rare.
    """
    own = [np.unique(example.raw.key) for example in examples]
    weights = np.array([example.weight for example in examples])
    keys, place = np.unique(np.concatenate(own), return_inverse=True)
    counts = np.bincount(place, np.repeat(weights, [len(found) for found in own]), len(keys))
    kept = counts >= least
    unseen = np.setdiff1d(known, keys)
    place = np.searchsorted(keys, unseen)
    kept = np.insert(kept | np.isin(keys, known), place, True)
    keys, counts = np.insert(keys, place, unseen), np.insert(counts, place, 0)
    keys, counts = keys[kept], counts[kept]
    idf = np.log((1 + weights.sum()) / (1 + counts)) + 1
    return keys, idf.astype(np.float32)


def _crossed(
    rows: Sequence[tuple[NDArray[np.int32], NDArray[np.float32]]],
    topics: Sequence[int],
    constants: Sequence[int],
    n: int,
    m: int,
) -> Any:
    """A sparse matrix (n_examples, n * (m + 1) + 2 * m): shared features, each topic's own copy, constants."""
    import scipy.sparse as sp

    indices, values, bounds = [], [], [0]
    for (place, value), topic, constant in zip(rows, topics, constants, strict=True):
        indices += [place, place + n * (topic + 1), np.array([n * (m + 1) + constant])]
        values += [value, value, np.ones(1, np.float32)]
        bounds.append(bounds[-1] + 2 * len(place) + 1)
    shape = (len(rows), n * (m + 1) + 2 * m)
    return sp.csr_matrix((np.concatenate(values).astype(np.float64), np.concatenate(indices), bounds), shape=shape)


def _shares(examples: Sequence[StanceExample]) -> NDArray[np.float64]:
    """Shares of the labels: (n_examples, 3), one and zeros where an example has its label alone."""
    of_label = np.eye(3)
    shares = [example.shares or of_label[STANCES.index(example.label)] for example in examples]
    return np.array(shares).reshape(len(examples), len(STANCES))


class _Projection(NamedTuple):
    """Features take part by their vectors.

    rows: (n_keys, d), the vectors of the features that have one, zeros elsewhere; n_copies: how often the features
    stand in a matrix, shared and for each topic; width: its columns.
    """

    rows: Any
    n_copies: int
    width: int

    def of(self, matrix: Any) -> Any:
        """The matrix and, as more columns, the sums of vectors in its shared features and in each topic's own."""
        import scipy.sparse as sp

        n = self.rows.shape[0]
        sums = [matrix[:, k * n : (k + 1) * n] @ self.rows for k in range(self.n_copies)]
        return sp.hstack([matrix, *sums]).tocsr()

    def back(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weight of every feature from those of all columns."""
        n, d = self.rows.shape
        found = coefficients[: self.width].copy()
        for k in range(self.n_copies):
            found[k * n : (k + 1) * n] += self.rows @ coefficients[self.width + k * d : self.width + (k + 1) * d]
        return found


def _projection(keys: NDArray[np.uint64], vectors: FeatureVectors, n_copies: int, width: int) -> _Projection:
    import scipy.sparse as sp

    rows = np.zeros((len(keys), vectors.rows.shape[1]))
    _, place, of_vector = np.intersect1d(keys, vectors.keys, assume_unique=True, return_indices=True)
    rows[place] = vectors.rows[of_vector]
    return _Projection(sp.csr_matrix(rows), n_copies, width)


def _regress(
    matrix: Any,
    n_crossed: int,
    shares: NDArray[np.float64],
    weights: NDArray[np.float64],
    options: StanceOptions,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients (n_columns, 3) and intercepts (3,) of each stance against the others.

    One binary model a stance is as good here as a multinomial one and ten times as fast to fit. The first
    `n_crossed` columns, the features, are scaled by their contrast.
    """
    import scipy.sparse as sp

    features = matrix[:, :n_crossed]
    coefficients, bias = np.empty((matrix.shape[1], 3)), np.empty(3)
    for y in range(3):
        scale = np.ones(matrix.shape[1])
        scale[:n_crossed] = contrast_scale(features, shares[:, y], weights, options.contrast)
        scaled = (matrix @ sp.diags(scale)).tocsr()
        model = _against_others(scaled, shares[:, y], weights, options)
        coefficients[:, y], bias[y] = model.coef_[0] * scale, model.intercept_[0]
    return coefficients, bias


def _against_others(
    matrix: Any, share: NDArray[np.float64], of_example: NDArray[np.float64], options: StanceOptions
) -> Any:
    """Every example once for each side that it may be on, the sides weighed against each other by `balance`."""
    from sklearn.linear_model import LogisticRegression

    both = np.stack((1 - share, share), 1) * of_example[:, None]
    rows, side = np.nonzero(both > _LEAST_SHARE * of_example[:, None])
    balance = (both.sum() / 2 / np.maximum(both.sum(0), _LEAST_SHARE)) ** options.balance
    model = LogisticRegression(C=options.c, solver="liblinear", tol=1e-2, max_iter=100)
    return model.fit(matrix[rows], side, sample_weight=both[rows, side] * balance[side])


def _temperature(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The factor on the scores that makes held-out labels most likely (Guo et al. 2017), among a fine grid."""
    if len(labels) == 0:
        return 1.0
    best, least = 1.0, np.inf
    for factor in np.geomspace(0.3, 3.0, 47):
        scaled = scores * factor
        scaled = scaled - scaled.max(1, keepdims=True)
        loss = float((np.log(np.exp(scaled).sum(1)) - scaled[np.arange(len(labels)), labels]).mean())
        if loss < least:
            best, least = float(factor), loss
    return best


assert len(StanceOptions().block_scale) == N_BLOCKS
