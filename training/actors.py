"""Fit the ranking of antecedents: for each labelled source that is no name, the labelled actor among the candidates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.actors import Actors, entity_name
from topic_stance.classifier.antecedents import MOST_CANDIDATES, list_candidates, settle
from topic_stance.classifier.context import Context
from topic_stance.classifier.lexicon import NAME, lexicon
from topic_stance.classifier.quotes import FoundQuote, TokenSpan, quote_spans
from topic_stance.classifier.ranking import N_RANK_BUCKETS, N_RANK_FEATURES, SELF, rank_features
from topic_stance.classifier.scene import make_scene
from topic_stance.classifier.segment import Tokens
from topic_stance.classifier.sources import N_SOURCE, SOURCE_ENTITY, SOURCE_KIND, read_source
from topic_stance.data.records import LabelledArticle, Span

from .matching import same_actor
from .quotes import token_span

Group = tuple[NDArray[np.int32], NDArray[np.bool_]]
"""The candidates of one source: their features (n_candidates, `N_RANK_FEATURES`), and which of them are right."""
_EPOCHS, _RATE = 20, 0.02
"""Passes over the groups, and the step of AdaGrad."""


def fit_actors(groups: Sequence[Group], seed: int) -> NDArray[np.float32]:
    """Weights (`N_RANK_BUCKETS`,) of a softmax over each group's candidates, by AdaGrad."""
    weights = np.zeros(N_RANK_BUCKETS)
    squares = np.full(N_RANK_BUCKETS, 1e-2)
    rng = np.random.default_rng(seed)
    for _ in range(_EPOCHS):
        for g in rng.permutation(len(groups)):
            rows, right = groups[g]
            scores = weights[rows].sum(1)
            share = np.exp(scores - scores.max())
            share /= share.sum()
            wanted = share * right
            wanted /= max(wanted.sum(), 1e-12)
            for row, slope in zip(rows, wanted - share, strict=True):
                if abs(slope) > 1e-5:
                    np.add.at(squares, row, slope * slope)
                    np.add.at(weights, row, _RATE * slope / np.sqrt(squares[row]))
    return weights.astype(np.float32)


def rank_groups(article: LabelledArticle, tokens: Tokens, where: Context) -> list[Group]:
    """The groups of one article, its quotes taken as labelled."""
    actors = {actor.name: actor for actor in article.actors or ()}
    labelled = [(found_quote(q.content, q.cue, q.source, tokens), q.actor) for q in article.quotes or ()]
    quotes = [quote for quote, _ in labelled if quote is not None]
    wanted = [actors[name] for quote, name in labelled if quote is not None]
    if not quotes:
        return []
    scene = make_scene(tokens, where, quote_spans(quotes), lexicon())
    source = np.zeros(N_SOURCE, np.int32)
    candidates = np.zeros(MOST_CANDIDATES, np.int32)
    groups: list[Group] = []
    before = -1
    for k in scene.order.tolist():
        if before >= 0 and scene.source[k, 0] >= 0 and scene.source[k, 0] == scene.source[before, 0]:
            continue  # two quotes that share a source share their speaker
        before = k
        read_source(scene, k, source)
        number = int(source[SOURCE_ENTITY])
        if source[SOURCE_KIND] != NAME:
            n = list_candidates(scene, k, source, candidates)
            listed = candidates[:n].tolist()
            names = [entity_name(c, article.text, tokens, scene.row) if c != SELF else "" for c in listed]
            right = [bool(name) and same_actor(wanted[k], name) for name in names]
            if not any(right):
                right = [c == SELF for c in candidates[:n].tolist()]
            number = -1
            if any(right):
                features = np.zeros((n, N_RANK_FEATURES), np.int32)
                for c in range(n):
                    rank_features(scene, k, source, candidates[c], c, features[c])
                if n > 1:
                    groups.append((features, np.array(right)))
                number = int(candidates[right.index(True)])
        settle(scene, k, source, number)
    return groups


def main_title(actors: Actors, quotes: slice = slice(None)) -> TokenSpan:
    """Tokens of the title of the actor who says most of these quotes; (0, 0) where nobody says any."""
    said = actors.speakers[quotes]
    said = said[said >= 0]
    return actors.entities[int(np.bincount(said).argmax())].title_span if len(said) else (0, 0)


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
