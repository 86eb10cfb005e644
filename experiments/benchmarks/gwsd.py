"""Stance of opinion sentences on global warming (GWSD, Luo et al. 2020) with the stance head's features.

    python -m experiments.benchmarks.gwsd --train ../shared/data/gwsd/train.tsv               # five-fold
    python -m experiments.benchmarks.gwsd --train TRAIN.tsv --test TEST.tsv                   # any held-out file
    … --without vectors                                                                       # to see what they bring

Each sentence is one quote without cue or source. Beside the stance head's features stand pieces of words. The model
stays linear.
Where the file has the annotators' shares, it learns from these. The peer is
scikit-learn's TF-IDF and logistic regression.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.context import context, word_table
from topic_stance.classifier.quotes import FoundQuote, quote_spans
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.stance import CLASSES, N_BLOCKS, RawFeatures, actor_features, stance_scores
from topic_stance.data.public import gwsd
from topic_stance.data.records import STANCES, StanceLabel
from topic_stance.training.stance import StanceExample, StanceOptions, fit_stance
from topic_stance.training.tagger import read_tagger
from topic_stance.training.vectors import WordVectors, read_word_vectors
from topic_stance.training.words import read_word_classes

LABELS: dict[str, StanceLabel] = {"agree": "favor", "disagree": "against", "neutral": "neutral"}
PIECES = N_BLOCKS
"""A block of features beside the stance head's own."""
PIECE_KEY = np.uint64(0xA24BAED4963EE407)
PARTS = ("shares", "classes", "pieces", "vectors")
SCALE = (1.5, 1.0, 1.0, 1.0, 1.2)

Shares = Sequence[tuple[float, float, float]]


def features(sentences: Sequence[str], *, pieces: bool = True) -> list[RawFeatures]:
    """The stance head's features of sentences, each taken as what one actor said.

    With `pieces`, those of word_pieces stand in a block of their own.
    """
    hashes, rows = read_word_classes()
    tagger = read_tagger()
    table = word_table(hashes, np.c_[rows, np.zeros(len(rows), np.int16)].astype(np.int16))
    found = []
    for sentence in sentences:
        tokens = tokenize(sentence)
        quote = FoundQuote([(0, len(tokens.start))], None, None, "indirect")
        raw = actor_features(tokens, context(tokens, table, tagger), quote_spans([quote]))
        if pieces:
            raw = _with_pieces(raw, word_pieces(sentence))
        found.append(raw)
    return found


def word_pieces(sentence: str) -> NDArray[np.uint64]:
    """Keys of two to five characters within words, whose ends count as characters."""
    words = [f" {word} " for word in re.findall(r"[^\W_]+", sentence.lower())]
    return np.array(
        [_key(word[i : i + n]) for word in words for n in range(2, 6) for i in range(len(word) - n + 1)], np.uint64
    )


def _with_pieces(raw: RawFeatures, keys: NDArray[np.uint64]) -> RawFeatures:
    return RawFeatures(
        np.concatenate((raw.key, keys ^ PIECE_KEY)),
        np.concatenate((raw.block, np.full(len(keys), PIECES, np.uint8))),
        np.concatenate((raw.token, np.full(len(keys), -1, np.int32))),
    )


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def predict_ours(
    train: Sequence[RawFeatures],
    labels: Sequence[StanceLabel],
    test: Sequence[RawFeatures],
    options: StanceOptions,
    shares: Shares | None = None,
    vectors: WordVectors | None = None,
) -> list[str]:
    """Labels of the test sentences by the stance head."""
    examples = [
        StanceExample(raw, 0, label, k, shares=shares[k] if shares else None)
        for k, (raw, label) in enumerate(zip(train, labels, strict=True))
    ]
    head = fit_stance(examples, ("global_warming",), options, 0, vectors)
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
    parser.add_argument("--c", type=float, default=0.5)
    parser.add_argument(
        "--without", nargs="+", choices=["shares", "classes", "pieces", "vectors"], default=[], help="to compare"
    )
    parser.add_argument("--seeds", type=int, default=1, help="so many ways to make the folds")
    arguments = parser.parse_args(argv)
    sentences, names = gwsd(arguments.train)
    labels = [LABELS[name] for name in names]
    shares = None if "shares" in arguments.without else _shares(arguments.train)
    vectors = None if "vectors" in arguments.without else read_word_vectors(StanceOptions().vector_scale)
    scale = list(SCALE)
    if "classes" in arguments.without:  # as many as in the news
        scale[CLASSES] = StanceOptions().block_scale[CLASSES]
    options = StanceOptions(c=arguments.c, block_scale=tuple(scale), unseen_words=True, contrast=0.0)

    def read(texts: Sequence[str]) -> list[RawFeatures]:
        return features(texts, pieces="pieces" not in arguments.without)

    if arguments.test:
        held_out, wanted_names = gwsd(arguments.test)
        wanted: list[str] = [LABELS[name] for name in wanted_names]
        ours = predict_ours(read(sentences), labels, read(held_out), options, shares, vectors)
        _row("stance head", wanted, ours)
        _row("TF-IDF and logistic regression", wanted, predict_peer(sentences, labels, held_out))
        return
    raw = read(sentences)
    figures: list[tuple[float, float]] = []
    for seed in range(arguments.seeds):
        ours, peer = [""] * len(sentences), [""] * len(sentences)
        for seen, left in folds(len(sentences), seed):
            known = [labels[i] for i in seen]
            known_shares = [shares[i] for i in seen] if shares else None
            found = predict_ours([raw[i] for i in seen], known, [raw[i] for i in left], options, known_shares, vectors)
            found_peer = predict_peer([sentences[i] for i in seen], known, [sentences[i] for i in left])
            for i, a, b in zip(left, found, found_peer, strict=True):
                ours[i], peer[i] = a, b
        _row("stance head", labels, ours)
        _row("TF-IDF and logistic regression", labels, peer)
        figures.append((macro_f1(labels, ours), macro_f1(labels, peer)))
    if arguments.seeds > 1:
        ours_mean, peer_mean = np.mean(figures, axis=0)
        print(f"mean of {arguments.seeds}: stance head {ours_mean:.3f}, TF-IDF and logistic regression {peer_mean:.3f}")


def folds(n: int, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Numbers of the sentences that are learned from and held out, five times."""
    fold: NDArray[np.int64] = np.random.default_rng(seed).permutation(n) % 5
    for k in range(5):
        yield np.flatnonzero(fold != k).tolist(), np.flatnonzero(fold == k).tolist()


def _row(name: str, wanted: Sequence[str], given: Sequence[str]) -> None:
    low, high = interval(wanted, given)
    print(f"{name:32s} macro-F1 {macro_f1(wanted, given):.3f} [{low:.3f}, {high:.3f}]")


def _shares(path: Path) -> Shares | None:
    """The annotators' shares of every sentence in the order of `STANCES`, where the file has them."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    if not rows or not set(LABELS) <= set(rows[0]):
        return None
    return [(float(row["agree"]), float(row["disagree"]), float(row["neutral"])) for row in rows]


if __name__ == "__main__":
    main()
