"""Entities: the names of a body joined by rules on their parts, so that each person or body is one.

A full name makes an entity; a last name, a first name, an abbreviation or another form of it joins the entity it fits.
Full names are taken first, so that the order of mention does not matter. Linear: of many namesakes a few are looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hashing import FNV_OFFSET, FNV_PRIME, among
from .jit import inner
from .lexicon import HE, ORGANIZATION, OWNED, PERSON, SHE, STATE, TITLE, UNKNOWN, look_up, noun_of, put
from .names import BEGIN, END, FIRST_KEY, LAST, LAST_KEY, N_WORDS, STATE_NUMBER, TYPE, WHOLE_KEY, WORDS
from .namesakes import (
    EITHER,
    FEMALE,
    FIRST,
    GENDER,
    KIND,
    LENGTH,
    LONGEST_NAME,
    MALE,
    MENTIONS,
    N_COLUMNS,
    NAME_BEGIN,
    NAME_END,
    PRESIDENT,
    SECOND,
    TITLE_BEGIN,
    TITLE_END,
    another,
    ending_in,
    gender_of_title,
    has_word,
    headed_by,
    similar,
)
from .segment import ALLCAPS, CAPITAL, WORD, token_hashes
from .tagger import NAMES as TAGGER_NAMES

_OF, _FOR, _THE, _AND, _S, _OWNER = token_hashes("of for the and s owner")
_OWN_NAMES = token_hashes("house senate congress parliament army navy")
"""Words for a body that are one's own name: "House" is not the White House."""
_KIN = token_hashes(
    "mother father husband wife widow widower son daughter brother sister uncle aunt cousin nephew niece grandmother "
    "grandfather grandson granddaughter stepfather stepmother girlfriend boyfriend"
)
_STATE_KEY, _LAST_NAME = np.uint64(0xA24BAED4963EE407), np.uint64(0x8CB92BA72F3D8DD7)
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


@inner
def join_names(tokens, names, bits, name_tags, room):  # type: ignore[no-untyped-def]
    """The `Entities` of a body. name_tags: (n_tokens,) `tagger.NAMES`; room: for so many described ones."""
    points, start, end, hashes, flags = tokens.points, tokens.start, tokens.end, tokens.hash, tokens.flags
    place, key = names.place, names.key
    n = len(place)
    row = np.zeros((n + room, N_COLUMNS), np.int32)
    ends = np.zeros((n + room, 2), np.uint64)
    of_name = np.full(n, -1, np.int32)
    size = 64
    while size < 8 * (n + room):
        size *= 2
    keys = np.zeros(size, np.uint64)
    values = np.zeros(size, np.int32)  # number of the entity + 1
    last_keys = np.zeros(size, np.uint64)
    last_values = np.zeros(size, np.int32)  # the latest entity with this last word + 1
    first_keys = np.zeros(size, np.uint64)
    first_values = np.zeros(size, np.int32)
    middle_keys = np.zeros(size, np.uint64)
    middle_values = np.zeros(size, np.int32)  # the one entity with this word between the first and the last + 1, or -1
    same_last = np.zeros(n + room, np.int32)  # the entity before with the same last word + 1
    same_first = np.zeros(n + room, np.int32)
    last_full = np.full(n + room, -1, np.int32)  # where an entity was named in full last
    votes = np.zeros((n + room, STATE + 1), np.int32)
    own = np.zeros(n + room, np.bool_)  # a state by its own name rather than its capital's
    addressed = np.zeros(n + room, np.int8)  # gender by a title
    count = 0
    for single in (False, True):
        full = 0
        for k in range(n):
            if (place[k, N_WORDS] == 1) != single:
                continue
            if single:
                while full < n and place[full, BEGIN] < place[k, BEGIN]:
                    if place[full, N_WORDS] > 1:
                        last_full[of_name[full]] = place[full, BEGIN]
                    full += 1
            kind = place[k, TYPE]
            if kind == UNKNOWN and _introduced(place[k, BEGIN], hashes, bits, points, start):
                kind = PERSON
            whole, first_key, last_key = key[k, WHOLE_KEY], key[k, FIRST_KEY], key[k, LAST_KEY]
            entity = look_up(keys, values, whole) - 1
            if kind == STATE:
                number = np.uint64(place[k, STATE_NUMBER] // 2) * _STATE_KEY
                entity = look_up(keys, values, number) - 1
            elif entity >= 0 and row[entity, KIND] == STATE:
                entity = -1
            gender = gender_of_title(k, place, bits)
            president = single and has_word(PRESIDENT, place[k, BEGIN], place[k, WORDS], hashes)
            other = entity >= 0 and another(entity, gender, president, row, addressed, hashes)
            if other:
                entity = -1
            if entity < 0 and single and k > 0 and _in_brackets(k, place, points, start, flags):
                entity = of_name[k - 1]
                put(keys, values, whole, entity + 1)
            if entity < 0 and kind == ORGANIZATION and single:
                # "the Times", or a person's name in capitals that stands alone as an acronym does
                noun = noun_of(bits[place[k, LAST]]) == ORGANIZATION
                if not noun or not among(_OWN_NAMES, last_key):
                    whose = ORGANIZATION if noun else PERSON
                    entity = ending_in(last_key, whose, row, last_keys, last_values, same_last, last_full)
                    if entity < 0 and noun:
                        entity = headed_by(first_key, row, first_keys, first_values, same_first, hashes)
            elif entity < 0 and kind <= PERSON:
                tagged = single and name_tags[place[k, LAST]] == PERSON
                entity = similar(
                    k, single, tagged, gender, president, addressed, place, key, row, votes, bits, hashes, flags, start,
                    end, points, last_keys, last_values, same_last, first_keys, first_values, same_first, last_full,
                )  # fmt: skip
            if entity < 0 and single and kind <= PERSON and not bits[place[k, WORDS]] & (HE | SHE):
                entity = look_up(middle_keys, middle_values, whole) - 1
                if entity >= 0 and row[entity, KIND] > PERSON:
                    entity = -1
            if entity < 0:
                entity = count
                count += 1
                row[entity, NAME_BEGIN], row[entity, NAME_END] = place[k, WORDS], place[k, END]
                row[entity, LENGTH], row[entity, KIND] = place[k, N_WORDS], kind
                row[entity, FIRST] = row[entity, SECOND] = -1
                row[entity, TITLE_BEGIN], row[entity, TITLE_END] = place[k, BEGIN], place[k, WORDS]
                ends[entity, 0], ends[entity, 1] = first_key, last_key
                if kind == STATE:
                    put(keys, values, np.uint64(place[k, STATE_NUMBER] // 2) * _STATE_KEY, entity + 1)
                else:
                    same_last[entity] = look_up(last_keys, last_values, last_key)
                    put(last_keys, last_values, last_key, entity + 1)
                    if not single:
                        same_first[entity] = look_up(first_keys, first_values, first_key)
                        put(first_keys, first_values, first_key, entity + 1)
                        for i in range(place[k, WORDS] + 1, place[k, LAST]):
                            if flags[i] & CAPITAL and place[k, N_WORDS] < LONGEST_NAME:
                                known = look_up(middle_keys, middle_values, hashes[i]) != 0
                                put(middle_keys, middle_values, hashes[i], -1 if known else entity + 1)
                        initials = _initials(place[k, WORDS], place[k, END], points, start, hashes, flags)
                        if initials != 0 and look_up(keys, values, initials) == 0:
                            put(keys, values, initials, entity + 1)
            if look_up(keys, values, whole) == 0 or (other and president):
                put(keys, values, whole, entity + 1)
            of_name[k] = entity
            if addressed[entity] == EITHER:
                addressed[entity] = gender
            row[entity, MENTIONS] += 1
            fuller = _fuller(k, entity, place, row, hashes, flags, bits)
            if kind == STATE and place[k, STATE_NUMBER] & 1:
                fuller = fuller or not own[entity]
                own[entity] = True
            if fuller:
                row[entity, NAME_BEGIN], row[entity, NAME_END] = place[k, WORDS], place[k, END]
                row[entity, LENGTH] = place[k, N_WORDS]
                ends[entity, 0], ends[entity, 1] = first_key, last_key
            if row[entity, KIND] == UNKNOWN:
                row[entity, KIND] = kind
            if _n_words(place[k, BEGIN], place[k, WORDS], flags) > _n_words(
                row[entity, TITLE_BEGIN], row[entity, TITLE_END], flags
            ):
                row[entity, TITLE_BEGIN], row[entity, TITLE_END] = place[k, BEGIN], place[k, WORDS]
            if row[entity, GENDER] == EITHER:
                row[entity, GENDER] = _gender(k, place, bits)
            for i in range(place[k, WORDS], place[k, END]):
                if UNKNOWN < name_tags[i] <= STATE:
                    votes[entity, name_tags[i]] += 1
    for entity in range(count):
        if row[entity, KIND] == UNKNOWN:
            row[entity, KIND] = np.argmax(votes[entity])
        if row[entity, KIND] == PERSON and row[entity, LENGTH] > 1:
            last_name = ends[entity, 1] ^ _LAST_NAME
            put(keys, values, last_name, entity + 1 if look_up(keys, values, last_name) == 0 else -1)
    numbers = np.zeros(1, np.int64)
    numbers[0] = count
    return Entities(row, ends, of_name, keys, values, numbers)


@inner
def _introduced(begin, hashes, bits, points, start):  # type: ignore[no-untyped-def]
    """Whether a name stands after an office (lawyer Ana), or somebody's relative or officer (his mother, Ana)."""
    at = begin - 1
    if at < 0:
        return False
    office = bits[at] & TITLE > 0 and hashes[at] != _OWNER
    if at > 0 and points[start[at]] == 0x2C:
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
def _in_brackets(k, place, points, start, flags):  # type: ignore[no-untyped-def]
    """Whether a name is an abbreviation in brackets right after the name before it."""
    begin = place[k, BEGIN]
    return (
        place[k - 1, END] == begin - 1
        and points[start[begin - 1]] == 0x28
        and place[k - 1, N_WORDS] > 1
        and flags[begin] & ALLCAPS > 0
    )


@inner
def _fuller(k, entity, place, row, hashes, flags, bits):  # type: ignore[no-untyped-def]
    """Whether a name says more than the one the entity has; long runs are headlines rather than names."""
    words = place[k, N_WORDS]
    if (
        words > 1
        and words == row[entity, LENGTH]
        and _in_capitals(row[entity, NAME_BEGIN], row[entity, NAME_END], flags)
    ):
        return not _in_capitals(place[k, WORDS], place[k, END], flags)
    if place[k, TYPE] == STATE:
        return place[k, STATE_NUMBER] & 1 > 0 and words > row[entity, LENGTH]
    if row[entity, KIND] == STATE or not row[entity, LENGTH] < words <= 5:
        return False
    given = bits[place[k, WORDS]] & (HE | SHE) > 0
    if given or bits[row[entity, NAME_BEGIN]] & (HE | SHE) == 0:
        return True
    a, b = place[k, END], row[entity, NAME_END]
    return row[entity, LENGTH] > 1 and hashes[a - 1] == hashes[b - 1] and hashes[a - 2] == hashes[b - 2]


@inner
def _in_capitals(begin, end, flags):  # type: ignore[no-untyped-def]
    return flags[begin] & ALLCAPS > 0 and flags[end - 1] & ALLCAPS > 0


@inner
def _gender(k, place, bits):  # type: ignore[no-untyped-def]
    titled = gender_of_title(k, place, bits)
    if titled != EITHER:
        return titled
    if place[k, N_WORDS] > 1:
        given = bits[place[k, WORDS]] & (HE | SHE)
        return MALE if given == HE else FEMALE if given == SHE else EITHER
    return EITHER


@inner
def _initials(begin, stop, points, start, hashes, flags):  # type: ignore[no-untyped-def]
    """The hash of the abbreviation of a name (FBI), small words left out; 0 where it has one letter."""
    value = FNV_OFFSET
    letters = 0
    for i in range(begin, stop):
        h = hashes[i]
        if not flags[i] & WORD or h == _OF or h == _FOR or h == _THE or h == _AND:
            continue
        point = points[start[i]]
        if flags[i] & CAPITAL and point < 128:
            point |= np.uint32(0x20)
        value = (value ^ np.uint64(point)) * FNV_PRIME
        letters += 1
    return value if letters > 1 else np.uint64(0)
