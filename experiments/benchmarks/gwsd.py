"""Stance of opinion sentences on global warming (GWSD, Luo et al. 2020) with the stance head's features.

    python -m experiments.benchmarks.gwsd --train ../shared/data/gwsd/train.tsv               # five-fold
    python -m experiments.benchmarks.gwsd --train TRAIN.tsv --test TEST.tsv                   # any held-out file
    … --articles ../shared/data/articles/abp-6000.jsonl.gz                                    # and word vectors

Each sentence is one quote without cue or source. Beside the stance head's features stand pieces of words, and with
`--articles` the words once more, with weights that are alike for words in like company there. The model stays linear.
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
from topic_stance.data.public import articles, gwsd
from topic_stance.data.records import STANCES, StanceLabel
from topic_stance.training.stance import StanceExample, StanceOptions, WordVectors, fit_stance
from topic_stance.training.tagger import read_tagger
from topic_stance.training.words import read_word_classes

LABELS: dict[str, StanceLabel] = {"agree": "favor", "disagree": "against", "neutral": "neutral"}
PIECES, WORDS = N_BLOCKS, N_BLOCKS + 1
"""Blocks of features beside the stance head's own."""
BLOCK_KEY = {PIECES: np.uint64(0xA24BAED4963EE407), WORDS: np.uint64(0x9FB21C651E98DF25)}
SCALE = (1.5, 1.0, 1.0, 1.0, 1.2, 1.0)
REACH, VECTOR_LENGTH = 5, 0.7

Shares = Sequence[tuple[float, float, float]]


def features(sentences: Sequence[str], *, pieces: bool = True, words: bool = False) -> list[RawFeatures]:
    """The stance head's features of sentences, each taken as what one actor said.

    With `pieces`, those of word_pieces stand in a block of their own; with `words`, the words for which there may be
    vectors in another.
    """
    hashes, rows = read_word_classes()
    tagger = read_tagger()
    table = word_table(hashes, np.c_[rows, np.zeros(len(rows), np.int32)].astype(np.int32))
    found = []
    for sentence in sentences:
        tokens = tokenize(sentence)
        quote = FoundQuote([(0, len(tokens.start))], None, None, "indirect")
        raw = actor_features(tokens, context(tokens, table, tagger), quote_spans([quote]))
        if pieces:
            raw = _with(raw, PIECES, word_pieces(sentence))
        if words:
            raw = _with(raw, WORDS, tokens.hash)
        found.append(raw)
    return found


def word_pieces(sentence: str) -> NDArray[np.uint64]:
    """Keys of two to five characters within words, whose ends count as characters."""
    words = [f" {word} " for word in re.findall(r"[^\W_]+", sentence.lower())]
    return np.array(
        [_key(word[i : i + n]) for word in words for n in range(2, 6) for i in range(len(word) - n + 1)], np.uint64
    )


def word_vectors(paths: Sequence[Path], size: int = 200, least: int = 8) -> WordVectors:
    """Vectors of words from articles: positive pointwise mutual information within `REACH` tokens, then SVD."""
    import scipy.sparse as sp
    from sklearn.utils.extmath import randomized_svd

    gap = np.zeros(REACH, np.uint64)
    texts = [np.concatenate((tokenize(article.text).hash, gap)) for article in articles(paths).values()]
    keys, at, times = np.unique(np.concatenate(texts), return_inverse=True, return_counts=True)
    frequent = (times >= least) & (keys != 0)
    number = np.where(frequent, np.cumsum(frequent) - 1, -1)[at]
    n = int(frequent.sum())
    pairs = sp.csr_matrix((n, n), dtype=np.float32)
    for distance in range(1, REACH + 1):
        first, second = number[:-distance], number[distance:]
        both = (first >= 0) & (second >= 0)
        weight = np.full(int(both.sum()), 1 / distance, np.float32)
        near = sp.csr_matrix((weight, (first[both], second[both])), shape=(n, n))
        pairs = pairs + near + near.T
    found = pairs.tocoo()
    of_word = np.asarray(pairs.sum(1)).ravel()
    smoothed = of_word**0.75 * (of_word.sum() / (of_word**0.75).sum())
    mutual = np.log(found.data * of_word.sum() / (of_word[found.row] * smoothed[found.col]))
    positive = mutual > 0
    matrix = sp.csr_matrix((mutual[positive], (found.row[positive], found.col[positive])), shape=(n, n))
    left, strength, _ = randomized_svd(matrix, size, n_iter=3, random_state=0)
    rows = left * np.sqrt(strength)
    rows *= VECTOR_LENGTH / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    of_block = keys[frequent] ^ BLOCK_KEY[WORDS]
    order = np.argsort(of_block)
    return WordVectors(of_block[order], rows[order].astype(np.float32))


def _with(raw: RawFeatures, block: int, keys: NDArray[np.uint64]) -> RawFeatures:
    """The features and more of them, in a block of their own."""
    return RawFeatures(
        np.concatenate((raw.key, keys ^ BLOCK_KEY[block])),
        np.concatenate((raw.block, np.full(len(keys), block, np.uint8))),
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
    parser.add_argument("--articles", type=Path, nargs="+", default=[], help="articles to learn word vectors from")
    parser.add_argument("--size", type=int, default=200, help="of the word vectors")
    parser.add_argument("--c", type=float, default=0.5)
    parser.add_argument("--without", nargs="+", choices=["shares", "classes", "pieces"], default=[], help="to compare")
    parser.add_argument("--seeds", type=int, default=1, help="so many ways to make the folds")
    arguments = parser.parse_args(argv)
    sentences, names = gwsd(arguments.train)
    labels = [LABELS[name] for name in names]
    shares = None if "shares" in arguments.without else _shares(arguments.train)
    vectors = word_vectors(arguments.articles, arguments.size) if arguments.articles else None
    scale = list(SCALE)
    if "classes" in arguments.without:  # as many as in the news
        scale[CLASSES] = StanceOptions().block_scale[CLASSES]
    options = StanceOptions(c=arguments.c, block_scale=tuple(scale))

    def read(texts: Sequence[str]) -> list[RawFeatures]:
        return features(texts, pieces="pieces" not in arguments.without, words=vectors is not None)

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
