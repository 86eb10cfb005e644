"""Scraped text to body: which lines are the article's own, and which words within them. Offsets stay.

Each line is judged by what it looks like, in the order of `line_verdicts`: phrases of the lexicon
`data/lexicons/boilerplate.txt`, then a handful of shapes (photo credits, time codes with the titles that follow them,
repeated lines, bylines, navigation, stray numbers, teaser bullets before the first paragraph).

Within a line some outlets follow a person's name by the name in full, headlines glued to it, and "MORE", and between
paragraphs stand links to other articles: `prose` leaves these promos out for whoever looks for quotes. Topics are read
from all lines of the body, for which links are as good as any.
"""

from __future__ import annotations

from enum import IntEnum
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hashing import MIX as _MIX
from .hashing import contains
from .jit import borrowing, compiled, inner
from .segment import ALLCAPS, CAPITAL, LINE, MARK_NONE, NUMBER, SPACED, WORD, Tokens, token_hash, token_hashes, tokenize

_LONGEST_PHRASE = 6
_PARAGRAPH = 18
"""So many words and an end mark make a paragraph of the body."""
_PHRASE_LINE, _CREDIT_LINE, _NAVIGATION_LINE, _BYLINE = 40, 90, 30, 15
"""Words of a line of that kind, fewer than these: a longer one is a paragraph that looks like it."""
_CREDIT_END = 14
"""Tokens at the end of a line in which the agency of a photograph stands."""
_SHORTEST_REPEATED, _LONGEST_REPEATED = 3, 30
"""Words of a title or headline that is left out where it stands twice."""
LONGEST_SIGNATURE = 12
"""Tokens of a line that signs a quotation."""
_LONGEST_LINK, _SHORTEST_SHOUT = 40, 5
"""Tokens of a link to another article, fewer than these, and words of one in capitals."""
_LONGEST_PROMO, _LONGEST_NAME, _SHORTEST_NAME = 200, 6, 3
"""Tokens of a promo and of the name in front of it that are looked at, and letters of a name."""


class Verdict(IntEnum):
    """What a line is."""

    BODY = 0
    HEADLINE = 1
    PHRASE = 2
    CREDIT = 3
    TIME_CODE = 4
    VIDEO_TITLE = 5
    REPEATED = 6
    BYLINE = 7
    NAVIGATION = 8
    NUMBER = 9
    TEASER = 10


class Boilerplate(NamedTuple):
    """The lexicon, hashed: whole lines and beginnings, each sorted; (n,) uint64."""

    whole: NDArray[np.uint64]
    beginning: NDArray[np.uint64]


def judge_lines(tokens: Tokens, lexicon: Boilerplate, headline: Tokens | None = None) -> NDArray[np.uint8]:
    """The `Verdict` on each line of `tokens.lines`: (n_lines,) uint8. `headline`: the article's title, where known."""
    title = np.uint64(0 if headline is None else words_hash(headline.hash, headline.flags))
    verdicts: NDArray[np.uint8] = line_verdicts(
        tokens.points,
        tokens.start,
        tokens.hash,
        tokens.flags,
        tokens.lines,
        lexicon.whole,
        lexicon.beginning,
        title,
        CREDITS,
    )
    return verdicts


def read_lines(title: str, text: str, lexicon: Boilerplate) -> tuple[Tokens | None, Tokens, NDArray[np.uint8]]:
    """The tokens of an article's title, where there is one, and of its text, and the `Verdict` on each of its lines."""
    headline = tokenize(title) if title else None
    tokens = tokenize(text)
    return headline, tokens, judge_lines(tokens, lexicon, headline)


def body_tokens(tokens: Tokens, verdicts: NDArray[np.uint8]) -> Tokens:
    """The tokens of the body's lines only; offsets stay those of the whole text."""
    return _select(tokens, verdicts == Verdict.BODY)


def prose(body: Tokens) -> tuple[Tokens, NDArray[np.int32]]:
    """The body without promos, and the numbers of the tokens before which one was left out."""
    keep = _own_words(body.points, body.start, body.end, body.hash, body.flags, body.mark, body.lines)
    if keep.all():
        return body, np.empty(0, np.int32)
    left = np.add.accumulate(keep, dtype=np.int32)
    cuts = np.unique(left[~keep])
    lines = np.concatenate((np.zeros(1, np.int32), left))[body.lines]
    return Tokens(
        body.points,
        body.start[keep],
        body.end[keep],
        body.hash[keep],
        body.flags[keep],
        body.mark[keep],
        np.unique(lines),
        body.special,
    ), cuts


def kept_spans(tokens: Tokens, verdicts: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Character spans of the body's lines, from the first token of each to the end of its last."""
    lines = tokens.lines
    return [
        (int(tokens.start[lines[k]]), int(tokens.end[lines[k + 1] - 1]))
        for k in np.flatnonzero(verdicts == Verdict.BODY)
    ]


def load_boilerplate() -> Boilerplate:
    """The project's own lexicon."""
    lines = resources.files("topic_stance.data").joinpath("lexicons/boilerplate.txt").read_text("utf-8").splitlines()
    whole: list[np.uint64] = []
    beginning: list[np.uint64] = []
    for line in lines:
        sign, _, phrase = line.partition(" ")
        if sign in ("=", "^"):
            tokens = tokenize(phrase)
            (whole if sign == "=" else beginning).append(words_hash(tokens.hash, tokens.flags))
    return Boilerplate(np.unique(np.array(whole, np.uint64)), np.unique(np.array(beginning, np.uint64)))


def _select(tokens: Tokens, keep: NDArray[np.bool_]) -> Tokens:
    if keep.all():
        return tokens
    counts = np.diff(tokens.lines)
    mask = np.repeat(keep, counts)
    lines = np.zeros(int(keep.sum()) + 1, np.int32)
    np.cumsum(counts[keep], out=lines[1:])
    return Tokens(
        tokens.points,
        tokens.start[mask],
        tokens.end[mask],
        tokens.hash[mask],
        tokens.flags[mask],
        tokens.mark[mask],
        lines,
        tokens.special,
    )


CREDITS = np.sort(token_hashes("photo photos photograph image images picture pictures pic"))


@borrowing
def words_hash(hashes, flags):  # type: ignore[no-untyped-def]
    """One hash of all words, numbers left out: what lines are compared by."""
    value = np.uint64(0)
    for i in range(len(hashes)):
        if flags[i] & WORD and not flags[i] & NUMBER:
            value = (value ^ hashes[i]) * _MIX
    return value


@compiled
def _own_words(points, start, end, hashes, flags, mark, lines):  # type: ignore[no-untyped-def]
    """Which tokens are no part of a promo, (n_tokens,) bool: of "Lee Ana LeeTax falls MORE" the first."""
    keep = np.ones(len(hashes), np.bool_)
    _leave_out_links(keep, points, start, end, hashes, flags, mark, lines)
    low = 0
    for i in range(len(hashes)):
        if flags[i] & LINE:
            low = i
        if hashes[i] != _MORE or not flags[i] & ALLCAPS:
            continue
        for j in range(max(low, i - _LONGEST_PROMO), i):
            name = _name_before(j, low, points, start, end, flags)
            if name >= 0:
                keep[name + 1 : i + 1] = False
                break
        low = i + 1
    return keep


@inner
def _leave_out_links(keep, points, start, end, hashes, flags, mark, lines):  # type: ignore[no-untyped-def]
    """Mark lines as left out that end in "Read more", are labelled "More:Eels flee" or, among others, in capitals.

    Where two lines in capitals follow each other, capitals tell nothing; one behind a quotation may sign it. Behind a
    paragraph only "Read more" goes.
    """
    before = False  # whether the line before is in capitals
    for k in range(len(lines) - 1):
        a, b = lines[k], lines[k + 1]
        shouted = mark[a] == MARK_NONE and _in_capitals(a, b, start, end, flags)
        alone = not before and not (k + 2 < len(lines) and _in_capitals(b, lines[k + 2], start, end, flags))
        signs = a > 0 and mark[a - 1] != MARK_NONE and b - a < LONGEST_SIGNATURE
        if b - a > 2 and hashes[b - 1] == _MORE and hashes[b - 2] == _READ:
            ended = _is_ended(a, b - 2, points, start, flags) or b - a >= _LONGEST_LINK
            keep[b - 2 if ended else a : b] = False
        elif b - a < _LONGEST_LINK and _labelled(a, b, points, start, flags):
            keep[a:b] = _is_ended(a, b, points, start, flags)
        if shouted and alone and not signs and len(lines) > 2:
            keep[a:b] = False
        before = shouted


@inner
def _labelled(a, b, points, start, flags):  # type: ignore[no-untyped-def]
    """Whether a colon joins words of a line without a space, the second with a capital, as a link's label does."""
    for i in range(a + 1, b - 1):
        if points[start[i]] == 0x3A and not flags[i] & SPACED and flags[i + 1] & (CAPITAL | SPACED) == CAPITAL:
            return True
    return False


@inner
def _in_capitals(a, b, start, end, flags):  # type: ignore[no-untyped-def]
    """Whether a line of some words, tokens a to b, is in capitals."""
    words = 0
    for i in range(a, b):
        if flags[i] & WORD and not flags[i] & NUMBER:
            words += 1
            if not flags[i] & ALLCAPS and not (flags[i] & CAPITAL and end[i] - start[i] == 1):
                return False
    return words >= _SHORTEST_SHOUT


@inner
def _name_before(j, low, points, start, end, flags):  # type: ignore[no-untyped-def]
    """The token of the name that a word begins with, a headline glued to it, only names between; -1 where none is."""
    length = end[j] - start[j]
    for k in range(j - 1, max(low, j - _LONGEST_NAME) - 1, -1):
        if not flags[k] & WORD:
            continue
        if not flags[k] & CAPITAL:
            return -1
        letters = end[k] - start[k]
        if _SHORTEST_NAME <= letters < length:
            after = points[start[j] + letters]
            same = 0x30 <= after <= 0x39 or 0x41 <= after <= 0x5A
            for c in range(letters):
                same = same and points[start[k] + c] == points[start[j] + c]
            if same:
                return k
    return -1


@compiled
def line_verdicts(points, start, hashes, flags, lines, whole, beginning, title, credits):  # type: ignore[no-untyped-def]
    """The `Verdict` on each line, from the arrays of `Tokens` and `Boilerplate` and the hash of the title's words."""
    n_lines = len(lines) - 1
    verdicts = np.zeros(n_lines, np.uint8)
    line_hash = np.zeros(n_lines, np.uint64)
    n_words = np.zeros(n_lines, np.int32)
    body_seen = False
    for k in range(n_lines):
        a, b = lines[k], lines[k + 1]
        value, exact, words, capitals, digits, separators, phrase, credit = _read_line(
            a, b, points, start, hashes, flags, beginning, credits
        )
        line_hash[k] = exact
        n_words[k] = words
        ended = _is_ended(a, b, points, start, flags)
        first = points[start[a]]
        quoted = first == 0x201C or first == 0x22
        bullet = first == 0x2022 or first == 0x25CF or first == 0xB7 or first == 0x25AA or first == 0x2023
        if words == 0:
            time_code = digits >= 2 and b - a == 3 and points[start[a + 1]] == 0x3A
            verdicts[k] = Verdict.TIME_CODE if time_code else Verdict.NUMBER
        elif value == title and title != 0:
            verdicts[k] = Verdict.HEADLINE
        elif (phrase and words < _PHRASE_LINE) or contains(whole, value):
            verdicts[k] = Verdict.PHRASE
        elif credit and words < _CREDIT_LINE and not quoted:
            verdicts[k] = Verdict.CREDIT
        elif separators >= 2 and words < _NAVIGATION_LINE and not ended:
            verdicts[k] = Verdict.NAVIGATION
        elif words < _BYLINE and not ended and capitals * 2 >= words and hashes[a] == _BY and flags[a] & CAPITAL:
            verdicts[k] = Verdict.BYLINE
        elif bullet and not body_seen:
            verdicts[k] = Verdict.TEASER
        elif words >= _PARAGRAPH and ended:
            body_seen = True
    _judge_repeated(verdicts, line_hash, n_words)
    _judge_headlines(verdicts, n_words, lines, points, start, flags)
    return verdicts


@inner
def _read_line(a, b, points, start, hashes, flags, beginning, credits):  # type: ignore[no-untyped-def]
    """What a line of tokens is made of.

    The hash of its words, and that of all its tokens, so that two lines that differ in a number are not the same; how
    many words, capitalized words, numbers and separators it has; whether it begins with a phrase of `beginning`;
    whether a credit stands at its end.
    """
    value = exact = np.uint64(0)
    words = capitals = digits = separators = 0
    phrase = credit = False
    for i in range(a, b):
        exact = (exact ^ hashes[i]) * _MIX
        if not flags[i] & WORD:
            point = points[start[i]]
            separators += point == 0x3E or point == 0xBB or point == 0x7C or point == 0x203A or point == 0xB7
        elif flags[i] & NUMBER:
            digits += 1
        else:
            words += 1
            capitals += flags[i] & CAPITAL > 0
            value = (value ^ hashes[i]) * _MIX
            phrase = phrase or (words <= _LONGEST_PHRASE and contains(beginning, value))
            if i + 1 < b and i > b - _CREDIT_END:
                after = points[start[i + 1]]
                if after == 0x3A or after == 0x2F or after == 0xA9:  # "Photo: …", "AP Photo/…"
                    credit = credit or contains(credits, hashes[i])
    return value, exact, words, capitals, digits, separators, phrase, credit


@inner
def _judge_repeated(verdicts, line_hash, n_words):  # type: ignore[no-untyped-def]
    """Lines that stand twice: titles that a video player shows, headlines."""
    for k in range(len(verdicts)):
        if verdicts[k] != Verdict.BODY or not _SHORTEST_REPEATED <= n_words[k] <= _LONGEST_REPEATED:
            continue
        if k > 0 and line_hash[k] == line_hash[k - 1]:
            timed = verdicts[k - 1] == Verdict.VIDEO_TITLE
            if k > 1 and verdicts[k - 2] == Verdict.TIME_CODE:
                verdicts[k - 1] = Verdict.VIDEO_TITLE
                timed = True
            verdicts[k] = Verdict.VIDEO_TITLE if timed else Verdict.REPEATED


@inner
def _judge_headlines(verdicts, n_words, lines, points, start, flags):  # type: ignore[no-untyped-def]
    """Lines of few words without an end mark before the first paragraph: headlines and names of sections."""
    for k in range(len(verdicts)):
        if verdicts[k] == Verdict.BODY:
            if n_words[k] >= _PARAGRAPH or _is_ended(lines[k], lines[k + 1], points, start, flags):
                return
            verdicts[k] = Verdict.HEADLINE
    # Nothing looks like a paragraph: better all of it than none.
    for k in range(len(verdicts)):
        if verdicts[k] == Verdict.HEADLINE:
            verdicts[k] = Verdict.BODY


@inner
def _is_ended(a, b, points, start, flags):  # type: ignore[no-untyped-def]
    """Whether a line, tokens a to b, ends in an end mark, or in one and another mark after it."""
    last = points[start[b - 1]]
    before = points[start[b - 2]] if b - a > 1 else last
    return _ends(last) or (_ends(before) and not flags[b - 1] & WORD)


@inner
def _ends(point):  # type: ignore[no-untyped-def]
    """Whether a code point ends a sentence or a clause, or is a closing quotation mark."""
    return (
        point == 0x2E
        or point == 0x21
        or point == 0x3F
        or point == 0x2026
        or point == 0x3A
        or point == 0x22
        or point == 0x201D
        or point == 0x2019
        or point == 0x3B
        or point == 0x2C
    )


_BY, _READ, _MORE = (np.uint64(token_hash(word)) for word in ("by", "read", "more"))
