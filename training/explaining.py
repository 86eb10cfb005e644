"""The command `topic-stance explain`: what decided, for the articles of a dump, as text or as a page."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import OK, REFUSED, Added, add_model, say

if TYPE_CHECKING:
    from topic_stance.data.readers import Record, Reject
    from topic_stance.data.records import Article

    from .arguments import Commands

INPUT_FORMATS = ("jsonl", "json", "csv", "parquet", "txt", "html")  # of `data.readers`, imported when it is needed

MOST_ARTICLES = 200
"""What a page can show; for more there is `predict`."""


def add_explain(commands: Commands) -> Added:
    """`explain`: the terms and quotes that decided."""
    command = commands.add_parser(
        "explain",
        help="show the terms and quotes that decided an article's topics and stances",
        description=f"Show what decided, for the first {MOST_ARTICLES} articles. Exit code 1 says that some records "
        "were rejected.",
    )
    command.add_argument("inputs", nargs="+", metavar="FILE", help='articles as `predict` takes them; "-" is stdin')
    add_model(command)
    command.add_argument("--html", metavar="PATH", type=Path, help="write a page instead of text")
    command.add_argument("--format", choices=INPUT_FORMATS, help="what the input is, whatever it is called")
    return command, run_explain


def run_explain(arguments: argparse.Namespace) -> int:
    """Explain up to `MOST_ARTICLES` articles; 1 where records were rejected."""
    from topic_stance.classifier.compiling import announce
    from topic_stance.classifier.explain import as_html, as_text, explain_article
    from topic_stance.classifier.pipeline import load
    from topic_stance.data.readers import read
    from topic_stance.data.writers import check_writable, replacing

    from .models import find_model

    if arguments.html:
        check_writable({"the page": arguments.html}, arguments.inputs)
    announce()
    articles, rejected = _first(read(arguments.inputs, format=arguments.format))
    pipeline = load(find_model(arguments.model, arguments.tracking_uri))
    explained = [(article, explain_article(pipeline, article)) for article in articles]
    if arguments.html:
        with replacing(arguments.html) as file:
            file.write(as_html(explained).encode())
        print(f"{arguments.html}: {len(explained)} articles")
    elif explained:
        print("\n\n".join(as_text(explanation, article) for article, explanation in explained))
    return REFUSED if rejected else OK


def _first(items: Iterable[Record | Reject]) -> tuple[list[Article], int]:
    """The first `MOST_ARTICLES` articles, and how many records before their end are none; these are told of."""
    from topic_stance.data.readers import Record

    articles: list[Article] = []
    rejected = 0
    for item in items:
        if not isinstance(item, Record):
            rejected += 1
            say(f"topic-stance: {item}")
        elif len(articles) == MOST_ARTICLES:
            say(f"topic-stance: only the first {MOST_ARTICLES} articles are shown")
            break
        else:
            articles.append(item.article)
    return articles, rejected
