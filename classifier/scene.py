"""One article while its quotes are resolved: tokens, names, entities, quotes, and who was mentioned and spoke last."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .entities import join_names
from .jit import compiled, inner
from .lexicon import token_bits
from .name_runs import with_context
from .names import find_names
from .segment import LINE

LONGEST_SOURCE = 40
"""Tokens of a source that are looked at."""
SPEAKER, NEXT, HEAD, DESCRIBED = range(4)
"""Places of `Scene.marks`: who spoke last, the next name to take note of, the entity mentioned last, how many rows of
`described` are filled."""


class Scene(NamedTuple):
    """One article while its quotes are resolved in text order.

    Of tokens: hash, flags, bits, quotation, sentence (its number), paragraph (its number), tag, relation. Of names:
    place, of_name. Of entities: row, ends, keys, values, total. Of quotes: content (n_spans, 2), bounds
    (n_quotes + 1,), cue, source (n_quotes, 2; -1 where there is none), order (n_quotes,), the quotes in text order. The
    state: recent (n_rows, 4), previous and next entity by last mention, the first token of that, whether it was a
    subject; marks, `SPEAKER` …; described (n_quotes, 3), mentions that are no names (entity, begin, end).
    """

    hash: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    bits: NDArray[np.uint32]
    quotation: NDArray[np.uint8]
    sentence: NDArray[np.int32]
    paragraph: NDArray[np.int32]
    tag: NDArray[np.uint8]
    relation: NDArray[np.uint8]
    place: NDArray[np.int32]
    of_name: NDArray[np.int32]
    row: NDArray[np.int32]
    ends: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    values: NDArray[np.int32]
    total: NDArray[np.int64]
    content: NDArray[np.int32]
    bounds: NDArray[np.int32]
    cue: NDArray[np.int32]
    source: NDArray[np.int32]
    order: NDArray[np.int64]
    recent: NDArray[np.int32]
    marks: NDArray[np.int64]
    described: NDArray[np.int32]


@compiled
def make_scene(tokens, where, quotes, known):  # type: ignore[no-untyped-def]
    """The scene before the first quote. quotes: `assembly.Spans`; known: the `Lexicon`."""
    n_quotes = len(quotes.cue)
    body = with_context(tokens, where, token_bits(tokens.hash, known.keys, known.bits))
    names = find_names(body, known)
    entities = join_names(names, body, n_quotes)
    n = len(tokens.start)
    sentence = np.zeros(n, np.int32)
    paragraph = np.zeros(n, np.int32)
    for i in range(n):
        before = i - 1 if i > 0 else 0
        sentence[i] = sentence[before] + (1 if where.sentence_start[i] == i else 0)
        paragraph[i] = paragraph[before] + (1 if tokens.flags[i] & LINE else 0)
    places = np.empty(n_quotes, np.int32)
    for k in range(n_quotes):
        places[k] = place_of(quotes, k)
    return Scene(
        tokens.hash,
        tokens.flags,
        body.bits,
        where.quotation,
        sentence,
        paragraph,
        where.tag,
        where.relation,
        names.place,
        entities.of_name,
        entities.row,
        entities.ends,
        entities.keys,
        entities.values,
        entities.total,
        quotes.content,
        quotes.bounds,
        quotes.cue,
        quotes.source,
        np.argsort(places, kind="mergesort"),
        np.full((len(entities.row), 4), -1, np.int32),
        np.array([-1, 0, -1, 0], np.int64),
        np.full((n_quotes, 3), -1, np.int32),
    )


@inner
def place_of(s, k):  # type: ignore[no-untyped-def]
    """Where a quote's speaker is named, or else where its cue or the quote begins."""
    if s.source[k, 0] >= 0:
        return s.source[k, 0]
    return s.cue[k, 0] if s.cue[k, 0] >= 0 else s.content[s.bounds[k], 0]


@inner
def stands_in(s, value, begin, end):  # type: ignore[no-untyped-def]
    """Whether a word, given its hash, is one of some tokens."""
    for i in range(begin, min(end, begin + LONGEST_SOURCE)):
        if s.hash[i] == value:
            return True
    return False
