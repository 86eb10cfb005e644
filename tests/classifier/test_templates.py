"""Features made from templates: a bucket is decided by what its template names, and by nothing else."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topic_stance.classifier.templates import MOST_ARGUMENTS, PAD, all_buckets, fill_buckets, templates

NAMES = ("word", "tag", "shape", "quote_near", "verb")
EVERY = 1 << 32
"""So many buckets that no two values of an argument share one."""

ARGUMENTS = st.tuples(st.sampled_from(NAMES), st.integers(-PAD, PAD))
LINES = st.lists(ARGUMENTS, min_size=1, max_size=MOST_ARGUMENTS, unique=True)
TABLES = st.lists(LINES, min_size=1, max_size=6)


def written(lines: list[list[tuple[str, int]]]) -> str:
    """Templates as text; a shift of nothing is left out."""
    return "\n".join(" ".join(f"{name}{shift:+d}" if shift else name for name, shift in line) for line in lines)


def some_columns(seed: int, n_tokens: int) -> Any:
    shape = (len(NAMES), n_tokens + 2 * PAD)
    return np.random.default_rng(seed).integers(0, 1 << 32, shape, dtype=np.uint32)


@given(TABLES)
def test_a_row_says_what_its_template_names(lines: list[list[tuple[str, int]]]) -> None:
    table = templates(f"\n    {written(lines)}\n", NAMES)
    for row, line in zip(table.tolist(), lines, strict=True):
        parts = [row[1 + 3 * k : 4 + 3 * k] for k in range(MOST_ARGUMENTS)]
        assert row[0] == len(line)
        assert [(NAMES[column], shift) for column, shift, _ in parts[: len(line)]] == line
        factors = [factor for _, _, factor in parts[: len(line)]]
        assert all(factor % 2 and 0 < factor < 1 << 32 for factor in factors), "an even factor would lose a bit"
        assert len(set(factors)) == len(factors), "arguments could be exchanged"
    assert templates(written(lines), NAMES).tolist() == table.tolist()


@given(TABLES, st.integers(0, 1000), st.lists(st.integers(0, 40), min_size=2, max_size=6))
def test_blocks_give_the_same_as_the_whole(lines: list[list[tuple[str, int]]], seed: int, cuts: list[int]) -> None:
    table = templates(written(lines), NAMES)
    cuts = sorted(cuts)
    first, n = cuts[0], cuts[-1]
    columns = some_columns(seed, n)
    whole = all_buckets(columns, table, 1 << 16)
    assert whole.shape == (n, len(lines))
    assert whole.max(initial=0) < 1 << 16
    for low, high in zip(cuts, cuts[1:], strict=False):
        out = np.full((len(table), high - low + 2), 7, np.uint32)
        fill_buckets(columns, table, low, high, np.uint32((1 << 16) - 1), out)
        np.testing.assert_array_equal(out[:, : high - low].T, whole[low:high])
        assert (out[:, high - low :] == 7).all(), "what lies behind the block is left alone"
    lone = all_buckets(columns[:, first:], table, 1 << 16)
    np.testing.assert_array_equal(lone, whole[first:], "where a token stands in the text is no feature")


@given(TABLES, st.data())
def test_a_bucket_depends_on_what_is_named_alone(lines: list[list[tuple[str, int]]], data: st.DataObject) -> None:
    table = templates(written(lines), NAMES)
    k = data.draw(st.integers(0, len(lines) - 1), "template")
    i = data.draw(st.integers(0, 5), "token")
    columns, others = some_columns(1, 6), some_columns(2, 6)
    before = all_buckets(columns, table, EVERY)[i, k]
    named = [(NAMES.index(name), i + PAD + shift) for name, shift in lines[k]]
    for place in named:
        others[place] = columns[place]
    assert all_buckets(others, table, EVERY)[i, k] == before
    place = data.draw(st.sampled_from(named), "argument")
    columns[place] ^= np.uint32(data.draw(st.integers(1, (1 << 32) - 1), "change"))
    assert all_buckets(columns, table, EVERY)[i, k] != before


@given(TABLES, st.integers(0, 1000), st.integers(0, 31))
def test_fewer_buckets_are_those_of_more_put_together(lines: list[list[tuple[str, int]]], seed: int, bits: int) -> None:
    table, columns = templates(written(lines), NAMES), some_columns(seed, 8)
    every = all_buckets(columns, table, EVERY)
    np.testing.assert_array_equal(all_buckets(columns, table, 1 << bits), every & np.uint32((1 << bits) - 1))


def test_the_same_arguments_twice_are_two_features() -> None:
    found = all_buckets(some_columns(3, 50), templates("word tag\nword tag\ntag word", NAMES), EVERY)
    assert not (found[:, 0] == found[:, 1]).any()
    assert not (found[:, 0] == found[:, 2]).any()


@pytest.mark.parametrize("line", ["word", "tag-1 tag", "tag-1 tag tag+1", "tag-3 tag-2 tag-1 verb"])
def test_small_numbers_are_spread(line: str) -> None:
    """Tags and the like are few: every combination must find a bucket as if thrown there."""
    size, n_buckets = 12, 1 << 16
    n_arguments = len(line.split())
    values = np.stack(np.unravel_index(np.arange(size**n_arguments), (size,) * n_arguments)).astype(np.uint32)
    columns = np.zeros((len(NAMES), values.shape[1] + 2 * PAD), np.uint32)
    table = templates(line, NAMES)
    for k in range(n_arguments):  # every argument at the token itself, in a column of its own
        table[0, 1 + 3 * k], table[0, 2 + 3 * k] = k, 0
        columns[k, PAD:-PAD] = values[k]
    used = len(np.unique(all_buckets(columns, table, n_buckets)))
    n = values.shape[1]
    expected = n_buckets * (1 - (1 - 1 / n_buckets) ** n)
    assert used > 0.95 * expected


def test_no_tokens_no_features() -> None:
    assert all_buckets(some_columns(0, 0), templates("word\ntag+3 tag-3", NAMES), 16).shape == (0, 2)


def test_buckets_are_those_that_weights_were_learned_for() -> None:
    """A bundle holds weights by bucket: other factors or another mixing would make them those of other features."""
    columns = np.arange(len(NAMES) * 7, dtype=np.uint32).reshape(len(NAMES), 7)
    table = templates("word\nword-1 tag+3\nverb shape word+1\nword tag shape verb-2", NAMES)
    assert all_buckets(columns, table, EVERY).tolist() == [[2332261135, 2064989538, 632074299, 1849386202]]


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("nothing", "nothing"),
        ("word\ntag nothing+1 word", "nothing+1"),
        ("word+4", "word+4"),
        ("word-4 tag", "word-4"),
        ("word+12", "word+12"),
        ("word+", "word+"),
        ("word++1", "word++1"),
        ("word 1", "1"),
        ("Word", "Word"),
        ("word,tag", "word,tag"),
        ("quote-near", "quote-near"),
        ("word tag shape verb word-1", "word-1"),
    ],
)
def test_bad_arguments_are_refused(text: str, argument: str) -> None:
    with pytest.raises(ValueError, match="not an argument of a template") as caught:
        templates(text, NAMES)
    assert repr(argument) in str(caught.value)


def test_an_empty_line_between_templates_is_refused() -> None:
    with pytest.raises(ValueError, match="without arguments"):
        templates("word\n\ntag", NAMES)
