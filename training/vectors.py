"""Vectors of words from unlabelled articles: what stands near a word, weighted and reduced (Levy and Goldberg 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.segment import Tokens

REACH = 5
"""Tokens to each side that count as near."""


@dataclass(frozen=True)
class WordVectors:
    """words: (n,) uint64, hashes of tokens, sorted; rows: (n, d) float32, all of one length."""

    words: NDArray[np.uint64]
    rows: NDArray[np.float32]


def word_vectors(texts: Sequence[Tokens], size: int, length: float, least: int = 8) -> WordVectors | None:
    """Vectors of the tokens seen `least` times or more: positive pointwise mutual information, then SVD to `size`.

    None where there are no more than `size` of these: too little text to learn from.
    """
    import scipy.sparse as sp
    from sklearn.utils.extmath import randomized_svd

    gap = np.zeros(REACH, np.uint64)
    hashes = np.concatenate([gap, *(part for tokens in texts for part in (tokens.hash, gap))])
    words, at, times = np.unique(hashes, return_inverse=True, return_counts=True)
    frequent = (times >= least) & (words != 0)
    number = np.where(frequent, np.cumsum(frequent) - 1, -1)[at]
    n = int(frequent.sum())
    if n <= size:
        return None
    pairs = sp.csr_matrix((n, n), dtype=np.float32)
    for distance in range(1, REACH + 1):
        first, second = number[:-distance], number[distance:]
        both = (first >= 0) & (second >= 0)
        weight = np.full(int(both.sum()), 1 / distance, np.float32)
        near = sp.csr_matrix((weight, (first[both], second[both])), shape=(n, n))
        pairs = pairs + near + near.T
    found = pairs.tocoo()
    of_word = np.asarray(pairs.sum(1)).ravel()
    smoothed = of_word**0.75 * (of_word.sum() / (of_word**0.75).sum())
    mutual = np.log(found.data * of_word.sum() / (of_word[found.row] * smoothed[found.col]))
    positive = mutual > 0
    matrix = sp.csr_matrix((mutual[positive], (found.row[positive], found.col[positive])), shape=(n, n))
    left, strength, _ = randomized_svd(matrix, size, n_iter=3, random_state=0)
    rows = left * np.sqrt(strength)
    rows *= length / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return WordVectors(words[frequent], rows.astype(np.float32))
