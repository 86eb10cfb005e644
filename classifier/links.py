"""The second pass over quotes: given one cue, which tokens around it are its content and which its source.

Around each cue lies a window: its sentence, and the neighbouring sentences that are quotations. The tokens of the
window form a chain of their own whose features tell how a token stands to this cue. Contents can nest that way:
each cue has its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .chain import LANES, add_rows, marginals, viterbi
from .columns import COLUMN_NAMES, CUE_LEVEL, Column
from .context import CLOSING, OPENING, OUTSIDE, Context
from .features import TAG_B_CONTENT, TAG_B_CUE, TAG_B_SOURCE
from .hashing import near
from .jit import borrowing, compiled
from .segment import WORD, Tokens
from .templates import PAD, fill_buckets, templates

O, B_CONTENT, I_CONTENT, B_SOURCE, I_SOURCE = range(5)  # noqa: E741 the usual name of "outside"
REACH = 160
"""A window ends at most so many tokens from its cue: it keeps the cost linear in the text."""

LINK_TEMPLATES = templates(
    """
    word side
    word-1 side
    word+1 side
    word-1 word side
    word word+1 side
    look side
    tag-1 look side
    look tag+1 side
    tag-1 look tag+1 side
    labels side
    labels side inner
    role near
    role near between
    role around
    role cue
    labels side cue
    labels side cue_tag cue_fine
    role cue_next
    role cue_last
    role near cue_next_tag
    role near cue_last_tag
    role cue_next_tag cue_last_tag
    quote role lead closed
    quote side cue
    quote side cue_next_tag at_start
    quote side quoted
    commas between role
    word cue side
    look tag+1 role
    begins role
    ends role
    fine role
    distance side
    distance_short side look
    word-2 word-1 side
    word+1 word+2 side
    tag-2 tag-1 side look
    tag+1 tag+2 side look
    word place
    word+1 cue_tag side
    around cue
    quote role breaks
    relation-1 relation relation+1 side
    clause-1 clause clause+1 role
    relation clause side near
    relation clause side cue_relation
    clause-1 clause role cue_relation
    relation side cue
    relation side word
    clauses relation role
    """,
    COLUMN_NAMES,
)


@compiled
def windows(tokens, where, cues):  # type: ignore[no-untyped-def]
    """The window of each cue; cues: (n_cues, 2) int32 token spans; returns (n_cues, 2) int32 token spans."""
    sentence_start, sentence_end, quotation = where.sentence_start, where.sentence_end, where.quotation
    n = len(tokens.start)
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


def link_features(
    tokens: Tokens,
    where: Context,
    cues: NDArray[np.int32],
    spans: NDArray[np.int32],
    tagged: NDArray[np.uint8],
    n_buckets: int,
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Features of every window's tokens, one window after another, and the windows' bounds in them.

    cues, spans: (n_cues, 2) int32; tagged: (n_tokens,) the labels of the first pass; n_buckets: a power of two.
    Returns (n_window_tokens, n_templates) and (n_cues + 1,).
    """
    bounds = window_bounds(spans)
    out = np.empty((bounds[-1], len(LINK_TEMPLATES)), np.uint32)
    counts = label_columns(tokens, where, tagged)
    for k, (low, high) in enumerate(spans.tolist()):
        _window_columns(where, cues, spans, k, tagged, counts)
        buckets = np.empty((len(LINK_TEMPLATES), high - low), np.uint32)
        fill_buckets(where.columns, LINK_TEMPLATES, low, high, np.uint32(n_buckets - 1), buckets)
        out[bounds[k] : bounds[k + 1]] = buckets.T
    return out, bounds


@compiled
def window_bounds(spans):  # type: ignore[no-untyped-def]
    """Where each window begins when all stand one after another: (n_cues + 1,) int64."""
    bounds = np.zeros(len(spans) + 1, np.int64)
    for k in range(len(spans)):
        bounds[k + 1] = bounds[k] + spans[k, 1] - spans[k, 0]
    return bounds


@compiled
def link_labels(where, cues, spans, tagged, counts, weights, transitions, start):  # type: ignore[no-untyped-def]
    """The best labels of every window's tokens, one window after another: (n_window_tokens,) uint8.

    tagged: the labels of the first pass, (n_tokens,) uint8; counts: what `label_columns` has of them.
    """
    columns, table, scale = where.columns, weights.table, np.float32(weights.scale)
    bounds = window_bounds(spans)
    labels = np.empty(bounds[-1], np.uint8)
    longest = 0
    for k in range(len(cues)):
        longest = max(longest, bounds[k + 1] - bounds[k])
    buckets = np.empty((len(LINK_TEMPLATES), longest), np.uint32)
    scores = np.empty((longest, LANES), np.float32)
    sums = np.empty((longest, LANES), np.uint16)
    mask = np.uint32(len(table) - 1)
    for k in range(len(cues)):
        n = bounds[k + 1] - bounds[k]
        _window_columns(where, cues, spans, k, tagged, counts)
        fill_buckets(columns, LINK_TEMPLATES, spans[k, 0], spans[k, 1], mask, buckets)
        add_rows(buckets, n, table, scale, sums, scores)
        own = labels[bounds[k] : bounds[k + 1]]
        own[:] = viterbi(scores[:n], transitions, start)
        if not (own == B_CONTENT).any():
            likelier(marginals(scores[:n], transitions, start), own)
    return labels


@borrowing
def likelier(posterior, labels):  # type: ignore[no-untyped-def]
    """Write what each token is likelier than not, all paths taken together; posterior: (n_tokens, 5).

    Of a content whose bounds are in doubt the single best path may be that there is none.
    """
    last = O
    for i in range(len(posterior)):
        share = posterior[i]
        content, source = share[B_CONTENT] + share[I_CONTENT], share[B_SOURCE] + share[I_SOURCE]
        kind = B_CONTENT if content > 0.5 else B_SOURCE if source > max(content, share[O]) else O
        inside = kind != O and (last == kind or last == kind + 1) and share[kind + 1] >= share[kind]
        last = kind + 1 if inside else kind
        labels[i] = last


_CUES, _CLOSED, _COMMAS, _CONTENTS, _SOURCES = range(5)


@compiled
def label_columns(tokens, where, tagged):  # type: ignore[no-untyped-def]
    """Fill the column of the first pass' labels; returns running counts over the tokens, (n_tokens + 1, 5) int32.

    How many cues, closing marks, commas, contents and sources lie between two tokens is a difference of counts.
    """
    columns, flags, quotation = where.columns, tokens.flags, where.quotation
    n = len(flags)
    counts = np.zeros((n + 1, 5), np.int32)
    for i in range(n):
        counts[i + 1] = counts[i]
        counts[i + 1, _CUES] += tagged[i] == TAG_B_CUE
        counts[i + 1, _CLOSED] += quotation[i] == CLOSING
        counts[i + 1, _COMMAS] += flags[i] & WORD == 0 and quotation[i] == OUTSIDE
        counts[i + 1, _CONTENTS] += tagged[i] == TAG_B_CONTENT
        counts[i + 1, _SOURCES] += tagged[i] == TAG_B_SOURCE
        last = tagged[i - 1] if i > 0 else 7
        following = tagged[i + 1] if i + 1 < n else 7
        columns[Column.LABELS, i + PAD] = (last * 8 + tagged[i]) * 8 + following
    return counts


@borrowing
def _window_columns(where, cues, spans, k, tagged, counts):  # type: ignore[no-untyped-def]
    """The columns that say how the tokens of window k stand to its cue."""
    columns, classes, quotation, sentence_start = where.columns, where.classes, where.quotation, where.sentence_start
    c0, c1 = cues[k, 0], cues[k, 1]
    low, high = spans[k, 0], spans[k, 1]
    sentence = sentence_start[c0]
    head = c1 - 1 if c1 - c0 < 2 or classes[c0, CUE_LEVEL] <= classes[c1 - 1, CUE_LEVEL] else c0
    tag, word = columns[Column.TAG], columns[Column.WORD]
    quote = columns[Column.QUOTE]
    a, b = low + PAD, high + PAD
    columns[Column.CUE, a:b] = word[head + PAD]
    columns[Column.CUE_FINE, a:b] = columns[Column.FINE, c1 - 1 + PAD]
    columns[Column.CUE_TAG, a:b] = tag[c1 - 1 + PAD]
    columns[Column.CUE_RELATION, a:b] = columns[Column.RELATION, c1 - 1 + PAD]
    columns[Column.CUE_NEXT, a:b] = word[c1 + PAD]
    columns[Column.CUE_NEXT_TAG, a:b] = tag[c1 + PAD] * 8 + quote[c1 + PAD]
    columns[Column.CUE_LAST, a:b] = word[c0 - 1 + PAD]
    columns[Column.CUE_LAST_TAG, a:b] = tag[c0 - 1 + PAD] * 8 + quote[c0 - 1 + PAD]
    columns[Column.LEAD, a:b] = quotation[sentence]
    columns[Column.AT_START, a:b] = 1 if c0 - sentence < 3 else 0
    cue_clause = columns[Column.CLAUSE, c1 - 1 + PAD]
    for i in range(low, high):
        j = i + PAD
        if i < c0:
            side, distance, x, y = 0, c0 - i, i + 1, c0
        elif i >= c1:
            side, distance, x, y = 1, i - c1 + 1, c1, i
        else:
            side, distance, x, y = 2, 0, i, i
        between = min(counts[y, _CUES] - counts[x, _CUES], 2)
        closed = min(counts[y, _CLOSED] - counts[x, _CLOSED], 2)
        commas = min(counts[y, _COMMAS] - counts[x, _COMMAS], 4)
        contents = min(counts[y, _CONTENTS] - counts[x, _CONTENTS], 2)
        sources = min(counts[y, _SOURCES] - counts[x, _SOURCES], 2)
        which = 0 if sentence_start[i] == sentence else (1 if i < c0 else 2)
        place = side * 3 + which
        columns[Column.SIDE, j] = place
        columns[Column.ROLE, j] = place * 8 + tagged[i]
        columns[Column.NEAR, j] = near(distance)
        columns[Column.DISTANCE, j] = min(distance, 16)
        columns[Column.DISTANCE_SHORT, j] = min(distance, 6)
        columns[Column.PLACE, j] = distance if distance < 4 else place + 4
        columns[Column.BETWEEN, j] = between
        columns[Column.CLOSED, j] = closed
        columns[Column.COMMAS, j] = commas
        columns[Column.INNER, j] = between * 16 + contents * 4 + sources
        columns[Column.AROUND, j] = ((between * 3 + closed) * 5 + commas) * 9 + contents * 3 + sources
        columns[Column.CLAUSES, j] = (columns[Column.CLAUSE, j] * 8 + cue_clause) * 4 + between
