"""Labelled articles rewritten for behavioural checks: claims negated, names, nations and quotations exchanged.

Every rewriting is a list of edits of the text; the labels move with it. What cannot be rewritten so that it still is
right English is left out: the functions then give nothing back.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import msgspec

from topic_stance.classifier.lexicon import titles, word_list
from topic_stance.data.records import LabelledActor, LabelledArticle, LabelledQuote, Span

Edit = tuple[int, int, str]
"""Characters from, to, and what stands there afterwards."""
_MOST_LINES = 3
"""So many lines of boilerplate are added to an article."""


def edited(text: str, edits: Iterable[Edit]) -> tuple[str, Callable[[int], int]]:
    """The text after edits that do not overlap, and where each of its offsets has gone.

    What begins or ends with an edit still does; an offset inside one goes to the end of what was put there, and one at
    which something is put in goes behind it.
    """
    ordered = sorted(set(edits))
    pieces, last = [], 0
    for start, end, put in ordered:
        pieces += [text[last:start], put]
        last = end

    def moved(offset: int) -> int:
        shift = 0
        for start, end, put in ordered:
            if start < offset or start == end == offset:
                shift += start + len(put) - min(offset, end)
        return offset + shift

    return "".join([*pieces, text[last:]]), moved


def rewritten(article: LabelledArticle, edits: Iterable[Edit]) -> LabelledArticle:
    """The article after edits of its text, its labels at their new places."""
    text, moved = edited(article.text, edits)

    def span(old: Span) -> Span:
        return moved(old[0]), moved(old[1])

    quotes = [
        msgspec.structs.replace(
            quote,
            content=[span(part) for part in quote.content],
            cue=span(quote.cue) if quote.cue else None,
            source=span(quote.source) if quote.source else None,
        )
        for quote in article.quotes or ()
    ]
    return msgspec.structs.replace(article, text=text, quotes=quotes)


def negations(article: LabelledArticle, actor: str) -> list[Edit]:
    """Edits that negate everything an actor is quoted as saying; none where one of the quotes cannot be negated."""
    found: list[Edit] = []
    for quote in article.quotes or ():
        if quote.actor == actor:
            edits = _negated_quote(article.text, quote)
            if not edits:
                return []
            found += edits
    return found


def _negated_quote(text: str, quote: LabelledQuote) -> list[Edit]:
    cue = text[slice(*quote.cue)].lower() if quote.cue else ""
    if quote.cue and cue in REVERSED:
        return [(*quote.cue, REVERSED[cue])]
    edits: list[Edit] = []
    for start, end in quote.content:
        if cue in _APPEALS and (to := re.compile(r"\bto (?=[a-z])").search(text, start, end)):
            edits.append((to.start(), to.end(), "not to "))
            continue
        if cue and cue.split()[-1] not in _STATEMENTS:
            return []
        for sentence in _SENTENCE.finditer(text, start, end):
            edit = _negated_sentence(text, sentence.start(), sentence.end())
            if edit is None:
                return []
            edits.append(edit)
    return edits


def _negated_sentence(text: str, start: int, end: int) -> Edit | None:
    """Its only verb that can take a `not` takes or loses it; otherwise, `it is not true that` goes before a clause."""
    sentence = text[start:end]
    if sentence.endswith("?"):
        return None
    for match in _NEGATED.finditer(text, start, end):
        return match.start(), match.end(), match[1] or _SHORTENED[match[2].lower()]
    auxiliaries = list(_AUXILIARY.finditer(text, start, end))
    if (
        len(auxiliaries) == 1
        and not _NEGATIVE.search(sentence)
        and not _CLAUSE.search(text, start, auxiliaries[0].start())
    ):
        return auxiliaries[0].start(), auxiliaries[0].end(), auxiliaries[0][0] + " not"
    first = re.match(r"\w+", sentence)
    if first is None or first[0].lower() in ("and", "but", "or") or not (auxiliaries or first[0].lower() in _SUBJECTS):
        return None
    begins = first[0].lower() if first[0].lower() in _SUBJECTS and first[0] != "I" else first[0]
    whole = "It is not true that " if sentence[0].isupper() else "it is not true that "
    return start, start + len(first[0]), whole + begins


def other_names(article: LabelledArticle, rng: random.Random, *, other_gender: bool) -> list[Edit]:
    """Edits that give every person another name; with another gender, the pronouns of their quotes follow.

    Left out are persons whose gender nothing tells, who share a word of their name with another actor, or whose name is
    not two capitalized words; and, where the gender changes, articles with pronouns that may be anybody's.
    """
    persons = {
        a.name: gender for a in article.actors or () if _can_be_renamed(article, a) and (gender := _gender(article, a))
    }
    if other_gender and not _pronouns_are_theirs(article, set(persons)):
        return []
    edits: list[Edit] = []
    surnames = rng.sample(_SURNAMES, min(len(persons), len(_SURNAMES)))
    for (name, gender), surname in zip(persons.items(), surnames, strict=False):
        new = _SWAPPED[gender] if other_gender else gender
        given = rng.choice([other for other in _given_names()[new] if other not in article.text.lower()]).capitalize()
        words = name.split()
        edits += [(*m.span(), given) for m in _word(words[0]).finditer(article.text)]
        edits += [(*m.span(), surname) for m in _word(" ".join(words[1:])).finditer(article.text)]
        if other_gender:
            edits += _other_pronouns(article, name)
    return edits


def _can_be_renamed(article: LabelledArticle, actor: LabelledActor) -> bool:
    words = actor.name.split()
    others = {word for other in article.actors or () if other is not actor for word in other.name.split()}
    return (
        actor.type == "person"
        and len(words) == 2
        and all(word[0].isupper() and word.lower() not in titles() for word in words)
        and not others & set(words)
        and actor.name in article.text
    )


def _gender(article: LabelledArticle, actor: LabelledActor) -> str:
    """`m` or `f` by the pronouns that are sources of an actor's quotes, else by the given name; empty if unknown."""
    for quote in article.quotes or ():
        if quote.actor == actor.name and quote.source:
            word = article.text[slice(*quote.source)].lower().partition(" ")[0]
            if word in _GENDER_OF:
                return _GENDER_OF[word]
    first = actor.name.split()[0].lower()
    return next((gender for gender, names in _given_names().items() if first in names), "")


def _pronouns_are_theirs(article: LabelledArticle, persons: set[str]) -> bool:
    """Whether all that tells a gender, outside of contents, stands in the sources of these persons' quotes."""
    covered = [span for quote in article.quotes or () for span in quote.content]
    covered += [q.source for q in article.quotes or () if q.source and q.actor in persons]
    for match in _GENDERED.finditer(article.text):
        if not any(start <= match.start() < end for start, end in covered):
            return False
    return True


def _other_pronouns(article: LabelledArticle, actor: str) -> list[Edit]:
    edits: list[Edit] = []
    for quote in article.quotes or ():
        if quote.actor == actor and quote.source:
            for match in _GENDERED.finditer(article.text, *quote.source):
                other = _OTHER_GENDER[match[0].lower()]
                edits.append((*match.span(), other.capitalize() if match[0][0].isupper() else other))
    return edits


def other_nation(article: LabelledArticle, rng: random.Random) -> list[Edit]:
    """Edits that put another state, with its capital and its people, in the place of each one that is named."""
    named = [state for state in _states() if any(_word(word).search(article.text) for word in state)]
    free = [state for state in _states() if state not in named and state[0][0] not in "AEIOU" and " " not in state[0]]
    edits: list[Edit] = []
    for state, other in zip(named, rng.sample(free, len(named)), strict=True):
        for old, new in zip(state, other, strict=True):
            for match in _word(old).finditer(article.text):
                an = re.compile(r"\b([Aa])n $").search(article.text, max(0, match.start() - 4), match.start())
                edits.append((an.start(), match.end(), f"{an[1]} {new}") if an else (*match.span(), new))
    return _apart(edits)


def _apart(edits: list[Edit]) -> list[Edit]:
    """Edits without those that lie within a longer one: `Mexico` in `Mexico City`."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e[0] - e[1], e)):
        if all(edit[1] <= other[0] or other[1] <= edit[0] for other in kept):
            kept.append(edit)
    return kept


def quotations(articles: Sequence[LabelledArticle]) -> list[str]:
    """Direct quotations that can stand in the place of others: plain sentences in which nobody is named."""
    found = []
    for article in articles:
        for quote in article.quotes or ():
            said = article.text[slice(*quote.content[0])]
            if quote.kind == "direct" and len(quote.content) == 1 and (match := _PLAIN.fullmatch(said)):
                found.append(match[1])
    return sorted(set(found))


def other_quotation(article: LabelledArticle, actor: str, said: Sequence[str], rng: random.Random) -> list[Edit]:
    """Edits that put other words into an actor's direct quotations, within the marks, with the same last sign."""
    edits: list[Edit] = []
    for quote in article.quotes or ():
        if quote.actor == actor and quote.kind == "direct" and len(quote.content) == 1:
            start, end = quote.content[0]
            if match := _QUOTED.fullmatch(article.text[start:end]):
                edits.append((start + match.start(1), start + match.end(1), rng.choice(said)))
    return edits


def boilerplate(article: LabelledArticle, rng: random.Random) -> list[Edit]:
    """Edits that add lines which are no part of an article, between its paragraphs."""
    breaks = [match.end() for match in re.finditer(r"\n\s*\n(?=\S)", article.text)]
    lines = [line[2:].capitalize() for line in word_list("boilerplate.txt") if line.startswith("= ")]
    chosen = rng.sample(breaks, min(_MOST_LINES, len(breaks)))
    return [(at, at, rng.choice(lines) + "\n\n") for at in chosen]


def _word(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){re.escape(text)}(?![\w-])")


@cache
def _given_names() -> dict[str, list[str]]:
    rows = [line.split() for line in word_list("given_names.txt")]
    return {row[0]: row[1:] for row in rows if row[0] in ("m", "f")}


@cache
def _states() -> list[tuple[str, str, str]]:
    """Name, capital and first adjective of every state whose adjective is not also the name of another thing."""
    rows = [line.split("\t") for line in word_list("states.txt")]
    return [(name, capital, adjectives.split()[0]) for name, capital, adjectives in rows if adjectives]


REVERSED = {
    "accepted": "rejected", "accused": "cleared", "admitted": "denied", "applauded": "condemned",
    "attacked": "praised", "backed": "opposed", "condemned": "praised", "criticised": "praised",
    "criticized": "praised", "defended": "condemned", "denied": "admitted", "denies": "admits",
    "denounced": "praised", "dismissed": "accepted", "opposed": "backed", "praised": "condemned",
    "rejected": "accepted", "supported": "opposed", "welcomed": "condemned", "has denied": "has admitted",
    "has rejected": "has accepted", "has accused": "has cleared",
}  # fmt: skip
"""Cues and those that say the contrary of the same content."""
_APPEALS = frozenset(
    "promised vowed pledged agreed urged asked ordered told called advised appealed promises vows pledges urges asks"
    .split()
)  # fmt: skip
"""Cues whose content has an infinitive that can be negated: `urged Myanmar not to act`."""
_STATEMENTS = frozenset(
    "said says say saying told tells telling added adds adding insisted insists argued argues announced wrote writes "
    "stated states explained explains noted notes claimed claims to maintained maintains testified declared declares "
    "acknowledged conceded alleged alleges warned warns replied answered remarked recalled reported estimated posted "
    "tweeted contended asserted confirmed confirms pointed suggested".split()
)
"""Last words of cues whose content is a clause that is stated (`according to` ends in `to`)."""
_CLAUSE = re.compile(
    r"\b(?:that|who|which|whose|what|when|where|while|if|whether|because|as|and|but|or|than)\b|,", re.I
)
"""Words after which a verb may not be the one of the main clause."""
_SENTENCE = re.compile(r"\w[^.!?”\"]*(?:[.!?]|(?=[”\"]|$)|$)")
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|will|would|must|should|could|may|might)\b(?!['’])"
    r"|\b(?:has|have|had)\b(?= (?:been|\w+ed|gone|done|made|taken|seen|found|come|met|put|told|given|known|set)\b)"
)
_NEGATED = re.compile(
    r"\b(is|are|was|were|will|would|must|should|could|can|may|might|has|have|had|do|does|did) not\b"
    r"|\b((?:is|are|was|were|would|should|could|has|have|had|do|does|did|wo|ca)n['’]t)\b"
)
_SHORTENED = {
    f"{verb}n{mark}t": verb
    for verb in "is are was were would should could has have had do does did".split()
    for mark in "'’"
}
_SHORTENED |= {f"{short}{mark}t": verb for short, verb in (("won", "will"), ("can", "can")) for mark in "'’"}
_NEGATIVE = re.compile(r"\b(?:no|never|nobody|nothing|none|neither|nor|not|without|cannot)\b", re.I)
_SUBJECTS = frozenset(
    "we they he she it this that these those there the our i nobody no his her their my every all both a an some what "
    "if when whoever anyone".split()
)
_SURNAMES = (
    "Castellan Haddon Kowalik Lindgren Moradi Nakano Okonta Petrovan Quispe Rahim Sandoz Tremlay Uchida Varga Whitlock "
    "Zelenko Abara Bergson Cheung Duarte".split()
)
_SWAPPED = {"m": "f", "f": "m"}
_GENDER_OF = {"he": "m", "his": "m", "him": "m", "mr": "m", "mr.": "m", "she": "f", "her": "f", "ms": "f", "mrs": "f"}
_OTHER_GENDER = {
    "he": "she", "she": "he", "his": "her", "her": "his", "him": "her", "himself": "herself", "herself": "himself",
    "mr": "ms", "ms": "mr", "mrs": "mr", "spokesman": "spokeswoman", "spokeswoman": "spokesman",
    "chairman": "chairwoman", "chairwoman": "chairman", "husband": "wife", "wife": "husband", "father": "mother",
    "mother": "father", "son": "daughter", "daughter": "son", "brother": "sister", "sister": "brother",
    "widow": "widower", "widower": "widow", "man": "woman", "woman": "man", "sir": "dame", "king": "queen",
    "queen": "king", "prince": "princess", "princess": "prince",
}  # fmt: skip
_GENDERED = re.compile(rf"\b(?:{'|'.join(_OTHER_GENDER)})\b", re.I)
_PLAIN = re.compile(r"“([A-Z][a-z’]*(?: [a-z’]+,?){5,24})[.,]”")
_QUOTED = re.compile(r"“([^“”]+?)[.,!?]?”")
