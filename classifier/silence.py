"""What looks like a report of speech and is none: what is not said, what is thought, what nobody says.

The annotation guide counts none of it as a quote: of 13,406 labelled ones none has a negated cue. The chains see too
few cases of each kind to learn them.
"""

from __future__ import annotations

import numpy as np

from .assembly import selected
from .context import OUTSIDE
from .features import TAG_B_CUE, TAG_I_CUE
from .hashing import among, contains
from .jit import inner, maker
from .segment import APOSTROPHE, CAPITAL, SENTENCE, WORD, token_hashes
from .tagger import FIRST_VERB, LAST_VERB, TAGS

_ADVERB, _PARTICIPLE, _POSSESSIVE = TAGS.index("RB"), TAGS.index("VBN"), TAGS.index("POS")
_NOUNS = tuple(TAGS.index(tag) for tag in ("NN", "NNS", "NNP"))
_THAT, _SAID, _BUT, _BY, _COMMA, _TO, _T, _NO, _ONE, _FOR, _REMAIN, _ANONYMOUS, _ANONYMITY = token_hashes(
    "that said but by , to t no one for remain anonymous anonymity"
)
_BEING = token_hashes("be have")
_NAMED = token_hashes("named identified quoted")
_SPEAKERS = token_hashes("he she they i we you who")
_TOLD = token_hashes("told warned informed advised notified assured reminded")
_PASSIVE = token_hashes("is are was were been being be")
_AGENT = 12
"""So many tokens behind a passive its agent may stand ("was told on Monday by the mayor")."""
_NOT = token_hashes("not never without cannot hardly")
_AUXILIARIES = token_hashes(
    "do does did have has had having will would can could should might may must is are was were be been "
    "don doesn didn haven hasn hadn won wouldn couldn shouldn isn aren wasn weren"
)
_UNREAL = token_hashes("should could might must")
_UNDONE = token_hashes(
    "decline declines declined declining refuse refuses refused refusing fail fails failed failing neglect neglects "
    "neglected expected likely unlikely unable unwilling reluctant yet"
)
"""What is not done, or not yet, that is named after ``to``."""
_ONLY = token_hashes("only just simply merely so")
"""A negation before these takes nothing back ("not only warned but …")."""
_BETWEEN = 5
"""Tokens, at most, between a negation and its verb."""
_THOUGHTS = token_hashes(
    "believe believes believed think thinks thought hope hopes hoped fear fears feared worry worries worried want "
    "wants wanted remember remembers remembered expect expects expected know knows knew feel feels felt realize "
    "realizes realized assume assumes assumed prefer prefers preferred intend intends intended aim aims aimed see sees "
    "saw plan plans planned"
)
_NOBODY = token_hashes("nobody none anyone anybody you")
_WRITER = token_hashes("i we")
_STUDIES = token_hashes("poll polls survey surveys study studies")
_FINDINGS = token_hashes(
    "found find finds show shows showed shown suggest suggests suggested indicate indicates indicated reveal reveals "
    "revealed confirm confirms confirmed"
)
"""What the annotation guide takes for no speech where a study does it."""
_ASKED = token_hashes("ask asks asked asking requested")
_THINGS = np.sort(
    token_hashes(
        "absence action actions agreement agreements anger appearance approach attack attacks attempt "
        "attempts backlash bomb bombs cash change changes closeness concept confidence conflict controversy "
        "cost costs crisis curfew death deaths debt decrease defeat deficit details doubt economy effect "
        "effort efforts event events exercise exercises experience fact facts failure frequency growth gun "
        "guns idea impact incidents increase influence intrusion lack loss march market markets missile "
        "missiles moment move numbers option options outbreak outrage pandemic past presence pressure price "
        "prices problem problems process progress rally reason reasons rejection result results rise risk "
        "risks sanctions scandal shooting shootings situation storm strategy success surge system tactic "
        "tactics tariff tariffs technology tension tensions trend trends trip unrest victory violence virus "
        "vote votes wall war weapon weapons weather"
    )
)
"""Nouns of what says nothing: happenings, states, sums. Documents may, and bodies that are called by a place."""


@inner
def silence(posterior, threshold, tokens, where):  # type: ignore[no-untyped-def]
    """Make no cues of the words that report no speech.

    posterior: of the first pass, changed in place; threshold: from which on a token may be one of a cue.
    """
    hashes, tag = tokens.hash, where.tag
    for i in range(1, len(hashes)):
        verb = FIRST_VERB <= tag[i] <= LAST_VERB or among(_TOLD, hashes[i])
        if not verb or _cue(posterior, i) <= threshold:
            continue
        first = -1
        if hashes[i] == _SAID and _that_said(i, tokens):
            first = i - 1
        elif among(_THOUGHTS, hashes[i]) or _said_to_be(i, hashes) or _asked_for_silence(i, hashes):
            first = i
        else:
            first = _negated_from(i, tokens, where)
            if first < 0 and (tag[i] == _PARTICIPLE or among(_TOLD, hashes[i])):
                first = _passive_from(i, hashes, where)
        if first >= 0:
            _mute(first, i + 1, posterior, threshold, hashes, tag)


@inner
def _mute(begin, end, posterior, threshold, hashes, tag):  # type: ignore[no-untyped-def]
    """Make some tokens no cue, nor the words beside them that would be of the same one but for other verbs."""
    while begin > 0 and _cue(posterior, begin - 1) > threshold and _beside_verb(begin - 1, hashes, tag):
        begin -= 1
    while end < len(hashes) and _cue(posterior, end) > threshold and not FIRST_VERB <= tag[end] <= LAST_VERB:
        end += 1
    posterior[begin:end] = 0.0
    posterior[begin:end, 0] = 1.0


@inner
def _beside_verb(i, hashes, tag):  # type: ignore[no-untyped-def]
    """Whether a word stands before a verb as an adverb, an auxiliary or ``to``."""
    return tag[i] == _ADVERB or hashes[i] == _TO or among(_AUXILIARIES, hashes[i])


@inner
def _cue(posterior, i):  # type: ignore[no-untyped-def]
    """The probability that a token is one of a cue."""
    return posterior[i, TAG_B_CUE] + posterior[i, TAG_I_CUE]


@inner
def _that_said(i, tokens):  # type: ignore[no-untyped-def]
    """Whether "said" stands in "That said, …"."""
    hashes = tokens.hash
    if hashes[i - 1] != _THAT or i + 1 == len(hashes) or hashes[i + 1] != _COMMA:
        return False
    return i == 1 or hashes[i - 2] == _BUT or not tokens.flags[i - 2] & WORD


@inner
def _said_to_be(i, hashes):  # type: ignore[no-untyped-def]
    """Whether "said" stands in "a boat said to be lost"."""
    if hashes[i] != _SAID or i + 2 >= len(hashes) or hashes[i + 1] != _TO or not among(_BEING, hashes[i + 2]):
        return False
    return not among(_SPEAKERS, hashes[i - 1])  # "he said to be careful"


@inner
def _asked_for_silence(i, hashes):  # type: ignore[no-untyped-def]
    """Whether somebody asks not to be named, rather than for anything else."""
    if i + 4 >= len(hashes) or not among(_ASKED, hashes[i]):
        return False
    not_named = among(_NOT, hashes[i + 1]) and hashes[i + 2] == _TO and among(_NAMED, hashes[i + 4])
    remain = hashes[i + 1] == _TO and hashes[i + 2] == _REMAIN and hashes[i + 3] == _ANONYMOUS
    return not_named or remain or (hashes[i + 1] == _FOR and hashes[i + 2] == _ANONYMITY)


@inner
def _negated_from(i, tokens, where):  # type: ignore[no-untyped-def]
    """Where the negation of a verb begins, its auxiliaries included ("has not yet said", "refused to say"), else -1.

    What somebody should or might say is not said, either.
    """
    hashes = tokens.hash
    begin = max(where.sentence_start[i], i - _BETWEEN)
    at = i - 1
    while at >= begin:
        if (
            among(_NOT, hashes[at])
            or among(_UNREAL, hashes[at])
            or (hashes[at + 1] == _TO and among(_UNDONE, hashes[at]))
        ):
            break
        if hashes[at] == _T and at > begin and tokens.mark[at - 1] == APOSTROPHE:
            at -= 1  # "didn't"
            break
        if among(_ONLY, hashes[at]) or not _beside_verb(at, hashes, where.tag):
            return -1
        at -= 1
    if at < begin:
        return -1
    while at > begin and among(_AUXILIARIES, hashes[at - 1]):
        at -= 1
    return at


@inner
def _passive_from(i, hashes, where):  # type: ignore[no-untyped-def]
    """Where the passive of a participle begins that tells no agent ("was widely reported"), else -1."""
    at = i - 1
    while at > where.sentence_start[i] and where.tag[at] == _ADVERB:
        at -= 1
    if at < 0 or not among(_PASSIVE, hashes[at]):
        return -1
    for j in range(i + 1, min(where.sentence_end[i], i + _AGENT)):
        if hashes[j] == _BY:
            return -1
    return at


@inner
def _head(begin, end, tag):  # type: ignore[no-untyped-def]
    """The token that heads a source: the last noun of its first run of nouns, else its first token."""
    head = begin
    for i in range(begin, end):
        if tag[i] in _NOUNS:
            head = i
        elif head > begin or tag[begin] in _NOUNS:
            break
    return head


@maker
def without_nobodys(quotes, tokens, where):  # type: ignore[no-untyped-def]
    """The quotes but those of nobody, of things, of whoever reads, of studies that find, and of the writer.

    The writer is "I" or "we" outside of quotation marks.
    """
    hashes = tokens.hash
    n = len(quotes.cue)
    kept = np.ones(n, np.bool_)
    for k in range(n):
        begin, end = quotes.source[k]
        if begin < 0 or where.quotation[begin] != OUTSIDE:
            continue
        no_one = end > begin + 1 and hashes[begin] == _NO and hashes[begin + 1] == _ONE
        writer = end == begin + 1 and among(_WRITER, hashes[begin])
        head = _head(begin, end, where.tag)
        small = tokens.flags[head] & (CAPITAL | SENTENCE) != CAPITAL  # no Ms. Price, no Geological Survey
        thing = small and contains(_THINGS, hashes[head])
        owns = head + 1 < end and where.tag[head + 1] == _POSSESSIVE  # the study's author
        finding = small and not owns and quotes.cue[k, 1] > 0 and among(_FINDINGS, hashes[quotes.cue[k, 1] - 1])
        finding = finding and among(_STUDIES, hashes[head])
        kept[k] = not (no_one or writer or thing or finding or among(_NOBODY, hashes[begin]))
    return quotes if kept.all() else selected(quotes, np.nonzero(kept)[0])
