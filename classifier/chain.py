"""Linear-chain models over hashed token features: emission scores, Viterbi decoding, marginals.

A conditional random field (Lafferty et al. 2001) with up to `LANES` labels. The weights of a bucket are whole numbers
of a byte, all labels of it packed in one 64-bit word, so that adding a feature for all labels is two additions (SIMD
within a register, Lamport 1975). ``transitions: (n_labels, n_labels) float32``. Features are rows of bucket numbers,
``features: (n_tokens, n_features) uint32``, the same for every label.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

LANES = 8
"""Labels in a word."""
MOST_FEATURES = 256
"""So many bytes can be added in 16 bits."""
_BIAS = 128
EVEN = np.uint64(0x00FF00FF00FF00FF)
_LEAST = 1e-300
"""Keeps a division finite where every label is forbidden."""


class Packed(NamedTuple):
    """Emission weights. words: (n_buckets, n_labels / `LANES`) uint64; scale: what one unit of a byte is worth."""

    words: NDArray[np.uint64]
    scale: float


def pack(weights: NDArray[np.float32]) -> Packed:
    """Weights (n_buckets, n_labels) as bytes in words; the few largest (one in 20,000) are cut off."""
    used = np.abs(weights[weights != 0])
    scale = float(np.quantile(used, 0.99995)) / 127 if len(used) else 1.0
    n_words = -(-weights.shape[1] // LANES)
    whole = np.full((len(weights), n_words * LANES), _BIAS, np.uint64)
    whole[:, : weights.shape[1]] = np.clip(np.round(weights / scale), -127, 127).astype(np.int64) + _BIAS
    shifts = np.arange(LANES, dtype=np.uint64) * np.uint64(8)
    lanes = whole.reshape(len(weights), n_words, LANES) << shifts
    return Packed(np.bitwise_or.reduce(lanes, axis=2), scale)


def emissions(features: NDArray[np.uint32], weights: Packed) -> NDArray[np.float32]:
    """Sum of the weights of each token's features: (n_tokens, `LANES`) float32."""
    scores = np.empty((len(features), LANES), np.float32)
    add_rows(features, len(features), weights.words[:, 0], np.float32(weights.scale), scores)
    return scores


@njit(cache=True, nogil=True)
def add_rows(features, n, words, scale, scores):  # type: ignore[no-untyped-def]
    """Scores of the first n rows of features, written to `scores`."""
    width = features.shape[1]
    for i in range(n):
        even = np.uint64(0)
        odd = np.uint64(0)
        for k in range(width):
            word = words[features[i, k]]
            even += word & EVEN
            odd += (word >> np.uint64(8)) & EVEN
        for y in range(LANES // 2):
            shift = np.uint64(16 * y)
            scores[i, 2 * y] = scale * np.float32(np.int64((even >> shift) & np.uint64(0xFFFF)) - _BIAS * width)
            scores[i, 2 * y + 1] = scale * np.float32(np.int64((odd >> shift) & np.uint64(0xFFFF)) - _BIAS * width)


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
    # Rows of `LANES` numbers, zero beyond the labels, so that the inner loops are vector operations.
    alpha = np.zeros((n, LANES))
    local = np.zeros((n, LANES))
    forward = np.zeros((n_labels, LANES))
    backward = np.zeros((n_labels, LANES))
    for x in range(n_labels):
        for y in range(n_labels):
            forward[x, y] = backward[y, x] = np.exp(np.float64(transitions[x, y]))
    for i in range(n):
        top = scores[i, 0]
        for y in range(1, n_labels):
            top = max(top, scores[i, y])
        for y in range(n_labels):
            local[i, y] = np.exp(np.float64(scores[i, y] - top))
    value = np.zeros(LANES)
    for y in range(n_labels):
        value[y] = np.exp(np.float64(allowed_start[y]))
    for i in range(n):
        if i > 0:
            value[:] = 0.0
            for x in range(n_labels):
                a = alpha[i - 1, x]
                for y in range(LANES):
                    value[y] += a * forward[x, y]
        total = 0.0
        for y in range(LANES):
            alpha[i, y] = value[y] * local[i, y]
            total += alpha[i, y]
        total = max(total, _LEAST)
        for y in range(LANES):
            alpha[i, y] /= total
    beta = np.ones(LANES)
    out = np.empty((n, n_labels))
    for i in range(n - 1, -1, -1):
        total = 0.0
        for y in range(n_labels):
            out[i, y] = alpha[i, y] * beta[y]
            total += out[i, y]
        total = max(total, _LEAST)
        for y in range(n_labels):
            out[i, y] /= total
        value[:] = 0.0
        for y in range(n_labels):
            b = local[i, y] * beta[y]
            for x in range(LANES):
                value[x] += b * backward[y, x]
        total = 0.0
        for x in range(n_labels):
            total += value[x]
        total = max(total, _LEAST)
        for x in range(LANES):
            beta[x] = value[x] / total
    return out
