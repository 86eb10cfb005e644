"""The small word lists behind names and sources, as one table from word hash to bits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from topic_stance.data.records import ActorType

from .hashing import MIX, first_slot
from .jit import borrowing, compiled, inlined, inner, maker
from .segment import CALENDAR, WORD, token_hash, tokenize

TITLE, HE, SHE, DEMONYM, NEVER, PARTICLE, SHORT, SUFFIX = (1 << k for k in range(8))
"""A title or office; a man's or a woman's given name (both: either's); an adjective of a state; a capitalized word that
is no name; ``de``, ``bin`` …; a word with a full stop after it (``Mr.``); ``Jr``, ``III``."""
PREPOSITION, DEFINITE, OWNED, INDEFINITE, HE_TITLE, SHE_TITLE, AND, BREAK = (1 << k for k in range(8, 16))
"""Words that begin or divide a noun phrase, and titles that tell a gender."""
NOUN_SHIFT, PRONOUN_SHIFT = 16, 20
"""Where the type of actor that a noun heads (3 bits), and the kind of pronoun + 1 (4 bits), stand in the bits."""

MAX_PROBES = 256
"""Slots of a table that are tried for a key. In tables no more than half full a few are; names that somebody has chosen
to meet in one slot are forgotten beyond these, so that time stays linear."""

UNKNOWN, PERSON, ORGANIZATION, STATE, GROUP, DOCUMENT = range(6)
TYPES: tuple[ActorType, ...] = ("person", "person", "organization", "state", "group", "document")
"""Types of actors by number; one whose type nothing tells is taken for a person."""
HE_KIND, SHE_KIND, THEY_KIND, IT_KIND, I_KIND, WE_KIND, WHO_KIND, YOU_KIND, NO_KIND, THE, A, BARE, OWN, NAME = range(14)
"""Kinds of sources: pronouns, none, descriptions by how they begin, names."""

_PRONOUNS = {
    HE_KIND: "he him his", SHE_KIND: "she her", THEY_KIND: "they them their both", IT_KIND: "it its", I_KIND: "i",
    WE_KIND: "we", WHO_KIND: "who which", YOU_KIND: "you",
}  # fmt: skip
_WORDS = {
    NEVER: f"i may {CALENDAR} mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec "
    "he she we they what when where why how if but because says saying tells told admits denies",
    PARTICLE: "de la del der den van von bin ben al el ibn din ud ul da di du dos le ter abu y e arap bint binti binte "
    "wa",
    SHORT: "mr mrs ms dr sen sens rep reps gov govs gen adm lt col cmdr sgt capt maj prof rev st jr sr hon supt insp "
    "det asst atty brig engr",
    SUFFIX: "jr sr ii iii iv md phd esq",
    PREPOSITION: "of for at from with in on to by near inside familiar about after against among before during over "
    "under",
    DEFINITE: "the that this these those",
    OWNED: "his her its their our my",
    INDEFINITE: "a an one another some several many two three four five six most few",
    HE_TITLE: "mr sir lord king prince congressman chairman spokesman imam father",
    SHE_TITLE: "mrs ms miss lady queen princess congresswoman spokeswoman dame chairwoman",
    AND: "and &",
    BREAK: "who which whose , ( — – ;",
}


class Lexicon(NamedTuple):
    """An open-addressing table by the hash of a word or the `joined` hash of several.

    keys: (n_slots,) uint64, 0 where empty; bits: (n_slots,) uint32; state: (n_slots,) int32, for a name of a state
    twice its number, and one more where it is the state's own name rather than its capital's.
    """

    keys: NDArray[np.uint64]
    bits: NDArray[np.uint32]
    state: NDArray[np.int32]


@cache
def lexicon() -> Lexicon:
    """The project's own lists, read once."""
    given = [line.split() for line in word_list("given_names.txt")]
    countries = [line.split("\t") for line in word_list("states.txt")]
    nouns = [line.partition(":")[::2] for line in word_list("nouns.txt")]
    peoples = [
        f"{word}s"
        for _, _, adjectives in countries
        for word in adjectives.split()
        if not word.endswith(("s", "sh", "ch", "se"))
    ]
    several = [f"{word}s" for word in _offices() if len(word) > 3 and word[-1] in "rtefk"]  # ministers, but no "mrs"
    nouns.append(("group", " ".join(peoples + several)))
    hashes = phrase_hashes(
        [*_offices()]
        + [name for _, *names in given for name in names]
        + [word for _, text in nouns for word in text.split()]
        + [text for name, capital, adjectives in countries for text in (name, name.replace(".", ""), capital)]
        + [word for _, _, adjectives in countries for word in adjectives.split()]
    )
    bits: dict[int, int] = {}
    states: dict[int, int] = {}
    capitals: dict[str, int] = {}

    def add(text: str, bit: int) -> None:
        bits[hashes[text]] = bits.get(hashes[text], 0) | bit

    for word in _offices():
        add(word, TITLE)
    for sex, *names in given:
        for name in names:
            add(name, {"m": HE, "f": SHE}.get(sex, HE | SHE))
    for name, capital, adjectives in countries:
        number = capitals.setdefault(capital, len(capitals) + 1)  # Britain and the United Kingdom are one
        states[hashes[name]] = states[hashes[name.replace(".", "")]] = 2 * number + 1
        states.setdefault(hashes[capital], 2 * number)
        for word in adjectives.split():
            add(word, DEMONYM)
    for kind, text in nouns:
        for word in text.split():
            if not bits.get(hashes[word], 0) >> NOUN_SHIFT:
                add(word, TYPES.index(cast(ActorType, kind), 1) << NOUN_SHIFT)
    for bit, text in _WORDS.items():
        for word in text.split():
            bits[token_hash(word)] = bits.get(token_hash(word), 0) | bit
    for pronoun, text in _PRONOUNS.items():
        for word in text.split():
            bits[token_hash(word)] = bits.get(token_hash(word), 0) | (pronoun + 1) << PRONOUN_SHIFT
    return _table(bits, states)


@cache
def titles() -> frozenset[str]:
    """Words that are titles or offices, in lower case."""
    return frozenset(_offices())


@cache
def _offices() -> tuple[str, ...]:
    return tuple(word for line in word_list("titles.txt") for word in line.split())


def phrase_hashes(texts: Iterable[str]) -> dict[str, int]:
    """The hashes of texts that have words and no line breaks, by text; all are tokenized at once."""
    every = list(dict.fromkeys(texts))
    tokens = tokenize("\n".join(every))
    found = _phrases(tokens.hash, tokens.flags, tokens.lines)
    return dict(zip(every, found.tolist(), strict=True))


@inlined
def joined(value, word):  # type: ignore[no-untyped-def]
    """The hash of several words so far, and one more; 0 before the first."""
    return word if value == 0 else (value ^ (word >> np.uint64(7))) * MIX ^ word


@inlined
def noun_of(bits):  # type: ignore[no-untyped-def]
    """The type of actor that a word heads as a noun, given its bits; `UNKNOWN` for most words."""
    return bits >> NOUN_SHIFT & 7


@inlined
def pronoun_of(bits):  # type: ignore[no-untyped-def]
    """The kind of pronoun that a word is, given its bits, plus one; 0 for other words."""
    return bits >> PRONOUN_SHIFT & 15


@inlined
def look_up(keys, values, key):  # type: ignore[no-untyped-def]
    """The value of a key in an open-addressing table, 0 where it has none within `MAX_PROBES` slots."""
    mask = np.uint64(len(keys) - 1)
    slot = first_slot(key, mask)
    if keys[slot] == 0:  # most words are in no table: no loop for these
        return values.dtype.type(0)
    for _ in range(MAX_PROBES):
        if keys[slot] == key:
            return values[slot]
        slot = (slot + np.uint64(1)) & mask
        if keys[slot] == 0:
            break
    return values.dtype.type(0)


@inlined
def put(keys, values, key, value):  # type: ignore[no-untyped-def]
    """Set a key's value in an open-addressing table with room within `MAX_PROBES` slots; 0 is no key."""
    if key == 0:
        return
    mask = np.uint64(len(keys) - 1)
    slot = first_slot(key, mask)
    for _ in range(MAX_PROBES):
        if keys[slot] == 0 or keys[slot] == key:
            keys[slot] = key
            values[slot] = value
            return
        slot = (slot + np.uint64(1)) & mask


@maker
def token_bits(hashes, keys, bits):  # type: ignore[no-untyped-def]
    """The bits of every token: (n_tokens,) uint32."""
    out = np.empty(len(hashes), np.uint32)
    _look_up_all(hashes, keys, bits, out)
    return out


@inner
def _look_up_all(hashes, keys, bits, out):  # type: ignore[no-untyped-def]
    """Write the bits of every token to `out`."""
    for i in range(len(hashes)):
        out[i] = look_up(keys, bits, hashes[i])


@compiled
def _phrases(hashes, flags, lines):  # type: ignore[no-untyped-def]
    """The joined hash of the words of every line: (n_lines,) uint64."""
    out = np.zeros(len(lines) - 1, np.uint64)
    for k in range(len(out)):
        for i in range(lines[k], lines[k + 1]):
            if flags[i] & WORD:
                out[k] = joined(out[k], hashes[i])
    return out


def _table(bits: dict[int, int], states: dict[int, int]) -> Lexicon:
    words = sorted(set(bits) | set(states))
    size = 1 << (2 * len(words)).bit_length()
    keys, values, state = np.zeros(size, np.uint64), np.zeros(size, np.uint32), np.zeros(size, np.int32)
    _fill(
        keys, values, state, np.array(words, np.uint64),
        np.array([bits.get(word, 0) for word in words], np.uint32),
        np.array([states.get(word, 0) for word in words], np.int32),
    )  # fmt: skip
    return Lexicon(keys, values, state)


@borrowing
def _fill(keys, values, state, words, bits, states):  # type: ignore[no-untyped-def]
    for k in range(len(words)):
        put(keys, values, words[k], bits[k])
        put(keys, state, words[k], states[k])


def word_list(name: str) -> list[str]:
    """The lines of one of the project's own lists, comments left out."""
    text = resources.files("topic_stance.data").joinpath(f"lexicons/{name}").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
