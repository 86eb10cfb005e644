"""Learn the tagger (`classifier/tagger.py`) from spaCy's tags and parses of articles, spaCy being needed only here.

python -m topic_stance.training.tagger ARTICLES.jsonl.gz -o data/lexicons/tagger.safetensors
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays

from topic_stance.classifier.chain import LANES
from topic_stance.classifier.tagger import WORDS, Tagger

WIDTH = WORDS * LANES


def read_tagger() -> Tagger:
    """The project's own tagger."""
    source = resources.files("topic_stance.data").joinpath("lexicons/tagger.safetensors")
    arrays = load_arrays(source.read_bytes())
    return Tagger(arrays["tag"], arrays["relation"])


def fit_rows(
    features: NDArray[np.uint32],
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    groups: tuple[int, int],
    n_buckets: int,
    *,
    epochs: int = 5,
    rate: float = 0.1,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Weights (n_buckets, `WIDTH`) of two softmax regressions over the same features, by AdaGrad.

    features: (n_tokens, n_features); first, second: (n_tokens,) labels; groups: how many labels each has.
    """
    weights = np.zeros((n_buckets, WIDTH), np.float32)
    squares = np.full((n_buckets, WIDTH), 1e-2, np.float32)
    averaged = np.zeros_like(weights)
    rng = np.random.default_rng(seed)
    for epoch in range(epochs):
        order = rng.permutation(len(features))
        _epoch(features, first, second, groups[0], groups[1], order, weights, squares, rate)
        if epoch >= epochs // 2:
            averaged += weights / np.float32(epochs - epochs // 2)
    return averaged


@njit(cache=True)
def _epoch(
    features: Any,
    first: Any,
    second: Any,
    n_first: int,
    n_second: int,
    order: Any,
    weights: Any,
    squares: Any,
    rate: float,
) -> None:
    width = features.shape[1]
    total = n_first + n_second
    score = np.empty(WIDTH, np.float32)
    for i in order:
        score[:] = 0
        for k in range(width):
            row = weights[features[i, k]]
            for y in range(WIDTH):
                score[y] += row[y]
        for lo, hi in ((0, n_first), (n_first, total)):
            top = score[lo:hi].max()
            norm = np.float32(0)
            for y in range(lo, hi):
                score[y] = np.exp(score[y] - top)
                norm += score[y]
            for y in range(lo, hi):
                score[y] = -score[y] / norm
        score[first[i]] += 1
        score[n_first + second[i]] += 1
        for y in range(total, WIDTH):
            score[y] = 0
        for y in range(total):
            if abs(score[y]) < 1e-3:
                score[y] = 0
        for k in range(width):
            b = features[i, k]
            for y in range(WIDTH):
                g = score[y]
                squares[b, y] += g * g
                weights[b, y] += rate * g / np.sqrt(squares[b, y])
