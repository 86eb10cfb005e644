"""What the linear models know of each token, as columns of numbers, and those of the token itself.

One matrix serves all models of an article: each writes what it found for the next. Columns of the last group say how a
token stands to one cue and are written anew for every cue. A zero is nothing, or beyond the text.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from .hashing import MIX, near
from .jit import compiled
from .segment import ALLCAPS, CAPITAL, LINE, NUMBER, SENTENCE, WORD
from .templates import PAD

Column = IntEnum(
    "Column",
    # the token itself
    "WORD CLASS FINE SHAPE SUFFIX ENDING PREFIX LEVEL BREAKS "
    # its place in sentence and quotation
    "QUOTE QUOTED BEGINS BEGINS_SHORT ENDS FIRST FIRST_QUOTE LAST "
    # grammar
    "TAG LOOK RELATION CLAUSE FIRST_TAG LAST_TAG VERB VERB_TAG VERB_NEAR NEXT_VERB NEXT_VERB_TAG NEXT_VERB_NEAR "
    "NEXT_VERB_RELATION OPENER SINCE CLAUSE_OPENER MAIN_VERB COUNTS "
    # the nearest likely cues
    "BEFORE BEFORE_NEAR BEFORE_RELATION BEFORE_NEXT BEFORE_NEXT_TAG BEFORE_LAST_TAG "
    "AFTER AFTER_NEAR AFTER_RELATION AFTER_NEXT AFTER_NEXT_TAG AFTER_LAST_TAG "
    # how the token stands to one cue
    "LABELS SIDE ROLE NEAR DISTANCE DISTANCE_SHORT PLACE BETWEEN CLOSED COMMAS INNER AROUND CLAUSES "
    "CUE CUE_FINE CUE_TAG CUE_RELATION CUE_NEXT CUE_NEXT_TAG CUE_LAST CUE_LAST_TAG LEAD AT_START",
    start=0,
)
"""FINE: the word's fine class. LEVEL: how often it is a cue. LOOK: tag and shape. SINCE: verbs since the last
connector, at most 2. COUNTS: verbs and commas of the sentence so far, and SINCE. PLACE: the distance where it is short,
else side and whether it is the cue's sentence. AROUND: what lies between token and cue. LEAD: whether the cue's
sentence begins in a quotation."""
COLUMN_NAMES = tuple(column.name.lower() for column in Column)
"""Names of the columns as templates use them."""
N_COLUMNS = len(COLUMN_NAMES)
PART_OF_SPEECH, COARSE, FINE, CAPITAL_LEVEL, CUE_LEVEL = range(5)
"""Columns of a `context.WordTable`, and so of the classes of tokens."""
FAR = 15
"""In place of a distance where there is nothing that it could be the distance of."""
_SHAPE_FLAGS = WORD | CAPITAL | ALLCAPS | NUMBER
_SINGLE, _SENTENCE = 256, 512
_UNKNOWN_CLASS, _UNKNOWN_FINE = 200, 2000
_ENDING, _SUFFIX, _PREFIX = 2, 3, 5
"""Letters of those columns."""
_HASH_STEP = np.uint32(131)
_UPPER = 0xFFDF
"""Leaves ASCII letters without their case."""


@compiled
def token_columns(tokens, classes, quotation, quoted_length, sentence_start, sentence_end):  # type: ignore[no-untyped-def]
    """The matrix, (n_columns, n_tokens + 2 * `PAD`) uint32, with the columns of the token and its place filled in.

    The others hold nothing of meaning before they are written.
    """
    points, start, end, hashes, flags = tokens.points, tokens.start, tokens.end, tokens.hash, tokens.flags
    n = len(hashes)
    columns = np.empty((N_COLUMNS, n + 2 * PAD), np.uint32)
    columns[:, :PAD] = 0
    columns[:, n + PAD :] = 0
    for i in range(n):
        j = i + PAD
        look = flags[i] & _SHAPE_FLAGS
        columns[Column.WORD, j] = np.uint32((hashes[i] * MIX) >> np.uint64(32))
        columns[Column.CLASS, j] = (
            classes[i, PART_OF_SPEECH] + 1 if classes[i, PART_OF_SPEECH] > 0 else _UNKNOWN_CLASS + look
        )
        columns[Column.FINE, j] = classes[i, FINE] + 1 if classes[i, FINE] > 0 else _UNKNOWN_FINE + look
        single = _SINGLE if end[i] - start[i] == 1 else 0
        columns[Column.SHAPE, j] = look + single + (_SENTENCE if flags[i] & SENTENCE else 0)
        columns[Column.LEVEL, j] = classes[i, CUE_LEVEL]
        columns[Column.BREAKS, j] = flags[i] & (LINE | SENTENCE)
        columns[Column.QUOTE, j] = quotation[i]
        columns[Column.QUOTED, j] = near(quoted_length[i])
        begins = near(i - sentence_start[i])
        columns[Column.BEGINS, j] = begins
        columns[Column.BEGINS_SHORT, j] = min(begins, 3)
        columns[Column.ENDS, j] = near(sentence_end[i] - i)
        columns[Column.FIRST_QUOTE, j] = quotation[sentence_start[i]]
    word = columns[Column.WORD]
    for i in range(n):
        columns[Column.FIRST, i + PAD] = word[sentence_start[i] + PAD]
        columns[Column.LAST, i + PAD] = word[sentence_end[i] - 1 + PAD]
        ending = suffix = np.uint32(0)  # both from the last letter on
        for k in range(end[i] - 1, max(start[i], end[i] - _SUFFIX) - 1, -1):
            suffix = np.uint32(suffix * _HASH_STEP + np.uint32(points[k]))
            if k >= end[i] - _ENDING:
                ending = suffix
        prefix = np.uint32(0)
        for k in range(start[i], min(start[i] + _PREFIX, end[i])):
            prefix = np.uint32(prefix * _HASH_STEP + np.uint32(points[k] & _UPPER))
        columns[Column.SUFFIX, i + PAD] = suffix
        columns[Column.ENDING, i + PAD] = ending
        columns[Column.PREFIX, i + PAD] = prefix
    return columns
