"""The topic head against scikit-learn, and what counts as the opening."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from topic_stance.classifier import Pipeline
from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.topics import (
    OPENING_TOKENS,
    TermModel,
    decision_scores,
    opening_tokens,
    whole_tokens,
)
from topic_stance.data.records import LabelledArticle
from topic_stance.training.reading import read_article


def test_scores_are_those_of_scikit_learn(tiny: Pipeline, authored: list[LabelledArticle]) -> None:
    head = tiny.bundle.heads.topics
    reads = [read_article(article, load_boilerplate()) for article in authored[:60]]
    wanted = np.tile(head.bias, (len(reads), 1))
    for part, model in (("whole", head.whole), ("opening", head.opening)):
        vectorizer = TfidfVectorizer(sublinear_tf=True, vocabulary=head.terms)
        vectorizer.idf_ = model.idf
        texts = [getattr(read.topic_text(), part) for read in reads]
        wanted += vectorizer.transform(texts) @ model.coefficients
    found = np.array([decision_scores(read.title, read.body, head) for read in reads])
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("part", ["whole", "opening"])
def test_both_parts_count(tiny: Pipeline, authored: list[LabelledArticle], part: str) -> None:
    head = tiny.bundle.heads.topics
    model: TermModel = getattr(head, part)
    without = head._replace(**{part: model._replace(coefficients=np.zeros_like(model.coefficients))})
    body = tokenize(authored[0].text)
    assert not np.allclose(decision_scores(None, body, head), decision_scores(None, body, without))


def test_the_opening_ends_with_the_first_tokens_of_title_and_body() -> None:
    title, body = tokenize("Eels return"), tokenize("word " * (OPENING_TOKENS - 2) + "beyond")
    opening = opening_tokens(whole_tokens(title, body))
    assert set(opening.hash.tolist()) == set(tokenize("Eels return word").hash.tolist())
    assert tokenize("beyond").hash[0] in opening_tokens(whole_tokens(None, body)).hash


def test_nothing_has_no_opening(tiny: Pipeline) -> None:
    head = tiny.bundle.heads.topics
    np.testing.assert_array_equal(decision_scores(None, tokenize(""), head), head.bias)
