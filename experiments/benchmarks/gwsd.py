"""Stance of opinion sentences on global warming (GWSD, Luo et al. 2020) with the stance head's features.

    python -m experiments.benchmarks.gwsd --train ../shared/data/gwsd/train.tsv               # five-fold
    python -m experiments.benchmarks.gwsd --train TRAIN.tsv --test TEST.tsv                   # any held-out file
    … --without vectors                                                                       # to see what they bring

Each sentence is one quote without cue or source. Beside the stance head's features stand pieces of words, pairs of
words that stand apart, patterns of how words lean (`patterns.py`), and semantic classes of words (`semantics.py`). The
model stays linear. Where the file has the annotators' shares, it learns from these, and from the rewritten sentences of
`data/gwsd/` (its datasheet says what they are), each with the shares of the sentence it was made from; those of a
sentence that is held out are left out.
Words share weight by their vectors and by how they lean, as guessed by readers who saw them alone. The peer is
scikit-learn's TF-IDF and logistic regression.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.context import context
from topic_stance.classifier.quotes import FoundQuote, quote_spans
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.stance import CLASSES, N_BLOCKS, SAID, RawFeatures, actor_features, stance_scores
from topic_stance.data.public import Opinion, gwsd
from topic_stance.data.records import STANCES, DataError, StanceLabel
from topic_stance.training.given import Pair, macro_f1, pairs_interval, plain_classifier
from topic_stance.training.leanings import read_leanings
from topic_stance.training.stance import StanceExample, StanceOptions, fit_stance
from topic_stance.training.tagger import read_tagger
from topic_stance.training.vectors import FeatureVectors, read_word_vectors, side_by_side
from topic_stance.training.words import read_word_table

from .patterns import Leans, patterns, read_leans
from .semantics import N_SEMANTIC, Semantics, read_semantics, semantic_features

LABELS: dict[str, StanceLabel] = {"agree": "favor", "disagree": "against", "neutral": "neutral"}
PIECES, PAIRS, PATTERNS, *SEMANTIC = range(N_BLOCKS, N_BLOCKS + 3 + N_SEMANTIC)
"""Blocks of features beside the stance head's own."""
PIECE_KEY, PAIR_KEY = np.uint64(0xA24BAED4963EE407), np.uint64(0x9FB21C651E98DF25)
PARTS = ("shares", "classes", "pieces", "pairs", "vectors", "rewrites", "leanings", "patterns", "semantics")
SCALE = (1.0, 1.0, 1.0, 1.0, 1.2, 0.7, 1.6, 1.0, 0.7, 1.0, 0.7)
TOPIC = "global_warming"
DATA = Path(__file__).parents[2] / "data" / "gwsd"
REWRITES, LEANINGS, SEMANTICS = DATA / "rewrites.tsv", DATA / "leanings.tsv", DATA / "semantics.tsv"
REWRITE_WEIGHT = 0.15
"""What a rewritten sentence counts beside the one it was made from."""


def features(
    sentences: Sequence[str],
    *,
    pieces: bool = True,
    pairs: bool = True,
    leans: Leans | None = None,
    semantics: Semantics | None = None,
) -> list[RawFeatures]:
    """The stance head's features of sentences, each taken as what one actor said.

    With `pieces`, those of word_pieces stand in a block of their own, with `pairs` those of word_pairs, with `leans`
    the patterns of how words lean, with `semantics` the features of semantic classes.
    """
    tagger, table = read_tagger(), read_word_table()
    found = []
    for sentence in sentences:
        tokens = tokenize(sentence)
        quote = FoundQuote([(0, len(tokens.start))], None, None, "indirect")
        where = context(tokens, table, tagger)
        raw = actor_features(tokens, where, quote_spans([quote]))
        more = [(PIECES, word_pieces(sentence))] if pieces else []
        if pairs:
            more.append((PAIRS, word_pairs(raw)))
        if leans is not None:
            more.append((PATTERNS, patterns(tokens, where.tag.astype(np.int64), leans)))
        if semantics is not None:
            more.extend(zip(SEMANTIC, semantic_features(tokens, semantics), strict=True))
        for block, keys in more:
            raw = _with_block(raw, block, keys)
        found.append(raw)
    return found


def word_pieces(sentence: str) -> NDArray[np.uint64]:
    """Keys of two to five characters within words, whose ends count as characters."""
    words = [f" {word} " for word in re.findall(r"[^\W_]+", sentence.lower())]
    pieces = [word[i : i + n] for word in words for n in range(2, 6) for i in range(len(word) - n + 1)]
    return np.array([_key(piece) for piece in pieces], np.uint64) ^ PIECE_KEY


def word_pairs(raw: RawFeatures) -> NDArray[np.uint64]:
    """Keys of two words that are said two to five words apart; neighbours are features of the stance head."""
    said = np.flatnonzero(raw.block == SAID)
    _, first = np.unique(raw.token[said], return_index=True)  # of a token's features the word itself comes first
    words = raw.key[said][first]
    return np.concatenate([words[:-gap] * np.uint64(31) + words[gap:] for gap in range(2, 6)]) ^ PAIR_KEY


def _with_block(raw: RawFeatures, block: int, keys: NDArray[np.uint64]) -> RawFeatures:
    return RawFeatures(
        np.concatenate((raw.key, keys)),
        np.concatenate((raw.block, np.full(len(keys), block, np.uint8))),
        np.concatenate((raw.token, np.full(len(keys), -1, np.int32))),
    )


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def read_rewrites(path: Path) -> dict[str, list[str]]:
    """The sentences made from each sentence, by its sentence_key; lines of the key and the sentences, tabs between."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        key, *rewritten = line.split("\t")
        if not re.fullmatch("[0-9a-f]{16}", key) or not rewritten:
            raise DataError(f"{path}:{number}: needs a key of 16 hexadecimal digits and sentences, tabs between")
        found[key] = rewritten
    return found


def sentence_key(sentence: str) -> str:
    """What tells a sentence in the file of rewritten ones: SHA-256 of its words, the first 16 digits."""
    return hashlib.sha256(" ".join(sentence.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Examples:
    """Labelled sentences: as they are read, their features, and the features of what was made from each."""

    read: list[Opinion]
    raw: list[RawFeatures]
    rewritten: list[list[RawFeatures]]

    def chosen(self, rows: Sequence[int]) -> Examples:
        """Those of some numbers."""
        return Examples([self.read[i] for i in rows], [self.raw[i] for i in rows], [self.rewritten[i] for i in rows])

    def labels(self) -> list[StanceLabel]:
        """Their stances."""
        return [LABELS[opinion.stance] for opinion in self.read]

    def shares(self) -> list[tuple[float, float, float] | None]:
        """The annotators' shares in the order of `STANCES`."""
        in_file = [opinion.shares for opinion in self.read]
        return [None if shares is None else (shares[2], shares[0], shares[1]) for shares in in_file]


def predict_ours(
    train: Examples, test: Sequence[RawFeatures], options: StanceOptions, vectors: FeatureVectors | None
) -> list[str]:
    """Labels of the test sentences by the stance head."""
    examples = [
        StanceExample(raw, 0, label, k, shares=shares)
        for k, (raw, label, shares) in enumerate(zip(train.raw, train.labels(), train.shares(), strict=True))
    ]
    examples += [
        replace(examples[k], raw=raw, weight=REWRITE_WEIGHT, made=True)
        for k, group in enumerate(train.rewritten)
        for raw in group
    ]
    head = fit_stance(examples, (TOPIC,), options, 0, vectors)
    return [STANCES[int(stance_scores(raw, head)[0].argmax())] for raw in test]


def predict_peer(train: Sequence[Opinion], test: Sequence[Opinion]) -> list[str]:
    """Labels by scikit-learn's TF-IDF (one and two words) and logistic regression."""
    model = plain_classifier()
    model.fit([opinion.sentence for opinion in train], [LABELS[opinion.stance] for opinion in train])
    found: list[str] = model.predict([opinion.sentence for opinion in test]).tolist()
    return found


def pairs_of(wanted: Sequence[str], given: Sequence[str]) -> list[Pair]:
    """Labelled and predicted stances as `training.given` measures them, each sentence an article of its own."""
    return [(k, TOPIC, w, g) for k, (w, g) in enumerate(zip(wanted, given, strict=True))]


def main(argv: Sequence[str] | None = None) -> None:
    """Score ours and the peer, on a held-out file or by five-fold cross-validation."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--c", type=float, default=0.5)
    parser.add_argument("--without", nargs="+", choices=PARTS, default=[], help="to compare")
    parser.add_argument("--seeds", type=int, default=1, help="so many ways to make the folds")
    arguments = parser.parse_args(argv)
    vectors = _known_of_words(arguments.without)
    scale = list(SCALE)
    if "classes" in arguments.without:  # as many as in the news
        scale[CLASSES] = StanceOptions().block_scale[CLASSES]
    # one fold: what comes out is the best label, and no temperature changes that
    options = StanceOptions(c=arguments.c, block_scale=tuple(scale), contrast=0.0, folds=1)
    examples = _examples(arguments.train, arguments.without)
    if arguments.test:
        held_out = gwsd(arguments.test)
        wanted: list[str] = [LABELS[opinion.stance] for opinion in held_out]
        found = predict_ours(examples, _features(_sentences(held_out), arguments.without), options, vectors)
        _row("stance head", pairs_of(wanted, found))
        _row("TF-IDF and logistic regression", pairs_of(wanted, predict_peer(examples.read, held_out)))
    else:
        _cross_validate(examples, options, vectors, arguments.seeds)


def _known_of_words(without: Sequence[str]) -> FeatureVectors | None:
    return side_by_side(
        None if "vectors" in without else read_word_vectors(StanceOptions().vector_scale, known=True),
        None if "leanings" in without else read_leanings((TOPIC,), LEANINGS),
    )


def _examples(path: Path, without: Sequence[str]) -> Examples:
    opinions = gwsd(path)
    made = {} if "rewrites" in without else read_rewrites(REWRITES)
    groups = [made.get(sentence_key(opinion.sentence), []) for opinion in opinions]
    rewritten = [sentence for group in groups for sentence in group]
    found = iter(_features(_sentences(opinions) + rewritten, without))  # at once: what is known of words is read once
    raw = list(islice(found, len(opinions)))
    if "shares" in without:
        opinions = [Opinion(opinion.sentence, opinion.stance) for opinion in opinions]
    return Examples(opinions, raw, [list(islice(found, len(group))) for group in groups])


def _sentences(opinions: Sequence[Opinion]) -> list[str]:
    return [opinion.sentence for opinion in opinions]


def _features(sentences: Sequence[str], without: Sequence[str]) -> list[RawFeatures]:
    leans = None if "patterns" in without else read_leans(TOPIC, LEANINGS)
    return features(
        sentences,
        pieces="pieces" not in without,
        pairs="pairs" not in without,
        leans=leans,
        semantics=None if "semantics" in without else read_semantics(SEMANTICS),
    )


def _cross_validate(examples: Examples, options: StanceOptions, vectors: FeatureVectors | None, seeds: int) -> None:
    """Print the figures of each way to make the folds, and their means."""
    labels = examples.labels()
    figures: list[tuple[float, float]] = []
    for seed in range(seeds):
        ours, peer = [""] * len(labels), [""] * len(labels)
        for seen, left in folds(len(labels), seed):
            known, tried = examples.chosen(seen), examples.chosen(left)
            found = predict_ours(known, tried.raw, options, vectors)
            for i, a, b in zip(left, found, predict_peer(known.read, tried.read), strict=True):
                ours[i], peer[i] = a, b
        both = (pairs_of(labels, ours), pairs_of(labels, peer))
        _row("stance head", both[0])
        _row("TF-IDF and logistic regression", both[1])
        figures.append((macro_f1(both[0]), macro_f1(both[1])))
    if seeds > 1:
        ours_mean, peer_mean = np.mean(figures, axis=0)
        print(f"mean of {seeds}: stance head {ours_mean:.3f}, TF-IDF and logistic regression {peer_mean:.3f}")


def folds(n: int, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Numbers of the sentences that are learned from and held out, five times."""
    fold: NDArray[np.int64] = np.random.default_rng(seed).permutation(n) % 5
    for k in range(5):
        yield np.flatnonzero(fold != k).tolist(), np.flatnonzero(fold == k).tolist()


def _row(name: str, pairs: Sequence[Pair]) -> None:
    low, high = pairs_interval(pairs)
    print(f"{name:32s} macro-F1 {macro_f1(pairs):.3f} [{low:.3f}, {high:.3f}]")


if __name__ == "__main__":
    main()
