"""Actors: each speaker once, under the fullest name, whatever the source of a quote calls him, her or it.

Names of the body are joined into entities (`entities.py`). A source that is a name is its entity. A pronoun, an office
("the minister") or no source at all is resolved by a linear ranking over the entities mentioned before it (after the
mention-ranking model of Denis and Baldridge 2008), with itself as one more candidate. All of it is compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import ActorType

from .antecedents import resolve
from .assembly import Spans
from .context import Context
from .jit import compiled, maker
from .lexicon import TYPES, lexicon
from .names import BEGIN, END, name_words
from .namesakes import FIRST, KIND, NAME_BEGIN, NAME_END, SECOND, TITLE_BEGIN, TITLE_END
from .quotes import TokenSpan
from .scene import make_scene
from .segment import SPACED, Tokens

_HONORIFICS = frozenset(("mr", "mrs", "ms", "miss", "mx"))
"""Titles that say nothing of whoever bears them."""


@dataclass
class Entity:
    """Whoever or whatever is quoted: the fullest name, the title without "Mr.", and where it is mentioned."""

    name: tuple[str, ...]
    type: ActorType
    title: tuple[str, ...] = ()
    title_span: TokenSpan = (0, 0)
    mentions: list[TokenSpan] = field(default_factory=list)
    """In text order."""

    @property
    def text(self) -> str:
        """The name as one string."""
        return " ".join(self.name)


class Actors(NamedTuple):
    """The entities that speak, by their first quote; speakers: (n_quotes,) int32, which of them says each, or -1."""

    entities: list[Entity]
    speakers: NDArray[np.int32]


class Cast(NamedTuple):
    """What is known of the speakers of an article once its quotes are resolved.

    speakers: as in `Actors`. number: (n_actors,) int32, their rows in `row`, which is that of `Entities`. mention:
    (n_mentions, 2) int32 tokens, each actor's in text order; bounds: (n_actors, 2) int32, whose they are.
    """

    speakers: NDArray[np.int32]
    number: NDArray[np.int32]
    row: NDArray[np.int32]
    mention: NDArray[np.int32]
    bounds: NDArray[np.int32]


def resolve_actors(text: str, tokens: Tokens, where: Context, quotes: Spans, weights: NDArray[np.float32]) -> Actors:
    """Who speaks in each quote. weights: (`N_RANK_BUCKETS`,) float32 of the ranking."""
    if not len(quotes.cue):
        return Actors([], np.empty(0, np.int32))
    return _read_actors(text, tokens, _cast_quotes(tokens, where, quotes, lexicon(), weights))


@compiled
def _cast_quotes(tokens, where, quotes, known, weights):  # type: ignore[no-untyped-def]
    """The `Cast` of the quotes of a body."""
    scene = make_scene(tokens, where, quotes, known)
    found = resolve(scene, weights)
    place = np.full(len(scene.row), -1, np.int32)
    number = np.empty(len(found), np.int32)
    speakers = np.full(len(found), -1, np.int32)
    n_actors = 0
    for k in range(len(found)):
        entity = found[k]
        if entity >= 0:
            if place[entity] < 0:
                place[entity] = n_actors
                number[n_actors] = entity
                n_actors += 1
            speakers[k] = place[entity]
    mention, bounds = _mentions(place, n_actors, scene.place, scene.of_name, scene.described)
    return Cast(speakers, number[:n_actors].copy(), scene.row, mention, bounds)


@maker
def _mentions(place, n_actors, names, of_name, described):  # type: ignore[no-untyped-def]
    """`mention` and `bounds` of a `Cast`: what names or describes each actor; place: the actor of each row, or -1."""
    n = 0
    actor = np.empty(len(of_name) + len(described), np.int32)
    span = np.empty((len(actor), 2), np.int32)
    for k in range(len(of_name)):
        if of_name[k] >= 0 and place[of_name[k]] >= 0:
            actor[n], span[n, 0], span[n, 1] = place[of_name[k]], names[k, BEGIN], names[k, END]
            n += 1
    for k in range(len(described)):
        if described[k, 0] >= 0 and place[described[k, 0]] >= 0:
            actor[n], span[n, 0], span[n, 1] = place[described[k, 0]], described[k, 1], described[k, 2]
            n += 1
    bounds = np.zeros((n_actors, 2), np.int32)
    for k in range(n):
        bounds[actor[k], 1] += 1
    for a in range(1, n_actors):
        bounds[a, 0] = bounds[a - 1, 0] + bounds[a - 1, 1]
    bounds[:, 1] = bounds[:, 0]
    mention = np.empty((n, 2), np.int32)
    key = span[:n, 0].astype(np.int64) << 32 | span[:n, 1].astype(np.int64)
    for k in np.argsort(key, kind="mergesort"):
        first, last = bounds[actor[k]]
        if last == first or mention[last - 1, 0] != span[k, 0] or mention[last - 1, 1] != span[k, 1]:
            mention[last] = span[k]
            bounds[actor[k], 1] += 1
    return mention, bounds


def _read_actors(text: str, tokens: Tokens, cast: Cast) -> Actors:
    """Speakers, and the entities that speak with their words."""
    begin, end = cast.mention.T.tolist()
    entities = []
    for number, (first, last) in zip(cast.number.tolist(), cast.bounds.tolist(), strict=True):
        entity = _entity(number, text, tokens, cast.row)
        entity.mentions = list(zip(begin[first:last], end[first:last], strict=True))
        entities.append(entity)
    return Actors(entities, cast.speakers)


def entity_name(number: int, text: str, tokens: Tokens, rows: NDArray[np.int32]) -> str:
    """The name of an entity as one string; rows: as `Entities.row`."""
    return _entity(number, text, tokens, rows).text


def _entity(number: int, text: str, tokens: Tokens, rows: NDArray[np.int32]) -> Entity:
    row = rows[number].tolist()
    if row[SECOND] >= 0:  # two persons as one
        first, second = (_entity(n, text, tokens, rows).name for n in (row[FIRST], row[SECOND]))
        return Entity((*first, "and", *second), "group")
    words = _words(text, tokens, row[NAME_BEGIN], row[NAME_END])
    span = (row[TITLE_BEGIN], row[TITLE_END])
    return Entity(words, TYPES[row[KIND]], _telling(_words(text, tokens, *span)), span)


@lru_cache(maxsize=1 << 12)
def _telling(title: tuple[str, ...]) -> tuple[str, ...]:
    """A title without words like "Mr."."""
    return tuple(word for word in title if word.rstrip(".").lower() not in _HONORIFICS)


def _words(text: str, tokens: Tokens, begin: int, end: int) -> tuple[str, ...]:
    """The words of some tokens; what is left of them where none has a letter."""
    if end <= begin:
        return ()
    shown = text[tokens.start[begin] : tokens.end[end - 1]]
    if "MORE" in shown:
        shown = _without_promo(text, tokens, begin, end)
    return name_words(shown) or tuple(shown.split())


def _without_promo(text: str, tokens: Tokens, begin: int, end: int) -> str:
    """The text of some tokens without what `cleaning.prose` left out between them."""
    shown = text[tokens.start[begin] : tokens.end[begin]]
    for i in range(begin + 1, end):
        between = text[tokens.end[i - 1] : tokens.start[i]]
        if between and not between.isspace():
            between = " " if tokens.flags[i] & SPACED else ""
        shown += between + text[tokens.start[i] : tokens.end[i]]
    return shown
