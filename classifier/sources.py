"""What a source says by itself: a pronoun, a name, a description, or somebody's document.

All functions work on a `Scene` (`antecedents.py`) and are compiled.
"""

from __future__ import annotations

import numpy as np

from .entities import KIND
from .jit import compiled, inner
from .lexicon import (
    AND,
    BARE,
    BREAK,
    CALENDAR,
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
    PREPOSITION,
    PRONOUN_SHIFT,
    STATE,
    THE,
    THEY_KIND,
    TITLE,
    UNKNOWN,
    WE_KIND,
    A,
)
from .names import BEGIN, END, N_WORDS, POSSESSIVE, TYPE, WORDS
from .segment import CAPITAL, NUMBER, SPACED, WORD, token_hash
from .tagger import RELATIONS, TAGS

LONGEST_SOURCE = 40
"""Tokens of a source that are looked at."""
_NOUN, _PLURAL, _ADVERB, _VERB, _GERUND, _PARTICIPLE, _FINITE, _MODAL, _PRONOUN, _RELATIVE, _POSSESSIVE = (
    TAGS.index(tag) for tag in ("NN", "NNS", "RB", "VB", "VBG", "VBN", "VBP", "MD", "PRP", "W", "POS")
)
_APPOSITION = RELATIONS.index("apposition")
_LOOSE_ENDS = tuple(TAGS.index(tag) for tag in ("RB", "IN", "TO", "DT", "CC", "W"))
"""What no noun phrase ends in."""
_BY, _FROM, _OF, _FOR, _IN, _NAMED, _A, _AN, _COMMA = (
    np.uint64(token_hash(word)) for word in ("by", "from", "of", "for", "in", "named", "a", "an", ",")
)
_MANY, _CALENDAR, _TIMES, _BEFORE_TIME, _AUXILIARIES = (
    np.array([token_hash(word) for word in words.split()], np.uint64)
    for words in (
        "few dozen hundred thousand million couple pair number series group handful majority lot host score trio",
        CALENDAR,
        "yesterday today tomorrow tonight earlier later ago night morning afternoon evening weekend day days week "
        "weeks month months year years",
        "on in at late early last this next past recent earlier since",
        "has have had is are was were will would can could may might should",
    )
)
"""What stands between ``a`` and a plural; days and months; other words of time; what stands before them; verbs that are
never a noun."""
_SELVES, _KEEPERS = (
    np.array([token_hash(word) for word in words.split()], np.uint64)
    for words in (
        "himself herself itself themselves",
        "seen obtained reviewed read viewed examined cited quoted published unsealed leaked ordered commissioned "
        "released",
    )
)
"""Words after a name that add nothing, and what is done to a document by another than its author."""

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
    begin = _first_word(s, begin, end)
    if begin == end:
        return  # punctuation only: as good as none
    first = s.bits[begin]
    pronoun = first >> PRONOUN_SHIFT & 15
    alone = end - begin == 1 or (end - begin == 2 and not first & OWNED)
    if pronoun and (alone or _subject(s, begin)):
        out[SOURCE_KIND] = pronoun - 1
        out[SOURCE_PLURAL] = pronoun - 1 == THEY_KIND or pronoun - 1 == WE_KIND
        out[SOURCE_HEAD] = begin
        return
    if end - begin > 1 and _among(_SELVES, s.hash[end - 1]):
        end -= 1
    stop, shown, head = _phrase_end(s, begin, end)
    if s.bits[head] >> NOUN_SHIFT & 7 == DOCUMENT:
        # A letter by somebody is that one's word: whoever stands after "by" or "from", or owns it
        entity = _owner(s, begin, head)
        if entity >= 0:
            out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
            return
        for i in range(head + 1, end - 1):
            if s.hash[i] == _BY and _among(_KEEPERS, s.hash[i - 1]):
                break
            if s.hash[i] == _BY or s.hash[i] == _FROM:
                if _first_word(s, i + 1, end) < end:
                    begin = _first_word(s, i + 1, end)
                    stop, shown, head = _phrase_end(s, begin, end)
                break
    if _one_before_many(s, begin, head):
        begin = head
    low, high = _names_in(s, begin, end)
    both = _two_persons(s, begin, stop, end, low, high)
    if both >= 0:
        _describe(s, begin, end, head, out)
        out[SOURCE_FIRST], out[SOURCE_SECOND], out[SOURCE_PLURAL] = s.of_name[low], s.of_name[both], 1
        return
    several = stop < end and _list(s, begin, stop, end)
    if several and _bodies(s, begin, stop, low, high):
        entity = -1
    else:
        entity = _named(s, begin, stop, shown, end, head, low, high)
    if entity >= 0:
        out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
        return
    entity = _apposed(s, begin, head)
    if entity >= 0:
        out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
        return
    _describe(s, begin, end if several else shown, head, out)


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
def _first_word(s, begin, end):  # type: ignore[no-untyped-def]
    """The first token from `begin` on that is a word, `end` where there is none."""
    while begin < end and not s.flags[begin] & WORD:
        begin += 1
    return begin


@inner
def _phrase_end(s, begin, end):  # type: ignore[no-untyped-def]
    """Where the noun phrase that begins at a token stops, with and without circumstances at its end, and its head.

    The head is the last word before its first preposition or participle.
    """
    stop = begin + 1
    while stop < end and (not s.bits[stop] & BREAK or _in_number(s, stop, end)):
        stop += 1
    shown = _without_circumstances(s, begin, stop)
    last = shown - 1
    for i in range(begin + 1, shown):
        # "editor-in-chief" has none, "the lawyer representing Ana Li" has one in "representing"
        noun = s.tag[i - 1] == _NOUN or s.tag[i - 1] == _PLURAL
        participle = noun and i + 1 < shown and (s.tag[i] == _GERUND or s.tag[i] == _PARTICIPLE) and s.hash[i] != _NAMED
        if s.flags[i] & SPACED and (s.bits[i] & PREPOSITION or participle):
            last = i - 1
            break
    head = last
    # "a letter filed by", "Quill angrily": what stands between a noun and its preposition or the cue
    while head > begin and (s.tag[head] == _ADVERB or _VERB <= s.tag[head] <= _PARTICIPLE):
        head -= 1
    return stop, shown, last if s.bits[head] & (DEFINITE | INDEFINITE | OWNED) else head


@inner
def _subject(s, i):  # type: ignore[no-untyped-def]
    """Whether a token is a pronoun with its verb (who was there on Monday)."""
    following = s.tag[i + 1]
    return (s.tag[i] == _RELATIVE or s.tag[i] == _PRONOUN) and (following == _ADVERB or _VERB <= following <= _MODAL)


@inner
def _one_before_many(s, begin, head):  # type: ignore[no-untyped-def]
    """Whether a source is a plural with another phrase before it (a step critics)."""
    if not (s.hash[begin] == _A or s.hash[begin] == _AN) or s.tag[head] != _PLURAL or head < begin + 2:
        return False
    for i in range(begin + 1, head):
        if s.tag[i] != _NOUN or _among(_MANY, s.hash[i]):
            return False
    return True


@inner
def _without_circumstances(s, begin, stop):  # type: ignore[no-untyped-def]
    """Where a noun phrase stops before the time, the adverbs and the verbs that end it (Ana Li on Monday night)."""
    for i in range(begin + 1, stop):
        verb = _FINITE <= s.tag[i] <= _MODAL and not s.flags[i] & CAPITAL and s.flags[i] & SPACED
        if verb and (i + 1 < stop or _among(_AUXILIARIES, s.hash[i])):
            stop = i
            break
    last = stop
    while last - 1 > begin and (_time(s, last - 1) or _year(s, last - 1, last < stop)):
        last -= 1
    if last < stop:
        while last - 1 > begin and _among(_BEFORE_TIME, s.hash[last - 1]):
            last -= 1
        if s.tag[last - 1] == _PARTICIPLE:
            return stop  # "a letter sent on Monday" is told from others by it
    while last - 1 > begin and s.tag[last - 1] in _LOOSE_ENDS and s.flags[last - 1] & (CAPITAL | SPACED) == SPACED:
        last -= 1
    while last - 1 > begin and s.tag[last - 1] == _POSSESSIVE:
        last -= 1
    bare = last - 1 == begin and s.bits[begin] & (DEFINITE | INDEFINITE | OWNED) > 0
    return stop if bare else last


@inner
def _time(s, i):  # type: ignore[no-untyped-def]
    """Whether a token is a word of time: a day or a month with a capital, or ``week``, ``yesterday`` … without."""
    return _among(_CALENDAR if s.flags[i] & CAPITAL else _TIMES, s.hash[i])


@inner
def _year(s, i, before_time):  # type: ignore[no-untyped-def]
    """Whether a token is the number of a year or of a day beside a month."""
    if not s.flags[i] & NUMBER:
        return False
    return before_time or s.hash[i - 1] == _IN or _among(_CALENDAR, s.hash[i - 1])


@inner
def _in_number(s, i, end):  # type: ignore[no-untyped-def]
    """Whether a comma stands within a number (2,000)."""
    return s.hash[i] == _COMMA and i + 1 < end and not s.flags[i + 1] & SPACED and s.flags[i - 1] & NUMBER > 0


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
def _person_until(s, end, low, high):  # type: ignore[no-untyped-def]
    """Whether one of some names ends before a token and is a person's."""
    for k in range(low, high):
        if s.place[k, END] == end:
            return s.row[s.of_name[k], KIND] == PERSON
    return False


@inner
def _two_persons(s, begin, stop, end, low, high):  # type: ignore[no-untyped-def]
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
def _among(few, word):  # type: ignore[no-untyped-def]
    for other in few:
        if other == word:
            return True
    return False


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
def _named(s, begin, stop, shown, end, head, low, high):  # type: ignore[no-untyped-def]
    """The entity that a source is by name, if it is one rather than described by names; else -1."""
    officer = _officer(s, begin, shown, head, low, high)
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
    return s.of_name[_nearer(s, stop, end, best, low, high)]


@inner
def _person_acts(s, k, shown):  # type: ignore[no-untyped-def]
    """Whether a verb or an adverb follows a person's name that begins a source (Ana Li waving the bill)."""
    after = s.place[k, END]
    if after >= shown or s.flags[after] & CAPITAL or s.row[s.of_name[k], KIND] > PERSON:
        return False
    return s.tag[after] == _ADVERB or _VERB <= s.tag[after] <= _MODAL


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
        return kind != PERSON and kind != STATE and _first_word(s, s.place[k, END], end) == end
    office = s.bits[head] & TITLE > 0
    return kind == PERSON or (kind == UNKNOWN and (office or not s.bits[begin] & (INDEFINITE | DEFINITE)))


@inner
def _nearer(s, stop, end, best, low, high):  # type: ignore[no-untyped-def]
    """Of two persons with a comma between them the second, who stands by the cue; else the name given."""
    if stop + 1 >= end or s.hash[stop] != _COMMA or s.row[s.of_name[best], KIND] != PERSON:
        return best
    for k in range(best + 1, high):
        full = s.place[k, WORDS] > s.place[k, BEGIN] or s.place[k, N_WORDS] > 1
        if s.place[k, BEGIN] == stop + 1 and s.row[s.of_name[k], KIND] == PERSON and full:
            rest = _first_word(s, s.place[k, END], end)
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
