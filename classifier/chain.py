"""Linear-chain models over hashed token features: emission scores, Viterbi decoding, marginals.

A conditional random field (Lafferty et al. 2001) with up to `LANES` labels. The weights of a bucket are whole numbers
of a byte, so that a feature is added for all labels at once (`sums.py`). ``transitions: (n_labels, n_labels) float32``.
Features are rows of bucket numbers, ``features: (n_tokens, n_features) uint32``, the same for every label.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import borrowing, compiled, inlined, maker
from .sums import BIAS, best_step_of_8, step_of_8, sums_of_8

LANES = 8
"""Labels in a row."""
_NEVER = np.float32(-1e30)
_LEAST = 1e-300
"""Keeps a division finite where every label is forbidden."""
_RESCALE = 8
"""Sums over paths are brought back to one after so many tokens, well within the range of float64."""
_LOG2_E, _LN_2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
_SMALLEST = np.float32(-120.0)
_EXPONENT = np.int32(1 << 23)
"""One in the exponent of a float32."""


class Packed(NamedTuple):
    """Emission weights. table: (n_buckets, n_lanes) uint8, as `sums.py` has it; scale: what one unit is worth."""

    table: NDArray[np.uint8]
    scale: float


def pack(weights: NDArray[np.float32], lanes: int = LANES) -> Packed:
    """Weights (n_buckets, n_labels) as bytes; the few largest (one in 20,000) are cut off."""
    used = np.abs(weights[weights != 0])
    scale = float(np.quantile(used, 0.99995)) / 127 if len(used) else 1.0
    table = np.full((len(weights), lanes), BIAS, np.uint8)
    table[:, : weights.shape[1]] = np.clip(np.round(weights / scale), -127, 127) + BIAS
    return Packed(table, scale)


def emissions(features: NDArray[np.uint32], weights: Packed) -> NDArray[np.float32]:
    """Sum of the weights of each token's features, (n_tokens, n_features): (n_tokens, `LANES`) float32."""
    scores = np.empty((len(features), LANES), np.float32)
    sums = np.empty((len(features), LANES), np.uint16)
    buckets = np.ascontiguousarray(features.T)
    add_rows(buckets, len(features), weights.table, np.float32(weights.scale), sums, scores)
    return scores


@borrowing
def add_rows(buckets, n, table, scale, sums, scores):  # type: ignore[no-untyped-def]
    """Scores of the first n tokens, written to `scores`; buckets, sums: as for `sums_of_8`."""
    sums_of_8(table, buckets, n, sums)
    bias = np.int32(BIAS * len(buckets))
    for i in range(n):
        for y in range(LANES):
            scores[i, y] = scale * np.float32(np.int32(sums[i, y]) - bias)


@compiled
def viterbi(scores, transitions, start_scores):  # type: ignore[no-untyped-def]
    """The best label sequence: (n_tokens,) uint8. `start_scores`: (n_labels,) scores of beginning with a label."""
    n, n_labels = len(scores), len(transitions)
    path = np.zeros(n, np.uint8)
    if n == 0:
        return path
    # Rows of `LANES` numbers; labels beyond those there are cannot be come to.
    moves = np.full((LANES, LANES), _NEVER)
    best = np.full(LANES, _NEVER)
    for y in range(n_labels):
        best[y] = scores[0, y] + start_scores[y]
        for x in range(n_labels):
            moves[x, y] = transitions[x, y]
    back = np.empty((n, LANES), np.uint8)
    for i in range(1, n):
        best_step_of_8(best, moves, scores, back, i)
    last = 0
    for y in range(1, n_labels):
        if best[y] > best[last]:
            last = y
    for i in range(n - 1, -1, -1):
        path[i] = last
        last = back[i, last]
    return path


@compiled
def marginals(scores, transitions, start_scores):  # type: ignore[no-untyped-def]
    """Posterior of each label at each token by the scaled forward-backward algorithm: (n_tokens, n_labels) float64.

    Labels of a token whose scores lie more than 83 (120 ln 2) apart, some five times what is met in texts, count as 83
    apart.
    """
    n, n_labels = len(scores), len(transitions)
    # Rows of `LANES` numbers, zero beyond the labels, so that a step is a few vector operations.
    move = np.zeros((LANES, LANES))
    for x in range(n_labels):
        for y in range(n_labels):
            move[x, y] = np.exp(np.float64(transitions[x, y]))
    back = move.T.copy()
    local = _shares(scores, n_labels)
    before = np.empty((n, LANES))  # of all paths to a token, its own share included
    after = np.empty((n, LANES))  # of all paths from a token on, its own share included
    for y in range(LANES if n else 0):
        start = np.exp(np.float64(start_scores[y])) if y < n_labels else 0.0
        before[0, y] = start * local[0, y]
        after[n - 1, y] = local[n - 1, y]
    for i in range(1, n):
        step_of_8(before, i - 1, i, move, local)
        if i % _RESCALE == 0:
            _normalize(before[i])
    for i in range(n - 2, -1, -1):
        step_of_8(after, i + 1, i, back, local)
        if i % _RESCALE == 0:
            _normalize(after[i])
    out = np.empty((n, n_labels))
    for i in range(n):
        total = 0.0
        for y in range(n_labels):
            out[i, y] = before[i, y] * after[i, y] / local[i, y]
            total += out[i, y]
        share = 1.0 / max(total, _LEAST)
        for y in range(n_labels):
            out[i, y] *= share
    return out


@compiled
def likeliest(posterior):  # type: ignore[no-untyped-def]
    """The likeliest label of each token, given `marginals`: (n_tokens,) uint8.

    Labels are O, then B and I of each kind of span; an I that does not go on from its own kind becomes a B.
    """
    n, n_labels = posterior.shape
    out = np.empty(n, np.uint8)
    before = 0
    for i in range(n):
        best = 0
        for y in range(1, n_labels):
            if posterior[i, y] > posterior[i, best]:
                best = y
        if best > 0 and best % 2 == 0 and before != best and before != best - 1:
            best -= 1
        out[i] = best
        before = best
    return out


@inlined
def _normalize(values):  # type: ignore[no-untyped-def]
    total = 0.0
    for y in range(LANES):
        total += values[y]
    share = 1.0 / max(total, _LEAST)
    for y in range(LANES):
        values[y] *= share


@maker
def _shares(scores, n_labels):  # type: ignore[no-untyped-def]
    """exp(score - best score of the token) within 1e-6, (n_tokens, `LANES`) float32; nothing beyond the labels.

    2 to the whole part is added to the exponent of a float32, 2 to the rest is a polynomial: all vector arithmetic.
    """
    n = len(scores)
    flat = np.empty(n * LANES, np.float32)
    for i in range(n):
        top = scores[i, 0]
        for y in range(1, n_labels):
            top = max(top, scores[i, y])
        for y in range(LANES):
            flat[i * LANES + y] = min(scores[i, y] - top, np.float32(0.0))
    whole = np.empty(len(flat), np.int32)
    for i in range(len(flat)):
        x = max(flat[i] * _LOG2_E, _SMALLEST)
        k = np.int32(x - np.float32(0.5))  # x is not positive: the nearest whole number
        r = (x - np.float32(k)) * _LN_2
        p = np.float32(1 / 720) * r + np.float32(1 / 120)
        p = p * r + np.float32(1 / 24)
        p = p * r + np.float32(1 / 6)
        p = p * r + np.float32(0.5)
        flat[i] = (p * r + np.float32(1.0)) * r + np.float32(1.0)
        whole[i] = k
    bits = flat.view(np.int32)
    for i in range(len(flat)):
        bits[i] += whole[i] * _EXPONENT
    return flat.reshape(n, LANES)
