"""Fit the quote head: word classes, the tagging chain, and the linking chain on the tags it predicts.

The linking chain must learn from tags as it will meet them, so they come from chains that were fitted without the
article at hand (cross-fitting, as in stacked generalization, Wolpert 1992).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.chain import Packed, emissions, likeliest, marginals, pack
from topic_stance.classifier.context import Context, WordTable, context, word_table
from topic_stance.classifier.features import TAGS, token_features
from topic_stance.classifier.links import link_features, windows
from topic_stance.classifier.quotes import LINK_TAGS, QuoteHead, chain_start, chain_transitions
from topic_stance.classifier.segment import Tokens
from topic_stance.classifier.tagger import Tagger
from topic_stance.data.public import Attribution
from topic_stance.data.records import LabelledArticle, Span

from .chain import fit_chain


class QuoteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to fit the quote head."""

    buckets: int = 1 << 18
    epochs: int = 10
    rate: float = 0.01
    l2: float = 1e-5
    dropout: float = 0.5
    folds: int = 5
    cue_threshold: float = 0.2


@dataclass(frozen=True)
class Example:
    """The tokens of one text, its attributions, and how much it counts."""

    tokens: Tokens
    attributions: list[Attribution]
    weight: float = 1.0


def labelled_attributions(article: LabelledArticle) -> list[Attribution]:
    """A labelled article's quotes in the form that the quote head learns from."""
    return [
        Attribution(list(quote.content), [quote.cue] if quote.cue else [], [quote.source] if quote.source else [])
        for quote in article.quotes or []
    ]


def fit_quotes(
    examples: Sequence[Example],
    classes: tuple[NDArray[np.uint64], NDArray[np.int32]],
    tagger: Tagger,
    options: QuoteOptions,
    seed: int,
) -> QuoteHead:
    """The quote head. `classes`: word hashes and rows of `words.read_word_classes`."""
    tags = [tag_labels(example.tokens, example.attributions) for example in examples]
    words = _words_with_cues(examples, tags, classes)
    contexts = [context(e.tokens, words, tagger) for e in examples]
    features = [token_features(where, options.buckets) for where in contexts]
    weight = np.array([example.weight for example in examples], np.float32)
    predicted = _cross_fitted(features, tags, weight, options, seed)
    tag_weights, tag_transitions = _fit(features, tags, weight, TAGS, options, seed)
    link_parts = [
        _link_data(e, where, p, options.buckets) for e, where, p in zip(examples, contexts, predicted, strict=True)
    ]
    flat = [(f, y, e.weight) for e, parts in zip(examples, link_parts, strict=True) for f, y in parts]
    link_weights, link_transitions = _fit(
        [f for f, _, _ in flat],
        [y for _, y, _ in flat],
        np.array([w for _, _, w in flat], np.float32),
        LINK_TAGS,
        options,
        seed,
    )
    return QuoteHead(words, tagger, tag_weights, tag_transitions, link_weights, link_transitions, options.cue_threshold)


def tag_labels(tokens: Tokens, attributions: Iterable[Attribution]) -> NDArray[np.uint8]:
    """First-pass labels (n_tokens,): cues over sources over contents, where they overlap."""
    labels = np.zeros(len(tokens.start), np.uint8)
    attributions = list(attributions)
    for first, spans in (
        (TAGS.index("B-content"), [span for a in attributions for span in a.content]),
        (TAGS.index("B-source"), [span for a in attributions for span in a.source]),
        (TAGS.index("B-cue"), [span for a in attributions for span in a.cue]),
    ):
        for span in spans:
            _mark(labels, *token_span(tokens, span), first)
    return labels


def token_span(tokens: Tokens, span: Span) -> tuple[int, int]:
    """The tokens that a character span touches."""
    return int(np.searchsorted(tokens.end, span[0], "right")), int(np.searchsorted(tokens.start, span[1], "left"))


def _mark(labels: NDArray[np.uint8], start: int, end: int, first: int) -> None:
    """Label the tokens of a span: the first of them as its beginning, the others as inside it, which comes next."""
    if end > start:
        labels[start] = first
        labels[start + 1 : end] = first + 1


def _words_with_cues(
    examples: Sequence[Example],
    tags: Sequence[NDArray[np.uint8]],
    classes: tuple[NDArray[np.uint64], NDArray[np.int32]],
) -> WordTable:
    """The word table with a last column: how often a word is a cue where it occurs (0 hardly … 3 mostly)."""
    hashes = np.concatenate([example.tokens.hash for example in examples])
    is_cue = np.concatenate([(y == TAGS.index("B-cue")) | (y == TAGS.index("I-cue")) for y in tags])
    words, place = np.unique(hashes, return_inverse=True)
    seen = np.bincount(place, minlength=len(words))
    cued = np.bincount(place, weights=is_cue, minlength=len(words))
    share = cued / seen
    level = np.where((cued >= 2) & (share >= 0.1), 1 + (share > 0.3) + (share > 0.6), 0)
    levels = {int(h): int(v) for h, v in zip(words[level > 0], level[level > 0], strict=True)}
    known = {int(h): row for h, row in zip(classes[0], classes[1].tolist(), strict=True)}
    order = [int(h) for h in classes[0]] + sorted(h for h in levels if h not in known)
    rows = np.array([[*known.get(h, (0, 0, 0, 0)), levels.get(h, 0)] for h in order], np.int16).reshape(-1, 5)
    return word_table(np.array(order, np.uint64), rows)


def _cross_fitted(
    features: list[NDArray[np.uint32]],
    tags: list[NDArray[np.uint8]],
    weight: NDArray[np.float32],
    options: QuoteOptions,
    seed: int,
) -> list[NDArray[np.uint8]]:
    """Tags of each text as predicted by a chain that was not fitted on it."""
    fold = np.random.default_rng(seed).permutation(len(features)) % options.folds
    predicted: list[NDArray[np.uint8]] = [np.zeros(0, np.uint8)] * len(features)
    for k in range(options.folds):
        rest = np.flatnonzero(fold != k)
        weights, step = _fit([features[i] for i in rest], [tags[i] for i in rest], weight[rest], TAGS, options, seed)
        for i in np.flatnonzero(fold == k):
            predicted[i] = likeliest(marginals(emissions(features[i], weights), step, chain_start(TAGS)))
    return predicted


def _fit(
    features: list[NDArray[np.uint32]],
    labels: list[NDArray[np.uint8]],
    weight: NDArray[np.float32],
    tags: tuple[str, ...],
    options: QuoteOptions,
    seed: int,
) -> tuple[Packed, NDArray[np.float32]]:
    bounds = np.zeros(len(labels) + 1, np.int64)
    np.cumsum([len(y) for y in labels], out=bounds[1:])
    weights, step = fit_chain(
        np.concatenate(features),
        np.concatenate(labels),
        bounds,
        options.buckets,
        chain_transitions(tags),
        chain_start(tags),
        epochs=options.epochs,
        rate=options.rate,
        l2=options.l2,
        dropout=options.dropout,
        seed=seed,
        sample_weight=weight,
    )
    return pack(weights), step


def _link_data(
    example: Example, where: Context, tagged: NDArray[np.uint8], buckets: int
) -> list[tuple[NDArray[np.uint32], NDArray[np.uint8]]]:
    """Features and labels of the window of each gold cue."""
    tokens = example.tokens
    cued = [a for a in example.attributions if a.cue and len(set(token_span(tokens, a.cue[0]))) == 2]
    if not cued:
        return []
    cues = np.array([token_span(tokens, a.cue[0]) for a in cued], np.int32)
    spans = windows(tokens, where, cues)
    features, bounds = link_features(tokens, where, cues, spans, tagged, buckets)
    parts = []
    for k, attribution in enumerate(cued):
        low, high = spans[k].tolist()
        labels = np.zeros(high - low, np.uint8)
        for first, role in (("B-content", attribution.content), ("B-source", attribution.source)):
            for span in role:
                start, end = token_span(tokens, span)
                _mark(labels, max(start, low) - low, min(end, high) - low, LINK_TAGS.index(first))
        parts.append((features[bounds[k] : bounds[k + 1]], labels))
    return parts
