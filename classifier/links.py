"""The second pass over quotes: given one cue, which tokens around it are its content and which its source.

Around each cue lies a window: its sentence, and the neighbouring sentences that are quotations. The tokens of the
window form a chain of their own whose features tell how a token stands to this cue. Contents can nest that way:
each cue has its own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .chain import LANES, Packed, add_rows, viterbi
from .context import CLOSING, CUE_LEVEL, OPENING, OUTSIDE, Context
from .hashing import MIX as _MIX
from .hashing import bucket as _bucket
from .hashing import near as _near
from .segment import ALLCAPS, CAPITAL, LINE, NUMBER, SENTENCE, WORD, Tokens

N_LINK_FEATURES = 50
O, B_CONTENT, I_CONTENT, B_SOURCE, I_SOURCE = range(5)  # noqa: E741 the usual name of "outside"
REACH = 160
"""A window ends at most so many tokens from its cue: it keeps the cost linear in the text."""


def windows(tokens: Tokens, where: Context, cues: NDArray[np.int32]) -> NDArray[np.int32]:
    """The window of each cue; cues: (n_cues, 2) token spans; returns (n_cues, 2) token spans."""
    result: NDArray[np.int32] = _windows(
        cues, where.sentence_start, where.sentence_end, where.quotation, tokens.flags, len(tokens.start)
    )
    return result


@njit(cache=True, nogil=True)
def _windows(cues, sentence_start, sentence_end, quotation, flags, n):  # type: ignore[no-untyped-def]
    out = np.empty((len(cues), 2), np.int32)
    for k in range(len(cues)):
        cue = cues[k, 0]
        low = sentence_start[cue]
        high = sentence_end[cue]
        # A neighbouring sentence belongs to the window where it begins as a quotation.
        if low > 0 and quotation[sentence_start[low - 1]] == OPENING:
            low = sentence_start[low - 1]
        for _ in range(2):
            if high < n and quotation[high] == OPENING:
                high = sentence_end[high]
        out[k, 0] = max(low, cue - REACH, 0)
        out[k, 1] = min(high, cue + REACH, n)
    return out


class Counts(NamedTuple):
    """Running counts over the tokens, (n_tokens + 1,) int32 each: how many lie between two is a difference."""

    cue: NDArray[np.int32]
    close: NDArray[np.int32]
    comma: NDArray[np.int32]
    content: NDArray[np.int32]
    source: NDArray[np.int32]


def link_features(
    tokens: Tokens,
    where: Context,
    cues: NDArray[np.int32],
    spans: NDArray[np.int32],
    tagged: NDArray[np.uint8],
    n_buckets: int,
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Features of every window's tokens, one window after another, and the windows' bounds in them.

    tagged: (n_tokens,) the labels of the first pass. Returns (n_window_tokens, `N_LINK_FEATURES`) and (n_cues + 1,).
    """
    bounds = window_bounds(spans)
    out = np.empty((bounds[-1], N_LINK_FEATURES), np.uint32)
    counts = Counts(*_counts(tokens.flags, where.quotation, tagged))
    for k in range(len(cues)):
        rows = out[bounds[k] : bounds[k + 1]]
        _link_rows(tokens, where, cues, spans, k, tagged, counts, np.uint64(n_buckets - 1), rows)
    return out, bounds


def window_bounds(spans: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where each window begins when all stand one after another: (n_cues + 1,)."""
    bounds = np.zeros(len(spans) + 1, np.int64)
    np.cumsum(spans[:, 1] - spans[:, 0], out=bounds[1:])
    return bounds


def link_labels(
    tokens: Tokens,
    where: Context,
    cues: NDArray[np.int32],
    spans: NDArray[np.int32],
    tagged: NDArray[np.uint8],
    weights: Packed,
    transitions: NDArray[np.float32],
    start: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The best labels of every window's tokens, one window after another, and the windows' bounds in them."""
    bounds = window_bounds(spans)
    counts = Counts(*_counts(tokens.flags, where.quotation, tagged))
    labels: NDArray[np.uint8] = _link_labels(
        tokens, where, cues, spans, bounds, tagged, counts,
        weights.words[:, 0], np.float32(weights.scale), transitions, start,
    )  # fmt: skip
    return labels, bounds


@njit(cache=True, nogil=True)
def _link_labels(tokens, where, cues, spans, bounds, tagged, counts, words, scale, transitions, start):  # type: ignore[no-untyped-def]
    labels = np.empty(bounds[-1], np.uint8)
    longest = 0
    for k in range(len(cues)):
        longest = max(longest, bounds[k + 1] - bounds[k])
    buffer = np.empty((longest, N_LINK_FEATURES), np.uint32)
    scores = np.empty((longest, LANES), np.float32)
    mask = np.uint64(len(words) - 1)
    for k in range(len(cues)):
        n = bounds[k + 1] - bounds[k]
        _link_rows(tokens, where, cues, spans, k, tagged, counts, mask, buffer)
        add_rows(buffer, n, words, scale, scores)
        labels[bounds[k] : bounds[k + 1]] = viterbi(scores[:n], transitions, start)
    return labels


@njit(cache=True, nogil=True)
def _counts(flags, quotation, tagged):  # type: ignore[no-untyped-def]
    n = len(flags)
    cue_count = np.zeros(n + 1, np.int32)
    close_count = np.zeros(n + 1, np.int32)
    comma_count = np.zeros(n + 1, np.int32)
    content_count = np.zeros(n + 1, np.int32)
    source_count = np.zeros(n + 1, np.int32)
    for i in range(n):
        cue_count[i + 1] = cue_count[i] + (1 if tagged[i] == 3 else 0)
        close_count[i + 1] = close_count[i] + (1 if quotation[i] == CLOSING else 0)
        comma_count[i + 1] = comma_count[i] + (1 if flags[i] & WORD == 0 and quotation[i] == OUTSIDE else 0)
        content_count[i + 1] = content_count[i] + (1 if tagged[i] == 1 else 0)
        source_count[i + 1] = source_count[i] + (1 if tagged[i] == 5 else 0)
    return cue_count, close_count, comma_count, content_count, source_count


@njit(cache=True, nogil=True)
def _link_rows(tokens, where, cues, spans, k, tagged, counts, mask, out):  # type: ignore[no-untyped-def]
    """The features of the tokens of window k, written to the first rows of `out`."""
    hashes, flags = tokens.hash, tokens.flags
    classes, quotation, quoted_length = where.classes, where.quotation, where.quoted_length
    sentence_start, sentence_end = where.sentence_start, where.sentence_end
    tag, relation, clause = where.tag, where.relation, where.clause
    cue_count, close_count, comma_count, content_count, source_count = counts
    n = len(hashes)
    c0, c1 = cues[k, 0], cues[k, 1]
    low, high = spans[k, 0], spans[k, 1]
    cue_word = hashes[c1 - 1] if c1 - c0 < 2 or classes[c0, CUE_LEVEL] <= classes[c1 - 1, CUE_LEVEL] else hashes[c0]
    cue_fine = np.uint64(classes[c1 - 1, 2])
    cue_tag = np.uint64(tag[c1 - 1])
    cue_relation = np.uint64(relation[c1 - 1])
    cue_clause = np.uint64(clause[c1 - 1])
    next_word = hashes[c1] if c1 < n else np.uint64(0)
    next_tag = np.uint64(tag[c1] * 8 + quotation[c1]) if c1 < n else np.uint64(0)
    last_word = hashes[c0 - 1] if c0 > 0 else np.uint64(0)
    last_tag = np.uint64(tag[c0 - 1] * 8 + quotation[c0 - 1]) if c0 > 0 else np.uint64(0)
    sentence = sentence_start[c0]
    lead = np.uint64(quotation[sentence])
    at_start = 1 if c0 - sentence < 3 else 0
    for i in range(low, high):
        row = out[i - low]
        if i < c0:
            side, distance, a, b = 0, c0 - i, i + 1, c0
        elif i >= c1:
            side, distance, a, b = 1, i - c1 + 1, c1, i
        else:
            side, distance, a, b = 2, 0, i, i
        between = min(cue_count[b] - cue_count[a], 2) if b > a else 0
        closed = min(close_count[b] - close_count[a], 2) if b > a else 0
        commas = min(comma_count[b] - comma_count[a], 4) if b > a else 0
        contents = min(content_count[b] - content_count[a], 2) if b > a else 0
        sources = min(source_count[b] - source_count[a], 2) if b > a else 0
        if sentence_start[i] == sentence:
            which = 0
        elif i < c0:
            which = 1
        else:
            which = 2
        s = np.uint64(side * 3 + which)
        y = np.uint64(tagged[i])
        y_last = np.uint64(tagged[i - 1]) if i > 0 else np.uint64(7)
        y_next = np.uint64(tagged[i + 1]) if i + 1 < n else np.uint64(7)
        q = np.uint64(quotation[i])
        w = hashes[i]
        w_last = hashes[i - 1] if i > 0 else np.uint64(0)
        w_next = hashes[i + 1] if i + 1 < n else np.uint64(0)
        w_last2 = hashes[i - 2] if i > 1 else np.uint64(0)
        w_next2 = hashes[i + 2] if i + 2 < n else np.uint64(0)
        f = np.uint64(flags[i] & (WORD | CAPITAL | ALLCAPS | NUMBER))
        t = np.uint64(tag[i]) * np.uint64(32) + f
        t_last = np.uint64(tag[i - 1]) if i > 0 else np.uint64(999)
        t_next = np.uint64(tag[i + 1]) if i + 1 < n else np.uint64(999)
        t_last2 = np.uint64(tag[i - 2]) if i > 1 else np.uint64(999)
        t_next2 = np.uint64(tag[i + 2]) if i + 2 < n else np.uint64(999)
        fine = np.uint64(classes[i, 2])
        near = np.uint64(_near(distance))
        ys = (y_last * np.uint64(8) + y) * np.uint64(8) + y_next
        counts = np.uint64(((between * 3 + closed) * 5 + commas) * 9 + contents * 3 + sources)
        sy = s * np.uint64(8) + y
        begins = np.uint64(_near(i - sentence_start[i]))
        ends = np.uint64(_near(sentence_end[i] - i))
        row[0] = _bucket(0, w, s, mask)
        row[1] = _bucket(1, w_last, s, mask)
        row[2] = _bucket(2, w_next, s, mask)
        row[3] = _bucket(3, w_last * _MIX ^ w, s, mask)
        row[4] = _bucket(4, w * _MIX ^ w_next, s, mask)
        row[5] = _bucket(5, t, s, mask)
        row[6] = _bucket(6, t_last * np.uint64(8192) + t, s, mask)
        row[7] = _bucket(7, t * np.uint64(1024) + t_next, s, mask)
        row[8] = _bucket(8, (t_last * np.uint64(8192) + t) * np.uint64(1024) + t_next, s, mask)
        row[9] = _bucket(9, ys, s, mask)
        row[10] = _bucket(10, ys, s * np.uint64(512) + np.uint64(between * 16 + contents * 4 + sources), mask)
        row[11] = _bucket(11, sy, near, mask)
        row[12] = _bucket(12, sy, near * np.uint64(4) + np.uint64(between), mask)
        row[13] = _bucket(13, sy, counts, mask)
        row[14] = _bucket(14, sy, cue_word, mask)
        row[15] = _bucket(15, ys * np.uint64(16) + s, cue_word, mask)
        row[16] = _bucket(16, ys * np.uint64(16) + s, cue_tag * np.uint64(1024) + cue_fine, mask)
        row[17] = _bucket(17, sy, next_word, mask)
        row[18] = _bucket(18, sy, last_word, mask)
        row[19] = _bucket(19, sy * np.uint64(16) + near, next_tag, mask)
        row[20] = _bucket(20, sy * np.uint64(16) + near, last_tag, mask)
        row[21] = _bucket(21, sy, next_tag * np.uint64(8192) + last_tag, mask)
        row[22] = _bucket(22, q * np.uint64(16) + s, lead * np.uint64(256) + y * np.uint64(4) + np.uint64(closed), mask)
        row[23] = _bucket(23, q * np.uint64(16) + s, cue_word, mask)
        row[24] = _bucket(24, q * np.uint64(16) + s, next_tag * np.uint64(16) + np.uint64(at_start), mask)
        row[25] = _bucket(25, q * np.uint64(16) + s, np.uint64(_near(quoted_length[i])), mask)
        row[26] = _bucket(26, np.uint64(commas * 4 + between), sy, mask)
        row[27] = _bucket(27, w * _MIX ^ cue_word, s, mask)
        row[28] = _bucket(28, t * np.uint64(1024) + t_next, sy, mask)
        row[29] = _bucket(29, begins * np.uint64(16) + s, y, mask)
        row[30] = _bucket(30, ends * np.uint64(16) + s, y, mask)
        row[31] = _bucket(31, fine, sy, mask)
        row[32] = _bucket(32, np.uint64(distance) if distance < 16 else np.uint64(16), s, mask)
        row[33] = _bucket(33, np.uint64(distance) if distance < 6 else np.uint64(6), s * np.uint64(65536) + t, mask)
        row[34] = _bucket(34, w_last2 * _MIX ^ w_last, s, mask)
        row[35] = _bucket(35, w_next * _MIX ^ w_next2, s, mask)
        row[36] = _bucket(36, t_last2 * np.uint64(1024) + t_last, s * np.uint64(8192) + t, mask)
        row[37] = _bucket(37, t_next * np.uint64(1024) + t_next2, s * np.uint64(8192) + t, mask)
        row[38] = _bucket(38, w, np.uint64(distance) if distance < 4 else s + np.uint64(4), mask)
        row[39] = _bucket(39, w_next, cue_tag * np.uint64(16) + s, mask)
        row[40] = _bucket(40, counts, cue_word, mask)
        row[41] = _bucket(41, s * np.uint64(4) + q, np.uint64(flags[i] & (LINE | SENTENCE)) + y * np.uint64(256), mask)
        r = np.uint64(relation[i])
        r_last = np.uint64(relation[i - 1]) if i > 0 else np.uint64(60)
        r_next = np.uint64(relation[i + 1]) if i + 1 < n else np.uint64(60)
        c = np.uint64(clause[i])
        c_last = np.uint64(clause[i - 1]) if i > 0 else np.uint64(7)
        c_next = np.uint64(clause[i + 1]) if i + 1 < n else np.uint64(7)
        row[42] = _bucket(42, (r_last * np.uint64(64) + r) * np.uint64(64) + r_next, s, mask)
        row[43] = _bucket(43, (c_last * np.uint64(8) + c) * np.uint64(8) + c_next, sy, mask)
        row[44] = _bucket(44, r * np.uint64(8) + c, s * np.uint64(16) + near, mask)
        row[45] = _bucket(45, r * np.uint64(8) + c, s * np.uint64(64) + cue_relation, mask)
        row[46] = _bucket(46, c * np.uint64(8) + c_last, (s * np.uint64(64) + cue_relation) * np.uint64(8) + y, mask)
        row[47] = _bucket(47, r * np.uint64(16) + s, cue_word, mask)
        row[48] = _bucket(48, r * np.uint64(16) + s, w, mask)
        row[49] = _bucket(
            49, (c * np.uint64(8) + cue_clause) * np.uint64(64) + r, sy * np.uint64(4) + np.uint64(between), mask
        )
