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
from numpy.typing import NDArray

from topic_stance.data.records import STANCES, Stance

from .assembly import Spans
from .columns import CAPITAL_LEVEL, COARSE, FINE
from .context import Context
from .hashing import MIX as _MIX
from .hashing import contains
from .jit import borrowing, compiled, inner
from .lexicon import TITLE, lexicon, look_up, put
from .quotes import TokenSpan
from .segment import CAPITAL, SENTENCE, WORD, Tokens, token_hashes

SAID, CLASSES, CUED, SOURCE = range(4)
N_BLOCKS = 4
_CUE = np.uint64(0xC2B2AE3D27D4EB4F)
_OFFICE = np.uint64(0xD6E8FEB86659FD93)
_SPEAKER = np.uint64(0x9FB21C651E98DF25)
_NEGATED = 0xABCDEF123457
_CLASS = _OFFICE
"""Factor of the keys of word classes; one of its own would suit as well, but bundles hold such keys."""
_NAME_CLASS, _CUE_CLASS = 7, 100000
"""Added to the class that stands for a name, and to that of a word in a cue."""
_PAIR, _WHOLE_CUE = np.uint64(31), np.uint64(99)
"""Factor of the left word of a pair; what the hash of several words of a cue begins with."""
_SCOPE = 40
"""A negation reaches to the next end of a sentence, semicolon, colon or quotation mark, and at most so many words."""


_NEGATIONS = np.sort(
    token_hashes(
        "not no never t without nor neither cannot none nothing hardly deny denied denies denying refuse refused "
        "refuses reject rejected rejects false falsely untrue"
    )
)
_STOPS = np.sort(token_hashes('. ; : ! ? " “ ”'))


class FeatureTable(NamedTuple):
    """The features of a head, (n_features,) uint64, sorted; slots, places: a table of where each stands, plus one."""

    keys: NDArray[np.uint64]
    slots: NDArray[np.uint64]
    places: NDArray[np.int32]


def feature_table(keys: NDArray[np.uint64]) -> FeatureTable:
    """The table of some sorted keys."""
    size = 1 << max(4, int(2 * len(keys)).bit_length())
    slots, places = np.zeros(size, np.uint64), np.zeros(size, np.int32)
    _fill_table(keys, slots, places)
    return FeatureTable(keys, slots, places)


class StanceHead(NamedTuple):
    """The learned part.

    table: the features; idf: (n_features,) float32.
    weights: (n_features, 1 + n_topics, 3) float32, shared first; bias: (n_topics, 3) float32.
    block_scale: (N_BLOCKS,) float32. temperature: (n_topics,) float32, of the softmax.
    """

    topics: tuple[str, ...]
    table: FeatureTable
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


def actor_features(tokens: Tokens, where: Context, quotes: Spans, title: TokenSpan = (0, 0)) -> RawFeatures:
    """The features of an actor from its quotes, in text order; title: the tokens of its titles."""
    known = lexicon()
    return RawFeatures(
        *_features(
            tokens.hash, tokens.flags, where.classes, quotes.content, quotes.cue, quotes.source,
            title[0], title[1], known.keys, known.bits,
        )
    )  # fmt: skip


def vector(raw: RawFeatures, head: StanceHead) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Known features and their values: sublinear TF-IDF, each block scaled to its length."""
    found: tuple[NDArray[np.int32], NDArray[np.float32]] = _vector(
        raw.key, raw.block, head.table.slots, head.table.places, head.idf, head.block_scale
    )
    return found


def said_word(word: int) -> int:
    """The key of a word, given its hash, that is said beyond the reach of a negation."""
    return word * int(_MIX) % (1 << 64)


def negated_word(word: int) -> int:
    """The key of a word, given its hash, that is said within the reach of a negation."""
    return (word ^ _NEGATED) * int(_MIX) % (1 << 64)


def cue_word(word: int) -> int:
    """The key of a word, given its hash, in a cue."""
    return word * int(_CUE) % (1 << 64)


def source_word(word: int) -> int:
    """The key of a word, given its hash, in a source."""
    return word * int(_SPEAKER) % (1 << 64)


def title_word(word: int) -> int:
    """The key of an office, given its hash, in an actor's title."""
    return word * int(_OFFICE) % (1 << 64)


def stance_scores(raw: RawFeatures, head: StanceHead) -> NDArray[np.float32]:
    """Calibrated log-odds of `STANCES` towards each topic: (n_topics, 3) float32."""
    place, values = vector(raw, head)
    scores: NDArray[np.float32] = _scores(place, values, head.weights, head.bias, head.temperature)
    return scores


def find_stances(
    tokens: Tokens,
    where: Context,
    quotes: Spans,
    speakers: NDArray[np.int32],
    titles: NDArray[np.int32],
    topics: Sequence[str],
    head: StanceHead,
) -> list[list[Stance]]:
    """The stances of every actor towards each of an article's topics, with their probabilities.

    speakers: (n_quotes,), which of the actors says each quote, -1 for none; titles: (n_actors, 2), the tokens of their
    titles.
    """
    if not topics or not len(titles):
        return [[] for _ in titles]
    known = lexicon()
    wanted = np.array([head.topics.index(topic) for topic in topics], np.int32)
    label, share = _stances(
        tokens.hash, tokens.flags, where.classes, quotes, speakers, titles, known.keys, known.bits, wanted,
        head.table.slots, head.table.places, head.idf, head.weights, head.bias, head.block_scale, head.temperature,
    )  # fmt: skip
    return [
        [Stance(topic, STANCES[y], round(p, 4)) for topic, y, p in zip(topics, labels, shares, strict=True)]
        for labels, shares in zip(label.tolist(), share.tolist(), strict=True)
    ]


@borrowing
def _fill_table(keys, slots, places):  # type: ignore[no-untyped-def]
    for k in range(len(keys)):
        put(slots, places, keys[k], np.int32(k + 1))


@compiled
def _stances(  # type: ignore[no-untyped-def]
    hashes, flags, classes, quotes, speakers, titles, known_keys, known_bits, wanted,
    slots, places, idf, weights, bias, block_scale, temperature,
):  # fmt: skip
    """Best stance of each actor towards each of the wanted topics and its share: both (n_actors, n_wanted)."""
    n_actors = len(titles)
    label = np.empty((n_actors, len(wanted)), np.uint8)
    share = np.empty((n_actors, len(wanted)))
    order = np.argsort(speakers, kind="mergesort")
    first = 0
    while first < len(order) and speakers[order[first]] < 0:
        first += 1
    for a in range(n_actors):
        last = first
        n_spans = 0
        while last < len(order) and speakers[order[last]] == a:
            n_spans += quotes.bounds[order[last] + 1] - quotes.bounds[order[last]]
            last += 1
        content = np.empty((n_spans, 2), np.int32)
        m = 0
        for k in order[first:last]:
            for at in range(quotes.bounds[k], quotes.bounds[k + 1]):
                content[m] = quotes.content[at]
                m += 1
        key, block, _ = _features(
            hashes, flags, classes, content, quotes.cue[order[first:last]], quotes.source[order[first:last]],
            titles[a, 0], titles[a, 1], known_keys, known_bits,
        )  # fmt: skip
        place, value = _vector(key, block, slots, places, idf, block_scale)
        scores = _scores(place, value, weights, bias, temperature)
        for t in range(len(wanted)):
            of_topic = scores[wanted[t]]
            best = 0
            for y in range(1, 3):
                if of_topic[y] > of_topic[best]:
                    best = y
            total = 0.0
            for y in range(3):
                total += math.exp(np.float64(of_topic[y] - of_topic[best]))
            label[a, t] = best
            share[a, t] = 1.0 / total
        first = last
    return label, share


@compiled
def _features(  # type: ignore[no-untyped-def]
    hashes, flags, classes, contents, cues, sources, title_begin, title_end, known_keys, known_bits
):
    """The arrays of `RawFeatures` of some quotes: contents, cues, sources (n, 2) int32 tokens, -1 for none."""
    size = 16 + title_end - title_begin
    for spans in (contents, cues, sources):
        for k in range(len(spans)):
            size += 5 * (spans[k, 1] - spans[k, 0]) + 2
    key = np.empty(size, np.uint64)
    block = np.empty(size, np.uint8)
    token = np.empty(size, np.int32)
    n = 0
    n = _add_said(hashes, flags, classes, contents, key, block, token, n)
    n = _add_cues(hashes, flags, classes, cues, key, block, token, n)
    n = _add_sources(hashes, flags, classes, sources, key, block, token, n)
    n = _add_title(hashes, title_begin, title_end, known_keys, known_bits, key, block, token, n)
    return key[:n].copy(), block[:n].copy(), token[:n].copy()


@inner
def _add_said(hashes, flags, classes, contents, key, block, token, n):  # type: ignore[no-untyped-def]
    """Append the features of what is said to the first n; returns how many there are then."""
    for k in range(len(contents)):
        scope = 0
        last = np.uint64(0)
        for i in range(contents[k, 0], contents[k, 1]):
            if not flags[i] & WORD:
                if contains(_STOPS, hashes[i]):
                    scope = 0
                    last = np.uint64(0)
                continue
            word = hashes[i]
            if flags[i] & CAPITAL and classes[i, CAPITAL_LEVEL] != 1:
                # A name: its class tells a country from a person without telling which one
                word = np.uint64(classes[i, COARSE] + _NAME_CLASS) * _MIX
            negated = np.uint64(1 if scope > 0 else 0)
            mixed = (word ^ (negated * np.uint64(_NEGATED))) * _MIX
            for part in range(3):
                if part == 0:
                    value = mixed
                elif part == 1:
                    if last == 0:
                        continue
                    value = (last * _PAIR ^ mixed) * _MIX
                else:
                    if classes[i, FINE] == 0:
                        continue
                    value = (np.uint64(classes[i, FINE]) * np.uint64(4) + negated + np.uint64(2)) * _CLASS
                key[n] = value ^ np.uint64(part)
                block[n] = SAID if part < 2 else CLASSES
                token[n] = i
                n += 1
            last = mixed
            if contains(_NEGATIONS, hashes[i]):
                scope = _SCOPE
            elif scope > 0:
                scope -= 1
    return n


@inner
def _add_cues(hashes, flags, classes, cues, key, block, token, n):  # type: ignore[no-untyped-def]
    """Append the features of the cues."""
    for k in range(len(cues)):
        whole = _WHOLE_CUE
        for i in range(cues[k, 0], cues[k, 1]):
            if not flags[i] & WORD:
                continue
            whole = (whole ^ hashes[i]) * _MIX
            key[n] = hashes[i] * _CUE
            block[n] = CUED
            token[n] = i
            n += 1
            if classes[i, FINE]:
                key[n] = np.uint64(classes[i, FINE] + _CUE_CLASS) * _CUE
                block[n] = CUED
                token[n] = i
                n += 1
        if cues[k, 1] - cues[k, 0] > 1:
            key[n] = whole
            block[n] = CUED
            token[n] = cues[k, 1] - 1
            n += 1
    return n


@inner
def _add_sources(hashes, flags, classes, sources, key, block, token, n):  # type: ignore[no-untyped-def]
    """Append the features of the sources: their words without a capital."""
    for k in range(len(sources)):
        for i in range(sources[k, 0], sources[k, 1]):
            # A capital makes a title, a nationality or a name (offices come from the lexicon), at the start of a
            # sentence only where the word has one elsewhere, too
            opens = flags[i] & SENTENCE and classes[i, CAPITAL_LEVEL] == 1
            if not flags[i] & WORD or (flags[i] & CAPITAL and not opens):
                continue
            key[n] = hashes[i] * _SPEAKER
            block[n] = SOURCE
            token[n] = i
            n += 1
    return n


@inner
def _add_title(hashes, begin, end, known_keys, known_bits, key, block, token, n):  # type: ignore[no-untyped-def]
    """Append the features of an actor's title: the office alone, a nationality in it must not move a stance."""
    for i in range(begin, end):
        if look_up(known_keys, known_bits, hashes[i]) & np.uint32(TITLE):
            key[n] = hashes[i] * _OFFICE
            block[n] = SOURCE
            token[n] = i
            n += 1
    return n


@compiled
def _vector(key, block, slots, places, idf, block_scale):  # type: ignore[no-untyped-def]
    n = len(key)
    place = np.empty(n, np.int32)
    value = np.empty(n, np.float32)
    of_block = np.empty(n, np.uint8)
    length = np.zeros(len(block_scale))
    size = 16
    while size < 2 * n:
        size *= 2
    found = _count_known(key, block, slots, places, np.zeros(size, np.int32), place, value, of_block)
    for k in range(found):
        value[k] = np.float32(1.0 + math.log(value[k])) * idf[place[k]]
        length[of_block[k]] += value[k] * value[k]
    for k in range(found):
        if length[of_block[k]] > 0.0:
            value[k] *= np.float32(block_scale[of_block[k]] / math.sqrt(length[of_block[k]]))
    return place[:found].copy(), value[:found].copy()


@inner
def _count_known(key, block, slots, places, seen, place, count, of_block):  # type: ignore[no-untyped-def]
    """Write the known features' places, counts and blocks, each once; returns how many there are.

    seen: zeros, at least twice as many as keys, a power of two: an open-addressing table of what was found so far.
    """
    found = 0
    for i in range(len(key)):
        at = look_up(slots, places, key[i]) - 1
        if at < 0:
            continue
        slot = (at * 40503) & (len(seen) - 1)
        while seen[slot] and place[seen[slot] - 1] != at:
            slot = (slot + 1) & (len(seen) - 1)
        if not seen[slot]:
            place[found] = at
            of_block[found] = block[i]
            count[found] = 0
            found += 1
            seen[slot] = found
        count[seen[slot] - 1] += 1
    return found


@compiled
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
