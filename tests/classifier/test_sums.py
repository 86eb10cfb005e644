"""Sums of rows of bytes and what is made of them, against NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topic_stance.classifier.chain import LANES, marginals
from topic_stance.classifier.sums import MOST_ROWS, aligned, sums_of_8, sums_of_32
from topic_stance.classifier.tagger import LANES as TAGGER_LANES
from topic_stance.classifier.tagger import decide

SUMS = [pytest.param(8, sums_of_8, id="8"), pytest.param(32, sums_of_32, id="32")]
Summer = Callable[[Any, Any, int, Any], None]


def drawn(seed: int, n_features: int, n_tokens: int, lanes: int, n_buckets: int = 64) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 256, (n_buckets, lanes), dtype=np.uint8)
    return table, rng.integers(0, n_buckets, (n_features, n_tokens), dtype=np.uint32)


@pytest.mark.parametrize(("lanes", "summer"), SUMS)
@given(
    seed=st.integers(0, 10_000),
    n_features=st.integers(0, MOST_ROWS),
    n_tokens=st.integers(0, 20),
    data=st.data(),
)
def test_sums_are_those_of_the_rows(
    lanes: int, summer: Summer, seed: int, n_features: int, n_tokens: int, data: st.DataObject
) -> None:
    table, buckets = drawn(seed, n_features, n_tokens, lanes)
    n = data.draw(st.integers(0, n_tokens), "n")
    sums = np.full((n_tokens + 1, lanes), 7, np.uint16)
    summer(table, buckets, n, sums)
    np.testing.assert_array_equal(sums[:n], table[buckets[:, :n]].sum(0, dtype=np.int64))
    assert (sums[n:] == 7).all(), "only the first tokens are wanted"


@pytest.mark.parametrize(("lanes", "summer"), SUMS)
def test_the_greatest_sum_fits(lanes: int, summer: Summer) -> None:
    table = np.full((2, lanes), 255, np.uint8)
    sums = np.zeros((1, lanes), np.uint16)
    summer(table, np.ones((MOST_ROWS, 1), np.uint32), 1, sums)
    assert (sums == 255 * MOST_ROWS).all()


@pytest.mark.parametrize(("lanes", "summer"), SUMS)
@pytest.mark.parametrize("offset", [1, 4, 31])
def test_a_table_may_lie_anywhere(lanes: int, summer: Summer, offset: int) -> None:
    table, buckets = drawn(1, 30, 10, lanes)
    room = np.zeros(table.nbytes + 64, np.uint8)
    elsewhere = room[offset : offset + table.nbytes].reshape(table.shape)
    elsewhere[:] = table
    wanted, found = np.zeros((10, lanes), np.uint16), np.zeros((10, lanes), np.uint16)
    summer(table, buckets, 10, wanted)
    summer(elsewhere, buckets, 10, found)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("lanes", [8, 32])
@given(seed=st.integers(0, 1000), n_rows=st.integers(1, 200))
def test_an_aligned_table_is_a_copy_whose_rows_lie_in_one_line(lanes: int, seed: int, n_rows: int) -> None:
    table = np.random.default_rng(seed).integers(0, 256, (n_rows, lanes), dtype=np.uint8)
    copy = aligned(table)
    assert copy.dtype == np.uint8
    assert copy.flags.c_contiguous
    assert copy.ctypes.data % 64 == 0, "a line of a cache is 64 bytes, a whole number of rows"
    np.testing.assert_array_equal(copy, table)
    assert not np.shares_memory(copy, table)


@given(
    seed=st.integers(0, 10_000),
    n_features=st.integers(1, MOST_ROWS),
    values=st.sampled_from([(0, 1), (127, 130), (0, 256), (255, 256)]),
    groups=st.integers(1, TAGGER_LANES - 1).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, TAGGER_LANES - n))),
)
def test_the_best_of_a_group_is_its_first_greatest(
    seed: int, n_features: int, values: tuple[int, int], groups: tuple[int, int]
) -> None:
    """Of few values there are many equal sums; a greater sum outside both groups must not count."""
    rng = np.random.default_rng(seed)
    table = rng.integers(*values, (8, TAGGER_LANES), dtype=np.uint8)
    table[:, sum(groups) :] = 255
    buckets = rng.integers(0, 8, (n_features, 12), dtype=np.uint32)
    sums = table[buckets].sum(0, dtype=np.int64)
    first, second = decide(buckets, table, *groups)
    assert first.dtype == second.dtype == np.uint8
    np.testing.assert_array_equal(first, sums[:, : groups[0]].argmax(1))
    np.testing.assert_array_equal(second, sums[:, groups[0] : sum(groups)].argmax(1))


@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), n_labels=st.integers(1, LANES))
def test_steps_are_products_with_the_matrix(seed: int, n: int, n_labels: int) -> None:
    """Through the posteriors, which are such steps from either end; here with a step's sum brought to one each time."""
    rng = np.random.default_rng(seed)
    scores = np.zeros((n, LANES), np.float32)
    scores[:, :n_labels] = rng.normal(0, 5, (n, n_labels))
    transitions = rng.normal(0, 3, (n_labels, n_labels)).astype(np.float32)
    start = rng.normal(0, 3, n_labels).astype(np.float32)
    local = np.exp(scores[:, :n_labels].astype(np.float64) - scores[:, :n_labels].max(1, keepdims=True))
    move = np.exp(transitions.astype(np.float64))
    before, after = np.empty((n, n_labels)), np.ones((n, n_labels))
    before[0] = np.exp(start.astype(np.float64)) * local[0]
    for i in range(1, n):
        before[i] = before[i - 1] @ move * local[i]
        before[i] /= before[i].sum()
    for i in range(n - 2, -1, -1):
        after[i] = move @ (after[i + 1] * local[i + 1])
        after[i] /= after[i].sum()
    expected = before * after / (before * after).sum(1, keepdims=True)
    np.testing.assert_allclose(marginals(scores, transitions, start), expected, atol=1e-5)
