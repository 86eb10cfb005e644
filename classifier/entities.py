"""Entities: the names of a body joined by rules on their parts, so that each person or body is one.

A full name makes an entity; a last name, a first name, an abbreviation or another form of it joins the entity it fits.
Full names are taken first, so that the order of mention does not matter. Linear: of many namesakes a few are looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hashing import FNV_OFFSET, FNV_PRIME, among
from .jit import inlined, inner, maker
from .lexicon import HE, ORGANIZATION, OWNED, PERSON, SHE, STATE, TITLE, UNKNOWN, joined, look_up, noun_of, put
from .names import BEGIN, END, FIRST_KEY, LAST, LAST_KEY, N_WORDS, STATE_NUMBER, TYPE, WHOLE_KEY, WORDS
from .namesakes import (
    ADDRESSED,
    BY_FIRST,
    BY_LAST,
    EITHER,
    FEMALE,
    FIRST,
    GENDER,
    JUNIOR,
    KIND,
    LAST_FULL,
    LENGTH,
    LONGEST_NAME,
    MALE,
    MENTIONS,
    N_COLUMNS,
    NAME_BEGIN,
    NAME_END,
    OWN_NAME,
    PRESIDENT,
    SAME_FIRST,
    SAME_LAST,
    SECOND,
    TITLE_BEGIN,
    TITLE_END,
    VOTES,
    another,
    by_first_name,
    by_full_name,
    by_last_name,
    by_longer_name,
    ending_in,
    gender_of_title,
    goes_by_last_name,
    has_word,
    headed_by,
    past_us,
)
from .segment import ALLCAPS, CAPITAL, WORD, token_hashes
from .tagger import NAMES as TAGGER_NAMES

_OF, _FOR, _THE, _AND, _S, _OWNER, _COMMA, _OPENING = token_hashes("of for the and s owner , (")
_KOREA = token_hashes("korea")[0]
_HALVES = token_hashes("north south")
"""What the two states of one country are called (the North)."""
_OWN_NAMES = token_hashes("house senate congress parliament army navy")
"""Words for a body that are one's own name: "House" is not the White House."""
_KIN = token_hashes(
    "mother father husband wife widow widower son daughter brother sister uncle aunt cousin nephew niece grandmother "
    "grandfather grandson granddaughter stepfather stepmother girlfriend boyfriend"
)
_STATE_KEY, _LAST_NAME = np.uint64(0xA24BAED4963EE407), np.uint64(0x8CB92BA72F3D8DD7)
_JUNIORS = np.uint64(0x3C6EF372FE94F82B)
"""Mixed into a last name: whether a Jr. goes by it and his suffix (Li Jr.)."""
_BY_MIDDLE = np.uint64(0x5F9C2B8E34D1A6E3)
"""Mixed into a word: the key of the one entity with it between the first and the last, plus one, or -1 for several."""
assert TAGGER_NAMES[: STATE + 1] == ("none", "PERSON", "ORG", "GPE"), "names are tagged by the numbers of lexicon.TYPES"


class Entities(NamedTuple):
    """Whoever or whatever a body names; room is left for those that are only described.

    row: (n_rows, `N_COLUMNS`) int32: tokens of the fullest name (begin, end), its number of words, type, gender, tokens
    of the title, whether it is known by a description only, whether it is quoted, how often it is named, and for two
    persons as one the entities of both (else -1). ends: (n_rows, 2) uint64, first and last word.
    of_name: (n_names,) int32, the entity of each name. keys, values: open-addressing table of names. total: (1,) int64.
    """

    row: NDArray[np.int32]
    ends: NDArray[np.uint64]
    of_name: NDArray[np.int32]
    keys: NDArray[np.uint64]
    values: NDArray[np.int32]
    total: NDArray[np.int64]


@maker
def join_names(names, tokens, room):  # type: ignore[no-untyped-def]
    """The `Entities` of a body. tokens: `BodyTokens`; room: for so many described ones."""
    n = len(names.place)
    row = np.zeros((n + room, N_COLUMNS), np.int32)
    ends = np.zeros((n + room, 2), np.uint64)
    of_name = np.full(n, -1, np.int32)
    size = 64
    while size < 16 * (n + room):
        size *= 2
    keys = np.zeros(size, np.uint64)
    values = np.zeros(size, np.int32)
    total = np.zeros(1, np.int64)
    entities = Entities(row, ends, of_name, keys, values, total)
    total[0] = _join(names, entities, tokens)
    return entities


@inner
def _join(names, entities, tokens):  # type: ignore[no-untyped-def]
    """Fill `Entities` that have room for every name; returns how many there are."""
    place, row, ends, keys, values = names.place, entities.row, entities.ends, entities.keys, entities.values
    n = len(place)
    count = 0
    for k in range(n):
        if place[k, N_WORDS] == 2 and has_word(JUNIOR, place[k, WORDS], place[k, END], tokens.hash):
            put(keys, values, names.key[k, LAST_KEY] ^ _JUNIORS, 1)
    for single in (False, True):
        full = 0
        for k in range(n):
            if (place[k, N_WORDS] == 1) != single:
                continue
            if single:
                full = _named_in_full(full, k, names, entities)
            entity, kind, gender, renew = _meant(k, single, names, entities, tokens)
            if entity < 0:
                entity = count
                count += 1
                _enter(entity, k, kind, names, entities, tokens)
            whole = names.key[k, WHOLE_KEY]
            if renew or look_up(keys, values, whole) == 0:
                put(keys, values, whole, entity + 1)
            entities.of_name[k] = entity
            _take_note(entity, k, kind, gender, names, entities, tokens)
            for i in range(place[k, WORDS], place[k, END]):
                if UNKNOWN < tokens.name[i] <= STATE:
                    row[entity, VOTES + tokens.name[i]] += 1
    for entity in range(count):
        if row[entity, KIND] == UNKNOWN:
            row[entity, KIND] = np.argmax(row[entity, VOTES:])
        junior = has_word(JUNIOR, row[entity, NAME_BEGIN], row[entity, NAME_END], tokens.hash)
        by_both = junior and look_up(keys, values, ends[entity, 1] ^ _JUNIORS) != 0
        if row[entity, KIND] == PERSON and row[entity, LENGTH] > 1 and not by_both:
            last_name = ends[entity, 1] ^ _LAST_NAME
            put(keys, values, last_name, entity + 1 if look_up(keys, values, last_name) == 0 else -1)
    return count


@inlined
def _named_in_full(full, k, names, entities):  # type: ignore[no-untyped-def]
    """Take note of the full names from the `full`-th name on that stand before the k-th; returns where to go on."""
    place = names.place
    while full < len(place) and place[full, BEGIN] < place[k, BEGIN]:
        if place[full, N_WORDS] > 1:
            entities.row[entities.of_name[full], LAST_FULL] = place[full, BEGIN] + 1
        full += 1
    return full


@inlined
def _meant(k, single, names, entities, tokens):  # type: ignore[no-untyped-def]
    """The entity that a name means (-1: a new one), its type and gender, and whether it means that one from now on."""
    place = names.place
    kind = place[k, TYPE]
    if kind == UNKNOWN and _introduced(place[k, BEGIN], tokens):
        kind = PERSON
    gender = gender_of_title(k, names, tokens)
    president = single and has_word(PRESIDENT, place[k, BEGIN], place[k, WORDS], tokens.hash)
    elder = single and look_up(entities.keys, entities.values, names.key[k, LAST_KEY] ^ _JUNIORS) != 0
    entity = _so_called(k, kind, single, names, entities, tokens)
    other = entity >= 0 and another(entity, gender, president, elder, entities, tokens)
    if other:
        entity = -1
    if entity < 0 and single and k > 0 and _in_brackets(k, names, tokens):
        return entities.of_name[k - 1], kind, gender, True
    if entity < 0 and single and kind == ORGANIZATION:
        entity = _body_by_part(k, names, entities, tokens)
    elif entity < 0 and single and kind <= PERSON:
        tagged = tokens.name[place[k, LAST]] == PERSON
        entity = _person_by_part(k, gender, president, elder, tagged, names, entities, tokens)
    elif entity < 0 and kind <= PERSON:
        entity = by_full_name(k, names, entities, tokens)
    elif entity < 0 and kind == ORGANIZATION:
        entity = by_longer_name(k, names, entities, tokens)
    return entity, kind, gender, other and president


@inlined
def _so_called(k, kind, single, names, entities, tokens):  # type: ignore[no-untyped-def]
    """The entity that has been called by the same name, a state by any of its names; else -1."""
    keys, values = entities.keys, entities.values
    if kind == STATE:
        return look_up(keys, values, np.uint64(names.place[k, STATE_NUMBER] // 2) * _STATE_KEY) - 1
    begin = names.place[k, BEGIN]
    if single and begin > 0 and tokens.hash[begin - 1] == _THE and among(_HALVES, tokens.hash[begin]):
        half = look_up(keys, values, joined(names.key[k, WHOLE_KEY], _KOREA)) - 1  # the North
        if half >= 0:
            return half
    entity = look_up(keys, values, names.key[k, WHOLE_KEY]) - 1
    return -1 if entity >= 0 and entities.row[entity, KIND] == STATE else entity


@inlined
def _body_by_part(k, names, entities, tokens):  # type: ignore[no-untyped-def]
    """The body that one word is short for ("the Times"), or -1.

    A person's name in capitals may stand alone, as an acronym does.
    """
    last_key = names.key[k, LAST_KEY]
    if noun_of(tokens.bits[names.place[k, LAST]]) != ORGANIZATION:
        return ending_in(last_key, PERSON, entities)
    if among(_OWN_NAMES, last_key):
        return -1
    entity = ending_in(last_key, ORGANIZATION, entities)
    return entity if entity >= 0 else headed_by(names.key[k, FIRST_KEY], entities, tokens)


@inlined
def _person_by_part(k, gender, president, elder, tagged, names, entities, tokens):  # type: ignore[no-untyped-def]
    """Whom one word means by the last, first or middle name, or -1."""
    place, key = names.place, names.key
    entity = by_last_name(k, gender, president, elder, names, entities, tokens)
    if entity < 0 and not goes_by_last_name(k, names, tokens):
        entity = by_first_name(k, tagged, names, entities, tokens)
    if entity < 0 and not tokens.bits[place[k, WORDS]] & (HE | SHE):
        entity = look_up(entities.keys, entities.values, key[k, WHOLE_KEY] ^ _BY_MIDDLE) - 1
        if entity >= 0 and entities.row[entity, KIND] > PERSON:
            return -1
    return entity


@inlined
def _enter(entity, k, kind, names, entities, tokens):  # type: ignore[no-untyped-def]
    """Make a new entity of a name, to be found by its words."""
    row, keys, values = entities.row, entities.keys, entities.values
    place, key, flags = names.place, names.key, tokens.flags
    _name_after(entity, k, names, entities)
    row[entity, KIND] = kind
    row[entity, FIRST] = row[entity, SECOND] = -1
    row[entity, TITLE_BEGIN], row[entity, TITLE_END] = place[k, BEGIN], place[k, WORDS]
    if kind == STATE:
        put(keys, values, np.uint64(place[k, STATE_NUMBER] // 2) * _STATE_KEY, entity + 1)
        return
    last, first = key[k, LAST_KEY] ^ BY_LAST, key[k, FIRST_KEY] ^ BY_FIRST
    row[entity, SAME_LAST] = look_up(keys, values, last)
    put(keys, values, last, entity + 1)
    if place[k, N_WORDS] == 1:
        return
    row[entity, SAME_FIRST] = look_up(keys, values, first)
    put(keys, values, first, entity + 1)
    for i in range(place[k, WORDS] + 1, place[k, LAST]):
        if flags[i] & CAPITAL and place[k, N_WORDS] < LONGEST_NAME:
            middle = tokens.hash[i] ^ _BY_MIDDLE
            put(keys, values, middle, -1 if look_up(keys, values, middle) != 0 else entity + 1)
    nobodys = kind == PERSON and place[k, N_WORDS] == 2  # DC is no Dora Carr
    for short in (False, True):  # EB is the U.S. Eel Board, too
        begin = past_us(place[k, WORDS], place[k, END], tokens.hash) if short else place[k, WORDS]
        initials = _initials(begin, place[k, END], tokens)
        if initials != 0 and not nobodys and look_up(keys, values, initials) == 0:
            put(keys, values, initials, entity + 1)


@inlined
def _name_after(entity, k, names, entities):  # type: ignore[no-untyped-def]
    """Take a name for the fullest of an entity."""
    row = entities.row
    row[entity, NAME_BEGIN], row[entity, NAME_END] = names.place[k, WORDS], names.place[k, END]
    row[entity, LENGTH] = names.place[k, N_WORDS]
    entities.ends[entity, 0], entities.ends[entity, 1] = names.key[k, FIRST_KEY], names.key[k, LAST_KEY]


@inlined
def _take_note(entity, k, kind, gender, names, entities, tokens):  # type: ignore[no-untyped-def]
    """Take note of what a name tells of its entity; gender: by the title."""
    row = entities.row
    place, flags = names.place, tokens.flags
    row[entity, MENTIONS] += 1
    fuller = _fuller(entity, k, names, entities, tokens)
    if kind == STATE and place[k, STATE_NUMBER] & 1:
        fuller = fuller or not row[entity, OWN_NAME]
        row[entity, OWN_NAME] = 1
    if fuller:
        _name_after(entity, k, names, entities)
    if row[entity, KIND] == UNKNOWN:
        row[entity, KIND] = kind
    if _n_words(place[k, BEGIN], place[k, WORDS], flags) > _n_words(
        row[entity, TITLE_BEGIN], row[entity, TITLE_END], flags
    ):
        row[entity, TITLE_BEGIN], row[entity, TITLE_END] = place[k, BEGIN], place[k, WORDS]
    if row[entity, ADDRESSED] == EITHER:
        row[entity, ADDRESSED] = gender
    if row[entity, GENDER] == EITHER:
        row[entity, GENDER] = gender if gender != EITHER else _gender_of_name(k, names, tokens)


@inner
def _introduced(begin, tokens):  # type: ignore[no-untyped-def]
    """Whether a name stands after an office (lawyer Ana), or somebody's relative or officer (his mother, Ana)."""
    bits = tokens.bits
    at = begin - 1
    if at < 0:
        return False
    hashes = tokens.hash
    office = bits[at] & TITLE > 0 and hashes[at] != _OWNER
    if at > 0 and hashes[at] == _COMMA:
        at -= 1
        office = False
    somebodys = at > 0 and (bits[at - 1] & OWNED > 0 or hashes[at - 1] == _S)
    return office or (somebodys and (among(_KIN, hashes[at]) or (bits[at] & TITLE > 0 and hashes[at] != _OWNER)))


@inner
def _n_words(begin, end, flags):  # type: ignore[no-untyped-def]
    """How many of some tokens are words: "Mr." is one, as "President" is."""
    count = 0
    for i in range(begin, end):
        count += (flags[i] & WORD) > 0
    return count


@inner
def with_last_name(keys, values, word):  # type: ignore[no-untyped-def]
    """The person named in full with a word as the last name, negative where there is none or more than one."""
    return look_up(keys, values, word ^ _LAST_NAME) - 1


@inner
def _in_brackets(k, names, tokens):  # type: ignore[no-untyped-def]
    """Whether a name is an abbreviation in brackets right after the name before it."""
    place = names.place
    begin = place[k, BEGIN]
    return (
        place[k - 1, END] == begin - 1
        and tokens.hash[begin - 1] == _OPENING
        and place[k - 1, N_WORDS] > 1
        and tokens.flags[begin] & ALLCAPS > 0
    )


@inner
def _fuller(entity, k, names, entities, tokens):  # type: ignore[no-untyped-def]
    """Whether a name says more than the one the entity has; long runs are headlines rather than names."""
    place, row, hashes = names.place, entities.row, tokens.hash
    words = place[k, N_WORDS]
    if (
        words > 1
        and words == row[entity, LENGTH]
        and _in_capitals(row[entity, NAME_BEGIN], row[entity, NAME_END], tokens.flags)
    ):
        return not _in_capitals(place[k, WORDS], place[k, END], tokens.flags)
    if place[k, TYPE] == STATE:
        return place[k, STATE_NUMBER] & 1 > 0 and words > row[entity, LENGTH]
    if row[entity, KIND] == STATE or not row[entity, LENGTH] < words <= 5:
        return False
    if past_us(place[k, WORDS], place[k, END], hashes) > place[k, WORDS]:
        return False
    given = tokens.bits[place[k, WORDS]] & (HE | SHE) > 0
    if given or tokens.bits[row[entity, NAME_BEGIN]] & (HE | SHE) == 0:
        return True
    a, b = place[k, END], row[entity, NAME_END]
    return row[entity, LENGTH] > 1 and hashes[a - 1] == hashes[b - 1] and hashes[a - 2] == hashes[b - 2]


@inner
def _in_capitals(begin, end, flags):  # type: ignore[no-untyped-def]
    return flags[begin] & ALLCAPS > 0 and flags[end - 1] & ALLCAPS > 0


@inner
def _gender_of_name(k, names, tokens):  # type: ignore[no-untyped-def]
    """The gender that a full name's first word tells."""
    if names.place[k, N_WORDS] == 1:
        return EITHER
    given = tokens.bits[names.place[k, WORDS]] & (HE | SHE)
    return MALE if given == HE else FEMALE if given == SHE else EITHER


@inner
def _initials(begin, stop, tokens):  # type: ignore[no-untyped-def]
    """The hash of the abbreviation of a name (FBI), small words left out; 0 where it has one letter."""
    value = FNV_OFFSET
    letters = 0
    for i in range(begin, stop):
        h = tokens.hash[i]
        if not tokens.flags[i] & WORD or h == _OF or h == _FOR or h == _THE or h == _AND:
            continue
        point = tokens.points[tokens.start[i]]
        if tokens.flags[i] & CAPITAL and point < 128:
            point |= np.uint32(0x20)
        value = (value ^ np.uint64(point)) * FNV_PRIME
        letters += 1
    return value if letters > 1 else np.uint64(0)
