"""Prodigy-style JSON Lines: `text`, `tokens`, `spans`, `relations`, `accept` (the topics) and `meta`.

Kind and actor stand on the first content span of a quote, and relations go from it to its other spans. Spans have an
`id`, since one piece of text may be part of two quotes; without it they are known by place and label.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from .files import encode, json_lines
from .records import DataError, Kind, LabelledActor, LabelledArticle
from .regions import (
    LABELS,
    About,
    Imported,
    Label,
    Region,
    about,
    checked,
    described,
    quotes_from,
    regions_of,
)


class _Span(msgspec.Struct):
    start: int
    end: int
    label: str
    id: str | None = None
    kind: Kind | None = None
    actor: str | None = None


class _Relation(msgspec.Struct):
    head_span: _Span
    child_span: _Span


class _Task(msgspec.Struct):
    text: str
    spans: list[_Span] = []
    relations: list[_Relation] = []
    accept: list[str] = []
    actors: list[LabelledActor] = []
    answer: str = "accept"
    meta: About = msgspec.field(default_factory=About)


def read_prodigy(path: Path) -> Imported:
    """The accepted tasks of a file; raises `DataError` for one that cannot be used."""
    found = Imported([], [])
    for where, task in json_lines(path, _Task, "a task"):
        if task.answer == "accept":
            found.articles.append(checked(_article(task, where), where))
        else:
            found.skipped.append(f"{where}: was answered {task.answer!r}")
    return found


def prodigy_bytes(articles: Iterable[LabelledArticle]) -> bytes:
    """One accepted task a line."""
    return b"".join(encode(_task(article), article.id) + b"\n" for article in articles)


def _task(article: LabelledArticle) -> dict[str, Any]:
    regions, links = regions_of(article.quotes or ())
    tokens = _tokens(article.text, regions)
    ends = [token["end"] for token in tokens]
    spans = {region.key: _span(region, ends) for region in regions}
    return {
        "text": article.text,
        "tokens": tokens,
        "spans": list(spans.values()),
        "relations": [_relation(spans[head], spans[part]) for head, part in links],
        "accept": article.topics,
        "actors": article.actors or [],
        "answer": "accept",
        "meta": about(article),
    }


def _tokens(text: str, regions: Sequence[Region]) -> list[dict[str, Any]]:
    """Runs without white space, cut where a region begins or ends, as the tool needs them."""
    cuts = sorted({offset for region in regions for offset in region.span})
    pieces: list[tuple[int, int]] = []
    for run in re.finditer(r"\S+", text):
        inside = cuts[bisect_left(cuts, run.start() + 1) : bisect_left(cuts, run.end())]
        bounds = [run.start(), *inside, run.end()]
        pieces += pairwise(bounds)
    return [
        {"text": text[a:b], "start": a, "end": b, "id": number, "ws": text[b : b + 1].isspace()}
        for number, (a, b) in enumerate(pieces)
    ]


def _span(region: Region, ends: Sequence[int]) -> dict[str, Any]:
    start, end = region.span
    place = {"token_start": bisect_left(ends, start + 1), "token_end": bisect_left(ends, end)}
    span = {"id": region.key, "start": start, "end": end, "label": region.label.upper(), **place}
    return span | ({"kind": region.kind, "actor": region.actor} if region.kind else {})


def _relation(head: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    return {
        "head": head["token_end"],
        "child": child["token_end"],
        "label": child["label"],
        "head_span": head,
        "child_span": child,
    }


def _article(task: _Task, where: str) -> LabelledArticle:
    regions = [Region(_key(s), _label(s, where), (s.start, s.end), s.kind, s.actor) for s in task.spans]
    links = [(_key(relation.head_span), _key(relation.child_span)) for relation in task.relations]
    quotes = quotes_from(regions, links, task.text, where)
    return described(task.meta, task.text, task.accept, quotes, task.actors)


def _key(span: _Span) -> str:
    return span.id or f"{span.start}-{span.end}-{span.label.lower()}"


def _label(span: _Span, where: str) -> Label:
    for label in LABELS:
        if label == span.label.lower():
            return label
    raise DataError(f"{where}: the label {span.label!r} is none of {', '.join(LABELS)}")
