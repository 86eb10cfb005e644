"""Runs of capitalized words that may be names: where each begins and ends, and which belong together.

A run holds titles, too; `names.py` tells them from the name. tokens: `BodyTokens`, here and where names
are joined.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .columns import CAPITAL_LEVEL
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


class BodyTokens(NamedTuple):
    """The tokens of a body and what is known of each.

    hash, flags, mark, points, start, end: of `Tokens`; quotation, sentence_start, tag, name: of `Context`; level:
    (n_tokens,), how often the word has a capital (`columns.CAPITAL_LEVEL`); bits: (n_tokens,) uint32 of
    `lexicon.token_bits`.
    """

    hash: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    mark: NDArray[np.uint8]
    points: NDArray[np.uint32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    quotation: NDArray[np.uint8]
    sentence_start: NDArray[np.int32]
    tag: NDArray[np.uint8]
    name: NDArray[np.uint8]
    level: NDArray[np.int16]
    bits: NDArray[np.uint32]


@maker
def with_context(tokens, where, bits):  # type: ignore[no-untyped-def]
    """The `BodyTokens` of a body with its `Context` and the bits of its words."""
    return BodyTokens(
        tokens.hash, tokens.flags, tokens.mark, tokens.points, tokens.start, tokens.end, where.quotation,
        where.sentence_start, where.tag, where.name, where.classes[:, CAPITAL_LEVEL], bits,
    )  # fmt: skip


@inner
def generation(word):  # type: ignore[no-untyped-def]
    """Whether a word tells father and son apart (Jr., Sr.)."""
    return word == _JUNIOR or word == _SENIOR


@maker
def joined_runs(runs, tokens):  # type: ignore[no-untyped-def]
    """Runs with ``of`` between them joined where the first ends in an office or a body (Ministry of Eels)."""
    out = np.empty_like(runs)
    return out[: _write_joined(runs, out, tokens)]


@inner
def _write_joined(runs, out, tokens):  # type: ignore[no-untyped-def]
    """Write runs to `out`, joined where they belong together; returns how many there are."""
    hashes, bits = tokens.hash, tokens.bits
    count = 0
    for r in range(len(runs)):
        stop, possessive = runs[r, 1], runs[r, 2]
        begin = _first_token(runs[r, 0], out[count - 1, 1] if count else 0, tokens)
        near = count > 0 and not out[count - 1, 2] and out[count - 1, 1] < begin <= out[count - 1, 1] + 2
        if near and not tokens.flags[begin] & SENTENCE and stop - out[count - 1, 0] <= LONGEST_RUN:
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
            many = last == out[count - 1, 0] + 1 and (noun_of(head) == GROUP or tokens.tag[last - 1] == _PLURAL)
            field = bits[last] & AND > 0 and begin == last + 1 and among(_FIELDS, hashes[last - 1])
            on_field = on and direct and among(_ON_FIELDS, hashes[last - 1])
            # Growers for Clean Water, Commissioner for Trade
            field_office = among(_FOR_FIELDS, hashes[last - 1]) and not bits[begin] & (TITLE | HE | SHE)
            for_what = for_ and (body or many or field_office)
            named = field or on_field or for_what or purpose or (of and (body or office or on_what))
            if named or (both and has_of and not body and not office and not of_person):
                out[count - 1, 1], out[count - 1, 2] = stop, possessive
                continue
        if count > 0 and _owned_body(out[count - 1], begin, stop, tokens):
            out[count - 1, 1], out[count - 1, 2] = stop, possessive
            continue
        out[count, 0], out[count, 1], out[count, 2] = begin, stop, possessive
        count += 1
    return count


@inner
def _first_token(begin, free, tokens):  # type: ignore[no-untyped-def]
    """Where a run begins with the words before it that are part of its name, and that nothing showed as such so far.

    free: the first token behind the run before.
    """
    hashes, flags, bits = tokens.hash, tokens.flags, tokens.bits
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
        return begin - 1 if tokens.tag[begin - 1] in (_ADJECTIVE, _NOUN, _NAME) else begin
    return begin - 1 if _first_of_body(begin - 1, tokens) else begin


@inner
def _first_of_body(i, tokens):  # type: ignore[no-untyped-def]
    """Whether the first word of a sentence belongs to a name of common words after it (Eel Rights Watch)."""
    tag = tokens.tag
    common = tokens.level[i] == 1 and 0 < tokens.level[i + 1] < 3
    word = tag[i] == _NAME or tag[i] == _NOUN or tag[i] == _ADJECTIVE
    return (
        common
        and word
        and not among(_BEFORE_NAMES, tokens.hash[i])
        and not tokens.bits[i] & (TITLE | PREPOSITION | AND)
    )


@inner
def _owned_body(run, begin, stop, tokens):  # type: ignore[no-untyped-def]
    """Whether a run goes on as a body after a possessive, unlike Ana Li's Office.

    The owner is an office or a group (Sheriff's Office), a saint (St. Ana's Church), or many (Growers' Union).
    """
    hashes, bits = tokens.hash, tokens.bits
    last = run[1]
    if not run[2] or not last < begin <= last + 2 or tokens.flags[begin - 1] & SPACED or stop - run[0] > LONGEST_RUN:
        return False
    many = tokens.level[last - 1] < 2 and begin == last + 1 and not bits[last - 1] & (TITLE | HE | SHE | DEMONYM)
    if (many or among(_MANY, hashes[last - 1])) and not bits[begin] & (HE | SHE | TITLE):
        return True
    saint = hashes[run[0]] == _ST or hashes[run[0]] == _SAINT
    owner = saint or bits[last - 1] & TITLE > 0 or noun_of(bits[last - 1]) == GROUP
    return owner and noun_of(bits[stop - 1]) == ORGANIZATION


@maker
def find_runs(tokens):  # type: ignore[no-untyped-def]
    """Runs of name words: (n_runs, 3) int32 begin, end, whether a possessive 's follows."""
    out = np.empty((len(tokens.hash), 3), np.int32)
    return out[: _write_runs(out, tokens)].copy()


@inner
def _write_runs(out, tokens):  # type: ignore[no-untyped-def]
    """Write the runs of name words to `out`; returns how many there are."""
    flags = tokens.flags
    n = len(tokens.hash)
    count = 0
    i = 0
    while i < n:
        if not flags[i] & CAPITAL or not _name_word(i, tokens):
            i += 1
            continue
        if party_of_state(i, n, tokens.hash, flags):
            i += 1
            while i < n and not flags[i] & SPACED:
                i += 1
            continue
        i = _past_the(i, tokens)
        out[count, 0] = i
        i = _run_end(i, tokens)
        out[count, 1] = i
        out[count, 2] = _possessive(i, tokens)
        count += 1
    return count


@inlined
def _past_the(i, tokens):  # type: ignore[no-untyped-def]
    """Where a run begins that begins with an article: after it in The Oslo Times and The Times, not in The Hill."""
    if tokens.hash[i] != _THE or i + 2 >= len(tokens.hash) or not tokens.flags[i + 1] & CAPITAL:
        return i
    more = tokens.flags[i + 2] & CAPITAL and tokens.sentence_start[i + 2] != i + 2
    return i + 1 if more or noun_of(tokens.bits[i + 1]) == ORGANIZATION else i


@inlined
def _run_end(i, tokens):  # type: ignore[no-untyped-def]
    """One past the last token of the run that begins at token `i`."""
    j = i + 1
    if _partisan(i, tokens):
        return j
    while j < len(tokens.hash) and j - i < _LONGEST_NAME:
        if tokens.flags[j] & CAPITAL:
            if not _capital_joins(i, j, tokens):
                return j
            j += 1
            continue
        after = _past_mark(i, j, tokens)
        if after == j:
            after = _past_particles(i, j, tokens)
        if after == j:
            return _with_stop(i, j, tokens)
        j = after
    return j


@inlined
def _partisan(i, tokens):  # type: ignore[no-untyped-def]
    """Whether a word says whom another name is for or against (the pro-Tonk Orrin Times)."""
    flags = tokens.flags
    if i < 2 or tokens.hash[i - 1] != _HYPHEN or flags[i] & SPACED or not among(_PARTISAN, tokens.hash[i - 2]):
        return False
    return not tokens.bits[i] & (HE | SHE) and i + 2 < len(tokens.hash) and flags[i + 1] & flags[i + 2] & CAPITAL > 0


@inlined
def _capital_joins(i, j, tokens):  # type: ignore[no-untyped-def]
    """Whether the capitalized word at token `j` belongs to the run that begins at `i`."""
    hashes, flags = tokens.hash, tokens.flags
    if tokens.sentence_start[j] == j or (not flags[j] & SPACED and flags[j - 1] & WORD):
        return False
    he = hashes[j] == _HE and tokens.level[j - 1] != 1  # Liu He
    if not he and _calendar(j, tokens):
        return False
    caption = j > i + 1 and among(_AGENCIES, hashes[j]) and tokens.bits[i] & (HE | SHE)  # Ana Li AP Tom Ek
    return not caption and not party_of_state(j, len(tokens.hash), hashes, flags)


@inlined
def _past_mark(i, j, tokens):  # type: ignore[no-untyped-def]
    """Past what is no word at token `j` and within a name, with the word behind it; `j` where a name ends there."""
    hashes, flags = tokens.hash, tokens.flags
    if j + 1 >= len(tokens.hash):
        return j
    point = tokens.points[tokens.start[j]]
    touching = not flags[j] & SPACED
    joins = flags[j + 1] & WORD and not flags[j + 1] & SPACED
    follows = flags[j + 1] & CAPITAL and tokens.sentence_start[j + 1] != j + 1
    if point == 0x2C and flags[j + 1] & CAPITAL and generation(hashes[j + 1]):
        return j + 2  # Ana Li, Jr., but not Rockville, Md.
    if point == 0x2D and touching and joins:
        return j + 2  # Jean-Yves, al-Assad
    if tokens.mark[j] == APOSTROPHE and joins and (follows or not among(_AFTER_APOSTROPHE, hashes[j + 1])):
        return j + 2  # O'Rourke, Ra'ad
    if point == 0x2E and touching and follows and not (hashes[j - 1] == _V and j - i > 2):
        return j + 2 if _shortened(j - 1, tokens) else j  # John F. Kennedy, Mr. Smith, U.S. Attorney
    if point == 0x26 and follows:
        return j + 2  # Johnson & Johnson
    return _nickname_end(j, tokens) if tokens.bits[j - 1] & (HE | SHE) else j


@inner
def _shortened(i, tokens):  # type: ignore[no-untyped-def]
    """Whether a full stop behind a word belongs to it: behind a letter and a word that is short for another."""
    return tokens.end[i] - tokens.start[i] == 1 or tokens.bits[i] & SHORT > 0


@inlined
def _past_particles(i, j, tokens):  # type: ignore[no-untyped-def]
    """Past one or two particles at token `j` and the word behind them (Ana de la Li); `j` where there are none."""
    n, flags = len(tokens.hash), tokens.flags
    if not flags[j] & WORD or j - i >= _LONGEST_BEFORE_PARTICLE or not tokens.bits[j] & PARTICLE:
        return j
    k = j + 1
    if k < n and flags[k] & WORD and tokens.bits[k] & PARTICLE:
        k += 1
    if k < n and tokens.points[tokens.start[k]] == 0x2D and not flags[k] & SPACED:
        k += 1  # al-Harazi
    return k + 1 if k < n and flags[k] & CAPITAL and tokens.sentence_start[k] != k else j


@inlined
def _with_stop(i, j, tokens):  # type: ignore[no-untyped-def]
    """Where a run that stops at token `j` ends: with the full stop there that belongs to its last word (Ana Li Jr.)."""
    if tokens.points[tokens.start[j]] != 0x2E:
        return j
    if tokens.hash[j - 1] == _V and j - i > 2:
        return j - 1  # United States V. Ana Li
    short = not tokens.flags[j] & SPACED and _shortened(j - 1, tokens) and j - i > 1
    return j + 1 if short and (tokens.end[j - 1] - tokens.start[j - 1] == 1 or tokens.bits[j - 1] & SUFFIX) else j


@inlined
def _possessive(j, tokens):  # type: ignore[no-untyped-def]
    """Whether a possessive follows a run that ends before token `j`."""
    n, mark = len(tokens.hash), tokens.mark
    if j + 1 < n and (mark[j] == APOSTROPHE or mark[j] == MARK_SINGLE) and tokens.end[j + 1] - tokens.start[j + 1] == 1:
        return tokens.points[tokens.start[j + 1]] == 0x73
    # the Lis' house, though not 'CASE CLOSED'
    return (
        j < n
        and mark[j] == MARK_SINGLE
        and not tokens.flags[j] & SPACED
        and tokens.points[tokens.end[j - 1] - 1] in _SIBILANTS
    )


@inner
def _nickname_end(j, tokens):  # type: ignore[no-untyped-def]
    """Past one or two words in marks or brackets at token `j` that part a name (Ana “Fish” Li); `j` where none do."""
    n, flags = len(tokens.hash), tokens.flags
    bracket = tokens.points[tokens.start[j]] == 0x28
    if not flags[j] & SPACED or not (bracket or tokens.mark[j] != MARK_NONE):
        return j
    k = j + 1
    while k < n and k <= j + 2 and flags[k] & CAPITAL and not flags[k] & ALLCAPS:
        k += 1
    if k == j + 1 or k + 1 >= n or flags[k] & SPACED or not flags[k + 1] & CAPITAL or not flags[k + 1] & SPACED:
        return j
    closed = tokens.points[tokens.start[k]] == 0x29 if bracket else tokens.mark[k] != MARK_NONE
    return k + 1 if closed and tokens.sentence_start[k + 1] != k + 1 else j


@inner
def party_of_state(i, n, hashes, flags):  # type: ignore[no-untyped-def]
    """Whether a party's letter stands before a state (R-Ky.): it tells of a name and is none."""
    if i + 2 >= n or not (hashes[i] == _R or hashes[i] == _D or hashes[i] == _I):
        return False
    return hashes[i + 1] == _HYPHEN and flags[i + 2] & CAPITAL > 0 and not (flags[i + 1] | flags[i + 2]) & SPACED


@inner
def _name_word(i, tokens):  # type: ignore[no-untyped-def]
    """Whether a capitalized word is part of a name rather than the first word of a sentence."""
    n, flags, level, quotation, bits = len(tokens.hash), tokens.flags, tokens.level, tokens.quotation, tokens.bits
    if _calendar(i, tokens):
        return False
    if _before_name(i, tokens):
        return False
    if bits[i] & (HE | SHE) and i + 2 < n and bits[i + 1] & PARTICLE and not flags[i + 1] & CAPITAL:
        if flags[i + 2] & CAPITAL:
            return True  # Bill de Tonk, but not "Will Le Velm …?"
    goes_on = (i + 1 < n and flags[i + 1] & CAPITAL > 0) or _hyphenated(i, tokens)
    opens = i > 0 and quotation[i] == INSIDE and quotation[i - 1] == OPENING
    if tokens.sentence_start[i] != i and not opens and not (i > 0 and quotation[i] == INSIDE and level[i] < 3):
        return level[i] != 1 or goes_on or (i > 0 and flags[i - 1] & WORD > 0)
    if level[i] == 1 and not (bits[i] & PARTICLE and goes_on):
        # CNN, US: words that are written without capitals, too, in addresses or as another word
        alone = i + 1 == n or not flags[i + 1] & ALLCAPS
        short = flags[i] & ALLCAPS > 0 and tokens.end[i] - tokens.start[i] <= _LONGEST_ACRONYM
        return alone and short and tokens.name[i] > PERSON and not pronoun_of(bits[i])
    return level[i] != 2 or goes_on


@inner
def _before_name(i, tokens):  # type: ignore[no-untyped-def]
    """Whether a word with a capital only stands before a name: Former, WATCHED, or one of a row of buttons."""
    n, hashes, flags = len(tokens.hash), tokens.hash, tokens.flags
    if among(_PLATFORMS, hashes[i]):
        after = i + 1 < n and among(_PLATFORMS, hashes[i + 1])
        return after or (i > 0 and among(_PLATFORMS, hashes[i - 1]))
    if hashes[i] == _V:
        return i > 0 and flags[i - 1] & CAPITAL > 0  # the United States V. Ana Li
    if i + 1 >= n or flags[i + 1] & (CAPITAL | ALLCAPS) != CAPITAL:
        return False
    if among(_BEFORE_NAMES, hashes[i]):
        return not tokens.bits[i + 1] & TITLE
    if among(_AGENCIES, hashes[i]) and tokens.bits[i + 1] & (HE | SHE):
        return i > 0 and flags[i - 1] & CAPITAL > 0
    return flags[i] & ALLCAPS > 0 and tokens.level[i] == 1 and tokens.start[i + 1] - tokens.start[i] > _SHORTEST_CRY


@inner
def _hyphenated(i, tokens):  # type: ignore[no-untyped-def]
    """Whether a hyphen joins a word to a capitalized one (Al-Jazeera)."""
    flags = tokens.flags
    return (
        i + 2 < len(tokens.hash)
        and tokens.points[tokens.start[i + 1]] == 0x2D
        and not flags[i + 1] & SPACED
        and not flags[i + 2] & SPACED
        and flags[i + 2] & CAPITAL > 0
    )


@inner
def _calendar(i, tokens):  # type: ignore[no-untyped-def]
    """Whether a capitalized word is one of the calendar or ``I``, and no part of a name (Theresa May, Sun-Times)."""
    n, hashes, flags, bits = len(tokens.hash), tokens.hash, tokens.flags, tokens.bits
    if not bits[i] & NEVER or _hyphenated(i, tokens):
        return False
    hyphen = i + 2 < n and tokens.points[tokens.start[i + 1]] == 0x2D and not flags[i + 1] & SPACED
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
