"""The command `topic-stance explain`: what decided, for the articles of a dump, as text or as a page."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from topic_stance.classifier.explain import Explanation
    from topic_stance.data.records import Article

MOST_ARTICLES = 200


def add_explain(commands: Any) -> tuple[argparse.ArgumentParser, Any]:
    """`explain`: the terms and quotes that decided."""
    command: argparse.ArgumentParser = commands.add_parser(
        "explain", help="show the terms and quotes that decided an article's topics and stances"
    )
    command.add_argument("inputs", nargs="+", metavar="FILE", help='articles as `predict` takes them; "-" is stdin')
    command.add_argument("--model", help="folder or MLflow model URI; the shipped model where it is not given")
    command.add_argument("--html", metavar="PATH", type=Path, help="write a page instead of text")
    return command, run_explain


def run_explain(arguments: argparse.Namespace) -> int:
    """Explain up to `MOST_ARTICLES` articles; 1 where records were rejected."""
    from topic_stance.classifier.explain import as_html, as_text, explain_article
    from topic_stance.classifier.pipeline import load
    from topic_stance.data.readers import Record, read

    from .models import resolve_model

    pipeline = load(resolve_model(arguments.model))
    explained: list[tuple[Article, Explanation]] = []
    rejected = 0
    for item in read(arguments.inputs):
        if not isinstance(item, Record):
            rejected += 1
        elif len(explained) < MOST_ARTICLES:
            explained.append((item.article, explain_article(pipeline, item.article)))
    if arguments.html:
        arguments.html.write_text(as_html(explained), encoding="utf-8")
        print(f"{arguments.html}: {len(explained)} articles")
    else:
        print("\n\n".join(as_text(explanation, article) for article, explanation in explained))
    return 1 if rejected else 0
