"""Sources that grammar or layout tells: what a relative pronoun stands for, the subject of a cue, a line that signs.

"The guard, who denied it" is the guard: whoever reads a list of quotes learns nothing from "who", and the phrase is
also what the labels call the source.
"""

from __future__ import annotations

import numpy as np

from .assembly import Spans
from .cleaning import LONGEST_SIGNATURE
from .hashing import among
from .jit import compiled, inner
from .name_runs import party_of_state
from .segment import ALLCAPS, CAPITAL, DAYS, LINE, NUMBER, SPACED, WORD, token_hashes
from .tagger import FIRST_VERB, LAST_VERB, RELATIONS, TAGS

_LONGEST_PHRASE = 20
"""Tokens of a phrase that are looked at."""
_LONGEST_PARTY = 10
_LONGEST_DATELINE = 14
_FIRST_LINES = 3
_WHO, _WHICH, _THAT, _OF, _ON, _TO, _THE, _FOR, _PART = token_hashes("who which that of on to the for part")
_COMMA, _COLON, _HYPHEN, _STOP, _OPENING, _CLOSING = token_hashes(", : - . ( )")
_DASHES = token_hashes("— – -")
_BULLETS = token_hashes("• · * ▪ ●")
_ARTICLES = token_hashes("the a an")
_DAYS = token_hashes(DAYS)
_CRIES = token_hashes("close watch watched listen photos video videos update updated exclusive breaking related")
"""Words in capitals that are scraped before a sentence."""
_DIVIDERS = token_hashes(", : ; — –")
_FINITE = np.array([tag in ("VBD", "VBP", "VBZ") for tag in TAGS])
_SUBJECT = RELATIONS.index("subject")
_RELATIVE, _ADVERB, _NAME, _PARTICIPLE = (TAGS.index(tag) for tag in ("W", "RB", "NNP", "VBN"))
_OPENS = tuple(TAGS.index(tag) for tag in ("DT", "PRP$"))
_NOUNS = tuple(TAGS.index(tag) for tag in ("NN", "NNS", "NNP", "DT", "PRP"))
_IN_PHRASE = tuple(TAGS.index(tag) for tag in ("NN", "NNS", "NNP", "DT", "PRP", "PRP$", "JJ", "POS", "CD"))


@compiled
def with_sources(quotes, tokens, where):  # type: ignore[no-untyped-def]
    """The same `assembly.Spans` with the sources that grammar or layout tells. where: the `Context` of the tokens."""
    source = quotes.source.copy()
    line, after = _dateline(tokens)
    for k in range(len(source)):
        if _wordless(source[k, 0], source[k, 1], tokens.flags):
            source[k] = _missing(quotes, k, tokens, where)
        elif line <= source[k, 0] < after:
            source[k] = _past_dateline(source[k, 0], source[k, 1], after, quotes.cue[k, 0], where)
        source[k] = _trimmed(source[k, 0], source[k, 1], tokens, where)
        source[k] = _whose_part(source[k, 0], source[k, 1], tokens, where)
        source[k] = _antecedent(source[k, 0], source[k, 1], tokens, where)
    return Spans(quotes.content, quotes.bounds, quotes.cue, source, quotes.kind)


@compiled
def without_brackets(quotes, cuts, tokens):  # type: ignore[no-untyped-def]
    """The same `assembly.Spans` with sources that end where a promo was left out before a bracket.

    Of "Ana Li …MORE (N-Orrin)" that is "Ana Li"; cuts: as `cleaning.prose` has them.
    """
    source = quotes.source.copy()
    for k in range(len(source)):
        at = np.searchsorted(cuts, source[k, 0], "right")
        if source[k, 0] >= 0 and at < len(cuts) and _only_bracket(cuts[at], source[k, 1], tokens):
            source[k, 1] = cuts[at]
    return Spans(quotes.content, quotes.bounds, quotes.cue, source, quotes.kind)


@inner
def _only_bracket(begin, end, tokens):  # type: ignore[no-untyped-def]
    """Whether some tokens are a bracket and no word behind it."""
    if begin >= end or tokens.hash[begin] != _OPENING:
        return False
    closed = begin
    while closed < end and tokens.hash[closed] != _CLOSING:
        closed += 1
    return _wordless(closed, end, tokens.flags)


@inner
def _missing(quotes, k, tokens, where):  # type: ignore[no-untyped-def]
    """The source of a quote that has none: the subject of its cue, without a cue the line that signs it."""
    said = quotes.content[quotes.bounds[k] : quotes.bounds[k + 1]]
    if quotes.cue[k, 0] >= 0:
        return _subject(quotes.cue[k, 0], quotes.cue[k, 1], said, tokens, where)
    return _signature(said[0, 0], said[-1, 1], tokens)


@inner
def _dateline(tokens):  # type: ignore[no-untyped-def]
    """A dateline in one of the first lines (ORRIN: Growers said) with its mark; (0, 0) without one.

    Of several lines that begin so each names who speaks, as in the record of a talk.
    """
    lines = tokens.lines
    begin = end = count = 0
    for line in range(len(lines) - 1):
        after = _after_dateline(lines[line], lines[line + 1], tokens.hash, tokens.flags)
        if after >= 0:
            count += 1
            if line < _FIRST_LINES:
                begin, end = lines[line], after
    return (begin, end) if count == 1 else (0, 0)


@inner
def _after_dateline(begin, stop, hashes, flags):  # type: ignore[no-untyped-def]
    """Where the text of a line begins after its dateline, -1 where it has none.

    A dateline is words in capitals before a colon, or a word in capitals and more before a dash with a space: places,
    days, bodies in brackets (ORRIN, N.V., 9 May (EP) -).
    """
    limit = min(stop, begin + _LONGEST_DATELINE)
    i = begin
    while i < limit and flags[i] & ALLCAPS:
        i += 1
    if i == begin:
        return -1
    if i < stop and hashes[i] == _COLON:
        return i + 1
    while i < limit and (flags[i] & (CAPITAL | NUMBER) or not flags[i] & WORD):
        if among(_DASHES, hashes[i]) and flags[i] & SPACED:
            while i + 1 < stop and among(_DASHES, hashes[i + 1]):
                i += 1  # two hyphens
            return i + 1
        i += 1
    return -1


@inner
def _past_dateline(begin, end, after, cue, where):  # type: ignore[no-untyped-def]
    """A source that begins in the dateline without that, or what stands between that and the cue; else the same."""
    if end > after:
        return after, np.int64(end)
    if after < cue <= after + _LONGEST_PHRASE and _has_subject(after, cue, where.relation):
        return after, np.int64(cue)
    return np.int64(begin), np.int64(end)


@inner
def _wordless(begin, end, flags):  # type: ignore[no-untyped-def]
    """Whether there is no word among some tokens, or none of these."""
    for i in range(max(begin, 0), end):
        if flags[i] & WORD:
            return False
    return True


@inner
def _trimmed(begin, end, tokens, where):  # type: ignore[no-untyped-def]
    """A source that begins with a whole word of its own and ends with one (growers who, Ana Li on Monday)."""
    if begin < 0:
        return begin, end
    begin = _past_marks(_within_compound(_within_number(begin, tokens), tokens), end, tokens)
    if begin + 2 < end and where.tag[begin] == _ADVERB and tokens.hash[begin + 1] == _COMMA:
        begin += 2  # "Overall, growers"
    while end > begin + 1 and _loose(end - 1, tokens, where.tag):
        end -= 1
    return begin, _without_day(begin, end, tokens, where.tag)


@inner
def _loose(i, tokens, tag):  # type: ignore[no-untyped-def]
    """Whether a token at the end of a source is none of it: a mark, a relative pronoun, an adverb of the cue, to."""
    if among(_DIVIDERS, tokens.hash[i]) or _relative_word(i, tokens.hash, tag):
        return True
    after_noun = tag[i - 1] in _NOUNS and tokens.flags[i] & (CAPITAL | WORD) == WORD
    return after_noun and (tag[i] == _ADVERB or tokens.hash[i] == _TO)


@inner
def _past_marks(begin, end, tokens):  # type: ignore[no-untyped-def]
    """Where a source begins behind marks, bullets, hyphens and a cry (WATCHED Growers)."""
    hashes, flags = tokens.hash, tokens.flags
    while begin + 1 < end:
        mark = among(_DIVIDERS, hashes[begin]) or among(_BULLETS, hashes[begin]) or hashes[begin] == _HYPHEN
        cry = (
            among(_CRIES, hashes[begin])
            and flags[begin] & ALLCAPS
            and flags[begin + 1] & (CAPITAL | ALLCAPS) == CAPITAL
        )
        if not mark and not cry:
            break
        begin += 1
    return begin


@inner
def _without_day(begin, end, tokens, tag):  # type: ignore[no-untyped-def]
    """Where a source ends before the day of its cue (Ana Li on Monday), which "The Mail on Sunday" has not."""
    last = end - 2
    if last <= begin or not among(_DAYS, tokens.hash[end - 1]) or tokens.hash[last] != _ON:
        return end
    named = tokens.flags[last - 1] & CAPITAL > 0 and tag[last - 1] == _NAME
    return last if named and not among(_ARTICLES, tokens.hash[begin]) else end


@inner
def _within_number(begin, tokens):  # type: ignore[no-untyped-def]
    """Where a number with a point in it begins (4.5 percent)."""
    while begin > 1 and tokens.flags[begin] & (NUMBER | SPACED) == NUMBER and tokens.hash[begin - 1] == _STOP:
        begin -= 2
    return begin


@inner
def _within_compound(begin, tokens):  # type: ignore[no-untyped-def]
    """Where what hyphens join begins, with an article right before it (the all-but-certain heir)."""
    hashes, flags = tokens.hash, tokens.flags
    whole = begin
    while whole > 1 and hashes[whole - 1] == _HYPHEN and not (flags[whole] | flags[whole - 1]) & SPACED:
        if not flags[whole] & flags[whole - 2] & WORD:
            break
        whole -= 2
    if 0 < whole < begin and among(_ARTICLES, hashes[whole - 1]):
        whole -= 1
    return whole


@inner
def _relative_word(i, hashes, tag):  # type: ignore[no-untyped-def]
    """Whether a word is a relative pronoun: who, which, or that where it is tagged as one."""
    return hashes[i] == _WHO or hashes[i] == _WHICH or (hashes[i] == _THAT and tag[i] == _RELATIVE)


@inner
def _whose_part(begin, end, tokens, where):  # type: ignore[no-untyped-def]
    """The phrase before "for his part" where that is the source; the same tokens for another."""
    if begin < 2 or end - begin > 3 or tokens.hash[end - 1] != _PART:
        return begin, end
    last = begin if tokens.hash[begin] == _FOR else begin - 1
    if tokens.hash[last] != _FOR:
        return begin, end
    last -= tokens.hash[last - 1] == _COMMA
    first = _phrase(max(where.sentence_start[last], last - _LONGEST_PHRASE), last, tokens.hash, where.tag)
    if first == last and tokens.flags[last - 1] & CAPITAL:
        first -= 1  # a name that is a word else (Long, for his part)
    return (first, last) if first < last else (begin, end)


@inner
def _antecedent(begin, end, tokens, where):  # type: ignore[no-untyped-def]
    """The phrase before a source that begins with who, which or that; the same tokens for another, or without one."""
    tag, hashes = where.tag, tokens.hash
    if begin < 1 or not _relative(begin, end, hashes, tag):
        return begin, end
    low = max(where.sentence_start[begin], begin - _LONGEST_PHRASE)
    last = _before_party(low, begin - 1 if hashes[begin - 1] == _COMMA else begin, tokens)
    first = _phrase(low, last, hashes, tag)
    if first < last and _apposition(first, low, hashes, tag):
        first = _phrase(low, first - 1, hashes, tag)
    if first < last and tag[last - 1] in _NOUNS:
        return first, last
    return begin, end


@inner
def _before_party(low, last, tokens):  # type: ignore[no-untyped-def]
    """The end of a phrase before the party and the state that stand there after a comma or a bracket (R-Ky.)."""
    for i in range(last - 3, max(low, last - _LONGEST_PARTY), -1):
        if party_of_state(i, len(tokens.hash), tokens.hash, tokens.flags) and not tokens.flags[i - 1] & WORD:
            return i - 1
    return last


@inner
def _relative(begin, end, hashes, tag):  # type: ignore[no-untyped-def]
    """Whether a source is a relative pronoun, alone or with its verb."""
    if not _relative_word(begin, hashes, tag):
        return False
    if end == begin + 1:
        return True
    following = tag[begin + 1]
    return following == _ADVERB or FIRST_VERB <= following <= LAST_VERB


@inner
def _subject(begin, end, said, tokens, where):  # type: ignore[no-untyped-def]
    """The phrase right after or before a cue that is a subject; (-1, -1) where there is none. said: its contents."""
    hashes, tag = tokens.hash, where.tag
    high = min(where.sentence_end[begin], end + _LONGEST_PHRASE)
    last = end
    while last < high and tag[last] in _IN_PHRASE:
        last += 1
    # "…, said the growers" has its subject after the verb, whatever the tagger makes of it; a subject beside the cue
    # that was taken for content is mostly the speaker, too
    inverted = begin > 0 and not tokens.flags[begin - 1] & WORD and _FINITE[tag[begin]] and last > end
    if _has_subject(end, last, where.relation) or (inverted and not _within(end, said)):
        return end, last
    low = max(where.sentence_start[begin], begin - _LONGEST_PHRASE)
    last = _before_clause(low, begin, hashes)
    first = _phrase(low, last, hashes, tag)
    if _has_subject(first, last, where.relation):
        return first, last
    return -1, -1


@inner
def _before_clause(low, begin, hashes):  # type: ignore[no-untyped-def]
    """Where a relative clause between commas that ends before a token begins (Ana Li, who was there, said)."""
    if begin > low and hashes[begin - 1] == _COMMA:
        for i in range(begin - 2, low, -1):
            if hashes[i] == _COMMA:
                return i if hashes[i + 1] == _WHO or hashes[i + 1] == _WHICH else begin
    return begin


@inner
def _signature(begin, end, tokens):  # type: ignore[no-untyped-def]
    """The line that signs a quotation on lines of its own (Ana Li, Orrin Post); (-1, -1) where there is none."""
    flags, hashes, n = tokens.flags, tokens.hash, len(tokens.flags)
    if not flags[begin] & LINE:
        return -1, -1
    first = end
    while first < n and not flags[first] & (LINE | WORD):
        first += 1
    last = first
    comma = False
    while last < n and last < first + LONGEST_SIGNATURE and (last == first or not flags[last] & LINE):
        if flags[last] & WORD and not flags[last] & CAPITAL and hashes[last] != _OF and hashes[last] != _THE:
            return -1, -1
        comma |= hashes[last] == _COMMA
        last += 1
    ends = last == n or flags[last] & LINE > 0
    return (first, last) if comma and ends and flags[first] & CAPITAL and flags[last - 1] & WORD else (-1, -1)


@inner
def _within(i, spans):  # type: ignore[no-untyped-def]
    for begin, end in spans:
        if begin <= i < end:
            return True
    return False


@inner
def _has_subject(begin, end, relation):  # type: ignore[no-untyped-def]
    for i in range(begin, end):
        if relation[i] == _SUBJECT:
            return True
    return False


@inner
def _phrase(low, last, hashes, tag):  # type: ignore[no-untyped-def]
    """The first token of the noun phrase that ends before `last`; `last` where there is none."""
    i = last
    while i > low:
        inside = low + 1 < i < last
        of = inside and hashes[i - 1] == _OF and tag[i - 2] in _NOUNS
        # "three detained growers", "Orrin-based growers"
        participle = inside and tag[i - 1] == _PARTICIPLE and (tag[i - 2] in _IN_PHRASE or hashes[i - 2] == _HYPHEN)
        if not (tag[i - 1] in _IN_PHRASE or of or participle or hashes[i - 1] == _HYPHEN):
            break
        i -= 1
    return i


@inner
def _apposition(first, low, hashes, tag):  # type: ignore[no-untyped-def]
    """Whether a phrase stands after a name and a comma (Ana Li, a former minister)."""
    return first - 1 > low and hashes[first - 1] == _COMMA and tag[first] in _OPENS and tag[first - 2] == _NAME
