"""Whom a source means: lists the entities it may be, ranks them, and keeps track of who spoke."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .context import OUTSIDE
from .entities import join_names
from .hashing import MIX, among
from .jit import compiled, inlined, inner, lent
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
    token_bits,
)
from .name_runs import with_context
from .names import BEGIN, END, find_names
from .namesakes import (
    EITHER,
    FEMALE,
    FIRST,
    GENDER,
    KIND,
    LENGTH,
    MALE,
    MENTIONS,
    NAME_BEGIN,
    NAME_END,
    NOMINAL,
    QUOTED,
    SECOND,
    TITLE_BEGIN,
    TITLE_END,
)
from .segment import CAPITAL, LINE, SENTENCE, WORD, token_hashes
from .sources import (
    LONGEST_SOURCE,
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

N_RANK_BUCKETS = 1 << 14
N_RANK_FEATURES = 25
SELF = -2
"""The candidate that a description is an actor of its own."""
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
_SPEAKER, _NEXT, _HEAD, _DESCRIBED = range(4)
"""Places of `Scene.marks`: who spoke last, the next name to take note of, the entity mentioned last, how many rows of
`described` are filled."""


class Scene(NamedTuple):
    """One article while its quotes are resolved in text order.

    Of tokens: hash, flags, bits, quotation, sentence (its number), paragraph (its number), tag, relation. Of names:
    place, of_name. Of entities: row, ends, keys, values, total. Of quotes: content (n_spans, 2), bounds
    (n_quotes + 1,), cue, source (n_quotes, 2; -1 where there is none), order (n_quotes,), the quotes in text order. The
    state: recent (n_rows, 4), previous and next entity by last mention, the first token of that, whether it was a
    subject; marks, `_SPEAKER` …; described (n_quotes, 3), mentions that are no names (entity, begin, end).
    """

    hash: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    bits: NDArray[np.uint32]
    quotation: NDArray[np.uint8]
    sentence: NDArray[np.int32]
    paragraph: NDArray[np.int32]
    tag: NDArray[np.uint8]
    relation: NDArray[np.uint8]
    place: NDArray[np.int32]
    of_name: NDArray[np.int32]
    row: NDArray[np.int32]
    ends: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    values: NDArray[np.int32]
    total: NDArray[np.int64]
    content: NDArray[np.int32]
    bounds: NDArray[np.int32]
    cue: NDArray[np.int32]
    source: NDArray[np.int32]
    order: NDArray[np.int64]
    recent: NDArray[np.int32]
    marks: NDArray[np.int64]
    described: NDArray[np.int32]


@compiled
def make_scene(tokens, where, quotes, known):  # type: ignore[no-untyped-def]
    """The scene before the first quote. quotes: `assembly.Spans`; known: the `Lexicon`."""
    n_quotes = len(quotes.cue)
    body = with_context(tokens, where, token_bits(tokens.hash, known.keys, known.bits))
    names = find_names(body, known)
    entities = join_names(body, names, n_quotes)
    n = len(tokens.start)
    sentence = np.zeros(n, np.int32)
    paragraph = np.zeros(n, np.int32)
    for i in range(n):
        before = i - 1 if i > 0 else 0
        sentence[i] = sentence[before] + (1 if where.sentence_start[i] == i else 0)
        paragraph[i] = paragraph[before] + (1 if tokens.flags[i] & LINE else 0)
    places = np.empty(n_quotes, np.int32)
    for k in range(n_quotes):
        places[k] = place_of(quotes, k)
    return Scene(
        tokens.hash,
        tokens.flags,
        body.bits,
        where.quotation,
        sentence,
        paragraph,
        where.tag,
        where.relation,
        names.place,
        entities.of_name,
        entities.row,
        entities.ends,
        entities.keys,
        entities.values,
        entities.total,
        quotes.content,
        quotes.bounds,
        quotes.cue,
        quotes.source,
        np.argsort(places, kind="mergesort"),
        np.full((len(entities.row), 4), -1, np.int32),
        np.array([-1, 0, -1, 0], np.int64),
        np.full((n_quotes, 3), -1, np.int32),
    )


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


@inner
def place_of(s, k):  # type: ignore[no-untyped-def]
    """Where a quote's speaker is named, or else where its cue or the quote begins."""
    if s.source[k, 0] >= 0:
        return s.source[k, 0]
    return s.cue[k, 0] if s.cue[k, 0] >= 0 else s.content[s.bounds[k], 0]


@lent
def list_candidates(s, k, source, out):  # type: ignore[no-untyped-def]
    """Entities that a source may be, nearest first, `SELF` for a description of its own; returns how many."""
    _advance(s, place_of(s, k))
    n = 0
    if source[SOURCE_END] > source[SOURCE_BEGIN] + 1 and among(_OTHER, s.hash[source[SOURCE_BEGIN]]):
        out[n] = SELF
        return 1
    entity = s.marks[_HEAD]
    for _ in range(_LOOKED_AT):
        if entity < 0 or n == _NEAREST:
            break
        if _fits(s, entity, source):
            out[n] = entity
            n += 1
        entity = s.recent[entity, 1]
    speaker = s.marks[_SPEAKER]
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
    while s.marks[_NEXT] < len(s.place) and s.place[s.marks[_NEXT], BEGIN] < place:
        k = s.marks[_NEXT]
        if s.quotation[s.place[k, BEGIN]] == OUTSIDE:
            _mention(s, s.of_name[k], s.place[k, BEGIN], s.place[k, END])
        s.marks[_NEXT] += 1


@inner
def _mention(s, entity, begin, end):  # type: ignore[no-untyped-def]
    """Put an entity at the head of the list by last mention: some tokens, any of which may be tagged as the subject."""
    head = s.marks[_HEAD]
    if s.recent[entity, 2] >= 0 and head != entity:
        before, after = s.recent[entity, 0], s.recent[entity, 1]
        s.recent[before, 1] = after
        if after >= 0:
            s.recent[after, 0] = before
    if head != entity:
        s.recent[entity, 0], s.recent[entity, 1] = -1, head
        if head >= 0:
            s.recent[head, 0] = entity
        s.marks[_HEAD] = entity
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
    if not _stands_in(s, s.hash[head], begin, end):
        return department and s.row[entity, LENGTH] > 1
    if not s.row[entity, NOMINAL]:
        return False
    for i in range(source[SOURCE_BEGIN], head):
        name = s.flags[i] & (CAPITAL | SENTENCE) == CAPITAL and s.hash[i + 1] != _HYPHEN
        if name and not _stands_in(s, s.hash[i], begin, end):
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


@inlined
def _bucket(template, kind, value):  # type: ignore[no-untyped-def]
    mixed = (np.uint64(template * 31 + kind) * np.uint64(1000003) + np.uint64(value)) * MIX
    return np.int32((mixed >> np.uint64(40)) & np.uint64(N_RANK_BUCKETS - 1))


@lent
def rank_features(s, k, source, candidate, index, out):  # type: ignore[no-untyped-def]
    """Buckets of what speaks for a candidate, the `index`-th, written to `out`: (`N_RANK_FEATURES`,) int32."""
    kind = np.int64(source[SOURCE_KIND])
    place = place_of(s, k)
    head = source[SOURCE_HEAD]
    noun = s.hash[head] & np.uint64(0xFFFFFF) if head >= 0 else np.uint64(0)
    what = np.int64(noun_of(s.bits[head])) if head >= 0 else 0
    plural = np.int64(source[SOURCE_PLURAL])
    length = np.int64(source[SOURCE_END] - source[SOURCE_BEGIN]) if source[SOURCE_BEGIN] >= 0 else 0
    speaker = s.marks[_SPEAKER]
    out[:] = _bucket(99, kind, 0)
    if candidate == SELF:
        out[0] = _bucket(0, kind, 0)
        out[1] = _bucket(1, kind, noun)
        out[2] = _bucket(2, kind, what)
        out[3] = _bucket(3, kind, plural)
        out[4] = _bucket(4, kind, min(length, 6))
        out[5] = _bucket(5, kind, 1 if speaker >= 0 else 0)
        return
    row = s.row[candidate]
    last = s.recent[candidate, 2]
    distance = min(s.sentence[place] - s.sentence[last], 8) if last >= 0 else 9
    paragraphs = min(s.paragraph[place] - s.paragraph[last], 4) if last >= 0 else 5
    rank = 0
    entity = s.marks[_HEAD]
    while rank < 6 and entity >= 0 and entity != candidate:
        entity = s.recent[entity, 1]
        rank += 1
    spoke = (1 if candidate == speaker else 0) + 2 * row[QUOTED]
    opens = 1 if last >= 0 and (last < 3 or s.sentence[last - 3] != s.sentence[last]) else 0
    subject = 1 if last >= 0 and s.recent[candidate, 3] else 0
    same_head = 0
    shared = 0
    if source[SOURCE_BEGIN] >= 0:
        for i in range(source[SOURCE_BEGIN], source[SOURCE_END]):
            if s.flags[i] & WORD and (
                _stands_in(s, s.hash[i], row[NAME_BEGIN], row[NAME_END])
                or _stands_in(s, s.hash[i], row[TITLE_BEGIN], row[TITLE_END])
            ):
                shared += 1
                if i == head:
                    same_head = 1
    nominal_same = 0
    if row[NOMINAL] and head >= 0 and row[SECOND] < 0 and s.hash[row[NAME_END] - 1] == s.hash[head]:
        nominal_same = 1
    own_quote = 0
    for c in range(s.bounds[k], s.bounds[k + 1]):
        if s.content[c, 0] <= last < s.content[c, 1]:
            own_quote = 1
    type_ = np.int64(row[KIND])
    out[0] = _bucket(10, kind, type_ * 2 + row[NOMINAL])
    out[1] = _bucket(11, kind, distance)
    out[2] = _bucket(12, kind, rank)
    out[3] = _bucket(13, kind, row[GENDER])
    out[4] = _bucket(14, kind, spoke)
    out[5] = _bucket(15, kind, opens * 16 + distance)
    out[6] = _bucket(16, kind, min(row[MENTIONS], 6))
    out[7] = _bucket(17, kind, same_head * 2 + nominal_same)
    out[8] = _bucket(18, kind, min(shared, 3) * 8 + min(length, 7))
    out[9] = _bucket(19, kind, own_quote)
    out[10] = _bucket(20, kind, spoke * 16 + distance)
    out[11] = _bucket(21, kind * 8 + type_, noun)
    out[12] = _bucket(22, kind, (spoke * 8 + type_) * 8 + rank)
    out[13] = _bucket(23, kind, plural * 8 + type_)
    out[14] = _bucket(24, kind, 1 if row[SECOND] >= 0 or row[LENGTH] > 1 else 0)
    out[15] = _bucket(25, kind, same_head * 16 + distance)
    out[16] = _bucket(26, kind, subject * 16 + distance)
    out[17] = _bucket(27, kind, (subject * 8 + rank) * 8 + paragraphs)
    out[18] = _bucket(28, kind, spoke * 8 + paragraphs)
    out[19] = _bucket(29, kind, min(row[MENTIONS], 6) * 16 + distance)
    out[20] = _bucket(30, kind, min(index, 6))
    out[21] = _bucket(31, kind, (min(index, 6) * 4 + spoke) * 16 + distance)
    # "The newspaper" and "Times", "the president" and "Trump", "the senator" and "Sen.": what is one in the labels
    last_word = s.ends[candidate, 1] & np.uint64(0xFFFFFFFF)
    out[22] = _bucket(32, 0, noun * np.uint64(0x9E3779B1) ^ last_word)
    title_word = np.uint64(0)
    if row[TITLE_END] > row[TITLE_BEGIN]:
        title_word = s.hash[row[TITLE_END] - 1] & np.uint64(0xFFFFFFFF)
        if not s.flags[row[TITLE_END] - 1] & WORD and row[TITLE_END] - 1 > row[TITLE_BEGIN]:
            title_word = s.hash[row[TITLE_END] - 2] & np.uint64(0xFFFFFFFF)  # "Sen."
    out[23] = _bucket(33, kind, noun * np.uint64(0x9E3779B1) ^ title_word)
    out[24] = _bucket(34, kind, min(index, 6) * 8 + type_)


@inner
def _stands_in(s, value, begin, end):  # type: ignore[no-untyped-def]
    for i in range(begin, min(end, begin + LONGEST_SOURCE)):
        if s.hash[i] == value:
            return True
    return False


@lent
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
            mention = s.described[s.marks[_DESCRIBED]]
            mention[0], mention[1], mention[2] = number, begin, end
            s.marks[_DESCRIBED] += 1
        if s.row[number, GENDER] == EITHER:
            if source[SOURCE_KIND] == SHE_KIND:
                s.row[number, GENDER] = FEMALE
            elif source[SOURCE_KIND] == HE_KIND:
                s.row[number, GENDER] = MALE
    s.marks[_SPEAKER] = number
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
