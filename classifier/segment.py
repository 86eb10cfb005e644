"""Tokens, lines and sentences of a text as offset arrays, made once and shared by every later step.

A token is a maximal run of word characters (``\\w`` of Python's `re`) or one other visible character, so the word
tokens of two or more characters are exactly those of scikit-learn's `TfidfVectorizer`. Everything works on code
points (UTF-32), so an offset here is an offset into the Python string.
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .hashing import FNV_OFFSET, FNV_PRIME, among
from .jit import borrowing, compiled, inner

UNKNOWN, SPACE, NEWLINE, LOWER, UPPER, DIGIT, OTHER_WORD, PUNCT = range(8)
SPECIAL = 16
"""Added to the class of a character whose lower case is not one fixed character (İ, Σ)."""

# What a token is, as bits of `Tokens.flags`.
WORD = 1
CAPITAL = 2  # first character is upper case
ALLCAPS = 4  # two or more characters, all upper case
NUMBER = 8  # begins with a digit
SPACED = 16  # white space before it (always set at a line's start)
SENTENCE = 32  # first token of a sentence
LINE = 64  # first token of a line

# Quotation marks, by what they can do; `Tokens.mark` holds them.
MARK_NONE, MARK_STRAIGHT, MARK_OPEN, MARK_CLOSE, MARK_SINGLE, MARK_SINGLE_OPEN, APOSTROPHE = range(7)

_PAGE = 256
CLASSES = np.zeros(sys.maxunicode + 1, np.uint8)  # zero pages cost no memory until they are used
LOWERS = np.zeros(sys.maxunicode + 1, np.uint32)
"""Class and lower case of each code point that was met so far, see `learn_point`: `UNKNOWN` is one that was not."""
_WORD_CHARACTER = re.compile(r"\w")
_SPACE_CHARACTER = re.compile(r"\s")


class Tokens(NamedTuple):
    """The tokens of one text.

    points: (n_characters,) uint32, the text's code points.
    start, end: (n_tokens,) int32, offsets in code points, end exclusive.
    hash: (n_tokens,) uint64, of the lower-cased token (FNV-1a over code points).
    flags: (n_tokens,) uint8, bits `WORD` … `LINE`.
    mark: (n_tokens,) uint8, which quotation mark a token is (`MARK_NONE` … `APOSTROPHE`).
    lines: (n_lines + 1,) int32, index of the first token of each line that has a token, then n_tokens.
    special: whether the text holds characters whose lower case is not one fixed character.
    """

    points: NDArray[np.uint32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    hash: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    mark: NDArray[np.uint8]
    lines: NDArray[np.int32]
    special: bool


def tokenize(text: str) -> Tokens:
    """Tokens of `text`; any string is fine, lone surrogates and NULs included. Time and memory are linear."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    while True:
        start, end, hashes, flags, mark, lines, state = token_arrays(points, CLASSES, LOWERS)
        if state >= 0:
            return Tokens(points, start, end, hashes, flags, mark, lines, bool(state))
        learn_point(-state - 1)


def join_tokens(first: Tokens | None, second: Tokens) -> Tokens:
    """Two texts as one with a line break between: offsets are those of the joined text."""
    if first is None or len(first.start) == 0:
        return second
    shift = np.int32(len(first.points) + 1)
    return Tokens(
        np.concatenate((first.points, np.array([10], np.uint32), second.points)),
        np.concatenate((first.start, second.start + shift)),
        np.concatenate((first.end, second.end + shift)),
        np.concatenate((first.hash, second.hash)),
        np.concatenate((first.flags, second.flags)),
        np.concatenate((first.mark, second.mark)),
        np.concatenate((first.lines[:-1], second.lines + np.int32(len(first.start)))),
        first.special or second.special,
    )


def repeat_lead(tokens: Tokens, length: int, times: int) -> Tokens:
    """The first `length` tokens `times` times over, then all: offsets stay, the order of tokens is no longer theirs."""
    lead = tokens.start[:length].shape[0]
    order = np.concatenate((np.tile(np.arange(lead), times), np.arange(len(tokens.start))))
    return tokens._replace(
        start=tokens.start[order],
        end=tokens.end[order],
        hash=tokens.hash[order],
        flags=tokens.flags[order],
        mark=tokens.mark[order],
        lines=np.array([0, len(order)], np.int32),
    )


def token_hash(word: str) -> int:
    """The hash that `tokenize` gives a token: lexicons are looked up by it."""
    value = int(FNV_OFFSET)
    for character in word.lower():
        value = ((value ^ ord(character)) * int(FNV_PRIME)) & 0xFFFFFFFFFFFFFFFF
    return value


def token_hashes(words: str) -> NDArray[np.uint64]:
    """The hashes of words with spaces between them, in their order: (n_words,) uint64."""
    return np.array([token_hash(word) for word in words.split()], np.uint64)


def learn_point(point: int) -> None:
    """Look up the page of 256 code points around `point` in Python's own Unicode tables, scikit-learn's, too."""
    page = point // _PAGE
    for other in range(page * _PAGE, (page + 1) * _PAGE):
        character = chr(other)
        if _WORD_CHARACTER.match(character):
            kind = UPPER if character.isupper() else DIGIT if character.isdigit() else LOWER
            kind = kind if character.isalnum() else OTHER_WORD
        elif len(f"a{character}a".splitlines()) == 2:
            kind = NEWLINE
        else:
            kind = SPACE if _SPACE_CHARACTER.match(character) else PUNCT
        lower = character.lower()
        if len(lower) > 1 or character == "Σ":
            kind += SPECIAL
        LOWERS[other] = ord(lower[0])
        CLASSES[other] = kind


_BEYOND = np.uint64(255)
_LAST = np.uint64(sys.maxunicode)
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_ASCII = np.array(
    [ord(chr(k).lower()) if chr(k).isalnum() or chr(k) == "_" else 0 for k in range(128)] + [255] * 128, np.uint8
)
"""Of each byte: its lower case, 0 where it is no word character, `_BEYOND` where it is no ASCII character."""


@borrowing
def hash_words(data, begin, end, classes, lowers, hashes):  # type: ignore[no-untyped-def]
    """The hash of each word of two or more characters in UTF-8, into `hashes`, which has room for half of the bytes.

    Returns the number of words, -1 for text that must be lower-cased first (`Tokens.special`), or -2 - p where code
    point p is not known yet (`learn_point`). The byte at `end` must be there and be no word character.

    A processor cannot foresee where a word ends, so there is no branch there: what is written only counts at an end.
    """
    # Unsigned, because numba makes sure of every signed index that it does not count from the end.
    n = _ZERO
    length = _ZERO
    value = FNV_OFFSET
    i = np.uint64(begin)
    while i <= np.uint64(end):
        letter = np.uint64(_ASCII[data[i]])
        i += _ONE
        if letter == _BEYOND:
            letter, i = _decoded(data, i, classes, lowers)
            if letter > _LAST:
                return -np.int64(letter - _LAST)
        ends = letter == _ZERO
        hashes[n] = value
        n += np.uint64(ends & (length > _ONE))
        value = FNV_OFFSET if ends else (value ^ letter) * FNV_PRIME
        length = _ZERO if ends else length + _ONE
    return np.int64(n)


@inner
def _decoded(data, i, classes, lowers):  # type: ignore[no-untyped-def]
    """The lower case of the code point whose first byte stands before `i`, 0 for no word character, and where it ends.

    `_LAST` + 1 stands for special characters, `_LAST` + 2 + p for a code point p that is not known.
    """
    first = np.uint64(data[i - _ONE])
    point = first & np.uint64(0x1F if first < 0xE0 else 0x0F if first < 0xF0 else 0x07)
    while data[i] & 0xC0 == 0x80:
        point = point << np.uint64(6) | np.uint64(data[i] & 0x3F)
        i += _ONE
    kind = classes[point]
    if kind == UNKNOWN:
        return _LAST + np.uint64(2) + point, i
    if kind >= SPECIAL:
        return _LAST + np.uint64(1), i
    return np.uint64(lowers[point]) if LOWER <= kind <= OTHER_WORD else np.uint64(0), i


@inner
def _mark_of(point, follows_word, precedes_word, spaced):  # type: ignore[no-untyped-def]
    """Which quotation mark a code point is, given whether words touch it on the left and the right."""
    if point == 0x22 or point == 0xFF02:
        return MARK_STRAIGHT
    if point == 0xAB:  # «French» and »German«
        return MARK_OPEN if spaced or precedes_word else MARK_CLOSE
    if point == 0xBB:
        return MARK_OPEN if spaced and precedes_word else MARK_CLOSE
    if point == 0x201C or point == 0x201E or point == 0x201F or point == 0x300C:
        return MARK_OPEN
    if point == 0x201D or point == 0x300D:
        return MARK_CLOSE
    if point == 0x27 or point == 0x2019 or point == 0x2018 or point == 0x60 or point == 0x2032:
        if follows_word and precedes_word:
            return APOSTROPHE
        if precedes_word and (spaced or point == 0x2018):
            return MARK_SINGLE_OPEN
        return MARK_SINGLE
    return MARK_NONE


@compiled
def token_arrays(points, classes, lowers):  # type: ignore[no-untyped-def]
    """Arrays of `Tokens`, then a state: 0 or 1 (special characters), or -1 - p where code point p is not known yet."""
    n = len(points)
    start = np.empty(n, np.int32)
    end = np.empty(n, np.int32)
    hashes = np.empty(n, np.uint64)
    flags = np.empty(n, np.uint8)
    mark = np.empty(n, np.uint8)
    lines = np.empty(n + 1, np.int32)
    count, n_lines, state = _write_tokens(points, classes, lowers, start, end, hashes, flags, mark, lines)
    return (
        start[:count].copy(),
        end[:count].copy(),
        hashes[:count].copy(),
        flags[:count].copy(),
        mark[:count].copy(),
        lines[: n_lines + 1].copy(),
        state,
    )


@inner
def _write_tokens(points, classes, lowers, start, end, hashes, flags, mark, lines):  # type: ignore[no-untyped-def]
    """Write the arrays of `Tokens`; returns how many tokens and lines there are, and the state of `token_arrays`."""
    count = n_lines = special = 0
    spaced = new_line = new_sentence = True
    low = False  # a low mark is open, as in German „…“
    ended = False  # a full stop, question or exclamation mark stands before, perhaps with closing marks after it
    i = 0
    while i < len(points):
        kind = classes[points[i]]
        if kind == UNKNOWN:
            return count, n_lines, -1 - np.int64(points[i])
        special |= kind >= SPECIAL
        kind &= SPECIAL - 1
        if kind == SPACE or kind == NEWLINE:
            spaced = True
            new_line |= kind == NEWLINE
            new_sentence |= ended or kind == NEWLINE
            low &= kind != NEWLINE
            i += 1
            continue
        begin = i
        if kind == PUNCT:
            i, value, flag, state = begin + 1, (FNV_OFFSET ^ np.uint64(lowers[points[i]])) * FNV_PRIME, 0, np.int64(0)
            after = classes[points[i]] if i < len(points) else SPACE
            if after == UNKNOWN:
                return count, n_lines, -1 - np.int64(points[i])
            word_after = LOWER <= after & (SPECIAL - 1) <= OTHER_WORD
            word_before = count > 0 and not spaced and flags[count - 1] & WORD != 0
            mark[count] = _mark_of(points[begin], word_before, word_after, spaced)
            if points[begin] == 0x201C and low:
                mark[count] = MARK_CLOSE
            low = points[begin] == 0x201E or (low and mark[count] != MARK_CLOSE)
        else:
            mark[count] = MARK_NONE
            i, value, flag, state = _read_word(begin, points, classes, lowers)
            if state < 0:
                return count, n_lines, state
        special |= state > 0
        if spaced:
            flag |= SPACED
        if new_sentence and not new_line:
            new_sentence = _begins_sentence(count, flag, value, mark, start, end, flags, points)
        elif ended and not spaced:
            opens = kind == PUNCT and i < len(points) and classes[points[i]] & (SPECIAL - 1) == UPPER
            new_sentence = _glued(count, flag, i - begin, opens, mark, start, end, flags, points)
        if new_line:
            lines[n_lines] = count
            n_lines += 1
            flag |= LINE | SENTENCE
        elif new_sentence:
            flag |= SENTENCE
        ended = _ends_sentence(points[begin]) or (ended and kind == PUNCT and _closes(points[begin], mark[count]))
        start[count], end[count], hashes[count], flags[count] = begin, i, value, flag
        count += 1
        spaced = new_line = new_sentence = False
    lines[n_lines] = count
    return count, n_lines, np.int64(special)


@inner
def _read_word(begin, points, classes, lowers):  # type: ignore[no-untyped-def]
    """One past the last character of a word, its hash and flags, and a state as in `token_arrays`."""
    value = FNV_OFFSET
    state = np.int64(0)
    upper = 0
    i = begin
    while i < len(points):
        kind = classes[points[i]]
        if kind == UNKNOWN:
            return i, value, 0, -1 - np.int64(points[i])
        if kind >= SPECIAL:
            state = np.int64(1)
            kind -= SPECIAL
        if kind < LOWER or kind == PUNCT:
            break
        upper += kind == UPPER
        value = (value ^ np.uint64(lowers[points[i]])) * FNV_PRIME
        i += 1
    first = classes[points[begin]] & (SPECIAL - 1)
    flag = WORD
    if first == UPPER:
        flag |= CAPITAL
        if upper > 1 and upper == i - begin:
            flag |= ALLCAPS
    elif first == DIGIT:
        flag |= NUMBER
    return i, value, flag, state


@inner
def _begins_sentence(count, flag, value, mark, start, end, flags, points):  # type: ignore[no-untyped-def]
    """Whether a sentence begins at token `count` behind one that ended and a space: not within "Mr. Smith".

    It begins with a capital, a digit or an opening mark. flag, value: the flags and the hash of that token.
    """
    opening = mark[count] == MARK_OPEN or mark[count] == MARK_STRAIGHT or mark[count] == MARK_SINGLE_OPEN
    begins = flag & (CAPITAL | NUMBER) > 0 or opening
    return begins and not _abbreviated(count, value, start, end, flags, points)


@inner
def _ends_sentence(point):  # type: ignore[no-untyped-def]
    """Whether a code point is a full stop, a question or exclamation mark or the like."""
    return point == 0x2E or point == 0x21 or point == 0x3F or point == 0x2026 or point == 0x3002


@inner
def _closes(point, mark):  # type: ignore[no-untyped-def]
    """Whether punctuation may stand behind the end of a sentence and belong to it: marks and closing brackets."""
    return mark != MARK_NONE or point == 0x29 or point == 0x5D


@inner
def _glued(count, flag, length, opens, mark, start, end, flags, points):  # type: ignore[no-untyped-def]
    """Whether a sentence begins at token `count` though no space parts it from the last (“… the end.”The next one …).

    flag, length: of that token; opens: whether it is punctuation right before a capital.
    """
    last = count - 1
    if opens:
        if mark[count] != MARK_STRAIGHT and mark[count] != MARK_OPEN:
            return False
    elif flag & (CAPITAL | ALLCAPS) != CAPITAL or length < 2:
        return False
    elif mark[last] == MARK_CLOSE or mark[last] == MARK_STRAIGHT:
        # who asks may stand behind a question in marks
        return not flags[last] & SPACED and last > 0 and points[start[last - 1]] == 0x2E
    word = last - 1
    return word >= 0 and flags[word] & (WORD | CAPITAL) == WORD and end[word] - start[word] > 2


@inner
def _abbreviated(count, following, start, end, flags, points):  # type: ignore[no-untyped-def]
    """Whether the full stop before token `count` closes a title, an initial or a time (``Mr.``, ``J.``, ``p.m.``).

    following: the hash of that token.
    """
    stop = count - 1
    if stop < 1 or points[start[stop]] != 0x2E:
        return False
    word = stop - 1
    length = end[word] - start[word]
    if end[word] != start[stop] or not flags[word] & WORD:
        return False
    dotted = length == 1 and word >= 2 and points[start[word - 1]] == 0x2E and end[word - 1] == start[word]
    if not flags[word] & CAPITAL:
        # "6 p.m. ET", "6 p.m. Monday"
        return dotted and among(_AFTER_TIMES, following)
    if length == 1:
        # "J. Smith" goes on; "in the U.S. Navy" is taken to go on, too, but not "in the U.S. The"
        return not (dotted and among(_FIRST_WORDS, following))
    if length > 4:
        return False
    code = np.uint64(0)
    for k in range(start[word], end[word]):
        code = code * np.uint64(256) + np.uint64(points[k] & 0xFF)
    return among(_TITLES, code)


_FIRST_WORDS = token_hashes("the a he she it they we this that there but if mr mrs ms")
"""Words that begin a sentence, also after an abbreviation."""
DAYS = "monday tuesday wednesday thursday friday saturday sunday"
CALENDAR = f"{DAYS} january february march april june july august september october november december"
"""Days and months, but ``may``."""
_AFTER_TIMES = token_hashes(
    f"{CALENDAR} eastern pacific et est edt ct cst cdt mt mst mdt pt pst pdt akdt hst gmt bst utc cet cest msk ist "
    "kst jst hkt aest aedt"
)


def _packed(word: str) -> int:
    code = 0
    for character in word:
        code = code * 256 + ord(character)
    return code


_TITLES = np.array(
    [
        _packed(word)
        for word in (
            "Mr Mrs Ms Dr Sen Rep Gov Gen Lt Col Sgt Capt Maj Prof Rev St Jr Sr Hon Pres Sec Atty Adm Cmdr Jan Feb Mar "
            "Apr Jun Jul Aug Sep Sept Oct Nov Dec No Co Inc Ltd Corp Mt Ft Supt Insp Det Asst Dep Amb Brig Engr"
        ).split()
    ],
    np.uint64,
)
