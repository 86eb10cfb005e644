"""Entities: the names of a body joined by rules on their parts, so that each person or body is one.

A full name makes an entity; a last name, a first name, an abbreviation or another form of it joins the entity it fits.
Full names are taken first, so that the order of mention does not matter. Linear: of many namesakes a few are looked at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .jit import inner
from .lexicon import (
    HE,
    HE_TITLE,
    NOUN_SHIFT,
    ORGANIZATION,
    OWNED,
    PERSON,
    SHE,
    SHE_TITLE,
    STATE,
    UNKNOWN,
    among,
    look_up,
    put,
)
from .names import (
    BEGIN,
    END,
    FIRST_KEY,
    LAST,
    LAST_KEY,
    N_WORDS,
    STATE_NUMBER,
    TYPE,
    WHOLE_KEY,
    WORDS,
    generation,
)
from .segment import ALLCAPS, CAPITAL, WORD, token_hash

NAME_BEGIN, NAME_END, LENGTH, KIND, GENDER, TITLE_BEGIN, TITLE_END, NOMINAL, QUOTED, MENTIONS, SECOND = range(11)
"""Columns of `Entities.row`."""
EITHER, MALE, FEMALE = range(3)
_NAMESAKES = 8
_LONGEST_NAME = 6
"""Words of a name that others are short for: longer ones are headlines."""
_FNV_OFFSET, _FNV_PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
_OF, _FOR, _THE, _AND, _S = (np.uint64(token_hash(word)) for word in ("of", "for", "the", "and", "s"))
_OWN_NAMES = np.array([token_hash(word) for word in "house senate congress parliament army navy".split()], np.uint64)
"""Words for a body that are one's own name: "House" is not the White House."""
_KIN = np.array(
    [
        token_hash(word)
        for word in (
            "mother father husband wife widow widower son daughter brother sister uncle aunt cousin nephew niece "
            "grandmother grandfather grandson granddaughter stepfather stepmother girlfriend boyfriend"
        ).split()
    ],
    np.uint64,
)
_STATE_KEY, _LAST_NAME = np.uint64(0xA24BAED4963EE407), np.uint64(0x8CB92BA72F3D8DD7)


class Entities(NamedTuple):
    """Whoever or whatever a body names; room is left for those that are only described.

    row: (n_rows, 11) int32: tokens of the fullest name (begin, end), its number of words, type, gender, tokens of the
    title, whether it is known by a description only, whether it is quoted, how often it is named, and for two
    persons as one the second of them (the first in `LENGTH`; else -1). first: (n_rows, 2) uint64, first and last word.
    of_name: (n_names,) int32, the entity of each name. keys, values: open-addressing table of names. total: (1,) int64.
    """

    row: NDArray[np.int32]
    first: NDArray[np.uint64]
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
    row = np.zeros((n + room, 11), np.int32)
    first = np.zeros((n + room, 2), np.uint64)
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
    votes = np.zeros((n + room, 4), np.int32)
    own = np.zeros(n + room, np.bool_)  # a state by its own name rather than its capital's
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
            if kind == UNKNOWN and _after_kin(place[k, BEGIN], hashes, bits, points, start):
                kind = PERSON
            whole, first_key, last_key = key[k, WHOLE_KEY], key[k, FIRST_KEY], key[k, LAST_KEY]
            entity = look_up(keys, values, whole) - 1
            if kind == STATE:
                number = np.uint64(place[k, STATE_NUMBER] // 2) * _STATE_KEY
                entity = look_up(keys, values, number) - 1
            elif entity >= 0 and row[entity, KIND] == STATE:
                entity = -1
            if entity < 0 and single and k > 0 and _in_brackets(k, place, points, start, flags):
                entity = of_name[k - 1]
                put(keys, values, whole, entity + 1)
            if entity < 0 and kind == ORGANIZATION and single:
                # "the Times", or a person's name in capitals that stands alone as an acronym does
                noun = bits[place[k, LAST]] >> NOUN_SHIFT & 7 == ORGANIZATION
                if not noun or not among(_OWN_NAMES, last_key):
                    whose = ORGANIZATION if noun else PERSON
                    entity = _ending_in(last_key, whose, row, last_keys, last_values, same_last, last_full)
            elif entity < 0 and kind <= PERSON:
                tagged = single and name_tags[place[k, LAST]] == PERSON
                entity = _similar(
                    k, single, tagged, place, key, row, votes, bits, hashes, flags, start, end, points,
                    last_keys, last_values, same_last, first_keys, first_values, same_first, last_full,
                )  # fmt: skip
            if entity < 0 and single and kind <= PERSON and not bits[place[k, WORDS]] & (HE | SHE):
                entity = look_up(middle_keys, middle_values, whole) - 1
                if entity >= 0 and row[entity, KIND] > PERSON:
                    entity = -1
            if entity < 0:
                entity = count
                count += 1
                row[entity, NAME_BEGIN], row[entity, NAME_END] = place[k, WORDS], place[k, END]
                row[entity, LENGTH], row[entity, KIND], row[entity, SECOND] = place[k, N_WORDS], kind, -1
                row[entity, TITLE_BEGIN], row[entity, TITLE_END] = place[k, BEGIN], place[k, WORDS]
                first[entity, 0], first[entity, 1] = first_key, last_key
                if kind == STATE:
                    put(keys, values, np.uint64(place[k, STATE_NUMBER] // 2) * _STATE_KEY, entity + 1)
                else:
                    same_last[entity] = look_up(last_keys, last_values, last_key)
                    put(last_keys, last_values, last_key, entity + 1)
                    if not single:
                        same_first[entity] = look_up(first_keys, first_values, first_key)
                        put(first_keys, first_values, first_key, entity + 1)
                        for i in range(place[k, WORDS] + 1, place[k, LAST]):
                            if flags[i] & CAPITAL and place[k, N_WORDS] < _LONGEST_NAME:
                                known = look_up(middle_keys, middle_values, hashes[i]) != 0
                                put(middle_keys, middle_values, hashes[i], -1 if known else entity + 1)
                        initials = _initials(place[k, WORDS], place[k, END], points, start, hashes, flags)
                        if initials != 0 and look_up(keys, values, initials) == 0:
                            put(keys, values, initials, entity + 1)
            if look_up(keys, values, whole) == 0:
                put(keys, values, whole, entity + 1)
            of_name[k] = entity
            row[entity, MENTIONS] += 1
            fuller = _fuller(k, entity, place, row, hashes, bits)
            if kind == STATE and place[k, STATE_NUMBER] & 1:
                fuller = fuller or not own[entity]
                own[entity] = True
            if fuller:
                row[entity, NAME_BEGIN], row[entity, NAME_END] = place[k, WORDS], place[k, END]
                row[entity, LENGTH] = place[k, N_WORDS]
                first[entity, 0], first[entity, 1] = first_key, last_key
            if row[entity, KIND] == UNKNOWN:
                row[entity, KIND] = kind
            if _n_words(place[k, BEGIN], place[k, WORDS], flags) > _n_words(
                row[entity, TITLE_BEGIN], row[entity, TITLE_END], flags
            ):
                row[entity, TITLE_BEGIN], row[entity, TITLE_END] = place[k, BEGIN], place[k, WORDS]
            if row[entity, GENDER] == EITHER:
                row[entity, GENDER] = _gender(k, place, bits)
            for i in range(place[k, WORDS], place[k, END]):
                if 0 < name_tags[i] < 4:
                    votes[entity, name_tags[i]] += 1
    for entity in range(count):
        if row[entity, KIND] == UNKNOWN:
            top = 0
            for y in range(1, 4):
                if votes[entity, y] > votes[entity, top]:
                    top = y
            row[entity, KIND] = top
        if row[entity, KIND] == PERSON and row[entity, LENGTH] > 1:
            last_name = first[entity, 1] ^ _LAST_NAME
            put(keys, values, last_name, entity + 1 if look_up(keys, values, last_name) == 0 else -1)
    numbers = np.zeros(1, np.int64)
    numbers[0] = count
    return Entities(row, first, of_name, keys, values, numbers)


@inner
def _after_kin(begin, hashes, bits, points, start):  # type: ignore[no-untyped-def]
    """Whether a name stands after somebody's relative, with a comma or without (his mother, Ana)."""
    at = begin - 1
    if at > 0 and points[start[at]] == 0x2C:
        at -= 1
    return at > 0 and among(_KIN, hashes[at]) and (bits[at - 1] & OWNED > 0 or hashes[at - 1] == _S)


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
def _similar(  # type: ignore[no-untyped-def]
    k, single, tagged, place, key, row, votes, bits, hashes, flags, start, end, points,
    last_keys, last_values, same_last, first_keys, first_values, same_first, last_full,
):  # fmt: skip
    """An entity with the same last name and no other first name, or one whose first name this is; else -1.

    tagged: whether the tagger takes the name for a person's.
    """
    chain = look_up(last_keys, last_values, key[k, LAST_KEY])
    best = -1
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = same_last[entity]
        if row[entity, KIND] > PERSON or row[entity, LENGTH] > _LONGEST_NAME:
            continue
        if single:
            if best < 0 or last_full[entity] > last_full[best]:
                best = entity
            continue
        if row[entity, LENGTH] > 1 and _other_generation(
            place[k, WORDS], place[k, END], row[entity, NAME_BEGIN], row[entity, NAME_END], hashes
        ):  # fmt: skip
            continue
        if _other_middle(
            place[k, WORDS], place[k, LAST], row[entity, NAME_BEGIN], row[entity, NAME_END],
            hashes, flags, start, end, points,
        ):  # fmt: skip
            continue
        if row[entity, LENGTH] == 1 or _short_for(
            place[k, WORDS], row[entity, NAME_BEGIN], start, end, points
        ):  # J. Smith, Ken and Kenneth Smith
            return entity
        if _ends_with(
            place[k, WORDS], place[k, LAST], row[entity, NAME_BEGIN], row[entity, NAME_END], hashes
        ):  # fmt: skip
            return entity
    given = bits[place[k, WORDS]] & (HE | SHE) > 0
    if best >= 0 or not single or (given and place[k, WORDS] > place[k, BEGIN]):
        return best
    chain = look_up(first_keys, first_values, key[k, FIRST_KEY])
    found = -1
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = same_first[entity]
        # "Amazon" is not the "Amazon Forest" that stands elsewhere: only a person goes by the first word, a given name
        # or, as in Chinese, the family's
        acronym = flags[row[entity, NAME_END] - 1] & ALLCAPS > 0  # "Tonk PAC"
        person = given or (tagged and 2 * votes[entity, PERSON] > votes[entity].sum() and not acronym)
        if row[entity, KIND] == PERSON or (row[entity, KIND] == UNKNOWN and person):
            if found >= 0:
                return -1
            found = entity
    return found


@inner
def _ending_in(last_key, kind, row, last_keys, last_values, same_last, last_full):  # type: ignore[no-untyped-def]
    """The entity of a kind whose name has more than one word and ends in this, the one named last; else -1."""
    best = -1
    chain = look_up(last_keys, last_values, last_key)
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = same_last[entity]
        if row[entity, KIND] == kind and 1 < row[entity, LENGTH] <= _LONGEST_NAME:
            if best < 0 or last_full[entity] > last_full[best]:
                best = entity
    return best


@inner
def _other_generation(a_begin, a_end, b_begin, b_end, hashes):  # type: ignore[no-untyped-def]
    """Whether Jr. or Sr. stands in one of two full names and not in the other."""
    a = b = np.uint64(0)
    for i in range(a_begin, a_end):
        if generation(hashes[i]):
            a = hashes[i]
    for i in range(b_begin, b_end):
        if generation(hashes[i]):
            b = hashes[i]
    return a != b


@inner
def _other_middle(a_begin, a_last, b_begin, b_end, hashes, flags, start, end, points):  # type: ignore[no-untyped-def]
    """Whether each of two full names has a second word that the other has not, nor its initial."""
    a, b = a_begin + 1, b_begin + 1
    if a >= a_last or b >= b_end - 1 or not flags[a] & CAPITAL or not flags[b] & CAPITAL:
        return False
    if end[a] - start[a] == 1 or end[b] - start[b] == 1:
        return points[start[a]] != points[start[b]]
    for i in range(b_begin, b_end):
        if hashes[i] == hashes[a]:
            return False
    for i in range(a_begin, a_last + 1):
        if hashes[i] == hashes[b]:
            return False
    return not _short_for(a, b, start, end, points)


@inner
def _short_for(a, b, start, end, points):  # type: ignore[no-untyped-def]
    """Whether one of two words begins with the other, which is an initial or three to five letters, or is the same."""
    length_a, length_b = end[a] - start[a], end[b] - start[b]
    short = min(length_a, length_b)
    for k in range(short):
        if points[start[a] + k] != points[start[b] + k]:
            return False
    return short == 1 or 3 <= short <= 5 or length_a == length_b


@inner
def _ends_with(a_begin, a_last, b_begin, b_end, hashes):  # type: ignore[no-untyped-def]
    """Whether of two names with the same last word the words of one end the other."""
    b_last = b_end - 1
    while b_last > b_begin and hashes[b_last] != hashes[a_last]:
        b_last -= 1
    for back in range(min(a_last - a_begin, b_last - b_begin) + 1):
        if hashes[a_last - back] != hashes[b_last - back]:
            return False
    return True


@inner
def _fuller(k, entity, place, row, hashes, bits):  # type: ignore[no-untyped-def]
    """Whether a name says more than the one the entity has; long runs are headlines rather than names."""
    words = place[k, N_WORDS]
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
def _gender(k, place, bits):  # type: ignore[no-untyped-def]
    for i in range(place[k, BEGIN], place[k, WORDS]):
        if bits[i] & HE_TITLE:
            return MALE
        if bits[i] & SHE_TITLE:
            return FEMALE
    if place[k, N_WORDS] > 1:
        given = bits[place[k, WORDS]] & (HE | SHE)
        return MALE if given == HE else FEMALE if given == SHE else EITHER
    return EITHER


@inner
def _initials(begin, stop, points, start, hashes, flags):  # type: ignore[no-untyped-def]
    """The hash of the abbreviation of a name (FBI), small words left out; 0 where it has one letter."""
    value = _FNV_OFFSET
    letters = 0
    for i in range(begin, stop):
        h = hashes[i]
        if not flags[i] & WORD or h == _OF or h == _FOR or h == _THE or h == _AND:
            continue
        point = points[start[i]]
        if flags[i] & CAPITAL and point < 128:
            point |= np.uint32(0x20)
        value = (value ^ np.uint64(point)) * _FNV_PRIME
        letters += 1
    return value if letters > 1 else np.uint64(0)
