"""Fit the ranking of antecedents: for each labelled source that is no name, the labelled actor among the candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.actors import N_RANK_BUCKETS, SELF, Resolver
from topic_stance.classifier.features import Context
from topic_stance.classifier.quotes import FoundQuote
from topic_stance.classifier.segment import Tokens
from topic_stance.data.records import LabelledArticle, Span

from .matching import same_actor
from .quotes import token_span

Group = tuple[list[list[int]], list[bool]]
"""The candidates of one source: their features, and which of them are right."""


def fit_actors(groups: Sequence[Group], *, epochs: int = 12, rate: float = 0.1, seed: int = 0) -> NDArray[np.float32]:
    """Weights (`N_RANK_BUCKETS`,) of a softmax over each group's candidates, by AdaGrad."""
    weights = np.zeros(N_RANK_BUCKETS)
    squares = np.full(N_RANK_BUCKETS, 1e-2)
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        for g in rng.permutation(len(groups)):
            rows, right = groups[g]
            scores = np.array([weights[row].sum() for row in rows])
            share = np.exp(scores - scores.max())
            share /= share.sum()
            wanted = share * right
            wanted /= max(wanted.sum(), 1e-12)
            for row, slope in zip(rows, wanted - share, strict=True):
                if abs(slope) > 1e-5:
                    squares[row] += slope * slope
                    weights[row] += rate * slope / np.sqrt(squares[row])
    return weights.astype(np.float32)


def rank_groups(article: LabelledArticle, tokens: Tokens, where: Context) -> list[Group]:
    """The groups of one article, its quotes taken as labelled."""
    resolver = Resolver(article.text, tokens, where)
    actors = {actor.name: actor for actor in article.actors or ()}
    quotes = [
        (found_quote(quote.content, quote.cue, quote.source, tokens), quote.actor) for quote in article.quotes or ()
    ]
    groups: list[Group] = []
    for quote, name in sorted(
        ((quote, name) for quote, name in quotes if quote is not None), key=lambda pair: resolver.place(pair[0])
    ):
        source = resolver.read(quote.source)
        number = source.entity
        if number is None:
            candidates = resolver.candidates(source, quote)
            right = [c != SELF and same_actor(actors[name], " ".join(resolver.entities[c].name)) for c in candidates]
            if SELF in candidates and not any(right):
                right[candidates.index(SELF)] = True
            if any(right):
                if len(candidates) > 1:
                    groups.append(([resolver.features(source, quote, c) for c in candidates], right))
                number = candidates[right.index(True)]
        resolver.settle(source, quote, number)
    return groups


def found_quote(content: Iterable[Span], cue: Span | None, source: Span | None, tokens: Tokens) -> FoundQuote | None:
    """A labelled quote in tokens, or None where its content lies outside of them."""
    spans = [token_span(tokens, span) for span in content]
    spans = [(a, b) for a, b in spans if b > a]
    if not spans:
        return None

    def one(span: Span | None) -> tuple[int, int] | None:
        if span is None:
            return None
        a, b = token_span(tokens, span)
        return (a, b) if b > a else None

    return FoundQuote(spans, one(cue), one(source), "indirect")
