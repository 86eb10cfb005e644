"""Part of speech, kind of name, grammatical relation and clause of every token, by two linear models in a row.

The first model tags parts of speech and names from words and word classes. The second reads its tags and says how the
token stands in its sentence (subject, object, verb of a main, reported or relative clause …) and in which kind of
clause it lies. Both were learned once from spaCy's tagger and parser (`training/tagger.py`); no parser runs here. Each
token is decided by itself, so the cost is linear and small.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .chain import EVEN, LANES
from .hashing import bucket as _bucket
from .hashing import near as _near
from .segment import ALLCAPS, CAPITAL, NUMBER, SENTENCE, WORD, Tokens

N_TAG_FEATURES = 17
N_RELATION_FEATURES = 22
WORDS = 4
"""Words in a row: the labels of a model by eights."""

TAGS = tuple("other NN NNS NNP VB VBD VBG VBN VBP VBZ MD IN TO DT JJ RB PRP PRP$ W CC CD POS RP . , : ''".split())
NAMES = ("none", "PERSON", "ORG", "GPE", "misc")
RELATIONS = tuple(
    "other subject root reported complement adverbial relative adnominal conjoined conjoined-reported conjoined-main "
    "auxiliary marker coordination preposition prepositional object attribute modifier apposition adverb punctuation "
    "parataxis".split()
)
CLAUSES = ("main", "reported", "adverbial", "relative", "conjoined", "other")
N_TAGS, N_NAMES, N_RELATIONS, N_CLAUSES = len(TAGS), len(NAMES), len(RELATIONS), len(CLAUSES)
assert max(N_TAGS + N_NAMES, N_RELATIONS + N_CLAUSES) <= WORDS * LANES, "the labels of a model fill its row"
FIRST_VERB, LAST_VERB = TAGS.index("VB"), TAGS.index("MD")
_IN, _W, _CC, _COMMA = (TAGS.index(tag) for tag in ("IN", "W", "CC", ","))


class Tagger(NamedTuple):
    """Weights of both models, as `chain.pack` packs them: (n_buckets, `WORDS`) uint64, n_buckets a power of two."""

    tag_weights: NDArray[np.uint64]
    relation_weights: NDArray[np.uint64]


class Grammar(NamedTuple):
    """What the tagger says of every token; all arrays are (n_tokens,) uint8, numbers into the tuples above."""

    tag: NDArray[np.uint8]
    name: NDArray[np.uint8]
    relation: NDArray[np.uint8]
    clause: NDArray[np.uint8]


def tag_tokens(
    tokens: Tokens,
    classes: NDArray[np.int32],
    quotation: NDArray[np.uint8],
    sentence_start: NDArray[np.int32],
    sentence_end: NDArray[np.int32],
    tagger: Tagger,
) -> Grammar:
    """The grammar of every token; the arrays are those of `context.Context`."""
    tag, name = _tags(tokens, classes, tagger.tag_weights, _mask(len(tagger.tag_weights)), _NO_ROWS)
    relation, clause = _relations(
        tokens.hash, classes, quotation, sentence_start, sentence_end, tag,
        tagger.relation_weights, _mask(len(tagger.relation_weights)), _NO_ROWS,
    )  # fmt: skip
    return Grammar(tag, name, relation, clause)


def tag_features(tokens: Tokens, classes: NDArray[np.int32], n_buckets: int) -> NDArray[np.uint32]:
    """Feature buckets of the first model: (n_tokens, `N_TAG_FEATURES`) uint32."""
    rows = np.empty((len(tokens.hash), N_TAG_FEATURES), np.uint32)
    _tags(tokens, classes, _NO_WEIGHTS, _mask(n_buckets), rows)
    return rows


def relation_features(
    tokens: Tokens,
    classes: NDArray[np.int32],
    quotation: NDArray[np.uint8],
    sentence_start: NDArray[np.int32],
    sentence_end: NDArray[np.int32],
    tag: NDArray[np.uint8],
    n_buckets: int,
) -> NDArray[np.uint32]:
    """Feature buckets of the second model: (n_tokens, `N_RELATION_FEATURES`) uint32."""
    rows = np.empty((len(tokens.hash), N_RELATION_FEATURES), np.uint32)
    _relations(tokens.hash, classes, quotation, sentence_start, sentence_end, tag, _NO_WEIGHTS, _mask(n_buckets), rows)
    return rows


def _mask(n_buckets: int) -> np.uint64:
    return np.uint64(n_buckets - 1)


_NO_ROWS = np.empty((0, 0), np.uint32)
_NO_WEIGHTS = np.zeros((0, WORDS), np.uint64)


@njit(cache=True, nogil=True)
def decide(features: Any, weights: Any, n_first: int, n_second: int) -> Any:
    """The best label of each of the two groups of labels for every token: two (n_tokens,) uint8."""
    n = len(features)
    first = np.empty(n, np.uint8)
    second = np.empty(n, np.uint8)
    score = np.empty(WORDS * LANES, np.int64)
    for i in range(n):
        _add_row(features[i], weights, score)
        first[i] = _best(score, 0, n_first)
        second[i] = _best(score, n_first, n_first + n_second)
    return first, second


@njit(inline="always")
def _add_row(row, weights, score):  # type: ignore[no-untyped-def]
    """The sums of all labels over the features of one token, each with the same constant added."""
    e0 = e1 = e2 = e3 = o0 = o1 = o2 = o3 = np.uint64(0)
    for k in range(len(row)):
        b = row[k]
        e0 += weights[b, 0] & EVEN
        o0 += (weights[b, 0] >> np.uint64(8)) & EVEN
        e1 += weights[b, 1] & EVEN
        o1 += (weights[b, 1] >> np.uint64(8)) & EVEN
        e2 += weights[b, 2] & EVEN
        o2 += (weights[b, 2] >> np.uint64(8)) & EVEN
        e3 += weights[b, 3] & EVEN
        o3 += (weights[b, 3] >> np.uint64(8)) & EVEN
    for y in range(4):
        shift = np.uint64(16 * y)
        score[2 * y] = (e0 >> shift) & np.uint64(0xFFFF)
        score[2 * y + 1] = (o0 >> shift) & np.uint64(0xFFFF)
        score[8 + 2 * y] = (e1 >> shift) & np.uint64(0xFFFF)
        score[9 + 2 * y] = (o1 >> shift) & np.uint64(0xFFFF)
        score[16 + 2 * y] = (e2 >> shift) & np.uint64(0xFFFF)
        score[17 + 2 * y] = (o2 >> shift) & np.uint64(0xFFFF)
        score[24 + 2 * y] = (e3 >> shift) & np.uint64(0xFFFF)
        score[25 + 2 * y] = (o3 >> shift) & np.uint64(0xFFFF)


@njit(inline="always")
def _best(score, first, last):  # type: ignore[no-untyped-def]
    best = first
    for y in range(first + 1, last):
        if score[y] > score[best]:
            best = y
    return best - first


@njit(cache=True, nogil=True)
def _tags(tokens, classes, weights, mask, rows):  # type: ignore[no-untyped-def]
    """Tags and names of all tokens; where there are rows to fill, their features instead."""
    points, start, end, hashes, flags = tokens.points, tokens.start, tokens.end, tokens.hash, tokens.flags
    n = len(hashes)
    found = np.zeros(n, np.uint8)
    named = np.zeros(n, np.uint8)
    score = np.empty(WORDS * LANES, np.int64)
    row = np.empty(N_TAG_FEATURES, np.uint32)
    pad = 2
    word = np.zeros(n + 2 * pad, np.uint64)
    tag = np.zeros(n + 2 * pad, np.uint64)
    fine = np.zeros(n + 2 * pad, np.uint64)
    shape = np.zeros(n + 2 * pad, np.uint64)
    for i in range(n):
        s = np.uint64(flags[i] & (WORD | CAPITAL | ALLCAPS | NUMBER))
        word[i + pad] = hashes[i]
        tag[i + pad] = np.uint64(classes[i, 0] + 1) if classes[i, 0] > 0 else np.uint64(200) + s
        fine[i + pad] = np.uint64(classes[i, 2] + 1) if classes[i, 2] > 0 else np.uint64(2000) + s
        if end[i] - start[i] == 1:
            s |= np.uint64(256)
        if flags[i] & SENTENCE:
            s |= np.uint64(512)
        shape[i + pad] = s
    for i in range(n):
        j = i + pad
        w, t, s = word[j], tag[j], shape[j]
        suffix = np.uint64(0)
        for k in range(max(start[i], end[i] - 3), end[i]):
            suffix = suffix * np.uint64(131) + np.uint64(points[k] & 0xFFFF)
        ending = np.uint64(0)
        for k in range(max(start[i], end[i] - 2), end[i]):
            ending = ending * np.uint64(131) + np.uint64(points[k] & 0xFFFF)
        row[0] = _bucket(0, w, s, mask)
        row[1] = _bucket(1, word[j - 1], w, mask)
        row[2] = _bucket(2, w, word[j + 1], mask)
        row[3] = _bucket(3, word[j - 1], word[j + 1], mask)
        row[4] = _bucket(4, word[j - 2], word[j - 1], mask)
        row[5] = _bucket(5, word[j + 1], word[j + 2], mask)
        row[6] = _bucket(6, suffix, s, mask)
        row[7] = _bucket(7, ending * np.uint64(4096) + tag[j - 1], s, mask)
        row[8] = _bucket(8, t, s, mask)
        row[9] = _bucket(9, t, tag[j - 1] * np.uint64(1024) + tag[j + 1], mask)
        row[10] = _bucket(10, t, tag[j - 2] * np.uint64(1024) + tag[j - 1], mask)
        row[11] = _bucket(11, t, tag[j + 1] * np.uint64(1024) + tag[j + 2], mask)
        row[12] = _bucket(12, fine[j - 1], fine[j], mask)
        row[13] = _bucket(13, fine[j], fine[j + 1], mask)
        row[14] = _bucket(14, word[j - 1], t, mask)
        row[15] = _bucket(15, t, word[j + 1], mask)
        row[16] = _bucket(16, s, shape[j - 1] * np.uint64(4096) + shape[j + 1], mask)
        if len(rows):
            rows[i] = row
        else:
            _add_row(row, weights, score)
            found[i] = _best(score, 0, N_TAGS)
            named[i] = _best(score, N_TAGS, N_TAGS + N_NAMES)
    return found, named


@njit(cache=True, nogil=True)
def _relations(  # type: ignore[no-untyped-def]
    hashes, classes, quotation, sentence_start, sentence_end, tag, weights, mask, rows
):
    """Relations and clauses of all tokens; where there are rows to fill, their features instead."""
    n = len(hashes)
    found = np.zeros(n, np.uint8)
    within = np.zeros(n, np.uint8)
    score = np.empty(WORDS * LANES, np.int64)
    row = np.empty(N_RELATION_FEATURES, np.uint32)
    pad = 3
    p = np.zeros(n + 2 * pad, np.uint64)
    word = np.zeros(n + 2 * pad, np.uint64)
    for i in range(n):
        p[i + pad] = tag[i] + 1
        word[i + pad] = hashes[i]
    # The verbs around each token, and the word that opened the clause it stands in, are found in two sweeps.
    verb_after = np.full(n, -1, np.int32)
    following = -1
    for i in range(n - 1, -1, -1):
        if i + 1 == sentence_end[i]:
            following = -1
        verb_after[i] = following
        if FIRST_VERB <= tag[i] <= LAST_VERB:
            following = i
    verb = -1
    first_verb = -1
    opener = np.uint64(0)  # the last connector before the token
    clause_opener = np.uint64(0)  # the last connector before the last verb
    since = 0  # verbs since the last connector
    verbs = 0
    commas = 0
    for i in range(n):
        j = i + pad
        start = sentence_start[i]
        if start == i:
            verb = -1
            first_verb = -1
            opener = np.uint64(0)
            clause_opener = np.uint64(0)
            since = verbs = commas = 0
        w, t = word[j], p[j]
        q = np.uint64(quotation[i])
        before_word = hashes[verb] if verb >= 0 else np.uint64(1)
        before_tag = p[verb + pad] if verb >= 0 else np.uint64(0)
        after = verb_after[i]
        after_word = hashes[after] if after >= 0 else np.uint64(1)
        after_tag = p[after + pad] if after >= 0 else np.uint64(0)
        head_word = hashes[first_verb] if first_verb >= 0 else np.uint64(1)
        count = np.uint64(min(verbs, 3) * 16 + min(commas, 3) * 4 + min(since, 2))
        fine = np.uint64(classes[i, 2])
        row[0] = _bucket(20, w, t, mask)
        row[1] = _bucket(21, t, p[j - 1] * np.uint64(64) + p[j + 1], mask)
        row[2] = _bucket(22, t, p[j - 1] * np.uint64(64) + p[j - 2], mask)
        row[3] = _bucket(23, t, p[j + 1] * np.uint64(64) + p[j + 2], mask)
        row[4] = _bucket(24, t, (p[j - 1] * np.uint64(64) + p[j - 2]) * np.uint64(64) + p[j - 3], mask)
        row[5] = _bucket(25, t, (p[j + 1] * np.uint64(64) + p[j + 2]) * np.uint64(64) + p[j + 3], mask)
        row[6] = _bucket(26, t, word[j - 1], mask)
        row[7] = _bucket(27, t, word[j + 1], mask)
        row[8] = _bucket(28, t, before_word, mask)
        row[9] = _bucket(29, t, before_tag * np.uint64(16) + np.uint64(_near(i - verb) if verb >= 0 else 15), mask)
        row[10] = _bucket(30, t, after_word, mask)
        row[11] = _bucket(31, t, after_tag * np.uint64(16) + np.uint64(_near(after - i) if after >= 0 else 15), mask)
        row[12] = _bucket(32, t, opener * np.uint64(4) + np.uint64(min(since, 2)), mask)
        row[13] = _bucket(33, t * np.uint64(64) + p[start + pad], hashes[start], mask)
        row[14] = _bucket(34, t, count, mask)
        row[15] = _bucket(35, t, q * np.uint64(8) + np.uint64(quotation[i - 1] if i > start else 5), mask)
        row[16] = _bucket(36, before_word * np.uint64(4) + np.uint64(min(since, 2)), opener, mask)
        row[17] = _bucket(37, t, head_word, mask)
        row[18] = _bucket(38, fine, t, mask)
        row[19] = _bucket(39, t, clause_opener * np.uint64(4) + np.uint64(min(since, 2)), mask)
        row[20] = _bucket(40, clause_opener, before_word, mask)
        row[21] = _bucket(41, t * np.uint64(64) + after_tag, before_word * np.uint64(4) + q, mask)
        if len(rows):
            rows[i] = row
        else:
            _add_row(row, weights, score)
            found[i] = _best(score, 0, N_RELATIONS)
            within[i] = _best(score, N_RELATIONS, N_RELATIONS + N_CLAUSES)
        if tag[i] == _IN or tag[i] == _W or tag[i] == _CC:
            opener = w
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
    return found, within
