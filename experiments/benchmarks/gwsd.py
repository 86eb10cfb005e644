"""Stance of opinion sentences on global warming (GWSD, Luo et al. 2020) with the stance head's features.

    python -m experiments.benchmarks.gwsd --train ../shared/data/gwsd/train.tsv               # five-fold
    python -m experiments.benchmarks.gwsd --train TRAIN.tsv --test TEST.tsv                   # any held-out file

Each sentence is one quote without cue or source. The peer is scikit-learn's TF-IDF and logistic regression.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.context import context, word_table
from topic_stance.classifier.quotes import FoundQuote
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.stance import RawFeatures, actor_features, stance_scores
from topic_stance.data.public import gwsd
from topic_stance.data.records import STANCES, StanceLabel
from topic_stance.training.stance import StanceExample, StanceOptions, fit_stance
from topic_stance.training.tagger import read_tagger
from topic_stance.training.words import read_word_classes

LABELS: dict[str, StanceLabel] = {"agree": "favor", "disagree": "against", "neutral": "neutral"}


def features(sentences: Sequence[str]) -> list[RawFeatures]:
    """The stance head's features of sentences, each taken as what one actor said."""
    hashes, rows = read_word_classes()
    tagger = read_tagger()
    words = word_table(hashes, np.c_[rows, np.zeros(len(rows), np.int32)].astype(np.int32))
    found = []
    for sentence in sentences:
        tokens = tokenize(sentence)
        quote = FoundQuote([(0, len(tokens.start))], None, None, "indirect")
        found.append(actor_features(tokens, context(tokens, words, tagger), [quote], None))
    return found


def predict_ours(
    train: Sequence[RawFeatures], labels: Sequence[StanceLabel], test: Sequence[RawFeatures], options: StanceOptions
) -> list[str]:
    """Labels of the test sentences by the stance head."""
    examples = [StanceExample(raw, 0, label, k) for k, (raw, label) in enumerate(zip(train, labels, strict=True))]
    head = fit_stance(examples, ("global_warming",), options, 0)
    return [STANCES[int(stance_scores(raw, head)[0].argmax())] for raw in test]


def predict_peer(train: Sequence[str], labels: Sequence[StanceLabel], test: Sequence[str]) -> list[str]:
    """Labels by scikit-learn's TF-IDF (one and two words) and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(max_iter=500, class_weight="balanced"),
    )
    found: list[str] = model.fit(train, labels).predict(test).tolist()
    return found


def macro_f1(wanted: Sequence[str], given: Sequence[str]) -> float:
    """Mean F1 of the three stances."""
    scores = []
    for label in STANCES:
        right = sum(w == g == label for w, g in zip(wanted, given, strict=True))
        scores.append(2 * right / max(1, sum(w == label for w in wanted) + sum(g == label for g in given)))
    return sum(scores) / len(scores)


def interval(wanted: Sequence[str], given: Sequence[str], resamples: int = 500) -> tuple[float, float]:
    """95% bootstrap interval of the macro-F1 over sentences."""
    rng = np.random.default_rng(0)
    pairs = np.array(list(zip(wanted, given, strict=True)))
    draws: list[float] = []
    for _ in range(resamples):
        chosen = pairs[rng.integers(0, len(pairs), len(pairs))]
        draws.append(macro_f1(chosen[:, 0].tolist(), chosen[:, 1].tolist()))
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


def main(argv: Sequence[str] | None = None) -> None:
    """Score ours and the peer, on a held-out file or by five-fold cross-validation."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--c", type=float, default=3.0)
    arguments = parser.parse_args(argv)
    options = StanceOptions(c=arguments.c)
    sentences, names = gwsd(arguments.train)
    labels = [LABELS[name] for name in names]
    if arguments.test:
        held_out, wanted_names = gwsd(arguments.test)
        wanted: list[str] = [LABELS[name] for name in wanted_names]
        ours = predict_ours(features(sentences), labels, features(held_out), options)
        peer = predict_peer(sentences, labels, held_out)
    else:
        wanted = list(labels)
        ours, peer = cross_validated(sentences, labels, options)
    for name, given in (("stance head", ours), ("TF-IDF and logistic regression", peer)):
        low, high = interval(wanted, given)
        print(f"{name:32s} macro-F1 {macro_f1(wanted, given):.3f} [{low:.3f}, {high:.3f}]")


def cross_validated(
    sentences: Sequence[str], labels: Sequence[StanceLabel], options: StanceOptions
) -> tuple[list[str], list[str]]:
    """Held-out labels of every sentence, ours and the peer's, over five folds."""
    raw = features(sentences)
    fold: NDArray[np.int64] = np.random.default_rng(0).permutation(len(sentences)) % 5
    ours, peer = [""] * len(sentences), [""] * len(sentences)
    for k in range(5):
        seen, left = np.flatnonzero(fold != k).tolist(), np.flatnonzero(fold == k).tolist()
        known = [labels[i] for i in seen]
        found = predict_ours([raw[i] for i in seen], known, [raw[i] for i in left], options)
        found_peer = predict_peer([sentences[i] for i in seen], known, [sentences[i] for i in left])
        for i, a, b in zip(left, found, found_peer, strict=True):
            ours[i], peer[i] = a, b
    return ours, peer


if __name__ == "__main__":
    main()
