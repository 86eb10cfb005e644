"""What compiled code shares: the constant of the hash tables, distances as the linear models see them, `inner`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

MIX = np.uint64(0x9E3779B97F4A7C15)

_WITHOUT_WAY_IN: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner: Any = njit(cache=True, nogil=True, **_WITHOUT_WAY_IN)
"""Compiles a function that compiled code alone calls. The way in from Python is left out: of a function that is given
an article with all its arrays that takes long to compile."""


@njit(inline="always")
def near(distance):  # type: ignore[no-untyped-def]
    """A distance in tokens as one of few steps."""
    if distance < 5:
        return distance
    if distance < 8:
        return 5
    if distance < 12:
        return 6
    if distance < 20:
        return 7
    if distance < 35:
        return 8
    return 9
