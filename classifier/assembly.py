"""Quotes out of what the two chains say: spans of each cue, doubles dropped, quotations without a cue taken in.

What is certain is left to rules: a span that begins within a closed pair of quotation marks holds all of it, a
quotation belongs to the cue of its own sentence; for those without a cue see `uncued.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import KINDS

from .context import CLOSING, INSIDE, OPENING, OUTSIDE
from .features import TAG_B_CONTENT, TAG_B_CUE, TAG_B_SOURCE, TAG_I_CONTENT, TAG_I_CUE, TAG_I_SOURCE
from .jit import compiled, inner, maker
from .links import B_CONTENT, B_SOURCE, REACH
from .segment import LINE, MARK_NONE, WORD
from .tagger import TAGS
from .uncued import take_uncued

DIRECT, INDIRECT, MIXED = (KINDS.index(kind) for kind in ("direct", "indirect", "mixed"))
_LONGEST_QUOTATION = 300
"""Tokens; a mark that is closed later than that is taken for a stray one."""
SURELY_CONTENT = 0.8
"""From this posterior of the first pass on a token is surely said by someone."""
_LIKELY_CONTENT = 0.6
"""From this posterior of the first pass on a token may be what a content beside it goes on with."""
_LIKELY_CUE = 0.5
"""From this posterior of the first pass on a token is likely a cue, which no content goes on over."""
_OPEN_ENDS = tuple(TAGS.index(tag) for tag in ("DT", "PRP$", "TO", "CC", "IN", "POS"))
"""Parts of speech that no phrase ends in."""
_BEFORE_NOUNS = tuple(TAGS.index(tag) for tag in ("JJ", "CD"))
_NOUNS = tuple(TAGS.index(tag) for tag in ("NN", "NNS"))
_NAME = TAGS.index("NNP")
_SCARE = 3
"""Tokens, at most, of a quotation that is a scare word in its marks."""
_LEAST_SOURCE, _PEAK_SHARE = 0.02, 0.3
"""Posterior from which on a token is the source of a cue without one, and share of it that those beside it have."""
_AFTER_CUE = 0.5
"""Weight of a source after its cue: a subject mostly stands before its verb."""
_NESTED = 4
"""So many quotes may claim a token: nested deeper than that is noise, and would cost."""


class Spans(NamedTuple):
    """Quotes in text order. content: (n_spans, 2) int32 tokens of contents; bounds: (n_quotes + 1,) int32 into them.

    cue, source: (n_quotes, 2) int32 tokens, -1 where there is none; kind: (n_quotes,) uint8, number in `records.KINDS`.
    """

    content: NDArray[np.int32]
    bounds: NDArray[np.int32]
    cue: NDArray[np.int32]
    source: NDArray[np.int32]
    kind: NDArray[np.uint8]


@maker
def selected(quotes, numbers):  # type: ignore[no-untyped-def]
    """Some of the quotes, in the order of their numbers."""
    bounds = np.zeros(len(numbers) + 1, np.int32)
    for place in range(len(numbers)):
        k = numbers[place]
        bounds[place + 1] = bounds[place] + quotes.bounds[k + 1] - quotes.bounds[k]
    content = np.empty((bounds[-1], 2), np.int32)
    for place in range(len(numbers)):
        k = numbers[place]
        content[bounds[place] : bounds[place + 1]] = quotes.content[quotes.bounds[k] : quotes.bounds[k + 1]]
    return Spans(content, bounds, quotes.cue[numbers], quotes.source[numbers], quotes.kind[numbers])


@compiled
def divided(quotes, cuts):  # type: ignore[no-untyped-def]
    """Quotes whose contents end and begin anew at each of `cuts`, (n_cuts,) int32 in order.

    These are the numbers of the tokens before which text was left out.
    """
    first = np.searchsorted(cuts, quotes.content[:, 0], "right")  # the first cut within each span
    last = np.searchsorted(cuts, quotes.content[:, 1])
    content = np.empty((len(first) + (last - first).sum(), 2), np.int32)
    bounds = quotes.bounds.copy()
    n = 0
    for k in range(len(bounds) - 1):
        for s in range(quotes.bounds[k], quotes.bounds[k + 1]):
            begin, end = quotes.content[s]
            for cut in cuts[first[s] : last[s]]:
                content[n] = begin, cut
                begin = cut
                n += 1
            content[n] = begin, end
            n += 1
        bounds[k + 1] = n
    return Spans(content, bounds, quotes.cue, quotes.source, quotes.kind)


@compiled
def assemble(labels, bounds, low, cues, n_sure, tagged, posterior, tokens, where):  # type: ignore[no-untyped-def]
    """The quotes, as `Spans`; each paragraph of a quotation is a content of its own.

    labels: (n_window_tokens,) uint8 of the second pass, windows one after another; bounds: (n_cues + 1,) of them;
    low: (n_cues,) first token of each window; cues: (n_cues, 2), the first `n_sure` of them sure, the others doubtful;
    tagged, posterior: of the first pass.
    """
    flags, quotation, sentence_start = tokens.flags, where.quotation, where.sentence_start
    n = len(flags)
    span = np.empty((len(labels) + n + 1, 2), np.int32)
    owner = np.empty(len(span), np.int32)
    source = np.full((len(cues) + n + 1, 2), -1, np.int32)
    cue = np.full((len(cues) + n + 1, 2), -1, np.int32)
    cue[: len(cues)] = cues
    m = _read_windows(labels, bounds, low, cues, quotation, span, owner, source)
    m = _leave_to_own_sentence(span, owner, m, cues, n_sure, sentence_start)
    m = _drop_doubles(span, owner, m, cues, n_sure, posterior, n)
    _lengthen(span, m, posterior, flags, where.tag, sentence_start)
    _share_sources(span, owner, m, cues, source, posterior, sentence_start, where.sentence_end)
    m, n_quotes = take_uncued(span, owner, m, len(cues), cue, tagged, tokens, where)
    quotes = _ordered(span[:m], owner[:m], n_quotes, cue, source, tokens, where)
    return divided(quotes, _further_paragraphs(flags, quotation))


@maker
def _further_paragraphs(flags, quotation):  # type: ignore[no-untyped-def]
    """The tokens at which a quotation that is not closed goes on with a paragraph, int32 in order."""
    out = np.empty(len(flags), np.int32)
    count = 0
    for i in range(1, len(flags)):
        if quotation[i] == OPENING and flags[i] & LINE and quotation[i - 1] == INSIDE:
            out[count] = i
            count += 1
    return out[:count].copy()


@inner
def _read_windows(labels, bounds, low, cues, quotation, span, owner, source):  # type: ignore[no-untyped-def]
    """The content spans of each cue, widened to whole quotations, and the nearest source; returns how many spans."""
    m = 0
    for k in range(len(cues)):
        first = m
        nearest = np.int64(1 << 30)
        i = bounds[k]
        while i < bounds[k + 1]:
            label = labels[i]
            if label != B_CONTENT and label != B_SOURCE:
                i += 1
                continue
            j = i + 1
            while j < bounds[k + 1] and labels[j] == label + 1:
                j += 1
            a, b = low[k] + i - bounds[k], low[k] + j - bounds[k]
            if label == B_CONTENT:
                a, b = _widened(a, b, quotation)
                if m > first and a <= span[m - 1, 1]:
                    span[m - 1, 0] = min(a, span[m - 1, 0])
                    span[m - 1, 1] = max(b, span[m - 1, 1])
                else:
                    span[m, 0], span[m, 1], owner[m] = a, b, k
                    m += 1
            else:
                away = max(cues[k, 0] - b, a - cues[k, 1])
                if away < nearest:
                    nearest = away
                    source[k, 0], source[k, 1] = a, b
            i = j
    return m


@inner
def _widened(begin, end, quotation):  # type: ignore[no-untyped-def]
    """A span that begins or ends within a closed pair of quotation marks, widened to the marks."""
    if quotation[begin] == INSIDE or quotation[begin] == CLOSING:
        first = begin
        while (
            first > 0
            and begin - first < _LONGEST_QUOTATION
            and (quotation[first] == INSIDE or quotation[first] == CLOSING)
        ):
            first -= 1
        if quotation[first] == OPENING:
            begin = first
    if quotation[end - 1] == OPENING or quotation[end - 1] == INSIDE:
        last = end
        while last < len(quotation) and last - end < _LONGEST_QUOTATION and quotation[last] == INSIDE:
            last += 1
        if last < len(quotation) and quotation[last] == CLOSING:
            end = last + 1
    return begin, end


@maker
def _leave_to_own_sentence(span, owner, m, cues, n_sure, sentence_start):  # type: ignore[no-untyped-def]
    """Leave a quotation to the cue of its own sentence where a cue of another sentence claims it, too."""
    cued = np.zeros(len(sentence_start) + 1, np.bool_)
    for s in range(m):
        own = sentence_start[span[s, 0]]
        if owner[s] < n_sure and own == sentence_start[cues[owner[s], 0]]:
            cued[own] = True
    kept = 0
    for s in range(m):
        own = sentence_start[span[s, 0]]
        if own == sentence_start[cues[owner[s], 0]] or not cued[own]:
            span[kept, 0], span[kept, 1], owner[kept] = span[s, 0], span[s, 1], owner[s]
            kept += 1
    return kept


@maker
def _drop_doubles(span, owner, m, cues, n_sure, posterior, n):  # type: ignore[no-untyped-def]
    """Of quotes that claim mostly the same content, keep the one with the surest cue.

    A doubtful cue is kept where most of its content is such by the first pass, too, and nobody else's.
    """
    n_cues = len(cues)
    first = np.zeros(n_cues + 1, np.int32)  # of each cue's spans, which stand one cue after another
    for s in range(m):
        first[owner[s] + 1] += 1
    first = np.cumsum(first)
    doubt = np.empty(n_cues, np.float64)
    for k in range(n_cues):
        doubt[k] = (k >= n_sure) - posterior[cues[k, 0], TAG_B_CUE]
    claimed = np.full((n, _NESTED), -1, np.int32)  # the kept cues that claim each token
    size = np.zeros(n_cues, np.int32)  # tokens of each kept cue's content
    shared = np.zeros(n_cues, np.int32)
    for k in np.argsort(doubt, kind="mergesort"):
        own = span[first[k] : first[k + 1]]
        covered = (own[:, 1] - own[:, 0]).sum()
        asked = k < n_sure or 2 * _surely_free(own, claimed, posterior) >= covered
        if covered and asked and not _is_double(own, covered, claimed, size, shared):
            size[k] = covered
            _claim(own, k, claimed)
    kept = 0
    for s in range(m):
        if size[owner[s]]:
            span[kept, 0], span[kept, 1], owner[kept] = span[s, 0], span[s, 1], owner[s]
            kept += 1
    return kept


@inner
def _surely_free(own, claimed, posterior):  # type: ignore[no-untyped-def]
    """How many tokens of some spans are surely content by the first pass and claimed by nobody."""
    free = 0
    for begin, end in own:
        for i in range(begin, end):
            free += claimed[i, 0] < 0 and posterior[i, TAG_B_CONTENT] + posterior[i, TAG_I_CONTENT] > SURELY_CONTENT
    return free


@inner
def _is_double(own, covered, claimed, size, shared):  # type: ignore[no-untyped-def]
    """Whether some spans and the content of one of those that claim a part of them are mostly the same tokens.

    shared: (n_cues,) int32, all zeros, before and after.
    """
    double = False
    for begin, end in own:
        for i in range(begin, end):
            for other in claimed[i]:
                if other < 0:
                    break
                shared[other] += 1
                double |= 2 * shared[other] > covered + size[other] - shared[other]
    for begin, end in own:
        for i in range(begin, end):
            for other in claimed[i]:
                if other < 0:
                    break
                shared[other] = 0
    return double


@inner
def _claim(own, k, claimed):  # type: ignore[no-untyped-def]
    """Write cue k at the tokens of its spans, where fewer than `_NESTED` claim them."""
    for begin, end in own:
        for i in range(begin, end):
            for place in range(_NESTED):
                if claimed[i, place] < 0:
                    claimed[i, place] = k
                    break


@maker
def _lengthen(span, m, posterior, flags, tag, sentence_start):  # type: ignore[no-untyped-def]
    """Let contents go on to the next mark or the end of the sentence as far as the first pass sees nobody else's.

    One that breaks off within a phrase goes on whatever the first pass sees but a cue.
    """
    n = len(flags)
    claimed = np.zeros(n, np.bool_)
    for s in range(m):
        claimed[span[s, 0] : span[s, 1]] = True
    for s in range(m):
        begin = end = span[s, 1]
        sentence = sentence_start[end - 1]
        if _breaks_off(end, flags, tag, sentence_start):
            while end < n and flags[end] & WORD and not claimed[end] and sentence_start[end] == sentence:
                if posterior[end, TAG_B_CUE] + posterior[end, TAG_I_CUE] > _LIKELY_CUE:
                    break
                end += 1
        span[s, 1] = last = end
        while end < n and not claimed[end] and sentence_start[end] == sentence:
            if posterior[end, TAG_B_CONTENT] + posterior[end, TAG_I_CONTENT] <= _LIKELY_CONTENT:
                break
            end += 1
            if flags[end - 1] & WORD:
                last = end
        if end == n or sentence_start[end] == end or not flags[end] & WORD:
            span[s, 1] = last
        claimed[begin : span[s, 1]] = True


@inner
def _breaks_off(end, flags, tag, sentence_start):  # type: ignore[no-untyped-def]
    """Whether the word after a content belongs to the phrase that it ends in: "two | years", "Mayor Ana | Li"."""
    if end >= len(flags) or sentence_start[end] == end or not flags[end - 1] & flags[end] & WORD:
        return False
    before, after = tag[end - 1], tag[end]
    if before in _OPEN_ENDS:
        return True
    return (before in _BEFORE_NOUNS and after in _NOUNS) or (before == _NAME and after == _NAME)


@maker
def _share_sources(span, owner, m, cues, source, posterior, sentence_start, sentence_end):  # type: ignore[no-untyped-def]
    """Give a cue without a source the likeliest one of its sentence: "she thanked them, saying …", "… and urged …"."""
    chance = np.empty(2 * REACH + 1)
    s = 0
    while s < m:
        k = owner[s]
        first = s
        while s < m and owner[s] == k:
            s += 1
        if source[k, 0] >= 0:
            continue
        begin = max(sentence_start[cues[k, 0]], cues[k, 0] - REACH)
        end = min(sentence_end[cues[k, 0]], cues[k, 0] + REACH)
        for i in range(begin, end):
            chance[i - begin] = posterior[i, TAG_B_SOURCE] + posterior[i, TAG_I_SOURCE]
            if i >= cues[k, 0]:
                chance[i - begin] *= _AFTER_CUE
        for c in range(first, s):
            for i in range(max(span[c, 0], begin), min(span[c, 1], end)):
                chance[i - begin] = 0.0
        for i in range(max(cues[k, 0], begin), min(cues[k, 1], end)):
            chance[i - begin] = 0.0
        top = int(np.argmax(chance[: end - begin]))
        peak = chance[top]
        if peak < _LEAST_SOURCE:
            continue
        a, b = top, top + 1
        while a > 0 and chance[a - 1] > _PEAK_SHARE * peak:
            a -= 1
        while b < end - begin and chance[b] > _PEAK_SHARE * peak:
            b += 1
        source[k, 0], source[k, 1] = begin + a, begin + b


@maker
def _ordered(span, owner, n_quotes, cue, source, tokens, where):  # type: ignore[no-untyped-def]
    """Quotes by their first content, their spans in text order, and the kind of each."""
    m = len(span)
    by_place = np.argsort(span[:, 0].astype(np.int64) * (len(tokens.flags) + 1) + span[:, 1], kind="mergesort")
    number = np.full(n_quotes, -1, np.int32)
    count = 0
    for s in by_place:
        if number[owner[s]] < 0:
            number[owner[s]] = count
            count += 1
    bounds = np.zeros(count + 1, np.int32)
    for s in range(m):
        bounds[number[owner[s]] + 1] += 1
    for k in range(count):
        bounds[k + 1] += bounds[k]
    filled = bounds[:-1].copy()
    content = np.empty((m, 2), np.int32)
    for s in by_place:
        k = number[owner[s]]
        content[filled[k]] = span[s]
        filled[k] += 1
    cues = np.full((count, 2), -1, np.int32)
    sources = np.full((count, 2), -1, np.int32)
    for old in range(n_quotes):
        if number[old] >= 0:
            cues[number[old]] = cue[old]
            sources[number[old]] = source[old]
    kinds = np.empty(count, np.uint8)
    for k in range(count):
        own = content[bounds[k] : bounds[k + 1]]
        kinds[k] = kind_of(own, tokens.flags, tokens.mark, where.quotation, where.quoted_length)
    return Spans(content, bounds, cues, sources, kinds)


@inner
def kind_of(content, flags, mark, quotation, quoted_length):  # type: ignore[no-untyped-def]
    """Direct where every word stands in quotation marks, indirect where none does; scare-quoted words turn neither."""
    inside = outside = scare = 0
    for s in range(len(content)):
        for i in range(content[s, 0], content[s, 1]):
            if flags[i] & WORD and mark[i] == MARK_NONE:
                if quotation[i] == OUTSIDE:
                    outside += 1
                elif quoted_length[i] > _SCARE:
                    inside += 1
                else:
                    scare += 1
    if outside == 0 and inside + scare > 0:
        return DIRECT
    return INDIRECT if inside == 0 else MIXED
