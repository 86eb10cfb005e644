"""Figures by slice: by topic, region and outlet of the articles, by kind of the quotes, by type of the actors.

A slice by article is scored as any set of articles is. A slice by quote or by actor keeps only those labels of an
article; what was predicted beyond them is not counted as wrong, so that recall and accuracy are shown alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from topic_stance.data.records import ACTOR_TYPES, KINDS, LabelledArticle, Prediction

from .evaluate import Count, count, figures

MOST = 10
"""Regions and outlets shown, those with most articles first."""
ARTICLE_FIGURES = ("topic micro-F1", "content F1", "actor accuracy", "stance accuracy")
QUOTE_FIGURES = ("quotes found", "source accuracy", "actor accuracy")
ACTOR_FIGURES = ("quotes found", "actor accuracy", "stance accuracy")


@dataclass(frozen=True)
class Slice:
    """A part of the held-out articles, how many articles, quotes or actors are in it, and its figures."""

    by: str
    name: str
    n: int
    figures: dict[str, float]


def slices(gold: Sequence[LabelledArticle], predictions: Sequence[Prediction]) -> list[Slice]:
    """Every slice that holds something, in the order of `by`: topic, region, outlet, quote kind, actor type."""
    counts = [count(g, p) for g, p in zip(gold, predictions, strict=True)]
    found = _by_article("topic", gold, counts, lambda article: article.topics or ["none"])
    found += _by_article("region", gold, counts, lambda article: [article.region or "unknown"])
    found += _by_article("outlet", gold, counts, lambda article: [article.source or "unknown"])
    for kind in KINDS:
        found += _by_label("quote kind", kind, [_with_quotes(a, kind) for a in gold], predictions, QUOTE_FIGURES)
    for type in ACTOR_TYPES:
        found += _by_label("actor type", type, [_with_actors(a, type) for a in gold], predictions, ACTOR_FIGURES)
    return found


def _by_article(
    by: str,
    gold: Sequence[LabelledArticle],
    counts: Sequence[Count],
    names: Callable[[LabelledArticle], Iterable[str]],
) -> list[Slice]:
    members: dict[str, list[Count]] = {}
    for article, counted in zip(gold, counts, strict=True):
        for name in names(article):
            members.setdefault(name, []).append(counted)
    ranked = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST]
    return [Slice(by, name, len(own), _chosen(own, ARTICLE_FIGURES)) for name, own in ranked]


def _by_label(
    by: str,
    name: str,
    gold: Sequence[LabelledArticle],
    predictions: Sequence[Prediction],
    wanted: tuple[str, ...],
) -> list[Slice]:
    counts = [count(g, p) for g, p in zip(gold, predictions, strict=True)]
    n = sum(len(article.quotes or ()) for article in gold)
    if by == "actor type":
        n = sum(len(article.actors or ()) for article in gold)
    return [Slice(by, name, n, _chosen(counts, wanted))] if n else []


def _chosen(counts: Sequence[Count], wanted: tuple[str, ...]) -> dict[str, float]:
    """The wanted figures, without those that nothing was labelled for."""
    total: Count = sum(counts, Counter())
    every = figures(total)
    found = {name: value for name in wanted if isinstance(value := every.get(name), float)}
    if not any(total[key] for key in total if key[0] == "topic" and key[2] != "fp"):
        found.pop("topic micro-F1", None)
    labelled = total["quote", "tp"] + total["quote", "fn"]
    if "quotes found" in wanted and labelled:
        found["quotes found"] = total["quote", "tp"] / labelled
    if not labelled:
        for name in ("content F1", "actor accuracy"):
            found.pop(name, None)
    if not total["source", "n"]:
        found.pop("source accuracy", None)
    if not any(key[0] == "stance" for key in total):
        found.pop("stance accuracy", None)
    return {name: found[name] for name in wanted if name in found}


def _with_quotes(article: LabelledArticle, kind: str) -> LabelledArticle:
    quotes = [quote for quote in article.quotes or () if quote.kind == kind]
    return msgspec.structs.replace(article, quotes=quotes)


def _with_actors(article: LabelledArticle, type: str) -> LabelledArticle:
    actors = [actor for actor in article.actors or () if actor.type == type]
    names = {actor.name for actor in actors}
    quotes = [quote for quote in article.quotes or () if quote.actor in names]
    return msgspec.structs.replace(article, quotes=quotes, actors=actors)
