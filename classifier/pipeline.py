"""One article's way: text → tokens → body → topics and quotes → actors → stances → prediction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import Actor, Article, Prediction, Quote, Span, Stance

from .actors import Actors, Entity, resolve_actors
from .assembly import Spans
from .bundle import Bundle, load_bundle
from .cleaning import Boilerplate, body_tokens, judge_lines, load_boilerplate
from .context import Context
from .quotes import TokenSpan, find_quotes, found_quotes
from .segment import Tokens, tokenize
from .stance import find_stances
from .tfidf import TermWeights
from .topics import assign_topics, decision_scores, head_weights
from .topics_only import article_scores

DEFAULT = Path(__file__).parent / "default"
"""The bundle that is shipped."""


def load(path: Path | str | None = None) -> Pipeline:
    """The model in a folder, or the shipped one; raises `BundleError` where it cannot be used."""
    return Pipeline(load_bundle(path or DEFAULT))


class Analysis(NamedTuple):
    """Quotes and actors of one article, the actors by their first quote."""

    quotes: Spans
    where: Context
    actors: Actors

    @property
    def speakers(self) -> NDArray[np.int32]:
        """Which of the actors says each quote, -1 for none: (n_quotes,)."""
        place = {number: k for k, number in enumerate(self.actors.entities)}
        return np.array([-1 if n is None else place[n] for n in self.actors.speakers], np.int32)


class Pipeline:
    """Predicts topics, quotes, actors and stances of articles with one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @cached_property
    def _boilerplate(self) -> Boilerplate:
        return load_boilerplate()

    @cached_property
    def topic_weights(self) -> TermWeights:
        """The topic head as its kernel wants it."""
        return head_weights(self.bundle.heads.topics)

    def predict(self, articles: Iterable[Article]) -> list[Prediction]:
        """A prediction for each article, in order. Any text is fine; an article's result depends on it alone."""
        return [self.predict_one(article) for article in articles]

    def predict_one(self, article: Article) -> Prediction:
        """The prediction for one article."""
        title, body = self.read(article)
        head = self.bundle.heads.topics
        topics = assign_topics(decision_scores(title, body, head, self.topic_weights), head)
        analysis = self._analyse(article, body)
        assigned = [topic.label for topic in topics if topic.assigned]
        actors = analysis.actors.entities.values()
        titles = np.array([actor.title_span for actor in actors], np.int32).reshape(-1, 2)
        speakers = analysis.speakers
        stances = find_stances(
            body, analysis.where, analysis.quotes, speakers, titles, assigned, self.bundle.heads.stance
        )
        spans = _Spans(body)
        return Prediction(
            article.id,
            self.bundle.name,
            topics,
            _written_quotes(analysis.quotes, speakers.tolist(), spans),
            [_written_actor(actor, own, spans) for actor, own in zip(actors, stances, strict=True)],
        )

    def predict_topics(self, articles: Sequence[Article]) -> list[Prediction]:
        """Predictions with the same topics as those of `predict` and nothing else, many times faster."""
        head, name = self.bundle.heads.topics, self.bundle.name
        scores = article_scores(articles, self._boilerplate, self.topic_weights) + head.bias
        return [
            Prediction(article.id, name, assign_topics(row, head), [], [])
            for article, row in zip(articles, scores, strict=True)
        ]

    def read(self, article: Article) -> tuple[Tokens | None, Tokens]:
        """The tokens of the title, where there is one, and of the body: what every head works on."""
        title = tokenize(article.title) if article.title else None
        tokens = tokenize(article.text)
        return title, body_tokens(tokens, judge_lines(tokens, self._boilerplate, title))

    def analyse(self, article: Article) -> Analysis:
        """Quotes and actors in tokens, before they are written down: what an explanation starts from."""
        return self._analyse(article, self.read(article)[1])

    def _analyse(self, article: Article, body: Tokens) -> Analysis:
        quotes, where = find_quotes(body, self.bundle.heads.quotes)
        return Analysis(quotes, where, resolve_actors(article.text, body, where, quotes, self.bundle.heads.actors))


def _written_actor(actor: Entity, stances: list[Stance], spans: _Spans) -> Actor:
    mentions = [spans(span) for span in actor.mentions]
    return Actor(actor.text, actor.type or "person", " ".join(actor.title), mentions, stances)


def _written_quotes(quotes: Spans, speakers: list[int], spans: _Spans) -> list[Quote]:
    return [
        Quote(
            [spans(span) for span in quote.content],
            spans(quote.cue) if quote.cue else None,
            spans(quote.source) if quote.source else None,
            quote.kind,
            None if speaker < 0 else speaker,
        )
        for quote, speaker in zip(found_quotes(quotes), speakers, strict=True)
    ]


class _Spans:
    """Token spans to character spans of the input."""

    def __init__(self, tokens: Tokens) -> None:
        self._start = tokens.start.tolist()
        self._end = tokens.end.tolist()

    def __call__(self, span: TokenSpan) -> Span:
        return self._start[span[0]], self._end[span[1] - 1]


__all__ = ["DEFAULT", "Analysis", "Pipeline", "load"]
