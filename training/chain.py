"""Fit a linear chain (`classifier/chain.py`): maximum likelihood by AdaGrad (Duchi et al. 2011), a sequence a step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.jit import compiled, inner, maker


def fit_chain(
    features: NDArray[np.uint32],
    labels: NDArray[np.uint8],
    bounds: NDArray[np.int64],
    n_buckets: int,
    transitions: NDArray[np.float32],
    start: NDArray[np.float32],
    *,
    epochs: int = 8,
    rate: float = 0.1,
    l2: float = 1e-6,
    seed: int = 0,
    dropout: float = 0.0,
    sample_weight: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (n_buckets, n_labels) and transitions (n_labels, n_labels) of a chain.

    features: (n_tokens, n_features) of all sequences one after another; labels: (n_tokens,);
    bounds: (n_sequences + 1,) token offsets. `transitions` and `start` hold 0 where allowed, `FORBIDDEN` elsewhere.
    In training each feature of each token is left out with the chance `dropout` (after Hinton et al. 2012).
    The weights are averaged over the ends of the later half of the epochs (Polyak and Juditsky 1992).
    The same data and seed give the same weights.
    """
    n_labels = len(start)
    weights = np.zeros((n_buckets, n_labels), np.float32)
    squares = np.full((n_buckets, n_labels), 1e-3, np.float32)
    step = transitions.astype(np.float32).copy()
    step_squares = np.full((n_labels, n_labels), 1e-3, np.float32)
    rng = np.random.default_rng(seed)
    importance = np.ones(len(bounds) - 1, np.float32) if sample_weight is None else sample_weight
    averaged, averaged_step = np.zeros_like(weights), np.zeros_like(step)
    n_averaged = epochs - epochs // 2
    for epoch in range(epochs):
        order = rng.permutation(len(bounds) - 1)
        _epoch(
            features, labels, bounds, order, weights, squares, step, step_squares, start,
            rate, l2, importance, dropout, seed * 1000 + epoch,
        )  # fmt: skip
        if epoch >= epochs // 2:
            averaged += weights / np.float32(n_averaged)
            averaged_step += step / np.float32(n_averaged)
    return averaged, averaged_step


@compiled
def _epoch(
    features: Any,
    labels: Any,
    bounds: Any,
    order: Any,
    weights: Any,
    squares: Any,
    step: Any,
    step_squares: Any,
    start: Any,
    rate: float,
    l2: float,
    importance: Any,
    dropout: float,
    seed: int,
) -> None:
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
    for s in order:
        lo, hi = bounds[s], bounds[s + 1]
        if lo == hi:
            continue
        rows, wanted = features[lo:hi], labels[lo:hi]
        local, kept, state = _scores_with_dropout(rows, weights, dropout, state)
        move = np.exp(step.astype(np.float64))
        alpha, beta = _forward_backward(local, move, start)
        _step_transitions(wanted, local, move, alpha, beta, step, step_squares, rate, importance[s])
        _step_weights(rows, wanted, kept, alpha, beta, weights, squares, rate, l2, importance[s])


@maker
def _scores_with_dropout(features: Any, weights: Any, dropout: float, state: Any) -> Any:
    """Factors of each token's labels (n, n_labels), which features were kept (n, width), and the generator's state."""
    n, width = features.shape
    n_labels = weights.shape[1]
    kept_scale = np.float32(1.0 / (1.0 - dropout))
    limit = np.uint64(dropout * 4294967296.0)
    local = np.zeros((n, n_labels))
    kept = np.ones((n, width), np.bool_)
    for i in range(n):
        for k in range(width):
            if dropout > 0.0:
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                if state >> np.uint64(32) < limit:
                    kept[i, k] = False
                    continue
            row = features[i, k]
            for y in range(n_labels):
                local[i, y] += weights[row, y] * kept_scale
        top = local[i].max()
        for y in range(n_labels):
            local[i, y] = np.exp(local[i, y] - top)
    return local, kept, state


@maker
def _forward_backward(local: Any, move: Any, start: Any) -> Any:
    """The forward and the backward variables (n, n_labels), each token's scaled to a sum of 1."""
    n, n_labels = local.shape
    alpha = np.zeros((n, n_labels))
    beta = np.ones((n, n_labels))
    for i in range(n):
        total = 0.0
        for y in range(n_labels):
            value = 0.0
            if i == 0:
                value = np.exp(np.float64(start[y]))
            else:
                for x in range(n_labels):
                    value += alpha[i - 1, x] * move[x, y]
            alpha[i, y] = value * local[i, y]
            total += alpha[i, y]
        for y in range(n_labels):
            alpha[i, y] /= total
    for i in range(n - 2, -1, -1):
        total = 0.0
        for x in range(n_labels):
            value = 0.0
            for y in range(n_labels):
                value += move[x, y] * local[i + 1, y] * beta[i + 1, y]
            beta[i, x] = value
            total += value
        for x in range(n_labels):
            beta[i, x] /= total
    return alpha, beta


@maker
def _step_transitions(
    labels: Any,
    local: Any,
    move: Any,
    alpha: Any,
    beta: Any,
    step: Any,
    step_squares: Any,
    rate: float,
    importance: Any,
) -> None:
    n, n_labels = local.shape
    gradient = np.zeros((n_labels, n_labels))
    for i in range(1, n):
        total = 0.0
        for x in range(n_labels):
            for y in range(n_labels):
                total += alpha[i - 1, x] * move[x, y] * local[i, y] * beta[i, y]
        for x in range(n_labels):
            for y in range(n_labels):
                gradient[x, y] -= alpha[i - 1, x] * move[x, y] * local[i, y] * beta[i, y] / total
        gradient[labels[i - 1], labels[i]] += 1.0
    for x in range(n_labels):
        for y in range(n_labels):
            if step[x, y] > -1000.0:  # below is only `FORBIDDEN`, which is not learned away
                g = gradient[x, y] * importance
                step_squares[x, y] += g * g
                step[x, y] += rate * g / np.sqrt(step_squares[x, y])


@inner
def _step_weights(
    features: Any,
    labels: Any,
    kept: Any,
    alpha: Any,
    beta: Any,
    weights: Any,
    squares: Any,
    rate: float,
    l2: float,
    importance: Any,
) -> None:
    n, width = features.shape
    n_labels = weights.shape[1]
    for i in range(n):
        total = 0.0
        for y in range(n_labels):
            total += alpha[i, y] * beta[i, y]
        for y in range(n_labels):
            g = -alpha[i, y] * beta[i, y] / total
            if labels[i] == y:
                g += 1.0
            g *= importance
            if abs(g) < 1e-4:
                continue
            for k in range(width):
                if not kept[i, k]:
                    continue
                row = features[i, k]
                d = g - l2 * weights[row, y]
                squares[row, y] += d * d
                weights[row, y] += rate * d / np.sqrt(squares[row, y])
