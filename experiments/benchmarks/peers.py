"""The named peers of the speed benchmarks, each as a user would write it: scikit-learn's topics, spaCy and textacy.

The scikit-learn pipeline is `TfidfVectorizer` (one and two words, sublinear) with a vocabulary of the articles given,
and one logistic regression a topic. Its weights are drawn at random: how fast it is does not depend on them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.tfidf import TermWeights, term_tables, term_weights, text_scores
from topic_stance.data.readers import Record, read
from topic_stance.data.records import Prediction, TopicScore

LABELS = ("regional_relations", "fraud", "law_enforcement")
_BATCH = 1000


class SklearnTopics:
    """A vectorizer and three linear models."""

    def __init__(self, texts: Sequence[str], n_terms: int) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        fitted = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=n_terms).fit(texts)
        # Frequent terms first, which serves both sides
        order = np.argsort(fitted.idf_, kind="stable")
        self.terms: list[str] = fitted.get_feature_names_out()[order].tolist()
        self.vectorizer = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, vocabulary={term: k for k, term in enumerate(self.terms)}
        )
        self.vectorizer.idf_ = fitted.idf_[order]
        self.heads = []
        rng = np.random.default_rng(0)
        for _ in LABELS:
            head = LogisticRegression()
            head.coef_ = rng.normal(0, 3, (1, len(self.terms)))
            head.intercept_, head.classes_ = rng.normal(0, 1, 1), np.array([0, 1])
            self.heads.append(head)

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Decision values (n_texts, n_topics)."""
        matrix = self.vectorizer.transform(texts)
        return np.array([head.decision_function(matrix) for head in self.heads]).T

    def file(self, source: Path, target: Path) -> None:
        """JSON Lines to JSON Lines with the `json` module."""
        with source.open() as lines, target.open("w") as out:
            while records := [json.loads(line) for line in islice(lines, _BATCH)]:
                for record, row in zip(records, self.scores([r["text"] for r in records]).tolist(), strict=True):
                    topics = [
                        {"label": label, "probability": score, "assigned": score > 0}
                        for label, score in zip(LABELS, row, strict=True)
                    ]
                    out.write(json.dumps({"id": record["id"], "model": "", "topics": topics}) + "\n")


class OurTopics:
    """The same vocabulary and weights in this project's kernel."""

    def __init__(self, peer: SklearnTopics) -> None:
        coefficients = np.array([head.coef_[0] for head in peer.heads]).T
        self.weights: TermWeights = term_weights(term_tables(peer.terms), peer.vectorizer.idf_, coefficients)
        self.bias = np.array([head.intercept_[0] for head in peer.heads])

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Decision values (n_texts, n_topics)."""
        return text_scores(texts, self.weights) + self.bias

    def file(self, source: Path, target: Path) -> None:
        """JSON Lines to JSON Lines with this project's reader and encoder."""
        articles = (item.article for item in read([source]) if isinstance(item, Record))
        encode = msgspec.json.Encoder().encode_lines
        with target.open("wb") as out:
            while batch := list(islice(articles, _BATCH)):
                rows = self.scores([article.text for article in batch]).tolist()
                out.write(
                    encode(
                        [
                            Prediction(article.id, "", [TopicScore(n, s, s > 0) for n, s in zip(LABELS, row)], [], [])  # noqa: B905
                            for article, row in zip(batch, rows, strict=True)
                        ]
                    )
                )


def quotations_by_textacy(parsed: Iterable[Any]) -> int:
    """Find the direct quotations of texts that spaCy has parsed; returns how many textacy broke on."""
    from textacy.extract import direct_quotations

    failures = 0
    for text in parsed:
        try:
            list(direct_quotations(text))
        except ValueError:  # it gives up on quotation marks that do not pair up
            failures += 1
    return failures


class SpacyPipeline:
    """spaCy's parse, textacy's direct quotations and scikit-learn's topics; `failures` counts what textacy broke on."""

    def __init__(self, name: str, topics: SklearnTopics) -> None:
        import spacy

        self._parse: Any = spacy.load(name)
        self._topics = topics
        self.failures = 0

    def predict(self, texts: Sequence[str]) -> None:
        """All of it for each text."""
        self._topics.scores(texts)
        self.failures = quotations_by_textacy(self._parse(text) for text in texts)
