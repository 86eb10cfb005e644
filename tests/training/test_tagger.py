"""Learning the tagger: the labels taken from a parse, and the fit of its two models."""

from typing import Any

import numpy as np

from topic_stance.classifier.chain import pack
from topic_stance.classifier.context import context, word_table
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.tagger import CLAUSES, LANES, NAMES, RELATIONS, TAGS, Grammar, Tagger, decide
from topic_stance.training.grammar import aligned
from topic_stance.training.tagger import fit_rows, fit_tagger, read_tagger


class Word:
    """A parsed word as spaCy shows it."""

    def __init__(
        self, document: list[Any], i: int, idx: int, text: str, tag: str, dep: str, head: int, name: str
    ) -> None:
        self.document, self.i, self.idx, self.text = document, i, idx, text
        self.tag_, self.dep_, self.ent_type_, self._head = tag, dep, name, head

    @property
    def head(self) -> Any:
        return self.document[self._head]

    def __len__(self) -> int:
        return len(self.text)


def parse(text: str, rows: list[tuple[str, str, str, int, str]]) -> list[Word]:
    """A document of (word, tag, relation, head, kind of name)."""
    document: list[Word] = []
    at = 0
    for i, (word, tag, dep, head, name) in enumerate(rows):
        at = text.index(word, at)
        document.append(Word(document, i, at, word, tag, dep, head, name))
        at += len(word)
    return document


def test_labels_of_a_parse() -> None:
    text = "Quill doesn't say the boats left or sank."
    document = parse(
        text,
        [
            ("Quill", "NNP", "nsubj", 3, "PERSON"),
            ("does", "VBZ", "aux", 3, ""),
            ("n't", "RB", "neg", 3, ""),
            ("say", "VB", "ROOT", 3, ""),
            ("the", "DT", "det", 5, ""),
            ("boats", "NNS", "nsubj", 6, ""),
            ("left", "VBD", "ccomp", 3, ""),
            ("or", "CC", "cc", 6, ""),
            ("sank", "VBD", "conj", 6, ""),
            (".", ".", "punct", 3, ""),
        ],
    )
    tokens = tokenize(text)
    found = aligned(document, tokens)
    words = [text[a:b] for a, b in zip(tokens.start.tolist(), tokens.end.tolist(), strict=True)]
    tags = dict(zip(words, (TAGS[k] for k in found.tag), strict=True))
    relations = dict(zip(words, (RELATIONS[k] for k in found.relation), strict=True))
    clauses = dict(zip(words, (CLAUSES[k] for k in found.clause), strict=True))
    # "doesn't" is cut elsewhere by us: each of our tokens takes the label of the word in which it begins
    assert (words[1], tags["doesn"], tags["t"], tags["boats"]) == ("doesn", "VBZ", "RB", "NNS")
    assert (relations["Quill"], relations["left"], relations["sank"]) == ("subject", "reported", "conjoined-reported")
    assert (clauses["say"], clauses["boats"], clauses["sank"]) == ("main", "reported", "reported")
    assert NAMES[found.name[0]] == "PERSON"


def test_a_deep_parse_is_read() -> None:
    text = " ".join(["so"] * 5000)
    document = parse(text, [("so", "RB", "advmod", max(k - 1, 0), "") for k in range(5000)])
    assert (aligned(document, tokenize(text)).clause == CLAUSES.index("main")).all()


def test_the_fit_learns_both_groups() -> None:
    rng = np.random.default_rng(0)
    features = rng.integers(0, 16, (4000, 3)).astype(np.uint32) + np.array([0, 16, 32], np.uint32)
    first, second = (features[:, 0] % 3).astype(np.uint8), (features[:, 1] % 2).astype(np.uint8)
    weights = fit_rows(features, first, second, (3, 2), 64, epochs=6)
    assert weights.shape == (64, LANES)
    found = decide(np.ascontiguousarray(features.T), pack(weights, LANES).table, 3, 2)
    assert (found[0] == first).mean() > 0.99
    assert (found[1] == second).mean() > 0.99
    again = fit_rows(features, first, second, (3, 2), 64, epochs=6)
    assert weights.tobytes() == again.tobytes()


def test_a_tagger_is_learned_from_grammar() -> None:
    """Of made-up rules: a verb by its word, the word before it the subject, what follows "that" is reported."""
    verbs, rest = ("pay", "leave", "say"), ("eels", "boats", "ports", "that", "and", "quays")
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice([*verbs, *rest], 30)) for _ in range(40)]
    tokens = [tokenize(text) for text in texts]
    grammar = []
    for text in texts:
        words = text.split()
        verb = np.array([word in verbs for word in words])
        subject = np.append(verb[1:], False) & ~verb
        reported = np.array([False, *(word == "that" for word in words[:-1])])
        grammar.append(
            Grammar(
                np.where(verb, TAGS.index("VBP"), TAGS.index("NNS")).astype(np.uint8),
                np.where(verb, NAMES.index("none"), NAMES.index("misc")).astype(np.uint8),
                np.where(subject, RELATIONS.index("subject"), RELATIONS.index("other")).astype(np.uint8),
                np.where(reported, CLAUSES.index("reported"), CLAUSES.index("main")).astype(np.uint8),
            )
        )
    words_known = word_table(np.zeros(0, np.uint64), np.zeros((0, 5), np.int16))
    empty = Tagger(*(np.zeros((1, LANES), np.uint8) for _ in range(2)))
    tagger = fit_tagger(tokens, [context(t, words_known, empty) for t in tokens], grammar, 1 << 12)
    assert all((table.shape, table.dtype) == ((1 << 12, LANES), np.uint8) for table in tagger)
    right = []
    for t, wanted in zip(tokens, grammar, strict=True):
        where = context(t, words_known, tagger)
        right.append([(getattr(where, name) == getattr(wanted, name)).mean() for name in Grammar._fields])
    assert np.mean(right, 0).min() > 0.95


def test_the_projects_own_tagger_is_there() -> None:
    tagger = read_tagger()
    for weights in tagger:
        assert (weights.dtype, weights.shape[1]) == (np.uint8, LANES)
        assert weights.min() >= 1, "a byte stands for -127 to 127"
        assert len(np.unique(weights)) > 100, "they were learned"
    assert len(tagger.tag_weights) == len(tagger.relation_weights)
