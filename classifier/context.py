"""What surrounds each token: word classes, quotation state, sentence bounds, nearest likely cues, grammar."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import CUE_LEVEL, token_columns
from .hashing import first_slot
from .jit import compiled, maker
from .segment import (
    LINE,
    MARK_CLOSE,
    MARK_OPEN,
    MARK_SINGLE,
    MARK_SINGLE_OPEN,
    MARK_STRAIGHT,
    SENTENCE,
)
from .tagger import tag_tokens

OUTSIDE, INSIDE, OPENING, CLOSING = range(4)
_MOST_STEPS = 1000
"""So far from its place a word may stand: hashes that were chosen to collide would take quadratic time."""


class WordTable(NamedTuple):
    """What is known of words: an open-addressing table from token hash to a row of small numbers.

    keys: (n_slots,) uint64, 0 where empty; n_slots is a power of two, more than the words and a quarter of them.
    rows: (n_slots, 5) int16, its columns `PART_OF_SPEECH` … `CUE_LEVEL`: part-of-speech class, coarse cluster, fine
    cluster, how often the word is capitalized within a sentence (0 unknown, 1 seldom, 2 at times, 3 mostly), how often
    it is a cue (0 … 3 mostly).
    """

    keys: NDArray[np.uint64]
    rows: NDArray[np.int16]


def word_table(hashes: NDArray[np.uint64], rows: NDArray[np.int16]) -> WordTable:
    """The table of these words, in the order given (put frequent words first: they are found at their first slot)."""
    size = 1 << max(4, (len(hashes) + len(hashes) // 4).bit_length())
    keys = np.zeros(size, np.uint64)
    table = np.zeros((size, rows.shape[1]), np.int16)
    if not _insert(keys, table, hashes, rows):
        raise ValueError(f"more than {_MOST_STEPS} words of the word table share a place")
    return WordTable(keys, table)


class Context(NamedTuple):
    """Per token: word classes, grammar, its place in sentence and quotation. All arrays are (n_tokens,)."""

    classes: NDArray[np.int16]
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
    tag: NDArray[np.uint8]
    name: NDArray[np.uint8]
    relation: NDArray[np.uint8]
    clause: NDArray[np.uint8]
    """What the tagger says of the token (`tagger.Grammar`)."""
    columns: NDArray[np.uint32]
    """(n_columns, n_tokens + 2 * `templates.PAD`): what the linear models read (`columns.Column`)."""


@compiled
def context(tokens, words, tagger):  # type: ignore[no-untyped-def]
    """The `Context`: word classes, quotation state, sentence bounds, nearest likely cues and grammar of every token.

    words: a `WordTable`; tagger: a `Tagger`.
    """
    classes = _classes(tokens.hash, words.keys, words.rows)
    quotation, quoted_length = _quotations(tokens.flags, tokens.mark)
    start, end, before, after = _sentences(tokens.flags, quotation, classes)
    columns = token_columns(tokens, classes, quotation, quoted_length, start, end)
    tag, name, relation, clause = tag_tokens(columns, start, end, tagger)
    return Context(classes, quotation, quoted_length, start, end, before, after, tag, name, relation, clause, columns)


@compiled
def _insert(keys, table, hashes, rows):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(keys) - 1)
    for i in range(len(hashes)):
        slot = first_slot(hashes[i], mask)
        steps = 0
        while keys[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
            steps += 1
            if steps > _MOST_STEPS:
                return False
        keys[slot] = hashes[i]
        table[slot] = rows[i]
    return True


@maker
def _classes(hashes, keys, rows):  # type: ignore[no-untyped-def]
    """Rows of the word table: (n_tokens, 5) int16."""
    n = len(hashes)
    classes = np.zeros((n, rows.shape[1]), np.int16)
    mask = np.uint64(len(keys) - 1)
    for i in range(n):
        slot = first_slot(hashes[i], mask)
        while keys[slot] != 0:
            if keys[slot] == hashes[i]:
                for k in range(rows.shape[1]):
                    classes[i, k] = rows[slot, k]
                break
            slot = (slot + np.uint64(1)) & mask
    return classes


@maker
def _quotations(flags, mark):  # type: ignore[no-untyped-def]
    """Whether each token stands in a quotation, and the length of that."""
    n = len(flags)
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
    return quotation, quoted_length


@maker
def _sentences(flags, quotation, classes):  # type: ignore[no-untyped-def]
    """First token of each token's sentence and one past the last, and the nearest likely cues in it."""
    n = len(flags)
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
    return sentence_start, sentence_end, cue_before, cue_after
