"""Linear-chain models over hashed token features: emission scores, Viterbi decoding, marginals.

A conditional random field (Lafferty et al. 2001) with up to `WIDTH` labels: emission weights in a hashed table
``weights: (n_buckets, WIDTH) float32``, zero beyond the labels, and ``transitions: (n_labels, n_labels) float32``.
Features are rows of bucket numbers, ``features: (n_tokens, n_features) uint32``, the same for every label.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

WIDTH = 8
"""Floats in a row of weights: half a cache line, and one vector register."""


def padded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights (n_buckets, n_labels) with zero columns up to `WIDTH`."""
    wide = np.zeros((len(weights), WIDTH), np.float32)
    wide[:, : weights.shape[1]] = weights
    return wide


@njit(cache=True, nogil=True)
def emissions(features, weights):  # type: ignore[no-untyped-def]
    """Sum of the weights of each token's features: (n_tokens, WIDTH) float32."""
    n, width = features.shape
    scores = np.zeros((n, WIDTH), np.float32)
    for i in range(n):
        score = scores[i]
        for k in range(width):
            row = weights[features[i, k]]
            for y in range(WIDTH):
                score[y] += row[y]
    return scores


@njit(cache=True, nogil=True)
def viterbi(scores, transitions, allowed_start):  # type: ignore[no-untyped-def]
    """The best label sequence: (n_tokens,) uint8. `allowed_start`: (n_labels,) scores of beginning with a label."""
    n, n_labels = len(scores), len(transitions)
    path = np.zeros(n, np.uint8)
    if n == 0:
        return path
    back = np.empty((n, n_labels), np.uint8)
    best = np.empty(n_labels, np.float32)
    following = np.empty(n_labels, np.float32)
    for y in range(n_labels):
        best[y] = scores[0, y] + allowed_start[y]
    for i in range(1, n):
        for y in range(n_labels):
            top = best[0] + transitions[0, y]
            argument = 0
            for x in range(1, n_labels):
                value = best[x] + transitions[x, y]
                if value > top:
                    top = value
                    argument = x
            following[y] = top + scores[i, y]
            back[i, y] = argument
        shift = following[0]
        for y in range(n_labels):
            best[y] = following[y] - shift  # keeps a long text within float32's precision
    last = 0
    for y in range(1, n_labels):
        if best[y] > best[last]:
            last = y
    for i in range(n - 1, -1, -1):
        path[i] = last
        last = back[i, last]
    return path


@njit(cache=True, nogil=True)
def marginals(scores, transitions, allowed_start):  # type: ignore[no-untyped-def]
    """Posterior of each label at each token by the scaled forward-backward algorithm: (n_tokens, n_labels) float64."""
    n, n_labels = len(scores), len(transitions)
    alpha = np.zeros((n, n_labels))
    beta = np.ones((n, n_labels))
    local = np.empty((n, n_labels))
    step = np.exp(transitions.astype(np.float64))
    for i in range(n):
        top = scores[i, :n_labels].max()
        for y in range(n_labels):
            local[i, y] = np.exp(np.float64(scores[i, y] - top))
    for i in range(n):
        total = 0.0
        for y in range(n_labels):
            if i == 0:
                value = np.exp(np.float64(allowed_start[y]))
            else:
                value = 0.0
                for x in range(n_labels):
                    value += alpha[i - 1, x] * step[x, y]
            alpha[i, y] = value * local[i, y]
            total += alpha[i, y]
        for y in range(n_labels):
            alpha[i, y] /= total
    for i in range(n - 2, -1, -1):
        total = 0.0
        for x in range(n_labels):
            value = 0.0
            for y in range(n_labels):
                value += step[x, y] * local[i + 1, y] * beta[i + 1, y]
            beta[i, x] = value
            total += value
        for x in range(n_labels):
            beta[i, x] /= total
    for i in range(n):
        total = 0.0
        for y in range(n_labels):
            alpha[i, y] *= beta[i, y]
            total += alpha[i, y]
        for y in range(n_labels):
            alpha[i, y] /= total
    return alpha
