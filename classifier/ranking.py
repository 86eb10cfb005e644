"""What speaks for each entity that a source may mean: features of a linear ranking, as numbers of its weights.

After the mention-ranking model of Denis and Baldridge (2008).
"""

from __future__ import annotations

import numpy as np

from .hashing import MIX
from .jit import borrowing, inlined, inner
from .lexicon import noun_of
from .namesakes import (
    GENDER,
    KIND,
    LENGTH,
    MENTIONS,
    NAME_BEGIN,
    NAME_END,
    NOMINAL,
    QUOTED,
    SECOND,
    TITLE_BEGIN,
    TITLE_END,
)
from .scene import HEAD, SPEAKER, place_of, stands_in
from .segment import WORD
from .sources import SOURCE_BEGIN, SOURCE_END, SOURCE_HEAD, SOURCE_KIND, SOURCE_PLURAL

N_RANK_BUCKETS = 1 << 14
N_RANK_FEATURES = 25
SELF = -2
"""The candidate that a description is an actor of its own."""


@inlined
def _bucket(template, kind, value):  # type: ignore[no-untyped-def]
    mixed = (np.uint64(template * 31 + kind) * np.uint64(1000003) + np.uint64(value)) * MIX
    return np.int32((mixed >> np.uint64(40)) & np.uint64(N_RANK_BUCKETS - 1))


@borrowing
def rank_features(s, k, source, candidate, index, out):  # type: ignore[no-untyped-def]
    """Buckets of what speaks for a candidate, the `index`-th, written to `out`: (`N_RANK_FEATURES`,) int32."""
    kind = np.int64(source[SOURCE_KIND])
    head = source[SOURCE_HEAD]
    noun = s.hash[head] & np.uint64(0xFFFFFF) if head >= 0 else np.uint64(0)
    length = np.int64(source[SOURCE_END] - source[SOURCE_BEGIN]) if source[SOURCE_BEGIN] >= 0 else 0
    plural = np.int64(source[SOURCE_PLURAL])
    speaker = s.marks[SPEAKER]
    out[:] = _bucket(99, kind, 0)
    if candidate == SELF:
        out[0] = _bucket(0, kind, 0)
        out[1] = _bucket(1, kind, noun)
        out[2] = _bucket(2, kind, np.int64(noun_of(s.bits[head])) if head >= 0 else 0)
        out[3] = _bucket(3, kind, plural)
        out[4] = _bucket(4, kind, min(length, 6))
        out[5] = _bucket(5, kind, 1 if speaker >= 0 else 0)
        return
    row = s.row[candidate]
    place, last = place_of(s, k), s.recent[candidate, 2]
    distance = min(s.sentence[place] - s.sentence[last], 8) if last >= 0 else 9
    paragraphs = min(s.paragraph[place] - s.paragraph[last], 4) if last >= 0 else 5
    rank = _mentioned_since(s, candidate)
    spoke = (1 if candidate == speaker else 0) + 2 * row[QUOTED]
    opens = 1 if last >= 0 and (last < 3 or s.sentence[last - 3] != s.sentence[last]) else 0
    subject = 1 if last >= 0 and s.recent[candidate, 3] else 0
    shared, same_head = _shared_words(s, source, row)
    same_noun = row[NOMINAL] and head >= 0 and row[SECOND] < 0 and s.hash[row[NAME_END] - 1] == s.hash[head]
    type_, mentions, index = np.int64(row[KIND]), min(row[MENTIONS], 6), min(index, 6)
    out[0] = _bucket(10, kind, type_ * 2 + row[NOMINAL])
    out[1] = _bucket(11, kind, distance)
    out[2] = _bucket(12, kind, rank)
    out[3] = _bucket(13, kind, row[GENDER])
    out[4] = _bucket(14, kind, spoke)
    out[5] = _bucket(15, kind, opens * 16 + distance)
    out[6] = _bucket(16, kind, mentions)
    out[7] = _bucket(17, kind, same_head * 2 + (1 if same_noun else 0))
    out[8] = _bucket(18, kind, min(shared, 3) * 8 + min(length, 7))
    out[9] = _bucket(19, kind, 1 if _within_quote(s, k, last) else 0)
    out[10] = _bucket(20, kind, spoke * 16 + distance)
    out[11] = _bucket(21, kind * 8 + type_, noun)
    out[12] = _bucket(22, kind, (spoke * 8 + type_) * 8 + rank)
    out[13] = _bucket(23, kind, plural * 8 + type_)
    out[14] = _bucket(24, kind, 1 if row[SECOND] >= 0 or row[LENGTH] > 1 else 0)
    out[15] = _bucket(25, kind, same_head * 16 + distance)
    out[16] = _bucket(26, kind, subject * 16 + distance)
    out[17] = _bucket(27, kind, (subject * 8 + rank) * 8 + paragraphs)
    out[18] = _bucket(28, kind, spoke * 8 + paragraphs)
    out[19] = _bucket(29, kind, mentions * 16 + distance)
    out[20] = _bucket(30, kind, index)
    out[21] = _bucket(31, kind, (index * 4 + spoke) * 16 + distance)
    # "The newspaper" and "Times", "the president" and "Trump", "the senator" and "Sen.": what is one in the labels
    mixed = noun * np.uint64(0x9E3779B1)
    out[22] = _bucket(32, 0, mixed ^ (s.ends[candidate, 1] & np.uint64(0xFFFFFFFF)))
    out[23] = _bucket(33, kind, mixed ^ _title_word(s, row))
    out[24] = _bucket(34, kind, index * 8 + type_)


@inner
def _mentioned_since(s, candidate):  # type: ignore[no-untyped-def]
    """How many other entities were mentioned after a candidate, 6 for more and for one that was not mentioned."""
    rank = 0
    entity = s.marks[HEAD]
    while rank < 6 and entity >= 0 and entity != candidate:
        entity = s.recent[entity, 1]
        rank += 1
    return rank


@inner
def _shared_words(s, source, row):  # type: ignore[no-untyped-def]
    """How many words of a source stand in an entity's name or title, and whether its head is one of them."""
    shared = same_head = 0
    for i in range(source[SOURCE_BEGIN], source[SOURCE_END]):  # none where both are -1
        if s.flags[i] & WORD and (
            stands_in(s, s.hash[i], row[NAME_BEGIN], row[NAME_END])
            or stands_in(s, s.hash[i], row[TITLE_BEGIN], row[TITLE_END])
        ):
            shared += 1
            if i == source[SOURCE_HEAD]:
                same_head = 1
    return shared, same_head


@inner
def _within_quote(s, k, i):  # type: ignore[no-untyped-def]
    """Whether a token stands within the content of a quote."""
    for c in range(s.bounds[k], s.bounds[k + 1]):
        if s.content[c, 0] <= i < s.content[c, 1]:
            return True
    return False


@inner
def _title_word(s, row):  # type: ignore[no-untyped-def]
    """The lower half of the hash of the last word of an entity's title ("Sen." without its stop), 0 without a title."""
    begin, last = row[TITLE_BEGIN], row[TITLE_END] - 1
    if last < begin:
        return np.uint64(0)
    if not s.flags[last] & WORD and last > begin:
        last -= 1
    return s.hash[last] & np.uint64(0xFFFFFFFF)
