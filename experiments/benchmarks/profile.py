"""What share of the processor's time each step takes, and how far the topic kernel is from reading the bytes once."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from topic_stance.classifier.actors import resolve_actors
from topic_stance.classifier.jit import compiled
from topic_stance.classifier.pipeline import Pipeline
from topic_stance.classifier.segment import CLASSES, LOWERS, hash_words, tokenize
from topic_stance.classifier.tfidf import TermWeights, text_scores
from topic_stance.classifier.topics import decision_scores
from topic_stance.data.records import Article

_REPETITIONS = 7


def kernel_profile(texts: Sequence[str], weights: TermWeights) -> str:
    """Microseconds an article for the topic kernel and its parts; each part is timed alone, so in a warmer cache."""
    chunks = [texts[k : k + 64] for k in range(0, len(texts), 64)]
    encoded = [b"\n".join([*(text.encode("utf-8", "surrogatepass") for text in chunk), b""]) for chunk in chunks]
    buffers = [np.frombuffer(data, np.uint8) for data in encoded]
    words = np.empty(max(map(len, buffers)) // 2 + 2, np.uint64)
    padded = [np.frombuffer(data + b"\0" * (-len(data) % 8), np.uint64) for data in encoded]
    parts: dict[str, Callable[[], object]] = {
        "whole kernel": lambda: text_scores(texts, weights),
        "str to UTF-8": lambda: [text.encode("utf-8", "surrogatepass") for chunk in chunks for text in chunk],
        "bytes to word hashes": lambda: [hash_words(b, 0, len(b) - 1, CLASSES, LOWERS, words) for b in buffers],
        "reading the bytes once": lambda: [_read_once(numbers) for numbers in padded],
    }
    seconds = {name: median_seconds(run) for name, run in parts.items()}
    whole = seconds["whole kernel"]
    rest = whole - seconds["str to UTF-8"] - seconds["bytes to word hashes"]
    rows = [f"Topic kernel, {len(texts)} articles"]
    for name, value in [*seconds.items(), ("look-up, counts and weights (the rest)", rest)]:
        rows.append(f"  {name:40s} {value / len(texts) * 1e6:8.1f} µs an article {value / whole:6.0%}")
    rows.append(f"  {whole / seconds['reading the bytes once']:.0f} times as long as reading the bytes once")
    return "\n".join(rows)


def pipeline_profile(articles: Sequence[Article], pipeline: Pipeline) -> str:
    """Shares of the steps of the whole pipeline."""
    heads = pipeline.bundle.heads
    read = [pipeline.read(article) for article in articles]
    found = [pipeline.quotes_of(body) for _, body in read]

    def actors() -> None:
        for article, (tokens, quotes, where) in zip(articles, found, strict=True):
            resolve_actors(article.text, tokens, where, quotes, heads.actors)

    pipeline.predict(articles[:10])
    weights = pipeline.topic_weights
    parts: dict[str, Callable[[], object]] = {
        "whole pipeline": lambda: pipeline.predict(articles),
        "tokens": lambda: [tokenize(article.text) for article in articles],
        "tokens and cleaning": lambda: [pipeline.read(article) for article in articles],
        "topics": lambda: [decision_scores(title, body, heads.topics, weights) for title, body in read],
        "quotes": lambda: [pipeline.quotes_of(body) for _, body in read],
        "actors": actors,
    }
    seconds = {name: median_seconds(run) for name, run in parts.items()}
    seconds["cleaning"] = seconds.pop("tokens and cleaning") - seconds["tokens"]
    whole = seconds["whole pipeline"]
    seconds["stances and writing down (the rest)"] = 2 * whole - sum(seconds.values())
    rows = [f"Whole pipeline, {len(articles)} articles"]
    for name, value in seconds.items():
        rows.append(f"  {name:40s} {value / len(articles) * 1e6:8.0f} µs an article {value / whole:6.0%}")
    return "\n".join(rows)


@compiled
def _read_once(numbers):  # type: ignore[no-untyped-def]
    total = np.uint64(0)
    for number in numbers:
        total ^= number
    return total


def median_seconds(run: Callable[[], object], repetitions: int = _REPETITIONS) -> float:
    """Median seconds of the processor, after one run that does not count where there are several."""
    if repetitions > 1:
        run()
    times = []
    for _ in range(repetitions):
        began = time.process_time()
        run()
        times.append(time.process_time() - began)
    return statistics.median(times)
