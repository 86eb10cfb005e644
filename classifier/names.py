"""Names in a text: runs of capitalized words, what they are (person, organization, state), titles taken off.

All of it is compiled; a name is a row of numbers (`Names`), its words are cut from the text only where they are shown.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .context import CAPITAL_LEVEL, INSIDE, OPENING
from .jit import inner
from .lexicon import (
    AND,
    DEMONYM,
    GROUP,
    HE,
    NEVER,
    NOUN_SHIFT,
    ORGANIZATION,
    PARTICLE,
    PERSON,
    PREPOSITION,
    SHE,
    SHORT,
    STATE,
    SUFFIX,
    TITLE,
    UNKNOWN,
    among,
    joined,
    look_up,
)
from .segment import ALLCAPS, APOSTROPHE, CAPITAL, MARK_NONE, MARK_SINGLE, NUMBER, SENTENCE, SPACED, WORD, token_hash
from .tagger import TAGS

BEGIN, END, WORDS, N_WORDS, TYPE, POSSESSIVE, LAST, STATE_NUMBER = range(8)
"""Columns of `Names.place`."""
WHOLE_KEY, FIRST_KEY, LAST_KEY = range(3)
"""Columns of `Names.key`."""
_LONGEST = 40
_ADJECTIVE, _NOUN, _NAME = TAGS.index("JJ"), TAGS.index("NN"), TAGS.index("NNP")
_OF, _FOR, _ON, _THE, _A = (np.uint64(token_hash(word)) for word in ("of", "for", "on", "the", "a"))
_FIELDS, _ON_FIELDS = (
    np.array([token_hash(word) for word in words.split()], np.uint64)
    for words in (
        "immigration citizenship customs securities food oceanic aeronautics fish health housing ways energy education "
        "oversight industry trade arts science commerce agriculture environment",
        "committee subcommittee council commission center centre project institute board panel forum caucus academy",
    )
)
"""What a body may have beside another field (Health and Human Services), and bodies that are on a field."""
_OF_PLACES = np.array(
    [token_hash(word) for word in "new north south east west rhode san los el hong sri".split()], np.uint64
)
"""What names of places of two words begin with."""
_GIVEN_DAYS, _BEFORE_DATES = (
    np.array([token_hash(word) for word in words.split()], np.uint64)
    for words in ("jan sun april june", "the this that last next early late mid since until till between every and or")
)
"""Given names that the calendar has, too, and what stands before a date."""
_MAY, _APRIL, _JUNE, _AUGUST = (np.uint64(token_hash(word)) for word in ("may", "april", "june", "august"))
"""Months that are names, too."""
_R, _D, _I, _HYPHEN = (np.uint64(token_hash(word)) for word in ("r", "d", "i", "-"))
_JUNIOR, _SENIOR = (np.uint64(token_hash(word)) for word in ("jr", "sr"))


class Names(NamedTuple):
    """The names of a body in text order.

    place: (n_names, 8) int32: first token and one past the last, title included; first token of the words after the
    title; number of words; type (`lexicon.TYPES`); whether a possessive 's follows; first token of the last word that
    is no suffix; the number of the state as in `Lexicon.state`, else 0.
    key: (n_names, 3) uint64: hashes of all words but suffixes (Jr. and Sr. are kept), of the first and of the last that
    is no suffix.
    """

    place: NDArray[np.int32]
    key: NDArray[np.uint64]


@inner
def find_names(tokens, where, bits, known):  # type: ignore[no-untyped-def]
    """The `Names` of a body. bits: (n_tokens,) uint32 of `lexicon.token_bits`."""
    hashes, flags, start, end = tokens.hash, tokens.flags, tokens.start, tokens.end
    runs = _joined_runs(
        hashes, flags, where.tag, bits,
        _runs(
            hashes, flags, tokens.mark, tokens.points, start, end,
            where.classes[:, CAPITAL_LEVEL], where.quotation, where.sentence_start, bits,
        ),
    )  # fmt: skip
    place = np.empty((len(runs), 8), np.int32)
    key = np.empty((len(runs), 3), np.uint64)
    first = np.empty(_LONGEST, np.int32)
    last = np.empty(_LONGEST, np.int32)
    word_key = np.empty(_LONGEST, np.uint64)
    word_bits = np.empty(_LONGEST, np.uint32)
    count = 0
    for r in range(len(runs)):
        n = _split(runs[r, 0], runs[r, 1], hashes, flags, known.keys, known.bits, first, last, word_key, word_bits)
        if n and _parse(
            runs[r], n, hashes, flags, start, end, known.keys, known.state, first, last, word_key, word_bits,
            place[count], key[count],
        ):  # fmt: skip
            count += 1
    return Names(place[:count].copy(), key[:count].copy())


@lru_cache(maxsize=1 << 14)
def name_words(text: str) -> tuple[str, ...]:
    """The words of a name: what white space separates, without marks around; commas between words are kept."""
    words = [(word.strip('"“”‘,;:()[]'), word[-1] == ",") for word in text.split()]
    words = [(word, comma) for word, comma in words if any(map(str.isalnum, word))]
    return tuple(f"{word}," if comma and k + 1 < len(words) else word for k, (word, comma) in enumerate(words))


@inner
def _split(begin, stop, hashes, flags, keys, values, first, last, word_key, word_bits):  # type: ignore[no-untyped-def]
    """The words of a run: what white space separates; returns how many, filling the four arrays for each.

    The key of "al-Tonk" is that of "Tonk", as the same man is called in the next sentence.
    """
    n = 0
    i = begin
    while i < stop and n < _LONGEST:
        j = i + 1
        while j < stop and not flags[j] & SPACED:
            j += 1
        value = np.uint64(0)
        parts = np.uint32(0)
        particle = j > i + 2 and not flags[i + 1] & WORD and look_up(keys, values, hashes[i]) & np.uint32(PARTICLE) > 0
        for k in range(i + 2 if particle else i, j):
            if flags[k] & WORD:
                value = joined(value, hashes[k])
                parts |= look_up(keys, values, hashes[k]) & np.uint32(TITLE)
        if value != 0:
            first[n], last[n], word_key[n] = i, j, value
            # "Secretary-General" is a title because a part of it is one
            word_bits[n] = look_up(keys, values, value) | (parts if j - i == 3 else np.uint32(0))
            n += 1
        i = j
    return n


@inner
def _parse(run, n, hashes, flags, start, end, keys, states, first, last, word_key, word_bits, place, key):  # type: ignore[no-untyped-def]
    """A run as a name with its title apart, written to `place` and `key`; False where it is none."""
    whole = np.uint64(0)
    for k in range(n):
        for i in range(first[k], last[k]):
            if flags[i] & WORD:
                whole = joined(whole, hashes[i])
    state = look_up(keys, states, whole)
    cut = 0
    kind = UNKNOWN
    noun = word_bits[n - 1] >> NOUN_SHIFT & 7
    if state:
        kind = STATE
    elif n == 1 and word_bits[0] & DEMONYM:
        return False
    elif noun == GROUP and not _is_body(n, word_key, word_bits, True):
        kind = GROUP
    else:
        for k in range(n - 1):
            if word_bits[k] & TITLE and not word_bits[k + 1] & SUFFIX:
                cut = k + 1
        if cut and cut < n and (word_key[cut] == _OF or word_key[cut] == _FOR):
            given = -1
            for k in range(cut + 1, n):
                if word_bits[k] & (HE | SHE):
                    given = k
                    break
            if given < 0 and noun == ORGANIZATION and not _is_body(n, word_key, word_bits, False):
                return False  # "Chair of the House Committee": an office, not a body
            if given < 0 and n - cut == (3 if among(_OF_PLACES, word_key[cut + 1]) else 2):
                return False  # "Mayor of London", "Republican of New York": an office, not a person
            cut = given if given >= 0 else min(cut + 2, n - 1)
        if cut == 0:
            cut = _after_body(n, first, last, flags, word_bits)
        if (
            noun == ORGANIZATION
            or (cut == 0 and _is_body(n, word_key, word_bits, False))
            or _acronym(n, first, last, flags, start, end)
        ):
            kind = ORGANIZATION
            cut = 0
        elif cut == 0 and word_bits[n - 1] & TITLE and n <= 3:
            return False  # "Foreign Minister" on its own: a title, not a name
        else:
            while cut < n - 1 and word_bits[cut] & DEMONYM:
                cut += 1
            if cut > 0 or (n - cut > 1 and word_bits[cut] & (HE | SHE)):
                kind = PERSON
    tail = n
    while tail > cut + 1 and word_bits[tail - 1] & SUFFIX:
        tail -= 1
    value = np.uint64(0)
    for k in range(cut, n):
        if k < tail or generation(word_key[k]):
            value = joined(value, word_key[k])
    place[BEGIN], place[END], place[WORDS] = run[0], run[1], first[cut]
    place[N_WORDS], place[TYPE], place[POSSESSIVE] = n - cut, kind, run[2]
    place[LAST], place[STATE_NUMBER] = first[tail - 1], state
    key[WHOLE_KEY], key[FIRST_KEY], key[LAST_KEY] = value, word_key[cut], word_key[tail - 1]
    return True


@inner
def generation(word):  # type: ignore[no-untyped-def]
    """Whether a word tells father and son apart (Jr., Sr.)."""
    return word == _JUNIOR or word == _SENIOR


@inner
def _is_body(n, word_key, word_bits, plural):  # type: ignore[no-untyped-def]
    """Whether a name's first word, or the one before ``of``, is that of a body (Ministry of …, Bank of …).

    A plural at the end asks for ``of`` or ``on``: the Union of Growers is a body, House Democrats are none.
    """
    head = -1
    for k in range(1, n):
        if word_key[k] == _OF or word_key[k] == _ON:
            head = k - 1
            break
    if head < 0:
        if plural:
            return False
        head = 0
    return word_bits[head] >> NOUN_SHIFT & 7 == ORGANIZATION or word_bits[0] >> NOUN_SHIFT & 7 == ORGANIZATION


@inner
def _after_body(n, first, last, flags, word_bits):  # type: ignore[no-untyped-def]
    """Where a person's name begins after that of a body (U.N. Ana Li, Fisheries Commission Ana Li), else 0."""
    for k in range(1, n - 1):
        if word_bits[k] & (HE | SHE):
            letters = 0
            for i in range(first[k - 1], last[k - 1]):
                letters += flags[i] & WORD > 0
            dotted = flags[first[k - 1]] & ALLCAPS > 0 and letters > 1
            if dotted or word_bits[k - 1] >> NOUN_SHIFT & 7 == ORGANIZATION:
                return k
    return 0


@inner
def _acronym(n, first, last, flags, start, end):  # type: ignore[no-untyped-def]
    """Whether a name is one word of two to six capital letters, full stops aside."""
    letters = 0
    for i in range(first[0], last[0]):
        if flags[i] & WORD:
            if not flags[i] & ALLCAPS and not (flags[i] & CAPITAL and end[i] - start[i] == 1):
                return False
            letters += end[i] - start[i]
    return n == 1 and 2 <= letters <= 6


@inner
def _joined_runs(hashes, flags, tag, bits, runs):  # type: ignore[no-untyped-def]
    """Runs with ``of`` between them joined where the first ends in an office or a body (Ministry of Eels)."""
    out = np.empty_like(runs)
    count = 0
    for r in range(len(runs)):
        begin, stop, possessive = runs[r, 0], runs[r, 1], runs[r, 2]
        if flags[begin] & SENTENCE:
            pass
        elif begin > 1 and hashes[begin - 1] == _OF and (count == 0 or out[count - 1, 1] <= begin - 2):
            # "Secretary of State" at the start of a sentence, where a capital tells nothing
            if flags[begin - 2] & CAPITAL and bits[begin - 2] & TITLE:
                begin -= 2
        elif begin > 1 and bits[begin - 1] & AND and (count == 0 or out[count - 1, 1] <= begin - 2):
            if flags[begin - 2] & CAPITAL and among(_FIELDS, hashes[begin - 2]):
                begin -= 2  # Health and Human Services after a comma
        elif begin > 0 and bits[begin] & TITLE and (count == 0 or out[count - 1, 1] < begin):
            # and so "Foreign Minister", though not "But Minister": the first word must be one that can stand in a title
            if (
                flags[begin - 1] & CAPITAL
                and flags[begin - 1] & SENTENCE
                and tag[begin - 1] in (_ADJECTIVE, _NOUN, _NAME)
            ):
                begin -= 1
        near = count > 0 and not out[count - 1, 2] and out[count - 1, 1] < begin <= out[count - 1, 1] + 2
        if near and not flags[begin] & SENTENCE and stop - out[count - 1, 0] <= _LONGEST:
            last = out[count - 1, 1]
            direct = begin == last + 1 or hashes[last + 1] == _THE or hashes[last + 1] == _A
            of, for_, on = hashes[last] == _OF and direct, hashes[last] == _FOR and direct, hashes[last] == _ON
            both = bits[last] & AND > 0 and begin == last + 1 and not bits[begin] & (TITLE | SHORT | HE | SHE)
            head = bits[last - 1]
            body = head >> NOUN_SHIFT & 7 == ORGANIZATION
            office = head & TITLE > 0
            inner = False
            for i in range(out[count - 1, 0], last):
                inner = inner or hashes[i] == _OF or hashes[i] == _FOR
            field = bits[last] & AND > 0 and begin == last + 1 and among(_FIELDS, hashes[last - 1])
            on_field = on and begin == last + 1 and among(_ON_FIELDS, hashes[last - 1])
            named = field or on_field or (of and (body or office)) or (for_ and body)
            if named or (both and inner and not body and not office):
                out[count - 1, 1], out[count - 1, 2] = stop, possessive
                continue
        if count > 0 and _owned_body(out[count - 1], begin, stop, flags, bits):
            out[count - 1, 1], out[count - 1, 2] = stop, possessive
            continue
        out[count, 0], out[count, 1], out[count, 2] = begin, stop, possessive
        count += 1
    return out[:count]


@inner
def _owned_body(run, begin, stop, flags, bits):  # type: ignore[no-untyped-def]
    """Whether a run goes on as a body after a possessive (Sheriff's Office), unlike Ana Li's Office."""
    last = run[1]
    near = run[2] and last < begin <= last + 2 and not flags[begin - 1] & SPACED and stop - run[0] <= _LONGEST
    owner = bits[last - 1]
    return (
        near
        and (owner & TITLE > 0 or owner >> NOUN_SHIFT & 7 == GROUP)
        and bits[stop - 1] >> NOUN_SHIFT & 7 == ORGANIZATION
    )


@inner
def _runs(hashes, flags, mark, points, start, end, level, quotation, sentence_start, bits):  # type: ignore[no-untyped-def]
    """Runs of name words: (n_runs, 3) int32 begin, end, whether a possessive 's follows."""
    n = len(hashes)
    out = np.empty((n, 3), np.int32)
    count = 0
    i = 0
    while i < n:
        if not flags[i] & CAPITAL or not _name_word(
            i, n, hashes, flags, points, start, level, quotation, sentence_start, bits
        ):  # fmt: skip
            i += 1
            continue
        if party_of_state(i, n, hashes, flags):
            i += 1
            while i < n and not flags[i] & SPACED:
                i += 1
            continue
        if hashes[i] == _THE and i + 2 < n and flags[i + 1] & CAPITAL:
            more = flags[i + 2] & CAPITAL and sentence_start[i + 2] != i + 2
            if more or bits[i + 1] >> NOUN_SHIFT & 7 == ORGANIZATION:
                i += 1  # The Oslo Times, The Times, though not The Hill
        j = i + 1
        while j < n and j - i < 12:
            if flags[j] & CAPITAL:
                if not flags[j] & SPACED and flags[j - 1] & WORD:
                    break
                if sentence_start[j] == j or _calendar(j, n, hashes, flags, points, start, bits):
                    break
                if party_of_state(j, n, hashes, flags):
                    break
                j += 1
                continue
            point = points[start[j]]
            touching = not flags[j] & SPACED
            if point == 0x2C and j + 1 < n and flags[j + 1] & CAPITAL and generation(hashes[j + 1]):
                j += 2  # Ana Li, Jr., but not Rockville, Md.
                continue
            follows = j + 1 < n and flags[j + 1] & CAPITAL and sentence_start[j + 1] != j + 1
            if point == 0x2D and touching and j + 1 < n and flags[j + 1] & WORD and not flags[j + 1] & SPACED:
                j += 2  # Jean-Yves, al-Assad
                continue
            if mark[j] == APOSTROPHE and follows and not flags[j + 1] & SPACED:
                j += 2  # O'Rourke
                continue
            if point == 0x2E and touching and (end[j - 1] - start[j - 1] == 1 or bits[j - 1] & SHORT):
                if follows:
                    j += 2  # John F. Kennedy, Mr. Smith, U.S. Attorney
                    continue
                if j - i > 1 and (end[j - 1] - start[j - 1] == 1 or bits[j - 1] & SUFFIX):
                    j += 1
                break
            if point == 0x26 and follows:
                j += 2  # Johnson & Johnson
                continue
            if bits[j - 1] & (HE | SHE):
                nickname = _nickname_end(j, n, flags, mark, points, start, sentence_start)
                if nickname > j:
                    j = nickname
                    continue
            if flags[j] & WORD and j - i < 9 and bits[j] & PARTICLE:
                k = j + 1
                if k < n and flags[k] & WORD and bits[k] & PARTICLE:
                    k += 1
                if k < n and points[start[k]] == 0x2D and not flags[k] & SPACED:
                    k += 1  # al-Harazi
                if k < n and flags[k] & CAPITAL and sentence_start[k] != k:
                    j = k + 1
                    continue
            break
        possessive = 0
        if j + 1 < n and (mark[j] == APOSTROPHE or mark[j] == MARK_SINGLE) and end[j + 1] - start[j + 1] == 1:
            possessive = 1 if points[start[j + 1]] == 0x73 else 0
        elif j < n and mark[j] == MARK_SINGLE and not flags[j] & SPACED:
            possessive = 1
        out[count, 0] = i
        out[count, 1] = j
        out[count, 2] = possessive
        count += 1
        i = j
    return out[:count].copy()


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
def _name_word(i, n, hashes, flags, points, start, level, quotation, sentence_start, bits):  # type: ignore[no-untyped-def]
    """Whether a capitalized word is part of a name rather than the first word of a sentence."""
    if _calendar(i, n, hashes, flags, points, start, bits):
        return False
    goes_on = (i + 1 < n and flags[i + 1] & CAPITAL > 0) or _hyphenated(i, n, flags, points, start)
    opens = i > 0 and quotation[i] == INSIDE and quotation[i - 1] == OPENING
    if sentence_start[i] != i and not opens and not (i > 0 and quotation[i] == INSIDE and level[i] < 3):
        return level[i] != 1 or goes_on or (i > 0 and flags[i - 1] & WORD > 0)
    if level[i] == 1 and not (bits[i] & PARTICLE and goes_on):
        return False
    return level[i] != 2 or goes_on


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
    if among(_GIVEN_DAYS, hashes[i]) and i + 1 < n and flags[i + 1] & CAPITAL:  # Jan Ek, Sun Weili, April Li
        dated = i > 0 and (bits[i - 1] & (NEVER | PREPOSITION) or among(_BEFORE_DATES, hashes[i - 1]))
        if not dated and not bits[i + 1] & (DEMONYM | NEVER | TITLE):
            return False
    if i == 0 or not flags[i - 1] & CAPITAL or not bits[i - 1] & (HE | SHE | TITLE):
        return True
    h = hashes[i]
    month = h == _MAY or h == _APRIL or h == _JUNE or h == _AUGUST
    return not month or (i + 1 < n and flags[i + 1] & NUMBER > 0)
