"""Hashed features of tokens for the quote taggers: words, word classes, quotation state, nearest cue words.

Every feature is a bucket number made of a template number and one or two values; no string is built. The templates are
numbered in the order in which `_feature_rows` writes them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .chain import LANES, MOST_FEATURES, Packed, add_rows
from .context import CUE_LEVEL, Context
from .hashing import bucket as _bucket
from .hashing import near as _near
from .segment import ALLCAPS, CAPITAL, NUMBER, SENTENCE, WORD, Tokens
from .tagger import FIRST_VERB, LAST_VERB

N_FEATURES = 64
PAD = 3
assert N_FEATURES <= MOST_FEATURES
BLOCK = 64
"""So many tokens' features are made at a time when only their sums are wanted: they stay in the first cache."""


class Padded(NamedTuple):
    """Neighbours without bounds checks: what features read of each token, `PAD` zeros before and after.

    word … within: (n_tokens + 2 * `PAD`,) uint64; verb_after: (n_tokens,) int32, the next verb of the sentence or -1.
    """

    word: NDArray[np.uint64]
    tag: NDArray[np.uint64]
    coarse: NDArray[np.uint64]
    fine: NDArray[np.uint64]
    shape: NDArray[np.uint64]
    state: NDArray[np.uint64]
    rel: NDArray[np.uint64]
    within: NDArray[np.uint64]
    verb_after: NDArray[np.int32]


def token_features(tokens: Tokens, where: Context, n_buckets: int) -> NDArray[np.uint32]:
    """Feature buckets of every token: (n_tokens, `N_FEATURES`) uint32; `n_buckets` is a power of two."""
    out = np.empty((len(tokens.start), N_FEATURES), np.uint32)
    _feature_rows(tokens, where, Padded(*_padded(tokens, where)), 0, len(out), np.uint64(n_buckets - 1), out)
    return out


def token_scores(tokens: Tokens, where: Context, weights: Packed) -> NDArray[np.float32]:
    """Emission scores of every token, (n_tokens, `LANES`) float32, without keeping the features."""
    scores: NDArray[np.float32] = _token_scores(
        tokens, where, Padded(*_padded(tokens, where)), weights.words[:, 0], np.float32(weights.scale)
    )
    return scores


@njit(cache=True, nogil=True)
def _token_scores(tokens, where, padded, words, scale):  # type: ignore[no-untyped-def]
    n = len(tokens.hash)
    scores = np.empty((n, LANES), np.float32)
    buffer = np.empty((BLOCK, N_FEATURES), np.uint32)
    mask = np.uint64(len(words) - 1)
    for first in range(0, n, BLOCK):
        last = min(n, first + BLOCK)
        _feature_rows(tokens, where, padded, first, last, mask, buffer)
        add_rows(buffer, last - first, words, scale, scores[first:last])
    return scores


@njit(cache=True, nogil=True)
def _padded(tokens, where):  # type: ignore[no-untyped-def]
    hashes, flags, start, end = tokens.hash, tokens.flags, tokens.start, tokens.end
    classes, quotation, sentence_end = where.classes, where.quotation, where.sentence_end
    grammar_tag, relation, clause = where.tag, where.relation, where.clause
    n = len(hashes)
    # Padded copies, so that neighbours need no bounds checks: word, part of speech, cluster, shape with quotation.
    word = np.zeros(n + 2 * PAD, np.uint64)
    tag = np.zeros(n + 2 * PAD, np.uint64)
    coarse = np.zeros(n + 2 * PAD, np.uint64)
    fine = np.zeros(n + 2 * PAD, np.uint64)
    shape = np.zeros(n + 2 * PAD, np.uint64)
    state = np.zeros(n + 2 * PAD, np.uint64)
    rel = np.zeros(n + 2 * PAD, np.uint64)
    within = np.zeros(n + 2 * PAD, np.uint64)
    for i in range(n):
        word[i + PAD] = hashes[i]
        s = flags[i] & (WORD | CAPITAL | ALLCAPS | NUMBER)
        length = end[i] - start[i]
        shape[i + PAD] = s + (256 if length == 1 else 0)
        known = classes[i, 2] > 0
        tag[i + PAD] = grammar_tag[i] + 1
        rel[i + PAD] = relation[i] + 1
        within[i + PAD] = clause[i] + 1
        coarse[i + PAD] = classes[i, 1] + 1 if known else 200 + s
        fine[i + PAD] = classes[i, 2] + 1 if known else 2000 + s
        state[i + PAD] = quotation[i]
    verb_after = np.full(n, -1, np.int32)
    following = -1
    for i in range(n - 1, -1, -1):
        if i + 1 == sentence_end[i]:
            following = -1
        verb_after[i] = following
        if FIRST_VERB <= grammar_tag[i] <= LAST_VERB:
            following = i
    return word, tag, coarse, fine, shape, state, rel, within, verb_after


@njit(cache=True, nogil=True)
def _feature_rows(tokens, where, padded, first, last, mask, out):  # type: ignore[no-untyped-def]
    """The features of the tokens from `first` to before `last`, written to the first rows of `out`."""
    points, start, end, hashes, flags = tokens.points, tokens.start, tokens.end, tokens.hash, tokens.flags
    classes, quotation, quoted_length = where.classes, where.quotation, where.quoted_length
    sentence_start, sentence_end = where.sentence_start, where.sentence_end
    cue_before, cue_after = where.cue_before, where.cue_after
    word, tag, coarse, fine, shape, state, rel, within, verb_after = padded
    for i in range(first, last):
        j = i + PAD
        row = out[i - first]
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
        opening = hashes[sentence_start[i]]
        opening_state = quotation[sentence_start[i]]
        final = sentence_end[i] - 1
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
        row[38] = _bucket(38, opening, np.uint64(min(begins, 3)), mask)
        row[39] = _bucket(39, opening_state * np.uint64(8) + q, word_after, mask)
        row[40] = _bucket(40, word_before, t, mask)
        row[41] = _bucket(41, word_after, t, mask)
        # What follows and precedes the nearest cues: ", he said" and "said that" tell where the content lies.
        if after >= 0:
            a = after + PAD
            row[42] = _bucket(42, tag[a + 1], tag[a - 1] * np.uint64(4) + q, mask)
            row[43] = _bucket(43, word[a + 1], np.uint64(near_after), mask)
        else:
            row[42] = _bucket(42, 0, q, mask)
            row[43] = _bucket(43, 0, opening_state, mask)
        if before >= 0:
            a = before + PAD
            row[44] = _bucket(44, tag[a + 1], tag[a - 1] * np.uint64(4) + q, mask)
            row[45] = _bucket(45, word[a + 1], np.uint64(near_before), mask)
        else:
            row[44] = _bucket(44, 0, q, mask)
            row[45] = _bucket(45, 0, opening_state, mask)
        row[46] = _bucket(46, tag[final + PAD], word[final + PAD] * np.uint64(8) + np.uint64(opening_state), mask)
        row[47] = _bucket(47, fine[j - 2], fine[j + 2], mask)
        row[48] = _bucket(48, classes[i, CUE_LEVEL], q, mask)
        row[49] = _bucket(49, classes[i, CUE_LEVEL], tag[j - 1] * np.uint64(1024) + tag[j + 1], mask)
        row[50] = _bucket(50, w, shape[j] * np.uint64(32) + np.uint64(flags[i] & SENTENCE), mask)
        row[51] = _bucket(51, word[j - 1], word[j + 1], mask)
        r, c = rel[j], within[j]
        row[52] = _bucket(52, r, rel[j - 1] * np.uint64(64) + rel[j + 1], mask)
        row[53] = _bucket(53, c * np.uint64(8) + within[j - 1], within[j + 1] * np.uint64(4) + q, mask)
        row[54] = _bucket(54, r, w, mask)
        row[55] = _bucket(55, r * np.uint64(8) + c, t, mask)
        row[56] = _bucket(56, c * np.uint64(64) + r, q * np.uint64(16) + np.uint64(near_before), mask)
        row[57] = _bucket(57, c * np.uint64(64) + r, q * np.uint64(16) + np.uint64(near_after), mask)
        row[58] = _bucket(58, c * np.uint64(64) + rel[before + PAD], word_before, mask)
        row[59] = _bucket(59, c * np.uint64(64) + rel[after + PAD], word_after, mask)
        prefix = np.uint64(0)
        for k in range(start[i], min(start[i] + 5, end[i])):
            prefix = prefix * np.uint64(131) + np.uint64(points[k] & 0xFFDF)
        verb = verb_after[i]
        row[60] = _bucket(60, prefix, t, mask)
        row[61] = _bucket(61, prefix, q * np.uint64(64) + tag[j + 1], mask)
        if verb >= 0:
            row[62] = _bucket(62, r, rel[verb + PAD] * np.uint64(16) + np.uint64(_near(verb - i)), mask)
            row[63] = _bucket(63, t, (rel[verb + PAD] * np.uint64(64) + tag[verb + PAD]) * np.uint64(64) + c, mask)
        else:
            row[62] = _bucket(62, r, 0, mask)
            row[63] = _bucket(63, t, c, mask)
