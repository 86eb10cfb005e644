"""The tagger: what it says of plain sentences, and that any text gets one label of each kind for every token."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import SCRAPS

from topic_stance.classifier import Pipeline
from topic_stance.classifier.chain import pack
from topic_stance.classifier.context import Context, context
from topic_stance.classifier.segment import tokenize
from topic_stance.classifier.tagger import CLAUSES, LANES, NAMES, RELATIONS, TAGS, decide


def read(pipeline: Pipeline, text: str) -> tuple[list[str], Context]:
    tokens = tokenize(text)
    head = pipeline.bundle.heads.quotes
    words = [text[a:b] for a, b in zip(tokens.start.tolist(), tokens.end.tolist(), strict=True)]
    return words, context(tokens, head.words, head.tagger)


def test_a_plain_sentence(shipped: Pipeline) -> None:
    words, where = read(shipped, "The minister said on Monday that the boats would leave the port.")
    tags = dict(zip(words, (TAGS[k] for k in where.tag), strict=True))
    relations = dict(zip(words, (RELATIONS[k] for k in where.relation), strict=True))
    assert (tags["minister"], tags["said"], tags["boats"], tags["would"]) == ("NN", "VBD", "NNS", "MD")
    assert relations["minister"] == relations["boats"] == "subject"
    assert relations["said"] == "root"
    assert relations["leave"] == "reported"
    assert relations["port"] == "object"


def test_kinds_of_names(shipped: Pipeline) -> None:
    words, where = read(shipped, "On Monday Robert Miller of Germany met officials of the Justice Department.")
    names = dict(zip(words, (NAMES[k] for k in where.name), strict=True))
    assert (names["Robert"], names["Germany"], names["Department"], names["met"]) == ("PERSON", "GPE", "ORG", "none")


@settings(max_examples=100, deadline=None)
@given(SCRAPS)
def test_every_token_has_a_label_of_each_kind(shipped: Pipeline, text: str) -> None:
    words, where = read(shipped, text)
    for column, labels in (
        (where.tag, TAGS),
        (where.name, NAMES),
        (where.relation, RELATIONS),
        (where.clause, CLAUSES),
    ):
        assert len(column) == len(words)
        assert not len(column) or column.max() < len(labels)


@pytest.mark.parametrize("labels", [(TAGS, NAMES), (RELATIONS, CLAUSES)])
def test_all_labels_fit_in_a_row(labels: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    assert len(labels[0]) + len(labels[1]) <= LANES


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 60))
def test_decisions_are_those_of_the_sums(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-127, 128, (64, LANES)).astype(np.float32)
    weights[0, :2] = 127, -127  # the step of packing is then one
    features = rng.integers(0, 64, (20, width)).astype(np.uint32)
    first, second = decide(np.ascontiguousarray(features.T), pack(weights, LANES).table, 27, 5)
    sums = weights[features].sum(1)
    assert (sums[np.arange(20), first] == sums[:, :27].max(1)).all()
    assert (sums[np.arange(20), 27 + second] == sums[:, 27:].max(1)).all()
