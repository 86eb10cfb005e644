"""Quotes assembled from labels of both passes that are given by hand."""

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier import Pipeline
from topic_stance.classifier.assembly import assemble
from topic_stance.classifier.context import context
from topic_stance.classifier.links import B_CONTENT, O
from topic_stance.classifier.quotes import FoundQuote, found_quotes
from topic_stance.classifier.segment import tokenize

TEXT = "Mira Holt warned that the old dam may break, and the village fears it will drown by spring. Nobody came."


def assembled(
    shipped: Pipeline, cues: dict[str, str], *, n_sure: int, content: dict[str, float], text: str = TEXT
) -> list[tuple[str, str]]:
    """Cue and content of each quote."""
    tokens = tokenize(text)
    return [
        (
            text[tokens.start[quote.cue[0]] : tokens.end[quote.cue[1] - 1]] if quote.cue else "",
            " … ".join(text[tokens.start[a] : tokens.end[b - 1]] for a, b in quote.content),
        )
        for quote in assembled_quotes(shipped, text, cues, n_sure, content, {})
    ]


def assembled_quotes(
    shipped: Pipeline, text: str, cues: dict[str, str], n_sure: int, content: dict[str, float], source: dict[str, float]
) -> list[FoundQuote]:
    """The quotes of a text.

    cues: each cue's word with the words that the second pass links to it, the `n_sure` first ones sure, each a
    little less than the one before, " … " between parts; content, source: the first pass' posterior of some stretches of text.
    """
    tokens = tokenize(text)
    heads = shipped.bundle.heads
    where = context(tokens, heads.quotes.words, heads.quotes.tagger)
    n = len(tokens.start)

    def span(words: str) -> tuple[int, int]:
        begin = text.index(words)
        end = begin + len(words)
        return int(np.searchsorted(tokens.start, begin)), int(np.searchsorted(tokens.start, end))

    def mark(row: NDArray[np.uint8], words: str) -> None:
        begin, end = span(words)
        row[begin:end] = B_CONTENT + 1
        row[begin] = B_CONTENT

    posterior = np.zeros((n, 7), np.float32)
    for words, share in content.items():
        posterior[slice(*span(words)), 2] = share
    for words, share in source.items():
        posterior[slice(*span(words)), 6] = share
    places = np.array([span(word) for word in cues], np.int32)
    order = np.arange(len(places))
    posterior[places[:, 0], 3] = np.where(order < n_sure, 0.9, 0.15) - 0.01 * order
    labels = np.full((len(cues), n), O, np.uint8)
    for row, words in zip(labels, cues.values(), strict=True):
        for part in words.split(" … "):
            mark(row, part)
    windows = np.zeros((len(cues), 2), np.int32)
    found = assemble(
        labels.ravel(), np.arange(len(cues) + 1) * n, windows[:, 0], places, n_sure, posterior.argmax(1).astype(np.uint8),
        posterior, tokens, where,
    )  # fmt: skip
    return found_quotes(found)
