"""Noun phrases: where one stops, its head, and what stands at its end that is no part of it.

All functions work on a `Scene` (`scene.py`) and are compiled.
"""

from __future__ import annotations

from .hashing import among
from .jit import inner
from .lexicon import BREAK, DEFINITE, INDEFINITE, ORGANIZATION, OWNED, PREPOSITION
from .names import BEGIN, END, N_WORDS, POSSESSIVE, TYPE
from .segment import CALENDAR, CAPITAL, NUMBER, SPACED, WORD, token_hashes
from .tagger import FIRST_VERB, LAST_VERB, TAGS

_NOUN, _PLURAL, _ADVERB, _ADJECTIVE, _GERUND, _PARTICIPLE, _FINITE, _POSSESSIVE = (
    TAGS.index(tag) for tag in ("NN", "NNS", "RB", "JJ", "VBG", "VBN", "VBP", "POS")
)
_LOOSE_ENDS = tuple(TAGS.index(tag) for tag in ("RB", "IN", "TO", "DT", "CC", "W"))
"""What no noun phrase ends in."""
_IN, _A, _AN, _COMMA, _CLOSE, _TO, _HYPHEN, _SUCH, _AS, _INCLUDING = token_hashes(
    "in a an , close to - such as including"
)
_NAMED = token_hashes("named called")
_MANY = token_hashes(
    "few dozen hundred thousand million couple pair number series group handful majority lot host score trio"
)
"""What stands between ``a`` and a plural."""
_CALENDAR = token_hashes(CALENDAR)
_TIMES = token_hashes(
    "yesterday today tomorrow tonight earlier later ago night morning afternoon evening weekend day days week weeks "
    "month months year years"
)
_BEFORE_TIME = token_hashes("on in at late early last this next past recent earlier since")
_AUXILIARIES = token_hashes("has have had is are was were will would can could may might should")
"""Verbs that are never a noun."""


@inner
def names_in(s, begin, end):  # type: ignore[no-untyped-def]
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
def first_word(s, begin, end):  # type: ignore[no-untyped-def]
    """The first token from `begin` on that is a word, `end` where there is none."""
    while begin < end and not s.flags[begin] & WORD:
        begin += 1
    return begin


@inner
def phrase_end(s, begin, end):  # type: ignore[no-untyped-def]
    """Where the noun phrase that begins at a token stops, with and without circumstances at its end, and its head.

    The head is the last word before its first preposition or participle.
    """
    stop = begin + 1
    while stop < end and (
        not (s.bits[stop] & BREAK or _dash(s, stop, end) or _example(s, stop, end))
        or _in_number(s, stop, end)
        or _in_date(s, stop, end)
        or _in_pair(s, begin, stop, end)
    ):
        stop += 1
    shown = _without_circumstances(s, begin, stop)
    last = shown - 1
    named = _past_body(s, begin, shown)
    for i in range(named + 1, shown):
        # "editor-in-chief" has none, "the lawyer representing Ana Li" has one in "representing"
        noun = s.tag[i - 1] == _NOUN or s.tag[i - 1] == _PLURAL
        acted = s.tag[i] == _GERUND or s.tag[i] == _PARTICIPLE
        participle = noun and i + 1 < shown and acted and not among(_NAMED, s.hash[i])
        close_to = i + 1 < shown and s.hash[i] == _CLOSE and s.hash[i + 1] == _TO
        if s.flags[i] & SPACED and (s.bits[i] & PREPOSITION or participle or close_to):
            last = i - 1
            break
    head = last
    # "a letter filed Monday by", "Quill angrily": what stands between a noun and its preposition or the cue
    while head > begin and (s.tag[head] == _ADVERB or FIRST_VERB <= s.tag[head] <= _PARTICIPLE or _time(s, head)):
        head -= 1
    return stop, shown, last if s.bits[head] & (DEFINITE | INDEFINITE | OWNED) else head


@inner
def _past_body(s, begin, shown):  # type: ignore[no-untyped-def]
    """The noun behind a body's name with a preposition in it (a Bureau of Eels inspector), else `begin`."""
    at = begin + 1 if s.bits[begin] & (DEFINITE | INDEFINITE | OWNED) else begin
    low, high = names_in(s, at, at + 2)  # a former Bureau of Eels inspector
    for k in range(low, high):
        end = s.place[k, END]
        body = s.place[k, TYPE] == ORGANIZATION and not s.place[k, POSSESSIVE] and s.place[k, N_WORDS] > 2
        if body and end < shown and s.tag[end] in (_NOUN, _PLURAL) and not s.flags[end] & CAPITAL:
            return end
    return begin


@inner
def one_before_many(s, begin, head):  # type: ignore[no-untyped-def]
    """Whether a source is a plural with another phrase before it (a step critics)."""
    if not (s.hash[begin] == _A or s.hash[begin] == _AN) or s.tag[head] != _PLURAL or head < begin + 2:
        return False
    for i in range(begin + 1, head):
        if s.tag[i] != _NOUN or among(_MANY, s.hash[i]):
            return False
    return True


@inner
def _without_circumstances(s, begin, stop):  # type: ignore[no-untyped-def]
    """Where a noun phrase stops before the time, the adverbs and the verbs that end it (Ana Li on Monday night)."""
    for i in range(begin + 1, stop):
        verb = _FINITE <= s.tag[i] <= LAST_VERB and not s.flags[i] & CAPITAL and s.flags[i] & SPACED
        if verb and (i + 1 < stop or among(_AUXILIARIES, s.hash[i])):
            stop = i
            break
    last = stop
    while last - 1 > begin and (_time(s, last - 1) or _year(s, last - 1, last < stop)):
        last -= 1
    if last < stop:
        while last - 1 > begin and among(_BEFORE_TIME, s.hash[last - 1]):
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
def _dash(s, i, end):  # type: ignore[no-untyped-def]
    """Whether a hyphen with white space around it stands for a dash."""
    return s.hash[i] == _HYPHEN and i + 1 < end and s.flags[i] & s.flags[i + 1] & SPACED > 0


@inner
def _example(s, i, end):  # type: ignore[no-untyped-def]
    """Whether examples of a plural follow (critics including Ana Li, bodies such as the Eel Board)."""
    if s.tag[i - 1] != _PLURAL:
        return False
    return s.hash[i] == _INCLUDING or (s.hash[i] == _SUCH and i + 1 < end and s.hash[i + 1] == _AS)


@inner
def _time(s, i):  # type: ignore[no-untyped-def]
    """Whether a token is a word of time: a day or a month with a capital, or ``week``, ``yesterday`` … without."""
    return among(_CALENDAR if s.flags[i] & CAPITAL else _TIMES, s.hash[i])


@inner
def _year(s, i, before_time):  # type: ignore[no-untyped-def]
    """Whether a token is the number of a year or of a day beside a month."""
    if not s.flags[i] & NUMBER:
        return False
    return before_time or s.hash[i - 1] == _IN or among(_CALENDAR, s.hash[i - 1])


@inner
def _in_date(s, i, end):  # type: ignore[no-untyped-def]
    """Whether a comma stands before or behind the year of a date within a phrase (the Jan. 10, 2017, memo)."""
    if s.hash[i] != _COMMA or i + 1 >= end or not s.flags[i - 1] & NUMBER:
        return False
    if s.flags[i + 1] & NUMBER:
        return i + 2 < end
    behind_year = i > 2 and s.hash[i - 2] == _COMMA and s.flags[i - 3] & NUMBER > 0
    return behind_year and s.flags[i + 1] & WORD > 0 and not s.bits[i + 1] & (DEFINITE | INDEFINITE | OWNED)


@inner
def _in_pair(s, begin, i, end):  # type: ignore[no-untyped-def]
    """Whether a comma parts two adjectives behind an article (the old, lame mayor)."""
    pair = i + 2 < end and s.tag[i - 1] == _ADJECTIVE and s.tag[i + 1] == _ADJECTIVE
    return pair and s.hash[i] == _COMMA and i == begin + 2 and s.bits[begin] & (DEFINITE | INDEFINITE | OWNED) > 0


@inner
def _in_number(s, i, end):  # type: ignore[no-untyped-def]
    """Whether a comma stands within a number (2,000)."""
    return s.hash[i] == _COMMA and i + 1 < end and not s.flags[i + 1] & SPACED and s.flags[i - 1] & NUMBER > 0
