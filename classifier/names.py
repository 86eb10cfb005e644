"""Names in a text: runs of capitalized words, what they are (person, organization, state), titles taken off.

All of it is compiled; a name is a row of numbers (`Names`), its words are cut from the text only where they are shown.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hashing import among
from .jit import inlined, inner, maker
from .lexicon import (
    DEMONYM,
    GROUP,
    HE,
    ORGANIZATION,
    PARTICLE,
    PERSON,
    SHE,
    STATE,
    SUFFIX,
    TITLE,
    UNKNOWN,
    joined,
    look_up,
    noun_of,
)
from .name_runs import LONGEST_RUN, find_runs, generation, joined_runs
from .segment import ALLCAPS, CAPITAL, SPACED, WORD, token_hashes

BEGIN, END, WORDS, N_WORDS, TYPE, POSSESSIVE, LAST, STATE_NUMBER = range(8)
"""Columns of `Names.place`."""
WHOLE_KEY, FIRST_KEY, LAST_KEY = range(3)
"""Columns of `Names.key`."""
_NO_NAME = -1
"""In place of a type where a run is no name."""
_OF, _FOR, _ON, _TO, _THE, _TAN, _SRI, _TURNED, _HYPHEN, _STOP = token_hashes("of for on to the tan sri turned - .")
_OF_PLACES = token_hashes("new north south east west rhode san los el hong sri")
"""What names of places of two words begin with."""
_BEFORE_PERSONS = token_hashes("county city township parish district province ag pm vp fm cm un eu")
"""What a person's name may stand after: the end of a place's (Orrin County Ana Li), an office or a body in letters."""
_TITLES_OR_NAMES = token_hashes(
    "king pope prince bishop dean major marshal farmer judge baron duke cardinal constable warden justice lord pastor "
    "deacon chaplain ranger private cook page"
)
"""Titles that are last names, too (Mayor King)."""
_OF_COMPOUNDS = token_hashes("based born led backed educated trained raised")
"""What adjectives before a name end in (Orrin-born Ana Li)."""
_SHORT_PLACES = token_hashes("n s e w u")
"""Letters that stand for a part of a place's name (N.Korea)."""
_HEADLINE = 5
"""Words in capitals, so many or more in a row, that are no name."""


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


class RunWords(NamedTuple):
    """Room for the words of a run: first token and one past the last, hash, `lexicon` bits; (`LONGEST_RUN`,) each."""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    key: NDArray[np.uint64]
    bits: NDArray[np.uint32]


@maker
def find_names(tokens, known):  # type: ignore[no-untyped-def]
    """The `Names` of a body. tokens: `BodyTokens`; known: the `Lexicon`."""
    runs = joined_runs(find_runs(tokens), tokens)
    place = np.empty((len(runs), 8), np.int32)
    key = np.empty((len(runs), 3), np.uint64)
    words = RunWords(
        np.empty(LONGEST_RUN, np.int32),
        np.empty(LONGEST_RUN, np.int32),
        np.empty(LONGEST_RUN, np.uint64),
        np.empty(LONGEST_RUN, np.uint32),
    )
    count = _write_names(runs, place, key, tokens, known, words)
    return Names(place[:count].copy(), key[:count].copy())


@inner
def _write_names(runs, place, key, tokens, known, words):  # type: ignore[no-untyped-def]
    """Write the names of runs to `place` and `key`; returns how many there are. words: `RunWords`."""
    count = 0
    for r in range(len(runs)):
        runs[r, 0] = _past_compounds(runs[r, 0], runs[r, 1], tokens)
        runs[r, 0] = _past_article(runs[r, 0], runs[r, 1], tokens, known)
        n = _split(runs[r, 0], runs[r, 1], tokens, known, words)
        if n and _parse(runs[r], n, place[count], key[count], tokens, known, words):
            count += 1
    return count


@inner
def _past_compounds(begin, stop, tokens):  # type: ignore[no-untyped-def]
    """Where a run goes on after words like "Orrin-born", "New Tonk-based" and "Mayor-turned-farmer"."""
    hashes = tokens.hash
    for i in range(begin + 2, stop - 1):
        if hashes[i] == _TURNED and hashes[i - 1] == _HYPHEN and i + 3 < stop and hashes[i + 1] == _HYPHEN:
            begin = i + 3
        if among(_OF_COMPOUNDS, hashes[i]) and hashes[i - 1] == _HYPHEN and not tokens.flags[i] & SPACED:
            if tokens.flags[i + 1] & SPACED:
                begin = i + 1
    return begin


@inner
def _past_article(begin, stop, tokens, known):  # type: ignore[no-untyped-def]
    """Where a run goes on after an article with a capital before a state (in The Netherlands)."""
    if tokens.hash[begin] != _THE:
        return begin
    whole = np.uint64(0)
    for i in range(begin + 1, stop):
        if tokens.flags[i] & WORD:
            whole = joined(whole, tokens.hash[i])
    return begin + 1 if look_up(known.keys, known.state, whole) else begin


@lru_cache(maxsize=1 << 14)
def name_words(text: str) -> tuple[str, ...]:
    """The words of a name: what white space separates, without marks around, but with commas and ``&`` between."""
    words = [(word.strip('"“”‘,;:()[]'), word[-1] == ",") for word in text.split()]
    words = [(word, comma) for word, comma in words if word == "&" or any(map(str.isalnum, word))]
    return tuple(f"{word}," if comma and k + 1 < len(words) else word for k, (word, comma) in enumerate(words))


@inner
def _split(begin, stop, tokens, known, words):  # type: ignore[no-untyped-def]
    """The words of a run: what white space separates; returns how many, written to `words`.

    "K.Li" is two words. The key of "al-Tonk" is that of "Tonk", as the same man is called in the next sentence.
    """
    hashes, flags, keys, values = tokens.hash, tokens.flags, known.keys, known.bits
    n = 0
    i = begin
    while i < stop and n < LONGEST_RUN:
        j = i + 1
        while j < stop and not flags[j] & SPACED:
            initial = j == i + 2 and tokens.end[i] - tokens.start[i] == 1 and hashes[i + 1] == _STOP
            if (
                initial
                and flags[j] & CAPITAL
                and tokens.end[j] - tokens.start[j] > 1
                and not among(_SHORT_PLACES, hashes[i])
            ):
                break
            j += 1
        value = np.uint64(0)
        parts = np.uint32(0)
        particle = j > i + 2 and not flags[i + 1] & WORD and look_up(keys, values, hashes[i]) & np.uint32(PARTICLE) > 0
        for k in range(i + 2 if particle else i, j):
            if flags[k] & WORD:
                value = joined(value, hashes[k])
                parts |= look_up(keys, values, hashes[k]) & np.uint32(TITLE)
        if value != 0:
            words.first[n], words.last[n], words.key[n] = i, j, value
            # "Secretary-General" is a title because a part of it is one
            words.bits[n] = look_up(keys, values, value) | (parts if j - i == 3 else np.uint32(0))
            n += 1
        i = j
    return n


@inner
def _parse(run, n, place, key, tokens, known, words):  # type: ignore[no-untyped-def]
    """A run as a name with its title apart, written to `place` and `key`; False where it is none."""
    first, word_key = words.first, words.key
    whole = np.uint64(0)
    for k in range(n):
        for i in range(first[k], words.last[k]):
            if tokens.flags[i] & WORD:
                whole = joined(whole, tokens.hash[i])
    state = look_up(known.keys, known.state, whole)
    cut, kind = 0, STATE
    if not state:
        cut, kind = _name_and_type(n, tokens, known, words)
        if kind == _NO_NAME:
            return False
    tail = n
    while tail > cut + 1 and words.bits[tail - 1] & SUFFIX:
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


@inlined
def _name_and_type(n, tokens, known, words):  # type: ignore[no-untyped-def]
    """The first word of a run's name, behind its title, and its type: `_NO_NAME` where the run is none."""
    first, word_key, word_bits = words.first, words.key, words.bits
    noun = noun_of(word_bits[n - 1])
    if (n == 1 and word_bits[0] & DEMONYM) or (noun != ORGANIZATION and _is_headline(n, tokens, words)):
        return 0, _NO_NAME
    if noun == GROUP and not _is_body(n, True, words):
        return 0, GROUP
    if n > 2 and word_key[1] == _FOR and noun_of(word_bits[0]) == GROUP:
        return 0, ORGANIZATION  # Teachers for Clean Water
    if n == 2 and word_bits[0] & TITLE and word_bits[0] & (HE | SHE) and not noun:
        return 0, PERSON  # Dean Li
    cut = _past_titles(n, words)
    if 0 < cut < n and (word_key[cut] == _OF or word_key[cut] == _FOR):
        cut = _past_office(n, cut, noun, words)
        if cut < 0:
            return 0, _NO_NAME
    body = noun == ORGANIZATION or _is_body_with_title(n, cut, words)
    if cut == 0:
        cut = _after_body(n, tokens, known, words)
    body = body or (cut == 0 and _is_body(n, False, words))
    if body or _acronym(n, tokens, words):
        return 0, ORGANIZATION
    if word_bits[n - 1] & TITLE and n <= 3 and (cut == 0 or not among(_TITLES_OR_NAMES, word_key[n - 1])):
        return 0, _NO_NAME  # "Foreign Minister", "Chief Executive" on its own: a title, not a name
    if cut == 0:
        cut = _after_words(n, tokens, words)
    cut = _past_demonyms(n, cut, tokens, words)
    initial = words.last[cut] == first[cut] + 2 and tokens.end[first[cut]] - tokens.start[first[cut]] == 1  # K. Li
    person = cut > 0 or (n - cut > 1 and (initial or word_bits[cut] & (HE | SHE)))
    return cut, PERSON if person else UNKNOWN


@inlined
def _past_titles(n, words):  # type: ignore[no-untyped-def]
    """The word behind the last title of a run, 0 where it has none."""
    word_bits = words.bits
    cut = 0
    for k in range(n - 1):
        if word_bits[k] & TITLE and not word_bits[k + 1] & SUFFIX:
            cut = k + 1
        if k > 0 and words.key[k] == _SRI and (words.key[k - 1] == _TAN or word_bits[k - 1] & TITLE):
            cut = k + 1  # Tan Sri, Datuk Sri
    return cut


@inlined
def _past_office(n, of, noun, words):  # type: ignore[no-untyped-def]
    """The word behind a title and what it is of, as in "Secretary of State Ana Li"; below 0 where no name follows.

    of: the word ``of`` or ``for`` behind the title. noun: what the last word says of the run.
    """
    if n - of == 3 and among(_OF_PLACES, words.key[of + 1]):
        return -1  # "Republican of South Carolina"
    for k in range(of + 1, n):
        if words.bits[k] & (HE | SHE):
            return k
    if n - of == 2 or (noun == ORGANIZATION and not _is_body(n, False, words)):
        return -1  # "Mayor of London", "Chair of the House Committee": an office, neither person nor body
    return min(of + 2, n - 1)


@inlined
def _is_body_with_title(n, cut, words):  # type: ignore[no-untyped-def]
    """Whether a run is a body's name though a title stands in it (Bureau of Justice Data, Executive Office for …).

    cut: the word behind the title.
    """
    word_key = words.key
    if cut >= n:
        return False
    of = cut - 3 if cut > 3 and word_key[cut - 2] == _THE else cut - 2
    person = words.bits[cut] & (HE | SHE) > 0  # the Office of Governor Ana Li
    if of > 0 and not person and word_key[of] == _OF and _is_body(n, True, words):
        return True
    return 0 < cut < n - 2 and noun_of(words.bits[cut]) == ORGANIZATION and word_key[cut + 1] == _FOR


@inlined
def _past_demonyms(n, cut, tokens, words):  # type: ignore[no-untyped-def]
    """The first word of a name behind demonyms: "Norwegian Ana Li", but not "Norwegian Cruises"."""
    while cut < n - 1 and words.bits[cut] & DEMONYM:
        if cut == 0 and 0 < tokens.level[words.first[1]] < 3:
            given = False
            for k in range(1, n):
                given = given or words.bits[k] & (HE | SHE) > 0
            if not given:
                break
        cut += 1
    return cut


@inner
def _is_headline(n, tokens, words):  # type: ignore[no-untyped-def]
    """Whether a run is of many words in capitals and no person is named at its beginning."""
    if n < _HEADLINE or words.bits[0] & (TITLE | HE | SHE):
        return False
    for k in range(n):
        if not tokens.flags[words.first[k]] & ALLCAPS:
            return False
    return True


@inner
def _is_body(n, plural, words):  # type: ignore[no-untyped-def]
    """Whether a name's first word, or the one before ``of``, is that of a body (Ministry of …, Bank of …).

    A plural at the end asks for ``of`` or ``on``: the Union of Growers is a body, House Democrats are none.
    """
    head = -1
    for k in range(1, n):
        if words.key[k] == _OF or words.key[k] == _ON:
            head = k - 1
            break
    if head < 0:
        if plural:
            return False
        head = 0
    return noun_of(words.bits[head]) == ORGANIZATION or noun_of(words.bits[0]) == ORGANIZATION


@inner
def _after_body(n, tokens, known, words):  # type: ignore[no-untyped-def]
    """Where a person's name begins after a body's, a group's or a place's (U.N. Ana Li, Democrats Ana Li), else 0."""
    first, flags, word_bits = words.first, tokens.flags, words.bits
    for k in range(1, n - 1):
        if word_bits[k] & (HE | SHE):
            letters = 0
            for i in range(first[k - 1], words.last[k - 1]):
                letters += flags[i] & WORD > 0
            length = tokens.end[first[k - 1]] - tokens.start[first[k - 1]]
            capitals = flags[first[k - 1]] & ALLCAPS > 0
            dotted = letters > 1 and (length == 1 or capitals)  # U.N.
            dotted = dotted or (length > 2 and capitals and not flags[first[k]] & ALLCAPS)  # NATO
            noun = noun_of(word_bits[k - 1])
            if dotted or noun == ORGANIZATION or noun == GROUP or among(_BEFORE_PERSONS, words.key[k - 1]):
                return k
            # "the mayor of Oslo Ana Li", "the envoy to Norway Ana Li", though not "Norway Ana Li"
            state = k == 1 and not word_bits[0] & (HE | SHE) and look_up(known.keys, known.state, words.key[0]) > 0
            if (state or _is_of_something(k, n, words)) and _behind_office(first[0], tokens):
                return k
    return 0


@inner
def _behind_office(begin, tokens):  # type: ignore[no-untyped-def]
    """Whether a run may be what an office is of: ``of``, ``for`` or ``to`` stands before it."""
    hashes = tokens.hash
    before = begin - 2 if begin > 1 and hashes[begin - 1] == _THE else begin - 1
    return before >= 0 and (hashes[before] == _OF or hashes[before] == _FOR or hashes[before] == _TO)


@inner
def _is_of_something(k, n, words):  # type: ignore[no-untyped-def]
    """Whether the words before a person's full name are a body of something (the Institute of Eels Ana Li)."""
    word_key = words.key
    if k < n - 3 or k > n - 2 or k < 3 or word_key[k - 1] == _OF or word_key[k - 1] == _FOR:
        return False
    if among(_OF_PLACES, word_key[k - 1]):
        return False  # the University of North Carolina Orrin
    return word_key[1] == _OF or word_key[1] == _FOR


@inner
def _after_words(n, tokens, words):  # type: ignore[no-untyped-def]
    """Where a person's name of two words or more begins after words that are none (Special Operator Ana Li), else 0."""
    if not 0 < tokens.level[words.first[0]] < 3 or words.bits[0] & (HE | SHE | PARTICLE):
        return 0
    for k in range(2, n - 1):
        if words.bits[k] & (HE | SHE):
            return k
    return 0


@inner
def _acronym(n, tokens, words):  # type: ignore[no-untyped-def]
    """Whether a name is one word of two to six capital letters, full stops aside."""
    flags = tokens.flags
    letters = 0
    for i in range(words.first[0], words.last[0]):
        if flags[i] & WORD:
            if not flags[i] & ALLCAPS and not (flags[i] & CAPITAL and tokens.end[i] - tokens.start[i] == 1):
                return False
            letters += tokens.end[i] - tokens.start[i]
    return n == 1 and 2 <= letters <= 6
