"""Actors: each speaker once, under the fullest name, whatever the source of a quote calls him, her or it.

Names of the body are joined into entities (`entities.py`). A source that is a name is its entity. A pronoun, an office
("the minister") or no source at all is resolved by a linear ranking over the entities mentioned before it (after the
mention-ranking model of Denis and Baldridge 2008), with itself as one more candidate. All of it is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import ActorType

from .antecedents import N_RANK_BUCKETS, Scene, resolve, scene
from .context import Context
from .entities import (
    KIND,
    LENGTH,
    NAME_BEGIN,
    NAME_END,
    SECOND,
    TITLE_BEGIN,
    TITLE_END,
    join_names,
)
from .lexicon import TYPES, lexicon, token_bits
from .names import BEGIN, END, find_names, name_words
from .quotes import FoundQuote, TokenSpan
from .segment import Tokens


@dataclass
class Entity:
    """Whoever or whatever is quoted: the fullest name, and where it is mentioned."""

    name: tuple[str, ...]
    type: ActorType
    title: tuple[str, ...] = ()
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


def resolve_actors(
    text: str, tokens: Tokens, where: Context, quotes: Sequence[FoundQuote], weights: NDArray[np.float32]
) -> Actors:
    """Who speaks in each quote. weights: (`N_RANK_BUCKETS`,) float32 of the ranking."""
    if not quotes:
        return Actors({}, [])
    stage = make_scene(tokens, where, quotes)
    found = resolve(stage, weights)
    return read_actors(text, tokens, stage, found)


def make_scene(tokens: Tokens, where: Context, quotes: Sequence[FoundQuote]) -> Scene:
    """The names, entities and quotes of a body as arrays, ready to be resolved."""
    known = lexicon()
    bits = token_bits(tokens.hash, known.keys, known.bits)
    names = find_names(tokens, where, bits, known)
    entities = join_names(tokens, names, bits, where.name, len(quotes))
    return scene(tokens, where, bits, names, entities, quotes)


def read_actors(text: str, tokens: Tokens, stage: Scene, found: NDArray[np.int32]) -> Actors:
    """Speakers by number, and the entities that speak with their words. found: (n_quotes,) int32, -1 for none."""
    speakers = found.tolist()
    wanted = dict.fromkeys(n for n in speakers if n >= 0)
    entities = {n: _entity(n, text, tokens, stage) for n in wanted}
    of_name, place = stage.of_name, stage.place
    for k in np.flatnonzero(np.isin(of_name, list(wanted))).tolist():
        entities[int(of_name[k])].mentions.append((int(place[k, BEGIN]), int(place[k, END])))
    for number, begin, end in stage.described.tolist():
        if number in entities:
            entities[number].mentions.append((begin, end))
    for entity in entities.values():
        entity.mentions = sorted(set(entity.mentions))
    return Actors(entities, [n if n >= 0 else None for n in speakers])


def entity_name(number: int, text: str, tokens: Tokens, stage: Scene) -> str:
    """The name of an entity as one string."""
    return _entity(number, text, tokens, stage).text


def _entity(number: int, text: str, tokens: Tokens, stage: Scene) -> Entity:
    row = stage.row[number].tolist()
    if row[SECOND] >= 0:  # two persons as one
        first, second = (_entity(n, text, tokens, stage).name for n in (row[LENGTH], row[SECOND]))
        return Entity((*first, "and", *second), "group")
    words = _words(text, tokens, row[NAME_BEGIN], row[NAME_END])
    return Entity(words, TYPES[row[KIND]], _words(text, tokens, row[TITLE_BEGIN], row[TITLE_END]))


def _words(text: str, tokens: Tokens, begin: int, end: int) -> tuple[str, ...]:
    """The words of some tokens; what is left of them where none has a letter."""
    shown = text[tokens.start[begin] : tokens.end[end - 1]] if end > begin else ""
    return name_words(shown) or tuple(shown.split())


__all__ = ["N_RANK_BUCKETS", "Actors", "Entity", "entity_name", "make_scene", "read_actors", "resolve_actors"]
