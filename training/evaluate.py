"""How good predictions are against labelled articles: the project's table of figures with bootstrap intervals.

Counts are kept per article, so that every figure can be drawn again from resampled articles and two models compared on
the same resamples. See `bootstrap`; here a resample gives all figures at once, from a sum of counts.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.records import STANCES, LabelledArticle, Prediction, Span

from .bootstrap import RESAMPLES, interval
from .matching import matched_actors, same_actor

Count = Counter[tuple[str, ...]]
Figure = float | tuple[float, float, float]

HEADLINES = (
    "topic macro-F1",
    "topic micro-F1",
    "content F1",
    "quote F1",
    "source accuracy",
    "actor accuracy",
    "stance macro-F1",
    "stance accuracy",
)
TRIPLES = ("content P/R/F1", "quote P/R/F1", *(f"stance {label} P/R/F1" for label in STANCES))
"""Beside these there is one for every topic: `topic_triple`."""


@dataclass(frozen=True)
class Evaluation:
    """Figures by name, and for headlines and triples (their F1) the 95% interval and the values on the resamples.

    Where a resample has no article that a figure is measured on (none with the topic, none labelled in full), the
    figure is not a number; intervals are of the other resamples.
    """

    n_articles: int
    figures: dict[str, Figure]
    intervals: dict[str, tuple[float, float]]
    resampled: dict[str, NDArray[np.float64]]
    counts: list[Count]

    def table(self) -> str:
        """The table that `topic-stance evaluate` prints."""
        rows = [f"{self.n_articles} gold articles"]
        for name, value in self.figures.items():
            if isinstance(value, tuple):
                rows.append(f"{name:40s} " + "  ".join(f"{x:.3f}" for x in value))
            elif name in self.intervals:
                low, high = self.intervals[name]
                rows.append(f"{name:40s} {value:.3f}   [{low:.3f}, {high:.3f}]")
            else:
                rows.append(f"{name:40s} {value:.3f}")
        return "\n".join(rows)

    def scalars(self) -> dict[str, float]:
        """Every figure as one number, F1 for the triples."""
        return {name: value[2] if isinstance(value, tuple) else value for name, value in self.figures.items()}


def evaluate(pipeline: Pipeline, gold: Sequence[LabelledArticle]) -> Evaluation:
    """Predict the texts of labelled articles and score the predictions."""
    return score(gold, pipeline.predict(article.article() for article in gold))


def score(gold: Sequence[LabelledArticle], predictions: Iterable[Prediction]) -> Evaluation:
    """Score predictions, given in the order of the labelled articles."""
    counts = [count(g, p) for g, p in zip(gold, predictions, strict=True)]
    rng = random.Random(0)
    draws = [figures(sum(rng.choices(counts, k=len(counts)), Counter())) for _ in range(RESAMPLES)]
    result = figures(sum(counts, Counter()))
    resampled = {
        name: np.array([_number(draw.get(name, np.nan)) for draw in draws])
        for name, value in result.items()
        if name in HEADLINES or isinstance(value, tuple)
    }
    intervals = {name: interval(values) for name, values in resampled.items()}
    return Evaluation(len(gold), result, intervals, resampled, counts)


def count(gold: LabelledArticle, predicted: Prediction) -> Count:
    """Additive counts of one article."""
    counts: Count = Counter()
    wanted, given = set(gold.topics), {topic.label for topic in predicted.topics if topic.assigned}
    for topic in wanted | given:
        counts["topic", topic, "tp" if topic in wanted & given else "fp" if topic in given else "fn"] += 1
    if gold.quotes is None or gold.actors is None:
        return counts
    matched = match_quotes(gold, predicted)
    _count_quotes(gold, predicted, len(matched), counts)
    _count_attributions(gold, predicted, matched, counts)
    _count_stances(gold, predicted, counts)
    return counts


def figures(counts: Count) -> dict[str, Figure]:
    """The table's figures from summed counts."""
    found: dict[str, Figure] = {}
    topics = sorted({key[1] for key in counts if key[0] == "topic"})
    by_topic = {t: prf(counts["topic", t, "tp"], counts["topic", t, "fp"], counts["topic", t, "fn"]) for t in topics}
    for topic in topics:
        found[topic_triple(topic)] = by_topic[topic]
    found["topic micro-F1"] = prf(*(sum(counts["topic", t, k] for t in topics) for k in ("tp", "fp", "fn")))[2]
    found["topic macro-F1"] = sum(by_topic[t][2] for t in topics) / max(1, len(topics))
    if not any(key[0] in ("content", "actor") for key in counts):
        return found
    for part in ("content", "quote"):
        triple = prf(counts[part, "tp"], counts[part, "fp"], counts[part, "fn"])
        found[f"{part} P/R/F1"] = triple
        found[f"{part} F1"] = triple[2]
    for part in ("source", "actor"):
        found[f"{part} accuracy"] = counts[part, "ok"] / max(1, counts[part, "n"])
    found |= _stance_figures(counts)
    return found


def topic_triple(topic: str) -> str:
    """The name of a topic's precision, recall and F1."""
    return f"topic {topic} P/R/F1"


def prf(tp: int, fp: int, fn: int) -> tuple[float, float, float]:
    """Precision, recall and F1; 0 where undefined."""
    precision = tp / (tp + fp) if tp + fp else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def match_quotes(gold: LabelledArticle, predicted: Prediction) -> dict[int, int]:
    """For each labelled quote the predicted one that is matched with it, by number.

    They are matched from the largest intersection over union of characters down to one half.
    """
    wanted = [_characters(quote.content) for quote in gold.quotes or ()]
    given = [_characters(quote.content) for quote in predicted.quotes]
    pairs = [
        (len(a & b) / len(a | b), i, j)
        for i, a in enumerate(wanted)
        for j, b in enumerate(given)
        if not a.isdisjoint(b)
    ]
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for overlap, i, j in sorted(pairs, reverse=True):
        if overlap >= 0.5 and i not in matched and j not in taken:
            matched[i] = j
            taken.add(j)
    return matched


def _count_quotes(gold: LabelledArticle, predicted: Prediction, n_matched: int, counts: Count) -> None:
    """The characters of contents, and the quotes."""
    labelled = gold.quotes or ()
    wanted = _characters(span for quote in labelled for span in quote.content)
    given = _characters(span for quote in predicted.quotes for span in quote.content)
    counts["content", "tp"] += len(wanted & given)
    counts["content", "fp"] += len(given - wanted)
    counts["content", "fn"] += len(wanted - given)
    counts["quote", "tp"] += n_matched
    counts["quote", "fp"] += len(predicted.quotes) - n_matched
    counts["quote", "fn"] += len(labelled) - n_matched


def _count_attributions(gold: LabelledArticle, predicted: Prediction, matched: dict[int, int], counts: Count) -> None:
    actors = {actor.name: actor for actor in gold.actors or ()}
    for i, quote in enumerate(gold.quotes or ()):
        found = predicted.quotes[matched[i]] if i in matched else None
        if quote.source:
            counts["source", "n"] += 1
            span = found.source if found else None
            counts["source", "ok"] += bool(span and span[0] < quote.source[1] and quote.source[0] < span[1])
        counts["actor", "n"] += 1
        if found is not None and found.actor is not None:
            counts["actor", "ok"] += same_actor(actors[quote.actor], predicted.actors[found.actor].name)


def _count_stances(gold: LabelledArticle, predicted: Prediction, counts: Count) -> None:
    for actor, found in matched_actors(gold, predicted):
        said = {stance.topic: stance.label for stance in found.stances} if found else {}
        for topic, label in actor.stance.items():
            counts["stance", label, said.get(topic, "missing")] += 1


def _stance_figures(counts: Count) -> dict[str, Figure]:
    table = {(key[1], key[2]): n for key, n in counts.items() if key[0] == "stance"}
    found: dict[str, Figure] = {}
    total = max(1, sum(table.values()))
    scores = []
    for label in STANCES:
        wrong = sum(n for (g, p), n in table.items() if p == label != g)
        missed = sum(n for (g, p), n in table.items() if g == label != p)
        triple = prf(table.get((label, label), 0), wrong, missed)
        found[f"stance {label} P/R/F1"] = triple
        scores.append(triple[2])
    found["stance macro-F1"] = sum(scores) / len(scores)
    found["stance accuracy"] = sum(n for (g, p), n in table.items() if g == p) / total
    found["stance pairs missing"] = sum(n for (_, p), n in table.items() if p == "missing") / total
    return found


def _characters(spans: Iterable[Span]) -> set[int]:
    return {i for start, end in spans for i in range(start, end)}


def _number(value: Any) -> float:
    return float(value[2] if isinstance(value, tuple) else value)
