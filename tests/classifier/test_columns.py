"""Columns of what is known of tokens: what each holds of plain texts, and that none is read before it is written."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import SCRAPS

from topic_stance.classifier import Pipeline
from topic_stance.classifier.columns import (
    COLUMN_NAMES,
    CUE_LEVEL,
    FINE,
    N_COLUMNS,
    PART_OF_SPEECH,
    Column,
    token_columns,
)
from topic_stance.classifier.context import OUTSIDE, Context, context
from topic_stance.classifier.features import token_scores
from topic_stance.classifier.hashing import near
from topic_stance.classifier.links import label_columns, link_labels, windows
from topic_stance.classifier.quotes import LINK_TAGS, chain_start
from topic_stance.classifier.segment import Tokens, tokenize
from topic_stance.classifier.tagger import tag_tokens
from topic_stance.classifier.templates import PAD, templates


def read(pipeline: Pipeline, text: str) -> tuple[Tokens, Context]:
    tokens, head = tokenize(text), pipeline.bundle.heads.quotes
    return tokens, context(tokens, head.words, head.tagger)


def first_columns(tokens: Tokens, where: Context) -> Any:
    """The columns before the tagger, with zeros where nothing is written yet."""
    around = (where.quotation, where.quoted_length, where.sentence_start, where.sentence_end)
    columns = token_columns(tokens, where.classes, *around)
    columns[Column.TAG :, PAD:-PAD] = 0
    return columns


def column(columns: Any, which: Column) -> list[int]:
    """One column without what stands before and after the text."""
    found: list[int] = columns[which, PAD:-PAD].tolist()
    return found


def test_templates_may_name_every_column() -> None:
    assert len(COLUMN_NAMES) == len(set(COLUMN_NAMES)) == N_COLUMNS == len(Column)
    table = templates("\n".join(COLUMN_NAMES), COLUMN_NAMES)
    assert [Column(k).name.lower() for k in table[:, 1]] == list(COLUMN_NAMES)


@settings(max_examples=100)
@given(SCRAPS)
def test_the_place_of_every_token(shipped: Pipeline, text: str) -> None:
    tokens, where = read(shipped, text)
    columns = first_columns(tokens, where)
    n = len(tokens.start)
    assert columns.shape == (N_COLUMNS, n + 2 * PAD)
    assert not columns[:, :PAD].any(), "nothing stands before the text"
    assert not columns[:, n + PAD :].any(), "nothing stands after the text"
    word = column(columns, Column.WORD)
    places = list(zip(where.sentence_start.tolist(), where.sentence_end.tolist(), strict=True))
    assert column(columns, Column.BEGINS) == [near(i - a) for i, (a, _) in enumerate(places)]
    assert column(columns, Column.BEGINS_SHORT) == [min(i - a, 3) for i, (a, _) in enumerate(places)]
    assert column(columns, Column.ENDS) == [near(b - i) for i, (_, b) in enumerate(places)]
    assert column(columns, Column.FIRST) == [word[a] for a, _ in places]
    assert column(columns, Column.LAST) == [word[b - 1] for _, b in places]
    assert column(columns, Column.QUOTE) == where.quotation.tolist()
    assert column(columns, Column.FIRST_QUOTE) == [int(where.quotation[a]) for a, _ in places]
    assert column(columns, Column.QUOTED) == [near(length) for length in where.quoted_length.tolist()]
    assert column(columns, Column.LEVEL) == where.classes[:, CUE_LEVEL].tolist()


WORDS = st.text("abcABC", min_size=1, max_size=7)


@settings(max_examples=300)
@given(WORDS, st.integers(0, 6), st.sampled_from(["", "a", "A", "bC"]))
def test_words_and_their_parts(shipped: Pipeline, first: str, place: int, letters: str) -> None:
    """Two words, one letter apart or so, share a column's value just where they share what it stands for."""
    second = first[:place] + letters + first[place + 1 :] or "a"
    tokens, where = read(shipped, f"then {first} and {second} went")
    columns = first_columns(tokens, where)
    for which, part in (
        (Column.WORD, lambda word: word.lower()),
        (Column.ENDING, lambda word: word[-2:]),
        (Column.SUFFIX, lambda word: word[-3:]),
        (Column.PREFIX, lambda word: word[:5].lower()),
        (Column.SHAPE, lambda word: (word[0].isupper(), len(word) > 1 and word.isupper(), len(word) == 1)),
    ):
        values = column(columns, which)
        assert (values[1] == values[3]) == (part(first) == part(second)), which.name


def test_a_word_is_the_same_wherever_it_stands(shipped: Pipeline) -> None:
    tokens, where = read(shipped, "Eels swim. He said: “Eels swim.”\nEels swim")
    values = first_columns(tokens, where)[: Column.LEVEL, PAD:-PAD]
    words = [int(k) for k in np.flatnonzero(tokens.hash == tokens.hash[1])]
    assert len(words) == 3
    assert (values[:, words] == values[:, words[:1]]).all()


@pytest.mark.parametrize("word", ["qwyxnk", "Qwyxnk", "QWYXNK", "7qwyxnk", "x", "X", "7", "🐟"])
def test_an_unknown_word_has_a_class_of_its_own(shipped: Pipeline, word: str) -> None:
    """Classes of unknown words, made from how these look, must not be those of known ones."""
    rows = shipped.bundle.heads.quotes.words.rows
    tokens, where = read(shipped, f"then {word} went")
    where.classes[1] = 0
    columns = first_columns(tokens, where)
    for which, of_table in ((Column.CLASS, PART_OF_SPEECH), (Column.FINE, FINE)):
        assert column(columns, which)[1] > rows[:, of_table].max() + 1


LATER = (Column.TAG, Column.BEFORE, Column.LABELS)
"""The first column that the tagger, the first and the second pass write."""


@settings(max_examples=60)
@given(SCRAPS, st.integers(0, 1000))
def test_nothing_is_read_before_it_is_written(shipped: Pipeline, text: str, seed: int) -> None:
    """Columns come without a value: whatever stands there at first must not come through."""
    tokens, where = read(shipped, text)
    head = shipped.bundle.heads.quotes
    n = len(tokens.start)
    tagged = (np.arange(n) % 7).astype(np.uint8)
    cues = np.array([(i, i + 1) for i in range(0, n, 5) if where.quotation[i] == OUTSIDE], np.int32).reshape(-1, 2)
    rng = np.random.default_rng(seed)
    results = []
    for spoiled in (False, True):
        columns = first_columns(tokens, where)
        if spoiled:
            columns[LATER[0] :, PAD:-PAD] = rng.integers(0, 1 << 32, (N_COLUMNS - LATER[0], n), dtype=np.uint32)
        grammar = tag_tokens(columns, where.sentence_start, where.sentence_end, head.tagger)
        found = [*grammar, columns[: LATER[1]].copy()]
        here = where._replace(columns=columns)
        found += [token_scores(here, head.tag_weights), columns[: LATER[2]].copy()]
        if len(cues):
            labels = link_labels(
                here, cues, windows(tokens, here, cues), tagged, label_columns(tokens, here, tagged),
                head.link_weights, head.link_transitions, chain_start(LINK_TAGS),
            )  # fmt: skip
            found.append(labels)
        results.append(found)
    for wanted, other in zip(*results, strict=True):
        np.testing.assert_array_equal(other, wanted)
