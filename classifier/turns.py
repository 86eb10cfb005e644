"""Turns of an interview or a debate that is printed as a transcript: a line that begins with who speaks and a colon.

In "LI: We never pay." the rest of the line is a quote of Li. A text is taken for a transcript where two persons or more
speak so twice, as "Upside: …" and "Downside: …" may stand before lines, too, in sentences, with a question among them
or mostly one right after the other: polls and positions are listed in such lines, too.
"""

from __future__ import annotations

import numpy as np

from .hashing import among, contains
from .jit import inner, maker
from .lexicon import PERSON, joined
from .segment import CAPITAL, MARK_NONE, WORD, token_hashes

_LONGEST_LABEL = 10
_MOST_WORDS = 5
"""Tokens and words of who speaks."""
_FEWEST_TURNS = 4
_COLON, _STOP, _HYPHEN, _QUESTION, _BY = token_hashes(": . - ? by")
_ENDS = token_hashes(". ! ? …")


@maker
def find_turns(tokens, where):  # type: ignore[no-untyped-def]
    """The turns of a body, as `posts.find_posts` gives posts: (n, 6) int32; where: the `Context` of the tokens."""
    lines = tokens.lines
    out = np.empty((len(lines) - 1, 6), np.int32)
    number = np.empty(len(out), np.int32)
    key = np.zeros((2, len(out)), np.uint64)
    count = 0
    for line in range(len(out)):
        begin, stop = lines[line], lines[line + 1]
        colon = _label_end(begin, stop, tokens)
        if colon < 0:
            continue
        out[count, 0], out[count, 1] = begin, stop
        out[count, 2], out[count, 3] = colon + 1, stop
        out[count, 4], out[count, 5] = begin, colon
        number[count] = line
        for i in range(begin, colon):
            if tokens.flags[i] & WORD:
                key[0, count], key[1, count] = joined(key[0, count], tokens.hash[i]), tokens.hash[i]
        count += 1
    if count < _FEWEST_TURNS:
        return out[:0].copy()
    taken = _said_by_persons(key[0, :count], key[1, :count], tokens, where)
    turns, number = out[:count][taken], number[:count][taken]
    return turns if _is_talk(turns, number, tokens) else turns[:0]


@inner
def _label_end(begin, stop, tokens):  # type: ignore[no-untyped-def]
    """The colon behind the words with a capital that a line begins with, -1 where there is none or nothing after it."""
    if tokens.hash[begin] == _BY:
        return -1
    words = 0
    for i in range(begin, min(begin + _LONGEST_LABEL, stop - 1)):
        if tokens.hash[i] == _COLON:
            return i if words else -1
        if tokens.flags[i] & WORD:
            words += 1
            if not tokens.flags[i] & CAPITAL or words > _MOST_WORDS:
                return -1
        elif tokens.hash[i] != _STOP and tokens.hash[i] != _HYPHEN:
            return -1
    return -1


@maker
def _said_by_persons(label, last, tokens, where):  # type: ignore[no-untyped-def]
    """Which lines are of persons with two lines or more, if there are two such: (n,) bool.

    label, last: (n,) uint64 hashes of all words and of the last word of who speaks; by the last one "WILLIAM LI" and
    "LI" are one, but "Ana Li" and "Bo Li" with a line each are nobody who speaks twice.
    """
    persons = np.sort(tokens.hash[where.name == PERSON])
    every = np.sort(label)
    repeated = np.zeros(len(label), np.bool_)
    for k in range(len(label)):
        first, stop = np.searchsorted(every, label[k]), np.searchsorted(every, label[k], side="right")
        repeated[k] = stop - first > 1 and contains(persons, last[k])
    speakers = np.unique(last[repeated])
    taken = np.zeros(len(label), np.bool_)
    for k in range(len(label)):
        taken[k] = len(speakers) > 1 and contains(speakers, last[k])
    return taken


@inner
def _is_talk(turns, number, tokens):  # type: ignore[no-untyped-def]
    """Whether lines are what persons say to each other; number: of each line in the body."""
    ended = asked = following = 0
    for k in range(len(turns)):
        last = turns[k, 1] - 1
        while last > turns[k, 2] and tokens.mark[last] != MARK_NONE:
            last -= 1
        ended += among(_ENDS, tokens.hash[last])
        asked += tokens.hash[last] == _QUESTION
        following += k > 0 and number[k] == number[k - 1] + 1
    n = len(turns)
    return n >= _FEWEST_TURNS and 4 * ended >= 3 * n and (asked > 0 or 2 * following > n)
