"""Quotations in marks that no cue claimed: one that goes on after a cue belongs to the quote before it.

Others are quotes of their own, but for titles and scare words.
"""

from __future__ import annotations

import numpy as np

from .context import CLOSING, INSIDE, OPENING, OUTSIDE
from .features import TAG_B_CONTENT, TAG_I_CONTENT
from .hashing import among
from .jit import inner, maker
from .segment import ALLCAPS, CAPITAL, LINE, SPACED, WORD, token_hashes

_SHORTEST_UNCUED = 4
"""Words of a quotation that no cue claimed; a shorter one is a title or a scare word."""
_CLOSE = 40
"""Tokens, fewer than these, between a quote and a quotation that begins a sentence and goes on with it."""
_SMALL = token_hashes("a an the of and or to in on for at by with from as vs")
"""Words without a capital in titles."""


@maker
def take_uncued(span, owner, m, n_quotes, cue, tagged, tokens, where):  # type: ignore[no-untyped-def]
    """Quotations in marks that no cue claimed: part of the quote before, where it goes on, or quotes of their own.

    Returns how many spans and how many numbers of quotes there are then.
    """
    hashes, flags, quotation, sentence_start = tokens.hash, tokens.flags, where.quotation, where.sentence_start
    n = len(flags)
    claimed = np.full(n, -1, np.int32)  # the quote that each token belongs to
    for s in range(m):
        claimed[span[s, 0] : span[s, 1]] = owner[s]
    taken, content, words = _counted(claimed, tagged, flags)
    last_end = np.full(n_quotes + n + 1, -1, np.int32)  # where each quote's content ends
    for s in range(m):
        last_end[owner[s]] = max(last_end[owner[s]], span[s, 1])
    waiting = np.argsort(last_end[:n_quotes], kind="mergesort")
    passed = 0
    latest = -1  # the quote that ended last before the quotation at hand
    i = 0
    while i < n:
        if quotation[i] != OPENING:
            i += 1
            continue
        begin, end = i, _part_end(i, flags, quotation)
        i = end
        size = end - begin
        if 5 * (taken[end] - taken[begin]) > size:
            continue  # more than a fifth of it is claimed
        while passed < len(waiting) and last_end[waiting[passed]] <= begin:
            k = waiting[passed]
            passed += 1
            if last_end[k] >= 0 and (latest < 0 or last_end[k] >= last_end[latest]):
                latest = k
        whole = _whole_of(begin, claimed, flags, quotation)
        if whole >= 0:
            if last_end[whole] < end:
                last_end[whole] = end
                latest = whole
            span[m, 0], span[m, 1], owner[m] = begin, end, whole
            claimed[begin:end] = whole
            m += 1
            continue
        broken = latest >= 0 and _breaks(last_end[latest], cue[latest], begin, flags, quotation, sentence_start)
        short = words[end] - words[begin] < _SHORTEST_UNCUED
        if not broken and (short or 2 * (content[end] - content[begin]) < size or _is_title(begin, end, hashes, flags)):
            continue  # less than half of it looks like content, or it is named
        if latest < 0 or not (
            broken or _goes_on(last_end[latest], cue[latest, 1], begin, flags, quotation, sentence_start)
        ):
            latest = n_quotes
            n_quotes += 1
        span[m, 0], span[m, 1], owner[m] = begin, end, latest
        claimed[begin:end] = latest
        last_end[latest] = end
        m += 1
    return m, n_quotes


@inner
def _is_title(begin, end, hashes, flags):  # type: ignore[no-untyped-def]
    """Whether a quotation is a title: all its words have a capital but for small ones, few are all in capitals."""
    shouted = 0
    for i in range(begin, end):
        if flags[i] & (WORD | CAPITAL) == WORD and flags[i] & SPACED and not among(_SMALL, hashes[i]):
            return False
        if flags[i] & CAPITAL:
            shouted += 1 if flags[i] & ALLCAPS else -1
    return shouted < 0


@maker
def _counted(claimed, tagged, flags):  # type: ignore[no-untyped-def]
    """How many of the first i tokens some quote claims, look like content, are words: (n_tokens + 1,) int32 each."""
    n = len(flags)
    taken = np.zeros(n + 1, np.int32)
    content = np.zeros(n + 1, np.int32)
    words = np.zeros(n + 1, np.int32)
    for i in range(n):
        taken[i + 1] = taken[i] + (claimed[i] >= 0)
        content[i + 1] = content[i] + (tagged[i] == TAG_B_CONTENT or tagged[i] == TAG_I_CONTENT)
        words[i + 1] = words[i] + (flags[i] & WORD)
    return taken, content, words


@inner
def _part_end(begin, flags, quotation):  # type: ignore[no-untyped-def]
    """Where a quotation ends that opens at a token, or its paragraph does."""
    end = begin + 1
    while end < len(flags) and quotation[end] == INSIDE and not flags[end] & LINE:
        end += 1
    return end + 1 if end < len(flags) and quotation[end] == CLOSING else end


@inner
def _whole_of(begin, claimed, flags, quotation):  # type: ignore[no-untyped-def]
    """The quote that a quotation at token `begin` is a further paragraph of, or -1.

    Over paragraphs each part opens with a mark and only the last one closes.
    """
    if not flags[begin] & LINE:
        return -1
    last = begin - 1
    while last >= 0 and not flags[last] & WORD and quotation[last] == INSIDE:
        last -= 1  # the full stop, which no content has
    return claimed[last] if last >= 0 and quotation[last] == INSIDE else -1


@inner
def _breaks(last, cue, begin, flags, quotation, sentence_start):  # type: ignore[no-untyped-def]
    """Whether a cue breaks a quotation that goes on at token `begin` after a comma (“We,” he said, “are tired.”)."""
    return (
        begin > 0
        and last <= cue[0]
        and cue[1] < begin
        and quotation[last - 1] != OUTSIDE
        and quotation[begin - 1] == OUTSIDE
        and not flags[begin - 1] & (WORD | SPACED)
        and begin + 1 < len(flags)
        and flags[begin + 1] & (WORD | CAPITAL) == WORD
        and sentence_start[last - 1] == sentence_start[begin]
    )


@inner
def _goes_on(last, cue_end, begin, flags, quotation, sentence_start):  # type: ignore[no-untyped-def]
    """Whether a quotation that begins at token `begin` is the next part of a quote whose content ends at `last`."""
    if quotation[last - 1] == OUTSIDE:
        return False
    for i in range(last, begin + 1):
        if flags[i] & LINE:
            return False
    return sentence_start[begin] == begin and begin - max(last, cue_end) < _CLOSE
