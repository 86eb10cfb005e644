"""One article's way: text → tokens → body → topics and quotes → actors → stances → prediction."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import KINDS, Actor, Article, Prediction, Quote, Span, Stance

from .actors import Actors, Entity, resolve_actors
from .assembly import Spans, divided
from .bundle import Bundle, load_bundle
from .cleaning import Boilerplate, body_tokens, load_boilerplate, prose, read_lines
from .context import Context
from .quotes import find_quotes
from .segment import Tokens
from .stance import find_stances
from .subjects import with_sources, without_brackets
from .topics import TopicWeights, assign_topics, decision_scores, head_weights
from .topics_only import article_scores

DEFAULT = Path(__file__).parent / "default"
"""The bundle that is shipped."""


def load(path: Path | str | None = None) -> Pipeline:
    """The model in a folder, or the shipped one; raises `BundleError` where it cannot be used."""
    return Pipeline(load_bundle(path or DEFAULT))


class Analysis(NamedTuple):
    """One article before anything is written down.

    title: its tokens, where there is one; body: those of the text without boilerplate, which topics are read from;
    tokens: those of the body without promos, which the spans of quotes and actors count in.
    """

    title: Tokens | None
    body: Tokens
    tokens: Tokens
    quotes: Spans
    where: Context
    actors: Actors


class Pipeline:
    """Predicts topics, quotes, actors and stances of articles with one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @cached_property
    def _boilerplate(self) -> Boilerplate:
        return load_boilerplate()

    @cached_property
    def topic_weights(self) -> TopicWeights:
        """The topic head as its kernel wants it."""
        return head_weights(self.bundle.heads.topics)

    def predict(self, articles: Iterable[Article]) -> list[Prediction]:
        """A prediction for each article, in order. Any text is fine; an article's result depends on it alone."""
        return [self.predict_one(article) for article in articles]

    def predict_one(self, article: Article) -> Prediction:
        """The prediction for one article."""
        return self.conclude(article, self.analyse(article))

    def predict_topics(self, articles: Iterable[Article]) -> list[Prediction]:
        """Predictions with the same topics as those of `predict` and nothing else, many times faster."""
        articles = list(articles)
        head, name = self.bundle.heads.topics, self.bundle.name
        scores = article_scores(articles, self._boilerplate, self.topic_weights) + head.bias
        return [
            Prediction(article.id, name, assign_topics(row, head), [], [])
            for article, row in zip(articles, scores, strict=True)
        ]

    def read(self, article: Article) -> tuple[Tokens | None, Tokens]:
        """The tokens of the title, where there is one, and of the body."""
        title, tokens, verdicts = read_lines(article.title, article.text, self._boilerplate)
        return title, body_tokens(tokens, verdicts)

    def analyse(self, article: Article) -> Analysis:
        """Quotes and actors in tokens: what a prediction and its explanation start from."""
        title, body = self.read(article)
        tokens, quotes, where = self.quotes_of(body)
        actors = resolve_actors(article.text, tokens, where, quotes, self.bundle.heads.actors)
        return Analysis(title, body, tokens, quotes, where, actors)

    def quotes_of(self, body: Tokens) -> tuple[Tokens, Spans, Context]:
        """The tokens of a body without promos, the quotes in them, and what surrounds each token."""
        tokens, cuts = prose(body)
        quotes, where = find_quotes(tokens, self.bundle.heads.quotes)
        quotes = with_sources(quotes, tokens, where)
        if len(cuts):
            quotes = divided(without_brackets(quotes, cuts, tokens), cuts)
        return tokens, quotes, where

    def conclude(self, article: Article, analysis: Analysis) -> Prediction:
        """The prediction for an article that has been analysed."""
        head = self.bundle.heads.topics
        topics = assign_topics(decision_scores(analysis.title, analysis.body, head, self.topic_weights), head)
        assigned = [topic.label for topic in topics if topic.assigned]
        actors, speakers = analysis.actors
        titles = np.array([actor.title_span for actor in actors], np.int32).reshape(-1, 2)
        tokens = analysis.tokens
        stances = find_stances(
            tokens, analysis.where, analysis.quotes, speakers, titles, assigned, self.bundle.heads.stance
        )
        return Prediction(
            article.id,
            self.bundle.name,
            topics,
            _written_quotes(analysis.quotes, speakers.tolist(), tokens),
            [_written_actor(actor, own, tokens) for actor, own in zip(actors, stances, strict=True)],
        )


def _written_actor(actor: Entity, stances: list[Stance], tokens: Tokens) -> Actor:
    mentions = [(tokens.start.item(begin), tokens.end.item(end - 1)) for begin, end in actor.mentions]
    return Actor(actor.text, actor.type, " ".join(actor.title), mentions, stances)


def _written_quotes(quotes: Spans, speakers: list[int], tokens: Tokens) -> list[Quote]:
    content, cue, source = (_characters(tokens, spans) for spans in (quotes.content, quotes.cue, quotes.source))
    bounds = quotes.bounds.tolist()
    return [
        Quote(
            content[bounds[k] : bounds[k + 1]],
            cue[k] if has_cue else None,
            source[k] if has_source else None,
            KINDS[kind],
            speaker if speaker >= 0 else None,
        )
        for k, (has_cue, has_source, kind, speaker) in enumerate(
            zip(
                (quotes.cue[:, 0] >= 0).tolist(),
                (quotes.source[:, 0] >= 0).tolist(),
                quotes.kind.tolist(),
                speakers,
                strict=True,
            )
        )
    ]


def _characters(tokens: Tokens, spans: NDArray[np.int32]) -> list[Span]:
    """Token spans, (n, 2), as character spans of the input; what stands for one that is not there means nothing."""
    return list(zip(tokens.start[spans[:, 0]].tolist(), tokens.end[spans[:, 1] - 1].tolist(), strict=True))
