"""Part of speech, kind of name, grammatical relation and clause of every token, by two linear models in a row.

The first model tags parts of speech and names from words and word classes. The second reads its tags and says how the
token stands in its sentence (subject, object, verb of a main, reported or relative clause …) and in which kind of
clause it lies. Both were learned once from spaCy's tagger and parser (`training/tagger.py`); no parser runs here. Each
token is decided by itself, so the cost is linear and small.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import COLUMN_NAMES, FAR, Column
from .hashing import near
from .jit import borrowing, compiled, inlined
from .sums import best_of_32, sums_of_32
from .templates import BLOCK, PAD, all_buckets, fill_buckets, templates

LANES = 32
"""Labels in a row of weights, all of both groups of a model together."""

TAGS = tuple("other NN NNS NNP VB VBD VBG VBN VBP VBZ MD IN TO DT JJ RB PRP PRP$ W CC CD POS RP . , : ''".split())
NAMES = ("none", "PERSON", "ORG", "GPE", "misc")
RELATIONS = tuple(
    "other subject root reported complement adverbial relative adnominal conjoined conjoined-reported conjoined-main "
    "auxiliary marker coordination preposition prepositional object attribute modifier apposition adverb punctuation "
    "parataxis".split()
)
CLAUSES = ("main", "reported", "adverbial", "relative", "conjoined", "other")
N_TAGS, N_NAMES, N_RELATIONS, N_CLAUSES = len(TAGS), len(NAMES), len(RELATIONS), len(CLAUSES)
assert max(N_TAGS + N_NAMES, N_RELATIONS + N_CLAUSES) <= LANES, "the labels of a model fill its row"
FIRST_VERB, LAST_VERB = TAGS.index("VB"), TAGS.index("MD")
_IN, _W, _CC, _COMMA = (TAGS.index(tag) for tag in ("IN", "W", "CC", ","))

TAG_TEMPLATES = templates(
    """
    word shape
    word-1 word
    word word+1
    word-1 word+1
    word-2 word-1
    word+1 word+2
    suffix shape
    ending class-1 shape
    class shape
    class-1 class class+1
    class-2 class-1 class
    class class+1 class+2
    fine-1 fine
    fine fine+1
    word-1 class
    class word+1
    shape-1 shape shape+1
    """,
    COLUMN_NAMES,
)
RELATION_TEMPLATES = templates(
    """
    word tag
    tag-1 tag tag+1
    tag-2 tag-1 tag
    tag tag+1 tag+2
    tag-3 tag-2 tag-1 tag
    tag tag+1 tag+2 tag+3
    word-1 tag
    tag word+1
    tag verb
    tag verb_tag verb_near
    tag next_verb
    tag next_verb_tag next_verb_near
    tag opener since
    tag first first_tag
    tag counts
    tag quote-1 quote
    verb since opener
    tag main_verb
    tag fine
    tag clause_opener since
    clause_opener verb
    tag next_verb_tag verb quote
    """,
    COLUMN_NAMES,
)


class Tagger(NamedTuple):
    """Weights of both models, as `chain.pack` packs them: (n_buckets, `LANES`) uint8, n_buckets a power of two."""

    tag_weights: NDArray[np.uint8]
    relation_weights: NDArray[np.uint8]


class Grammar(NamedTuple):
    """What the tagger says of every token; all arrays are (n_tokens,) uint8, numbers into the tuples above."""

    tag: NDArray[np.uint8]
    name: NDArray[np.uint8]
    relation: NDArray[np.uint8]
    clause: NDArray[np.uint8]


def tag_features(columns: NDArray[np.uint32], n_buckets: int) -> NDArray[np.uint32]:
    """Feature buckets of the first model: (n_tokens, n_templates) uint32."""
    return all_buckets(columns, TAG_TEMPLATES, n_buckets)


def relation_features(
    columns: NDArray[np.uint32],
    sentence_start: NDArray[np.int32],
    sentence_end: NDArray[np.int32],
    tag: NDArray[np.uint8],
    n_buckets: int,
) -> NDArray[np.uint32]:
    """Feature buckets of the second model: (n_tokens, n_templates) uint32. The columns of tags are written."""
    _verb_columns(columns, tag, sentence_start, sentence_end)
    return all_buckets(columns, RELATION_TEMPLATES, n_buckets)


@compiled
def decide(features: Any, table: Any, n_first: int, n_second: int) -> Any:
    """The best label of each of the two groups of labels for every token: two (n_tokens,) uint8.

    features: (n_features, n_tokens) buckets; table: (n_buckets, `LANES`) uint8, contiguous.
    """
    features = np.ascontiguousarray(features)
    n = features.shape[1]
    first = np.empty(n, np.uint8)
    second = np.empty(n, np.uint8)
    _decide(features, n, table, n_first, n_second, np.empty((n, LANES), np.uint16), first, second)
    return first, second


@inlined
def _decide(features, n, table, n_first, n_second, sums, first, second):  # type: ignore[no-untyped-def]
    """`decide` for the first n tokens, into arrays that are there; sums: (at least n, `LANES`) uint16."""
    sums_of_32(table, features, n, sums)
    for i in range(n):
        first[i] = best_of_32(sums, i, 0, n_first)
        second[i] = best_of_32(sums, i, n_first, n_first + n_second)


@compiled
def tag_tokens(columns, sentence_start, sentence_end, tagger):  # type: ignore[no-untyped-def]
    """The `Grammar` of every token, written into the columns as well (`columns.token_columns`)."""
    n = len(sentence_start)
    tag, name = np.empty(n, np.uint8), np.empty(n, np.uint8)
    relation, clause = np.empty(n, np.uint8), np.empty(n, np.uint8)
    _label(columns, TAG_TEMPLATES, tagger.tag_weights, N_TAGS, N_NAMES, tag, name)
    _verb_columns(columns, tag, sentence_start, sentence_end)
    _label(columns, RELATION_TEMPLATES, tagger.relation_weights, N_RELATIONS, N_CLAUSES, relation, clause)
    following = -1
    for i in range(n - 1, -1, -1):
        if i + 1 == sentence_end[i]:
            following = -1
        columns[Column.RELATION, i + PAD] = relation[i] + 1
        columns[Column.CLAUSE, i + PAD] = clause[i] + 1
        columns[Column.NEXT_VERB_RELATION, i + PAD] = relation[following] + 1 if following >= 0 else 0
        if FIRST_VERB <= tag[i] <= LAST_VERB:
            following = i
    return Grammar(tag, name, relation, clause)


@inlined
def _label(columns, table, weights, n_first, n_second, first, second):  # type: ignore[no-untyped-def]
    n = len(first)
    buckets = np.empty((len(table), BLOCK), np.uint32)
    sums = np.empty((BLOCK, LANES), np.uint16)
    mask = np.uint32(len(weights) - 1)
    for low in range(0, n, BLOCK):
        high = min(n, low + BLOCK)
        fill_buckets(columns, table, low, high, mask, buckets)
        _decide(buckets, high - low, weights, n_first, n_second, sums, first[low:high], second[low:high])


@borrowing
def _verb_columns(columns, tag, sentence_start, sentence_end):  # type: ignore[no-untyped-def]
    """The columns of tags, and of the verbs and connectors around each token, found in two sweeps."""
    n = len(tag)
    word = columns[Column.WORD]
    for i in range(n):
        columns[Column.TAG, i + PAD] = tag[i] + 1
        columns[Column.LOOK, i + PAD] = (tag[i] + 1) * 32 + (columns[Column.SHAPE, i + PAD] & 31)
    following = -1
    for i in range(n - 1, -1, -1):
        j = i + PAD
        if i + 1 == sentence_end[i]:
            following = -1
        columns[Column.NEXT_VERB, j] = word[following + PAD] if following >= 0 else 1
        columns[Column.NEXT_VERB_TAG, j] = tag[following] + 1 if following >= 0 else 0
        columns[Column.NEXT_VERB_NEAR, j] = near(following - i) if following >= 0 else FAR
        if FIRST_VERB <= tag[i] <= LAST_VERB:
            following = i
    verb = first_verb = -1
    opener = clause_opener = np.uint32(0)  # the last connector before the token, and before the last verb
    since = verbs = commas = 0  # verbs since the last connector, in the sentence; its commas
    for i in range(n):
        j = i + PAD
        start = sentence_start[i]
        if start == i:
            verb = first_verb = -1
            opener = clause_opener = np.uint32(0)
            since = verbs = commas = 0
        columns[Column.FIRST_TAG, j] = tag[start] + 1
        columns[Column.LAST_TAG, j] = tag[sentence_end[i] - 1] + 1
        columns[Column.VERB, j] = word[verb + PAD] if verb >= 0 else 1
        columns[Column.VERB_TAG, j] = tag[verb] + 1 if verb >= 0 else 0
        columns[Column.VERB_NEAR, j] = near(i - verb) if verb >= 0 else FAR
        columns[Column.MAIN_VERB, j] = word[first_verb + PAD] if first_verb >= 0 else 1
        columns[Column.OPENER, j] = opener
        columns[Column.CLAUSE_OPENER, j] = clause_opener
        columns[Column.SINCE, j] = min(since, 2)
        columns[Column.COUNTS, j] = min(verbs, 3) * 16 + min(commas, 3) * 4 + min(since, 2)
        if tag[i] == _IN or tag[i] == _W or tag[i] == _CC:
            opener = word[j]
            since = 0
        elif tag[i] == _COMMA:
            commas += 1
        if FIRST_VERB <= tag[i] <= LAST_VERB:
            if verb != i - 1:  # not within "has been said"
                clause_opener = opener
                verbs += 1
                since += 1
            verb = i
            if first_verb < 0:
                first_verb = i
