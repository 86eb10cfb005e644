"""One article's way: text → tokens → body → topics and quotes → actors → stances → prediction."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from topic_stance.data.records import Actor, Article, Prediction, Quote, Span

from .actors import Actors, Entity, resolve_actors
from .bundle import Bundle, load_bundle
from .cleaning import body_tokens, judge_lines, load_boilerplate
from .features import Context, context
from .quotes import FoundQuote, TokenSpan, find_quotes
from .segment import Tokens, tokenize
from .stance import find_stances
from .topics import assign_topics

DEFAULT = Path(__file__).parent / "default"
"""The bundle that is shipped."""


def load(path: Path | str | None = None) -> Pipeline:
    """The model in a folder, or the shipped one; raises `BundleError` where it cannot be used."""
    return Pipeline(load_bundle(path or DEFAULT))


class Pipeline:
    """Predicts topics, quotes, actors and stances of articles with one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @cached_property
    def _boilerplate(self):  # type: ignore[no-untyped-def]
        return load_boilerplate()

    def predict(self, articles: Iterable[Article]) -> list[Prediction]:
        """A prediction for each article, in order. Any text is fine; an article's result depends on it alone."""
        return [self.predict_one(article) for article in articles]

    def predict_one(self, article: Article) -> Prediction:
        """The prediction for one article."""
        heads = self.bundle.heads
        title, body = self.read(article)
        topics = assign_topics(title, body, heads.topics)
        quotes, where = find_quotes(body, heads.quotes)
        actors = resolve_actors(article.text, body, where, quotes, heads.actors)
        assigned = [topic.label for topic in topics if topic.assigned]
        return self._prediction(article, topics, quotes, actors, assigned, body, where)

    def read(self, article: Article) -> tuple[Tokens | None, Tokens]:
        """The tokens of the title, where there is one, and of the body: what every head works on."""
        title = tokenize(article.title) if article.title else None
        tokens = tokenize(article.text)
        return title, body_tokens(tokens, judge_lines(tokens, self._boilerplate, title))

    def _prediction(
        self,
        article: Article,
        topics: list,  # type: ignore[type-arg]
        quotes: list[FoundQuote],
        actors: Actors,
        assigned: list[str],
        body: Tokens,
        where: Context,
    ) -> Prediction:
        order = list(dict.fromkeys(k for k in actors.speakers if k is not None))
        place = {number: k for k, number in enumerate(order)}
        spans = _Spans(body)
        written = [
            Quote(
                [spans(span) for span in quote.content],
                spans(quote.cue) if quote.cue else None,
                spans(quote.source) if quote.source else None,
                quote.kind,
                None if speaker is None else place[speaker],
            )
            for quote, speaker in zip(quotes, actors.speakers, strict=True)
        ]
        found = []
        for number in order:
            entity = actors.entities[number]
            own = [quote for quote, speaker in zip(quotes, actors.speakers, strict=True) if speaker == number]
            found.append(
                Actor(
                    entity.text,
                    entity.type or "person",
                    _description(entity),
                    [spans(span) for span in sorted(set(entity.mentions))],
                    find_stances(body, where, own, entity, assigned, self.bundle.heads.stance),
                )
            )
        return Prediction(article.id, self.bundle.name, topics, written, found)


class _Spans:
    """Token spans to character spans of the input."""

    def __init__(self, tokens: Tokens) -> None:
        self._start = tokens.start
        self._end = tokens.end

    def __call__(self, span: TokenSpan) -> Span:
        return int(self._start[span[0]]), int(self._end[span[1] - 1])


def _description(entity: Entity) -> str:
    return " ".join(entity.title)


__all__ = ["DEFAULT", "Pipeline", "context", "load"]
