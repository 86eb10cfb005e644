"""Posts that an article shows as they were scraped: a line of text, a dash, the name and the date of whoever wrote it.

In "We never pay — Ana Li (@anali) May 8, 2019" all of the text is a quote of the one who signs, and nothing within it
is a quote of its own.
"""

from __future__ import annotations

import numpy as np

from .assembly import Spans, kind_of, selected
from .hashing import among
from .jit import inner, maker
from .segment import MARK_NONE, NUMBER, SPACED, WORD, token_hashes

_LONGEST_SIGNATURE = 24
"""Tokens of a name, an account and a date, with words that a page adds behind."""
_LONGEST_ACCOUNT = 6
_DASHES = token_hashes("— –")
_MONTHS = token_hashes(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug "
    "sep sept oct nov dec"
)
_LINKS = token_hashes("http https pic")
_OPENING, _CLOSING, _AT, _COMMA, _STOP, _SKIP, _TWITTER = token_hashes("( ) @ , . skip twitter")
_LONGEST_BUTTON = 8
"""Tokens of what a page has before a post ("Skip Twitter post 2 by @…")."""


@maker
def with_shown(quotes, posts, tokens, where):  # type: ignore[no-untyped-def]
    """The quotes, and each post as one in place of what was found within it.

    posts: as `find_posts` gives them, and turns, as `turns.find_turns` does; where: the `Context` of the tokens.
    """
    n, m = len(quotes.cue), len(posts)
    if m == 0:
        return quotes
    inside = np.zeros(len(tokens.hash), np.bool_)
    for post in posts:
        inside[post[0] : post[1]] = True
    kept = np.ones(n + m, np.bool_)
    first = np.empty(n + m, np.int64)
    for k in range(n):
        first[k] = quotes.content[quotes.bounds[k], 0]
        kept[k] = not (inside[first[k]] or (quotes.cue[k, 0] >= 0 and inside[quotes.cue[k, 0]]))
    kind = np.empty(m, np.uint8)
    for k in range(m):
        first[n + k] = posts[k, 2]
        kind[k] = kind_of(posts[k : k + 1, 2:4], tokens.flags, tokens.mark, where.quotation, where.quoted_length)
    last = quotes.bounds[n]
    every = Spans(
        np.concatenate((quotes.content[:last], posts[:, 2:4])),
        np.concatenate((quotes.bounds, np.arange(last + 1, last + m + 1).astype(np.int32))),
        np.concatenate((quotes.cue, np.full((m, 2), -1, np.int32))),
        np.concatenate((quotes.source, posts[:, 4:6])),
        np.concatenate((quotes.kind, kind)),
    )
    order = np.argsort(first, kind="mergesort")
    return selected(every, order[kept[order]])


@maker
def find_posts(tokens):  # type: ignore[no-untyped-def]
    """The posts of a body: (n, 6) int32, tokens of the line, of the text and of the name that signs it."""
    lines = tokens.lines
    out = np.empty((len(lines) - 1, 6), np.int32)
    count = 0
    for line in range(len(lines) - 1):
        begin, stop = lines[line], lines[line + 1]
        for dash in range(max(begin + 1, stop - _LONGEST_SIGNATURE), stop - 1):
            if not among(_DASHES, tokens.hash[dash]):
                continue
            name_end = _signed(dash, stop, tokens)
            if name_end == 0:
                continue
            first, last = _text(begin, dash, tokens)
            if first < last:
                out[count, 0], out[count, 1] = begin, stop
                out[count, 2], out[count, 3] = first, last
                out[count, 4], out[count, 5] = dash + 1, name_end
                count += 1
                break
    return out[:count].copy()


@inner
def _signed(dash, stop, tokens):  # type: ignore[no-untyped-def]
    """One past the name of a signature, which an account in brackets and a date follow; 0 where there is none."""
    hashes, flags = tokens.hash, tokens.flags
    bracket = dash + 1
    while bracket < stop and hashes[bracket] != _OPENING:
        bracket += 1
    if bracket + 2 >= stop or hashes[bracket + 1] != _AT:
        return 0
    i = bracket + 2
    while i < stop and i < bracket + _LONGEST_ACCOUNT and hashes[i] != _CLOSING:
        i += 1
    dated = i + 4 < stop and hashes[i] == _CLOSING and among(_MONTHS, hashes[i + 1]) and hashes[i + 3] == _COMMA
    if not dated or not flags[i + 2] & flags[i + 4] & NUMBER:
        return 0
    end = bracket
    while end > dash + 1 and not flags[end - 1] & WORD:
        end -= 1  # pictures
    return end if end > dash + 1 and flags[dash + 1] & WORD else 0


@inner
def _text(begin, end, tokens):  # type: ignore[no-untyped-def]
    """The text of a post without buttons before it, links behind it, and dots that it goes on with."""
    hashes, flags = tokens.hash, tokens.flags
    if begin + 1 < end and hashes[begin] == _SKIP and hashes[begin + 1] == _TWITTER:
        for i in range(begin + 2, min(begin + _LONGEST_BUTTON, end - 1)):
            if hashes[i] == _AT:
                begin = i + 2
                break
    while begin < end and hashes[begin] == _STOP:
        begin += 1
    while end > begin:
        word = end - 1
        while word > begin and not flags[word] & SPACED:
            word -= 1
        if end > word + 1 and among(_LINKS, hashes[word]):
            end = word
        elif end > begin + 1 and hashes[end - 1] == _STOP and hashes[end - 2] == _STOP:
            while end > begin and hashes[end - 1] == _STOP:
                end -= 1
        else:
            break
    for i in range(begin, end):
        if flags[i] & WORD or tokens.mark[i] != MARK_NONE:
            return begin, end
    return end, end
