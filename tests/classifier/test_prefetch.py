"""The hint to the processor: it may name any place and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from topic_stance.classifier.prefetch import prefetch


@njit
def _hinted_sum(values, ahead):  # type: ignore[no-untyped-def]
    total = 0
    for i in range(len(values)):
        prefetch(values, i + ahead)
        total += values[i]
    return total


@pytest.mark.parametrize("kind", [np.uint64, np.int32, np.uint8])
@pytest.mark.parametrize("ahead", [0, 7, 1 << 40, -(1 << 40)])
def test_places_out_of_bounds_are_fine(kind: type, ahead: int) -> None:
    values = np.arange(100, dtype=kind)

    assert _hinted_sum(values, ahead) == 4950
    assert values.tolist() == list(range(100))


def test_the_hint_is_an_instruction() -> None:
    _hinted_sum(np.arange(3), 1)

    assert "prefetch" in next(iter(_hinted_sum.inspect_asm().values()))
