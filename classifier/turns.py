"""Turns of an interview or a debate that is printed as a transcript: a line that begins with who speaks and a colon.

In "LI: We never pay." the rest of the line is a quote of Li. A text is taken for a transcript where two persons or more
speak so twice, as "Upside: …" and "Downside: …" may stand before lines, too.
"""

from __future__ import annotations

import numpy as np

from .hashing import contains
from .jit import inner
from .lexicon import PERSON
from .segment import CAPITAL, WORD, token_hashes

_LONGEST_LABEL = 10
_MOST_WORDS = 5
"""Tokens and words of who speaks."""
_FEWEST_TURNS = 4
_COLON, _STOP, _HYPHEN = token_hashes(": . -")


@inner
def find_turns(tokens, where):  # type: ignore[no-untyped-def]
    """The turns of a body, as `posts.find_posts` gives posts: (n, 6) int32; where: the `Context` of the tokens."""
    lines = tokens.lines
    out = np.empty((len(lines) - 1, 6), np.int32)
    key = np.zeros(len(out), np.uint64)
    count = 0
    for line in range(len(out)):
        begin, stop = lines[line], lines[line + 1]
        colon = _label_end(begin, stop, tokens)
        if colon < 0:
            continue
        out[count, 0], out[count, 1] = begin, stop
        out[count, 2], out[count, 3] = colon + 1, stop
        out[count, 4], out[count, 5] = begin, colon
        key[count] = tokens.hash[_last_word(colon, tokens)]
        count += 1
    if count < _FEWEST_TURNS:
        return out[:0].copy()
    taken = _said_by_persons(key[:count], tokens, where)
    return out[:count][taken]


@inner
def _label_end(begin, stop, tokens):  # type: ignore[no-untyped-def]
    """The colon behind the words with a capital that a line begins with, -1 where there is none or nothing after it."""
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


@inner
def _last_word(end, tokens):  # type: ignore[no-untyped-def]
    """The last word before a token."""
    last = end - 1
    while not tokens.flags[last] & WORD:
        last -= 1
    return last


@inner
def _said_by_persons(key, tokens, where):  # type: ignore[no-untyped-def]
    """Which lines are turns: (n,) bool, of speakers with more than one line who are persons, if these are two or more.

    key: (n,) uint64 hashes of the last word of who speaks.
    """
    persons = np.sort(tokens.hash[where.name == PERSON])
    every = np.sort(key)
    speakers = 0
    taken = np.zeros(len(key), np.bool_)
    for k in range(len(key)):
        first, last = np.searchsorted(every, key[k]), np.searchsorted(every, key[k], side="right")
        taken[k] = last - first > 1 and contains(persons, key[k])
    for i in range(1, len(every)):
        repeated = every[i] == every[i - 1] and (i == 1 or every[i] != every[i - 2])
        speakers += repeated and contains(persons, every[i])
    if speakers < 2 or taken.sum() < _FEWEST_TURNS:
        taken[:] = False
    return taken
