"""Learn the tagger (`classifier/tagger.py`) from spaCy's tags and parses of articles, spaCy being needed only here.

python -m topic_stance.training.tagger ARTICLES.jsonl.gz -o data/lexicons/tagger.safetensors
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from topic_stance.classifier.chain import pack
from topic_stance.classifier.context import Context, context
from topic_stance.classifier.jit import compiled
from topic_stance.classifier.segment import Tokens, tokenize
from topic_stance.classifier.tagger import (
    CLAUSES,
    LANES,
    NAMES,
    RELATIONS,
    TAGS,
    Grammar,
    Tagger,
    decide,
    relation_features,
    tag_features,
)
from topic_stance.data.public import articles

from .grammar import SPACY_MODEL, parsed
from .words import read_word_table

LONGEST = 4500
"""Characters of an article that are parsed."""
_RATE = 0.1
"""The step of AdaGrad."""


def read_tagger() -> Tagger:
    """The project's own tagger."""
    source = resources.files("topic_stance.data").joinpath("lexicons/tagger.safetensors")
    arrays = load_arrays(source.read_bytes())
    return Tagger(arrays["tag"], arrays["relation"])


def fit_tagger(
    texts: Sequence[Tokens], contexts: Sequence[Context], grammar: Sequence[Grammar], n_buckets: int
) -> Tagger:
    """Both models from texts and their grammar.

    The second model learns from tags as it will meet them: each half of the texts is tagged by a model of the other.
    """
    tag_groups, relation_groups = (len(TAGS), len(NAMES)), (len(RELATIONS), len(CLAUSES))
    bounds = np.concatenate(([0], np.cumsum([len(tokens.start) for tokens in texts])))
    tag, name, relation, clause = (np.concatenate(column) for column in zip(*grammar, strict=True))
    features = np.concatenate([tag_features(where.columns, n_buckets) for where in contexts])
    half = np.repeat(np.arange(len(texts)) % 2, np.diff(bounds))
    found_tag = np.empty_like(tag)
    for k in (0, 1):
        seen, left = half != k, half == k
        weights = pack(fit_rows(features[seen], tag[seen], name[seen], tag_groups, n_buckets), LANES).table
        found_tag[left], _ = decide(np.ascontiguousarray(features[left].T), weights, *tag_groups)
    first = pack(fit_rows(features, tag, name, tag_groups, n_buckets), LANES).table
    parts = []
    for k, where in enumerate(contexts):
        own = found_tag[bounds[k] : bounds[k + 1]]
        parts.append(relation_features(where.columns, where.sentence_start, where.sentence_end, own, n_buckets))
    second = pack(fit_rows(np.concatenate(parts), relation, clause, relation_groups, n_buckets), LANES).table
    return Tagger(first, second)


def fit_rows(
    features: NDArray[np.uint32],
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    groups: tuple[int, int],
    n_buckets: int,
    *,
    epochs: int = 4,
) -> NDArray[np.float32]:
    """Weights (n_buckets, `LANES`) of two softmax regressions over the same features, by AdaGrad.

    features: (n_tokens, n_features); first, second: (n_tokens,) labels; groups: how many labels each has.
    """
    weights = np.zeros((n_buckets, LANES), np.float32)
    squares = np.full((n_buckets, LANES), 1e-2, np.float32)
    averaged = np.zeros_like(weights)
    rng = np.random.default_rng(0)
    for epoch in range(epochs):
        order = rng.permutation(len(features))
        _epoch(features, first, second, groups[0], groups[1], order, weights, squares, _RATE)
        if epoch >= epochs // 2:
            averaged += weights / np.float32(epochs - epochs // 2)
    return averaged


@compiled
def _epoch(
    features: Any,
    first: Any,
    second: Any,
    n_first: int,
    n_second: int,
    order: Any,
    weights: Any,
    squares: Any,
    rate: float,
) -> None:
    width = features.shape[1]
    total = n_first + n_second
    score = np.empty(LANES, np.float32)
    for i in order:
        score[:] = 0
        for k in range(width):
            row = weights[features[i, k]]
            for y in range(LANES):
                score[y] += row[y]
        for lo, hi in ((0, n_first), (n_first, total)):
            top = score[lo:hi].max()
            norm = np.float32(0)
            for y in range(lo, hi):
                score[y] = np.exp(score[y] - top)
                norm += score[y]
            for y in range(lo, hi):
                score[y] = -score[y] / norm
        score[first[i]] += 1
        score[n_first + second[i]] += 1
        for y in range(total, LANES):
            score[y] = 0
        for y in range(total):
            if abs(score[y]) < 1e-3:
                score[y] = 0
        for k in range(width):
            b = features[i, k]
            for y in range(LANES):
                g = score[y]
                squares[b, y] += g * g
                weights[b, y] += rate * g / np.sqrt(squares[b, y])


def main(argv: Sequence[str] | None = None) -> None:
    """Parse articles with spaCy, learn the tagger from the parses, and write it."""
    import spacy

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("articles", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("data/lexicons/tagger.safetensors"))
    parser.add_argument("-n", type=int, default=2000, help="articles")
    parser.add_argument("--model", default=SPACY_MODEL, help="a spaCy model with tagger, parser and names")
    parser.add_argument("--buckets", type=int, default=1 << 15)
    options = parser.parse_args(argv)
    model = spacy.load(options.model, exclude=["attribute_ruler", "lemmatizer"])
    cut = (article.text[:LONGEST] for article in islice(articles([options.articles]).values(), options.n))
    texts = [text[: text.rfind(".") + 1] or text for text in cut]  # no half sentence at the end
    tokens = [tokenize(text) for text in texts]
    words = read_word_table()
    empty = Tagger(*(np.zeros((1, LANES), np.uint8) for _ in range(2)))
    contexts = [context(t, words, empty) for t in tokens]
    tagger = fit_tagger(tokens, contexts, list(parsed(model, texts, tokens)), options.buckets)
    options.output.write_bytes(save_arrays({"tag": tagger.tag_weights, "relation": tagger.relation_weights}))
    print(f"{options.output}: from {sum(len(t.start) for t in tokens)} tokens of {len(texts)} articles")


if __name__ == "__main__":
    main()
