"""The first pass over quotes: what its chain sees of a token: words, grammar, quotation state, nearest likely cues."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .chain import LANES, add_rows
from .columns import COLUMN_NAMES, FAR, Column
from .context import Context
from .hashing import near
from .jit import borrowing, compiled, inlined
from .sums import MOST_ROWS
from .templates import BLOCK, PAD, all_buckets, fill_buckets, templates

TAGS = ("O", "B-content", "I-content", "B-cue", "I-cue", "B-source", "I-source")
TAG_B_CONTENT, TAG_I_CONTENT, TAG_B_CUE, TAG_I_CUE, TAG_B_SOURCE, TAG_I_SOURCE = range(1, len(TAGS))
"""Labels of the first pass, which are not those of the second (`links.LINK_TAGS`)."""

TOKEN_TEMPLATES = templates(
    """
    word
    word-1
    word+1
    word-1 word
    word word+1
    word-2 word-1
    word+1 word+2
    tag-1 tag tag+1
    tag-2 tag-1 tag
    tag tag+1 tag+2
    fine-1 fine
    fine fine+1
    shape-1 shape shape+1
    quote-1 quote quote+1
    quote word
    quote tag-1 tag
    quote quoted
    quote before_near before
    quote after_near after
    before after
    before word
    after word
    quote before_near after_near
    begins quote
    ends quote
    first begins_short
    first_quote quote after
    before tag
    after tag
    quote after_last_tag after_next_tag
    after_near after_next first_quote
    quote before_last_tag before_next_tag
    before_near before_next first_quote
    last last_tag first_quote
    level quote
    level tag-1 tag+1
    word shape
    relation-1 relation relation+1
    clause-1 clause clause+1 quote
    relation word
    relation clause tag
    clause relation quote before_near
    clause relation quote after_near
    clause before_relation before
    clause after_relation after
    prefix tag
    prefix quote tag+1
    relation next_verb_relation next_verb_near
    tag clause next_verb_relation next_verb_tag
    level-1 level level+1
    level word
    level relation clause
    level fine
    level tag relation
    level quote-1 quote+1
    level verb_near next_verb_near
    relation-2 relation-1 relation
    relation relation+1 relation+2
    relation-1 relation tag
    tag relation relation+1
    clause-2 clause-1 clause
    clause clause+1 clause+2
    relation-1 word
    relation+1 word
    relation word-1
    relation word+1
    clause word
    """,
    COLUMN_NAMES,
)
assert len(TOKEN_TEMPLATES) <= MOST_ROWS
_BEFORE, _AFTER = int(Column.BEFORE), int(Column.AFTER)
_SIX = ("", "_near", "_relation", "_next", "_next_tag", "_last_tag")
assert all(
    COLUMN_NAMES[first : first + 6] == tuple(name + end for end in _SIX)
    for first, name in ((_BEFORE, "before"), (_AFTER, "after"))
)


def token_features(where: Context, n_buckets: int) -> NDArray[np.uint32]:
    """Feature buckets of every token: (n_tokens, n_templates) uint32; `n_buckets` is a power of two."""
    _cue_columns(where.columns, where.cue_before, where.cue_after)
    return all_buckets(where.columns, TOKEN_TEMPLATES, n_buckets)


@compiled
def token_scores(where, weights):  # type: ignore[no-untyped-def]
    """Emission scores of every token, (n_tokens, `LANES`) float32, without keeping the features.

    where: a `Context`; weights: `Packed`.
    """
    columns, table, scale = where.columns, weights.table, np.float32(weights.scale)
    _cue_columns(columns, where.cue_before, where.cue_after)
    n = len(where.cue_before)
    scores = np.empty((n, LANES), np.float32)
    buckets = np.empty((len(TOKEN_TEMPLATES), BLOCK), np.uint32)
    sums = np.empty((BLOCK, LANES), np.uint16)
    mask = np.uint32(len(table) - 1)
    for low in range(0, n, BLOCK):
        high = min(n, low + BLOCK)
        fill_buckets(columns, TOKEN_TEMPLATES, low, high, mask, buckets)
        add_rows(buckets, high - low, table, scale, sums, scores[low:high])
    return scores


@borrowing
def _cue_columns(columns, cue_before, cue_after):  # type: ignore[no-untyped-def]
    """The columns of the nearest likely cues of each token."""
    for i in range(len(cue_before)):
        _one_cue(columns, _BEFORE, i, cue_before[i], i - cue_before[i])
        _one_cue(columns, _AFTER, i, cue_after[i], cue_after[i] - i)


@inlined
def _one_cue(columns, first, i, cue, distance):  # type: ignore[no-untyped-def]
    """The six columns from `first` on: a cue, how near it is, its relation, what stands after it and before it."""
    j, a = i + PAD, cue + PAD
    there = cue >= 0
    columns[first, j] = columns[Column.WORD, a] if there else 1
    columns[first + 1, j] = near(distance) if there else FAR
    columns[first + 2, j] = columns[Column.RELATION, a] if there else 0
    columns[first + 3, j] = columns[Column.WORD, a + 1] if there else 0
    columns[first + 4, j] = columns[Column.TAG, a + 1] if there else 0
    columns[first + 5, j] = columns[Column.TAG, a - 1] if there else 0
