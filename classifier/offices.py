"""Whom a source names: persons beside their offices, bodies and appositions.

All functions work on a `Scene` (`scene.py`) and are compiled. begin, end: tokens of the source; stop, shown,
head: as `phrases.phrase_end` returns them; low, high: names that touch the source, as `phrases.names_in` returns them.
"""

from __future__ import annotations

from .jit import inner
from .lexicon import (
    AND,
    BREAK,
    DEFINITE,
    GROUP,
    INDEFINITE,
    ORGANIZATION,
    OWNED,
    PERSON,
    PREPOSITION,
    STATE,
    TITLE,
    UNKNOWN,
    noun_of,
    pronoun_of,
)
from .name_runs import party_of_state
from .names import BEGIN, END, N_WORDS, POSSESSIVE, TYPE, WORDS
from .namesakes import KIND, LENGTH
from .phrases import first_word
from .segment import CAPITAL, WORD, token_hashes
from .tagger import FIRST_VERB, LAST_VERB, TAGS

_NOUN, _PLURAL, _NAME, _ADVERB, _ADJECTIVE = (TAGS.index(tag) for tag in ("NN", "NNS", "NNP", "RB", "JJ"))
_NOUNS = (_NOUN, _PLURAL, _NAME)
_OF, _FOR, _THE, _COMMA, _OPENING, _CLOSING = token_hashes("of for the , ( )")
_CHARGE = token_hashes("charge")[0]
"""In an office (Special Agent in Charge)."""


@inner
def _covered(s, i, low, high):  # type: ignore[no-untyped-def]
    """Whether a token is part of one of some names."""
    for k in range(low, high):
        if s.place[k, BEGIN] <= i < s.place[k, END]:
            return True
    return False


@inner
def after_brackets(s, stop, end, low, high):  # type: ignore[no-untyped-def]
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
def two_persons(s, stop, end, low, high):  # type: ignore[no-untyped-def]
    """The second of two persons that a source joins past commas, brackets or ``of`` (Anna Li, N-Orrin, and Tom Ek).

    A name's number, -1 where the source does not join two so. A word without a capital between them makes it none:
    "Anna Li, a friend of trout and Tom Ek" is one. Of three persons the last is taken.
    """
    low = past_owners(s, low, high)
    if high - low < 2 or s.row[s.of_name[low], KIND] > PERSON:
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
def third_person(s, first, last):  # type: ignore[no-untyped-def]
    """Whether another person is named between two of a source (Anna Li, Sen. Bo Tully and Tom Ek)."""
    for k in range(first + 1, last):
        other = s.of_name[k] != s.of_name[first] and s.of_name[k] != s.of_name[last]
        full = s.row[s.of_name[k], LENGTH] > 1 and s.row[s.of_name[k], KIND] == PERSON
        if other and full and not s.place[k, POSSESSIVE]:
            return True
    return False


@inner
def past_owners(s, low, high):  # type: ignore[no-untyped-def]
    """The first of some names that owns nothing, or `high` (of Ek's lawyers, Ana Li and Bo Tully, Li)."""
    while low < high and s.place[low, POSSESSIVE]:
        low += 1
    return low


@inner
def _officer(s, begin, shown, head, low, high):  # type: ignore[no-untyped-def]
    """The person whose office or body a source begins with (Chairman of the Eel Board Gen. Ana Li), else -1."""
    last = high - 1
    if last < low or s.place[last, END] != shown or s.place[last, POSSESSIVE]:
        return -1
    at = s.place[last, BEGIN]
    for i in range(begin, at):
        if s.bits[i] & AND and _person_until(s, i, low, last):
            break  # Tom Ek and chief of staff Ana Li
        if s.bits[i] & TITLE and _office_of_something(s, begin, i, last):
            return s.of_name[last]
    kind = s.row[s.of_name[last], KIND]
    person = kind == PERSON or (kind == UNKNOWN and s.bits[at - 1] & TITLE > 0)
    if not person or head >= at or not s.flags[head] & CAPITAL:
        return -1
    noun = noun_of(s.bits[head])
    chiefs = noun == GROUP and head > begin and s.flags[head - 1] & CAPITAL and not s.bits[head - 1] & DEFINITE
    body = noun == ORGANIZATION or chiefs
    if s.bits[begin] & INDEFINITE or not (body or s.bits[head] & TITLE) or s.hash[head + 1] == _FOR:
        return -1
    # "of Army Gen. Ana Li" ends in the office of another
    begins = s.place[last, WORDS] > at and not s.bits[at] & TITLE
    return s.of_name[last] if begins or (body and s.bits[at - 1] & TITLE) else -1


@inner
def _office_of_something(s, begin, office, k):  # type: ignore[no-untyped-def]
    """Whether an office of something stands before a person's name (chief of staff Ana Li, envoy to the U.N. Ana Li).

    office: its token. "An aide to Governor Ana Li", "a lawyer for the singer Ana Li" are of her office, and not she.
    """
    at = s.place[k, BEGIN]
    full = s.place[k, N_WORDS] > 1 and s.row[s.of_name[k], KIND] <= PERSON
    if not full or office + 2 >= s.place[k, WORDS] or s.bits[begin] & INDEFINITE:
        return False
    before = s.place[k, WORDS] - 1
    while before > at and not s.flags[before] & WORD:
        before -= 1  # "U.N."
    if not s.bits[office + 1] & PREPOSITION or s.tag[before] not in _NOUNS or not s.flags[before] & WORD:
        return False
    for i in range(office + 1, s.place[k, WORDS]):
        if (s.bits[i] & (TITLE | AND) and s.hash[i] != _CHARGE) or (s.bits[i] & BREAK and i < at):
            return False
    return s.flags[before] & CAPITAL > 0 or s.hash[office + 1] == _OF


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
    if at + 1 >= s.place[last, WORDS] or noun_of(s.bits[at - 1]) or s.tag[at - 1] == _PLURAL:
        return -1
    before = s.place[last, WORDS] - 1
    while before > at and not s.flags[before] & WORD:
        before -= 1
    pronoun = pronoun_of(s.bits[at - 1])
    for i in range(at + 1, before):  # Trade and Eel Board chair Ana Li
        if not pronoun and s.bits[before] & TITLE and s.flags[i] & CAPITAL and noun_of(s.bits[i]) == ORGANIZATION:
            return s.of_name[last]
    if not s.bits[at - 1] & TITLE and s.tag[at - 1] != _NOUN:
        return -1
    office = s.tag[before] == _NOUN and not noun_of(s.bits[before])
    for i in range(at + 1, before + 1):
        office = office or s.bits[i] & TITLE > 0
    return s.of_name[last] if office else -1


@inner
def named(s, begin, stop, shown, end, head, low, high):  # type: ignore[no-untyped-def]
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
        # "a spokeswoman for the ministry, Maria Sol", "his bank, the Orrin Trust": the name follows the office
        for k in range(low, high):
            if s.place[k, BEGIN] > stop and s.place[k, TYPE] != GROUP:
                after = stop + 2 if s.hash[stop + 1] == _THE and s.place[k, TYPE] == ORGANIZATION else stop + 1
                if _only_title(s, after, s.place[k, BEGIN]) and _fits(s, begin, end, head, k):
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
def _only_title(s, begin, end):  # type: ignore[no-untyped-def]
    """Whether only words with a capital, nouns and adjectives stand before a name (former judge Ana Li)."""
    for i in range(begin, end):
        if not s.flags[i] & CAPITAL and s.tag[i] != _NOUN and s.tag[i] != _ADJECTIVE:
            return False
    return True


@inner
def _fits(s, begin, end, head, k):  # type: ignore[no-untyped-def]
    """Whether a name after the comma can be the person or the body that the phrase before it describes."""
    kind = s.row[s.of_name[k], KIND]
    if s.tag[head] == _PLURAL and kind == PERSON:
        return False
    if noun_of(s.bits[head]) == ORGANIZATION:
        # "His company, Eel Partners", but not "the party, Norway's largest"
        return kind != PERSON and kind != STATE and first_word(s, s.place[k, END], end) == end
    office = s.bits[head] & TITLE > 0
    return kind == PERSON or (kind == UNKNOWN and (office or not s.bits[begin] & (INDEFINITE | DEFINITE)))


@inner
def _nearer(s, stop, end, best, high):  # type: ignore[no-untyped-def]
    """Of two persons with a comma between them the second, who stands by the cue; else the name given."""
    office = s.bits[s.place[best, END] - 1] & TITLE > 0  # the Press Officer, Ana Li
    if stop + 1 >= end or s.hash[stop] != _COMMA or not (office or s.row[s.of_name[best], KIND] == PERSON):
        return best
    for k in range(best + 1, high):
        full = s.place[k, WORDS] > s.place[k, BEGIN] or s.place[k, N_WORDS] > 1
        if s.place[k, BEGIN] == stop + 1 and s.row[s.of_name[k], KIND] == PERSON and full:
            rest = first_word(s, s.place[k, END], end)
            return k if rest == end and not s.place[k, POSSESSIVE] else best
    return best
