"""What a source says by itself: a pronoun, a name, a description, or somebody's document.

All functions work on a `Scene` (`antecedents.py`) and are compiled.
"""

from __future__ import annotations

import numpy as np

from .entities import KIND
from .jit import compiled, inner
from .lexicon import (
    AND,
    BARE,
    BREAK,
    DEFINITE,
    DOCUMENT,
    GROUP,
    INDEFINITE,
    NAME,
    NO_KIND,
    NOUN_SHIFT,
    OWN,
    OWNED,
    PERSON,
    PREPOSITION,
    PRONOUN_SHIFT,
    THE,
    THEY_KIND,
    TITLE,
    UNKNOWN,
    WE_KIND,
    A,
)
from .names import BEGIN, END, POSSESSIVE, TYPE
from .segment import CAPITAL, NUMBER, SPACED, WORD, token_hash
from .tagger import TAGS

LONGEST_SOURCE = 40
"""Tokens of a source that are looked at."""
_PLURAL, _ADVERB, _VERB, _PARTICIPLE = (TAGS.index(tag) for tag in ("NNS", "RB", "VB", "VBN"))
_BY, _FROM, _OF, _COMMA = (np.uint64(token_hash(word)) for word in ("by", "from", "of", ","))
_SELVES, _KEEPERS = (
    np.array([token_hash(word) for word in words.split()], np.uint64)
    for words in (
        "himself herself itself themselves",
        "seen obtained reviewed read viewed examined cited quoted published unsealed leaked ordered commissioned "
        "released",
    )
)
"""Words after a name that add nothing, and what is done to a document by another than its author."""

SOURCE_KIND, SOURCE_ENTITY, SOURCE_BEGIN, SOURCE_END, SOURCE_HEAD, SOURCE_PLURAL, SOURCE_FIRST, SOURCE_SECOND = range(8)
"""What a source is by its words: kind (`lexicon`), entity where it is a name, tokens of the description without its
article, its head, whether it is plural, and the two persons that it joins (or -1)."""


@compiled
def read_source(s, k, out):  # type: ignore[no-untyped-def]
    """What the words of a quote's source say by themselves, written to `out` (the `SOURCE_` columns)."""
    begin, end = s.source[k, 0], s.source[k, 1]
    out[:] = -1
    out[SOURCE_KIND], out[SOURCE_PLURAL] = NO_KIND, 0
    if begin < 0:
        return
    end = min(end, begin + LONGEST_SOURCE)
    begin = _first_word(s, begin, end)
    if begin == end:
        return  # punctuation only: as good as none
    first = s.bits[begin]
    pronoun = first >> PRONOUN_SHIFT & 15
    if pronoun and (end - begin == 1 or (end - begin == 2 and not first & OWNED)):
        out[SOURCE_KIND] = pronoun - 1
        out[SOURCE_PLURAL] = pronoun - 1 == THEY_KIND or pronoun - 1 == WE_KIND
        out[SOURCE_HEAD] = begin
        return
    if end - begin > 1 and _among(_SELVES, s.hash[end - 1]):
        end -= 1
    stop, head = _phrase_end(s, begin, end)
    if s.bits[head] >> NOUN_SHIFT & 7 == DOCUMENT:
        # A letter by somebody is that one's word: whoever stands after "by" or "from", or owns it
        entity = _owner(s, begin, head)
        if entity >= 0:
            out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
            return
        for i in range(head + 1, end - 1):
            if s.hash[i] == _BY and _among(_KEEPERS, s.hash[i - 1]):
                break
            if s.hash[i] == _BY or s.hash[i] == _FROM:
                if _first_word(s, i + 1, end) < end:
                    begin = _first_word(s, i + 1, end)
                    stop, head = _phrase_end(s, begin, end)
                break
    low, high = _names_in(s, begin, end)
    both = _two_persons(s, begin, stop, end, low, high)
    if both >= 0:
        _describe(s, begin, end, head, out)
        out[SOURCE_FIRST], out[SOURCE_SECOND], out[SOURCE_PLURAL] = s.of_name[low], s.of_name[both], 1
        return
    entity = _named(s, begin, stop, end, head, low, high)
    if entity >= 0:
        out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
        return
    if stop < end and _list(s, begin, stop, end):
        stop = end
    _describe(s, begin, stop, head, out)


@inner
def _first_word(s, begin, end):  # type: ignore[no-untyped-def]
    """The first token from `begin` on that is a word, `end` where there is none."""
    while begin < end and not s.flags[begin] & WORD:
        begin += 1
    return begin


@inner
def _phrase_end(s, begin, end):  # type: ignore[no-untyped-def]
    """Where the noun phrase that begins at a token stops, and the last word before its first preposition: its head."""
    stop = begin + 1
    while stop < end and (not s.bits[stop] & BREAK or _in_number(s, stop, end)):
        stop += 1
    last = stop - 1
    for i in range(begin + 1, stop):
        if s.bits[i] & PREPOSITION:
            last = i - 1
            break
    head = last
    # "a letter filed by", "Quill angrily": what stands between a noun and its preposition or the cue
    while head > begin and (s.tag[head] == _ADVERB or _VERB <= s.tag[head] <= _PARTICIPLE):
        head -= 1
    return stop, last if s.bits[head] & (DEFINITE | INDEFINITE | OWNED) else head


@inner
def _in_number(s, i, end):  # type: ignore[no-untyped-def]
    """Whether a comma stands within a number (2,000)."""
    return s.hash[i] == _COMMA and i + 1 < end and not s.flags[i + 1] & SPACED and s.flags[i - 1] & NUMBER > 0


@inner
def _owner(s, begin, head):  # type: ignore[no-untyped-def]
    """The entity whose name with a possessive 's stands before the head of a source, else -1."""
    low, high = _names_in(s, begin, head)
    for k in range(low, high):
        if s.place[k, POSSESSIVE] and s.place[k, TYPE] != GROUP and s.place[k, END] + 2 >= head:
            return s.of_name[k]
    return -1


@inner
def _list(s, begin, stop, end):  # type: ignore[no-untyped-def]
    """Whether a comma divides a list (Germany, Norway and Spain) rather than puts an apposition."""
    for i in range(begin, stop):
        if s.bits[i] & AND:
            return False
    if s.hash[stop] != _COMMA or stop + 1 == end or s.bits[stop + 1] & (DEFINITE | INDEFINITE | OWNED):
        return False
    for i in range(stop + 1, end):
        if s.bits[i] & BREAK and s.hash[i] != _COMMA:
            return False
        if s.bits[i] & AND:
            return True
    return False


@inner
def _names_in(s, begin, end):  # type: ignore[no-untyped-def]
    """The names that touch some tokens: first, and one past the last."""
    low, high = 0, len(s.place)
    while low < high:
        middle = (low + high) // 2
        if s.place[middle, END] <= begin:
            low = middle + 1
        else:
            high = middle
    high = low
    while high < len(s.place) and s.place[high, BEGIN] < end:
        high += 1
    return low, high


@inner
def _covered(s, i, low, high):  # type: ignore[no-untyped-def]
    """Whether a token is part of one of some names."""
    for k in range(low, high):
        if s.place[k, BEGIN] <= i < s.place[k, END]:
            return True
    return False


@inner
def _person_until(s, end, low, high):  # type: ignore[no-untyped-def]
    """Whether one of some names ends before a token and is a person's."""
    for k in range(low, high):
        if s.place[k, END] == end:
            return s.row[s.of_name[k], KIND] == PERSON
    return False


@inner
def _two_persons(s, begin, stop, end, low, high):  # type: ignore[no-untyped-def]
    """The second of two persons that a source joins past commas, brackets or ``of`` (Anna Li, N-Orrin, and Tom Ek).

    A name's number, -1 where the source does not join two so. A word without a capital between them makes it none:
    "Anna Li, a friend of trout and Tom Ek" is one. Of three persons the first and the last are taken.
    """
    if high - low < 2 or s.place[low, POSSESSIVE] or s.row[s.of_name[low], KIND] > PERSON:
        return -1
    at = -1
    for i in range(s.place[low, END], end - 1):
        if s.bits[i] & AND and not _covered(s, i, low, high):
            if at >= 0:
                return -1
            at = i
    if at < 0 or at < stop:
        return -1
    second = low
    while second < high and s.place[second, BEGIN] <= at:
        second += 1
    if second == high or s.place[second, BEGIN] > at + 1 or s.place[second, POSSESSIVE]:
        return -1
    a, b = s.of_name[low], s.of_name[second]
    if a == b or s.row[a, KIND] != PERSON or s.row[b, KIND] != PERSON:
        return -1
    for i in range(s.place[low, END], at):
        if s.flags[i] & WORD and s.hash[i] != _OF and not _covered(s, i, low, high) and not s.flags[i] & CAPITAL:
            return -1
    return second


@inner
def _among(few, word):  # type: ignore[no-untyped-def]
    for other in few:
        if other == word:
            return True
    return False


@inner
def _named(s, begin, stop, end, head, low, high):  # type: ignore[no-untyped-def]
    """The entity that a source is by name, if it is one rather than described by names; else -1."""
    for i in range(begin, stop):
        if s.bits[i] & AND:
            # "Ana Li of the Institute of Eels and Trout": what a person is of may join what it likes
            if not _covered(s, i, low, high) and not (i > head and _person_until(s, head + 1, low, high)):
                return -1
            break
    best = -1
    for k in range(low, high):
        first, last = max(begin, s.place[k, BEGIN]), s.place[k, END]
        if s.place[k, TYPE] == GROUP or s.place[k, POSSESSIVE]:
            continue
        if first <= head < last or (first == begin and last >= head + 1):
            best = k
    if best < 0 and stop + 1 < end:
        # "a spokeswoman for the ministry, Maria Sol": the name follows the office
        for k in range(low, high):
            if s.place[k, BEGIN] == stop + 1 and s.place[k, TYPE] != GROUP:
                kind = s.row[s.of_name[k], KIND]
                office = s.bits[head] & TITLE > 0
                if kind == PERSON or (kind == UNKNOWN and (office or not s.bits[begin] & (INDEFINITE | DEFINITE))):
                    best = k
                break
    return -1 if best < 0 else s.of_name[best]


@inner
def _describe(s, begin, stop, head, out):  # type: ignore[no-untyped-def]
    """A description: how it begins, its words without the article, its head, and the two persons that it may join."""
    first = s.bits[begin]
    kind, words = BARE, begin
    if first & DEFINITE:
        kind = THE
        words = begin + 1 if stop > begin + 1 else begin
    elif first & OWNED:
        kind = OWN
    elif first & INDEFINITE:
        kind = A
    both = False
    for i in range(begin, stop):
        both = both or s.bits[i] & AND > 0
    noun = s.bits[head] >> NOUN_SHIFT & 7
    out[SOURCE_KIND], out[SOURCE_BEGIN], out[SOURCE_END], out[SOURCE_HEAD] = kind, words, stop, head
    out[SOURCE_PLURAL] = both or noun == GROUP or s.tag[head] == _PLURAL
    low, high = _names_in(s, begin, stop)
    if both and high - low == 2:
        a, b = s.of_name[low], s.of_name[low + 1]
        if a != b and s.row[a, KIND] <= PERSON and s.row[b, KIND] <= PERSON:
            out[SOURCE_FIRST], out[SOURCE_SECOND] = a, b
