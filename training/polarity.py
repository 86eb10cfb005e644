"""Rivals that know nothing of stance and read the polarity of the words: a lexicon, and a model of NewsMTSC.

Good words are taken for `favor` and bad words for `against`, whatever the topic.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from topic_stance.data.public import newsmtsc
from topic_stance.data.records import DataError, LabelledArticle, StanceLabel, TopicStanceError

from .given import Pair, answered, plain_classifier, quoted_text

NEUTRAL = 0.05
"""VADER's own bound: a compound score nearer to zero is neutral (Hutto and Gilbert 2014)."""

_OF_SIGN: dict[int, StanceLabel] = {1: "favor", 0: "neutral", -1: "against"}


def lexicon_pairs(gold: Sequence[LabelledArticle]) -> list[Pair]:
    """Stances by the sentiment lexicon VADER over what the actor is quoted as saying, with the cues."""
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        raise TopicStanceError(
            "the sentiment lexicon needs the package vaderSentiment: pip install vaderSentiment"
        ) from None
    analyser = SentimentIntensityAnalyzer()

    def answer(article: LabelledArticle, name: str, topic: str) -> str:
        score = analyser.polarity_scores(quoted_text(article, name))["compound"]
        return _OF_SIGN[(score >= NEUTRAL) - (score <= -NEUTRAL)]

    return answered(gold, answer)


def newsmtsc_pairs(path: Path, gold: Sequence[LabelledArticle]) -> list[Pair]:
    """Stances by TF-IDF and logistic regression that learned the polarity of NewsMTSC's sentences."""
    rows = newsmtsc(path)
    if len({row.polarity for row in rows}) < 2:
        raise DataError(f"{path}: holds sentences of fewer than two polarities, nothing to learn")
    model = plain_classifier()
    model.fit([row.sentence for row in rows], [row.polarity for row in rows])
    return answered(gold, lambda article, name, _: _OF_SIGN[int(model.predict([quoted_text(article, name)])[0])])
