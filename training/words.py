"""Word classes learned without labels, kept as text in `data/lexicons/word_classes.tsv`.

* Clusters of words that stand in the same contexts: co-occurrence with frequent neighbours at fixed positions (one
  and two to the left and right), weighted by positive pointwise mutual information, reduced by a truncated SVD and
  clustered by k-means; the directional window gives clusters close to parts of speech (Schütze 1995).
* A part-of-speech class: the one or two tags that spaCy gives the word most often (spaCy only when the file is made).
* How often the word is capitalized within a sentence.

``python -m topic_stance.training.words ARTICLES.jsonl.gz -o data/lexicons/word_classes.tsv`` makes the file anew.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.context import WordTable, word_table
from topic_stance.classifier.segment import ALLCAPS, CAPITAL, MARK_NONE, SENTENCE, Tokens, token_hash, tokenize
from topic_stance.data.public import articles
from topic_stance.data.records import DataError

from .grammar import SPACY_MODEL

COLUMNS = ("word", "part_of_speech", "coarse", "fine", "capital")
_LEAST_SEEN = 8
"""A word that is seen less often has too few neighbours to be clustered by them."""
_N_CONTEXTS = 1500
"""So many of the most frequent words count as neighbours."""
_DIMENSIONS = 100
_SIZES = (64, 512)
"""How many clusters there are: coarse, about as many as parts of speech, and fine."""


def read_word_classes() -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Token hashes (n_words,) and rows (n_words, 4): part-of-speech class, coarse and fine cluster, capital level."""
    source = resources.files("topic_stance.data").joinpath("lexicons/word_classes.tsv")
    rows = [line.split("\t") for line in source.read_text(encoding="utf-8").splitlines()]
    if not rows or tuple(rows[0]) != COLUMNS:
        raise DataError(f"{source}:1: not a table of word classes: its columns must be {', '.join(COLUMNS)}")
    hashes = np.array([token_hash(row[0]) for row in rows[1:]], np.uint64)
    return hashes, np.array([row[1:] for row in rows[1:]], np.int32).reshape(-1, len(COLUMNS) - 1)


def read_word_table() -> WordTable:
    """The classes as `classifier.context` takes them; the last column is 0: before a quote head, no word is a cue."""
    hashes, rows = read_word_classes()
    return word_table(hashes, np.c_[rows, np.zeros(len(rows))].astype(np.int16))


def cluster_words(texts: Sequence[Tokens]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Hashes (n_words,), most frequent first, and clusters from 1 on (n_words, 2), a column for each of `_SIZES`."""
    import scipy.sparse as sp
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.preprocessing import normalize
    from sklearn.utils.extmath import randomized_svd

    words = _frequent_words(texts)
    counts = _neighbour_counts(texts, words)
    total = counts.data.sum()
    by_row = np.asarray(counts.sum(1)).ravel()
    by_column = np.asarray(counts.sum(0)).ravel() ** 0.75  # smoothed, after Levy, Goldberg and Dagan (2015)
    by_column *= total / by_column.sum()
    information = np.log(counts.data * total / (by_row[counts.row] * by_column[counts.col]))
    kept = information > 0
    weighted = sp.csr_matrix((information[kept], (counts.row[kept], counts.col[kept])), shape=counts.shape)
    left, values, _ = randomized_svd(weighted, _DIMENSIONS, random_state=0)
    vectors = normalize(left * np.sqrt(values))
    clusters = np.empty((len(words), len(_SIZES)), np.int32)
    for k, size in enumerate(_SIZES):
        model = MiniBatchKMeans(size, random_state=0, n_init=3, batch_size=4096)
        clusters[:, k] = model.fit_predict(vectors) + 1
    return words, clusters


def capital_levels(texts: Iterable[Tokens]) -> dict[int, int]:
    """Per token hash: 1 where the word is seldom capitalized within a sentence, 2 at times, 3 mostly."""
    seen: Counter[int] = Counter()
    capital: Counter[int] = Counter()
    for tokens in texts:
        after_mark = np.zeros(len(tokens.start), bool)
        after_mark[1:] = tokens.mark[:-1] != MARK_NONE
        inner = (tokens.flags & (SENTENCE | ALLCAPS) == 0) & ~after_mark
        seen.update(tokens.hash[inner].tolist())
        capital.update(tokens.hash[inner & (tokens.flags & CAPITAL > 0)].tolist())
    return {word: 1 + (capital[word] > 0.3 * n) + (capital[word] > 0.7 * n) for word, n in seen.items() if n > 2}


def tag_classes(texts: Sequence[str], tokens: Sequence[Tokens]) -> dict[int, int]:
    """Per token hash the class of the one or two tags that spaCy's tagger gives it most often."""
    import spacy

    tagger = spacy.load(SPACY_MODEL)
    tagger.select_pipes(enable=["tok2vec", "tagger"])
    tags: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for document, own in zip(tagger.pipe(texts, batch_size=16), tokens, strict=True):
        at = dict(zip(own.start.tolist(), own.hash.tolist(), strict=True))
        for token in document:
            if token.idx in at:
                tags[at[token.idx]][token.tag_] += 1
    numbers: dict[str, int] = {}
    classes = {}
    for word, found in sorted(tags.items()):
        total = sum(found.values())
        if total > 2:
            best = [
                tag for tag, n in sorted(found.items(), key=lambda item: (-item[1], item[0]))[:2] if n > 0.15 * total
            ]
            classes[word] = numbers.setdefault("|".join(sorted(best)), len(numbers) + 1)
    return classes


def write_word_classes(texts: Sequence[str], path: Path) -> int:
    """Learn the classes from `texts` and write the table, most frequent words first; returns the number of words."""
    tokens = [tokenize(text) for text in texts]
    words, clusters = cluster_words(tokens)
    levels = capital_levels(tokens)
    tags = tag_classes([text[:4000] for text in texts[:4000]], tokens[:4000])
    written: dict[int, str] = {}
    for text, own in zip(texts, tokens, strict=True):
        for start, end, word in zip(own.start.tolist(), own.end.tolist(), own.hash.tolist(), strict=True):
            written.setdefault(word, text[start:end].lower())
    lines = ["\t".join(COLUMNS)]
    for word, row in zip(words.tolist(), clusters.tolist(), strict=True):
        lines.append("\t".join(map(str, (written[word], tags.get(word, 0), *row, levels.get(word, 0)))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(words)


def _frequent_words(texts: Sequence[Tokens]) -> NDArray[np.uint64]:
    words, counts = np.unique(np.concatenate([tokens.hash for tokens in texts]), return_counts=True)
    kept = counts >= _LEAST_SEEN
    order = np.lexsort((words[kept], -counts[kept]))
    frequent: NDArray[np.uint64] = words[kept][order]
    return frequent


def _neighbour_counts(texts: Sequence[Tokens], words: NDArray[np.uint64]):  # type: ignore[no-untyped-def]
    """How often each of the `_N_CONTEXTS` first words stands at each of four places beside each word (sparse)."""
    import scipy.sparse as sp

    order = np.argsort(words)
    ranked = words[order]
    sequences = []
    for tokens in texts:
        place = np.minimum(np.searchsorted(ranked, tokens.hash), len(ranked) - 1)
        sequences.append(np.where(ranked[place] == tokens.hash, order[place], -1))
    blocks = []
    for shift in (-2, -1, 1, 2):
        rows, columns = [], []
        for sequence in sequences:
            a = sequence[max(0, -shift) : len(sequence) - max(0, shift)]
            b = sequence[max(0, shift) : len(sequence) + min(0, shift)]
            good = (a >= 0) & (b >= 0) & (b < _N_CONTEXTS)
            rows.append(a[good])
            columns.append(b[good])
        row, column = np.concatenate(rows), np.concatenate(columns)
        blocks.append(sp.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(words), _N_CONTEXTS)))
    return sp.hstack(blocks).tocoo()


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table of word classes from articles."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("articles", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("data/lexicons/word_classes.tsv"))
    options = parser.parse_args(argv)
    texts = [article.text for article in articles([options.articles]).values()]
    print(f"{options.output}: {write_word_classes(texts, options.output)} words")


if __name__ == "__main__":
    main()
