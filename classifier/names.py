"""Names in a text: runs of capitalized words, what they are (person, organization, state), titles taken off."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from topic_stance.data.records import ActorType

from .features import CAPITAL_LEVEL, INSIDE, OPENING, Context
from .segment import APOSTROPHE, CAPITAL, MARK_SINGLE, SPACED, WORD, Tokens, token_hash

_NEVER = (
    "i monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct nov dec"
)
_PARTICLES = "de la del der den van von bin ben al el ibn da di du dos le ter abu"
_STOPS_OF_INITIALS = "mr mrs ms dr sen rep gov gen lt col sgt capt maj prof rev st jr sr hon"
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "md", "phd", "esq"})


class Lexicon(NamedTuple):
    """The small word lists behind names; all in lower case."""

    titles: frozenset[str]
    gender: dict[str, str]
    states: dict[str, str]
    demonyms: frozenset[str]
    nouns: dict[str, ActorType]


class Name(NamedTuple):
    """One run of capitalized words, its title taken off.

    begin, end: tokens of the whole run, title included. words: the name's words. title: words before it.
    """

    begin: int
    end: int
    words: tuple[str, ...]
    title: tuple[str, ...]
    type: ActorType | None
    possessive: bool


@cache
def lexicon() -> Lexicon:
    """The project's own lists, read once."""
    titles = {word for line in _lines("titles.txt") for word in line.split()}
    gender: dict[str, str] = {}
    for line in _lines("given_names.txt"):
        sex, *names = line.split()
        for name in names:
            gender[name] = "u" if gender.get(name, sex) != sex else sex
    states: dict[str, str] = {}
    demonyms: set[str] = set()
    for line in _lines("states.txt"):
        name, capital, adjectives = line.split("\t")
        states.setdefault(name.lower().replace(".", ""), name)
        states.setdefault(capital.lower(), name)
        demonyms.update(word.lower().replace("-", " ") for word in adjectives.split())
    nouns: dict[str, ActorType] = {}
    for line in _lines("nouns.txt"):
        kind, _, words = line.partition(":")
        for word in words.split():
            nouns.setdefault(word, kind)  # type: ignore[arg-type]
    return Lexicon(frozenset(titles), gender, states, frozenset(demonyms), nouns)


def find_names(text: str, tokens: Tokens, where: Context) -> list[Name]:
    """The names of a body in text order."""
    runs = _runs(
        tokens.hash,
        tokens.flags,
        tokens.mark,
        tokens.points,
        tokens.start,
        tokens.end,
        where.classes[:, CAPITAL_LEVEL],
        where.quotation,
        where.sentence_start,
        _PARTICLE_HASHES,
        _NEVER_HASHES,
        _STOP_HASHES,
    )
    starts, ends = tokens.start, tokens.end
    known = lexicon()
    names = []
    for begin, end, possessive in _join_offices(text, tokens, runs.tolist(), known):
        words = name_words(text[starts[begin] : ends[end - 1]])
        name = parse_name(words, begin, end, possessive, known)
        if name is not None:
            names.append(name)
    return names


def name_words(text: str) -> tuple[str, ...]:
    """The words of a name: what white space separates, without quotation marks around and commas after."""
    words = (word.strip('"“”‘,;:()[]') for word in text.split())
    return tuple(word for word in words if any(map(str.isalnum, word)))


def parse_name(words: tuple[str, ...], begin: int, end: int, possessive: bool, known: Lexicon) -> Name | None:
    """A run of words as a name with its title apart, or None where it is only an adjective or a title."""
    if not words:
        return None
    lower = [word.lower().rstrip(".") for word in words]
    whole = " ".join(lower).replace(".", "")
    if whole in known.states:
        return Name(begin, end, words, (), "state", possessive)
    if len(words) == 1 and lower[0] in known.demonyms:
        return None
    if known.nouns.get(lower[-1]) == "group" or (lower[-1].endswith("s") and lower[-1][:-1] in known.demonyms):
        return Name(begin, end, words, (), "group", possessive)
    cut = (
        max((k for k, word in enumerate(lower[:-1]) if word in known.titles or word.endswith("-elect")), default=-1) + 1
    )
    if cut and cut < len(words) and lower[cut] in ("of", "for"):
        given = [k for k in range(cut + 1, len(words)) if lower[k] in known.gender]
        cut = given[0] if given else min(cut + 2, len(words) - 1)
    body = known.nouns.get(lower[-1]) == "organization" or (cut == 0 and _is_body(lower, known))
    acronym = len(words) == 1 and words[0].isupper() and 2 <= len(whole) <= 6
    if body or acronym:
        return Name(begin, end, words, (), "organization", possessive)
    if cut == 0 and lower[-1] in known.titles and len(words) <= 3:
        return None  # "Foreign Minister" on its own: a title, not a name
    while cut < len(words) - 1 and lower[cut] in known.demonyms:
        cut += 1
    rest = words[cut:]
    person = cut > 0 or (len(rest) > 1 and lower[cut] in known.gender)
    return Name(begin, end, rest, words[:cut], "person" if person else None, possessive)


def _is_body(lower: list[str], known: Lexicon) -> bool:
    """Whether a name's first word, or the one before ``of``, is that of a body (Ministry of …, Bank of …)."""
    head = lower.index("of") - 1 if "of" in lower[1:] else 0
    return known.nouns.get(lower[head]) == "organization" or known.nouns.get(lower[0]) == "organization"


def _lines(name: str) -> list[str]:
    text = resources.files("topic_stance.data").joinpath(f"lexicons/{name}").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _join_offices(text: str, tokens: Tokens, runs: list[list[int]], known: Lexicon) -> list[tuple[int, int, bool]]:
    """Runs with ``of`` between them where the first one ends in an office or a body (Ministry of Public Security)."""
    joined: list[tuple[int, int, bool]] = []
    for begin, end, possessive in runs:
        if begin > 1 and (not joined or joined[-1][1] <= begin - 2):
            # "Secretary of State" at the start of a sentence, where a capital tells nothing
            gap = text[tokens.start[begin - 1] : tokens.end[begin - 1]]
            head = text[tokens.start[begin - 2] : tokens.end[begin - 2]]
            if gap == "of" and head[:1].isupper() and head.lower() in known.titles:
                begin -= 2
        if joined:
            before, last, owned = joined[-1]
            gap = text[tokens.start[last] : tokens.end[begin - 1]].lower() if last < begin <= last + 2 else ""
            if gap in ("of", "of the", "for", "and", "&") and not owned:
                head = text[tokens.start[last - 1] : tokens.end[last - 1]].lower()
                body = known.nouns.get(head) == "organization" or head in known.titles
                inner = " of " in text[tokens.start[before] : tokens.end[last - 1]]
                if (gap.startswith("of") and body) or (gap in ("and", "&") and inner and body is False):
                    joined[-1] = (before, end, bool(possessive))
                    continue
        joined.append((begin, end, bool(possessive)))
    return joined


@njit(cache=True, nogil=True)
def _among(sorted_values, value):  # type: ignore[no-untyped-def]
    place = np.searchsorted(sorted_values, value)
    return place < len(sorted_values) and sorted_values[place] == value


@njit(cache=True, nogil=True)
def _runs(hashes, flags, mark, points, start, end, level, quotation, sentence_start, particles, never, stops):  # type: ignore[no-untyped-def]
    """Runs of name words: (n_runs, 3) int32 begin, end, whether a possessive 's follows."""
    n = len(hashes)
    out = np.empty((n, 3), np.int32)
    count = 0
    i = 0
    while i < n:
        if not _name_word(i, n, flags, level, quotation, sentence_start, hashes, never):
            i += 1
            continue
        j = i + 1
        while j < n and j - i < 12:
            if flags[j] & CAPITAL:
                if not flags[j] & SPACED and flags[j - 1] & WORD:
                    break
                if sentence_start[j] == j or _among(never, hashes[j]):
                    break
                j += 1
                continue
            point = points[start[j]]
            touching = not flags[j] & SPACED
            follows = j + 1 < n and flags[j + 1] & CAPITAL and sentence_start[j + 1] != j + 1
            if point == 0x2D and touching and j + 1 < n and flags[j + 1] & WORD and not flags[j + 1] & SPACED:
                j += 2  # Jean-Yves, al-Assad
                continue
            if mark[j] == APOSTROPHE and follows and not flags[j + 1] & SPACED:
                j += 2  # O'Rourke
                continue
            if point == 0x2E and touching and (end[j - 1] - start[j - 1] == 1 or _among(stops, hashes[j - 1])):
                if follows:
                    j += 2  # John F. Kennedy, Mr. Smith, U.S. Attorney
                    continue
                if end[j - 1] - start[j - 1] == 1 and j - i > 1:
                    j += 1
                break
            if point == 0x26 and follows:
                j += 2  # Johnson & Johnson
                continue
            if flags[j] & WORD and j - i < 9 and _among(particles, hashes[j]):
                k = j + 1
                if k < n and flags[k] & WORD and _among(particles, hashes[k]):
                    k += 1
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


@njit(cache=True, nogil=True)
def _name_word(i, n, flags, level, quotation, sentence_start, hashes, never):  # type: ignore[no-untyped-def]
    """Whether a capitalized word is part of a name rather than the first word of a sentence."""
    if not flags[i] & CAPITAL or _among(never, hashes[i]):
        return False
    opens = i > 0 and quotation[i] == INSIDE and quotation[i - 1] == OPENING
    if sentence_start[i] != i and not opens and not (i > 0 and quotation[i] == INSIDE and level[i] < 3):
        return level[i] != 1 or (i + 1 < n and flags[i + 1] & CAPITAL > 0) or (i > 0 and flags[i - 1] & WORD > 0)
    if level[i] == 1:
        return False
    return level[i] != 2 or (i + 1 < n and flags[i + 1] & CAPITAL > 0)


def _hashes(words: str) -> NDArray[np.uint64]:
    return np.sort(np.array([token_hash(word) for word in words.split()], np.uint64))


_NEVER_HASHES = _hashes(_NEVER)
_PARTICLE_HASHES = _hashes(_PARTICLES)
_STOP_HASHES = _hashes(_STOPS_OF_INITIALS)
