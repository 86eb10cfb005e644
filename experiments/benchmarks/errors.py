"""Errors of quotes, sources and actors by kind, on labelled articles that the model did not learn from.

    python -m experiments.benchmarks.errors --gold ../shared/gold/dev.jsonl

Quotes by their kind: how many are labelled, found (half of the union of both contents or more shared), missed for want
of any overlap, missed by their bounds, and predicted falsely. Sources by what they are: how many are found, and how
often the actor is right where the quote was found.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from topic_stance.classifier.pipeline import DEFAULT, load
from topic_stance.data.corpus import read_labelled
from topic_stance.data.records import KINDS, LabelledArticle, LabelledQuote, Prediction
from topic_stance.training.evaluate import match_quotes
from topic_stance.training.matching import same_actor

SOURCES = ("pronoun", "name", "description", "none")
_PRONOUNS = frozenset("he she they it i we who you him her them his their its".split())


def source_kind(article: LabelledArticle, quote: LabelledQuote) -> str:
    """What a labelled source is: a pronoun, a name or its part, a description, or nothing."""
    if quote.source is None:
        return "none"
    words = article.text[slice(*quote.source)].split()
    if len(words) == 1 and words[0].lower() in _PRONOUNS:
        return "pronoun"
    last = quote.actor.split()[-1]
    return "name" if last[:1].isupper() and last in article.text[slice(*quote.source)] else "description"


def count(article: LabelledArticle, prediction: Prediction) -> Counter[tuple[str, str]]:
    """Counts of one article by kind of quote or source, and what became of it."""
    counts: Counter[tuple[str, str]] = Counter()
    matched = match_quotes(article, prediction)
    spans = [span for quote in prediction.quotes for span in quote.content]
    actors = {actor.name: actor for actor in article.actors or ()}
    for i, quote in enumerate(article.quotes or ()):
        of_source = source_kind(article, quote)
        counts[quote.kind, "labelled"] += 1
        counts[of_source, "labelled"] += 1
        if i not in matched:
            touched = any(a < d and c < b for a, b in quote.content for c, d in spans)
            counts[quote.kind, "bounds" if touched else "missed"] += 1
            continue
        found = prediction.quotes[matched[i]]
        counts[quote.kind, "found"] += 1
        counts[of_source, "found"] += 1
        overlaps = (
            quote.source and found.source and found.source[0] < quote.source[1] and quote.source[0] < found.source[1]
        )
        counts[of_source, "source"] += bool(overlaps) or quote.source is found.source is None
        if found.actor is not None:
            counts[of_source, "actor"] += same_actor(actors[quote.actor], prediction.actors[found.actor].name)
    taken = set(matched.values())
    for j, given in enumerate(prediction.quotes):
        counts[given.kind, "false"] += j not in taken
    return counts


def table(counts: Counter[tuple[str, str]]) -> str:
    """Both tables."""
    rows = [f"{'quote':14s}{'labelled':>9s}{'found':>9s}{'missed':>9s}{'bounds':>9s}{'false':>9s}"]
    for kind in KINDS:
        shown = (counts[kind, part] for part in ("labelled", "found", "missed", "bounds", "false"))
        rows.append(f"{kind:14s}" + "".join(f"{n:9d}" for n in shown))
    rows.append(f"{'source':14s}{'labelled':>9s}{'found':>9s}{'source':>9s}{'actor':>9s}")
    for kind in SOURCES:
        n = max(1, counts[kind, "found"])
        shares = "".join(f"{counts[kind, part] / n:9.3f}" for part in ("source", "actor"))
        rows.append(f"{kind:14s}{counts[kind, 'labelled']:9d}{counts[kind, 'found']:9d}{shares}")
    return "\n".join(rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Predict, count and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--model", default=str(DEFAULT))
    arguments = parser.parse_args(argv)
    pipeline = load(arguments.model)
    total: Counter[tuple[str, str]] = Counter()
    for article in read_labelled(arguments.gold):
        if article.quotes is not None:
            total += count(article, pipeline.predict_one(article.article()))
    print(table(total))


if __name__ == "__main__":
    main()
