"""TF-IDF and linear scores in one pass over the tokens of a text, equal to scikit-learn's.

A text's score for each output is ``bias + (tf-idf vector / its norm) · coefficients``, as `TfidfVectorizer(
ngram_range=(1, 2), sublinear_tf=True)` and a linear model give it. No vector is built: each term found adds its
count to a table, and norm and scores come out of the few terms touched. Words are looked up by their
64-bit hash (`term_tables` refuses a vocabulary in which two words share one), pairs by the numbers of both words.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .segment import WORD, Tokens, token_hash

_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOGS = np.array([0.0] + [1.0 + math.log(k) for k in range(1, 256)])


class TermTables(NamedTuple):
    """The vocabulary, ready for look-up.

    word_slots: (n_slots,) int32, word number + 1 or 0, open addressing by token hash. word_hash: (n_words,) uint64.
    word_term: (n_words,) int32, the term that a word is on its own, or -1.
    pair_keys: (n_slots,) uint64, two word numbers + 1 packed, 0 where empty; pair_term: (n_slots,) int32.
    """

    word_slots: NDArray[np.int32]
    word_hash: NDArray[np.uint64]
    word_term: NDArray[np.int32]
    pair_keys: NDArray[np.uint64]
    pair_term: NDArray[np.int32]


def term_tables(terms: list[str]) -> TermTables:
    """Tables of a vocabulary of words and pairs of words joined by one space; a term's number is its place."""
    words: dict[str, int] = {}
    for term in terms:
        for word in term.split(" "):
            words.setdefault(word, len(words))
    word_term = np.full(len(words), -1, np.int32)
    pairs, pair_numbers = [], []
    for number, term in enumerate(terms):
        left, _, right = term.partition(" ")
        if right:
            pairs.append(((words[left] + 1) << 32) | (words[right] + 1))
            pair_numbers.append(number)
        else:
            word_term[words[left]] = number
    hashes = np.array([token_hash(word) for word in words], np.uint64)
    if len(np.unique(hashes)) != len(hashes):
        raise ValueError("two words of the vocabulary share a hash")
    slots = np.zeros(_table_size(len(words)), np.int32)
    _place_words(slots, hashes)
    keys = np.zeros(_table_size(len(pairs)), np.uint64)
    numbers = np.zeros(len(keys), np.int32)
    _place_pairs(keys, numbers, np.array(pairs, np.uint64), np.array(pair_numbers, np.int32))
    return TermTables(slots, hashes, word_term, keys, numbers)


def linear_scores(
    tokens: Tokens, tables: TermTables, idf: NDArray[np.float64], coefficients: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cosine-normalised TF-IDF times coefficients: (n_outputs,) float64, without biases.

    idf: (n_terms,); coefficients: (n_terms, n_outputs). Linear in the number of tokens.
    """
    scores: NDArray[np.float64] = _linear_scores(
        tokens.start, tokens.end, tokens.hash, tokens.flags, *tables, idf, coefficients, _LOGS
    )
    return scores


def term_counts(tokens: Tokens, tables: TermTables) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The terms of a text and how often each occurs, in the order of their first occurrence."""
    found: tuple[NDArray[np.int32], NDArray[np.int32]] = _term_counts(
        tokens.start, tokens.end, tokens.hash, tokens.flags, *tables
    )
    return found


def _table_size(entries: int) -> int:
    return 1 << max(4, (2 * entries).bit_length())


@njit(cache=True, nogil=True)
def _place_words(slots, hashes):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(slots) - 1)
    for i in range(len(hashes)):
        slot = (hashes[i] * _MIX >> np.uint64(24)) & mask
        while slots[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = i + 1


@njit(cache=True, nogil=True)
def _place_pairs(keys, numbers, pairs, pair_numbers):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(keys) - 1)
    for i in range(len(pairs)):
        slot = (pairs[i] * _MIX >> np.uint64(24)) & mask
        while keys[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = pairs[i]
        numbers[slot] = pair_numbers[i]


@njit(cache=True, nogil=True)
def _term_counts(start, end, hashes, flags, word_slots, word_hash, word_term, pair_keys, pair_term):  # type: ignore[no-untyped-def]
    n = len(hashes)
    # A table of counts for the few terms of this text: open addressing again, at most half full.
    size = 64
    while size < 4 * n:
        size *= 2
    slot_of = np.zeros(size, np.int32)
    term = np.empty(2 * n, np.int32)
    count = np.zeros(2 * n, np.int32)
    found = 0
    word_mask = np.uint64(len(word_slots) - 1)
    pair_mask = np.uint64(len(pair_keys) - 1)
    small_mask = np.uint64(size - 1)
    previous = np.uint64(0)  # number + 1 of the word before, 0 where it is not in the vocabulary
    for i in range(n):
        length = end[i] - start[i]
        if not flags[i] & WORD or length < 2:
            continue
        h = hashes[i]
        slot = (h * _MIX >> np.uint64(24)) & word_mask
        number = np.uint64(0)
        while word_slots[slot] != 0:
            k = word_slots[slot] - 1
            if word_hash[k] == h:
                number = np.uint64(k + 1)
                break
            slot = (slot + np.uint64(1)) & word_mask
        for part in range(2):
            t = np.int32(-1)
            if number != 0:
                if part == 0:
                    t = word_term[number - np.uint64(1)]
                elif previous != 0:
                    key = (previous << np.uint64(32)) | number
                    slot = (key * _MIX >> np.uint64(24)) & pair_mask
                    while pair_keys[slot] != 0:
                        if pair_keys[slot] == key:
                            t = pair_term[slot]
                            break
                        slot = (slot + np.uint64(1)) & pair_mask
            if t >= 0:
                slot = (np.uint64(t) * _MIX >> np.uint64(24)) & small_mask
                while slot_of[slot] != 0 and term[slot_of[slot] - 1] != t:
                    slot = (slot + np.uint64(1)) & small_mask
                if slot_of[slot] == 0:
                    term[found] = t
                    found += 1
                    slot_of[slot] = found
                count[slot_of[slot] - 1] += 1
        previous = number
    return term[:found], count[:found]


@njit(cache=True, nogil=True)
def _linear_scores(  # type: ignore[no-untyped-def]
    start,
    end,
    hashes,
    flags,
    word_slots,
    word_hash,
    word_term,
    pair_keys,
    pair_term,
    idf,
    coefficients,
    logs,
):
    term, count = _term_counts(start, end, hashes, flags, word_slots, word_hash, word_term, pair_keys, pair_term)
    n_outputs = coefficients.shape[1]
    scores = np.zeros(n_outputs)
    norm = 0.0
    for k in range(len(term)):
        t = term[k]
        frequency = logs[count[k]] if count[k] < len(logs) else 1.0 + np.log(np.float64(count[k]))
        value = frequency * idf[t]
        norm += value * value
        for y in range(n_outputs):
            scores[y] += value * coefficients[t, y]
    if norm > 0.0:
        scores /= np.sqrt(norm)
    return scores
