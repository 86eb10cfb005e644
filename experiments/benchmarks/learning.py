"""Learning curves: topics and stance from the authored corpus, from labels on real news, and from both, at four sizes.

    python -m experiments.benchmarks.learning --config experiments/default.toml

Measured on a fifth of the real articles, held out; 95% bootstrap intervals over articles. For stance the
labelled quotes are given.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Container, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.cleaning import load_boilerplate
from topic_stance.classifier.pipeline import Pipeline, load
from topic_stance.classifier.stance import stance_scores
from topic_stance.classifier.topics import decision_scores, probabilities
from topic_stance.data.records import STANCES
from topic_stance.training.bootstrap import Figure, on_resamples, quantile_interval
from topic_stance.training.config import load_config
from topic_stance.training.examples import Finder, stance_examples
from topic_stance.training.fit import read_corpus, read_taxonomy
from topic_stance.training.reading import ReadArticle, read_article
from topic_stance.training.stance import StanceExample, StanceOptions, fit_stance
from topic_stance.training.topics import TopicOptions, fit_topics

SHARES = (0.125, 0.25, 0.5, 1.0)


def topic_curve(train: Sequence[ReadArticle], test: Sequence[ReadArticle], labels: tuple[str, ...]) -> str:
    """Macro-F1 of topics on `test` after learning from `train`, with its interval."""
    head = fit_topics(
        [read.topic_text() for read in train], [read.article.topics for read in train], labels, TopicOptions(), 0
    )
    scores = np.array([decision_scores(read.title, read.body, head) for read in test])
    given = probabilities(scores, head.calibration) >= head.threshold
    wanted = np.array([[label in read.article.topics for label in labels] for read in test])

    def figure(rows: NDArray[np.int64]) -> float:
        both = (given[rows] & wanted[rows]).sum(0)
        return float((2 * both / np.maximum(1, given[rows].sum(0) + wanted[rows].sum(0))).mean())

    return with_interval(figure, len(test))


def stance_curve(train: Sequence[StanceExample], test: Sequence[StanceExample], labels: tuple[str, ...]) -> str:
    """Macro-F1 of stances on `test` after learning from `train`, with its interval."""
    head = fit_stance(train, labels, StanceOptions(folds=2), 0)
    given = np.array([int(stance_scores(e.raw, head)[e.topic].argmax()) for e in test])
    wanted = np.array([STANCES.index(e.label) for e in test])
    article = np.unique([e.article for e in test], return_inverse=True)[1]
    members = [np.flatnonzero(article == k) for k in range(article.max() + 1)]

    def figure(rows: NDArray[np.int64]) -> float:
        chosen = np.concatenate([members[k] for k in rows])
        right = [((given[chosen] == y) & (wanted[chosen] == y)).sum() for y in range(3)]
        sizes = [(given[chosen] == y).sum() + (wanted[chosen] == y).sum() for y in range(3)]
        return float(np.mean([2 * r / max(1, s) for r, s in zip(right, sizes, strict=True)]))

    return with_interval(figure, len(members))


def with_interval(figure: Figure, n: int) -> str:
    """A figure on all of `n` rows and its 95% bootstrap interval."""
    low, high = quantile_interval(on_resamples(figure, n))
    return f"{figure(np.arange(n)):.3f} [{low:.3f}, {high:.3f}]"


def main(argv: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--config", type=Path, required=True)
    config = load_config(parser.parse_args(argv).config)
    bare = msgspec.structs.replace(config, data=msgspec.structs.replace(config.data, polnear=None))
    corpus, lexicon, labels = read_corpus(bare), load_boilerplate(), read_taxonomy(config.data.taxonomy).labels
    by_topic = [read_article(article, lexicon) for article in corpus.topics]
    print("topics")
    _table(by_topic, corpus.authored, lambda train, test: topic_curve(train, test, labels))
    pipeline = load()
    full = [read_article(article, lexicon) for article in corpus.full]
    examples = {read.article.id: _examples(read, pipeline, labels, k) for k, read in enumerate(full)}
    print("stance")
    _table(
        full,
        corpus.authored,
        lambda train, test: stance_curve(
            [e for r in train for e in examples[r.article.id]],
            [e for r in test for e in examples[r.article.id]],
            labels,
        ),
    )


def _examples(read: ReadArticle, pipeline: Pipeline, labels: tuple[str, ...], number: int) -> list[StanceExample]:
    finder = Finder(pipeline.bundle.heads.quotes, pipeline.bundle.heads.actors)
    return stance_examples(read, finder.context(read), finder, labels, number)


def _table(
    reads: Sequence[ReadArticle],
    own: Container[str],
    measure: Callable[[list[ReadArticle], list[ReadArticle]], str],
) -> None:
    """A row for each share of the training articles, a column for each corpus; own: ids of the authored articles."""
    rng = np.random.default_rng(0)
    real = [reads[k] for k in rng.permutation(len(reads)) if reads[k].article.id not in own]
    authored = [reads[k] for k in rng.permutation(len(reads)) if reads[k].article.id in own]
    test, real = real[: len(real) // 5], real[len(real) // 5 :]
    for share in SHARES:
        cells = []
        for name, parts in (("authored", [authored]), ("real", [real]), ("both", [authored, real])):
            train = [read for part in parts for read in part[: round(share * len(part))]]
            cells.append(f"{name} {len(train):5d}: {measure(train, test)}")
        print("  " + "   ".join(cells), flush=True)


if __name__ == "__main__":
    main()
