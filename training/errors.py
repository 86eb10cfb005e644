"""What a reader of a run looks at first: the worst errors, and the terms that weigh most for each label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topic_stance.classifier.explain import explain_article
from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.records import LabelledArticle, Prediction

from .matching import matched_actors

MOST_ERRORS = 50
MOST_TERMS = 20
_MOST_EXPLAINED = 40


@dataclass(frozen=True)
class Error:
    """A wrong label: the surer the model was, the worse."""

    article: str
    title: str
    what: str
    """`topic fraud`, or `stance towards fraud of Ana Iglesias`."""
    labelled: str
    predicted: str
    probability: float
    """Of what was predicted."""


@dataclass(frozen=True)
class Term:
    """A term and its weight for a label."""

    label: str
    term: str
    weight: float


def worst_errors(gold: Sequence[LabelledArticle], predictions: Sequence[Prediction]) -> list[Error]:
    """Wrong topics and stances, the surest first, and as many of each topic and stance as there is room for."""
    found: list[Error] = []
    for article, prediction in zip(gold, predictions, strict=True):
        title = article.title or " ".join(article.text[:80].split())
        for topic in prediction.topics:
            if topic.assigned != (topic.label in article.topics):
                labels = ("yes", "no") if topic.label in article.topics else ("no", "yes")
                sure = topic.probability if topic.assigned else 1 - topic.probability
                found.append(Error(article.id, title, f"topic {topic.label}", *labels, round(sure, 4)))
        for wanted, found_actor in matched_actors(article, prediction):
            for stance in found_actor.stances if found_actor else ():
                right = wanted.stance.get(stance.topic)
                if right not in (None, stance.label):
                    what = f"stance towards {stance.topic} of {wanted.name}"
                    found.append(Error(article.id, title, what, str(right), stance.label, stance.probability))
    return sorted(found, key=lambda error: (-error.probability, error.article, error.what))[:MOST_ERRORS]


def top_terms(pipeline: Pipeline, gold: Sequence[LabelledArticle]) -> list[Term]:
    """The topic head's terms of largest weight, for and against each topic, and the words that decided stances.

    The stance head knows its features by their hash alone: its words are those of some of the held-out articles, each
    with what it added in all.
    """
    head = pipeline.bundle.heads.topics
    whole, opening = (model.idf[:, None] * model.coefficients for model in (head.whole, head.opening))
    weight = whole + opening
    found = []
    for k, label in enumerate(head.labels):
        order = np.argsort(-weight[:, k], kind="stable")
        chosen = [*order[:MOST_TERMS], *order[-MOST_TERMS:]] if len(order) > 2 * MOST_TERMS else list(order)
        found += [Term(f"topic {label}", head.terms[t], round(float(weight[t, k]), 4)) for t in chosen]
    return found + _stance_terms(pipeline, gold)


def _stance_terms(pipeline: Pipeline, gold: Sequence[LabelledArticle]) -> list[Term]:
    shares: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for article in gold[:_MOST_EXPLAINED]:
        for actor in explain_article(pipeline, article.article(), most=20).actors:
            for share in actor.terms:
                shares[actor.label][share.term.lower()] += share.share
    found = []
    for label in sorted(shares):
        ranked = sorted(shares[label].items(), key=lambda item: (-item[1], item[0]))[:MOST_TERMS]
        found += [Term(f"stance {label}", term, round(share, 4)) for term, share in ranked if share > 0]
    return found
