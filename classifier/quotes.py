"""Quotes: who-said-what spans, by two linear chains over the tokens of the body.

The first pass tags every token as part of a content, a cue or a source (`features.py`). The second takes each cue in
turn and tags the tokens around it as its content and its source (`links.py`), as semantic role labelling does with a
predicate (Pareti 2015 finds attributions from their cues in the same order). What is certain is left to rules: a
quotation in marks that goes on after its cue belongs to the quote before it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topic_stance.data.records import Kind

from .chain import emissions, marginals, viterbi
from .features import CLOSING, CUE_LEVEL, INSIDE, OPENING, OUTSIDE, Context, WordTable, context, token_features
from .links import B_CONTENT, B_SOURCE, REACH, link_features, windows
from .segment import LINE, MARK_NONE, WORD, Tokens

TAGS = ("O", "B-content", "I-content", "B-cue", "I-cue", "B-source", "I-source")
LINK_TAGS = ("O", "B-content", "I-content", "B-source", "I-source")
FORBIDDEN = np.float32(-1e4)
"""Score of a transition that cannot be."""

_LONGEST_QUOTATION = 300
"""Tokens; a mark that is closed later than that is taken for a stray one."""

TokenSpan = tuple[int, int]


class QuoteHead(NamedTuple):
    """The learned parts: word classes, and weights and transitions of both chains.

    tag_weights, link_weights: (n_buckets, WIDTH) float32; transitions: (7, 7) and (5, 5) float32.
    cue_threshold: a token is taken as a cue from this posterior on.
    """

    words: WordTable
    tag_weights: NDArray[np.float32]
    tag_transitions: NDArray[np.float32]
    link_weights: NDArray[np.float32]
    link_transitions: NDArray[np.float32]
    cue_threshold: float


class FoundQuote(NamedTuple):
    """A quote as spans of tokens."""

    content: list[TokenSpan]
    cue: TokenSpan | None
    source: TokenSpan | None
    kind: Kind


def chain_start(tags: tuple[str, ...]) -> NDArray[np.float32]:
    """Scores of beginning a sequence with each tag: nothing begins inside a span."""
    return np.array([FORBIDDEN if tag[0] == "I" else 0 for tag in tags], np.float32)


def chain_transitions(tags: tuple[str, ...]) -> NDArray[np.float32]:
    """Transition scores before training: a span goes on only from its own beginning or inside."""
    scores = np.zeros((len(tags), len(tags)), np.float32)
    for y, tag in enumerate(tags):
        if tag[0] == "I":
            scores[:, y] = FORBIDDEN
            scores[y, y] = scores[y - 1, y] = 0
    return scores


_TAG_START = chain_start(TAGS)
_LINK_START = chain_start(LINK_TAGS)


def find_quotes(tokens: Tokens, head: QuoteHead) -> tuple[list[FoundQuote], Context]:
    """The quotes of a body in text order, and the context that later steps share. Time is linear in the tokens."""
    where = context(tokens, head.words)
    if not (where.classes[:, CUE_LEVEL].any() or where.quotation.any()):
        return [], where  # no likely cue and no quotation mark: nothing to find
    scores = emissions(token_features(tokens, where, len(head.tag_weights)), head.tag_weights)
    tagged = viterbi(scores, head.tag_transitions, _TAG_START)
    posterior = marginals(scores, head.tag_transitions, _TAG_START)
    cues = _cue_spans(posterior, head.cue_threshold)
    linked = _own_quotations(link(tokens, where, tagged, cues, head), where)
    quotes = _with_shared_sources(_drop_doubles(linked, posterior), posterior, where)
    quotes = _with_uncued(quotes, tokens, where, tagged)
    return [quote._replace(kind=_kind(quote.content, tokens, where)) for quote in quotes], where


def link(
    tokens: Tokens, where: Context, tagged: NDArray[np.uint8], cues: NDArray[np.int32], head: QuoteHead
) -> list[FoundQuote]:
    """The content and source of each cue; cues: (n_cues, 2) token spans. Cues without content are left out."""
    if len(cues) == 0:
        return []
    spans = windows(tokens, where, cues)
    features, bounds = link_features(tokens, where, cues, spans, tagged, len(head.link_weights))
    labels = _decode_windows(emissions(features, head.link_weights), bounds, head.link_transitions, _LINK_START)
    quotes = []
    for k, (begin, end) in enumerate(cues.tolist()):
        contents, sources = _window_spans(labels[bounds[k] : bounds[k + 1]], int(spans[k, 0]))
        if len(contents):
            source = _nearest(sources, begin, end)
            quotes.append(FoundQuote(_whole_quotations(contents, where), (begin, end), source, "indirect"))
    return quotes


def _whole_quotations(spans: list[TokenSpan], where: Context) -> list[TokenSpan]:
    """Spans that begin or end within a closed pair of quotation marks, widened to the marks and joined."""
    widened: list[TokenSpan] = []
    for begin, end in spans:
        if where.quotation[begin] in (INSIDE, CLOSING):
            first = begin
            while first > 0 and begin - first < _LONGEST_QUOTATION and where.quotation[first] in (INSIDE, CLOSING):
                first -= 1
            begin = first if where.quotation[first] == OPENING else begin
        if where.quotation[end - 1] in (OPENING, INSIDE):
            last = end
            while last < len(where.quotation) and last - end < _LONGEST_QUOTATION and where.quotation[last] == INSIDE:
                last += 1
            end = last + 1 if last < len(where.quotation) and where.quotation[last] == CLOSING else end
        if widened and begin <= widened[-1][1]:
            widened[-1] = (min(begin, widened[-1][0]), max(end, widened[-1][1]))
        else:
            widened.append((begin, end))
    return widened


@njit(cache=True, nogil=True)
def _decode_windows(scores, bounds, transitions, start):  # type: ignore[no-untyped-def]
    labels = np.zeros(len(scores), np.uint8)
    for k in range(len(bounds) - 1):
        labels[bounds[k] : bounds[k + 1]] = viterbi(scores[bounds[k] : bounds[k + 1]], transitions, start)
    return labels


@njit(cache=True, nogil=True)
def _cue_spans(posterior, threshold):  # type: ignore[no-untyped-def]
    """Runs of tokens whose posterior of being a cue passes the threshold: (n_cues, 2) int32."""
    n = len(posterior)
    out = np.empty((n, 2), np.int32)
    count = 0
    i = 0
    while i < n:
        if posterior[i, 3] + posterior[i, 4] > threshold:
            j = i + 1
            while j < n and posterior[j, 3] + posterior[j, 4] > threshold and posterior[j, 4] >= posterior[j, 3]:
                j += 1
            out[count, 0] = i
            out[count, 1] = j
            count += 1
            i = j
        else:
            i += 1
    return out[:count].copy()


def _window_spans(labels: NDArray[np.uint8], offset: int) -> tuple[list[TokenSpan], list[TokenSpan]]:
    """The content and the source spans in one window's labels."""
    contents: list[TokenSpan] = []
    sources: list[TokenSpan] = []
    values = labels.tolist()
    i, n = 0, len(values)
    while i < n:
        value = values[i]
        if value in (B_CONTENT, B_SOURCE):
            j = i + 1
            while j < n and values[j] == value + 1:
                j += 1
            (contents if value == B_CONTENT else sources).append((offset + i, offset + j))
            i = j
        else:
            i += 1
    return contents, sources


def _nearest(spans: list[TokenSpan], begin: int, end: int) -> TokenSpan | None:
    if not spans:
        return None
    return min(spans, key=lambda span: max(begin - span[1], span[0] - end))


def _own_quotations(quotes: list[FoundQuote], where: Context) -> list[FoundQuote]:
    """Leave a quotation to the cue of its own sentence where a cue of another sentence claims it, too."""
    cued = {int(where.sentence_start[a]) for q in quotes if q.cue for a, _ in q.content if _together(q.cue, a, where)}
    kept = []
    for quote in quotes:
        assert quote.cue is not None
        spans = [
            (a, b)
            for a, b in quote.content
            if _together(quote.cue, a, where) or int(where.sentence_start[a]) not in cued
        ]
        if spans:
            kept.append(quote._replace(content=spans))
    return kept


def _together(cue: TokenSpan, token: int, where: Context) -> bool:
    """Whether a cue and a token stand in one sentence."""
    return bool(where.sentence_start[cue[0]] == where.sentence_start[token])


def _drop_doubles(quotes: list[FoundQuote], posterior: NDArray[np.float64]) -> list[FoundQuote]:
    """Of quotes that claim mostly the same content, the one with the surest cue."""
    sure = sorted(quotes, key=lambda quote: -float(posterior[quote.cue[0], 3]) if quote.cue else 0.0)
    kept: list[FoundQuote] = []
    owner: dict[int, set[int]] = {}
    for quote in sure:
        covered = [i for a, b in quote.content for i in range(a, b)]
        claims: dict[int, int] = {}
        for i in covered:
            for k in owner.get(i, ()):
                claims[k] = claims.get(k, 0) + 1
        sizes = {k: sum(b - a for a, b in kept[k].content) for k in claims}
        if any(2 * claims[k] > len(covered) + sizes[k] - claims[k] for k in claims):
            continue
        for i in covered:
            if len(owner.setdefault(i, set())) < 4:  # nested deeper than that is noise, and would cost
                owner[i].add(len(kept))
        kept.append(quote)
    return sorted(kept, key=lambda quote: quote.content[0])


def _with_shared_sources(quotes: list[FoundQuote], posterior: NDArray[np.float64], where: Context) -> list[FoundQuote]:
    """Give a cue without a source the likeliest one of its sentence: "she thanked them, saying …", "… and urged …"."""
    likely = posterior[:, 5] + posterior[:, 6]
    completed = []
    for quote in quotes:
        if quote.source is None and quote.cue is not None:
            begin = max(int(where.sentence_start[quote.cue[0]]), quote.cue[0] - REACH)
            end = min(int(where.sentence_end[quote.cue[0]]), quote.cue[0] + REACH)
            chance = likely[begin:end].copy()
            for a, b in (*quote.content, quote.cue):
                chance[max(a - begin, 0) : max(b - begin, 0)] = 0
            chance[max(quote.cue[0] - begin, 0) :] *= 0.5  # a subject mostly stands before its verb
            quote = quote._replace(source=_peak(chance, begin))
        completed.append(quote)
    return completed


def _peak(chance: NDArray[np.float64], offset: int) -> TokenSpan | None:
    """The span around the highest chance, as long as tokens have a good part of it; None where all are tiny."""
    top = int(chance.argmax())
    if chance[top] < 0.02:
        return None
    begin, end = top, top + 1
    while begin > 0 and chance[begin - 1] > 0.3 * chance[top]:
        begin -= 1
    while end < len(chance) and chance[end] > 0.3 * chance[top]:
        end += 1
    return offset + begin, offset + end


def _with_uncued(
    quotes: list[FoundQuote], tokens: Tokens, where: Context, tagged: NDArray[np.uint8]
) -> list[FoundQuote]:
    """Quotations in marks that no cue claimed: part of the quote before, where it goes on, or quotes of their own."""
    n = len(tokens.start)
    claimed = np.zeros(n, np.int32)
    for quote in quotes:
        for a, b in quote.content:
            claimed[a:b] = 1
    # Running sums: a share is then a difference of two.
    taken = np.concatenate(([0], np.cumsum(claimed)))
    content = np.concatenate(([0], np.cumsum((tagged == 1) | (tagged == 2))))
    words = np.concatenate(([0], np.cumsum(tokens.flags & WORD)))
    found: list[FoundQuote] = []
    waiting = sorted(quotes, key=lambda quote: -quote.content[-1][1])
    latest: FoundQuote | None = None  # the quote that ended last before the quotation at hand
    for begin, end in _quotations(where.quotation, tokens.flags):
        size = end - begin
        few = words[end] - words[begin] < 4 or 2 * (content[end] - content[begin]) < size
        if few or 5 * (taken[end] - taken[begin]) > size:
            continue
        while waiting and waiting[-1].content[-1][1] <= begin:
            passed = waiting.pop()
            if latest is None or passed.content[-1][1] >= latest.content[-1][1]:
                latest = passed
        if latest is not None and _goes_on(latest, begin, tokens, where):
            latest.content.append((begin, end))
        else:
            latest = FoundQuote([(begin, end)], None, None, "direct")
            found.append(latest)
    return sorted(quotes + found, key=lambda quote: quote.content[0])


def _goes_on(quote: FoundQuote, begin: int, tokens: Tokens, where: Context) -> bool:
    """Whether a quotation that begins at token `begin` is the next part of `quote`."""
    last = quote.content[-1][1]
    stop = max(last, quote.cue[1] if quote.cue else last)
    if where.quotation[last - 1] == OUTSIDE:
        return False
    lines = int(np.count_nonzero(tokens.flags[last : begin + 1] & LINE))
    if lines == 0:
        return where.sentence_start[begin] == begin and begin - stop < 40
    # Over paragraphs each part opens with a mark and only the last one closes.
    return lines == 1 and tokens.flags[begin] & LINE > 0 and begin == stop and where.quotation[last - 1] == INSIDE


def _quotations(quotation: NDArray[np.uint8], flags: NDArray[np.uint8]) -> list[TokenSpan]:
    """Spans from each opening mark to its closing one, marks included, or to the end of the line."""
    spans = []
    opens = np.flatnonzero(quotation == OPENING)
    ends = np.flatnonzero((quotation == CLOSING) | (quotation == OUTSIDE) | (quotation == OPENING) | (flags & LINE > 0))
    for begin in opens.tolist():
        place = np.searchsorted(ends, begin, "right")
        end = int(ends[place]) if place < len(ends) else len(quotation)
        if end < len(quotation) and quotation[end] == CLOSING:
            end += 1
        spans.append((begin, end))
    return spans


def _kind(content: list[TokenSpan], tokens: Tokens, where: Context) -> Kind:
    """Direct where every word stands in quotation marks, indirect where none does; scare-quoted words do not count."""
    inside = outside = 0
    for a, b in content:
        words = (tokens.flags[a:b] & WORD > 0) & (tokens.mark[a:b] == MARK_NONE)
        quoted = (where.quotation[a:b] != OUTSIDE) & (where.quoted_length[a:b] > 4)
        inside += int(np.count_nonzero(words & quoted))
        outside += int(np.count_nonzero(words & ~quoted))
    if inside == 0:
        return "indirect"
    return "direct" if outside <= 1 else "mixed"
