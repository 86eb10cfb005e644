"""Actors: each speaker once, under the fullest name, whatever the source of a quote calls him, her or it.

Names of the body are joined into entities by rules on their parts (`names.py`). A source that is a name is its entity.
A pronoun, an office ("the minister") or no source at all is resolved by a linear ranking over the entities mentioned
before it (after the mention-ranking model of Denis and Baldridge 2008), with itself as one more candidate.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import ActorType

from .features import OUTSIDE, Context
from .names import SUFFIXES, Lexicon, Name, find_names, lexicon
from .quotes import FoundQuote, TokenSpan
from .segment import Tokens

N_RANK_BUCKETS = 1 << 14
_NAMESAKES = 8
_NEAREST = 10
"""So many namesakes and so many entities before a source are looked at: it keeps the cost linear in the text."""

PRONOUNS = {
    "he": "he", "him": "he", "his": "he", "she": "she", "her": "she", "they": "they", "them": "they", "their": "they",
    "it": "it", "its": "it", "i": "i", "we": "we", "who": "who", "which": "who", "you": "you", "both": "they",
}  # fmt: skip
_KINDS = {
    kind: k
    for k, kind in enumerate(("he", "she", "they", "it", "i", "we", "who", "you", "none", "the", "a", "bare", "own"))
}
_PREPOSITIONS = frozenset(["of", "for", "at", "from", "with", "in", "on", "to", "by", "near", "inside", "familiar"])
_DEFINITE = {"the": "the", "that": "the", "this": "the", "these": "the", "those": "the"}
_OWNED = frozenset("his her its their our my".split())
_INDEFINITE = frozenset("a an one another some several many two three four five six most few".split())


@dataclass
class Entity:
    """Whoever or whatever the body names: its fullest name and where it is mentioned."""

    name: tuple[str, ...]
    type: ActorType | None
    gender: str = "u"
    title: tuple[str, ...] = ()
    mentions: list[TokenSpan] = field(default_factory=list)
    """In text order."""
    nominal: bool = False
    """Known by a description only, not by a name."""
    quoted: bool = False
    """Whether a source was resolved to it."""

    @property
    def text(self) -> str:
        """The name as one string."""
        return " ".join(self.name)


class Source(NamedTuple):
    """What a source is by its words.

    kind: a pronoun's kind, ``the``, ``a``, ``own`` or ``bare`` for descriptions, ``none``.
    entity: set where it is a name.    words: the description without its article.
    """

    kind: str
    entity: int | None
    words: tuple[str, ...]
    head: str
    plural: bool


class Actors(NamedTuple):
    """Entities of an article, those that speak, and for each quote the number of its entity (or None)."""

    entities: list[Entity]
    speakers: list[int | None]


def resolve_actors(
    text: str, tokens: Tokens, where: Context, quotes: list[FoundQuote], weights: NDArray[np.float32]
) -> Actors:
    """Who speaks in each quote. weights: (`N_RANK_BUCKETS`,) float32 of the ranking."""
    resolver = Resolver(text, tokens, where)
    table = weights.tolist() if len(quotes) > 12 else weights
    speakers: list[int | None] = []
    order = sorted(range(len(quotes)), key=lambda k: resolver.place(quotes[k]))
    found: dict[int, int | None] = {}
    for k in order:
        quote = quotes[k]
        if quote.source is not None and (same := found.get(-1 - quote.source[0])) is not None:
            found[k] = same  # two quotes that share a source share their speaker
            continue
        source = resolver.read(quote.source)
        number = source.entity
        if number is None:
            candidates = resolver.candidates(source, quote)
            features = [resolver.features(source, quote, c) for c in candidates]
            scores = [sum(float(table[f]) for f in row) for row in features]
            number = candidates[int(np.argmax(scores))] if candidates else None
        found[k] = resolver.settle(source, quote, number)
        if quote.source is not None and found[k] is not None:
            found[-1 - quote.source[0]] = found[k]
    speakers = [found[k] for k in range(len(quotes))]
    return Actors(resolver.entities, speakers)


SELF = -1
"""The candidate that a description is an actor of its own."""


class Resolver:
    """The state of one article while its quotes are resolved in text order."""

    def __init__(self, text: str, tokens: Tokens, where: Context) -> None:
        self.text = text
        self.known: Lexicon = lexicon()
        self.starts: list[int] = tokens.start.tolist()
        self.ends: list[int] = tokens.end.tolist()
        self.sentence: list[int] = where.sentence_start.tolist()
        self.number: list[int] = np.cumsum(where.sentence_start == np.arange(len(tokens.start))).tolist()
        self.quotation: list[int] = where.quotation.tolist()
        self.names: list[Name] = find_names(text, tokens, where)
        self.entities: list[Entity] = []
        self.entity_of: list[int] = []
        self._by_last: dict[str, list[int]] = {}
        self._by_first: dict[str, list[int]] = {}
        self._by_name: dict[str, int] = {}
        self._full: defaultdict[int, list[int]] = defaultdict(list)  # entity: where it is named in two words or more
        self._join_names()
        self.last_speaker: int | None = None
        self._recent: dict[int, int] = {}  # entity: its last mention outside quotation marks, the latest at the end
        self._next = 0

    # Entities

    def _join_names(self) -> None:
        """Join names into entities, longer forms first, then put their mentions in text order."""
        entity_of = [-1] * len(self.names)
        for k in sorted(range(len(self.names)), key=lambda k: (-min(len(self.names[k].words), 2), k)):
            entity_of[k] = self._entity_for(self.names[k])
        for name, number in zip(self.names, entity_of, strict=True):
            entity = self.entities[number]
            entity.mentions.append((name.begin, name.end))
        self.entity_of = entity_of

    def _entity_for(self, name: Name) -> int:
        words = [w.lower() for w in name.words if w.lower() not in SUFFIXES] or [name.words[-1].lower()]
        key = " ".join(words)
        number = self._by_name.get(key)
        if number is None and name.type == "state":
            canonical = self.known.states[key.replace(".", "")]
            number = self._by_name.get("state " + canonical)
            if number is None:
                number = self._new(name, key)
                self._by_name["state " + canonical] = number
            self._by_name[key] = number
        if number is None:
            number = self._similar(name, words)
        if number is None:
            number = self._new(name, key)
            self._by_last.setdefault(words[-1], []).append(number)
            if len(words) > 1:
                self._by_first.setdefault(words[0], []).append(number)
                initials = "".join(w[0] for w in words if w not in ("of", "the", "and", "for"))
                if len(initials) > 1:
                    self._by_name.setdefault(initials, number)
        self._by_name.setdefault(key, number)
        if len(words) > 1:
            self._full[number].append(name.begin)
        entity = self.entities[number]
        if self._fuller(name, entity):
            entity.name = name.words
        if entity.type is None:
            entity.type = name.type
        if name.title and len(name.title) > len(entity.title):
            entity.title = name.title
        if entity.gender == "u":
            entity.gender = self._gender(name)
        return number

    def _fuller(self, name: Name, entity: Entity) -> bool:
        """Whether a name says more than the one the entity has; long runs are headlines rather than names."""
        if name.type == "state":
            return name.words[0] == self.known.states[" ".join(name.words).lower().replace(".", "")].split()[0]
        if entity.type == "state" or not len(entity.name) < len(name.words) <= 5:
            return False
        given = name.words[0].lower() in self.known.gender
        return given or entity.name[0].lower() not in self.known.gender or name.words[-2:] == entity.name[-2:]

    def _similar(self, name: Name, words: list[str]) -> int | None:
        """An entity with the same last name and no other first name, or one whose first name this is."""
        if name.type == "organization":
            return None
        same_last = [
            n
            for n in self._by_last.get(words[-1], [])[-_NAMESAKES:]
            if self.entities[n].type not in ("organization", "state")
        ]
        if len(words) == 1:
            if same_last:
                return self._latest(same_last, name.begin)
            first = self._by_first.get(words[0], [])[-_NAMESAKES:]
            people = [n for n in first if self.entities[n].type in ("person", None)]
            return people[0] if len(people) == 1 and not name.title else None
        for n in same_last:
            other = [w.lower() for w in self.entities[n].name]
            short, long = sorted((other[0].rstrip("."), words[0].rstrip(".")), key=len)
            if len(other) == 1 or (long.startswith(short) and len(short) in (1, 3, 4, 5, len(long))):
                return n  # J. Smith, Ken and Kenneth Smith
            if " ".join(other).endswith(" ".join(words)) or " ".join(words).endswith(" ".join(other)):
                return n
        return None

    def _latest(self, numbers: list[int], place: int) -> int:
        """Of entities with the same last name the one fully named nearest before a token."""

        def last_full(number: int) -> int:
            begins = self._full[number]
            before = bisect_left(begins, place)
            return begins[before - 1] if before else -1

        return max(numbers, key=last_full)

    def _new(self, name: Name, key: str) -> int:
        self.entities.append(Entity(name.words, name.type, self._gender(name), name.title))
        self._by_name[key] = len(self.entities) - 1
        return len(self.entities) - 1

    def _gender(self, name: Name) -> str:
        for title in name.title:
            lower = title.lower()
            if lower in (
                "mr",
                "sir",
                "lord",
                "king",
                "prince",
                "congressman",
                "chairman",
                "spokesman",
                "imam",
                "father",
            ):
                return "m"
            if lower in ("mrs", "ms", "miss", "lady", "queen", "princess", "congresswoman", "spokeswoman", "dame"):
                return "f"
        return self.known.gender.get(name.words[0].lower(), "u") if len(name.words) > 1 else "u"

    # Sources

    def place(self, quote: FoundQuote) -> int:
        """Where a quote's speaker is named, or else where the quote begins."""
        return quote.source[0] if quote.source else quote.cue[0] if quote.cue else quote.content[0][0]

    def read(self, source: TokenSpan | None) -> Source:
        """What the words of a source say by themselves."""
        if source is None:
            return Source("none", None, (), "", False)
        begin, end = source
        tokens = [self.text[self.starts[i] : self.ends[i]] for i in range(begin, min(end, begin + 40))]
        lower = [token.lower() for token in tokens]
        if lower[0] in PRONOUNS and (len(tokens) == 1 or (len(tokens) == 2 and lower[0] not in _OWNED)):
            return Source(PRONOUNS[lower[0]], None, (), lower[0], PRONOUNS[lower[0]] in ("they", "we"))
        inside = [k for k, name in self._names_in(begin, end) if name.type != "group"]
        stop = next(
            (k for k, token in enumerate(lower) if k and token in (",", "(", "who", "which", "whose", "—", "–", ";")),
            len(tokens),
        )
        head = self._head(lower, stop)
        entity = self._named(begin, lower, stop, head, inside)
        if entity is not None:
            return Source("name", entity, (), "", False)
        return self._description(begin, lower, stop, head)

    def _names_in(self, begin: int, end: int) -> list[tuple[int, Name]]:
        low, high = 0, len(self.names)
        while low < high:
            middle = (low + high) // 2
            if self.names[middle].end <= begin:
                low = middle + 1
            else:
                high = middle
        found = []
        while low < len(self.names) and self.names[low].begin < end:
            found.append((low, self.names[low]))
            low += 1
        return found

    @staticmethod
    def _head(lower: list[str], stop: int) -> int:
        """The last word before the first preposition or comma: the head of the noun phrase."""
        for k in range(1, stop):
            if lower[k] in _PREPOSITIONS:
                return k - 1
        return stop - 1

    def _named(self, begin: int, lower: list[str], stop: int, head: int, inside: list[int]) -> int | None:
        """The entity that a source is by name, if it is one rather than described by names."""
        if "and" in lower[:stop] or "&" in lower[:stop]:
            spans = [self.names[k] for k in inside if self.names[k].begin - begin < stop]
            covering = [
                n
                for n in spans
                if any(lower[i] in ("and", "&") for i in range(max(n.begin - begin, 0), min(n.end - begin, len(lower))))
            ]
            if not covering:
                return None
        best = None
        for k in inside:
            name = self.names[k]
            first, last = max(0, name.begin - begin), name.end - begin
            if not name.possessive and (first <= head < last or (first == 0 and last >= head + 1)):
                best = k
        if best is None and head < len(lower) and stop < len(lower) and lower[stop] == ",":
            # "the city's mayor, Maria Sol": the name follows the office
            for k in inside:
                name = self.names[k]
                if (
                    name.begin - begin == stop + 1
                    and name.type in ("person", None)
                    and lower[0] not in _INDEFINITE | {"the"}
                ) or (name.begin - begin == stop + 1 and name.type == "person"):
                    best = k
                    break
        return None if best is None else self.entity_of[best]

    def _description(self, begin: int, lower: list[str], stop: int, head: int) -> Source:
        words = self._words(begin, begin + stop, lower[:stop])
        kind = "bare"
        if lower[0] in _DEFINITE:
            kind = "the"
            words = words[1:] or words
        elif lower[0] in _OWNED:
            kind = "own"
        elif lower[0] in _INDEFINITE:
            kind = "a"
        noun = lower[head] if head < len(lower) else lower[-1]
        plural = (
            "and" in lower[:stop] or self.known.nouns.get(noun) == "group" or (noun.endswith("s") and len(noun) > 4)
        )
        return Source(kind, None, words, noun, plural)

    def _words(self, begin: int, end: int, lower: list[str]) -> tuple[str, ...]:
        """The words of a description; of persons joined by ``and``, each under the full name."""
        inside = self._names_in(begin, end)
        if "and" in lower and len(inside) == 2 and all(n.type in ("person", None) for _, n in inside):
            first, second = (self.entities[self.entity_of[k]].name for k, _ in inside)
            return (*first, "and", *second)
        return tuple(self.text[self.starts[begin] : self.ends[end - 1]].split())

    # Ranking

    def candidates(self, source: Source, quote: FoundQuote) -> list[int]:
        """Entities that a source may be, nearest first; `SELF` for a description that may be an actor of its own."""
        self._advance(self.place(quote))
        nearest = [n for n in islice(reversed(self._recent), 4 * _NEAREST) if self._fits(self.entities[n], source)]
        found = nearest[:_NEAREST]
        if self.last_speaker is not None and self.last_speaker not in found:
            found.append(self.last_speaker)
        if source.kind in ("the", "a", "bare", "own"):
            found.append(SELF)
        if not found:
            # Nobody was named before: whoever is named next may be meant ("…," he said).
            found = [n for n in range(min(3, len(self.entities))) if self._fits(self.entities[n], source)]
        return found

    def _advance(self, place: int) -> None:
        """Take note of the names before a token; sources come in text order, so each name is looked at once."""
        while self._next < len(self.names) and self.names[self._next].begin < place:
            begin = self.names[self._next].begin
            if self.quotation[begin] == OUTSIDE:
                self._mention(self.entity_of[self._next], begin)
            self._next += 1

    def _mention(self, number: int, token: int) -> None:
        self._recent.pop(number, None)
        self._recent[number] = token

    @staticmethod
    def _fits(entity: Entity, source: Source) -> bool:
        if source.kind in ("he", "she", "i"):
            return entity.type in ("person", None) and (
                entity.gender == "u" or (entity.gender == "f") == (source.kind == "she") or source.kind == "i"
            )
        if source.kind in ("they", "we"):
            return entity.type != "person"
        return entity.type != "group" or entity.nominal

    def features(self, source: Source, quote: FoundQuote, candidate: int) -> list[int]:
        """Buckets of what speaks for a candidate."""
        kind = _KINDS[source.kind]
        place = self.place(quote)
        noun = hash_word(source.head)
        if candidate == SELF:
            known = self.known.nouns.get(source.head, "none")
            return [
                _bucket(0, kind, 0),
                _bucket(1, kind, noun),
                _bucket(2, kind, _TYPE[known]),
                _bucket(3, kind, source.plural),
                _bucket(4, kind, min(len(source.words), 5)),
                _bucket(5, kind, self.last_speaker is not None),
            ]
        entity = self.entities[candidate]
        last = self._recent.get(candidate, -1)
        distance = min(self.number[place] - self.number[last], 8) if last >= 0 else 9
        rank = next((k for k, n in enumerate(islice(reversed(self._recent), 6)) if n == candidate), 6)
        same_type = _TYPE[entity.type or "none"]
        gender = "umf".index(entity.gender)
        speaker = (candidate == self.last_speaker) + 2 * entity.quoted
        opens = last >= 0 and last - self.sentence[last] < 3
        described = {word.lower() for word in entity.title}
        named = {word.lower() for word in entity.name}
        words = [word.lower() for word in source.words]
        same_head = source.head in described or source.head in named
        shared = sum(1 for word in words if word in named or word in described)
        nominal_same = entity.nominal and bool(entity.name) and entity.name[-1].lower() == source.head
        own_quote = any(a <= last < b for a, b in quote.content)
        many = min(len(entity.mentions), 6)
        return [
            _bucket(10, kind, same_type * 2 + entity.nominal),
            _bucket(11, kind, distance),
            _bucket(12, kind, min(rank, 6)),
            _bucket(13, kind, gender),
            _bucket(14, kind, speaker),
            _bucket(15, kind, opens * 16 + distance),
            _bucket(16, kind, many),
            _bucket(17, kind, same_head * 2 + nominal_same),
            _bucket(18, kind, min(shared, 3) * 8 + min(len(words), 7)),
            _bucket(19, kind, own_quote),
            _bucket(20, kind, speaker * 16 + distance),
            _bucket(21, kind * 8 + same_type, noun),
            _bucket(22, kind, (speaker * 8 + same_type) * 8 + min(rank, 6)),
            _bucket(23, kind, source.plural * 8 + same_type),
            _bucket(24, kind, len(named) > 1),
            _bucket(25, kind, same_head * 16 + distance),
        ]

    def settle(self, source: Source, quote: FoundQuote, number: int | None) -> int | None:
        """Take note of who speaks; a description of its own becomes an entity."""
        if number == SELF:
            key = " ".join(word.lower() for word in source.words)
            number = self._by_name.get(key)
            if number is None:
                noun = self.known.nouns.get(source.head)
                kind: ActorType = noun or ("group" if source.plural else "person")
                self.entities.append(Entity(source.words, kind, nominal=True))
                number = len(self.entities) - 1
                self._by_name[key] = number
        if number is None:
            return None
        entity = self.entities[number]
        if quote.source is not None:
            entity.quoted = True
            self._advance(quote.source[0])
            self._mention(number, quote.source[0])
            if source.kind != "name":
                entity.mentions.append(quote.source)
            if entity.gender == "u" and source.kind in ("he", "she"):
                entity.gender = "f" if source.kind == "she" else "m"
        self.last_speaker = number
        return number


_TYPE = {"none": 0, "person": 1, "organization": 2, "state": 3, "group": 4, "document": 5}


def hash_word(word: str) -> int:
    """A small number for a word that is the same in every process."""
    value = 0
    for character in word:
        value = (value * 131 + ord(character)) & 0xFFFFFF
    return value


def _bucket(template: int, kind: int, value: int) -> int:
    mixed = ((template * 31 + kind) * 1000003 + int(value)) * 2654435761 & 0xFFFFFFFF
    return (mixed ^ mixed >> 15) & (N_RANK_BUCKETS - 1)
