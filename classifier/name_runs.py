"""Runs of capitalized words that may be names: where each begins and ends, and which belong together.

A run holds titles, too; `names.py` tells them from the name.
"""

from __future__ import annotations

import numpy as np

from .context import INSIDE, OPENING
from .hashing import among
from .jit import inlined, inner, maker
from .lexicon import (
    AND,
    DEMONYM,
    GROUP,
    HE,
    NEVER,
    ORGANIZATION,
    PARTICLE,
    PERSON,
    PREPOSITION,
    SHE,
    SHORT,
    SUFFIX,
    TITLE,
    noun_of,
    pronoun_of,
)
from .segment import (
    ALLCAPS,
    APOSTROPHE,
    CAPITAL,
    MARK_NONE,
    MARK_SINGLE,
    NUMBER,
    SENTENCE,
    SPACED,
    WORD,
    token_hashes,
)
from .tagger import TAGS

LONGEST_RUN = 40
"""Tokens of a run."""
_ADJECTIVE, _NOUN, _PLURAL, _NAME = (TAGS.index(tag) for tag in ("JJ", "NN", "NNS", "NNP"))
_OF, _FOR, _ON, _TO, _THE, _A, _SAINT, _ST, _HYPHEN = token_hashes("of for on to the a saint st -")
_R, _D, _I, _V, _JUNIOR, _SENIOR = token_hashes("r d i v jr sr")
_HE, _MAY, _APRIL, _JUNE, _AUGUST = token_hashes("he may april june august")
"""A pronoun and months that are names, too."""
_GIVEN_DAYS = token_hashes("jan sun april june")
"""Given names that the calendar has, too."""
_BEFORE_DATES = token_hashes("the this that last next early late mid since until till between every and or")
_FIELDS = token_hashes(
    "immigration citizenship customs securities food oceanic aeronautics fish health housing ways energy education "
    "oversight industry trade arts science commerce agriculture environment"
)
"""What a body may have beside another field (Health and Human Services)."""
_ON_FIELDS = token_hashes(
    "committee subcommittee council commission center centre project institute board panel forum caucus academy"
)
"""Bodies that are on a field."""
_FOR_FIELDS = token_hashes("minister secretary undersecretary commissioner representative envoy")
"""Offices that are for a field (Commissioner for Trade)."""
_PURPOSEFUL = token_hashes("committee campaign coalition movement alliance project initiative")
"""Bodies that are to do something (Committee to Protect Eels)."""
_MANY = token_hashes("women men children people fishermen")
"""Plurals without an s, which own bodies (Women's League)."""
_AFTER_APOSTROPHE = token_hashes("s d m t ll re ve")
"""What an apostrophe parts from a word that is whole."""
_PLATFORMS = token_hashes("facebook twitter pinterest linkedin whatsapp reddit tumblr email messenger instagram")
"""Buttons that are scraped in a row before a caption."""
_BEFORE_NAMES = token_hashes("former acting ex longtime incoming outgoing")
"""Words that are no part of a name, with a capital or without."""
_SIBILANTS = tuple(map(ord, "sxzSXZ"))
"""What a word ends in whose possessive is an apostrophe alone."""
_PARTISAN = token_hashes("pro anti")
"""Before a hyphen and whom somebody is for or against (the pro-Tonk Orrin Times)."""
_AGENCIES = token_hashes("ap afp reuters getty")
"""Whose a picture is, between its caption and the text."""
_LONGEST_NAME = 12
_LONGEST_BEFORE_PARTICLE = 9
"""Tokens of a run before it is joined to others, and of one that goes on after a particle."""
_LONGEST_ACRONYM = 5
_SHORTEST_CRY = 5
"""Letters of a word in capitals before a name that is no acronym (WATCHED)."""


@inner
def generation(word):  # type: ignore[no-untyped-def]
    """Whether a word tells father and son apart (Jr., Sr.)."""
    return word == _JUNIOR or word == _SENIOR


@maker
def joined_runs(hashes, flags, tag, bits, runs, level):  # type: ignore[no-untyped-def]
    """Runs with ``of`` between them joined where the first ends in an office or a body (Ministry of Eels)."""
    out = np.empty_like(runs)
    return out[: _write_joined(hashes, flags, tag, bits, runs, level, out)]


@inner
def _write_joined(hashes, flags, tag, bits, runs, level, out):  # type: ignore[no-untyped-def]
    """Write runs to `out`, joined where they belong together; returns how many there are."""
    count = 0
    for r in range(len(runs)):
        stop, possessive = runs[r, 1], runs[r, 2]
        begin = _first_token(runs[r, 0], out[count - 1, 1] if count else 0, hashes, flags, tag, bits, level)
        near = count > 0 and not out[count - 1, 2] and out[count - 1, 1] < begin <= out[count - 1, 1] + 2
        if near and not flags[begin] & SENTENCE and stop - out[count - 1, 0] <= LONGEST_RUN:
            last = out[count - 1, 1]
            direct = begin == last + 1 or hashes[last + 1] == _THE or hashes[last + 1] == _A
            of, for_, on = hashes[last] == _OF and direct, hashes[last] == _FOR and direct, hashes[last] == _ON
            both = bits[last] & AND > 0 and begin == last + 1 and not bits[begin] & (TITLE | SHORT | HE | SHE)
            head = bits[last - 1]
            body = noun_of(head) == ORGANIZATION
            office = head & TITLE > 0
            has_of = on_what = of_person = False
            for i in range(out[count - 1, 0], last):
                has_of = has_of or hashes[i] == _OF or hashes[i] == _FOR
                on_what = on_what or hashes[i] == _ON
                of_person = of_person or bits[i] & (HE | SHE | TITLE) > 0
            purpose = hashes[last] == _TO and begin == last + 1 and among(_PURPOSEFUL, hashes[last - 1])
            many = last == out[count - 1, 0] + 1 and (noun_of(head) == GROUP or tag[last - 1] == _PLURAL)
            field = bits[last] & AND > 0 and begin == last + 1 and among(_FIELDS, hashes[last - 1])
            on_field = on and direct and among(_ON_FIELDS, hashes[last - 1])
            # Growers for Clean Water, Commissioner for Trade
            field_office = among(_FOR_FIELDS, hashes[last - 1]) and not bits[begin] & (TITLE | HE | SHE)
            for_what = for_ and (body or many or field_office)
            named = field or on_field or for_what or purpose or (of and (body or office or on_what))
            if named or (both and has_of and not body and not office and not of_person):
                out[count - 1, 1], out[count - 1, 2] = stop, possessive
                continue
        if count > 0 and _owned_body(out[count - 1], begin, stop, hashes, flags, bits, level):
            out[count - 1, 1], out[count - 1, 2] = stop, possessive
            continue
        out[count, 0], out[count, 1], out[count, 2] = begin, stop, possessive
        count += 1
    return count


@inner
def _first_token(begin, free, hashes, flags, tag, bits, level):  # type: ignore[no-untyped-def]
    """Where a run begins with the words before it that are part of its name, and that nothing showed as such so far.

    free: the first token behind the run before.
    """
    if flags[begin] & SENTENCE:
        return begin
    if begin > 1 and free <= begin - 2:
        before = begin - 2
        if hashes[begin - 1] == _OF or hashes[begin - 1] == _FOR:
            # "Secretary of State" at the start of a sentence, where a capital tells nothing
            return before if flags[before] & CAPITAL and bits[before] & TITLE else begin
        if bits[begin - 1] & AND:
            # Health and Human Services after a comma
            return before if flags[before] & CAPITAL and among(_FIELDS, hashes[before]) else begin
    if begin == 0 or free >= begin or not (flags[begin - 1] & CAPITAL and flags[begin - 1] & SENTENCE):
        return begin
    if bits[begin] & TITLE:
        # and so "Foreign Minister", though not "But Minister": the first word must be one that can stand in a title
        return begin - 1 if tag[begin - 1] in (_ADJECTIVE, _NOUN, _NAME) else begin
    return begin - 1 if _first_of_body(begin - 1, tag, bits, hashes, level) else begin


@inner
def _first_of_body(i, tag, bits, hashes, level):  # type: ignore[no-untyped-def]
    """Whether the first word of a sentence belongs to a name of common words after it (Eel Rights Watch)."""
    common = level[i] == 1 and 0 < level[i + 1] < 3
    word = tag[i] == _NAME or tag[i] == _NOUN or tag[i] == _ADJECTIVE
    return common and word and not among(_BEFORE_NAMES, hashes[i]) and not bits[i] & (TITLE | PREPOSITION | AND)


@inner
def _owned_body(run, begin, stop, hashes, flags, bits, level):  # type: ignore[no-untyped-def]
    """Whether a run goes on as a body after a possessive, unlike Ana Li's Office.

    The owner is an office or a group (Sheriff's Office), a saint (St. Ana's Church), or many (Growers' Union).
    """
    last = run[1]
    if not run[2] or not last < begin <= last + 2 or flags[begin - 1] & SPACED or stop - run[0] > LONGEST_RUN:
        return False
    many = level[last - 1] < 2 and begin == last + 1 and not bits[last - 1] & (TITLE | HE | SHE | DEMONYM)
    if (many or among(_MANY, hashes[last - 1])) and not bits[begin] & (HE | SHE | TITLE):
        return True
    saint = hashes[run[0]] == _ST or hashes[run[0]] == _SAINT
    owner = saint or bits[last - 1] & TITLE > 0 or noun_of(bits[last - 1]) == GROUP
    return owner and noun_of(bits[stop - 1]) == ORGANIZATION


@maker
def find_runs(  # type: ignore[no-untyped-def]
    hashes, flags, mark, points, start, end, level, quotation, sentence_start, bits, name_tags
):
    """Runs of name words: (n_runs, 3) int32 begin, end, whether a possessive 's follows."""
    out = np.empty((len(hashes), 3), np.int32)
    count = _write_runs(
        hashes, flags, mark, points, start, end, level, quotation, sentence_start, bits, name_tags, out
    )  # fmt: skip
    return out[:count].copy()


@inner
def _write_runs(  # type: ignore[no-untyped-def]
    hashes, flags, mark, points, start, end, level, quotation, sentence_start, bits, name_tags, out
):
    """Write the runs of name words to `out`; returns how many there are."""
    n = len(hashes)
    count = 0
    i = 0
    while i < n:
        if not flags[i] & CAPITAL or not _name_word(
            i, n, hashes, flags, points, start, end, level, quotation, sentence_start, bits, name_tags
        ):  # fmt: skip
            i += 1
            continue
        if party_of_state(i, n, hashes, flags):
            i += 1
            while i < n and not flags[i] & SPACED:
                i += 1
            continue
        i = _past_the(i, n, hashes, flags, sentence_start, bits)
        out[count, 0] = i
        i = _run_end(i, n, hashes, flags, mark, points, start, end, level, sentence_start, bits)
        out[count, 1] = i
        out[count, 2] = _possessive(i, n, flags, mark, points, start, end)
        count += 1
    return count


@inlined
def _past_the(i, n, hashes, flags, sentence_start, bits):  # type: ignore[no-untyped-def]
    """Where a run begins that begins with an article: after it in The Oslo Times and The Times, not in The Hill."""
    if hashes[i] != _THE or i + 2 >= n or not flags[i + 1] & CAPITAL:
        return i
    more = flags[i + 2] & CAPITAL and sentence_start[i + 2] != i + 2
    return i + 1 if more or noun_of(bits[i + 1]) == ORGANIZATION else i


@inlined
def _run_end(i, n, hashes, flags, mark, points, start, end, level, sentence_start, bits):  # type: ignore[no-untyped-def]
    """One past the last token of the run that begins at token `i`."""
    j = i + 1
    if _partisan(i, n, hashes, flags, bits):
        return j
    while j < n and j - i < _LONGEST_NAME:
        if flags[j] & CAPITAL:
            if not _capital_joins(i, j, n, hashes, flags, points, start, level, sentence_start, bits):
                return j
            j += 1
            continue
        after = _past_mark(i, j, n, hashes, flags, mark, points, start, end, sentence_start, bits)
        if after == j:
            after = _past_particles(i, j, n, flags, points, start, sentence_start, bits)
        if after == j:
            return _with_stop(i, j, hashes, flags, points, start, end, bits)
        j = after
    return j


@inlined
def _partisan(i, n, hashes, flags, bits):  # type: ignore[no-untyped-def]
    """Whether a word says whom another name is for or against (the pro-Tonk Orrin Times)."""
    if i < 2 or hashes[i - 1] != _HYPHEN or flags[i] & SPACED or not among(_PARTISAN, hashes[i - 2]):
        return False
    return not bits[i] & (HE | SHE) and i + 2 < n and flags[i + 1] & flags[i + 2] & CAPITAL > 0


@inlined
def _capital_joins(i, j, n, hashes, flags, points, start, level, sentence_start, bits):  # type: ignore[no-untyped-def]
    """Whether the capitalized word at token `j` belongs to the run that begins at `i`."""
    if sentence_start[j] == j or (not flags[j] & SPACED and flags[j - 1] & WORD):
        return False
    he = hashes[j] == _HE and level[j - 1] != 1  # Liu He
    if not he and _calendar(j, n, hashes, flags, points, start, bits):
        return False
    caption = j > i + 1 and among(_AGENCIES, hashes[j]) and bits[i] & (HE | SHE)  # Ana Li AP Tom Ek
    return not caption and not party_of_state(j, n, hashes, flags)


@inlined
def _past_mark(i, j, n, hashes, flags, mark, points, start, end, sentence_start, bits):  # type: ignore[no-untyped-def]
    """Past what is no word at token `j` and within a name, with the word behind it; `j` where a name ends there."""
    if j + 1 >= n:
        return j
    point = points[start[j]]
    touching = not flags[j] & SPACED
    joins = flags[j + 1] & WORD and not flags[j + 1] & SPACED
    follows = flags[j + 1] & CAPITAL and sentence_start[j + 1] != j + 1
    if point == 0x2C and flags[j + 1] & CAPITAL and generation(hashes[j + 1]):
        return j + 2  # Ana Li, Jr., but not Rockville, Md.
    if point == 0x2D and touching and joins:
        return j + 2  # Jean-Yves, al-Assad
    if mark[j] == APOSTROPHE and joins and (follows or not among(_AFTER_APOSTROPHE, hashes[j + 1])):
        return j + 2  # O'Rourke, Ra'ad
    if point == 0x2E and touching and follows and not (hashes[j - 1] == _V and j - i > 2):
        return j + 2 if _shortened(j - 1, start, end, bits) else j  # John F. Kennedy, Mr. Smith, U.S. Attorney
    if point == 0x26 and follows:
        return j + 2  # Johnson & Johnson
    return _nickname_end(j, n, flags, mark, points, start, sentence_start) if bits[j - 1] & (HE | SHE) else j


@inner
def _shortened(i, start, end, bits):  # type: ignore[no-untyped-def]
    """Whether a full stop behind a word belongs to it: behind a letter and a word that is short for another."""
    return end[i] - start[i] == 1 or bits[i] & SHORT > 0


@inlined
def _past_particles(i, j, n, flags, points, start, sentence_start, bits):  # type: ignore[no-untyped-def]
    """Past one or two particles at token `j` and the word behind them (Ana de la Li); `j` where there are none."""
    if not flags[j] & WORD or j - i >= _LONGEST_BEFORE_PARTICLE or not bits[j] & PARTICLE:
        return j
    k = j + 1
    if k < n and flags[k] & WORD and bits[k] & PARTICLE:
        k += 1
    if k < n and points[start[k]] == 0x2D and not flags[k] & SPACED:
        k += 1  # al-Harazi
    return k + 1 if k < n and flags[k] & CAPITAL and sentence_start[k] != k else j


@inlined
def _with_stop(i, j, hashes, flags, points, start, end, bits):  # type: ignore[no-untyped-def]
    """Where a run that stops at token `j` ends: with the full stop there that belongs to its last word (Ana Li Jr.)."""
    if points[start[j]] != 0x2E:
        return j
    if hashes[j - 1] == _V and j - i > 2:
        return j - 1  # United States V. Ana Li
    short = not flags[j] & SPACED and _shortened(j - 1, start, end, bits) and j - i > 1
    return j + 1 if short and (end[j - 1] - start[j - 1] == 1 or bits[j - 1] & SUFFIX) else j


@inlined
def _possessive(j, n, flags, mark, points, start, end):  # type: ignore[no-untyped-def]
    """Whether a possessive follows a run that ends before token `j`."""
    if j + 1 < n and (mark[j] == APOSTROPHE or mark[j] == MARK_SINGLE) and end[j + 1] - start[j + 1] == 1:
        return points[start[j + 1]] == 0x73
    # the Lis' house, though not 'CASE CLOSED'
    return j < n and mark[j] == MARK_SINGLE and not flags[j] & SPACED and points[end[j - 1] - 1] in _SIBILANTS


@inner
def _nickname_end(j, n, flags, mark, points, start, sentence_start):  # type: ignore[no-untyped-def]
    """Past one or two words in marks or brackets at token `j` that part a name (Ana “Fish” Li); `j` where none do."""
    bracket = points[start[j]] == 0x28
    if not flags[j] & SPACED or not (bracket or mark[j] != MARK_NONE):
        return j
    k = j + 1
    while k < n and k <= j + 2 and flags[k] & CAPITAL and not flags[k] & ALLCAPS:
        k += 1
    if k == j + 1 or k + 1 >= n or flags[k] & SPACED or not flags[k + 1] & CAPITAL or not flags[k + 1] & SPACED:
        return j
    closed = points[start[k]] == 0x29 if bracket else mark[k] != MARK_NONE
    return k + 1 if closed and sentence_start[k + 1] != k + 1 else j


@inner
def party_of_state(i, n, hashes, flags):  # type: ignore[no-untyped-def]
    """Whether a party's letter stands before a state (R-Ky.): it tells of a name and is none."""
    if i + 2 >= n or not (hashes[i] == _R or hashes[i] == _D or hashes[i] == _I):
        return False
    return hashes[i + 1] == _HYPHEN and flags[i + 2] & CAPITAL > 0 and not (flags[i + 1] | flags[i + 2]) & SPACED


@inner
def _name_word(  # type: ignore[no-untyped-def]
    i, n, hashes, flags, points, start, end, level, quotation, sentence_start, bits, name_tags
):
    """Whether a capitalized word is part of a name rather than the first word of a sentence."""
    if _calendar(i, n, hashes, flags, points, start, bits):
        return False
    if _before_name(i, n, hashes, flags, start, level, bits):
        return False
    if bits[i] & (HE | SHE) and i + 2 < n and bits[i + 1] & PARTICLE and not flags[i + 1] & CAPITAL:
        if flags[i + 2] & CAPITAL:
            return True  # Bill de Tonk, but not "Will Le Velm …?"
    goes_on = (i + 1 < n and flags[i + 1] & CAPITAL > 0) or _hyphenated(i, n, flags, points, start)
    opens = i > 0 and quotation[i] == INSIDE and quotation[i - 1] == OPENING
    if sentence_start[i] != i and not opens and not (i > 0 and quotation[i] == INSIDE and level[i] < 3):
        return level[i] != 1 or goes_on or (i > 0 and flags[i - 1] & WORD > 0)
    if level[i] == 1 and not (bits[i] & PARTICLE and goes_on):
        # CNN, US: words that are written without capitals, too, in addresses or as another word
        alone = i + 1 == n or not flags[i + 1] & ALLCAPS
        short = flags[i] & ALLCAPS > 0 and end[i] - start[i] <= _LONGEST_ACRONYM
        return alone and short and name_tags[i] > PERSON and not pronoun_of(bits[i])
    return level[i] != 2 or goes_on


@inner
def _before_name(i, n, hashes, flags, start, level, bits):  # type: ignore[no-untyped-def]
    """Whether a word with a capital only stands before a name: Former, WATCHED, or one of a row of buttons."""
    if among(_PLATFORMS, hashes[i]):
        after = i + 1 < n and among(_PLATFORMS, hashes[i + 1])
        return after or (i > 0 and among(_PLATFORMS, hashes[i - 1]))
    if hashes[i] == _V:
        return i > 0 and flags[i - 1] & CAPITAL > 0  # the United States V. Ana Li
    if i + 1 >= n or flags[i + 1] & (CAPITAL | ALLCAPS) != CAPITAL:
        return False
    if among(_BEFORE_NAMES, hashes[i]):
        return not bits[i + 1] & TITLE
    if among(_AGENCIES, hashes[i]) and bits[i + 1] & (HE | SHE):
        return i > 0 and flags[i - 1] & CAPITAL > 0
    return flags[i] & ALLCAPS > 0 and level[i] == 1 and start[i + 1] - start[i] > _SHORTEST_CRY


@inner
def _hyphenated(i, n, flags, points, start):  # type: ignore[no-untyped-def]
    """Whether a hyphen joins a word to a capitalized one (Al-Jazeera)."""
    return (
        i + 2 < n
        and points[start[i + 1]] == 0x2D
        and not flags[i + 1] & SPACED
        and not flags[i + 2] & SPACED
        and flags[i + 2] & CAPITAL > 0
    )


@inner
def _calendar(i, n, hashes, flags, points, start, bits):  # type: ignore[no-untyped-def]
    """Whether a capitalized word is one of the calendar or ``I``, and no part of a name (Theresa May, Sun-Times)."""
    if not bits[i] & NEVER or _hyphenated(i, n, flags, points, start):
        return False
    hyphen = i + 2 < n and points[start[i + 1]] == 0x2D and not flags[i + 1] & SPACED
    if hyphen and i > 0 and flags[i - 1] & CAPITAL and flags[i + 2] & (WORD | NUMBER | SPACED) == WORD:
        return False  # Ek Jun-wei
    if among(_GIVEN_DAYS, hashes[i]) and i + 1 < n and flags[i + 1] & CAPITAL:  # Jan Ek, Sun Weili, April Li
        dated = i > 0 and (bits[i - 1] & (NEVER | PREPOSITION) or among(_BEFORE_DATES, hashes[i - 1]))
        if not dated and not bits[i + 1] & (DEMONYM | NEVER | TITLE):
            return False
    if i == 0 or not flags[i - 1] & CAPITAL or not bits[i - 1] & (HE | SHE | TITLE):
        return True
    h = hashes[i]
    month = h == _MAY or h == _APRIL or h == _JUNE or h == _AUGUST
    return not month or (i + 1 < n and flags[i + 1] & NUMBER > 0)
