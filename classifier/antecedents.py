"""Whom a source means: lists the entities it may be, ranks them, and keeps track of who spoke."""

from __future__ import annotations

import numpy as np

from .context import OUTSIDE
from .hashing import among
from .jit import borrowing, compiled, inner
from .lexicon import (
    AND,
    BARE,
    DEFINITE,
    DEMONYM,
    DOCUMENT,
    GROUP,
    HE_KIND,
    I_KIND,
    INDEFINITE,
    NAME,
    NO_KIND,
    ORGANIZATION,
    OWN,
    OWNED,
    PERSON,
    SHE_KIND,
    THE,
    THEY_KIND,
    UNKNOWN,
    WE_KIND,
    A,
    joined,
    look_up,
    noun_of,
    put,
)
from .names import BEGIN, END
from .namesakes import EITHER, FEMALE, FIRST, GENDER, KIND, LENGTH, MALE, NAME_BEGIN, NAME_END, NOMINAL, QUOTED, SECOND
from .ranking import N_RANK_FEATURES, SELF, rank_features
from .scene import DESCRIBED, HEAD, NEXT, SPEAKER, place_of, stands_in
from .segment import CAPITAL, SENTENCE, WORD, token_hashes
from .sources import (
    N_SOURCE,
    SOURCE_BEGIN,
    SOURCE_END,
    SOURCE_ENTITY,
    SOURCE_FIRST,
    SOURCE_HEAD,
    SOURCE_KIND,
    SOURCE_PLURAL,
    SOURCE_SECOND,
    read_source,
)
from .tagger import RELATIONS, TAGS

_NEAREST = 10
_LOOKED_AT = 4 * _NEAREST
MOST_CANDIDATES = _NEAREST + 2
"""With the last speaker and `SELF`."""
_SUBJECT = RELATIONS.index("subject")
_NOUNS = (TAGS.index("NN"), TAGS.index("NNP"))
_OF, _PERCENT, _HYPHEN = token_hashes("of % -")
_OTHER = token_hashes("another other both")
"""What descriptions begin with that are of nobody who was spoken of alone before."""
_MANY = token_hashes("group majority minority plurality number handful couple pair series string variety range array")
_DEPARTMENTS = token_hashes("department ministry")


@compiled
def resolve(s, weights):  # type: ignore[no-untyped-def]
    """The entity of each quote of a scene, -1 where nobody is found: (n_quotes,) int32."""
    n = len(s.order)
    found = np.full(n, -1, np.int32)
    source = np.zeros(N_SOURCE, np.int32)
    candidates = np.zeros(MOST_CANDIDATES, np.int32)
    features = np.zeros((MOST_CANDIDATES, N_RANK_FEATURES), np.int32)
    before = -1
    for k in s.order:
        if s.source[k, 0] >= 0 and before >= 0 and s.source[before, 0] == s.source[k, 0] and found[before] >= 0:
            found[k] = found[before]  # two quotes that share a source share their speaker
            continue
        read_source(s, k, source)
        number = source[SOURCE_ENTITY]
        if source[SOURCE_KIND] != NAME:
            n_candidates = list_candidates(s, k, source, candidates)
            number = -1
            top = np.float32(0)
            for c in range(n_candidates):
                rank_features(s, k, source, candidates[c], c, features[c])
                score = np.float32(0)
                for f in range(N_RANK_FEATURES):
                    score += weights[features[c, f]]
                if c == 0 or score > top:
                    top = score
                    number = candidates[c]
        found[k] = settle(s, k, source, number)
        before = k
    return found


@borrowing
def list_candidates(s, k, source, out):  # type: ignore[no-untyped-def]
    """Entities that a source may be, nearest first, `SELF` for a description of its own; returns how many."""
    _advance(s, place_of(s, k))
    n = 0
    if source[SOURCE_END] > source[SOURCE_BEGIN] + 1 and among(_OTHER, s.hash[source[SOURCE_BEGIN]]):
        out[n] = SELF
        return 1
    entity = s.marks[HEAD]
    for _ in range(_LOOKED_AT):
        if entity < 0 or n == _NEAREST:
            break
        if _fits(s, entity, source):
            out[n] = entity
            n += 1
        entity = s.recent[entity, 1]
    speaker = s.marks[SPEAKER]
    gendered = source[SOURCE_KIND] == HE_KIND or source[SOURCE_KIND] == SHE_KIND
    described = source[SOURCE_KIND] in (THE, A, BARE, OWN)
    if speaker >= 0 and (not (gendered or described) or _fits(s, speaker, source)):
        known = False
        for c in range(n):
            known = known or out[c] == speaker
        if not known:
            out[n] = speaker
            n += 1
    if described:
        out[n] = SELF
        n += 1
    if n == 0:
        # Nobody was named before: whoever is named next may be meant ("…," he said).
        for entity in range(min(3, s.total[0])):
            if _fits(s, entity, source):
                out[n] = entity
                n += 1
    return n


@inner
def _advance(s, place):  # type: ignore[no-untyped-def]
    """Take note of the names before a token; sources come in text order, so each name is looked at once."""
    while s.marks[NEXT] < len(s.place) and s.place[s.marks[NEXT], BEGIN] < place:
        k = s.marks[NEXT]
        if s.quotation[s.place[k, BEGIN]] == OUTSIDE:
            _mention(s, s.of_name[k], s.place[k, BEGIN], s.place[k, END])
        s.marks[NEXT] += 1


@inner
def _mention(s, entity, begin, end):  # type: ignore[no-untyped-def]
    """Put an entity at the head of the list by last mention: some tokens, any of which may be tagged as the subject."""
    head = s.marks[HEAD]
    if s.recent[entity, 2] >= 0 and head != entity:
        before, after = s.recent[entity, 0], s.recent[entity, 1]
        s.recent[before, 1] = after
        if after >= 0:
            s.recent[after, 0] = before
    if head != entity:
        s.recent[entity, 0], s.recent[entity, 1] = -1, head
        if head >= 0:
            s.recent[head, 0] = entity
        s.marks[HEAD] = entity
    s.recent[entity, 2], s.recent[entity, 3] = begin, 0
    for i in range(begin, end):
        s.recent[entity, 3] |= s.relation[i] == _SUBJECT


@inner
def _fits(s, entity, source):  # type: ignore[no-untyped-def]
    kind, what = source[SOURCE_KIND], s.row[entity, KIND]
    if kind == HE_KIND or kind == SHE_KIND or kind == I_KIND:
        gender = s.row[entity, GENDER]
        fitting = gender == EITHER or kind == I_KIND or (gender == FEMALE) == (kind == SHE_KIND)
        return (what == PERSON or what == UNKNOWN) and fitting
    if kind == THEY_KIND or kind == WE_KIND:
        return what != PERSON
    if what == PERSON and source[SOURCE_HEAD] >= 0 and noun_of(s.bits[source[SOURCE_HEAD]]) == ORGANIZATION:
        return False  # the bureau is no person
    if what != PERSON and _named_otherwise(s, entity, source):
        return False
    return what != GROUP or s.row[entity, NOMINAL] > 0


@inner
def _named_otherwise(s, entity, source):  # type: ignore[no-untyped-def]
    """Whether a description's noun has a name before it that one described with that noun lacks (the Ek campaign).

    Whoever has a name, or is "the company", may be described anew (the Oslo-based company), and one of whose nation
    nothing is told may be of any. A department is none without that noun, nor one of another field.
    """
    head = source[SOURCE_HEAD]
    begin, end = s.row[entity, NAME_BEGIN], s.row[entity, NAME_END]
    bare = end - begin == 1
    if head <= source[SOURCE_BEGIN] or (bare and s.row[entity, KIND] != GROUP):
        return False
    department = among(_DEPARTMENTS, s.hash[head])
    if not stands_in(s, s.hash[head], begin, end):
        return department and s.row[entity, LENGTH] > 1
    if not s.row[entity, NOMINAL]:
        return False
    for i in range(source[SOURCE_BEGIN], head):
        name = s.flags[i] & (CAPITAL | SENTENCE) == CAPITAL and s.hash[i + 1] != _HYPHEN
        if name and not stands_in(s, s.hash[i], begin, end):
            if not s.bits[i] & DEMONYM or _of_a_nation(s, begin, end):
                return True
    # the health department, the justice department
    if not department or bare or s.hash[end - 1] != s.hash[head] or s.flags[head - 1] & CAPITAL:
        return False
    return s.tag[head - 1] in _NOUNS and s.tag[end - 2] in _NOUNS and s.hash[end - 2] != s.hash[head - 1]


@inner
def _of_a_nation(s, begin, end):  # type: ignore[no-untyped-def]
    """Whether one of some tokens is an adjective of a state."""
    for i in range(begin, end):
        if s.bits[i] & DEMONYM:
            return True
    return False


@borrowing
def settle(s, k, source, number):  # type: ignore[no-untyped-def]
    """Take note of who speaks in a quote; a description of its own becomes an entity. Returns the entity or -1."""
    if number == SELF:
        number = _own_entity(s, source)
    if number < 0:
        return -1
    begin, end = s.source[k, 0], s.source[k, 1]
    if begin >= 0:
        s.row[number, QUOTED] = 1
        _advance(s, begin)
        _mention(s, number, begin, begin + 1)
        if source[SOURCE_KIND] != NAME and source[SOURCE_KIND] != NO_KIND:
            mention = s.described[s.marks[DESCRIBED]]
            mention[0], mention[1], mention[2] = number, begin, end
            s.marks[DESCRIBED] += 1
        if s.row[number, GENDER] == EITHER:
            if source[SOURCE_KIND] == SHE_KIND:
                s.row[number, GENDER] = FEMALE
            elif source[SOURCE_KIND] == HE_KIND:
                s.row[number, GENDER] = MALE
    s.marks[SPEAKER] = number
    return number


@inner
def _own_entity(s, source):  # type: ignore[no-untyped-def]
    """The entity of a description: the one described in the same words before, or a new one."""
    key = np.uint64(0)
    for i in range(source[SOURCE_BEGIN], source[SOURCE_END]):
        if s.flags[i] & WORD:
            key = joined(key, s.hash[i])
    number = look_up(s.keys, s.values, key) - 1
    if number >= 0:
        return number
    number = s.total[0]
    s.total[0] += 1
    row = s.row[number]
    noun = noun_of(s.bits[source[SOURCE_HEAD]])
    several = _several(s, source[SOURCE_BEGIN], source[SOURCE_HEAD], source[SOURCE_END])
    row[KIND] = several or noun or (GROUP if source[SOURCE_PLURAL] else PERSON)
    row[NAME_BEGIN], row[NAME_END] = source[SOURCE_BEGIN], source[SOURCE_END]
    row[LENGTH], row[NOMINAL] = source[SOURCE_END] - source[SOURCE_BEGIN], 1
    row[FIRST], row[SECOND] = source[SOURCE_FIRST], source[SOURCE_SECOND]
    put(s.keys, s.values, key, number + 1)
    return number


@inner
def _several(s, begin, head, end):  # type: ignore[no-untyped-def]
    """What a description of several is, a group or documents; else 0: no body, as "the group" may be."""
    if s.hash[head] == _PERCENT:
        return GROUP
    if among(_MANY, s.hash[head]) and head + 1 < end and s.hash[head + 1] == _OF:
        for i in range(head + 2, end):
            if noun_of(s.bits[i]):
                return DOCUMENT if noun_of(s.bits[i]) == DOCUMENT else GROUP
        return GROUP
    for i in range(begin + 1, end - 1):
        # "officials and the Eel Office", but not "the trade and industry ministry"
        two = s.bits[i + 1] & (DEFINITE | INDEFINITE | OWNED) or s.flags[i + 1] & CAPITAL
        if s.bits[i] & AND and two and noun_of(s.bits[i - 1]):
            return GROUP if noun_of(s.bits[head]) == ORGANIZATION else 0
    return 0
