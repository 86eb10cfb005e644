"""The one schema: what goes in (`Article`), what is learned from (`LabelledArticle`), what comes out (`Prediction`).

Every offset is a Unicode code point into the article's own ``text``, end exclusive. The structs are msgspec's: they
decode straight from bytes, check types while they do, and encode in the order of their fields.
"""

from __future__ import annotations

import hashlib
from typing import Literal, get_args

import msgspec

Span = tuple[int, int]
"""``(start, end)`` in code points of the article's text, end exclusive."""

Kind = Literal["direct", "indirect", "mixed"]
StanceLabel = Literal["favor", "against", "neutral"]
ActorType = Literal["person", "organization", "state", "group", "document"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STANCES: tuple[StanceLabel, ...] = get_args(StanceLabel)
ACTOR_TYPES: tuple[ActorType, ...] = get_args(ActorType)


class TopicStanceError(Exception):
    """Base of every error that the command line turns into a message: what was wrong, where, what to do."""


class DataError(TopicStanceError):
    """Input that cannot be used: a file, a record or a label."""


class Article(msgspec.Struct, omit_defaults=True, gc=False):
    """A scraped article. Only `text` is needed; the other fields are never required to be right."""

    id: str
    text: str
    title: str = ""
    date: str = ""
    source: str = ""
    url: str = ""


class Quote(msgspec.Struct, gc=False):
    """One report of something that a source said: its content, the words that report it, and who said it."""

    content: list[Span]
    cue: Span | None
    source: Span | None
    kind: Kind
    actor: int | None
    """Index into the actors of the same article."""


class TopicScore(msgspec.Struct, gc=False):
    """A calibrated probability, and whether it passes the topic's threshold."""

    label: str
    probability: float
    assigned: bool


class Stance(msgspec.Struct, gc=False):
    """Where an actor stands towards the proposition of a topic, with the probability of that label."""

    topic: str
    label: StanceLabel
    probability: float


class Actor(msgspec.Struct, gc=False):
    """Whoever is quoted, once, under the fullest name that the article gives."""

    name: str
    type: ActorType
    description: str
    mentions: list[Span]
    stances: list[Stance]


class Prediction(msgspec.Struct, gc=False):
    """Everything that is said of one article; one line of output."""

    id: str
    model: str
    topics: list[TopicScore]
    quotes: list[Quote]
    actors: list[Actor]


class LabelledQuote(msgspec.Struct, omit_defaults=True):
    """A quote as labelled; `actor` is the name of one of the article's labelled actors."""

    content: list[Span]
    cue: Span | None
    source: Span | None
    kind: Kind
    actor: str


class LabelledActor(msgspec.Struct, omit_defaults=True):
    """An actor as labelled: stance by topic label, `mentions` as strings."""

    name: str
    type: ActorType
    stance: dict[str, StanceLabel]
    mentions: list[str] = []
    description: str = ""


class LabelledArticle(msgspec.Struct, omit_defaults=True):
    """An article with its labels. `quotes` and `actors` are `None` where only topics were labelled."""

    id: str
    text: str
    topics: list[str]
    quotes: list[LabelledQuote] | None = None
    actors: list[LabelledActor] | None = None
    title: str = ""
    date: str = ""
    source: str = ""
    region: str = ""

    def article(self) -> Article:
        """The article without its labels, as a dump would hold it."""
        return Article(id=self.id, text=self.text, title=self.title, date=self.date, source=self.source)


def content_id(text: str) -> str:
    """An id for a record that has none: the first 16 hex digits of the SHA-256 of its text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
