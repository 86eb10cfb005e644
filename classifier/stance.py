"""Stance: a linear model over TF-IDF features of what an actor is quoted as saying, crossed with the topic.

All quotes of an actor are pooled into one vector of four blocks, each scaled to a length: what is said (words and
pairs of words, marked where a negation stands before them), the classes of these words, how it is said (the cues), and
who says it (the words of the source: "prosecutors", "his lawyer"). Names of persons are left out, so that a name cannot
move a stance. Every feature has one weight for all topics and one more for each topic (after Daumé 2007), so a topic is
only data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topic_stance.data.records import STANCES, Stance

from .actors import Entity
from .context import CAPITAL_LEVEL, COARSE, FINE, Context
from .hashing import MIX as _MIX
from .lexicon import titles
from .quotes import FoundQuote
from .segment import CAPITAL, SENTENCE, WORD, Tokens, token_hash

SAID, CLASSES, CUED, SOURCE = range(4)
N_BLOCKS = 4
_CUE = np.uint64(0xC2B2AE3D27D4EB4F)
_NEGATED = 0xABCDEF123457
_SCOPE = 40
"""A negation reaches to the next full stop, comma aside, and at most so many words."""


class StanceHead(NamedTuple):
    """The learned part.

    keys: (n_features,) uint64, sorted; idf: (n_features,) float32.
    weights: (n_features, 1 + n_topics, 3) float32, shared first; bias: (n_topics, 3) float32.
    block_scale: (N_BLOCKS,) float32. temperature: (n_topics,) float32, of the softmax.
    """

    topics: tuple[str, ...]
    keys: NDArray[np.uint64]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    block_scale: NDArray[np.float32]
    temperature: NDArray[np.float32]


class RawFeatures(NamedTuple):
    """Hashed features of one actor with repetitions, and where each comes from.

    key: (n,) uint64; block: (n,) uint8; token: (n,) int32, the last token of the feature's words, -1 where it has none.
    """

    key: NDArray[np.uint64]
    block: NDArray[np.uint8]
    token: NDArray[np.int32]


def actor_features(tokens: Tokens, where: Context, quotes: Sequence[FoundQuote], entity: Entity | None) -> RawFeatures:
    """The features of an actor from its quotes, in text order."""
    contents = np.array([span for quote in quotes for span in quote.content] or [(0, 0)], np.int32)
    cues = np.array([quote.cue for quote in quotes if quote.cue] or [(0, 0)], np.int32)
    sources = np.array([quote.source for quote in quotes if quote.source] or [(0, 0)], np.int32)
    key, block, token = _features(tokens.hash, tokens.flags, where.classes, contents, cues, sources, _NEGATIONS, _STOPS)
    offices = [word.lower() for word in entity.title if word.lower() in titles()] if entity is not None else []
    if offices:  # the office alone: a nationality in a title must not move a stance
        office_keys = np.array([token_hash("title " + word) for word in offices], np.uint64)
        key = np.concatenate((key, office_keys))
        block = np.concatenate((block, np.full(len(office_keys), SOURCE, np.uint8)))
        token = np.concatenate((token, np.full(len(office_keys), -1, np.int32)))
    return RawFeatures(key, block, token)


def vector(raw: RawFeatures, head: StanceHead) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Known features and their values: sublinear TF-IDF, each block scaled to its length."""
    found: tuple[NDArray[np.int64], NDArray[np.float32]] = _vector(
        raw.key, raw.block, head.keys, head.idf, head.block_scale
    )
    return found


def negated_word(word: int) -> int:
    """The key of a word, given its hash, that is said within the reach of a negation."""
    return (word ^ _NEGATED) * int(_MIX) % (1 << 64)


def cue_word(word: int) -> int:
    """The key of a word, given its hash, in a cue."""
    return word * int(_CUE) % (1 << 64)


def stance_scores(raw: RawFeatures, head: StanceHead) -> NDArray[np.float32]:
    """Calibrated log-odds of `STANCES` towards each topic: (n_topics, 3) float32."""
    place, values = vector(raw, head)
    scores: NDArray[np.float32] = _scores(place, values, head.weights, head.bias, head.temperature)
    return scores


def find_stances(
    tokens: Tokens,
    where: Context,
    quotes: Sequence[FoundQuote],
    entity: Entity | None,
    topics: Sequence[str],
    head: StanceHead,
) -> list[Stance]:
    """The stance of one actor towards each of an article's topics, with its probability."""
    if not topics:
        return []
    scores = stance_scores(actor_features(tokens, where, quotes, entity), head).tolist()
    found = []
    for topic in topics:
        of_topic = scores[head.topics.index(topic)]
        best = max(range(3), key=of_topic.__getitem__)
        share = 1.0 / sum(math.exp(score - of_topic[best]) for score in of_topic)
        found.append(Stance(topic, STANCES[best], round(share, 4)))
    return found


@njit(cache=True, nogil=True)
def _features(hashes, flags, classes, contents, cues, sources, negations, stops):  # type: ignore[no-untyped-def]
    size = 16
    for spans in (contents, cues, sources):
        for k in range(len(spans)):
            size += 5 * (spans[k, 1] - spans[k, 0]) + 2
    key = np.empty(size, np.uint64)
    block = np.empty(size, np.uint8)
    token = np.empty(size, np.int32)
    n = 0
    for k in range(len(contents)):
        scope = 0
        last = np.uint64(0)
        for i in range(contents[k, 0], contents[k, 1]):
            if not flags[i] & WORD:
                if _in(stops, hashes[i]):
                    scope = 0
                    last = np.uint64(0)
                continue
            word = hashes[i]
            if flags[i] & CAPITAL and classes[i, CAPITAL_LEVEL] != 1:
                # A name: its class tells a country from a person without telling which one
                word = np.uint64(classes[i, COARSE] + 7) * _MIX
            negated = np.uint64(1 if scope > 0 else 0)
            mixed = (word ^ (negated * np.uint64(_NEGATED))) * _MIX
            for part in range(3):
                if part == 0:
                    value = mixed
                elif part == 1:
                    if last == 0:
                        continue
                    value = (last * np.uint64(31) ^ mixed) * _MIX
                else:
                    if classes[i, FINE] == 0:
                        continue
                    value = (np.uint64(classes[i, FINE]) * np.uint64(4) + negated + np.uint64(2)) * np.uint64(
                        0xD6E8FEB86659FD93
                    )
                key[n] = value ^ np.uint64(part)
                block[n] = SAID if part < 2 else CLASSES
                token[n] = i
                n += 1
            last = mixed
            if _in(negations, hashes[i]):
                scope = _SCOPE
            elif scope > 0:
                scope -= 1
    for k in range(len(cues)):
        whole = np.uint64(99)
        for i in range(cues[k, 0], cues[k, 1]):
            if not flags[i] & WORD:
                continue
            whole = (whole ^ hashes[i]) * _MIX
            key[n] = hashes[i] * _CUE
            block[n] = CUED
            token[n] = i
            n += 1
            if classes[i, FINE]:
                key[n] = np.uint64(classes[i, FINE] + 100000) * _CUE
                block[n] = CUED
                token[n] = i
                n += 1
        if cues[k, 1] - cues[k, 0] > 1:
            key[n] = whole
            block[n] = CUED
            token[n] = cues[k, 1] - 1
            n += 1
    for k in range(len(sources)):
        for i in range(sources[k, 0], sources[k, 1]):
            # A capital makes a title, a nationality or a name (offices come from the lexicon), at the start of a
            # sentence only where the word has one elsewhere, too
            opens = flags[i] & SENTENCE and classes[i, CAPITAL_LEVEL] == 1
            if not flags[i] & WORD or (flags[i] & CAPITAL and not opens):
                continue
            key[n] = hashes[i] * np.uint64(0x9FB21C651E98DF25)
            block[n] = SOURCE
            token[n] = i
            n += 1
    return key[:n].copy(), block[:n].copy(), token[:n].copy()


@njit(cache=True, nogil=True)
def _vector(key, block, keys, idf, block_scale):  # type: ignore[no-untyped-def]
    n = len(key)
    place = np.empty(n, np.int64)
    value = np.empty(n, np.float32)
    of_block = np.empty(n, np.uint8)
    length = np.zeros(len(block_scale))
    order = np.argsort(key, kind="mergesort")
    found = 0
    i = 0
    while i < n:
        j = i + 1
        while j < n and key[order[j]] == key[order[i]]:
            j += 1
        at = np.searchsorted(keys, key[order[i]])
        if at < len(keys) and keys[at] == key[order[i]]:
            place[found] = at
            of_block[found] = block[order[i]]
            value[found] = np.float32(1.0 + math.log(j - i)) * idf[at]
            length[of_block[found]] += value[found] * value[found]
            found += 1
        i = j
    for k in range(found):
        if length[of_block[k]] > 0.0:
            value[k] *= np.float32(block_scale[of_block[k]] / math.sqrt(length[of_block[k]]))
    return place[:found].copy(), value[:found].copy()


@njit(cache=True, nogil=True)
def _scores(place, value, weights, bias, temperature):  # type: ignore[no-untyped-def]
    scores = bias.copy()
    for k in range(len(place)):
        row = weights[place[k]]
        for topic in range(len(bias)):
            for y in range(3):
                scores[topic, y] += value[k] * (row[0, y] + row[topic + 1, y])
    for topic in range(len(bias)):
        scores[topic] *= temperature[topic]
    return scores


@njit(cache=True, nogil=True)
def _in(sorted_values, value):  # type: ignore[no-untyped-def]
    place = np.searchsorted(sorted_values, value)
    return place < len(sorted_values) and sorted_values[place] == value


def _hashes(words: str) -> NDArray[np.uint64]:
    return np.sort(np.array([token_hash(word) for word in words.split()], np.uint64))


_NEGATIONS = _hashes(
    "not no never t without nor neither cannot none nothing hardly deny denied denies denying refuse refused refuses "
    "reject rejected rejects false falsely untrue"
)
_STOPS = _hashes('. ; : ! ? " “ ”')
