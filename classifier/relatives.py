"""Sources that are relative pronouns, replaced by the phrase they stand for: "the guard, who denied it" is the guard.

Whoever reads a list of quotes learns nothing from "who"; the phrase is also what the labels call the source.
"""

from __future__ import annotations

import numpy as np

from .assembly import Spans
from .jit import compiled, inner
from .segment import token_hash
from .tagger import FIRST_VERB, LAST_VERB, TAGS

_LONGEST_PHRASE = 20
"""Tokens of a phrase that are looked at."""
_WHO, _WHICH, _THAT, _OF, _COMMA, _HYPHEN = (
    np.uint64(token_hash(word)) for word in ("who", "which", "that", "of", ",", "-")
)
_RELATIVE, _ADVERB, _NAME = (TAGS.index(tag) for tag in ("W", "RB", "NNP"))
_OPENS = tuple(TAGS.index(tag) for tag in ("DT", "PRP$"))
_NOUNS = tuple(TAGS.index(tag) for tag in ("NN", "NNS", "NNP", "DT", "PRP"))
_IN_PHRASE = tuple(TAGS.index(tag) for tag in ("NN", "NNS", "NNP", "DT", "PRP", "PRP$", "JJ", "POS", "CD"))


@compiled
def with_antecedents(quotes, tokens, where):  # type: ignore[no-untyped-def]
    """The same `assembly.Spans` with the phrase before it in place of each source that begins with who, which or that.

    where: the `Context` of the tokens. A pronoun without such a phrase stays.
    """
    source = quotes.source.copy()
    hashes, tag = tokens.hash, where.tag
    for k in range(len(source)):
        begin, end = source[k]
        if begin < 1 or not _relative(begin, end, hashes, tag):
            continue
        low = max(where.sentence_start[begin], begin - _LONGEST_PHRASE)
        last = begin - 1 if hashes[begin - 1] == _COMMA else begin
        first = _phrase(low, last, hashes, tag)
        if first < last and _apposition(first, low, hashes, tag):
            first = _phrase(low, first - 1, hashes, tag)
        if first < last and tag[last - 1] in _NOUNS:
            source[k, 0], source[k, 1] = first, last
    return Spans(quotes.content, quotes.bounds, quotes.cue, source, quotes.kind)


@inner
def _relative(begin, end, hashes, tag):  # type: ignore[no-untyped-def]
    """Whether a source is a relative pronoun, alone or with its verb."""
    word = hashes[begin]
    if word != _WHO and word != _WHICH and (word != _THAT or tag[begin] != _RELATIVE):
        return False
    if end == begin + 1:
        return True
    following = tag[begin + 1]
    return following == _ADVERB or FIRST_VERB <= following <= LAST_VERB


@inner
def _phrase(low, last, hashes, tag):  # type: ignore[no-untyped-def]
    """The first token of the noun phrase that ends before `last`; `last` where there is none."""
    i = last
    while i > low:
        of = hashes[i - 1] == _OF and i < last and i - 1 > low and tag[i - 2] in _NOUNS
        if not (tag[i - 1] in _IN_PHRASE or of or hashes[i - 1] == _HYPHEN):
            break
        i -= 1
    return i


@inner
def _apposition(first, low, hashes, tag):  # type: ignore[no-untyped-def]
    """Whether a phrase stands after a name and a comma (Ana Li, a former minister)."""
    return first - 1 > low and hashes[first - 1] == _COMMA and tag[first] in _OPENS and tag[first - 2] == _NAME
