"""Actors: each speaker once, under the fullest name, whatever the source of a quote calls him, her or it.

Names of the body are joined into entities (`entities.py`). A source that is a name is its entity. A pronoun, an office
("the minister") or no source at all is resolved by a linear ranking over the entities mentioned before it (after the
mention-ranking model of Denis and Baldridge 2008), with itself as one more candidate. All of it is compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import ActorType

from .antecedents import N_RANK_BUCKETS, make_scene, resolve
from .assembly import Spans
from .context import Context
from .entities import (
    KIND,
    LENGTH,
    NAME_BEGIN,
    NAME_END,
    SECOND,
    TITLE_BEGIN,
    TITLE_END,
)
from .jit import compiled
from .lexicon import TYPES, lexicon
from .names import BEGIN, END, name_words
from .quotes import TokenSpan
from .segment import Tokens


@dataclass
class Entity:
    """Whoever or whatever is quoted: the fullest name, and where it is mentioned."""

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
    """The entities that speak, by number, and for each quote the number of its entity (or None)."""

    entities: dict[int, Entity]
    speakers: list[int | None]


class Cast(NamedTuple):
    """What is known of the speakers of an article once its quotes are resolved.

    found: (n_quotes,) int32, the entity that speaks, -1 for none. row, place, of_name, described: as in `Scene`.
    """

    found: NDArray[np.int32]
    row: NDArray[np.int32]
    place: NDArray[np.int32]
    of_name: NDArray[np.int32]
    described: NDArray[np.int32]


def resolve_actors(text: str, tokens: Tokens, where: Context, quotes: Spans, weights: NDArray[np.float32]) -> Actors:
    """Who speaks in each quote. weights: (`N_RANK_BUCKETS`,) float32 of the ranking."""
    if not len(quotes.cue):
        return Actors({}, [])
    return read_actors(text, tokens, cast_quotes(tokens, where, quotes, lexicon(), weights))


@compiled
def cast_quotes(tokens, where, quotes, known, weights):  # type: ignore[no-untyped-def]
    """The `Cast` of the quotes of a body."""
    stage = make_scene(tokens, where, quotes, known)
    found = resolve(stage, weights)
    return Cast(found, stage.row, stage.place, stage.of_name, stage.described)


def read_actors(text: str, tokens: Tokens, cast: Cast) -> Actors:
    """Speakers by number, and the entities that speak with their words."""
    speakers = cast.found.tolist()
    entities = {n: _entity(n, text, tokens, cast.row) for n in dict.fromkeys(speakers) if n >= 0}
    for number, begin, end in zip(
        cast.of_name.tolist(), cast.place[:, BEGIN].tolist(), cast.place[:, END].tolist(), strict=True
    ):
        if number in entities:
            entities[number].mentions.append((begin, end))
    for number, begin, end in cast.described.tolist():
        if number in entities:
            entities[number].mentions.append((begin, end))
    for entity in entities.values():
        entity.mentions = sorted(set(entity.mentions))
    return Actors(entities, [n if n >= 0 else None for n in speakers])


def entity_name(number: int, text: str, tokens: Tokens, rows: NDArray[np.int32]) -> str:
    """The name of an entity as one string; rows: as `Entities.row`."""
    return _entity(number, text, tokens, rows).text


def _entity(number: int, text: str, tokens: Tokens, rows: NDArray[np.int32]) -> Entity:
    row = rows[number].tolist()
    if row[SECOND] >= 0:  # two persons as one
        first, second = (_entity(n, text, tokens, rows).name for n in (row[LENGTH], row[SECOND]))
        return Entity((*first, "and", *second), "group")
    words = _words(text, tokens, row[NAME_BEGIN], row[NAME_END])
    title = (row[TITLE_BEGIN], row[TITLE_END])
    return Entity(words, TYPES[row[KIND]], _words(text, tokens, *title), title)


def _words(text: str, tokens: Tokens, begin: int, end: int) -> tuple[str, ...]:
    """The words of some tokens; what is left of them where none has a letter."""
    if end <= begin:
        return ()
    shown = text[tokens.start[begin] : tokens.end[end - 1]]
    return name_words(shown) or tuple(shown.split())


__all__ = ["N_RANK_BUCKETS", "Actors", "Entity", "entity_name", "read_actors", "resolve_actors"]
