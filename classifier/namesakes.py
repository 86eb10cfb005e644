"""Which entity a name means: of those with a word in common the one that nothing speaks against.

A last name may be anybody's of that name, so that titles, genders, middle names and the order of mention decide.
"""

from __future__ import annotations

import numpy as np

from .hashing import among
from .jit import inner
from .lexicon import HE, HE_TITLE, ORGANIZATION, PERSON, SHE, SHE_TITLE, STATE, UNKNOWN, look_up
from .name_runs import generation
from .names import BEGIN, END, FIRST_KEY, LAST, LAST_KEY, WORDS
from .segment import ALLCAPS, CAPITAL, token_hashes

NAME_BEGIN, NAME_END, LENGTH, KIND, GENDER, TITLE_BEGIN, TITLE_END, NOMINAL, QUOTED, MENTIONS, FIRST, SECOND = range(12)
"""Columns of `Entities.row`."""
ADDRESSED, OWN_NAME, LAST_FULL, SAME_LAST, SAME_FIRST, VOTES = range(12, 18)
"""More of them, for joining names: gender by a title; whether a state has its own name rather than its capital's; the
token where it was named in full last, plus one; the entities before with the same last and first word, plus one; from
`VOTES` on how often the tagger takes a word of it for each of `lexicon.TYPES`."""
N_COLUMNS = VOTES + STATE + 1
BY_LAST, BY_FIRST = np.uint64(0x9D39247E33776D41), np.uint64(0x2AF7398005AAA5C7)
"""Mixed into a word: the key of the latest entity whose last or first word it is, plus one."""
EITHER, MALE, FEMALE = range(3)
LONGEST_NAME = 6
"""Words of a name that others are short for: longer ones are headlines."""
_NAMESAKES = 8
"""So many entities with a word in common are looked at."""
_OF, _FOR, _ON, _US, _U, _S, _STOP, PRESIDENT, JUNIOR = token_hashes("of for on us u s . president jr")
_BEFORE_GIVEN_NAMES = token_hashes(
    "sir dame lady sheikh sheik prince princess datuk seri sri imam father fr sister brother pastor"
)
"""Titles that go with the given name alone (Sir Abel)."""


@inner
def gender_of_title(k, names, tokens):  # type: ignore[no-untyped-def]
    """The gender that the title of a name tells (Mr., Duchess), else `EITHER`."""
    for i in range(names.place[k, BEGIN], names.place[k, WORDS]):
        if tokens.bits[i] & HE_TITLE:
            return MALE
        if tokens.bits[i] & SHE_TITLE:
            return FEMALE
    return EITHER


@inner
def has_word(word, begin, end, hashes):  # type: ignore[no-untyped-def]
    """Whether a word stands among some tokens."""
    for i in range(begin, end):
        if hashes[i] == word:
            return True
    return False


@inner
def another(entity, gender, president, elder, entities, tokens):  # type: ignore[no-untyped-def]
    """Whether a person of the same last name is meant: Mr. beside Mrs. Li, a president beside a woman who is none.

    elder: whether a Jr. of that last name goes by both, so that nobody means him by the last name alone.
    """
    row = entities.row
    if gender != EITHER and row[entity, ADDRESSED] != EITHER and gender != row[entity, ADDRESSED]:
        return True
    junior = has_word(JUNIOR, row[entity, NAME_BEGIN], row[entity, NAME_END], tokens.hash)
    if junior and elder:
        return True
    if not president or not (junior or row[entity, GENDER] == FEMALE):
        return False
    return not has_word(PRESIDENT, row[entity, TITLE_BEGIN], row[entity, TITLE_END], tokens.hash)


@inner
def mostly_person(entity, entities):  # type: ignore[no-untyped-def]
    """Whether the tagger takes most words of an entity's names for a person's."""
    return 2 * entities.row[entity, VOTES + PERSON] > entities.row[entity, VOTES:].sum()


@inner
def by_last_name(k, gender, president, elder, names, entities, tokens):  # type: ignore[no-untyped-def]
    """Whom a last name means of those who bear it, or -1.

    Those that the gender fits are taken first, then those that are known as persons, then the last named. gender: by
    the name's title; president: whether that is one's; elder: as for `another`.
    """
    row = entities.row
    best = -1
    chain = look_up(entities.keys, entities.values, names.key[k, LAST_KEY] ^ BY_LAST)
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = row[entity, SAME_LAST]
        if row[entity, KIND] > PERSON or row[entity, LENGTH] > LONGEST_NAME:
            continue
        if another(entity, gender, president, elder, entities, tokens):
            continue
        if best < 0 or _likelier(entity, best, gender, entities):
            best = entity
    return best


@inner
def by_full_name(k, names, entities, tokens):  # type: ignore[no-untyped-def]
    """The entity with the same last name and no other first or middle name, or -1."""
    place, row = names.place, entities.row
    words, last = place[k, WORDS], place[k, LAST]
    chain = look_up(entities.keys, entities.values, names.key[k, LAST_KEY] ^ BY_LAST)
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = row[entity, SAME_LAST]
        begin, stop = row[entity, NAME_BEGIN], row[entity, NAME_END]
        if row[entity, KIND] > PERSON or row[entity, LENGTH] > LONGEST_NAME:
            continue
        if row[entity, LENGTH] > 1 and _other_generation(words, place[k, END], begin, stop, tokens):
            continue
        if _other_middle(words, last, begin, stop, tokens):
            continue
        # J. Smith, Ken and Kenneth Smith
        if row[entity, LENGTH] == 1 or _short_for(words, begin, tokens):
            return entity
        if _ends_with(words, last, begin, stop, tokens):
            return entity
    return -1


@inner
def by_longer_name(k, names, entities, tokens):  # type: ignore[no-untyped-def]
    """The body of the same name with or without "U.S." before it (U.S. Eel Agency), or -1."""
    row = entities.row
    begin, end = names.place[k, WORDS], names.place[k, END]
    chain = look_up(entities.keys, entities.values, names.key[k, LAST_KEY] ^ BY_LAST)
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = row[entity, SAME_LAST]
        if row[entity, KIND] == ORGANIZATION and row[entity, LENGTH] > 1:
            other, other_end = row[entity, NAME_BEGIN], row[entity, NAME_END]
            if _same_words(
                past_us(begin, end, tokens.hash), end, past_us(other, other_end, tokens.hash), other_end, tokens
            ):
                return entity
    return -1


@inner
def past_us(begin, end, hashes):  # type: ignore[no-untyped-def]
    """Where a name goes on after "U.S." or "US"."""
    if end < begin + 5:
        return begin + 1 if hashes[begin] == _US else begin
    if hashes[begin] == _US:
        return begin + 1
    if hashes[begin] == _U and hashes[begin + 1] == _STOP and hashes[begin + 2] == _S and hashes[begin + 3] == _STOP:
        return begin + 4
    return begin


@inner
def _same_words(a, a_end, b, b_end, tokens):  # type: ignore[no-untyped-def]
    """Whether two runs of tokens, neither empty, are the same."""
    if a_end - a != b_end - b or a_end <= a:
        return False
    for i in range(a_end - a):
        if tokens.hash[a + i] != tokens.hash[b + i]:
            return False
    return True


@inner
def goes_by_last_name(k, names, tokens):  # type: ignore[no-untyped-def]
    """Whether a name of one word is a given name that a title makes a last one (Mr. James, but not Sir James)."""
    words = names.place[k, WORDS]
    given = tokens.bits[words] & (HE | SHE) > 0
    return given and words > names.place[k, BEGIN] and not among(_BEFORE_GIVEN_NAMES, tokens.hash[words - 1])


@inner
def by_first_name(k, tagged, names, entities, tokens):  # type: ignore[no-untyped-def]
    """The one person whose name begins with this word, or -1. tagged: whether the tagger takes it for a person's."""
    row = entities.row
    given = tokens.bits[names.place[k, WORDS]] & (HE | SHE) > 0
    found = -1
    chain = look_up(entities.keys, entities.values, names.key[k, FIRST_KEY] ^ BY_FIRST)
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = row[entity, SAME_FIRST]
        # "Amazon" is not the "Amazon Forest" that stands elsewhere: only a person goes by the first word, a given name
        # or, as in Chinese, the family's
        acronym = tokens.flags[row[entity, NAME_END] - 1] & ALLCAPS > 0  # "Tonk PAC"
        person = given or (tagged and mostly_person(entity, entities) and not acronym)
        if row[entity, KIND] == PERSON or (row[entity, KIND] == UNKNOWN and person):
            if found >= 0:
                return -1
            found = entity
    return found


@inner
def _likelier(a, b, gender, entities):  # type: ignore[no-untyped-def]
    """Whether a last name means rather the first of two namesakes."""
    row = entities.row
    if gender != EITHER:
        fits_a, fits_b = row[a, GENDER] == gender, row[b, GENDER] == gender
        if fits_a != fits_b:
            return fits_a
    person_a = row[a, KIND] == PERSON or mostly_person(a, entities)
    person_b = row[b, KIND] == PERSON or mostly_person(b, entities)
    if person_a != person_b:
        return person_a
    return row[a, LAST_FULL] > row[b, LAST_FULL]


@inner
def headed_by(first_key, entities, tokens):  # type: ignore[no-untyped-def]
    """The one body whose name is this word of something (the Union of Growers); else -1."""
    row = entities.row
    found = -1
    chain = look_up(entities.keys, entities.values, first_key ^ BY_FIRST)
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = row[entity, SAME_FIRST]
        after = tokens.hash[row[entity, NAME_BEGIN] + 1]
        if row[entity, KIND] == ORGANIZATION and (after == _OF or after == _FOR or after == _ON):
            if found >= 0:
                return -1
            found = entity
    return found


@inner
def ending_in(last_key, kind, entities):  # type: ignore[no-untyped-def]
    """The entity of a kind whose name has more than one word and ends in this, the one named last; else -1."""
    row = entities.row
    best = -1
    chain = look_up(entities.keys, entities.values, last_key ^ BY_LAST)
    for _ in range(_NAMESAKES):
        if chain == 0:
            break
        entity = chain - 1
        chain = row[entity, SAME_LAST]
        if row[entity, KIND] == kind and 1 < row[entity, LENGTH] <= LONGEST_NAME:
            if best < 0 or row[entity, LAST_FULL] > row[best, LAST_FULL]:
                best = entity
    return best


@inner
def _other_generation(a_begin, a_end, b_begin, b_end, tokens):  # type: ignore[no-untyped-def]
    """Whether Jr. or Sr. stands in one of two full names and not in the other."""
    hashes = tokens.hash
    a = b = np.uint64(0)
    for i in range(a_begin, a_end):
        if generation(hashes[i]):
            a = hashes[i]
    for i in range(b_begin, b_end):
        if generation(hashes[i]):
            b = hashes[i]
    return a != b


@inner
def _other_middle(a_begin, a_last, b_begin, b_end, tokens):  # type: ignore[no-untyped-def]
    """Whether each of two full names has a second word that the other has not, nor its initial."""
    hashes, start = tokens.hash, tokens.start
    a, b = a_begin + 1, b_begin + 1
    if a >= a_last or b >= b_end - 1 or not tokens.flags[a] & CAPITAL or not tokens.flags[b] & CAPITAL:
        return False
    if tokens.end[a] - start[a] == 1 or tokens.end[b] - start[b] == 1:
        return tokens.points[start[a]] != tokens.points[start[b]]
    for i in range(b_begin, b_end):
        if hashes[i] == hashes[a]:
            return False
    for i in range(a_begin, a_last + 1):
        if hashes[i] == hashes[b]:
            return False
    return not _short_for(a, b, tokens)


@inner
def _short_for(a, b, tokens):  # type: ignore[no-untyped-def]
    """Whether one of two words begins with the other, which is an initial or three to five letters, or is the same."""
    start = tokens.start
    length_a, length_b = tokens.end[a] - start[a], tokens.end[b] - start[b]
    short = min(length_a, length_b)
    for k in range(short):
        if tokens.points[start[a] + k] != tokens.points[start[b] + k]:
            return False
    return short == 1 or 3 <= short <= 5 or length_a == length_b


@inner
def _ends_with(a_begin, a_last, b_begin, b_end, tokens):  # type: ignore[no-untyped-def]
    """Whether of two names with the same last word the words of one end the other."""
    hashes = tokens.hash
    b_last = b_end - 1
    while b_last > b_begin and hashes[b_last] != hashes[a_last]:
        b_last -= 1
    for back in range(min(a_last - a_begin, b_last - b_begin) + 1):
        if hashes[a_last - back] != hashes[b_last - back]:
            return False
    return True
