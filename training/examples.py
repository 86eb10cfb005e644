"""What the stance head learns from: actors' quotes as labelled and as they are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.actors import resolve_actors
from topic_stance.classifier.context import Context, context
from topic_stance.classifier.quotes import FoundQuote, QuoteHead, find_spans, found_quotes, quote_spans
from topic_stance.classifier.stance import RawFeatures, actor_features
from topic_stance.classifier.subjects import with_sources
from topic_stance.data.records import STANCES, LabelledActor

from .actors import found_quote, main_title
from .matching import match_actors
from .reading import ReadArticle
from .stance import StanceExample, StanceOptions


class Finder(NamedTuple):
    """What finds quotes and their speakers: the quote head and the ranking of antecedents."""

    quotes: QuoteHead
    ranking: NDArray[np.float32]

    def context(self, read: ReadArticle) -> Context:
        """The `Context` of an article's prose."""
        where: Context = context(read.prose, self.quotes.words, self.quotes.tagger)
        return where


def all_examples(
    articles: Sequence[ReadArticle],
    passing: Sequence[ReadArticle],
    finder: Finder,
    topics: tuple[str, ...],
    options: StanceOptions,
) -> list[StanceExample]:
    """The examples of articles and of those that touch their topics in passing, with their weights."""
    number: dict[str, int] = {}
    for read in (*articles, *passing):
        number.setdefault(read.article.id, len(number))

    def of(read: ReadArticle) -> list[StanceExample]:
        return _of_article(read, finder, topics, number[read.article.id], options)

    examples = [example for read in articles for example in of(read)]
    if options.passing:
        examples += [
            replace(example, weight=options.passing * example.weight, passing=True)
            for read in passing
            for example in of(read)
        ]
    return examples


def _of_article(
    read: ReadArticle,
    finder: Finder,
    topics: tuple[str, ...],
    number: int,
    options: StanceOptions,
) -> list[StanceExample]:
    """The examples of one article, those that are made out of others last."""
    where = finder.context(read)
    examples = stance_examples(read, where, finder, topics, number)
    if options.found:
        found = found_examples(read, where, finder, topics, number)
        examples += [replace(example, weight=options.found, made=True) for example in found]
    return examples


def stance_examples(
    read: ReadArticle, where: Context, finder: Finder, topics: tuple[str, ...], number: int
) -> list[StanceExample]:
    """The labelled (actor, topic) pairs of one article, quotes as labelled, actors as the resolver names them."""
    by_actor: dict[str, list[FoundQuote]] = {}
    for quote in read.article.quotes or ():
        found = found_quote(quote.content, quote.cue, quote.source, read.prose)
        if found is not None:
            by_actor.setdefault(quote.actor, []).append(found)
    every: list[FoundQuote] = []
    own: dict[str, slice] = {}
    for name, quotes in by_actor.items():
        own[name] = slice(len(every), len(every) + len(quotes))
        every += quotes
    resolved = resolve_actors(read.article.text, read.prose, where, quote_spans(every), finder.ranking)
    examples: list[StanceExample] = []
    for actor in read.article.actors or ():
        if actor.name in own:
            title = main_title(resolved, own[actor.name])
            raw = actor_features(read.prose, where, quote_spans(by_actor[actor.name]), title)
            examples += _pairs(actor, raw, topics, number)
    return examples


def found_examples(
    read: ReadArticle, where: Context, finder: Finder, topics: tuple[str, ...], number: int
) -> list[StanceExample]:
    """The same pairs as far as their actors are found, with the quotes that are found: what a prediction goes by."""
    spans = with_sources(find_spans(read.prose, where, finder.quotes), read.prose, where)
    entities, speakers = resolve_actors(read.article.text, read.prose, where, spans, finder.ranking)
    quotes = found_quotes(spans)
    examples: list[StanceExample] = []
    labelled = read.article.actors or ()
    for actor, place in zip(labelled, match_actors(labelled, [entity.text for entity in entities]), strict=True):
        if place is not None:
            own = quote_spans([quotes[k] for k in np.flatnonzero(speakers == place)])
            raw = actor_features(read.prose, where, own, entities[place].title_span)
            examples += _pairs(actor, raw, topics, number)
    return examples


def _pairs(actor: LabelledActor, raw: RawFeatures, topics: tuple[str, ...], number: int) -> Iterator[StanceExample]:
    for topic, label in actor.stance.items():
        if topic in topics and label in STANCES:
            yield StanceExample(raw, topics.index(topic), label, number)
