"""Stance on its own: labelled quotes and actors are given, only the stances are predicted, beside plain rivals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.actors import resolve_actors
from topic_stance.classifier.context import context
from topic_stance.classifier.pipeline import Pipeline
from topic_stance.classifier.quotes import FoundQuote, quote_spans
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.stance import find_stances
from topic_stance.data.records import STANCES, DataError, LabelledArticle, StanceLabel

from .actors import found_quote, main_title
from .bootstrap import on_resamples, quantile_interval

_TIMES = 500

Pair = tuple[int, str, str, str]
"""Number of the article, topic, labelled stance, predicted stance."""


def stance_given_quotes(pipeline: Pipeline, gold: Sequence[LabelledArticle]) -> list[Pair]:
    """Predicted stances of every labelled (actor, topic) pair, from the actor's labelled quotes.

    Raises `DataError` where no actor has a stance.
    """
    pairs: list[Pair] = []
    for number, article in enumerate(gold):
        said = stances_of(pipeline, article)
        for actor in article.actors or ():
            pairs += [(number, topic, label, said[actor.name][topic]) for topic, label in actor.stance.items()]
    if not pairs:
        raise DataError("none of the articles has an actor with a stance to compare with: label quotes and stances")
    return pairs


def stances_of(pipeline: Pipeline, article: LabelledArticle) -> dict[str, dict[str, str]]:
    """Predicted stances of every labelled actor of one article by topic, from the actor's labelled quotes."""
    heads = pipeline.bundle.heads
    # The body as labelled: a labelled quote in a line that the cleaner set aside still counts.
    body = tokenize(article.text)
    where = context(body, heads.quotes.words, heads.quotes.tagger)
    by_actor: dict[str, list[FoundQuote]] = {}
    for quote in article.quotes or ():
        found = found_quote(quote.content, quote.cue, quote.source, body)
        if found is not None:
            by_actor.setdefault(quote.actor, []).append(found)
    said: dict[str, dict[str, str]] = {}
    for actor in article.actors or ():
        own = quote_spans(by_actor.get(actor.name, []))
        title = main_title(resolve_actors(article.text, body, where, own, heads.actors))
        topics = [topic for topic in actor.stance if topic in heads.stance.topics]
        alone = np.zeros(len(own.cue), np.int32)
        titles = np.array([title], np.int32)
        (stances,) = find_stances(body, where, own, alone, titles, topics, heads.stance)
        # A topic that the model does not know has no stance.
        answers = dict.fromkeys(actor.stance, "neutral") | {s.topic: s.label for s in stances}
        said.setdefault(actor.name, {}).update(answers)
    return said


def rivals(train: Sequence[LabelledArticle], gold: Sequence[LabelledArticle]) -> dict[str, list[Pair]]:
    """Pairs as plain rivals predict them: constants, and TF-IDF of the quotes and of the whole article."""
    majority = _majorities(train)
    return {
        "always neutral": _constant(gold, lambda topic: "neutral"),
        "majority per topic": _constant(gold, lambda topic: majority.get(topic, "neutral")),
        "TF-IDF of the quotes": _tfidf(train, gold, quoted_text),
        "TF-IDF of the article": _tfidf(train, gold, lambda article, name: article.text),
    }


def answered(gold: Sequence[LabelledArticle], answer: Callable[[LabelledArticle, str, str], str]) -> list[Pair]:
    """Every labelled pair with an answer from the article, the actor's name and the topic."""
    return [
        (number, topic, label, answer(article, actor.name, topic))
        for number, article in enumerate(gold)
        for actor in article.actors or ()
        for topic, label in actor.stance.items()
    ]


def quoted_text(article: LabelledArticle, name: str) -> str:
    """What an actor is quoted as saying, with the cues."""
    parts = []
    for quote in article.quotes or ():
        if quote.actor == name:
            parts += [article.text[slice(*span)] for span in quote.content]
            parts += [article.text[slice(*quote.cue)]] if quote.cue else []
    return " ".join(parts)


def macro_f1(pairs: Sequence[Pair]) -> float:
    """Mean F1 of the three stances."""
    scores = []
    for label in STANCES:
        right = sum(g == p == label for _, _, g, p in pairs)
        scores.append(2 * right / max(1, sum(g == label for _, _, g, _ in pairs) + sum(p == label for *_, p in pairs)))
    return sum(scores) / len(scores)


def pairs_interval(pairs: Sequence[Pair]) -> tuple[float, float]:
    """95% bootstrap interval of the macro-F1, articles resampled."""
    by_article: dict[int, list[Pair]] = {}
    for pair in pairs:
        by_article.setdefault(pair[0], []).append(pair)
    groups = list(by_article.values())

    def figure(chosen: NDArray[np.int64]) -> float:
        return macro_f1([pair for k in chosen for pair in groups[k]])

    return quantile_interval(on_resamples(figure, len(groups), _TIMES))


def table(results: dict[str, list[Pair]]) -> str:
    """One row a method: macro-F1 with its interval."""
    rows = [f"{'stance, quotes and actors given':40s} macro-F1"]
    for name, pairs in results.items():
        low, high = pairs_interval(pairs)
        rows.append(f"{name:40s} {macro_f1(pairs):.3f}   [{low:.3f}, {high:.3f}]")
    return "\n".join(rows)


def plain_classifier(min_df: int = 1) -> Any:
    """scikit-learn's TF-IDF of one and two words and logistic regression; `min_df`: texts that a term must be in."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=min_df),
        LogisticRegression(max_iter=500, class_weight="balanced"),
    )


def _constant(gold: Sequence[LabelledArticle], answer: Callable[[str], str]) -> list[Pair]:
    return answered(gold, lambda article, name, topic: answer(topic))


def _majorities(train: Sequence[LabelledArticle]) -> dict[str, StanceLabel]:
    counts: dict[str, dict[StanceLabel, int]] = {}
    for article in train:
        for actor in article.actors or ():
            for topic, label in actor.stance.items():
                counts.setdefault(topic, {}).setdefault(label, 0)
                counts[topic][label] += 1
    return {topic: max(STANCES, key=lambda label, by=by: by.get(label, 0)) for topic, by in counts.items()}  # type: ignore[misc]


def _tfidf(
    train: Sequence[LabelledArticle], gold: Sequence[LabelledArticle], text: Callable[[LabelledArticle, str], str]
) -> list[Pair]:
    def rows(articles: Sequence[LabelledArticle]) -> list[tuple[int, str, str, str]]:
        return [
            (number, topic, label, f"{topic} {text(article, actor.name)}")
            for number, article in enumerate(articles)
            for actor in article.actors or ()
            for topic, label in actor.stance.items()
        ]

    known, wanted = rows(train), rows(gold)
    model = plain_classifier(min_df=2).fit([r[3] for r in known], [r[2] for r in known])
    predicted = model.predict([r[3] for r in wanted])
    return [(n, topic, label, str(p)) for (n, topic, label, _), p in zip(wanted, predicted, strict=True)]
