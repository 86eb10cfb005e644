"""Hashed features of tokens for the quote taggers: words, word classes, quotation state, nearest cue words.

Every feature is a bucket number made of a template number and one or two values; no string is built. The templates are
numbered in the order in which `token_features` writes them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .segment import (
    ALLCAPS,
    CAPITAL,
    LINE,
    MARK_CLOSE,
    MARK_OPEN,
    MARK_SINGLE,
    MARK_SINGLE_OPEN,
    MARK_STRAIGHT,
    NUMBER,
    SENTENCE,
    WORD,
    Tokens,
)

N_FEATURES = 52
OUTSIDE, INSIDE, OPENING, CLOSING = range(4)
PART_OF_SPEECH, COARSE, FINE, CAPITAL_LEVEL, CUE_LEVEL = range(5)
"""Columns of a `WordTable`."""

_MIX = np.uint64(0x9E3779B97F4A7C15)


class WordTable(NamedTuple):
    """What is known of words: an open-addressing table from token hash to a row of small numbers.

    keys: (n_slots,) uint64, 0 where empty; n_slots is a power of two at least twice the number of words.
    rows: (n_slots, 5) int32: part-of-speech class, coarse cluster, fine cluster, how often the word is
    capitalized within a sentence (0 unknown, 1 seldom, 2 at times, 3 mostly), how often it is a cue (0 … 3 mostly).
    """

    keys: NDArray[np.uint64]
    rows: NDArray[np.int32]


def word_table(hashes: NDArray[np.uint64], rows: NDArray[np.int32]) -> WordTable:
    """The table of these words, in the order given (put frequent words first: they are found at their first slot)."""
    size = 1 << max(4, int(2 * len(hashes)).bit_length())
    keys = np.zeros(size, np.uint64)
    table = np.zeros((size, rows.shape[1]), np.int32)
    _insert(keys, table, hashes, rows)
    return WordTable(keys, table)


class Context(NamedTuple):
    """Per token: word classes and where it stands in its sentence and quotation. All arrays are (n_tokens,)."""

    classes: NDArray[np.int32]
    """(n_tokens, 5), rows of the `WordTable`; zeros for unknown words."""
    quotation: NDArray[np.uint8]
    """`OUTSIDE` … `CLOSING`."""
    quoted_length: NDArray[np.int32]
    """Tokens of the quotation that the token stands in, 0 outside."""
    sentence_start: NDArray[np.int32]
    sentence_end: NDArray[np.int32]
    """First token of its sentence, and one past the last."""
    cue_before: NDArray[np.int32]
    cue_after: NDArray[np.int32]
    """Nearest likely cue word to the left and right in the sentence, -1 where there is none."""


def context(tokens: Tokens, words: WordTable) -> Context:
    """Word classes, quotation state, sentence bounds and nearest likely cues of every token."""
    return Context(*_context(tokens.hash, tokens.flags, tokens.mark, words.keys, words.rows))


@njit(cache=True, nogil=True)
def _insert(keys, table, hashes, rows):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(keys) - 1)
    for i in range(len(hashes)):
        slot = (hashes[i] * _MIX >> np.uint64(20)) & mask
        while keys[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = hashes[i]
        table[slot] = rows[i]


@njit(cache=True, nogil=True)
def _context(hashes, flags, mark, keys, rows):  # type: ignore[no-untyped-def]
    n = len(hashes)
    classes = np.zeros((n, rows.shape[1]), np.int32)
    mask = np.uint64(len(keys) - 1)
    for i in range(n):
        slot = (hashes[i] * _MIX >> np.uint64(20)) & mask
        while keys[slot] != 0:
            if keys[slot] == hashes[i]:
                for k in range(rows.shape[1]):
                    classes[i, k] = rows[slot, k]
                break
            slot = (slot + np.uint64(1)) & mask
    quotation = np.zeros(n, np.uint8)
    quoted_length = np.zeros(n, np.int32)
    opened = -1
    single = -1
    for i in range(n):
        if flags[i] & LINE:
            if opened >= 0:  # never closed in its paragraph: it goes on to the end, as quotations over paragraphs do
                for k in range(opened, i):
                    quoted_length[k] = i - opened
            opened = -1
            single = -1
        m = mark[i]
        if m == MARK_OPEN or (m == MARK_STRAIGHT and opened < 0):
            if opened < 0:
                opened = i
                quotation[i] = OPENING
            else:
                quotation[i] = INSIDE
        elif m == MARK_CLOSE or m == MARK_STRAIGHT:
            if opened >= 0:
                quotation[i] = CLOSING
                for k in range(opened, i + 1):
                    quoted_length[k] = i + 1 - opened
                opened = -1
        elif opened >= 0:
            quotation[i] = INSIDE
        elif m == MARK_SINGLE_OPEN and single < 0:
            single = i
        elif m == MARK_SINGLE and single >= 0:
            if i - single > 3:
                quotation[single] = OPENING
                quotation[i] = CLOSING
                for k in range(single, i + 1):
                    quoted_length[k] = i + 1 - single
                    if single < k < i:
                        quotation[k] = INSIDE
            single = -1
    if opened >= 0:
        for k in range(opened, n):
            quoted_length[k] = n - opened
    sentence_start = np.zeros(n, np.int32)
    sentence_end = np.zeros(n, np.int32)
    cue_before = np.full(n, -1, np.int32)
    cue_after = np.full(n, -1, np.int32)
    begin = 0
    last = -1
    for i in range(n):
        if (flags[i] & SENTENCE and quotation[i] != INSIDE and quotation[i] != CLOSING) or flags[i] & LINE:
            begin = i
            last = -1
        sentence_start[i] = begin
        cue_before[i] = last
        if classes[i, CUE_LEVEL] > 0 and quotation[i] == OUTSIDE:
            last = i
    stop = n
    last = -1
    for i in range(n - 1, -1, -1):
        sentence_end[i] = stop
        cue_after[i] = last
        if classes[i, CUE_LEVEL] > 0 and quotation[i] == OUTSIDE:
            last = i
        if sentence_start[i] == i:
            stop = i
            last = -1
    return classes, quotation, quoted_length, sentence_start, sentence_end, cue_before, cue_after


@njit(inline="always")
def _bucket(template, a, b, mask):  # type: ignore[no-untyped-def]
    value = (np.uint64(a) * _MIX) ^ (np.uint64(b) + np.uint64(0x632BE59BD9B4E019) * np.uint64(template + 1))
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.uint32((value ^ (value >> np.uint64(32))) & mask)


@njit(inline="always")
def _near(distance):  # type: ignore[no-untyped-def]
    """A distance in tokens as one of few steps."""
    if distance < 5:
        return distance
    if distance < 8:
        return 5
    if distance < 12:
        return 6
    if distance < 20:
        return 7
    if distance < 35:
        return 8
    return 9


def token_features(tokens: Tokens, where: Context, n_buckets: int) -> NDArray[np.uint32]:
    """Feature buckets of every token: (n_tokens, `N_FEATURES`) uint32; `n_buckets` is a power of two."""
    result: NDArray[np.uint32] = _token_features(
        tokens.points,
        tokens.start,
        tokens.end,
        tokens.hash,
        tokens.flags,
        tokens.mark,
        *where,
        np.uint64(n_buckets - 1),
    )
    return result


@njit(cache=True, nogil=True)
def _token_features(  # type: ignore[no-untyped-def]
    points,
    start,
    end,
    hashes,
    flags,
    mark,
    classes,
    quotation,
    quoted_length,
    sentence_start,
    sentence_end,
    cue_before,
    cue_after,
    mask,
):
    n = len(hashes)
    out = np.empty((n, N_FEATURES), np.uint32)
    pad = 3
    # Padded copies, so that neighbours need no bounds checks: word, part of speech, cluster, shape with quotation.
    word = np.zeros(n + 2 * pad, np.uint64)
    tag = np.zeros(n + 2 * pad, np.uint64)
    coarse = np.zeros(n + 2 * pad, np.uint64)
    fine = np.zeros(n + 2 * pad, np.uint64)
    shape = np.zeros(n + 2 * pad, np.uint64)
    state = np.zeros(n + 2 * pad, np.uint64)
    for i in range(n):
        word[i + pad] = hashes[i]
        s = flags[i] & (WORD | CAPITAL | ALLCAPS | NUMBER)
        length = end[i] - start[i]
        shape[i + pad] = s + (256 if length == 1 else 0)
        known = classes[i, 2] > 0
        tag[i + pad] = classes[i, 0] + 1 if classes[i, 0] > 0 else 200 + s
        coarse[i + pad] = classes[i, 1] + 1 if known else 200 + s
        fine[i + pad] = classes[i, 2] + 1 if known else 2000 + s
        state[i + pad] = quotation[i]
    for i in range(n):
        j = i + pad
        row = out[i]
        w, t = word[j], tag[j]
        q = state[j]
        suffix = np.uint64(0)
        for k in range(max(start[i], end[i] - 3), end[i]):
            suffix = suffix * np.uint64(131) + np.uint64(points[k] & 0xFFFF)
        before = cue_before[i]
        after = cue_after[i]
        word_before = hashes[before] if before >= 0 else np.uint64(1)
        word_after = hashes[after] if after >= 0 else np.uint64(1)
        near_before = _near(i - before) if before >= 0 else 15
        near_after = _near(after - i) if after >= 0 else 15
        begins = _near(i - sentence_start[i])
        ends = _near(sentence_end[i] - i)
        first = hashes[sentence_start[i]]
        first_state = quotation[sentence_start[i]]
        last = sentence_end[i] - 1
        row[0] = _bucket(0, w, 0, mask)
        row[1] = _bucket(1, word[j - 1], 0, mask)
        row[2] = _bucket(2, word[j - 2], 0, mask)
        row[3] = _bucket(3, word[j + 1], 0, mask)
        row[4] = _bucket(4, word[j + 2], 0, mask)
        row[5] = _bucket(5, word[j - 1], w, mask)
        row[6] = _bucket(6, w, word[j + 1], mask)
        row[7] = _bucket(7, word[j - 2], word[j - 1], mask)
        row[8] = _bucket(8, word[j + 1], word[j + 2], mask)
        row[9] = _bucket(9, t, 0, mask)
        row[10] = _bucket(10, tag[j - 1], t, mask)
        row[11] = _bucket(11, t, tag[j + 1], mask)
        row[12] = _bucket(12, tag[j - 1] * np.uint64(1024) + t, tag[j + 1], mask)
        row[13] = _bucket(13, tag[j - 2] * np.uint64(1024) + tag[j - 1], t, mask)
        row[14] = _bucket(14, t, tag[j + 1] * np.uint64(1024) + tag[j + 2], mask)
        row[15] = _bucket(15, tag[j - 3] * np.uint64(1024) + tag[j - 2], tag[j - 1], mask)
        row[16] = _bucket(16, tag[j + 1] * np.uint64(1024) + tag[j + 2], tag[j + 3], mask)
        row[17] = _bucket(17, fine[j], 0, mask)
        row[18] = _bucket(18, fine[j - 1], 0, mask)
        row[19] = _bucket(19, fine[j + 1], 0, mask)
        row[20] = _bucket(20, fine[j - 1], fine[j], mask)
        row[21] = _bucket(21, fine[j], fine[j + 1], mask)
        row[22] = _bucket(22, coarse[j - 2], coarse[j - 1] * np.uint64(4096) + coarse[j], mask)
        row[23] = _bucket(23, coarse[j], coarse[j + 1] * np.uint64(4096) + coarse[j + 2], mask)
        row[24] = _bucket(24, suffix, 0, mask)
        row[25] = _bucket(25, shape[j], shape[j - 1] * np.uint64(4096) + shape[j + 1], mask)
        row[26] = _bucket(26, q, state[j - 1] * np.uint64(4) + state[j + 1], mask)
        row[27] = _bucket(27, q, w, mask)
        row[28] = _bucket(28, q, t * np.uint64(1024) + tag[j - 1], mask)
        row[29] = _bucket(29, q, _near(quoted_length[i]), mask)
        row[30] = _bucket(30, q * np.uint64(16) + np.uint64(near_before), word_before, mask)
        row[31] = _bucket(31, q * np.uint64(16) + np.uint64(near_after), word_after, mask)
        row[32] = _bucket(32, word_before, word_after, mask)
        row[33] = _bucket(33, word_before, w, mask)
        row[34] = _bucket(34, word_after, w, mask)
        row[35] = _bucket(35, np.uint64(near_before * 16 + near_after), q, mask)
        row[36] = _bucket(36, np.uint64(begins), q, mask)
        row[37] = _bucket(37, np.uint64(ends), q, mask)
        row[38] = _bucket(38, first, np.uint64(min(begins, 3)), mask)
        row[39] = _bucket(39, first_state * np.uint64(8) + q, word_after, mask)
        row[40] = _bucket(40, word_before, t, mask)
        row[41] = _bucket(41, word_after, t, mask)
        # What follows and precedes the nearest cues: ", he said" and "said that" tell where the content lies.
        if after >= 0:
            a = after + pad
            row[42] = _bucket(42, tag[a + 1], tag[a - 1] * np.uint64(4) + q, mask)
            row[43] = _bucket(43, word[a + 1], np.uint64(near_after), mask)
        else:
            row[42] = _bucket(42, 0, q, mask)
            row[43] = _bucket(43, 0, first_state, mask)
        if before >= 0:
            a = before + pad
            row[44] = _bucket(44, tag[a + 1], tag[a - 1] * np.uint64(4) + q, mask)
            row[45] = _bucket(45, word[a + 1], np.uint64(near_before), mask)
        else:
            row[44] = _bucket(44, 0, q, mask)
            row[45] = _bucket(45, 0, first_state, mask)
        row[46] = _bucket(46, tag[last + pad], word[last + pad] * np.uint64(8) + np.uint64(first_state), mask)
        row[47] = _bucket(47, fine[j - 2], fine[j + 2], mask)
        row[48] = _bucket(48, classes[i, CUE_LEVEL], q, mask)
        row[49] = _bucket(49, classes[i, CUE_LEVEL], tag[j - 1] * np.uint64(1024) + tag[j + 1], mask)
        row[50] = _bucket(50, w, shape[j] * np.uint64(32) + (flags[i] & SENTENCE), mask)
        row[51] = _bucket(51, word[j - 1], word[j + 1], mask)
    return out
