"""TF-IDF and linear scores in one pass over a text, equal to scikit-learn's.

A text's score for each output is ``(tf-idf vector / its norm) · coefficients``, as `TfidfVectorizer(
ngram_range=(1, 2), sublinear_tf=True)` and a linear model without a bias give it. No vector is built: words become
numbers, pairs of numbers become terms, each term adds to a table of counts, and norm and scores come out of the few
terms touched. Words are looked up by their 64-bit hash (`term_tables` refuses a vocabulary in which two share one).

`text_scores` goes straight over the UTF-8 bytes of many texts, `token_scores` starts from tokens that are there
already; both end in the same loops. Those hardly branch on what the text holds: a branch that a processor cannot
foresee costs it more than all that is done for one word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hashing import MIX as _MIX
from .jit import borrowing, compiled, inner
from .prefetch import prefetch
from .segment import CLASSES, LOWERS, WORD, Tokens, hash_words, learn_point, tokenize

_SLOT_SHIFT = np.uint64(40)
"""Slots of pairs are the upper 24 bits of the hash."""
_ONE = np.uint64(1)
LOGS = np.array([0.0] + [1.0 + math.log(k) for k in range(1, 256)])
_NUMBER_BITS = np.uint64(21)
_TERM_BITS = np.uint64(22)
_TERM_MASK = np.uint64((1 << 22) - 1)
_MOST_NUMBERS = (1 << 21) - 1
_NUMBER_MASK = np.uint64(_MOST_NUMBERS)
_WORDS_AHEAD, _PAIRS_AHEAD = 8, 32
"""How far ahead the slots of the tables are asked for."""
_CHUNK = 64
"""Texts that one call of the kernel takes: few enough for their bytes to stay in the processor's cache."""


class TermTables(NamedTuple):
    """The vocabulary, ready for look-up by open addressing; 0 is an empty slot.

    Term k has the number k + 1; words that are no terms but part of a pair have the numbers after those.
    words: (n_slots,) uint64: the upper 43 bits of the word's mixed hash, whose lower ones are its slot, and its number
    (21), so that a word is found by one load from far away.
    pairs: (n_slots,) uint64: the number of the left word (21 bits), of the right one (21), of the term (22).
    n_terms, n_numbers: how many terms, and how many numbers there are, 0 not among them.
    """

    words: NDArray[np.uint64]
    pairs: NDArray[np.uint64]
    n_terms: int
    n_numbers: int


class TermWeights(NamedTuple):
    """A vocabulary with what its terms weigh.

    rows: (1 + n_numbers, 1 + n_outputs) int32, by number: a term's idf and idf · coefficients side by side, divided by
    the scale of their column; zeros for number 0 and for words that are no terms. Half as wide as float64, they stay
    in the cache, and they are out by no more than half a scale: a score by less than the largest weight · √terms / 2³².
    scale: (1 + n_outputs,) float64.
    """

    tables: TermTables
    rows: NDArray[np.int32]
    scale: NDArray[np.float64]


def term_tables(terms: Sequence[str]) -> TermTables:
    """Tables of a vocabulary of words and of pairs of words joined by one space; a term's index is its place.

    Raises `ValueError` for what is no such term, for a term that stands there twice, where two words share a hash, and
    for more than two million words and terms together.
    """
    tokens = tokenize("\n".join(terms))
    sizes = np.diff(tokens.lines)
    is_word = (tokens.flags & WORD != 0) & (tokens.end - tokens.start > 1)
    if len(sizes) != len(terms) or not is_word.all() or (len(sizes) and sizes.max() > 2):
        raise ValueError("a term is a word of two or more characters, or two of them joined by one space")
    n_words = len(np.unique(tokens.hash))
    if n_words + len(terms) > _MOST_NUMBERS:
        raise ValueError(f"a vocabulary may have {_MOST_NUMBERS:,} words and terms")
    words = np.zeros(_table_size(n_words), np.uint64)
    pairs = np.zeros(_table_size(int((sizes == 2).sum())), np.uint64)
    n_numbers = _fill_tables(tokens.points, tokens.start, tokens.end, tokens.hash, tokens.lines, words, pairs)
    if n_numbers < 0:
        raise ValueError("a term stands there twice, or two words of the vocabulary share a hash")
    return TermTables(words, pairs, len(terms), n_numbers)


def term_weights(tables: TermTables, idf: NDArray[np.float64], coefficients: NDArray[np.float64]) -> TermWeights:
    """Weights from idf: (n_terms,) and coefficients: (n_terms, n_outputs)."""
    wanted = np.column_stack((idf, idf[:, None] * coefficients))
    scale = np.abs(wanted).max(0, initial=0.0) / np.iinfo(np.int32).max
    scale[scale == 0.0] = 1.0
    rows = np.zeros((1 + tables.n_numbers, wanted.shape[1]), np.int32)
    rows[1 : 1 + tables.n_terms] = np.rint(wanted / scale)
    return TermWeights(tables, rows, scale)


def empty_counts(weights: TermWeights, longest: int) -> NDArray[Any]:
    """A table of counts, zeros, for texts of at most `longest` characters: small where that suffices."""
    return np.zeros(len(weights.rows), np.uint16 if longest < 1 << 16 else np.uint32)


def text_scores(texts: Sequence[str], weights: TermWeights) -> NDArray[np.float64]:
    """Cosine-normalised TF-IDF times coefficients of each text: (n_texts, n_outputs), without biases.

    Any strings are fine. Time is linear in their length.
    """
    words, pairs, _, _ = weights.tables
    scores = np.zeros((len(texts), weights.rows.shape[1] - 1))
    counts = empty_counts(weights, max(map(len, texts), default=0))
    for first in range(0, len(texts), _CHUNK):
        chunk = [text.encode("utf-8", "surrogatepass") for text in texts[first : first + _CHUNK]]
        place = 0
        while place < len(chunk):
            ends = np.cumsum([len(data) + 1 for data in chunk])
            data = np.frombuffer(b"\n".join([*chunk, b""]), np.uint8)
            place, state = _text_scores(
                data, ends, place, CLASSES, LOWERS, words, pairs, weights.rows, weights.scale, LOGS,
                counts, scores[first : first + _CHUNK],
            )  # fmt: skip
            if state == -1:
                chunk[place] = texts[first + place].lower().encode("utf-8", "surrogatepass")
            elif state < 0:
                learn_point(-2 - state)
    return scores


def token_scores(tokens: Tokens, weights: TermWeights, lead: int = 0, times: int = 0) -> NDArray[np.float64]:
    """The scores of a text that is given as tokens, its first `lead` tokens standing before it `times` times more."""
    words, pairs, _, _ = weights.tables
    counts = empty_counts(weights, len(tokens.points) + lead * times)
    scores = np.zeros(weights.rows.shape[1] - 1)
    _token_scores(
        tokens.start, tokens.end, tokens.hash, tokens.flags, lead, times, words, pairs, weights.rows,
        weights.scale, LOGS, counts, scores,
    )  # fmt: skip
    return scores


def term_counts(tokens: Tokens, tables: TermTables) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The terms of a text and how often each occurs: words, then pairs, each in the order of their first occurrence."""
    counts = np.zeros(1 + tables.n_numbers, np.uint32)
    hashes, places = np.empty(len(tokens.hash), np.uint64), np.empty(len(tokens.hash), np.int32)
    n = long_words(tokens.start, tokens.end, tokens.hash, tokens.flags, 0, hashes, places, 0)
    numbers = touch_terms(hashes, n, 0, 0, tables.words, tables.pairs, counts)
    numbers = numbers[(numbers > 0) & (numbers <= tables.n_terms)]
    return numbers.astype(np.int32) - np.int32(1), counts[numbers].astype(np.int32)


def _table_size(entries: int) -> int:
    return 1 << max(4, (2 * entries).bit_length())


@inner
def _word_slot(value, words):  # type: ignore[no-untyped-def]
    """Where a word stands, given its hash, or would stand."""
    mask = np.uint64(len(words) - 1)
    mixed = value * _MIX
    slot = mixed & mask
    while words[slot] != 0 and (words[slot] ^ mixed) >> _NUMBER_BITS != 0:
        slot = (slot + _ONE) & mask
    return slot


@compiled
def _fill_tables(points, start, end, hashes, lines, words, pairs):  # type: ignore[no-untyped-def]
    """Fill the tables from the tokens of the terms, a line each. Returns `n_numbers`, or -1 where that cannot be."""
    n_terms = len(lines) - 1
    token_of = np.zeros(len(words), np.int32)  # where the word of a slot stands, to tell words of one hash apart
    for k in range(n_terms):
        first = lines[k]
        if lines[k + 1] - first == 1:
            slot = _word_slot(hashes[first], words)
            if hashes[first] == 0 or words[slot] != 0:
                return -1
            words[slot], token_of[slot] = hashes[first] * _MIX & ~_NUMBER_MASK | np.uint64(k + 1), first
    n_numbers = n_terms
    mask = np.uint64(len(pairs) - 1)
    for k in range(n_terms):
        first = lines[k]
        if lines[k + 1] - first != 2:
            continue
        key = np.uint64(0)
        for token in range(first, first + 2):
            slot = _word_slot(hashes[token], words)
            if words[slot] == 0:
                n_numbers += 1
                words[slot], token_of[slot] = hashes[token] * _MIX & ~_NUMBER_MASK | np.uint64(n_numbers), token
            other = token_of[slot]
            if hashes[token] == 0 or end[token] - start[token] != end[other] - start[other]:
                return -1
            for i in range(end[token] - start[token]):
                if points[start[token] + i] != points[start[other] + i]:
                    return -1
            key = key << _NUMBER_BITS | words[slot] & _NUMBER_MASK
        slot = (key * _MIX >> _SLOT_SHIFT) & mask
        while pairs[slot] != 0:
            if pairs[slot] >> _TERM_BITS == key:
                return -1
            slot = (slot + _ONE) & mask
        pairs[slot] = key << _TERM_BITS | np.uint64(k + 1)
    return n_numbers


@compiled(error_model="numpy")
def _text_scores(data, ends, place, classes, lowers, words, pairs, rows, scale, logs, counts, scores):  # type: ignore[no-untyped-def]
    """Scores of the texts from `place` on. Returns where it ended, and what `hash_words` said there where that is < 0.

    data: the texts in UTF-8, a line break after each; ends: (n_texts,), where each ends, its line break included.
    counts: (1 + n_numbers,), zeros, and zeros again at the end.
    """
    longest = 0
    begin = 0
    for end in ends:
        longest = max(longest, end - begin)
        begin = end
    room = longest // 2 + 1
    hashes = np.empty(room + 1, np.uint64)
    numbers = np.empty(room, np.uint32)
    found = np.empty(room, np.uint32)
    rest = np.empty(room + 1, np.uint32)
    touched = np.empty(2 * room + 1, np.uint32)
    frequency = np.empty(2 * room)
    for k in range(place, len(ends)):
        n = hash_words(data, 0 if k == 0 else ends[k - 1], ends[k] - 1, classes, lowers, hashes)
        if n < 0:
            return k, n
        _look_up(hashes, n, 0, words, pairs, numbers, found, rest)
        n_touched = _count(numbers, n, 1, counts, touched, 0)
        n_touched = _count(found, n, 1, counts, touched, n_touched)
        weigh(touched, n_touched, rows, scale, logs, counts, frequency, scores[k])
    return len(ends), 0


@compiled
def _token_scores(  # type: ignore[no-untyped-def]
    start, end, hashes, flags, lead, times, words, pairs, rows, scale, logs, counts, scores
):
    long, places = np.empty(len(hashes), np.uint64), np.empty(len(hashes), np.int32)
    n = long_words(start, end, hashes, flags, 0, long, places, 0)
    n_lead = np.searchsorted(places[:n], lead)
    touched = touch_terms(long, n, n_lead, times, words, pairs, counts)
    weigh(touched, len(touched), rows, scale, logs, counts, np.empty(len(touched)), scores)


@borrowing
def long_words(start, end, hashes, flags, first, out, places, n):  # type: ignore[no-untyped-def]
    """Append the words of two or more characters to the `n` that `out` (their hashes) and `places` hold.

    A word's place is its number among the tokens, `first` that of the first one here. Returns how many there are then.
    """
    for i in range(len(hashes)):
        if flags[i] & WORD and end[i] - start[i] > 1:
            out[n] = hashes[i]
            places[n] = first + i
            n += 1
    return n


@compiled
def touch_terms(hashes, n, n_lead, times, words, pairs, counts):  # type: ignore[no-untyped-def]
    """Count the terms of `n` words, the first `n_lead` of which stand before them `times` times more.

    hashes: of the words. Returns the numbers that were added to in `counts`.
    """
    numbers = np.empty(n, np.uint32)
    found = np.empty(n, np.uint32)
    touched = np.empty(2 * n + 1, np.uint32)
    _look_up(hashes, n, n_lead if times else 0, words, pairs, numbers, found, np.empty(n + 1, np.uint32))
    n_touched = _count(numbers, n, 1, counts, touched, 0)
    n_touched = _count(numbers, n_lead, times, counts, touched, n_touched)
    n_touched = _count(found[1:], n - 1, 1, counts, touched, n_touched)
    n_touched = _count(found, n_lead, times, counts, touched, n_touched)
    return touched[:n_touched]


@inner
def _look_up(hashes, n, lead, words, pairs, numbers, found, rest):  # type: ignore[no-untyped-def]
    """Numbers of words, and of the pair that each ends, 0 where there is none; the first follows on word `lead` - 1."""
    mask = np.uint64(len(words) - 1)
    n_rest = np.uint64(0)
    for i in range(n):
        prefetch(words, hashes[min(i + _WORDS_AHEAD, n - 1)] * _MIX & mask)
        mixed = hashes[i] * _MIX
        entry = words[mixed & mask]
        hit = np.uint32((entry ^ mixed) >> _NUMBER_BITS == 0)
        numbers[i] = np.uint32(entry & _NUMBER_MASK) * hit
        rest[n_rest] = i
        n_rest += np.uint64((hit == 0) & (entry != 0))
    for k in range(n_rest):  # those whose first slot is taken by another word
        numbers[rest[k]] = words[_word_slot(hashes[rest[k]], words)] & _NUMBER_MASK
    mask = np.uint64(len(pairs) - 1)
    n_rest = np.uint64(0)
    before = np.uint64(numbers[lead - 1]) if lead > 0 else np.uint64(0)
    left = before
    for i in range(n):  # slots, so that they can be looked at ahead
        right = np.uint64(numbers[i])
        found[i] = ((left << _NUMBER_BITS | right) * _MIX >> _SLOT_SHIFT) & mask
        left = right
    left = before
    for i in range(n):
        prefetch(pairs, found[min(i + _PAIRS_AHEAD, n - 1)])
        right = np.uint64(numbers[i])
        key = left << _NUMBER_BITS | right
        left = right
        entry = pairs[found[i]]
        hit = np.uint32(entry >> _TERM_BITS == key)
        found[i] = np.uint32(entry & _TERM_MASK) * hit
        rest[n_rest] = i
        n_rest += np.uint64((hit == 0) & (entry != 0))
    for k in range(n_rest):  # those whose first slot is taken by another pair
        i = rest[k]
        left = np.uint64(numbers[i - 1]) if i > 0 else before
        key = left << _NUMBER_BITS | np.uint64(numbers[i])
        slot = (key * _MIX >> _SLOT_SHIFT) + _ONE & mask
        while pairs[slot] >> _TERM_BITS != key and pairs[slot] != 0:
            slot = (slot + _ONE) & mask
        found[i] = np.uint32(pairs[slot] & _TERM_MASK)


@inner
def _count(numbers, n, times, counts, touched, n_touched):  # type: ignore[no-untyped-def]
    """Add `times` to the count of each number, and those that were not counted yet to `touched`; returns its length."""
    end = np.uint64(n_touched)  # unsigned, for the reason given in `hash_words`
    for i in range(n):
        number = numbers[i]
        touched[end] = number
        end += np.uint64(counts[number] == 0)
        counts[number] += times
    return np.int64(end)


@inner(error_model="numpy", fastmath={"reassoc"})
def weigh(touched, n, rows, scale, logs, counts, frequency, scores):  # type: ignore[no-untyped-def]
    """Add the scores that follow from counts, which are cleared. `frequency` has room for `n`."""
    for i in range(n):
        # Nothing but loads from far away, so that the processor waits for many of them at once.
        frequency[i] = rows[touched[i], 0]
    norm = 0.0
    for i in range(n):
        count = counts[touched[i]]
        counts[touched[i]] = 0
        weight = logs[count] if count < len(logs) else 1.0 + math.log(count)
        value = frequency[i] * weight
        frequency[i] = weight
        norm += value * value
    if norm == 0.0:
        return
    norm = math.sqrt(norm) * scale[0]
    for y in range(len(scores)):
        score = 0.0
        for i in range(n):
            score += frequency[i] * rows[touched[i], 1 + y]
        scores[y] += score * scale[1 + y] / norm
