"""What a source says by itself: a pronoun, a name, a description, or somebody's document.

All functions work on a `Scene` (`antecedents.py`) and are compiled.
"""

from __future__ import annotations

import numpy as np

from .entities import KIND, NAME_BEGIN, with_last_name
from .jit import compiled, inner
from .lexicon import (
    AND,
    BARE,
    BREAK,
    DEFINITE,
    DOCUMENT,
    GROUP,
    INDEFINITE,
    NAME,
    NO_KIND,
    NOUN_SHIFT,
    ORGANIZATION,
    OWN,
    OWNED,
    PERSON,
    PRONOUN_SHIFT,
    STATE,
    THE,
    THEY_KIND,
    TITLE,
    UNKNOWN,
    WE_KIND,
    WHO_KIND,
    A,
    among,
)
from .names import BEGIN, END, N_WORDS, POSSESSIVE, TYPE, WORDS, party_of_state
from .phrases import first_word, one_before_many, phrase_end
from .segment import ALLCAPS, CAPITAL, WORD, token_hash
from .tagger import FIRST_VERB, LAST_VERB, RELATIONS, TAGS

LONGEST_SOURCE = 40
"""Tokens of a source that are looked at."""
_NOUN, _PLURAL, _ADVERB = (TAGS.index(tag) for tag in ("NN", "NNS", "RB"))
_APPOSITION = RELATIONS.index("apposition")
_BY, _FROM, _OF, _FOR, _COMMA, _STOP, _OPENING, _CLOSING = (
    np.uint64(token_hash(word)) for word in ("by", "from", "of", "for", ",", ".", "(", ")")
)
_NOMINATIVES, _SELVES, _KEEPERS = (
    np.array([token_hash(word) for word in words.split()], np.uint64)
    for words in (
        "he she it they i we you who which",
        "himself herself itself themselves",
        "seen obtained reviewed read viewed examined cited quoted published unsealed leaked ordered commissioned "
        "released",
    )
)
"""Pronouns that own nothing, words after a name that add nothing, and what is done to a document by another than its
author."""

SOURCE_KIND, SOURCE_ENTITY, SOURCE_BEGIN, SOURCE_END, SOURCE_HEAD, SOURCE_PLURAL, SOURCE_FIRST, SOURCE_SECOND = range(8)
"""What a source is by its words: kind (`lexicon`), entity where it is a name, tokens of the description without its
article, its head, whether it is plural, and the two persons that it joins (or -1)."""


@compiled
def read_source(s, k, out):  # type: ignore[no-untyped-def]
    """What the words of a quote's source say by themselves, written to `out` (the `SOURCE_` columns)."""
    begin, end = s.source[k, 0], s.source[k, 1]
    out[:] = -1
    out[SOURCE_KIND], out[SOURCE_PLURAL] = NO_KIND, 0
    if begin < 0:
        return
    end = min(end, begin + LONGEST_SOURCE)
    begin = first_word(s, begin, end)
    if begin == end:
        return  # punctuation only: as good as none
    first = s.bits[begin]
    pronoun = first >> PRONOUN_SHIFT & 15
    if pronoun == WHO_KIND + 1 and s.flags[begin] & ALLCAPS:
        pronoun = 0  # WHO officials
    alone = end - begin == 1 or (end - begin == 2 and not first & OWNED)
    if pronoun and (alone or _nominative(s, begin, end)):
        out[SOURCE_KIND] = pronoun - 1
        out[SOURCE_PLURAL] = pronoun - 1 == THEY_KIND or pronoun - 1 == WE_KIND
        out[SOURCE_HEAD] = begin
        return
    if end - begin > 1 and among(_SELVES, s.hash[end - 1]):
        end -= 1
    stop, shown, head = phrase_end(s, begin, end)
    if s.bits[head] >> NOUN_SHIFT & 7 == DOCUMENT:
        # A letter by somebody is that one's word: whoever stands after "by" or "from", or owns it
        entity = _owner(s, begin, head)
        if entity >= 0:
            out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
            return
        for i in range(head + 1, end - 1):
            if s.hash[i] == _BY and among(_KEEPERS, s.hash[i - 1]):
                break
            if s.hash[i] == _BY or s.hash[i] == _FROM:
                if first_word(s, i + 1, end) < end:
                    begin = first_word(s, i + 1, end)
                    stop, shown, head = phrase_end(s, begin, end)
                break
    if one_before_many(s, begin, head):
        begin = head
    low, high = _names_in(s, begin, end)
    both = _two_persons(s, stop, end, low, high)
    if both >= 0:
        _describe(s, begin, end, head, out)
        out[SOURCE_FIRST], out[SOURCE_SECOND], out[SOURCE_PLURAL] = s.of_name[low], s.of_name[both], 1
        return
    officer = _after_brackets(s, stop, end, low, high)
    if officer >= 0:
        out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, officer
        return
    several = stop < end and _list(s, begin, stop, end)
    if several and _bodies(s, begin, stop, low, high):
        entity = -1
    else:
        entity = _named(s, begin, stop, shown, end, head, low, high)
    if shown - begin == 1:
        entity = _by_last_name(s, begin, entity)
    if entity >= 0:
        out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
        return
    entity = _apposed(s, begin, head)
    if entity >= 0:
        out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
        return
    _describe(s, begin, end if several else shown, head, out)


@inner
def _nominative(s, begin, end):  # type: ignore[no-untyped-def]
    """Whether a source that begins with a pronoun is nobody else (who was there, he, like others, but not he and I)."""
    if not among(_NOMINATIVES, s.hash[begin]) or s.hash[begin + 1] == _STOP:
        return False  # "her lawyer", "I.J. Tonk"
    if s.bits[begin] >> PRONOUN_SHIFT & 15 == WHO_KIND + 1:
        return True
    for i in range(begin + 1, end):
        if s.bits[i] & AND:
            return False
    return True


@inner
def _by_last_name(s, word, entity):  # type: ignore[no-untyped-def]
    """The person whose last name a source of one word is, where it is a word or a state else (Short, Jordan).

    entity: what the source is by name, or -1; that again where there is no such person.
    """
    if not s.flags[word] & CAPITAL or (entity >= 0 and s.row[entity, KIND] != STATE):
        return entity
    person = with_last_name(s.keys, s.values, s.hash[word])
    return person if person >= 0 and (entity < 0 or s.row[person, NAME_BEGIN] < word) else entity


@inner
def _apposed(s, begin, head):  # type: ignore[no-untyped-def]
    """The person that a description stands after as an apposition (Ana Li, a former minister), else -1."""
    if begin < 2 or s.hash[begin - 1] != _COMMA or s.relation[head] != _APPOSITION:
        return -1
    if not s.bits[begin] & (DEFINITE | INDEFINITE | OWNED):
        return -1
    low, high = _names_in(s, begin - 2, begin - 1)
    if low == high or s.place[low, END] != begin - 1 or s.place[low, POSSESSIVE]:
        return -1
    return s.of_name[low] if s.row[s.of_name[low], KIND] == PERSON else -1


@inner
def _owner(s, begin, head):  # type: ignore[no-untyped-def]
    """The entity whose name with a possessive 's stands before the head of a source, else -1."""
    low, high = _names_in(s, begin, head)
    for k in range(low, high):
        if s.place[k, POSSESSIVE] and s.place[k, TYPE] != GROUP and s.place[k, END] + 2 >= head:
            return s.of_name[k]
    return -1


@inner
def _list(s, begin, stop, end):  # type: ignore[no-untyped-def]
    """Whether a comma divides a list (Germany, Norway and Spain) rather than puts an apposition."""
    for i in range(begin, stop):
        if s.bits[i] & AND:
            return False
    if s.hash[stop] != _COMMA or stop + 1 == end or s.bits[stop + 1] & (DEFINITE | INDEFINITE | OWNED):
        return False
    for i in range(stop + 1, end):
        if s.bits[i] & BREAK and s.hash[i] != _COMMA:
            return False
        if s.bits[i] & AND:
            return True
    return False


@inner
def _bodies(s, begin, stop, low, high):  # type: ignore[no-untyped-def]
    """Whether a list begins with two names, the first that of a body or a state (Norway, Spain and others)."""
    if high - low < 2 or s.place[low, BEGIN] > begin + 1 or s.place[low + 1, BEGIN] != stop + 1:
        return False
    kind = s.row[s.of_name[low], KIND]
    return (kind == ORGANIZATION or kind == STATE) and not s.place[low + 1, POSSESSIVE]


@inner
def _names_in(s, begin, end):  # type: ignore[no-untyped-def]
    """The names that touch some tokens: first, and one past the last."""
    low, high = 0, len(s.place)
    while low < high:
        middle = (low + high) // 2
        if s.place[middle, END] <= begin:
            low = middle + 1
        else:
            high = middle
    high = low
    while high < len(s.place) and s.place[high, BEGIN] < end:
        high += 1
    return low, high


@inner
def _covered(s, i, low, high):  # type: ignore[no-untyped-def]
    """Whether a token is part of one of some names."""
    for k in range(low, high):
        if s.place[k, BEGIN] <= i < s.place[k, END]:
            return True
    return False


@inner
def _after_brackets(s, stop, end, low, high):  # type: ignore[no-untyped-def]
    """The person named after an abbreviation in brackets and an office, as in Eel Board (EB) chair Ana Li; else -1."""
    if stop + 3 >= end or s.hash[stop] != _OPENING or s.hash[stop + 2] != _CLOSING:
        return -1
    for k in range(low, high):
        if s.place[k, BEGIN] <= stop + 2:
            continue
        for i in range(stop + 3, s.place[k, BEGIN]):
            if not s.flags[i] & WORD or s.bits[i] & (AND | BREAK):
                return -1
        person = s.row[s.of_name[k], KIND] <= PERSON and not s.place[k, POSSESSIVE]
        return s.of_name[k] if person else -1
    return -1


@inner
def _person_until(s, end, low, high):  # type: ignore[no-untyped-def]
    """Whether one of some names ends before a token and is a person's."""
    for k in range(low, high):
        if s.place[k, END] == end:
            return s.row[s.of_name[k], KIND] == PERSON
    return False


@inner
def _two_persons(s, stop, end, low, high):  # type: ignore[no-untyped-def]
    """The second of two persons that a source joins past commas, brackets or ``of`` (Anna Li, N-Orrin, and Tom Ek).

    A name's number, -1 where the source does not join two so. A word without a capital between them makes it none:
    "Anna Li, a friend of trout and Tom Ek" is one. Of three persons the first and the last are taken.
    """
    if high - low < 2 or s.place[low, POSSESSIVE] or s.row[s.of_name[low], KIND] > PERSON:
        return -1
    at = -1
    for i in range(s.place[low, END], end - 1):
        if s.bits[i] & AND and not _covered(s, i, low, high):
            if at >= 0:
                return -1
            at = i
    if at < 0 or at < stop:
        return -1
    second = low
    while second < high and s.place[second, BEGIN] <= at:
        second += 1
    if second == high or s.place[second, BEGIN] > at + 1 or s.place[second, POSSESSIVE]:
        return -1
    a, b = s.of_name[low], s.of_name[second]
    if a == b or s.row[a, KIND] != PERSON or s.row[b, KIND] != PERSON:
        return -1
    for i in range(s.place[low, END], at):
        if s.flags[i] & WORD and s.hash[i] != _OF and not _covered(s, i, low, high) and not s.flags[i] & CAPITAL:
            return -1
    return second


@inner
def _officer(s, begin, shown, head, low, high):  # type: ignore[no-untyped-def]
    """The person whose office or body a source begins with (Chairman of the Eel Board Gen. Ana Li), else -1."""
    last = high - 1
    if last < low or s.place[last, END] != shown or s.place[last, POSSESSIVE]:
        return -1
    at = s.place[last, BEGIN]
    if s.row[s.of_name[last], KIND] != PERSON or head >= at or not s.flags[head] & CAPITAL:
        return -1
    body = s.bits[head] >> NOUN_SHIFT & 7 == ORGANIZATION
    if s.bits[begin] & INDEFINITE or not (body or s.bits[head] & TITLE) or s.hash[head + 1] == _FOR:
        return -1
    # "of Army Gen. Ana Li" ends in the office of another
    begins = s.place[last, WORDS] > at and not s.bits[at] & TITLE
    return s.of_name[last] if begins or (body and s.bits[at - 1] & TITLE) else -1


@inner
def _of_two_offices(s, begin, shown, low, high):  # type: ignore[no-untyped-def]
    """The person after two offices or callings (historian and poet Ana Li, Trade and Eel Minister Ana Li), else -1."""
    last = high - 1
    if last < low or s.place[last, END] != shown or s.place[last, POSSESSIVE] or s.place[last, N_WORDS] < 2:
        return -1
    if s.row[s.of_name[last], KIND] > PERSON or s.bits[begin] & (DEFINITE | OWNED):
        return -1
    at = begin + 1
    while at < shown and not s.bits[at] & AND:
        at += 1
    # "lawyers and Ana Li", "Tom Ek and historian Ana Li" are two
    if at + 1 >= s.place[last, WORDS] or s.bits[at - 1] >> NOUN_SHIFT & 7 or s.tag[at - 1] == _PLURAL:
        return -1
    before = s.place[last, WORDS] - 1
    while before > at and not s.flags[before] & WORD:
        before -= 1
    pronoun = s.bits[at - 1] >> PRONOUN_SHIFT & 15
    for i in range(at + 1, before):  # Trade and Eel Board chair Ana Li
        if (
            not pronoun
            and s.bits[before] & TITLE
            and s.flags[i] & CAPITAL
            and s.bits[i] >> NOUN_SHIFT & 7 == ORGANIZATION
        ):
            return s.of_name[last]
    if not s.bits[at - 1] & TITLE and s.tag[at - 1] != _NOUN:
        return -1
    office = s.bits[before] & TITLE or (s.tag[before] == _NOUN and not s.bits[before] >> NOUN_SHIFT & 7)
    return s.of_name[last] if office else -1


@inner
def _named(s, begin, stop, shown, end, head, low, high):  # type: ignore[no-untyped-def]
    """The entity that a source is by name, if it is one rather than described by names; else -1."""
    officer = _officer(s, begin, shown, head, low, high)
    if officer < 0:
        officer = _of_two_offices(s, begin, shown, low, high)
    if officer >= 0:
        return officer
    for i in range(begin, stop):
        if s.bits[i] & AND:
            # "Ana Li of the Institute of Eels and Trout": what a person is of may join what it likes
            if not _covered(s, i, low, high) and not (i > head and _person_until(s, head + 1, low, high)):
                return -1
            break
    best = -1
    for k in range(low, high):
        first, last = max(begin, s.place[k, BEGIN]), s.place[k, END]
        # "Quill's" alone is Quill; else a possessive names whose the source is
        if s.place[k, TYPE] == GROUP or (s.place[k, POSSESSIVE] and last < shown):
            continue
        if first <= head < last or (first == begin and (last >= head + 1 or _person_acts(s, k, shown))):
            best = k
    if best < 0 and stop + 1 < end:
        # "a spokeswoman for the ministry, Maria Sol": the name follows the office
        for k in range(low, high):
            if s.place[k, BEGIN] > stop and s.place[k, TYPE] != GROUP:
                if _all_capital(s, stop + 1, s.place[k, BEGIN]) and _fits(s, begin, end, head, k):
                    best = k
                break
    if best < 0:
        return -1
    return s.of_name[_nearer(s, stop, end, best, high)]


@inner
def _person_acts(s, k, shown):  # type: ignore[no-untyped-def]
    """Whether a verb, an adverb or a party follows a person's name that begins a source (Ana Li waving the bill)."""
    after = s.place[k, END]
    if after >= shown or s.row[s.of_name[k], KIND] > PERSON:
        return False
    if s.flags[after] & CAPITAL:
        return party_of_state(after, shown, s.hash, s.flags)
    return s.tag[after] == _ADVERB or FIRST_VERB <= s.tag[after] <= LAST_VERB


@inner
def _all_capital(s, begin, end):  # type: ignore[no-untyped-def]
    for i in range(begin, end):
        if not s.flags[i] & CAPITAL:
            return False
    return True


@inner
def _fits(s, begin, end, head, k):  # type: ignore[no-untyped-def]
    """Whether a name after the comma can be the person or the body that the phrase before it describes."""
    kind = s.row[s.of_name[k], KIND]
    if s.bits[head] >> NOUN_SHIFT & 7 == ORGANIZATION:
        # "His company, Eel Partners", but not "the party, Norway's largest"
        return kind != PERSON and kind != STATE and first_word(s, s.place[k, END], end) == end
    office = s.bits[head] & TITLE > 0
    return kind == PERSON or (kind == UNKNOWN and (office or not s.bits[begin] & (INDEFINITE | DEFINITE)))


@inner
def _nearer(s, stop, end, best, high):  # type: ignore[no-untyped-def]
    """Of two persons with a comma between them the second, who stands by the cue; else the name given."""
    if stop + 1 >= end or s.hash[stop] != _COMMA or s.row[s.of_name[best], KIND] != PERSON:
        return best
    for k in range(best + 1, high):
        full = s.place[k, WORDS] > s.place[k, BEGIN] or s.place[k, N_WORDS] > 1
        if s.place[k, BEGIN] == stop + 1 and s.row[s.of_name[k], KIND] == PERSON and full:
            rest = first_word(s, s.place[k, END], end)
            return k if rest == end and not s.place[k, POSSESSIVE] else best
    return best


@inner
def _describe(s, begin, stop, head, out):  # type: ignore[no-untyped-def]
    """A description: how it begins, its words without the article, its head, and the two persons that it may join."""
    first = s.bits[begin]
    kind, words = BARE, begin
    if first & DEFINITE:
        kind = THE
        words = begin + 1 if stop > begin + 1 else begin
    elif first & OWNED:
        kind = OWN
    elif first & INDEFINITE:
        kind = A
    both = False
    for i in range(begin, stop):
        both = both or s.bits[i] & AND > 0
    noun = s.bits[head] >> NOUN_SHIFT & 7
    out[SOURCE_KIND], out[SOURCE_BEGIN], out[SOURCE_END], out[SOURCE_HEAD] = kind, words, stop, head
    out[SOURCE_PLURAL] = both or noun == GROUP or s.tag[head] == _PLURAL
    if both:
        _join_persons(s, begin, stop, out)


@inner
def _join_persons(s, begin, stop, out):  # type: ignore[no-untyped-def]
    """Write down the two persons that a description joins: one ends before ``and``, the other is the only one after."""
    low, high = _names_in(s, begin, stop)
    first = second = -1
    for k in range(low, high):
        if s.row[s.of_name[k], KIND] > PERSON or s.place[k, POSSESSIVE]:
            continue
        if s.place[k, END] < stop and s.bits[s.place[k, END]] & AND:
            first = k
        elif first >= 0 and second >= 0:
            return
        elif first >= 0:
            second = k
    if second >= 0 and s.of_name[first] != s.of_name[second]:
        out[SOURCE_FIRST], out[SOURCE_SECOND] = s.of_name[first], s.of_name[second]
