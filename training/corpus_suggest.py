"""Which articles to label next: those on which the model is least sure, as tasks that it has labelled beforehand."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from topic_stance.classifier.pipeline import Pipeline
from topic_stance.data.corpus import near_duplicate_groups
from topic_stance.data.files import encode
from topic_stance.data.label_studio import task_data, task_result
from topic_stance.data.records import (
    Article,
    LabelledActor,
    LabelledArticle,
    LabelledQuote,
    Prediction,
)

_BATCH = 256
_SPARE = 2  # candidates a topic for each article that is wanted, so that near-duplicates can be left out


class Suggestion(NamedTuple):
    """An article, what the model says of it, and the smallest distance of a topic's probability to its threshold."""

    article: Article
    prediction: Prediction
    margin: float


def suggest(pipeline: Pipeline, articles: Iterable[Article], n: int) -> list[Suggestion]:
    """The `n` articles nearest to a threshold, topics in turn, no two alike; memory does not grow with the dump."""
    head = pipeline.bundle.heads.topics
    threshold = dict(zip(head.labels, head.threshold.tolist(), strict=True))
    # A heap a topic, the largest margin on top; the number makes every entry different and earlier articles win.
    nearest: dict[str, list[tuple[float, int, Suggestion]]] = {topic: [] for topic in threshold}
    for number, (article, prediction) in enumerate(_predicted(pipeline, articles)):
        margins = {score.label: abs(score.probability - threshold[score.label]) for score in prediction.topics}
        found = Suggestion(article, prediction, min(margins.values()))
        for topic, margin in margins.items():
            heap = nearest[topic]
            if len(heap) < _SPARE * n:
                heapq.heappush(heap, (-margin, -number, found))
            elif (-margin, -number) > heap[0][:2]:
                heapq.heapreplace(heap, (-margin, -number, found))
    ranked = [[found for _, _, found in sorted(heap, key=_by_margin)] for heap in nearest.values()]
    return _in_turn(ranked, n)


def tasks(suggestions: Sequence[Suggestion]) -> bytes:
    """Label Studio tasks with the model's labels as predictions; the least sure have the lowest score."""
    made = []
    for article, prediction, margin in suggestions:
        labelled = as_labelled(article, prediction)
        guess = {"model_version": prediction.model, "score": round(margin, 4), "result": task_result(labelled)}
        made.append(encode({"data": task_data(labelled), "predictions": [guess]}, article.id))
    return b"[" + b",\n".join(made) + b"]\n"


def as_labelled(article: Article, prediction: Prediction) -> LabelledArticle:
    """A prediction as if it were labels; a quote of nobody has the actor ""."""
    names = [actor.name for actor in prediction.actors]
    return LabelledArticle(
        id=article.id,
        text=article.text,
        topics=[topic.label for topic in prediction.topics if topic.assigned],
        quotes=[
            LabelledQuote(q.content, q.cue, q.source, q.kind, "" if q.actor is None else names[q.actor])
            for q in prediction.quotes
        ],
        actors=[
            LabelledActor(
                actor.name,
                actor.type,
                {stance.topic: stance.label for stance in actor.stances},
                list(dict.fromkeys(article.text[a:b] for a, b in actor.mentions)),
                actor.description,
            )
            for actor in prediction.actors
        ],
        title=article.title,
        date=article.date,
        source=article.source,
    )


def _predicted(pipeline: Pipeline, articles: Iterable[Article]) -> Iterator[tuple[Article, Prediction]]:
    articles = iter(articles)
    while batch := list(islice(articles, _BATCH)):
        yield from zip(batch, pipeline.predict(batch), strict=True)


def _by_margin(entry: tuple[float, int, Suggestion]) -> tuple[float, int]:
    return -entry[0], -entry[1]


def _in_turn(ranked: Sequence[Sequence[Suggestion]], n: int) -> list[Suggestion]:
    """One of each list in turn, nothing twice, until there are `n`."""
    rounds = [list(column) for column in ranked]
    longest = max(map(len, rounds), default=0)
    order = [column[k] for k in range(longest) for column in rounds if k < len(column)]
    distinct = list({id(found): found for found in order}.values())
    groups = near_duplicate_groups([found.article.text for found in distinct])
    chosen: list[Suggestion] = []
    taken: set[int] = set()
    for found, group in zip(distinct, groups, strict=True):
        if len(chosen) < n and group not in taken:
            taken.add(group)
            chosen.append(found)
    return chosen
