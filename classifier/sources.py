"""What a source says by itself: a pronoun, a name, a description, or somebody's document.

All functions work on a `Scene` (`scene.py`) and are compiled. begin, end: tokens of the source; stop, shown,
head: as `phrases.phrase_end` returns them; low, high: names that touch the source, as `phrases.names_in` returns them.
"""

from __future__ import annotations

from .entities import with_last_name
from .hashing import among
from .jit import borrowing, inner
from .lexicon import (
    AND,
    BARE,
    BREAK,
    DEFINITE,
    DOCUMENT,
    GROUP,
    HE_KIND,
    I_KIND,
    INDEFINITE,
    NAME,
    NO_KIND,
    ORGANIZATION,
    OWN,
    OWNED,
    PERSON,
    SHE_KIND,
    STATE,
    THE,
    THEY_KIND,
    WE_KIND,
    WHO_KIND,
    A,
    noun_of,
    pronoun_of,
)
from .names import BEGIN, END, POSSESSIVE, TYPE
from .namesakes import KIND, LENGTH, NAME_BEGIN
from .offices import after_brackets, named, past_owners, third_person, two_persons
from .phrases import first_word, names_in, one_before_many, phrase_end
from .scene import LONGEST_SOURCE
from .segment import ALLCAPS, CAPITAL, token_hashes
from .tagger import RELATIONS, TAGS

_PLURAL, _ADJECTIVE = TAGS.index("NNS"), TAGS.index("JJ")
_LOOSE = tuple(TAGS.index(tag) for tag in ("VBN", "VBG", "VBD", "IN", "W"))
"""What goes with "those" where no noun does (those seen at the weir)."""
_APPOSITION = RELATIONS.index("apposition")
_BY, _FROM, _IN, _ARTICLE, _BOTH, _CLOSE, _THOSE, _REPORTS, _BOARD, _EDITORIAL, _COMMA, _STOP = token_hashes(
    "by from in the both close those reports board editorial , ."
)
_NOMINATIVES = token_hashes("he she it they i we you who which")
"""Pronouns that own nothing."""
_SELVES = token_hashes("himself herself itself themselves")
"""Words after a name that add nothing."""
_PIECES = token_hashes("report story article editorial op-ed column essay interview")
"""What stands in newspapers."""
_ISSUED = token_hashes("statement report story article memo letter tweet post release editorial filing email")
"""What may be named after whoever issues it."""
_PAPERS = token_hashes(
    "statement letter email e-mail tweet post book memo article op-ed message testimony remarks speech comments"
)
"""What its owner says something with."""
_KEEPERS = token_hashes(
    "seen obtained reviewed read viewed examined cited quoted published unsealed leaked ordered commissioned released"
)
"""What is done to a document by another than its author."""
_MADE_KNOWN = token_hashes("published released")
_OWN_WORDS = token_hashes("statement report commentary editorial results guidance readout summary")
"""What is published by its author."""

SOURCE_KIND, SOURCE_ENTITY, SOURCE_BEGIN, SOURCE_END, SOURCE_HEAD, SOURCE_PLURAL, SOURCE_FIRST, SOURCE_SECOND = range(8)
"""What a source is by its words: kind (`lexicon`), entity where it is a name, tokens of the description without its
article, its head, whether it is plural, and the two persons that it joins (or -1)."""
N_SOURCE = 8


@borrowing
def read_source(s, k, out):  # type: ignore[no-untyped-def]
    """What the words of a quote's source say by themselves, written to `out`: (`N_SOURCE`,) int32."""
    begin, end = s.source[k, 0], s.source[k, 1]
    out[:] = -1
    out[SOURCE_KIND], out[SOURCE_PLURAL] = NO_KIND, 0
    if begin < 0:
        return
    end = min(end, begin + LONGEST_SOURCE)
    begin = first_word(s, begin, end)
    if begin == end:
        return  # punctuation only: as good as none
    pronoun = _pronoun(s, begin, end)
    if pronoun and _is_pronoun_alone(s, begin, end):
        _pronounce(pronoun, begin, out)
        return
    if end - begin > 1 and among(_SELVES, s.hash[end - 1]):
        end -= 1
    stop, shown, head = phrase_end(s, begin, end)
    if noun_of(s.bits[head]) == DOCUMENT:
        # A letter by somebody is that one's word: whoever stands after "by" or "from", or owns it
        if (pronoun == HE_KIND + 1 or pronoun == SHE_KIND + 1) and among(_PAPERS, s.hash[head]):
            _pronounce(pronoun, begin, out)
            return
        entity = _of_document(s, begin, head, end)
        if entity >= 0:
            out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
            return
        author = _author(s, head, end)
        if author >= 0:
            begin = author
            stop, shown, head = phrase_end(s, begin, end)
    if one_before_many(s, begin, head):
        begin = head
    _read_phrase(s, begin, stop, shown, head, end, s.source[k, 1], out)


@inner
def _read_phrase(s, begin, stop, shown, head, end, source_end, out):  # type: ignore[no-untyped-def]
    """What a source says that is neither a pronoun nor a document, written to `out`.

    stop, shown, head: of `phrase_end`. source_end: where the source ends as it was given.
    """
    low, high = names_in(s, begin, end)
    both = two_persons(s, stop, end, low, high)
    if both >= 0:
        _describe(s, begin, end, head, out)
        low = past_owners(s, low, high)
        out[SOURCE_FIRST] = out[SOURCE_SECOND] = -1
        out[SOURCE_PLURAL] = 1
        if not third_person(s, low, both):
            out[SOURCE_FIRST], out[SOURCE_SECOND] = s.of_name[low], s.of_name[both]
        return
    entity = after_brackets(s, stop, end, low, high)
    if entity < 0 and _editors(s, begin, stop, end, head):
        _describe(s, begin, end, head, out)
        return
    several = stop < end and _list(s, begin, stop, end)
    if entity < 0 and not (several and _bodies(s, begin, stop, low, high)):
        entity = named(s, begin, stop, shown, end, head, low, high)
        if shown - begin == 1:
            entity = _by_last_name(s, begin, entity)
    if entity < 0:
        entity = _apposed(s, begin, head, source_end)
    if entity >= 0:
        out[SOURCE_KIND], out[SOURCE_ENTITY] = NAME, entity
        return
    _describe(s, begin, end if several else shown, head, out)


@inner
def _pronoun(s, begin, end):  # type: ignore[no-untyped-def]
    """The kind of the pronoun that a source begins with, plus 1, as in `lexicon.pronoun_of`; 0 where it has none."""
    first = s.bits[begin]
    pronoun = pronoun_of(first)
    if end - begin == 1:
        return pronoun
    if s.flags[begin] & ALLCAPS and not first & OWNED and pronoun != I_KIND + 1:
        return 0  # WHO officials, HE Ana Li, IT Minister Ana Li
    return 0 if s.hash[begin] == _BOTH else pronoun


@inner
def _is_pronoun_alone(s, begin, end):  # type: ignore[no-untyped-def]
    """Whether a source that begins with a pronoun is that pronoun (he, who was there) and no phrase (his lawyer)."""
    alone = end - begin == 1 or (end - begin == 2 and not s.bits[begin] & OWNED)
    return alone or _nominative(s, begin, end)


@inner
def _pronounce(pronoun, begin, out):  # type: ignore[no-untyped-def]
    """Write down a source that is a pronoun. pronoun: its kind, plus 1."""
    kind = pronoun - 1
    out[SOURCE_KIND], out[SOURCE_HEAD] = kind, begin
    out[SOURCE_PLURAL] = kind == THEY_KIND or kind == WE_KIND


@inner
def _of_document(s, begin, head, end):  # type: ignore[no-untyped-def]
    """Whose word a document is: its owner's, its issuer's or that of the outlet it stands in; else -1."""
    entity = _owner(s, begin, head)
    if entity < 0:
        entity = _issuer(s, begin, head)
    return entity if entity >= 0 else _outlet(s, head, end)


@inner
def _editors(s, begin, stop, end, head):  # type: ignore[no-untyped-def]
    """Whether a source is the editors of a paper that is named behind them (Editorial Board, Orrin Post)."""
    board = head > begin and s.hash[head] == _BOARD and s.hash[head - 1] == _EDITORIAL
    return board and stop == head + 1 and stop + 1 < end and s.hash[stop] == _COMMA and s.flags[stop + 1] & CAPITAL > 0


@inner
def _author(s, head, end):  # type: ignore[no-untyped-def]
    """Where the words for a document's author begin, after "by" or "from"; -1 where none is named."""
    for i in range(head + 1, end - 1):
        own = among(_OWN_WORDS, s.hash[head]) and among(_MADE_KNOWN, s.hash[i - 1])
        if s.hash[i] == _BY and among(_KEEPERS, s.hash[i - 1]) and not own:
            return -1
        if s.hash[i] == _BY or (s.hash[i] == _FROM and s.hash[head] != _REPORTS):  # from a place
            author = first_word(s, i + 1, end)
            return author if author < end else -1
    return -1


@inner
def _issuer(s, begin, head):  # type: ignore[no-untyped-def]
    """Whose document is named after them (an Eel Board statement, the Li memo), else -1.

    One who goes by one word everywhere ("an EU report") may stand for a body within it.
    """
    if not among(_ISSUED, s.hash[head]):
        return -1
    low, high = names_in(s, begin, head)
    if low == high or s.place[high - 1, END] != head:
        return -1
    entity = s.of_name[high - 1]
    known = s.row[entity, LENGTH] > 1 and (s.row[entity, KIND] == ORGANIZATION or s.row[entity, KIND] == PERSON)
    return entity if known else -1


@inner
def _outlet(s, head, end):  # type: ignore[no-untyped-def]
    """The body that a report stands in (a report on Friday in the Orrin Times), else -1."""
    if not among(_PIECES, s.hash[head]):
        return -1
    for i in range(head + 1, min(head + 4, end - 1)):
        if s.hash[i] == _IN:
            at = i + 2 if s.hash[i + 1] == _ARTICLE and not s.flags[i + 1] & CAPITAL else i + 1
            low, high = names_in(s, at, at + 1)
            outlet = low < high and s.row[s.of_name[low], KIND] == ORGANIZATION
            return s.of_name[low] if outlet else -1
    return -1


@inner
def _nominative(s, begin, end):  # type: ignore[no-untyped-def]
    """Whether a source that begins with a pronoun is nobody else (who was there, he, like others, but not he and I)."""
    if not among(_NOMINATIVES, s.hash[begin]) or s.hash[begin + 1] == _STOP:
        return False  # "her lawyer", "I.J. Tonk"
    if pronoun_of(s.bits[begin]) == WHO_KIND + 1:
        return True
    for i in range(begin + 1, end):
        if s.bits[i] & AND:
            return False
    return True


@inner
def _by_last_name(s, word, entity):  # type: ignore[no-untyped-def]
    """The person whose last name a source of one word is, where it is a word or a state else (Short, Jordan).

    entity: what the source is by name, or -1; that again where there is no such person.
    """
    if not s.flags[word] & CAPITAL or (entity >= 0 and s.row[entity, KIND] != STATE):
        return entity
    person = with_last_name(s.keys, s.values, s.hash[word])
    return person if person >= 0 and (entity < 0 or s.row[person, NAME_BEGIN] < word) else entity


@inner
def _has_apposition(s, begin, head):  # type: ignore[no-untyped-def]
    """Whether a phrase or the first part of one (a farmer and former minister) is an apposition."""
    for i in range(begin, head + 1):
        if s.relation[i] == _APPOSITION:
            return True
    return False


@inner
def _apposed(s, begin, head, end):  # type: ignore[no-untyped-def]
    """The person that a description stands after as an apposition (Ana Li, a former minister), else -1."""
    if begin < 2 or s.hash[begin - 1] != _COMMA:
        return -1
    between_commas = s.bits[begin] & INDEFINITE > 0 and end < len(s.hash) and s.hash[end] == _COMMA
    if not between_commas and not _has_apposition(s, begin, head):
        return -1
    if not s.bits[begin] & (DEFINITE | INDEFINITE | OWNED):
        return -1
    low, high = names_in(s, begin - 2, begin - 1)
    if low == high or s.place[low, END] != begin - 1 or s.place[low, POSSESSIVE]:
        return -1
    return s.of_name[low] if s.row[s.of_name[low], KIND] == PERSON else -1


@inner
def _owner(s, begin, head):  # type: ignore[no-untyped-def]
    """The entity whose name with a possessive 's stands before the head of a source, else -1."""
    low, high = names_in(s, begin, head)
    for k in range(low, high):
        if s.place[k, POSSESSIVE] and s.place[k, TYPE] != GROUP and _only_described(s, s.place[k, END] + 2, head):
            return s.of_name[k]
    return -1


@inner
def _only_described(s, begin, head):  # type: ignore[no-untyped-def]
    """Whether only adjectives stand before a head (Li's own new memo)."""
    for i in range(begin, head):
        if s.tag[i] != _ADJECTIVE:
            return False
    return True


@inner
def _list(s, begin, stop, end):  # type: ignore[no-untyped-def]
    """Whether a comma divides a list (Germany, Norway and Spain) rather than puts an apposition."""
    for i in range(begin, stop):
        if s.bits[i] & AND:
            return False
    if s.hash[stop] != _COMMA or stop + 1 == end or s.bits[stop + 1] & (DEFINITE | INDEFINITE | OWNED):
        return False
    for i in range(stop + 1, end):
        if s.bits[i] & BREAK and s.hash[i] != _COMMA:
            return False
        if s.bits[i] & AND:
            return True
    return False


@inner
def _bodies(s, begin, stop, low, high):  # type: ignore[no-untyped-def]
    """Whether a list begins with two names, the first that of a body or a state (Norway, Spain and others)."""
    if high - low < 2 or s.place[low, BEGIN] > begin + 1 or s.place[low + 1, BEGIN] != stop + 1:
        return False
    kind = s.row[s.of_name[low], KIND]
    return (kind == ORGANIZATION or kind == STATE) and not s.place[low + 1, POSSESSIVE]


@inner
def _describe(s, begin, stop, head, out):  # type: ignore[no-untyped-def]
    """A description: how it begins, its words without the article, its head, and the two persons that it may join."""
    first = s.bits[begin]
    kind, words = BARE, begin
    if first & DEFINITE:
        kind = THE
        # "those seen at the weir", "both sides"
        loose = stop == begin + 1 or s.tag[begin + 1] in _LOOSE or s.hash[begin + 1] == _CLOSE
        alone = loose or s.hash[begin] == _BOTH
        words = begin if alone else begin + 1
    elif first & OWNED:
        kind = OWN
    elif first & INDEFINITE:
        kind = A
    both = False
    for i in range(begin, stop):
        both = both or s.bits[i] & AND > 0
    noun = noun_of(s.bits[head])
    out[SOURCE_KIND], out[SOURCE_BEGIN], out[SOURCE_END], out[SOURCE_HEAD] = kind, words, stop, head
    out[SOURCE_PLURAL] = both or noun == GROUP or s.tag[head] == _PLURAL or s.hash[head] == _THOSE
    if both:
        _join_persons(s, begin, stop, out)


@inner
def _join_persons(s, begin, stop, out):  # type: ignore[no-untyped-def]
    """Write down the two persons that a description joins: one ends before ``and``, the other is the only one after."""
    low, high = names_in(s, begin, stop)
    first = second = -1
    for k in range(low, high):
        if s.row[s.of_name[k], KIND] > PERSON or s.place[k, POSSESSIVE]:
            continue
        if s.place[k, END] < stop and s.bits[s.place[k, END]] & AND:
            first = k
        elif first >= 0 and second >= 0:
            return
        elif first >= 0:
            second = k
    if second >= 0 and s.of_name[first] != s.of_name[second]:
        out[SOURCE_FIRST], out[SOURCE_SECOND] = s.of_name[first], s.of_name[second]
