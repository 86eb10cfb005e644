"""Quotes as annotation tools hold them: labelled regions of a text, and links that say which belong together.

Also what conversions share: what a task tells of its article beside the labels, and the checks that labels must pass on
the way in and on the way out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import msgspec

from .corpus import quote_kind
from .records import DataError, Kind, LabelledActor, LabelledArticle, LabelledQuote, Span, content_id

Label = Literal["content", "cue", "source"]
Part = Literal["quotes", "actors"]

LABELS: tuple[Label, ...] = get_args(Label)


class Region(NamedTuple):
    """A labelled piece of text. `kind` and `actor` stand on a region of a quote's content, else they are `None`."""

    key: str
    label: Label
    span: Span
    kind: Kind | None = None
    actor: str | None = None


Link = tuple[str, str]
"""The keys of two regions of the same quote."""


class About(msgspec.Struct):
    """What a task tells of its article beside text and labels.

    `labelled`: which of these are labelled in full, even where nothing was found.
    """

    id: str = ""
    title: str = ""
    date: str = ""
    source: str = ""
    region: str = ""
    labelled: list[Part] = []


class Imported(NamedTuple):
    """Articles out of a file, and what was in it that is none, with the reason."""

    articles: list[LabelledArticle]
    skipped: list[str]


def regions_of(quotes: Iterable[LabelledQuote]) -> tuple[list[Region], list[Link]]:
    """The regions of quotes, each linked to the first content region of its quote."""
    regions: list[Region] = []
    links: list[Link] = []
    for number, quote in enumerate(quotes):
        head = f"quote{number}-content0"
        regions.append(Region(head, "content", quote.content[0], quote.kind, quote.actor))
        rest = [Region(f"quote{number}-content{k}", "content", span) for k, span in enumerate(quote.content) if k]
        rest += [Region(f"quote{number}-cue", "cue", quote.cue)] if quote.cue else []
        rest += [Region(f"quote{number}-source", "source", quote.source)] if quote.source else []
        regions += rest
        links += [(head, region.key) for region in rest]
    return regions, links


def quotes_from(regions: Sequence[Region], links: Iterable[Link], text: str, where: str) -> list[LabelledQuote]:
    """The quotes that linked regions make, in the order of their first content region; links have no direction.

    A cue or a source may belong to several quotes, content to one. Where nobody said the kind, the marks say it.
    Raises `DataError` where the regions and links make no quotes.
    """
    by_key: dict[str, Region] = {}
    for region in regions:
        if region.key in by_key:
            raise DataError(f"{where}: two regions are called {region.key!r}")
        by_key[region.key] = region
    known = [(_known(a, by_key, where), _known(b, by_key, where)) for a, b in links]
    head = _Heads(by_key, known)
    members: dict[str, list[Region]] = {}
    for region in regions:
        if region.label == "content":
            members.setdefault(head(region.key), []).append(region)
    seen: set[str] = set()
    for a, b in known:
        for content, other in ((a, b), (b, a)):
            if content.label == "content" and other.label != "content":
                seen.add(other.key)
                members[head(content.key)].append(other)
    for region in regions:
        if region.label != "content" and region.key not in seen:
            raise DataError(f"{where}: the {region.label} at {_place(region.span)} is linked to no content")
    return [_quote(group, text, where) for group in members.values()]


def about(article: LabelledArticle) -> About:
    """What a task tells of an article."""
    return About(article.id, article.title, article.date, article.source, article.region, _labelled_parts(article))


def described(
    told: About, text: str, topics: list[str], quotes: list[LabelledQuote], actors: list[LabelledActor]
) -> LabelledArticle:
    """The article of a task. Where there are no quotes or actors, the task tells whether that is a label."""
    return LabelledArticle(
        id=told.id or content_id(text),
        text=text,
        topics=topics,
        quotes=quotes if quotes or "quotes" in told.labelled else None,
        actors=actors if actors or "actors" in told.labelled else None,
        title=told.title,
        date=told.date,
        source=told.source,
        region=told.region,
    )


def label_problems(article: LabelledArticle) -> Iterator[str]:
    """What is wrong with the labels of an article, so far as no reader could use them."""
    if article.quotes is not None and article.actors is not None:
        names = {actor.name for actor in article.actors}
        for quote in article.quotes:
            if quote.actor not in names:
                yield f"the actor {quote.actor!r} of a quote is not among the actors"
    for quote in article.quotes or ():
        if not quote.actor:
            yield "a quote names no actor"
        if not quote.content:
            yield f"a quote of {quote.actor!r} has no content"
        for label, spans in (("content", quote.content), ("cue", [quote.cue]), ("source", [quote.source])):
            for span in spans:
                if span is not None:
                    yield from _span_problems(label, span, article.text)
        if any(b[0] < a[1] for a, b in pairwise(quote.content)):
            yield f"the content spans at {_place(quote.content[0])} overlap or are not in text order"


def checked(article: LabelledArticle, where: str) -> LabelledArticle:
    """The article itself; raises `DataError` with the first of its `label_problems`."""
    for problem in label_problems(article):
        raise DataError(f"{where}: {problem}")
    return article


def _labelled_parts(article: LabelledArticle) -> list[Part]:
    parts: tuple[tuple[Part, object], ...] = (("quotes", article.quotes), ("actors", article.actors))
    return [name for name, value in parts if value is not None]


def _known(key: str, by_key: dict[str, Region], where: str) -> Region:
    if key not in by_key:
        raise DataError(f"{where}: a relation names the region {key!r}, which is not there")
    return by_key[key]


class _Heads:
    """Which content region stands for all that are linked with it: the first of them."""

    def __init__(self, by_key: dict[str, Region], links: Iterable[tuple[Region, Region]]) -> None:
        self._order = {key: number for number, key in enumerate(by_key)}
        self._parent = {key: key for key in by_key}
        for a, b in links:
            if a.label == b.label == "content":
                first, second = sorted((self(a.key), self(b.key)), key=self._order.__getitem__)
                self._parent[second] = first

    def __call__(self, key: str) -> str:
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key


def _quote(group: Sequence[Region], text: str, where: str) -> LabelledQuote:
    content = sorted(region.span for region in group if region.label == "content")
    place = f"{where}: the quote at {_place(content[0])}"
    actors = {region.actor for region in group if region.actor}
    kinds = {region.kind for region in group if region.kind}
    if len(actors) != 1:
        raise DataError(f"{place} names {'more than one' if actors else 'no'} actor")
    if len(kinds) > 1:
        raise DataError(f"{place} is of more than one kind")
    return LabelledQuote(
        content=content,
        cue=_only(group, "cue", place),
        source=_only(group, "source", place),
        kind=kinds.pop() if kinds else quote_kind(text[a:b] for a, b in content),
        actor=actors.pop(),
    )


def _only(group: Sequence[Region], label: Label, place: str) -> Span | None:
    found = {region.key: region.span for region in group if region.label == label}
    if len(found) > 1:
        raise DataError(f"{place} has more than one {label}")
    return next(iter(found.values()), None)


def _span_problems(label: str, span: Span, text: str) -> Iterator[str]:
    start, end = span
    if not 0 <= start <= end <= len(text):
        yield f"the {label} at {_place(span)} is out of the text, which has {len(text)} characters"
    elif not text[start:end].strip():
        yield f"the {label} at {_place(span)} is empty"


def _place(span: Span) -> str:
    return f"{span[0]}–{span[1]}"
