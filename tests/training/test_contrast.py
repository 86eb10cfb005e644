"""The scale of features by how unevenly they are spread over two kinds of examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from topic_stance.training.contrast import contrast_scale

KIND = (np.arange(40) % 2 == 0).astype(float)
# Columns: in each example of the first kind, in as many of each kind, in each example.
MATRIX = sparse.csr_matrix(np.stack([KIND * 0.5, (np.arange(40) % 4 < 2) * 0.5, np.full(40, 0.5)], 1))
POWERS = st.floats(0.0625, 1)


@given(POWERS)
def test_is_highest_of_what_tells_the_kinds_apart(power: float) -> None:
    scale = contrast_scale(MATRIX, KIND, np.ones(40), power)
    assert scale[0] > scale[1:].max() > 0


def test_is_of_a_mean_square_of_one() -> None:
    assert np.mean(contrast_scale(MATRIX, KIND, np.ones(40), 1.0) ** 2) == pytest.approx(1, abs=1e-5)


def test_a_power_of_nought_leaves_all_alike() -> None:
    assert contrast_scale(MATRIX, KIND, np.ones(40), 0.0).tolist() == [1, 1, 1]


@given(POWERS)
def test_is_of_both_kinds_alike(power: float) -> None:
    there, turned = (contrast_scale(MATRIX, kind, np.ones(40), power) for kind in (KIND, 1 - KIND))
    np.testing.assert_allclose(there, turned)


def test_examples_count_by_their_weight() -> None:
    weight = np.where(np.arange(40) < 20, 1.0, 2.0)
    repeated = np.r_[np.arange(40), np.arange(20, 40)]
    np.testing.assert_allclose(
        contrast_scale(MATRIX, KIND, weight, 1.0), contrast_scale(MATRIX[repeated], KIND[repeated], np.ones(60), 1.0)
    )


def test_an_example_may_be_of_both_kinds() -> None:
    shares = np.where(KIND > 0, 0.75, 0.25)
    doubled = np.tile(KIND, 2)
    weight = np.r_[np.full(40, 0.75), np.full(40, 0.25)]
    doubled[40:] = 1 - doubled[40:]
    np.testing.assert_allclose(
        contrast_scale(MATRIX, shares, np.ones(40), 1.0),
        contrast_scale(sparse.vstack([MATRIX, MATRIX]), doubled, weight, 1.0),
    )


def test_a_feature_that_is_nowhere_is_no_error() -> None:
    scale = contrast_scale(sparse.csr_matrix((40, 2)), KIND, np.ones(40), 0.5)
    assert np.isfinite(scale).all()
