"""Quotes: who-said-what spans, by two linear chains over the tokens of the body.

The first pass tags every token as part of a content, a cue or a source (`features.py`). The second takes each cue in
turn and tags the tokens around it as its content and its source (`links.py`), as semantic role labelling does with a
predicate (Pareti 2015 finds attributions from their cues in the same order). `assembly.py` makes quotes out of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import KINDS, Kind

from . import tagger
from .assembly import SURELY_CONTENT, Spans, assemble
from .chain import Packed, likeliest, marginals
from .columns import CUE_LEVEL
from .context import WordTable, context
from .features import TAG_B_CONTENT, TAG_B_CUE, TAG_I_CONTENT, TAG_I_CUE, TAGS, token_scores
from .hashing import among
from .jit import compiled, inner, maker
from .links import B_CONTENT, I_CONTENT, label_columns, link_labels, window_bounds, windows
from .posts import find_posts, with_shown
from .segment import CAPITAL, DAYS, WORD, token_hashes
from .silence import silence, without_nobodys
from .tagger import Tagger
from .turns import find_turns

LINK_TAGS = ("O", "B-content", "I-content", "B-source", "I-source")
FORBIDDEN = np.float32(-1e4)
"""Score of a transition that cannot be."""

TokenSpan = tuple[int, int]


class QuoteHead(NamedTuple):
    """The learned parts: word classes, and weights and transitions of both chains.

    tag_weights, link_weights: of `n_buckets` rows of eight bytes, one for each label; transitions: (7, 7) and (5, 5)
    float32.
    cue_threshold: a token is taken as a cue from this posterior on.
    """

    words: WordTable
    tagger: Tagger
    tag_weights: Packed
    tag_transitions: NDArray[np.float32]
    link_weights: Packed
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


DOUBTFUL = 0.05
"""From this posterior on a token may be a cue, where a content asks for one."""
(_THAT,) = token_hashes("that")
_DAYS = token_hashes(f"{DAYS} yesterday today tonight")
_PREPOSITION = tagger.TAGS.index("IN")
_TAG_START = chain_start(TAGS)
_LINK_START = chain_start(LINK_TAGS)


@compiled
def find_quotes(tokens, head):  # type: ignore[no-untyped-def]
    """The quotes of a body in text order, as `Spans`, and the `Context` that later steps share.

    head: a `QuoteHead`. Time is linear in the tokens.
    """
    where = context(tokens, head.words, head.tagger)
    return find_spans(tokens, where, head), where


@compiled
def find_spans(tokens, where, head):  # type: ignore[no-untyped-def]
    """The quotes of a body whose context is known."""
    if not _may_quote(where.classes, where.quotation):
        none = np.empty((0, 2), np.int32)
        return _with_lines(Spans(none, np.zeros(1, np.int32), none, none, np.empty(0, np.uint8)), tokens, where)
    posterior = _first_pass(where, head)
    silence(posterior, DOUBTFUL, tokens, where)
    found = _chained(posterior, tokens, where, head)
    _leave_out_that(found, tokens, where)
    _trim_cues(found, tokens)
    return _with_lines(without_nobodys(found, tokens, where), tokens, where)


@maker
def _with_lines(found, tokens, where):  # type: ignore[no-untyped-def]
    """The quotes with those that lines are as a whole: posts and the turns of a transcript."""
    return with_shown(found, np.concatenate((find_posts(tokens), find_turns(tokens, where))), tokens, where)


@compiled
def find_attributions(tokens, where, head):  # type: ignore[no-untyped-def]
    """What both chains find, whatever counts as speech: thoughts, plans and what things tell, too."""
    return _chained(_first_pass(where, head), tokens, where, head)


@maker
def _first_pass(where, head):  # type: ignore[no-untyped-def]
    """The posterior of each token's tag by the first chain: (n_tokens, 7)."""
    return marginals(token_scores(where, head.tag_weights), head.tag_transitions, _TAG_START)


@maker
def _chained(posterior, tokens, where, head):  # type: ignore[no-untyped-def]
    """The quotes by the posterior of the first pass, which the second links to their cues."""
    tagged = likeliest(posterior)
    counts = label_columns(tokens, where, tagged)
    sure = cue_spans(posterior, head.cue_threshold)
    spans, labels = _linked(tokens, where, sure, tagged, counts, head)
    unclaimed = _unclaimed(posterior, spans, labels)
    doubtful = doubtful_cues(posterior, head.cue_threshold, unclaimed, where.sentence_start, where.sentence_end)
    more, further = _linked(tokens, where, doubtful, tagged, counts, head)
    spans, labels = np.concatenate((spans, more)), np.concatenate((labels, further))
    cues = np.concatenate((sure, doubtful))
    return assemble(labels, window_bounds(spans), spans[:, 0], cues, len(sure), tagged, posterior, tokens, where)


@inner
def _leave_out_that(quotes, tokens, where):  # type: ignore[no-untyped-def]
    """Let no content begin with the conjunction after its cue: it is no part of what is said."""
    for k in range(len(quotes.cue)):
        first = quotes.content[quotes.bounds[k]]
        i = first[0]
        that = tokens.hash[i] == _THAT and where.tag[i] == _PREPOSITION and not tokens.flags[i] & CAPITAL
        if that and 0 <= quotes.cue[k, 1] <= i and i + 1 < first[1]:
            first[0] = i + 1


@inner
def _trim_cues(quotes, tokens):  # type: ignore[no-untyped-def]
    """Let no cue end in a mark or a day: "said:", "said Monday"."""
    for k in range(len(quotes.cue)):
        cue = quotes.cue[k]
        while cue[1] > cue[0] + 1 and (not tokens.flags[cue[1] - 1] & WORD or among(_DAYS, tokens.hash[cue[1] - 1])):
            cue[1] -= 1


@maker
def _linked(tokens, where, cues, tagged, counts, head):  # type: ignore[no-untyped-def]
    """The windows of cues and the labels of their tokens."""
    spans = windows(tokens, where, cues)
    labels = link_labels(where, cues, spans, tagged, counts, head.link_weights, head.link_transitions, _LINK_START)
    return spans, labels


@maker
def _unclaimed(posterior, spans, labels):  # type: ignore[no-untyped-def]
    """How many of the first i tokens are surely content by the first pass but of no cue so far: (n_tokens + 1,)."""
    n = len(posterior)
    claimed = np.zeros(n, np.bool_)
    at = 0
    for low, high in spans:
        for i in range(low, high):
            claimed[i] |= labels[at] == B_CONTENT or labels[at] == I_CONTENT
            at += 1
    out = np.zeros(n + 1, np.int32)
    for i in range(n):
        sure = posterior[i, TAG_B_CONTENT] + posterior[i, TAG_I_CONTENT] > SURELY_CONTENT
        out[i + 1] = out[i] + (sure and not claimed[i])
    return out


@inner
def _may_quote(classes, quotation):  # type: ignore[no-untyped-def]
    """Whether there is a likely cue or a quotation mark: without either there is nothing to find."""
    for i in range(len(quotation)):
        if quotation[i] or classes[i, CUE_LEVEL]:
            return True
    return False


def found_quotes(spans: Spans) -> list[FoundQuote]:
    """The quotes of `spans` as a list, in order."""
    content = [(a, b) for a, b in spans.content.tolist()]
    bounds = spans.bounds.tolist()
    return [
        FoundQuote(
            content[bounds[k] : bounds[k + 1]],
            (cue[0], cue[1]) if cue[0] >= 0 else None,
            (source[0], source[1]) if source[0] >= 0 else None,
            KINDS[kind],
        )
        for k, (cue, source, kind) in enumerate(
            zip(spans.cue.tolist(), spans.source.tolist(), spans.kind.tolist(), strict=True)
        )
    ]


def quote_spans(quotes: Sequence[FoundQuote]) -> Spans:
    """Quotes as arrays: what `found_quotes` takes apart."""
    bounds = np.zeros(len(quotes) + 1, np.int32)
    np.cumsum([len(quote.content) for quote in quotes], out=bounds[1:])
    return Spans(
        np.array([span for quote in quotes for span in quote.content], np.int32).reshape(-1, 2),
        bounds,
        np.array([quote.cue or (-1, -1) for quote in quotes], np.int32).reshape(-1, 2),
        np.array([quote.source or (-1, -1) for quote in quotes], np.int32).reshape(-1, 2),
        np.array([KINDS.index(quote.kind) for quote in quotes], np.uint8),
    )


@compiled
def cue_spans(posterior, threshold):  # type: ignore[no-untyped-def]
    """Runs of tokens that are a cue by their posterior: (n_cues, 2) int32."""
    n = len(posterior)
    out = np.empty((n, 2), np.int32)
    count = 0
    i = 0
    while i < n:
        if posterior[i, TAG_B_CUE] + posterior[i, TAG_I_CUE] > threshold:
            j = i + 1
            while (
                j < n
                and posterior[j, TAG_B_CUE] + posterior[j, TAG_I_CUE] > threshold
                and posterior[j, TAG_I_CUE] >= posterior[j, TAG_B_CUE]
            ):
                j += 1
            out[count, 0] = i
            out[count, 1] = j
            count += 1
            i = j
        else:
            i += 1
    return out[:count].copy()


@compiled
def doubtful_cues(posterior, threshold, unclaimed, sentence_start, sentence_end):  # type: ignore[no-untyped-def]
    """Cues that are asked for: runs of tokens above `DOUBTFUL`, none above the threshold: (n_cues, 2) int32.

    Each stands in a sentence with a content that no sure cue has; unclaimed: (n_tokens + 1,) running counts of such
    tokens. With a threshold of 1 or more there is no cue.
    """
    cues = cue_spans(posterior, DOUBTFUL if threshold < 1 else threshold)
    kept = 0
    for begin, end in cues:
        highest = 0.0
        for i in range(begin, end):
            highest = max(highest, posterior[i, TAG_B_CUE] + posterior[i, TAG_I_CUE])
        if highest <= threshold and unclaimed[sentence_end[begin]] > unclaimed[sentence_start[begin]]:
            cues[kept, 0], cues[kept, 1] = begin, end
            kept += 1
    return cues[:kept].copy()
